#!/bin/bash
# SPDX-License-Identifier: MIT
# What goes in at one end comes out at the other, byte by byte.
. "$(dirname "$0")/cli_common.sh"

seq 1 1000000 >in

seq 1 1000000 | dsi send x 2>send.err &
sender=$!
dsi recv x >out 2>recv.err || fail "recv: exit $?"
wait_for $sender 0 send
cmp in out || fail "pipe to pipe: the bytes differ"
[ -s send.err ] && fail "send said something"
[ -s recv.err ] && fail "recv said something"

dsi send x in 2>send.err &
sender=$!
dsi recv x out2 2>recv.err || fail "recv to a file: exit $?"
wait_for $sender 0 "send of a file"
cmp in out2 || fail "file to file: the bytes differ"

# Small packets, few of them, and two receivers.
dsi send x --chunk 1000 --packets 3 --wait-consumers 2 <in 2>send.err &
sender=$!
dsi recv x - >out3 2>recv.err &
receiver=$!
dsi recv x --spin 1ms out4 2>recv2.err || fail "second recv: exit $?"
wait_for $receiver 0 "first recv"
wait_for $sender 0 "send to two"
cmp in out3 && cmp in out4 || fail "two receivers: the bytes differ"

# An empty input is an empty stream.
dsi send x </dev/null 2>send.err &
sender=$!
dsi recv x out 2>recv.err || fail "recv of nothing: exit $?"
wait_for $sender 0 "send of nothing"
[ -s out ] && fail "an empty stream gave bytes, or the file was not emptied"
nothing_left
