#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# dsi simulate: the calculated ring is reached, one slot less is not enough,
# the same seed gives the same run, and every exit code.
set -u
. "$(dirname "$0")/../cli/cli_common.sh"

# runs CODE ARGUMENT... - stdout goes to out.
runs() {
	local want=$1 code

	shift
	dsi simulate "$@" >out 2>run.err </dev/null
	code=$?
	[ "$code" -eq "$want" ] || fail "simulate $*: exit $code, not $want"
}

has() {
	grep -qF -- "$1" out || fail "'$1' is not in: $(cat out)"
}

# member PATH - of the JSON object in out
member() {
	python3 -c '
import json, sys
value = json.load(open("out"))
for key in sys.argv[1].split("."):
    value = value[int(key) if key.isdigit() else key]
print(value)' "$1"
}

is() {
	[ "$(member "$1")" = "$2" ] || fail "$1 is $(member "$1"), not $2"
}

video="--rate 25/s --jitter 15ms --hold-in 1T --hold-out 1T"

# shellcheck disable=SC2086
{
	runs 0 $video
	has "3 slots (as needed)"
	has "at most 3 of 3 slots, for packet 2"
	has "3 slots are needed, and used: it is reached"

	runs 1 $video --slots 2
	has "blocked     the producer waited for a slot"
	has "at most 15 ms"
	has "3 slots are needed, and there are only 2"

	runs 1 $video --slots 2 --policy drop-new --json
	is ok False
	is readers.0.reached False
	[ "$(member readers.0.schedules.0.lost)" -gt 0 ] || fail "nothing lost"
	is readers.0.schedules.0.blocked 0

	runs 1 $video --start 10ms --json
	[ "$(member readers.0.schedules.1.underruns)" -gt 0 ] ||
		fail "no underrun"
	is readers.0.schedules.1.latency.get_min_ns -5000000

	runs 0 $video --json
	is ok True
	is readers.0.reached True
	is readers.0.exact True
	is readers.0.slots_needed 3
	is readers.0.schedules.0.latency.release_max_ns 55000000

	runs 0 $video --schedule random --seed 7 --runs 20 --json
	cp out first
	runs 0 $video --schedule random --seed 7 --runs 20 --json
	cmp -s out first || fail "the same seed gave another run"
	is runs 20
	is seed 7
}

# a time that is no whole number of ns is exact
runs 0 --rate 30000/1001/s --jitter 1/7s --json
is readers.0.schedules.0.latency.get_max_ns 1000000000/7

runs 0 --period 1ms --jitter 5ms --consumer blocking --work 0.5ms \
	--reader name=b,jitter=2ms --json
is readers.0.consumer blocking
is readers.1.name b
is readers.1.reached True

for plot in ring.svg ring.gp; do
	runs 0 --period 1ms --jitter 5ms --plot $plot
	[ -s $plot ] || fail "$plot is empty"
done

expect 2 "did you mean 'jitter'" simulate --reader "name=b,jitte=1ms" --period 1ms
expect 2 "nothing says how often packets come" simulate --jitter 1ms
expect 2 "--jitter: " simulate --period 1ms --jitter 1ms --jitter 2ms
expect 2 "'3' has no unit; write for example 3ms" \
	simulate --period 1ms --jitter 3
expect 2 "give --schedule random" simulate --period 1ms --seed 3
expect 2 "write adversarial or random" simulate --period 1ms --schedule bad
expect 2 "--runs: '0' is no whole number" \
	simulate --period 1ms --schedule random --runs 0
expect 2 "picture.png" simulate --period 1ms --plot picture.png
expect 3 "drift" simulate --period 1ms --drift 1ppm
expect 4 "no common tick" simulate --period 1000000000s --jitter 1/10000000019s
runs 0 --profile help
has "1080p59.94"
