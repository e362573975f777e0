#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# machine.sh MACHINE FOLDER FOREIGN_PEER - build the library for another machine
# and run its tests there; then streams between a program of that machine
# and FOREIGN_PEER, which is this one's, in both directions.
#
# A machine with the other order of bytes must be refused, by both ends, and
# runs no more than that: its tests would test nothing that users do.
set -euo pipefail

machine=$1 folder=$2 ours=$3
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
		echo "skipped: no $tool (packages gcc-$tuple, qemu-user-static)"
		exit 77
	fi
done

sysroot=$folder/sysroot
if ! "$source/cmake/cross/make-sysroot.sh" "$debian" "$sysroot" \
	>"$folder.sysroot.log" 2>&1; then
	tail -5 "$folder.sysroot.log"
	echo "skipped: no C library for $machine from Debian"
	exit 77
fi
cmake -G Ninja -S "$source" -B "$folder/build" -DDSI_SYSROOT="$sysroot" \
	-DCMAKE_TOOLCHAIN_FILE="$source/cmake/cross/$machine.cmake" \
	-DDSI_DEMOS=OFF -DDSI_TESTS=ON >"$folder.configure.log"
if [ "$machine" = s390x ]; then
	cmake --build "$folder/build" --target foreign_peer
else
	cmake --build "$folder/build"
	ctest --test-dir "$folder/build" --output-on-failure --no-tests=error \
		-j 2 -L '^(unit|port|stress)$' -LE '^long$'
fi

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

wanted=0
[ "$machine" = s390x ] && wanted=3
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
	echo "stream $direction: status $status, as it must be"
done
