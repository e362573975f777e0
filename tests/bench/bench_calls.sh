#!/bin/bash
# SPDX-License-Identifier: MIT
# bench_calls.sh BIN-DIR - the calls of the kernel that `dsi bench` reports are
# those that strace sees between the marks of a measurement, which are
# getpgrp(), and nothing else is called there.
. "$(dirname "$0")/../cli/cli_common.sh"

command -v strace >/dev/null || skip "no strace"
strace -f -o /dev/null true 2>/dev/null || skip "tracing is not permitted here"

# reported FILE - calls of all rows together
reported() {
	python3 -c 'import json, sys
rows = json.load(open(sys.argv[1]))["rows"]
print(round(sum(r["calls"]["median"] * r["packets"] for r in rows)))' "$1"
}

# watch NAME ARGUMENT... - measures under strace and compares.
watch() {
	local name=$1 marks seen said

	shift
	timeout "$LIMIT" strace -f -o "$name.log" "$DSI" bench --runs 1 \
		--packets 150 --time 40s "$@" --json "$name.json" \
		>"$name.out" 2>"$name.err" || fail "$name: exit $?"
	awk '
		$2 == "<..." || $2 ~ /^(---|\+\+\+)/ { next }
		{ call = $2; sub(/\(.*/, "", call) }
		call ~ /^getpg(rp|id)$/ { open[$1] = !open[$1]; marks++; next }
		open[$1] { print call }
		END { print marks + 0 >"/dev/stderr" }
	' "$name.log" >"$name.calls" 2>"$name.marks"
	marks=$(cat "$name.marks")
	[ "$marks" -gt 0 ] && [ $((marks % 4)) -eq 0 ] ||
		fail "$name: $marks marks"
	grep -vE '^(futex|futex_waitv|sched_yield)$' "$name.calls" |
		sort | uniq -c >"$name.others"
	[ ! -s "$name.others" ] ||
		fail "$name: other calls: $(cat "$name.others")"
	seen=$(wc -l <"$name.calls")
	said=$(reported "$name.json")
	echo "$name: strace saw $seen calls, $said were reported"
	[ "$seen" -eq "$said" ] || fail "$name: not the same"
}

watch dsi --measure round-trip --mode sleep --on same --channel dsi
[ "$(reported dsi.json)" -gt 100 ] || fail "hardly a call was seen"
watch rate --measure rate --mode sleep --on same --channel dsi
if [ "$(python3 -c 'import os; print(len(os.sched_getaffinity(0)))')" -ge 2 ]
then
	watch poll --measure round-trip --mode poll --on two --channel dsi
	[ "$(reported poll.json)" -eq 0 ] || fail "calls while polling"
fi
exit 0
