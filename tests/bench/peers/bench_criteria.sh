#!/bin/bash
# SPDX-License-Identifier: MIT
# bench_criteria.sh BIN-DIR - dsi-bench-criteria measures all that it claims
# something about, and its verdicts are those of its figures, whatever they are.
. "$(dirname "$0")/../../cli/cli_common.sh"

refuse() {
	timeout "$LIMIT" "$BIN/dsi-bench-criteria" "${@:2}" >refuse.out 2>refuse.err
	[ $? -eq 2 ] || fail "${*:2}: is accepted"
	grep -qF -- "$1" refuse.err || fail "'$1' is not said: $(cat refuse.err)"
}
refuse "give 1, 2 or 3" --only 4
refuse "give 1, 2 or 3" --only 1,
refuse "give 1, 2 or 3" --only 12
refuse "a number is missing" --only ''
refuse "--runs: '0' is not accepted" --runs 0
refuse "--limit" --limit soon

cpus=$(python3 -c 'import os; print(len(os.sched_getaffinity(0)))')
if [ "$cpus" -lt 2 ]; then
	timeout "$LIMIT" "$BIN/dsi-bench-criteria" --quick >one.out 2>one.err
	[ $? -eq 1 ] || fail "one CPU is enough"
	grep -q "needs two CPUs" one.err || fail "not said: $(cat one.err)"
	skip "one CPU only"
fi
timeout 500 "$BIN/dsi-bench-criteria" --quick --others --no-progress \
	--json quick.json >quick.out 2>quick.err || fail "exit $?"
[ ! -s quick.err ] || fail "it complains"
python3 - <<'END' || fail "the answer: $(cat quick.out)"
import json
r = json.load(open("quick.json"))
assert r["format"] == "dsi-bench-criteria" and r["format_version"] == 1
assert r["runs"] == 1 and {c["criterion"] for c in r["claims"]} == {1, 2, 3}
table = open("quick.out").read()
for row in r["rows"]:
    assert row["why"] is None and len(row["runs_ns"]) == 1, row
    assert row["runs_ns"][0] > 0 and row["ns"]["median"] == row["runs_ns"][0], row
for claim in r["claims"]:
    assert claim["text"] in table, claim
    ours = r["rows"][claim["ours"]]
    assert ours["channel"] == "dsi", claim
    # Peers whose libraries are not there were left out when this was built.
    if not claim["others"]:
        assert claim["best"] is None and not claim["met"], claim
        continue
    others = [r["rows"][i] for i in claim["others"]]
    for o in others:
        assert o["payload"] in (ours["payload"], 0) and o["on"] == ours["on"], claim
    least = min(o["runs_ns"][0] for o in others)
    ratio = ours["runs_ns"][0] / least
    assert abs(claim["ratio"]["median"] / ratio - 1) < 1e-6, claim
    met = claim["ratio"]["median"] <= claim["most"]
    assert claim["met"] == met and claim["met_in"] == int(met) and claim["of"] == 1, claim
    assert r["rows"][claim["best"]]["runs_ns"][0] == least, claim
END
# No run but the first begins when its time is over.
timeout 300 "$BIN/dsi-bench-criteria" --quick --only 1 --runs 5 --limit 1ms \
	--no-progress >limit.out 2>limit.err || fail "--limit: exit $?"
grep -q "1 runs of 5: there was no time for more" limit.out ||
	fail "--limit: $(cat limit.out)"
exit 0
