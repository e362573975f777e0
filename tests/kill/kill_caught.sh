#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill_caught.sh PROGRAM STEP - kill and stop somebody at this step with a library
# that was made worse; ends well if that was found.
set -euo pipefail
said=$("$1" "$2" 2>&1) || true
echo "$said"
grep -qE '^kills: [0-9]+, stops: [0-9]+, failures: 1$' <<<"$said"
