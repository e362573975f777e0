#!/bin/bash
# SPDX-License-Identifier: MIT
# A process of the pipeline dies: a sentence, exit 1, nothing stays behind.
# shellcheck source=tests/media/video_common.sh
. "$(dirname "$0")/video_common.sh"
sample cockatoo.mp4

# begin - the pipeline at the speed of the film, in the background; sets the
# process numbers once it runs.
begin() {
	local i

	: >err
	"$BIN/dsi-demo-video" --paced --output out.y4m "$SAMPLE" \
		>out 2>err </dev/null &
	demo=$!
	for ((i = 0; i < 10 * LIMIT; i++)); do
		[ "$(stat -c %s out.y4m 2>/dev/null || echo 0)" -gt 5000000 ] &&
			break
		sleep 0.1
	done
	read -r source filter sink < <(sed -n \
		's/^processes: source \(.*\), filter \(.*\), sink \(.*\)$/\1 \2 \3/p' err)
	[ -n "${sink:-}" ] || fail "no line with the processes"
}

# gone PID... - they must end soon.
gone() {
	local pid i

	for pid in "$@"; do
		for ((i = 0; i < 100; i++)); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -0 "$pid" 2>/dev/null && fail "process $pid is still there"
	done
}

for victim in source filter sink; do
	rm -f out.y4m
	begin
	kill -KILL "${!victim}"
	wait "$demo"
	code=$?
	[ "$code" -eq 1 ] || fail "$victim killed: exit $code, expected 1"
	grep -qF "the $victim was killed" err || fail "$victim killed: not said"
	gone "$source" "$filter" "$sink"
	nothing_left
done

# A stopped sink holds the others back; nothing is lost when it goes on.
rm -f out.y4m
begin
kill -STOP "$sink"
sleep 1
kill -CONT "$sink"
# An interrupt ends the film early, in order.
kill -INT "$demo"
wait "$demo"
code=$?
[ "$code" -eq 0 ] || fail "interrupted: exit $code"
grep -qx 'checksum equal' out || fail "interrupted: checksum not equal"
grep -qx '0 lost frames' out || fail "interrupted: lost frames"
gone "$source" "$filter" "$sink"
nothing_left

# The control application is killed: the workers do not survive it.
rm -f out.y4m
begin
kill -KILL "$demo"
wait "$demo"
gone "$source" "$filter" "$sink"
nothing_left
