#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# strace_poll.sh PROGRAM - a polled stream of 1,000,000 packets makes no system
# call on the data path, on neither side.
# shellcheck source=strace_common.sh
. "$(dirname "$0")/strace_common.sh"

packets=1000000
strace -f -o "$work/log" "$1" poll $packets
calls_between_marks "$work/log" >"$work/calls" 2>"$work/marks"
if [ "$(cat "$work/marks")" -ne 4 ]; then
	echo "the log has $(cat "$work/marks") marks, not 4" >&2
	exit 1
fi
if [ -s "$work/calls" ]; then
	echo "system calls while streaming:" >&2
	sort "$work/calls" | uniq -c | sort -rn | head -20 >&2
	exit 1
fi
echo "no system call between first and last of $packets packets"

# The same as a table: all that there is belongs to beginning and end.
strace -c -f -o "$work/table" "$1" poll $packets
cat "$work/table"
total=$(awk '$NF == "total" { print $4 }' "$work/table")
if [ "$total" -ge 2000 ]; then
	echo "$total system calls in all" >&2
	exit 1
fi
