#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# coverage-tests.sh [FOLDER] - which lines and branches of the library do the tests
# run?  Build the preset `coverage` in FOLDER (build-coverage), run the tests that
# show something about it, and write FOLDER/coverage/: index.html, coverage.json,
# summary.txt.  Fails below the limits of tests/coverage/coverage_check.py.
#
#   DSI_COVERAGE_TESTS=-R,REGEX   only these tests, to look at one place; the limits
#                                 then mean nothing
set -euo pipefail
cd "$(dirname "$0")/.."

for program in gcc gcovr python3; do
	if ! command -v "$program" >/dev/null; then
		echo "skipped: no $program"
		exit 77
	fi
done

folder=${1:-build-coverage}
out="$folder/coverage"
mkdir -p "$out"
cmake --preset coverage -B "$folder" >"$out/configure.log" ||
	{ cat "$out/configure.log" >&2; exit 1; }
cmake --build "$folder" -j "$(nproc)" >"$out/build.log" ||
	{ tail -50 "$out/build.log" >&2; exit 1; }

# Counters of a build before this one say nothing.
find "$folder" -name '*.gcda' -delete
# Left out: copies of the sources with a mistake, what is compiled by other
# compilers or only looks at files, the analysis above the library, and measurements
# of minutes, which go the same ways as the tests.
tests=(-L '^(unit|port|hostile|kill|faults|placement|sizing|lttng|media|gstreamer)$'
	-LE '^(long|machines|fuzz|numa|package|abi)$'
	-E 'mutant|seen-to-fail|none-forgotten|freestanding|headers.alone|sizing\.(property|pipeline|oracle_command)|unit\.(plot|fit|pipeline|curve|exact|simulate|budget)|rt\.sized|strace')
if [ -n "${DSI_COVERAGE_TESTS-}" ]; then
	IFS=, read -r -a tests <<<"$DSI_COVERAGE_TESTS"
fi
# All tests run, whatever one of them says: its counters are wanted as well.
status=0
ctest --test-dir "$folder" -j "$(nproc)" --output-on-failure --no-tests=error \
	"${tests[@]}" >"$out/tests.log" || status=$?
tail -20 "$out/tests.log"

# gcovr FILE-REGEX REPORT...: of our own logic it is asserted that it holds, so the
# other way of an assertion is no branch.
count() {
	local filter=$1
	shift
	gcovr --root . --filter "$filter" --exclude '.*/lttng/dsi_tracepoints\.h' \
		--exclude-branches-by-pattern '.*DSI_ASSERT\(' \
		--gcov-executable gcov --object-directory "$folder" -j 2 "$@" \
		"$folder/dsi" "$folder/kernel-glue" "$folder/tests/port" \
		"$folder/tests/placement" "$folder/tests/corners" 2>>"$out/gcovr.log"
}
: >"$out/gcovr.log"
count '(dsi|kernel-glue/linux)/' --json "$out/coverage.json" \
	--html-details "$out/index.html" --html-title "libdsi"
python3 -B tests/coverage/coverage_check.py "$out/coverage.json" \
	tests/coverage/unreached.txt | tee "$out/summary.txt"
exit "$status"
