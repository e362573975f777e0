#!/bin/bash
# SPDX-License-Identifier: MIT
# Input without an end: `dsi` reads as much of it as it says, and then tells the
# file, the line and what to do instead.
. "$(dirname "$0")/cli_common.sh"

# endless CODE TEXT ARGUMENT... - as expect, with one line that never ends.
endless() {
	local want=$1 text=$2 code

	shift 2
	yes 1 2>yes.err | tr '\n' ' ' 2>tr.err | dsi "$@" >endless.out 2>endless.err
	code=${PIPESTATUS[2]}
	[ "$code" -eq "$want" ] || fail "dsi $*: exit $code, expected $want"
	grep -qF -- "$text" endless.err ||
		fail "dsi $*: '$text' is not in its message: $(cat endless.err)"
}

LONG="line 1 is longer than 1048576 bytes; give one JSON object a line"
WHOLE="is longer than 67108864 bytes; give the file that was meant"
ZERO="has a byte 0, so it is no text"

# A line.
expect 2 "/dev/zero: $LONG" size --batch /dev/zero
expect 2 "/dev/zero: $LONG" size --batch /dev/zero --budget 1MB
[ -s expect.out ] && fail "a budget is shared among half of the streams"
endless 2 "-: $LONG" size --batch -
mkfifo fifo
yes 1 2>yes.err | tr -d '\n' 2>tr.err >fifo &
expect 2 "fifo: $LONG" size --batch fifo
wait
expect 1 "cannot read on after line 0: Is a directory" size --batch .
expect 1 "cannot read on after line 0: Is a directory" size --batch . --budget 1

# The longest line and one byte more; what was read before has its answer.
python3 - <<'END'
line = '{"id":1,"period":"10ms"}'
with open("longest", "w") as f:
    f.write(line + " " * (1048576 - len(line)) + "\n" + line + "\n")
with open("longer", "w") as f:
    f.write(line + "\n" + line + " " * (1048577 - len(line)) + "\n")
with open("zero", "wb") as f:
    f.write(line.encode() + b"\0x\n")
END
dsi size --batch longest >longest.out || fail "the longest line: exit $?"
[ "$(grep -c '"result"' longest.out)" -eq 2 ] || fail "the longest line"
expect 2 "longer: line 2 is longer" size --batch longer
[ "$(grep -c '"result"' expect.out)" -eq 1 ] || fail "before a longer line"
expect 2 "1 of 1 streams" size --batch zero
grep -q '"code":"bad-json".*it has a byte 0' expect.out || fail "a byte 0"

# Lines, where all are kept.
yes 0 2>yes.err | dsi size --batch - --budget 1MB >many.out 2>many.err
[ "${PIPESTATUS[1]}" -eq 2 ] || fail "endless streams: exit"
grep -q "line 1000001 is one too many for --budget" many.err ||
	fail "endless streams: $(cat many.err)"

# A file that is read as a whole.
expect 2 "file:/dev/zero: $ZERO" curve show file:/dev/zero
expect 2 "Is a directory" curve show file:.
endless 2 "file:-: $WHOLE" curve show file:-
expect 2 "/dev/zero: $ZERO" bench --compare /dev/zero /dev/zero
expect 2 ".: cannot read: Is a directory" bench --compare . .
endless 2 "/dev/stdin: $WHOLE" bench --compare /dev/stdin /dev/null
