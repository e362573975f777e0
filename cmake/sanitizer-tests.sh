#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sanitizer-tests.sh build|run PRESET FOLDER - build a sanitizer preset, or run
# its tests: the part of the suite that a sanitizer can say something about.
set -euo pipefail

step=$1 preset=$2 folder=$3
cd "$(dirname "$0")/.."

if ! command -v clang >/dev/null; then
	echo "skipped: no clang"
	exit 77
fi

case $step in
build)
	cmake --preset "$preset" -B "$folder"
	cmake --build "$folder"
	;;
run)
	# ThreadSanitizer of clang 14 and gcc 12 cannot place its shadow where
	# the kernel randomises addresses by more than 28 bits.
	fixed=()
	if setarch "$(uname -m)" -R true 2>/dev/null; then
		fixed=(setarch "$(uname -m)" -R)
	fi
	export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	export UBSAN_OPTIONS=print_stacktrace=1
	export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
	exec "${fixed[@]}" ctest --test-dir "$folder" --output-on-failure \
		--no-tests=error -j 2 -L '^(unit|port|stress)$' -LE '^long$'
	;;
*)
	echo "sanitizer-tests.sh: unknown step '$step'" >&2
	exit 2
	;;
esac
