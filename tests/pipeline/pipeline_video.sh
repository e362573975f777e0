#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_video.sh - the example of the tutorial, in both forms, and the
# values that follow from it by hand.
. "$(dirname "$0")/../cli/cli_common.sh"
ROOT=$2
FILE=$ROOT/docs/examples/video-pipeline.conf

dsi pipeline "$FILE" >table.out 2>table.err || fail "table: exit $?"
[ -s table.err ] && fail "messages without a reason"
awk 'length($0) > 80 { exit 1 }' table.out || fail "wider than 80 columns"
grep -q '^sink .*= 6 ms .*= 55 ms$' table.out || fail "end to end"
grep -q '^most latency  filter: 30 ms of 55 ms (54 %)$' table.out ||
	fail "dominant stage"

dsi pipeline --json "$FILE" >video.json || fail "json: exit $?"
dsi pipeline --json "$FILE" | cmp -s - video.json || fail "order of members"
python3 - video.json <<'END' || fail "json"
import json, sys
r = json.load(open(sys.argv[1]), parse_float=lambda t: sys.exit("a float: " + t))
assert r["status"] == "proved", r["status"]
hops = r["result"]["hops"]
# stream A: taken 20 before, late by 5, 30 in the filter: 55 ms = 1.1 periods
assert hops[0]["lifetime_ns"] == 55_000_000, hops[0]
# stream B: taken when a frame comes to the filter, 5 + 30 + 25 ms later free
assert hops[1]["lifetime_ns"] == 60_000_000, hops[1]
assert [h["slots"] for h in hops] == [2, 2] and all(h["exact"] for h in hops)
assert [h["in"][0]["jitter_ns"] for h in hops] == [5_000_000, 31_000_000]
assert hops[1]["out"][0]["jitter_ns"] == 54_000_000
rings = r["result"]["rings"]
assert [g["bytes"]["total"] for g in rings] == [5529600, 5529600], rings
ends = r["result"]["ends"]
assert (ends[0]["latency_best_ns"], ends[0]["latency_worst_ns"]) == (6000000, 55000000)
assert r["result"]["dominant"]["critical_path"] == ["source", "filter", "sink"]
origins = {a["id"]: a["origin"] for a in r["assumptions"]}
assert origins["source.jitter"] == "given" and origins["sink.wake"] == "default"
END

# A rate that is no whole number of nanoseconds stays exact.
sed 's|20/s|30000/1001/s|' "$FILE" >ntsc.conf
dsi pipeline --json ntsc.conf >ntsc.json || fail "ntsc: exit $?"
python3 - ntsc.json <<'END' || fail "ntsc"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["result"]["hops"][0]["in"][0]["period_ns"] == "100100000/3", r["result"]["hops"][0]
END
sed 's|20/s|29.97/s|' "$FILE" >rounded.conf
dsi pipeline rounded.conf >/dev/null 2>rounded.err || fail "rounded: exit $?"
grep -q 'rounded.conf:14: 29.97/s: .*30000/1001' rounded.err ||
	fail "no warning about 29.97"
dsi pipeline --json rounded.conf 2>/dev/null | python3 -c '
import json, sys
assert "30000/1001" in json.load(sys.stdin)["warnings"][0]
' || fail "no warning for programs"
