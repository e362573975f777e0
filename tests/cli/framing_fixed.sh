#!/bin/bash
# SPDX-License-Identifier: MIT
# --frame-bytes: packets of one size, whatever pieces the input comes in.
. "$(dirname "$0")/cli_common.sh"

head -c 300000 /dev/urandom >in
(head -c 7 in; sleep 0.1; tail -c +8 in) |
	dsi send frames --frame-bytes 1kB 2>send.err &
sender=$!
dsi recv frames --info out 2>info || fail "recv: exit $?"
wait_for $sender 0 send
cmp in out || fail "the bytes differ"
[ "$(grep -c ' size 1000$' info)" -eq 300 ] || fail "not 300 packets of 1000"
grep -q '^packet 300 .* size 0 eos$' info || fail "no end of stream in --info"

# --count ends early, and the sender goes on without it.
dsi send frames --frame-bytes 1000 in 2>send.err &
sender=$!
dsi recv frames --count 3 out 2>recv.err || fail "recv --count: exit $?"
wait_for $sender 0 "send after --count"
[ "$(stat -c %s out)" -eq 3000 ] || fail "--count 3 did not give 3 packets"
head -c 3000 in | cmp - out || fail "--count: the bytes differ"

# An input that ends within a frame is no complete stream.
head -c 2500 in | dsi send frames --frame-bytes 1000 2>send.err &
sender=$!
dsi recv frames out 2>recv.err
[ $? -eq 1 ] || fail "recv of an incomplete stream did not fail"
wait_for $sender 1 "send of an incomplete frame"
grep -qF "ends within frame 2: it has 500 of 1000 bytes" send.err ||
	fail "send does not say what is missing"
grep -qF "producer of 'frames' ended without end of stream after 2 packets" \
	recv.err || fail "recv does not say that the end is missing"

# A sender that wants no consumer does not wait for one.
dsi send frames --frame-bytes 1000 --wait-consumers 0 in 2>send.err ||
	fail "send without consumers: exit $?"
grep -q "packets had no consumer" send.err || fail "nothing said of no consumer"

# A schedule: it must work, how exactly is not for this test.
head -c 5000 in | dsi send frames --frame-bytes 1000 --rate 1000/3 2>send.err &
sender=$!
dsi recv frames --format "" out 2>recv.err || fail "recv --rate: exit $?"
wait_for $sender 0 "send --rate"
head -c 5000 in | cmp - out || fail "--rate: the bytes differ"
nothing_left
