#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numa-line.sh LOG NAME - the result of one case in the log of a guest.
set -euo pipefail
log=$1 name=$2

if [ ! -s "$log" ]; then
	echo "skipped: no guest ran, see the tests numa.kernel and numa.image"
	exit 77
fi
line=$(grep -aE "^(not )?ok [0-9]+ - $name( |\$)" "$log") || {
	echo "no result for $name; the end of the log:"
	tail -n 5 "$log"
	exit 1
}
grep -aF "# $name: " "$log" || true
echo "$line"
case $line in
*'# SKIP'*) exit 77 ;;
ok*) exit 0 ;;
*) exit 1 ;;
esac
