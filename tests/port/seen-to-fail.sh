#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# seen-to-fail.sh TEST RUNNER... - run one test of the conformance suite; ends well
# if it was seen to fail.
set -euo pipefail
said=$("${@:2}" "$1") || true
echo "$said"
grep -qE "^not ok [0-9]+ - $1\$" <<<"$said"
