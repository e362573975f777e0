#!/bin/bash
# SPDX-License-Identifier: MIT
# The receiver may be there first; and it need not wait for ever.
. "$(dirname "$0")/cli_common.sh"

expect 3 "absent" recv absent --timeout 0
expect 3 "absent" recv absent --timeout 100ms

seq 1 200000 >in
dsi recv late >out 2>recv.err &
receiver=$!
sleep 0.3
dsi send late in 2>send.err || fail "send: exit $?"
wait_for $receiver 0 recv
cmp in out || fail "the bytes differ"

# An existing output is left alone if there is no stream.
expect 3 "absent" recv absent --timeout 0 out
cmp in out || fail "the output was emptied for a stream that is not there"
nothing_left
