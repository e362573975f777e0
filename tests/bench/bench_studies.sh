#!/bin/bash
# SPDX-License-Identifier: MIT
# bench_studies.sh BIN-DIR - the questions that `dsi bench` has lists for: many
# streams, many consumers and such that come and go, beats beside load, copies
# against references; and what it says where a program or a right is missing.
. "$(dirname "$0")/../cli/cli_common.sh"

small=(--runs 1 --packets 60 --time 20s --interval 200us)
places=same
[ "$(python3 -c 'import os; print(len(os.sched_getaffinity(0)))')" -lt 2 ] ||
	places=two

expect 2 "--study: 'speed' is none; there are: basic, scale, real-time, copy" \
	bench --study speed
expect 2 "--study has its own cases" bench --study copy --payload 64
expect 2 "--streams: '1001' is not accepted" bench --streams 1001
expect 2 "--active: 'two' is none; there are: one, all" bench --active two
expect 2 "--stress: 'more' is none; there are: no, own, stress-ng" \
	bench --stress more
expect 2 "--priority: 'high' is none; there are: normal, fifo" \
	bench --priority high
expect 2 "there is nothing to measure" bench --measure join --consumers 1 \
	--mode sleep

# Each list has what it is about.
for study in scale:select scale:join scale:one-way real-time:timed copy:rate
do
	dsi bench --list --study "${study%:*}" --on "$places" >list.out \
		2>list.err && fail "--study and --on are accepted"
	dsi bench --list --study "${study%:*}" >list.out 2>list.err ||
		fail "${study%:*}: exit $?"
	[ "$places" = same ] && [ "$study" = copy:rate ] ||
		grep -q "^${study#*:} " list.out ||
		fail "no ${study#*:} in ${study%:*}"
done
grep -q '^select ' list.out && fail "select is in copy as well"

# The curves are made of the rows they name, and crossings of their ratios.
cat >curves.py <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
rows, over, least = report["rows"], sys.argv[2], int(sys.argv[3])
assert not any(row["failed"] for row in rows)
curves = [c for c in report["curves"] if c["over"] == over]
assert len(curves) >= least, [c["over"] for c in report["curves"]]
for c in curves:
    assert c["at"] == sorted(set(c["at"])) and len(c["at"]) >= 3
    for channel in c["channels"]:
        there = [r for r in channel["rows"] if r is not None]
        assert len(channel["rows"]) == len(c["at"]) and there
        for at, r in zip(c["at"], channel["rows"]):
            if r is not None:
                assert rows[r]["channel"] == channel["channel"]
                assert rows[r][over] == at
        same = ("measure", "mode", "on", "ring", "batch", "priority", "stress")
        assert len({tuple(rows[r][k] for k in same) for r in there}) == 1
    for x in c["crossings"]:
        if x["faster_up_to"] is not None:
            assert all(s["high"] < 1 for at, s in zip(c["at"], x["ratios"])
                       if s and 0 < at <= x["faster_up_to"])
        if x["slower_from"] is not None:
            assert all(s["low"] > 1 for at, s in zip(c["at"], x["ratios"])
                       if s and at >= x["slower_from"])
print(len(curves), "curves over", over)
END

# curves FILE OVER LEAST
curves() {
	python3 curves.py "$@" || fail "curves of $1 over $2"
}

dsi bench "${small[@]}" --measure select --mode sleep --on same \
	--streams 1,5,80 --active one,all --channel dsi,dsi-epoll \
	--json select.json >select.out 2>select.err || fail "select: exit $?"
curves select.json streams 1
grep -q "^Over the number of streams: select, sleep, on one CPU" select.out ||
	fail "no curve over the streams"
nothing_left

dsi bench "${small[@]}" --measure join,one-way --mode sleep --on same \
	--packets 1000 --consumers 1,2,4,8,16 --channel dsi --json join.json >join.out \
	2>join.err || fail "join: exit $?"
curves join.json consumers 2
python3 - <<'END' || fail "who joined is not counted"
import json
for row in json.load(open("join.json"))["rows"]:
    assert (row["joins"] > 0) == (row["measure"] == "join"), row
