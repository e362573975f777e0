#!/bin/bash
# SPDX-License-Identifier: MIT
# `dsi size --batch`: one line out for each line in, in the same order, good or
# bad; and --budget over the lines.
. "$(dirname "$0")/cli_common.sh"

cat >lines <<'END'
{"id": 1, "period": "40ms", "jitter": "15ms", "hold-in": "40ms", "hold-out": "1T"}
hello

{"id": "a \"b\"\\ü", "period": "1"}
{"id": 2, "perod": "1ms"}
[1]
{"period": "10ms", "packet": 1000, "slots": 2, "jitter": "8ms", "hold-out": "15ms"}
{"id": null, "period": "1ms", "drift": "1ppm"}
{"period": 1.5}
{"id": 7, "period": "10ms", "reader": ["name=a,hold=5ms", "name=b,hold=25ms"]}
{"id": 8, "period": "1ms", "id2": {}}
{"period": "1ms"} {"period": "1ms"}
END
dsi size --batch lines --stats >out 2>batch.err
[ $? -eq 2 ] || fail "a bad line does not give exit 2"
grep -q "8 of 11 streams have no answer" batch.err || fail "count of errors"
grep -q "^time per stream  *[0-9][0-9]* ns of processor time$" batch.err || fail "no time"
grep -q "^growth" batch.err || fail "no growth"
python3 - <<'END' || fail "the answers are others: $(cat out)"
import json

def no_float(text):
    raise SystemExit(f"{text} is a floating point number")

a = [json.loads(line, parse_float=no_float) for line in open("out")]
assert len(a) == 11, len(a)
assert a[0]["id"] == 1 and a[0]["result"]["slots"] == 3
assert a[0]["result"]["witness"] == {"first": 0, "last": 2}
assert "input" not in a[0] and "assumptions" not in a[0]
bad = {1: (2, "bad-json"), 2: (4, "bad-input"), 3: (5, "bad-input"),
       4: (6, "bad-json"), 6: (8, "no-finite-bound"), 7: (9, "bad-input"),
       9: (11, "bad-input"), 10: (12, "bad-json")}
for i, (line, code) in bad.items():
    assert a[i]["line"] == line, a[i]
    assert a[i]["error"]["code"] == code, a[i]
assert a[2]["id"] == 'a "b"\\ü', a[2]
assert "did you mean 'period'" in a[3]["error"]["message"]
assert a[3]["id"] == 2 and a[6]["id"] is None and "id" not in a[1]
assert a[5]["result"]["loss"]["wait_ns"] == 3000000, a[5]
assert a[5]["result"]["bytes"]["total"] == 3000
assert [r["slots"] for r in a[8]["readers"]] == [1, 3], a[8]
assert [r["decides"] for r in a[8]["readers"]] == [False, True], a[8]
assert a[8]["result"]["latency"]["release_max_ns"] == 25000000, a[8]
END

# Good lines only, from standard input, in full: the same as one by one.
head -n 1 lines | dsi size --batch - --full --compare >full.json ||
	fail "good lines: exit $?"
dsi size --json --compare --period 40ms --jitter 15ms --hold-in 40ms \
	--hold-out 1T >one.json
python3 - <<'END' || fail "a line is not answered as the options are"
import json
full, one = json.load(open("full.json")), json.load(open("one.json"))
assert full.pop("id") == 1
assert full == one, (full, one)
assert list(full) == list(one)
END
printf '' | dsi size --batch - --stats >out 2>batch.err || fail "no lines"
[ -s out ] && fail "an answer to nothing"
dsi size --batch lines >/dev/full 2>full.err && fail "a full output is no error"
grep -q "standard output" full.err || fail "nothing said of a full output"

# With --strict a line must give all.
head -n 1 lines | dsi size --batch - --strict >out 2>batch.err
[ $? -eq 2 ] || fail "--strict is ignored in a batch"
grep -q '"code":"not-given"' out || fail "--strict in a batch: $(cat out)"

# Many lines take the memory of one: the answers alone have 50 MB.
python3 - <<'END'
with open("many", "w") as f:
    for i in range(12000):
        f.write('{"id":%d,"period":"10ms","jitter":"%dus"}\n' % (i, i))
END
if ! grep -qE "__[at]san_init" "$DSI"; then # their memory grows by itself
	(ulimit -v 40000 && timeout "$LIMIT" "$DSI" size --batch many --full) |
		wc -l >count
	[ "$(cat count)" -eq 12000 ] || fail "$(cat count) of 12000 lines"
fi

# A budget.  Slots: 2 x 1T + 1 ms of life time: 3 for periods above 1 ms.
cat >streams <<'END'
{"id": "a", "bandwidth": "1MB/s", "period-choices": ["5ms", "10ms", "20ms"], "jitter": "1ms", "hold-in": "1T", "hold-out": "1T"}
{"id": "b", "bandwidth": "2MB/s", "period-choices": ["5ms", "10ms"], "jitter": "1ms", "hold-in": "1T", "hold-out": "1T", "weight": 3}
{"id": "c", "bandwidth": "1MB/s", "period-choices": ["5ms", "10ms"], "jitter": "1ms", "max-latency": "6ms"}
{"id": "d", "packet": 100, "period": "4ms"}
END
# b: 10 ms takes 30 kB more than 5 ms and saves 300; a: 20 ms for 10 ms 30 kB
# and 50, 10 ms for 5 ms 15 kB and 100.  Floor 15 + 30 + 5 + 0.1 kB.
share() {
	local budget=$1

	shift
	dsi size --batch streams --budget "$budget" >out 2>budget.err ||
		fail "budget $budget: exit $?"
	python3 - "$@" <<'END' || fail "budget $budget: $(cat out)"
import json, sys
lines = [json.loads(line) for line in open("out")]
want = [int(x) for x in sys.argv[1:]]
assert [l["id"] for l in lines[:-1]] == ["a", "b", "c", "d"]
assert [l["period_ns"] // 1000000 for l in lines[:-1]] == want
total = lines[-1]["budget"]
assert total["floor_bytes"] == 50100, total
assert total["used_bytes"] == sum(l["bytes"] for l in lines[:-1])
assert total["used_bytes"] <= total["limit_bytes"]
assert total["cost_millionths"] == sum(l["cost_millionths"] for l in lines[:-1])
assert total["least"] is True and total["gap_millionths"] == 0
END
}
share 50100B 5 5 5 4
share 65100B 10 5 5 4
share 94kB 5 10 5 4
share 95100B 10 10 5 4
share 1MB 20 10 5 4
dsi size --batch streams --budget 50099B >out 2>budget.err
[ $? -eq 1 ] || fail "a budget that is too small is no failure"
grep -q "take 50100 B" budget.err || fail "the floor is not named"
grep -q '"fits":false' out || fail "the floor in JSON: $(cat out)"
