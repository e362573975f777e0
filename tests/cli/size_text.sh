#!/bin/bash
# SPDX-License-Identifier: MIT
# `dsi size` for people: the examples of the manual page, the derivation, the
# comparison, limits, and pictures.
page=$(cd "$(dirname "$0")" && pwd)/../../docs/man/dsi-size.1
. "$(dirname "$0")/cli_common.sh"

# Every "$ dsi ..." of the page, with what it prints up to .Ed.
python3 - "$page" "$DSI" <<'END' || fail "the manual page prints something else"
import shlex, subprocess, sys
page, dsi = sys.argv[1:]
examples, want = [], None
for line in open(page):
    line = line.rstrip("\n")
    if line.startswith("$ dsi "):
        want = []
        examples.append((shlex.split(line)[2:], want))
    elif line.startswith("."):
        want = None
    elif want is not None:
        want.append(line)
assert len(examples) >= 2, "there are no examples"
for arguments, want in examples:
    got = subprocess.run([dsi, *arguments], capture_output=True, text=True)
    if got.returncode or got.stdout.splitlines() != want:
        sys.exit(f"{arguments}: {got.returncode}\n{got.stdout}{got.stderr}")
END

has() {
	grep -qF -- "$1" text.out || fail "'$1' is not in: $(cat text.out)"
}

video="--rate 25/s --jitter 15ms --hold-in 40ms --hold-out 40ms"
dsi size $video --explain --compare >text.out || fail "explain: exit $?"
has "X = O + tau_c + Hc + Hp"
has "= 15 ms + 0 s + 40 ms + 40 ms"
has "X / T = 19/8, floor = 2"
has "With 2 slots this schedule fails"
has "headroom    just under 25 ms more"
has "wanted less hold-out (40 ms): with less than 25 ms 2 slots are enough"
grep -qE "original DSI formula +2 +too small: does not count the two holds" \
	text.out || fail "the original formula is not marked: $(cat text.out)"
grep -qE "fluid token bucket +3 +enough" text.out || fail "no fluid bound"

# The original is larger for a long jitter, too small for two jitters.
dsi size --rate 25/s --jitter 10s --compare >text.out
grep -qE "original DSI formula +262 +more than needed" text.out ||
	fail "the original formula: $(cat text.out)"
dsi size --rate 25/s --jitter 500ms --jitter-out 500ms --compare --json \
	>compare.json
python3 - <<'END' || fail "compare in JSON"
import json
rows = {r["name"]: r for r in json.load(open("compare.json"))["compare"]}
assert rows["this calculation"]["verdict"] == "least", rows
original = rows["original DSI formula"]
assert original["slots"] == 15, original
assert original["verdict"] == "too small", original
assert "jitter of the consumer" in original["reason"], original
END

# limit KEY WANT ARGUMENT...
limit() {
	local key=$1 want=$2

	shift 2
	dsi size --limit "$key" "$@" >text.out || fail "limit $key: exit $?"
	has "$key: $want"
}
limit jitter-out "less than 25 ms" $video --slots 3
limit jitter-in "less than 40 ms" $video --slots 3
limit hold-in "less than 65 ms" $video --slots 3
limit hold-out "at most 65 ms" $video --slots 3 --ties closed
limit start "less than 40 ms" $video --slots 3
limit period "at least 31.666667 ms" $video --slots 3
limit period "more than 47.5 ms" $video --slots 2
limit response "less than 100 ms" --period 40ms --jitter 20ms \
	--consumer response --response 1ms --slots 3
limit wake "less than 800 us" --period 1ms --jitter 2ms --distance 100us \
	--consumer blocking --work 200us --slots 3
dsi size --limit jitter-out $video --slots 3 --json >limit.json
python3 - <<'END' || fail "limit in JSON"
import json
limit = json.load(open("limit.json"))["limit"]
assert limit["edge_ns"] == 25000000 and not limit["reached"], limit
assert limit["now_ns"] == 0 and limit["slots"] == 3, limit
END
# The edge is the edge: at it one slot more is needed, a ns below it not.
for jitter in 25000000:4 24999999:3; do
	dsi size $video --jitter-out "${jitter%:*}ns" --json | python3 -c "
import json
assert json.load(open(0))['result']['slots'] == ${jitter#*:}" ||
		fail "jitter-out ${jitter%:*} ns"
done

dsi size --profile help >text.out || fail "profiles: exit $?"
has "1080p59.94"
has "source: AES67-2018"

dsi size $video --plot curve.gp >/dev/null || fail "plot: exit $?"
grep -q "N = 3 slots" curve.gp || fail "the bound is not in the script"
grep -q "slots in use" curve.gp || fail "no use of slots in the script"
if command -v gnuplot >/dev/null; then
	dsi size $video --plot curve.svg >/dev/null || fail "svg: exit $?"
	python3 -c "
import xml.dom.minidom
xml.dom.minidom.parse('curve.svg')" || fail "that is no SVG"
fi

# A closed output is an error, not a success.
dsi size $video >/dev/full 2>full.err && fail "a full output is no error"
grep -q "standard output" full.err || fail "nothing said of a full output"
