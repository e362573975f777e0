#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tap-boot.sh RUN-QEMU LOG CPUS [OPTION...] - boot once and keep what it says;
# tap-line.sh looks at single results.  Ends well if the tests came to an end,
# whatever they found.
set -euo pipefail
run=$1 log=$2 cpus=$3
shift 3

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi
rm -f "$log"
status=0
"$run" -s "$cpus" "$@" >"$log.new" || status=$?
mv "$log.new" "$log"
cat "$log"
# 3: the program said 1, some tests failed.
[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
