#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# strace_wakes.sh PROGRAM - committing a batch to a sleeping consumer makes at
# most one system call, a wake.
# shellcheck source=strace_common.sh
. "$(dirname "$0")/strace_common.sh"

batches=300
strace -f -o "$work/log" "$1" wakes $batches
calls_between_marks "$work/log" >"$work/calls" 2>"$work/marks"
sort "$work/calls" | uniq -c
others=$(awk '$2 != "futex"' "$work/calls" | wc -l)
wakes=$(wc -l <"$work/calls")
if [ "$(cat "$work/marks")" -ne $((2 * batches)) ] || [ "$others" -ne 0 ] ||
	[ "$wakes" -gt $batches ] || [ "$wakes" -eq 0 ]; then
	echo "$wakes calls in $batches batches, $others of them no futex" >&2
	exit 1
fi
echo "$wakes wakes in $batches batches"
