#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# boot-says.sh [-p] RUN-QEMU STATUS LINE... -- ARGUMENT... - boot once, and
# compare all that is said, line by line, and the status at the end.
#
# A LINE is a pattern of the shell, or @FILE for the lines of a file.  With -p
# the order counts only among lines with the same two first words: the name of
# the program, and what or whom the line is about.
set -euo pipefail
sorted=
if [ "$1" = -p ]; then
	sorted=yes
	shift
fi
run=$1 wanted_status=$2
shift 2

wanted=()
while [ "$1" != -- ]; do
	case $1 in
	@*) mapfile -t -O ${#wanted[@]} wanted <"${1#@}" ;;
	*) wanted+=("$1") ;;
	esac
	shift
done
shift

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi

by_program() {
	if [ -n "$sorted" ]; then
		LC_ALL=C sort -s -t' ' -k1,2
	else
		cat
	fi
}

status=0
said=$("$run" -t 110 "$@" | tr -d '\r') || status=$?
echo "$said"
echo "status $status"
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | by_program)
mapfile -t lines < <(printf '%s\n' "$said" | by_program)

bad=0
for ((i = 0; i < ${#wanted[@]} || i < ${#lines[@]}; i++)); do
	# A pattern, so it is not quoted.
	# shellcheck disable=SC2053
	[[ ${lines[i]-} == ${wanted[i]-} ]] && continue
	echo "line $((i + 1)): wanted '${wanted[i]-}', was '${lines[i]-}'"
	bad=1
	break
done
if [ "$status" -ne "$wanted_status" ]; then
	echo "status: wanted $wanted_status, was $status"
	bad=1
fi
exit $bad
