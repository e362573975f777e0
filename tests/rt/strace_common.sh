# SPDX-License-Identifier: MIT
# strace_common.sh - for the tests that watch a program with strace.
# shellcheck shell=bash
set -euo pipefail

if ! command -v strace >/dev/null; then
	echo "skipped: no strace"
	exit 77
fi
if ! strace -f -o /dev/null true 2>/dev/null; then
	echo "skipped: tracing is not permitted here"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# calls_between_marks LOG - lines "TID CALL", for all calls that a thread makes
# between its first getppid() and its second, its third and its fourth, ...
calls_between_marks() {
	awk '
		# "1234 futex(0x..." or "1234 <... futex resumed>..."
		$2 == "<..." || $2 ~ /^(---|\+\+\+)/ { next }
		{ call = $2; sub(/\(.*/, "", call) }
		call == "getppid" { open[$1] = !open[$1]; marks++; next }
		open[$1] { print $1, call }
		END { print marks + 0 >"/dev/stderr" }
	' "$1"
}
