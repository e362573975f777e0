#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# boot-conf.sh RUN-QEMU ARGUMENT... - boot the conformance suite once.  Ends well
# if it came to its end and all tests passed.
set -euo pipefail

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi
status=0
said=$("$@" | tr -d '\r') || status=$?
echo "$said"
if [ "$status" -ne 0 ]; then
	echo "ended with status $status"
	exit 1
fi
grep -qE '^# [1-9][0-9]* passed, 0 failed$' <<<"$said"
