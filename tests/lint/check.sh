#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh - all checks that look at the source only; no build needed.  The same
# checks run as tests with the label lint.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

failed=0
# A check that has to be skipped says so and ends with 77.
run() {
	"$@"
	local status=$?
	[ $status -eq 0 ] || [ $status -eq 77 ] || failed=1
}
run python3 check_edges.py
run python3 edges_selftest.py
run python3 check_layers.py
run python3 check_sources.py
run python3 check_words.py
run python3 check_api.py map
run python3 check_api.py man
run ./check_format.sh
run ./check_shell.sh
run ./check_man.sh
exit $failed
