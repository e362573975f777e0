#!/bin/bash
# SPDX-License-Identifier: MIT
# bench_command.sh BIN-DIR - the options of `dsi bench`, what it refuses, and
# what it does where it has one CPU or may not choose one.
. "$(dirname "$0")/../cli/cli_common.sh"

small=(--runs 1 --packets 50 --time 20s)

expect 2 "--measure: 'speed' is none; there are: round-trip, one-way, rate" \
	bench --measure speed
expect 2 "--mode: 'lazy' is none; there are: poll, sleep, spin" \
	bench --mode poll,lazy
expect 2 "--on: 'three' is none; there are: two, same" bench --on three
expect 2 "--touch: 'maybe' is none; there are: yes, no" bench --touch maybe
expect 2 "--measure: a word of the list is missing" bench --measure ''
expect 2 "--mode: a word of the list is missing" bench --mode poll,
expect 2 "--payload: '8MiB' is out of range; give 0 to 4194304 bytes" \
	bench --payload 64,8MiB
expect 2 "--payload: 'x' is no size" bench --payload x
expect 2 "--ring: 48 is no power of two" bench --ring 16,48
expect 2 "--ring: '8192' is not accepted" bench --ring 8192
expect 2 "--batch: '65' is not accepted" bench --batch 65
expect 2 "--batch: '0' is not accepted" bench --batch 0
expect 2 "--consumers: '17' is not accepted" bench --consumers 17
expect 2 "--consumers: at most 16 values" \
	bench --consumers 1,2,3,4,5,6,7,8,1,2,3,4,5,6,7,8,1
expect 2 "--channel: 'tube' is none; there are: line, futex, guarded, slots, inline" \
	bench --channel tube
expect 2 "--runs: '0' is not accepted" bench --runs 0
expect 2 "--runs: '101' is not accepted" bench --runs 101
expect 2 "--time: '0' is no time" bench --time 0
expect 2 "--time: '1parsec' has the unknown unit" bench --time 1parsec
expect 2 "--interval: '11min'" bench --interval 11min
expect 2 "--spin: '5s'" bench --spin 5s
expect 2 "--cpus: '5000' is not accepted" bench --cpus 5000
expect 2 "--cpus: 0 is there twice" bench --cpus 0,0
expect 2 "this process may not use CPU 1023" bench --cpus 1023 --list
expect 2 "give --compare OLD" bench some.json
expect 2 "measures nothing" bench --compare a.json b.json --json c.json
expect 2 "one argument too many" bench --compare a.json b.json c.json
expect 2 "no-such.json" bench --compare no-such.json
expect 2 "there is nothing to measure" bench --measure rate --batch 8 --ring 4
expect 2 "there is nothing to measure" bench --mode poll --on same
expect 1 "cannot write" bench "${small[@]}" --measure round-trip --mode sleep \
	--on same --json /nowhere/out.json

dsi bench --help >help.out || fail "--help: exit $?"
grep -q -- '--compare=OLD' help.out || fail "no --compare in --help"

# A list is what is measured, limits included, and needs no time.
dsi bench --list --measure round-trip --mode sleep --on same >list.out ||
	fail "--list: exit $?"
grep -qE '^round-trip sleep same processes +64B +256 +1 +1  futex$' list.out ||
	fail "the limit is not listed: $(cat list.out)"
grep -qE '^round-trip sleep same processes +64B .* dsi$' list.out ||
	fail "dsi is not listed"
dsi bench --list >all.out || fail "--list: exit $?"
dsi bench --list --quick >quick.out || fail "--list --quick: exit $?"
[ "$(wc -l <quick.out)" -lt "$(wc -l <all.out)" ] || fail "--quick is not less"

# Tables are 80 columns wide, and have all that was asked for.
dsi bench "${small[@]}" --measure round-trip,one-way,rate --mode sleep \
	--on same --payload 0,64,64KiB --channel dsi >table.out 2>table.err ||
	fail "exit $?"
wide=$(grep -v '^Note: \|^Machine: \|^System: ' table.out |
	awk 'length($0) > 80' | head -1)
[ -z "$wide" ] || fail "wider than 80: $wide"
for text in "Round trip: " "One way: " "Rate: " "Machine: " "System: Linux" \
	"Memory: one CPU writes" "Clock: a look takes"; do
	grep -q "^$text" table.out || fail "no '$text' in the table"
done
[ "$(grep -c '^dsi ' table.out)" -eq 9 ] || fail "not 9 rows of dsi"
nothing_left

# One CPU: what needs more is left out, and said to be.
first=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
taskset -c "$first" "$DSI" bench "${small[@]}" --measure round-trip \
	--channel dsi >one.out 2>one.err || fail "one CPU: exit $?"
grep -q "cases are left out: there is one CPU only to measure on" one.out ||
	fail "one CPU is not said: $(cat one.out)"
grep -q "all on CPU $first" one.out || fail "not on CPU $first"
taskset -c "$first" "$DSI" bench --list --on two >one.out 2>one.err
[ $? -eq 2 ] || fail "two of one CPU are accepted"
grep -q "need more CPUs" one.err || fail "no word about CPUs: $(cat one.err)"
taskset -c "$first" "$DSI" bench --list --cpus 1022 >one.out 2>one.err
[ $? -eq 2 ] || fail "a CPU that may not be used is accepted"

# No right to choose a CPU.
if command -v strace >/dev/null && strace -f -o /dev/null true 2>/dev/null; then
	strace -f -o /dev/null -e inject=sched_setaffinity:error=EPERM \
		"$DSI" bench "${small[@]}" --measure round-trip --mode sleep \
		--on same --channel dsi >free.out 2>free.err ||
		fail "without the right to choose a CPU: exit $?"
	grep -q "could not be kept on their CPUs" free.out ||
		fail "not said: $(cat free.out)"
	grep -q "(not kept there)" free.out || fail "not said at the top"
fi
dsi bench "${small[@]}" --measure round-trip --mode sleep --on same --no-pin \
	--threads --channel dsi >threads.out || fail "--threads: exit $?"
grep -q "sleeping, threads" threads.out || fail "no threads"
exit 0
