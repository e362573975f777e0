#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill_caught.sh PROGRAM STEP - kill and stop somebody at this step with a library
# that was made worse; ends well if that was found.  A look at the clock does not
# always take as many instructions, so a walk can pass over the one that matters: it
# is walked up to three times.
set -euo pipefail
for _ in 1 2 3; do
	said=$("$1" "$2" 2>&1) || true
	echo "$said"
	if grep -qE '^kills: [0-9]+, stops: [0-9]+, failures: 1$' <<<"$said"; then
		exit 0
	fi
done
exit 1
