#!/bin/bash
# SPDX-License-Identifier: MIT
# SIGTERM and SIGINT: what was sent is delivered, the end is not claimed.
. "$(dirname "$0")/cli_common.sh"

grep -qa __tsan_init "$DSI" &&
	skip "ThreadSanitizer holds signals back while a futex is waited for"

mkfifo feed
head -c 50000 /dev/urandom >in

# feed_sender - start a sender that waits for more input, and a receiver
feed_sender() {
	# A shell's background job ignores SIGINT; the test wants it.
	env --default-signal=INT "$DSI" send x --frame-bytes 1000 \
		<feed 2>send.err &
	sender=$!
	exec 3>feed
	env --default-signal=INT "$DSI" recv x >out 2>recv.err 3>&- &
	receiver=$!
	cat in >&3
	until_true committed x 50
}

for signal in TERM INT; do
	code=$((128 + $(kill -l $signal)))
	feed_sender
	kill -$signal $sender
	wait_for $sender $code "send after SIG$signal"
	wait_for $receiver 1 "recv after SIG$signal to send"
	exec 3>&-
	cmp in out || fail "SIG$signal: the bytes differ"
	grep -q "ended without end of stream after 50 packets" recv.err ||
		fail "SIG$signal: the receiver believes in an end"

	feed_sender
	kill -$signal $receiver
	wait_for $receiver $code "recv after SIG$signal"
	exec 3>&-
	wait_for $sender 0 "send after SIG$signal to recv"
done

# Nobody came.
env --default-signal=INT "$DSI" send x in 2>send.err &
sender=$!
until_true dsi list x >/dev/null 2>&1
kill -INT $sender
wait_for $sender 130 "send that waits for a consumer"

# The receiver's output is stuck.
mkfifo output
"$DSI" recv x >output 2>recv.err &
receiver=$!
exec 4<output
head -c 3000000 /dev/zero >big
"$DSI" send x --frame-bytes 64KiB big --drain-timeout 100ms \
	2>send.err 4<&- &
sender=$!
until_true committed x 3
kill -TERM $receiver
wait_for $receiver 143 "recv with a stuck output"
exec 4<&-
wait $sender
nothing_left
