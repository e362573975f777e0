#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# boot-conf.sh [--fails TEST] RUN-QEMU ARGUMENT... - boot the conformance suite
# once.  Ends well if it came to its end and all tests passed; with --fails, if
# this test was seen to fail.
set -euo pipefail

fails=
if [ "$1" = --fails ]; then
	fails=$2
	shift 2
fi
if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi
status=0
said=$("$@" | tr -d '\r') || status=$?
echo "$said"
if [ -n "$fails" ]; then
	# What comes after the failure is of no interest.
	grep -qE "^not ok [0-9]+ - $fails\$" <<<"$said" && exit 0
	echo "$fails was not seen to fail"
	exit 1
fi
if [ "$status" -ne 0 ]; then
	echo "ended with status $status"
	exit 1
fi
grep -qE '^# [1-9][0-9]* passed, 0 failed$' <<<"$said"
