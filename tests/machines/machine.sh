#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# machine.sh short|long MACHINE FOLDER BUILD - build the library for another machine
# and run its unit, conformance and stress tests there, by QEMU's user emulation;
# then streams between a program of that machine and one of BUILD, which is the
# build of this one, in both directions.
#
# short: no analysis, no deterministic port, a tenth of the packets of each stress
# test.  long: all that other machines have; i386 both by this kernel and by QEMU.
#
# A machine with the other order of bytes must be refused, by both ends, and
# runs no more than that: its tests would test nothing that users do.
#
# What is skipped is said with its reason, what a machine does not have by name.
set -euo pipefail

form=$1 machine=$2 folder=$3 here=$4
source=$(cd "$(dirname "$0")/../.." && pwd)
packets=1000

case $machine in
aarch64) debian=arm64 tuple=aarch64-linux-gnu ;;
riscv64) debian=riscv64 tuple=riscv64-linux-gnu ;;
i386) debian=i386 tuple=i686-linux-gnu ;;
s390x) debian=s390x tuple=s390x-linux-gnu ;;
*)
	echo "machine.sh: unknown machine '$machine'" >&2
	exit 2
	;;
esac
for tool in "$tuple-gcc" "qemu-$machine-static" apt-get dpkg; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: no $tool (cmake/install-deps.sh machines)"
		exit 77
	fi
done

sysroot=$folder/sysroot
mkdir -p "$folder"
if ! "$source/cmake/cross/make-sysroot.sh" "$debian" "$sysroot" \
	>"$folder/sysroot.log" 2>&1; then
	tail -5 "$folder/sysroot.log"
	echo "skipped: no C library for $machine from Debian"
	exit 77
fi

# ---- the tests of the library ---------------------------------------------------

sets=(unit port stress)
leave_out=(-LE '^long$')
stress_packets=200000
if [ "$form" = short ]; then
	leave_out=(-LE '^(long|lint|fuzz|bench|sizing|placement)$'
		-E '^(port\.(fake|mutant)|unit\.(exact|describe|simulate|quantity|budget|response_time|pipeline_|curve-|cli-))')
	stress_packets=20000
fi

configure() {
	cmake -G Ninja -S "$source" -B "$folder/build" \
		-DDSI_SYSROOT="$sysroot" \
		-DCMAKE_TOOLCHAIN_FILE="$source/cmake/cross/$machine.cmake" \
		-DDSI_DEMOS=OFF -DDSI_TESTS=ON \
		-DDSI_STRESS_PACKETS="$stress_packets" "$@" \
		>"$folder/configure.log"
}

# The programs of the tests and what they load: less than the whole build.
build_for_tests() {
	local set targets

	targets=$(for set in "${sets[@]}"; do
		ctest --test-dir "$folder/build" --show-only=json-v1 \
			-L "^$set\$" "${leave_out[@]}"
	done | grep -oE "\"$folder/build/(tests/bin|lib)/[^\"]*\"" |
		sed "s|\"$folder/build/||; s|\"||" | sort -u)
	# shellcheck disable=SC2086 # no name has a space
	cmake --build "$folder/build" --target foreign_peer $targets
}

# What one set did, from ctest's two records of it: tests, and the cases or packets
# of those that count any.
sum_up() {
	local how=$1 set=$2 junit=$3 log=$4 all failed skipped counted

	all=$(sed -n 's/^\ttests="\([0-9]*\)"$/\1/p' "$junit")
	failed=$(sed -n 's/^\tfailures="\([0-9]*\)"$/\1/p' "$junit")
	skipped=$(sed -n 's/^\tskipped="\([0-9]*\)"$/\1/p' "$junit")
	if [ "$set" = stress ]; then
		counted=$(grep -oE '[0-9]+ received' "$log" |
			awk '{ n += $1 } END { printf "%d packets", n }')
	else
		counted=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1 0/p
				s/^\[  SKIPPED \] ([0-9]+) test.*/0 \1/p
				s/^# ([0-9]+) passed, 0 failed$/\1 0/p' "$log" |
			awk '{ n += $1; m += $2 }
			END { printf "%d cases passed, %d skipped", n, m }')
	fi
	echo "$machine $how $set: $((all - failed - skipped)) tests passed," \
		"$failed failed, $skipped skipped; $counted"
	grep -E '^([a-z_]+: )?(skipped[:,]|not tried:)' "$log" |
		sed 's/^/  /' || true
}

# run_sets HOW: fails at the first set that does, when all have run
run_sets() {
	local how=$1 set status=0 junit=$folder/junit.xml

	for set in "${sets[@]}"; do
		ctest --test-dir "$folder/build" --output-on-failure \
			--no-tests=error -j 2 -L "^$set\$" "${leave_out[@]}" \
			--output-junit "$junit" || status=1
		sum_up "$how" "$set" "$junit" \
			"$folder/build/Testing/Temporary/LastTest.log"
	done
	return "$status"
}

names() {
	ctest --test-dir "$1" -N -L '^(unit|port|stress)$' -LE '^long$' |
		sed -n 's/^ *Test *#[0-9]*: //p' | LC_ALL=C sort
}

say_what_is_not_there() {
	echo "$machine has not: $(LC_ALL=C comm -23 <(names "$here") \
		<(names "$folder/build") | tr '\n' ' ')"
}

status=0
if [ "$machine" = s390x ]; then
	configure
	cmake --build "$folder/build" --target foreign_peer
elif [ "$form" = short ]; then
	configure -DDSI_EMULATE=OFF
	build_for_tests
	run_sets short || status=1
else
	configure -DDSI_EMULATE=OFF
	cmake --build "$folder/build"
	run_sets long || status=1
	say_what_is_not_there
fi
# That was by this machine's own kernel.
if [ "$machine" = i386 ] && [ "$form" = long ]; then
	configure -DDSI_EMULATE=ON
	cmake --build "$folder/build"
	run_sets emulated || status=1
fi
if [ "$status" -ne 0 ]; then
	exit 1
fi

# ---- streams with this machine --------------------------------------------------

ours=$here/tests/bin/foreign_peer
theirs=("qemu-$machine-static" -L "$sysroot"
	"$folder/build/tests/bin/foreign_peer")
runtime=$(mktemp -d)
export XDG_RUNTIME_DIR=$runtime
sender=
trap 'kill "$sender" 2>/dev/null || true; rm -rf "$runtime"' EXIT

# one_way FROM... -- TO...: exit status of the receiver
one_way() {
	local from=() status=0

	while [ "$1" != -- ]; do
		from+=("$1")
		shift
	done
	shift
	"${from[@]}" send foreign "$packets" &
	sender=$!
	"$@" receive foreign "$packets" || status=$?
	if [ "$status" -eq 0 ]; then
		wait "$sender" || status=$?
	else
		kill "$sender" 2>/dev/null || true
		wait "$sender" 2>/dev/null || true
	fi
	return "$status"
}

wanted=0 meaning="$packets packets arrived whole"
if [ "$machine" = s390x ]; then
	wanted=3 meaning="refused, as it must be"
fi
for direction in out in; do
	status=0
	if [ "$direction" = out ]; then
		one_way "$ours" -- "${theirs[@]}" || status=$?
	else
		one_way "${theirs[@]}" -- "$ours" || status=$?
	fi
	if [ "$status" -ne "$wanted" ]; then
		echo "stream $direction: status $status, not $wanted" >&2
		exit 1
	fi
	echo "$machine stream $direction: $meaning"
done
