#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run-fuzz.sh [-b FOLDER] [-j N] [SECONDS] - every fuzzer for its part of SECONDS
# (600), N at a time (2), after the twins, which have a bug that must be found.
#
# The programs are built as the preset `fuzz` in FOLDER (build-fuzz).  Inputs
# that reach something new stay in FOLDER/corpus and are the begin of the next
# run; those that fail are in FOLDER/found.  The table on standard output has the
# executions, what of the code was reached (edges and features, by libFuzzer) and
# the result of each.
#
# Exit: 0 nothing found and all twins did; 1 otherwise; 77 no clang.
set -euo pipefail

usage() {
	echo "usage: run-fuzz.sh [-b FOLDER] [-j N] [SECONDS]" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$root/build-fuzz
jobs=2
while getopts b:j: option; do
	case $option in
	b) folder=$OPTARG ;;
	j) jobs=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
seconds=${1:-600}
[[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ && $jobs =~ ^[1-9][0-9]*$ ]] || usage

if ! command -v clang >/dev/null; then
	echo "skipped: no clang"
	exit 77
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
(cd "$root" && cmake --preset fuzz -B "$folder" &&
	cmake --build "$folder" --target fuzzers) >"$folder/build.log" 2>&1 || {
	tail -n 30 "$folder/build.log" >&2
	exit 1
}
mkdir -p "$folder/found"
cd "$folder/found"
export ASAN_OPTIONS=detect_stack_use_after_return=0:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

# fuzz PROGRAM NAME SECONDS - its exit code; the log is NAME.log.
fuzz() {
	local of=$2 limit=()
	[[ -d $here/corpus/$of ]] || of=${of%%-*}
	# libbabeltrace2 loses memory with each trace that it opens.
	[[ $2 != trace ]] || limit=(-runs=20000)
	mkdir -p "$folder/corpus/$2"
	"$folder/tests/bin/$1" -max_total_time="$3" -timeout=25 \
		-rss_limit_mb=2048 -max_len=2048 -len_control=10 \
		"${limit[@]}" -print_final_stats=1 -artifact_prefix="$folder/found/$2-" \
		"$folder/corpus/$2" "$here/corpus/$of" >"$2.log" 2>&1
}

count() {
	local n
	n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log")
	echo "${n:-0}"
}

reached() {
	grep -o 'cov: [0-9]* ft: [0-9]*' "$1.log" | tail -n 1 || echo "none"
}

bad=0 total=0
row() {
	printf '%-16s %12s  %-24s %s\n' "$@"
}
row target executions reached result
# twin NAME - what became of it.  What it fails on must be its bug: the program
# without that takes the same input.
twin() {
	local input
	rm -rf "$folder/corpus/$1" "$folder/found/$1"-*
	if fuzz "fuzz_twin_$1" "$1" 120; then
		echo "NOT FOUND: this harness is blind"
		return
	fi
	for input in "$folder/found/$1"-*; do
		if "$folder/tests/bin/fuzz_${1%%-*}" "$input" \
			>>"$1.log" 2>&1; then
			echo "planted bug found"
		else
			echo "FAILED without its bug as well: $input"
		fi
	done
}

for program in "$folder"/tests/bin/fuzz_twin_*; do
	name=${program##*/fuzz_twin_}
	result=$(twin "$name")
	row "$name" "$(count "$name")" "$(reached "$name")" "$result"
	[[ $result == "planted bug found" ]] || bad=1
done

names=()
for program in "$folder"/tests/bin/fuzz_[a-z]*; do
	name=${program##*/fuzz_}
	[[ $name == twin_* || $name == replay_* ]] || names+=("$name")
done
rm -f ./*.end
part=$(((seconds * jobs + ${#names[@]} - 1) / ${#names[@]}))
for name in "${names[@]}"; do
	while [[ $(jobs -rp | wc -l) -ge $jobs ]]; do
		wait -n || true
	done
	{
		failed=0
		fuzz "fuzz_$name" "$name" "$part" || failed=$?
		echo "$failed" >"$name.end"
	} &
done
wait
for name in "${names[@]}"; do
	result=good
	if [[ $(<"$name.end") != 0 ]]; then
		result="FAILED: $folder/found/$name.log"
		bad=1
	fi
	row "$name" "$(count "$name")" "$(reached "$name")" "$result"
	total=$((total + $(count "$name")))
done
row all "$total" "" "$([[ $bad = 0 ]] && echo good || echo FAILED)"
exit $bad
