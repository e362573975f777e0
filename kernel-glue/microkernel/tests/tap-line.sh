#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tap-line.sh LOG NUMBER - the result of one behaviour in the log of a boot, or
# of one test of tests/port or tests/evil by its name.
set -euo pipefail
log=$1 number=$2

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi
line=$(grep -aE "^(not )?ok [0-9]+ - (b${number} |${number}[[:space:]]*$)" "$log") || {
	echo "no result for $number; the end of the log:"
	tail -n 5 "$log"
	exit 1
}
echo "$line"
grep -a '^#' "$log" || true
case $line in
*'# SKIP'*) exit 77 ;;
ok*) exit 0 ;;
*) exit 1 ;;
esac
