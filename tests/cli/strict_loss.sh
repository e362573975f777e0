#!/bin/bash
# SPDX-License-Identifier: MIT
# Losses are reported, and with --strict they are an error.  The reader is so
# slow that it begins when all has been sent.
. "$(dirname "$0")/cli_common.sh"

head -c 6553600 /dev/zero >in
mkfifo output

sent() {
	# The producer may have ended: it does not wait for policy reclaim,
	# and expired packets are taken without the reader.
	! kill -0 $sender 2>/dev/null || committed x 100
}

# slow_reader CODE OPTION... - receive 100 frames of 64 KiB
slow_reader() {
	local code=$1

	shift
	dsi recv x "$@" >output 2>recv.err &
	receiver=$!
	exec 4<output
	dsi send x --frame-bytes 64KiB in 2>send.err 4<&- &
	sender=$!
	until_true sent
	cat <&4 >out &
	reader=$!
	exec 4<&-
	wait_for $receiver "$code" "recv $*"
	wait_for $sender 0 "send to recv $*"
	wait $reader
}

slow_reader 6 --policy drop --queue 2 --strict
grep -qE "^dsi recv: x: lost [1-9][0-9]* packets: [1-9][0-9]* dropped, 0 reclaimed" \
	recv.err || fail "dropped packets are not reported"
grep -q "deliveries were dropped" send.err || fail "the sender says nothing"

slow_reader 6 --policy drop --queue 2 --strict --quiet
grep -q "lost" recv.err || fail "--quiet hides why it failed"

slow_reader 0 --policy drop --queue 2
grep -q "lost" recv.err || fail "losses are not reported without --strict"

slow_reader 0 --policy drop --queue 2 --quiet
[ -s recv.err ] && fail "--quiet is not quiet"

slow_reader 6 --policy reclaim --strict
grep -qE "0 dropped, [1-9][0-9]* reclaimed" recv.err ||
	fail "reclaimed packets are not reported"

# Packets that expire: the receiver comes to them too late.
dsi recv x --strict >output 2>recv.err &
receiver=$!
exec 4<output
dsi send x --frame-bytes 64KiB --packets 128 --lifetime 1ms in \
	2>send.err 4<&- &
sender=$!
until_true sent
sleep 0.1
cat <&4 >out &
exec 4<&-
wait_for $receiver 6 "recv of expired packets"
wait_for $sender 0 "send of expired packets"
grep -qE "0 dropped, 0 reclaimed, [1-9][0-9]* expired" recv.err ||
	fail "expired packets are not reported"

# No loss, no complaint.
dsi send x in 2>send.err &
sender=$!
dsi recv x --strict out 2>recv.err || fail "strict without loss: exit $?"
wait_for $sender 0 "send"
cmp in out || fail "the bytes differ"
