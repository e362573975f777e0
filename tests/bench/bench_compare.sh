#!/bin/bash
# SPDX-License-Identifier: MIT
# bench_compare.sh BIN-DIR - the verdicts of `dsi bench --compare` on reports
# that were made up, so that one knows what they must be.
. "$(dirname "$0")/../cli/cli_common.sh"

cat >make.py <<'END'
import json, sys
# make.py FILE NAME=MEDIAN:SPREAD[:LIMIT-NS]... - a row for each channel; the
# ratio to the limit, or for limits the time.
def spread(text, factor=1):
    median, wide = (float(x) * factor for x in text.split(":")[:2])
    return {"median": median, "low": median - wide / 2, "high": median + wide / 2,
            "least": median - wide, "most": median + wide}
rows = []
for word in sys.argv[2:]:
    name, figure = word.split("=")
    limit = name.startswith("limit")
    rows.append({
        "channel": name, "measure": "round-trip", "mode": "poll", "on": "two",
        "threads": False, "touched": True, "payload": 64, "ring": 64, "batch": 1,
        "consumers": 1, "limit": None if limit else 0,
        "to_limit": None if limit or figure == "none" else spread(figure),
        "middle_ns": None if figure == "none" else spread(figure, 100)})
json.dump({"format": "dsi-bench", "format_version": 1, "machine": {"model": "made up"},
           "rows": rows}, open(sys.argv[1], "w"))
END
make() {
	python3 make.py "$@" || fail "make.py"
}

# verdict CODE TEXT - of old.json and new.json
verdict() {
	dsi bench --compare old.json new.json >verdict.out 2>verdict.err
	local code=$?

	[ $code -eq "$1" ] || fail "exit $code, expected $1: $(cat verdict.out)"
	grep -qF -- "$2" verdict.out ||
		fail "'$2' is not in the verdict: $(cat verdict.out)"
}

make old.json limit=1:0 a=1.30:0.02 b=2.00:0.50 c=1.50:0.02 d=1.20:0.001
make new.json limit=1:0 a=1.30:0.02 b=2.00:0.50 c=1.50:0.02 d=1.20:0.001
verdict 0 "0 slower, 0 faster, 5 the same, 0 limits differ, 0 only in one"
# More than both spreads; less than one of them; less; less than 1 %.
make new.json limit=1:0 a=1.40:0.04 b=2.40:0.10 c=1.40:0.01 d=1.21:0.001
verdict 1 "1 slower, 1 faster, 3 the same, 0 limits differ, 0 only in one"
grep -q '^slower: round-trip poll two 64B .* a$' verdict.out || fail "not a"
grep -q '^faster: .* c$' verdict.out || fail "not c"
grep -qF '1.40 x limit (1.38..1.42), was 1.30 x limit (1.29..1.31): +7.7 %' \
	verdict.out || fail "not the figures: $(cat verdict.out)"
make new.json limit=1:0 a=1.40:0.11 b=2.00:0.10 c=1.40:0.01 d=1.20:0.001
verdict 0 "0 slower, 1 faster, 4 the same"
# A limit that changed is the machine, and no verdict about a channel.
make new.json limit=2:0 a=1.30:0.02 b=2.00:0.50 c=1.50:0.02 d=1.20:0.001
verdict 0 "0 slower, 0 faster, 4 the same, 1 limits differ, 0 only in one"
# Rows of one file only, and such that failed.
make new.json limit=1:0 a=none e=1:0
verdict 0 "0 slower, 0 faster, 1 the same, 0 limits differ, 5 only in one"
make new.json x=1:0
dsi bench --compare old.json new.json >none.out 2>none.err
[ $? -eq 2 ] || fail "nothing in common is accepted"
grep -q "no row in both reports" none.err || fail "not said: $(cat none.err)"

# What is no report.
wrong() {
	dsi bench --compare old.json wrong.json >wrong.out 2>wrong.err
	[ $? -eq 2 ] || fail "$1 is accepted"
	grep -qF "wrong.json" wrong.err || fail "$1: $(cat wrong.err)"
}
change() {
	python3 -c 'import json, sys
r = json.load(open("old.json"))
exec(sys.argv[1])
json.dump(r, open("wrong.json", "w"))' "$1" || fail "change"
	wrong "$1"
}
echo '{"format": "dsi-bench"' >wrong.json
wrong "half of a file"
: >wrong.json
wrong "an empty file"
echo '[]' >wrong.json
wrong "an array"
change 'r["format"] = "other"'
change 'r["format_version"] = 2'
change 'del r["rows"]'
change 'r["rows"] = {}'
change 'r["rows"][1] = 7'
change 'del r["rows"][1]["channel"]'
change 'r["rows"][1]["ring"] = "64"'
change 'r["rows"][1]["ring"] = -1'
change 'r["rows"][1]["touched"] = 1'
change 'r["rows"][1]["channel"] = "x" * 400'
change 'del r["rows"][1]["limit"]'
exit 0
