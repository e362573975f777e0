#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mutant-caught.sh RUN-QEMU NUMBER ARGUMENT... - boot with a weakened program:
# the test of behaviour NUMBER must fail.
set -euo pipefail
run=$1 number=$2
shift 2

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi
# What comes after the failure is of no interest, not even whether it ends.
said=$("$run" "$@" | tr -d '\r') || true
echo "$said"
if grep -qaE "^not ok [0-9]+ - b$number " <<<"$said"; then
	exit 0
fi
echo "behaviour $number was not seen to fail"
exit 1
