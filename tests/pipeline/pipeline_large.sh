#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_large.sh - thousands of stages: the right numbers, whatever time
# they take.
. "$(dirname "$0")/../cli/cli_common.sh"

chain() {
	python3 -c '
import sys
n = int(sys.argv[1])
print("sources = ( { name = \"s0\"; period = \"10ms\"; packet = 100; } );\nstages = (")
print(",\n".join("{ name = \"s%d\"; input = \"s%d\"; best = \"1ms\"; worst = \"2ms\"; }"
                 % (i, i - 1) for i in range(1, n + 1)))
print(");")
' "$1"
}

for n in 1000 10000; do
	chain $n >chain.conf
	dsi pipeline --json --stats chain.conf >chain.json 2>stats.txt ||
		fail "$n stages: exit $?"
	grep -q "$((n + 1)) nodes" stats.txt || fail "no statistics"
	python3 - $n <<'END' || fail "$n stages"
import json, sys
n = int(sys.argv[1])
r = json.load(open("chain.json"))["result"]
assert r["ends"][0]["latency_worst_ns"] == 2_000_000 * n
assert r["ends"][0]["latency_best_ns"] == 1_000_000 * n
for s, hop in enumerate(r["hops"]):
    low, high = max(s - 1, 0), 2 * (s + 1)
    assert hop["slots"] == (high - low) // 10 + 1 and hop["exact"], (s, hop)
assert len(r["dominant"]["critical_path"]) == n + 1
END
done
dsi pipeline chain.conf >chain.out || fail "table"
awk 'length($0) > 80 { exit 1 }' chain.out || fail "wider than 80 columns"
