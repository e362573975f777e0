#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_budget.sh - memory shared out among the batches of two writers.
. "$(dirname "$0")/../cli/cli_common.sh"

cat >two.conf <<'END'
sources = ( { name = "a"; period = "10ms"; packet = 1000; batches = [1, 2, 4]; } );
stages = ( { name = "b"; input = "a"; best = "1ms"; worst = "3ms"; batches = [4, 2, 1]; } );
sinks = ( { name = "c"; input = "b"; worst = "2ms"; } );
END

# used BYTES - what the rings take with that budget
used() {
	dsi pipeline --json --budget "$1" two.conf >two.json || return
	python3 -c '
import json
r = json.load(open("two.json"))
total = sum(g["bytes"]["total"] for g in r["result"]["rings"])
assert r["budget"]["fits"] and total == r["budget"]["used"], r["budget"]
print(total, *(g["batch"] for g in r["result"]["rings"]), r["budget"]["commits_per_s"])
'
}

expect 1 '1999 B is not enough: the rings need 2000 B at least' \
	pipeline --budget 1999 two.conf
[ "$(used 2000)" = '2000 1 1 200' ] || fail "the floor: $(used 2000)"
dsi pipeline --budget 1MiB two.conf >table.out || fail "table"
grep -q '^budget        1048576 B: fits' table.out || fail "no line for the budget"
last=0
for budget in 2000 3000 4000 5000 6000 7000 8000 12000 20000; do
	read -r bytes batch_a batch_b commits <<<"$(used $budget)"
	[ "$bytes" -le "$budget" ] || fail "$budget: takes $bytes"
	[ "$last" = 0 ] || [ "$commits" -le "$last" ] ||
		fail "$budget: more commits with more memory"
	last=$commits
done
[ "$batch_a $batch_b $commits" = '4 4 50' ] || fail "all fits: $batch_a $batch_b $commits"

# In a cycle that a batch would stop, it is no choice.
cat >cycle.conf <<'END'
sources = ( { name = "a"; period = "10ms"; packet = 100; } );
stages = ( { name = "b"; inputs = ("a", { from = "c"; tokens = 1; }); worst = "4ms";
             packet = 100; batches = [1, 2]; },
           { name = "c"; input = "b"; worst = "3ms"; packet = 100; } );
END
dsi pipeline --json --budget 1MiB cycle.conf >cycle.json || fail "cycle: exit $?"
python3 -c '
import json
assert [g["batch"] for g in json.load(open("cycle.json"))["result"]["rings"]] == [1, 1, 1]
' || fail "a batch that stops the cycle"
