#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run-afl.sh [-b FOLDER] [SECONDS] - every fuzzer under AFL++, for its part of
# SECONDS (100), from the committed inputs.
#
# The programs are built by afl-clang-fast with AddressSanitizer and UBSan in
# FOLDER (build-afl).  What fails stays in FOLDER/out/NAME/default/crashes and
# hangs.  The table on standard output has the executions, the paths that the
# inputs take, and the result of each.
#
# Exit: 0 nothing found; 1 otherwise, also if one ran nothing; 77 no AFL++.
set -euo pipefail

usage() {
	echo "usage: run-afl.sh [-b FOLDER] [SECONDS]" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$root/build-afl
while getopts b: option; do
	case $option in
	b) folder=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
seconds=${1:-100}
[[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ ]] || usage

for tool in afl-clang-fast afl-fuzz; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: no $tool (afl++)"
		exit 77
	fi
done
mkdir -p "$folder/out"
folder=$(cd "$folder" && pwd)
(cd "$root" && CC=afl-clang-fast AFL_QUIET=1 cmake -G Ninja -B "$folder" \
	-DCMAKE_BUILD_TYPE=Debug -DDSI_SANITIZE=address,undefined \
	-DDSI_TESTS=ON -DDSI_DEMOS=OFF &&
	cmake --build "$folder" --target fuzzers) >"$folder/build.log" 2>&1 || {
	tail -n 30 "$folder/build.log" >&2
	exit 1
}

# No questions about how this machine is set up: it is a test, no campaign.
export AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1
export AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0
export ASAN_OPTIONS+=:detect_stack_use_after_return=0
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1

stat() {
	sed -n "s/^$2 *: *//p" "$folder/out/$1/default/fuzzer_stats"
}

row() {
	printf '%-12s %12s %8s  %s\n' "$@"
}

bad=0 total=0
row target executions paths result
for program in "$folder"/tests/bin/fuzz_afl_*; do
	name=${program##*/fuzz_afl_}
	programs=("$folder"/tests/bin/fuzz_afl_*)
	part=$(((seconds + ${#programs[@]} - 1) / ${#programs[@]}))
	result=good executions=0 paths=0
	rm -rf "$folder/out/$name"
	# A slow machine is no hang: ten seconds for one input.
	if afl-fuzz -i "$here/corpus/$name" -o "$folder/out/$name" -V "$part" \
		-t 10000 -m none -- "$program" >"$folder/$name.log" 2>&1; then
		executions=$(stat "$name" execs_done)
		paths=$(stat "$name" corpus_count)
		found=$(($(stat "$name" saved_crashes) + \
			$(stat "$name" saved_hangs)))
		[[ $found = 0 ]] || result="FAILED: $folder/out/$name"
		[[ $executions -gt 0 ]] || result="FAILED: ran nothing"
	else
		result="FAILED: $folder/$name.log"
	fi
	[[ $result = good ]] || bad=1
	row "$name" "$executions" "$paths" "$result"
	total=$((total + executions))
done
row all "$total" "" "$([[ $bad = 0 ]] && echo good || echo FAILED)"
exit $bad
