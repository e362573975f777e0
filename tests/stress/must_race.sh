#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# must_race.sh PROGRAM [ARGUMENT...] - run a weakened copy under
# ThreadSanitizer; succeed only if it reports a data race.
set -uo pipefail

out=$(TSAN_OPTIONS=halt_on_error=1:exitcode=66 "$@" 2>&1)
status=$?
if [ $status -eq 66 ] && [[ $out == *"ThreadSanitizer: data race"* ]]; then
	echo "caught: $(grep -m1 'SUMMARY' <<<"$out")"
	exit 0
fi
printf '%s\n' "$out"
echo "not caught: exit status $status" >&2
exit 1
