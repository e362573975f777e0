#!/bin/bash
# SPDX-License-Identifier: MIT
# Output that ends, is full, or was never there; input that cannot be read.
. "$(dirname "$0")/cli_common.sh"

seq 1 1000000 >in

# A reader that has enough: exit 1 without a word; the sender goes on.
dsi send x in 2>send.err &
sender=$!
dsi recv x 2>recv.err | head -c 10 >out
code=${PIPESTATUS[0]}
[ "$code" -eq 1 ] || fail "recv | head: exit $code, expected 1"
[ -s recv.err ] && fail "recv said something about a reader that left"
wait_for $sender 0 "send to recv | head"
head -c 10 in | cmp - out || fail "head got other bytes"

dsi send x in 2>send.err &
sender=$!
dsi recv x >/dev/full 2>recv.err
[ $? -eq 1 ] || fail "a full output is no failure"
grep -qF "dsi recv: standard output: cannot write: No space left" recv.err ||
	fail "a full output is not explained"
wait_for $sender 0 "send to a full output"

dsi send x in 2>send.err &
sender=$!
dsi recv x >&- 2>recv.err
[ $? -eq 1 ] || fail "a closed output is no failure"
grep -qF "standard output: cannot write" recv.err ||
	fail "a closed output is not explained"
wait_for $sender 0 "send to a closed output"

expect 1 "$WORK: is a directory" recv x "$WORK"
expect 1 "/nowhere/file: cannot open" recv x /nowhere/file
expect 1 "$WORK: is a directory" send x "$WORK"
expect 1 "nothere: cannot open" send x nothere
dsi send x </ 2>dir.err && fail "a directory was sent"
grep -qF "standard input: is a directory" dir.err ||
	fail "a directory as input is not explained"
dsi send x --raw --wait-consumers 0 <&- 2>closed.err &&
	fail "a closed input was sent"
grep -qF "standard input: cannot read" closed.err ||
	fail "a closed input is not explained"

# Descriptors that somebody set non-blocking.
python3 - "$DSI" <<'END' 2>nonblock.err || fail "non-blocking pipes"
import os, subprocess, sys, threading
dsi = sys.argv[1]
data = open("in", "rb").read()
in_read, in_write = os.pipe()
out_read, out_write = os.pipe()
os.set_blocking(in_read, False)
os.set_blocking(out_write, False)
send = subprocess.Popen([dsi, "send", "nb", "--raw"], stdin=in_read)
recv = subprocess.Popen([dsi, "recv", "nb"], stdout=out_write)
os.close(in_read), os.close(out_write)
def feed():
    with os.fdopen(in_write, "wb") as pipe:
        pipe.write(data)
threading.Thread(target=feed).start()
with os.fdopen(out_read, "rb") as pipe:
    assert pipe.read() == data, "the bytes differ"
assert (send.wait(), recv.wait()) == (0, 0), "exit codes"
END
