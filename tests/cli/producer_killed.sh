#!/bin/bash
# SPDX-License-Identifier: MIT
# A producer that dies: what it sent arrives, then the receiver fails.
. "$(dirname "$0")/cli_common.sh"

mkfifo feed
"$DSI" send cam --frame-bytes 1000 <feed 2>send.err &
sender=$!
exec 3>feed
dsi recv cam >out 2>recv.err 3>&- &
receiver=$!
head -c 50000 /dev/urandom >in
cat in >&3
until_true committed cam 50

kill -KILL $sender
wait_for $receiver 1 "recv of a killed producer"
grep -qxF "dsi recv: producer of 'cam' ended without end of stream after 50 packets" \
	recv.err || fail "the receiver does not say what happened"
cmp in out || fail "what was sent before the death did not arrive"
exec 3>&-
wait $sender 2>/dev/null

# The name is free again.
dsi send cam in 2>send.err &
sender=$!
dsi recv cam >out 2>recv.err || fail "recv from the next producer: exit $?"
wait_for $sender 0 "send by the name of the dead"
cmp in out || fail "the next producer's bytes differ"

# A receiver that dies does not stop the sender.
"$DSI" send cam --frame-bytes 1000 <feed 2>send.err &
sender=$!
exec 3>feed
"$DSI" recv cam >out 2>recv.err 3>&- &
receiver=$!
cat in >&3
until_true committed cam 50
kill -KILL $receiver
wait $receiver 2>/dev/null
for ((i = 0; i < 10; i++)); do cat in; done >&3
exec 3>&-
wait_for $sender 0 "send to a receiver that was killed"
nothing_left