END
grep -q "times one of 7 others joined and left" join.out ||
	fail "not said how often others joined"
nothing_left

if [ "$places" = two ]; then
	dsi bench "${small[@]}" --mode poll --on two --measure round-trip \
		--channel slots,copy,inline,inline-copy,dsi,dsi-copy,dsi-word \
		--payload 0,8,64,512 --json copy.json >copy.out 2>copy.err ||
		fail "copy: exit $?"
	curves copy.json payload 1
	python3 - <<'END' || fail "not all copies have a crossing"
import json
found = {(x["channel"], x["beside"]) for c in json.load(open("copy.json"))["curves"]
         for x in c["crossings"]}
assert found == {("copy", "slots"), ("inline", "slots"), ("inline-copy", "slots"),
                 ("dsi-copy", "dsi"), ("dsi-word", "dsi")}, found
END
	grep -q "^inline-copy beside slots: faster " copy.out ||
		fail "no crossing is told"
fi

# Beats beside our own load; a case without one is no row of one with it.
timeout "$LIMIT" setsid -w bash -c 'echo $$ >session; exec "$@"' - "$DSI" bench \
	"${small[@]}" --measure timed --mode sleep --on same --stress no,own \
	--channel futex --json timed.json >timed.out 2>timed.err ||
	fail "timed: exit $?"
grep -q "each CPU also computes and takes memory" timed.out ||
	fail "the load is not told"
pgrep -s "$(cat session)" && fail "the load is still there"

# What is not there has a name.
mkdir none
for what in cyclictest:rt-tests stress-ng:stress-ng; do
	case ${what%:*} in
	cyclictest) case=(--channel cyclictest) ;;
	*) case=(--channel futex --stress stress-ng) ;;
	esac
	PATH=$WORK/none /usr/bin/timeout "$LIMIT" "$DSI" bench "${small[@]}" \
		--measure timed --mode sleep --on same "${case[@]}" >none.out \
		2>none.err
	[ $? -eq 1 ] || fail "${what%:*} is not missed"
	grep -q "${what%:*} is not here: install Debian's package ${what#*:}" \
		none.err || fail "${what%:*}: $(cat none.err)"
done

# Without the right, a sentence; with it, the ends are what they shall be.
fifo=(bench "${small[@]}" --measure timed --mode sleep --on same --priority fifo)
if command -v strace >/dev/null && strace -f -o /dev/null true 2>/dev/null; then
	strace -f -o /dev/null -e inject=sched_setscheduler:error=EPERM \
		"$DSI" "${fifo[@]}" --channel futex >right.out 2>right.err
	[ $? -eq 1 ] || fail "no priority, and it does not fail"
	grep -q "cannot have real-time priority 80: raise ulimit -r" right.err ||
		fail "no priority: $(cat right.err)"
	strace -f -o /dev/null -e inject=mlockall:error=ENOMEM \
		"$DSI" "${fifo[@]}" --channel futex >right.out 2>right.err
	[ $? -eq 1 ] || fail "no locked memory, and it does not fail"
	grep -q "cannot lock memory" right.err ||
		fail "no locked memory: $(cat right.err)"
fi
chrt -f 80 true 2>/dev/null || skip "no right to a real-time priority"
command -v cyclictest >/dev/null || skip "no cyclictest"
dsi "${fifo[@]}" --stress own --channel dsi --json fifo.json >fifo.out \
	2>fifo.err || fail "fifo: exit $?"
python3 - <<'END' || fail "not beside cyclictest"
import json
rows = json.load(open("fifo.json"))["rows"]
row = next(r for r in rows if r["channel"] == "dsi")
timer = rows[row["bare"]]
assert timer["channel"] == "cyclictest" and timer["samples"] == 60, timer
assert timer["max_ns"]["median"] >= timer["p50_ns"]["median"] > 0
assert rows[row["limit"]]["channel"] == "futex"
assert all(r["priority"] == "fifo" and r["stress"] == "own" for r in rows)
END
exit 0
