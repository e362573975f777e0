#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mutant-caught.sh RUN-QEMU NUMBER ARGUMENT... - boot with a weakened program:
# the test of behaviour NUMBER must not
# succeed.
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
if ! grep -qa '^TAP version' <<<"$said"; then
	echo "it did not begin"
	exit 1
fi
if grep -qaE "^ok [0-9]+ - b$number " <<<"$said"; then
	echo "behaviour $number was not seen to fail"
	exit 1
fi
