#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numa-boot.sh FOLDER IMAGE MACHINE LOG [WORD...] - boot FOLDER/vmlinuz with
# IMAGE on an emulated machine, hand it the words, and keep what it says;
# numa-line.sh looks at single results.  Ends well if the tests came to an end,
# whatever they found.
#
# Machines:
#   two    2 nodes with 2 cores each
#   four   4 nodes with a CPU each, in a row: the farther, the slower
#   odd    2 nodes with 2 threads of one core each and no cache for both, and
#          a third that has memory and no CPU
set -euo pipefail
folder=$1 image=$2 machine=$3 log=$4
shift 4

skip() {
	echo "skipped: $*"
	exit 77
}

command -v qemu-system-x86_64 >/dev/null || skip "no qemu-system-x86_64"
[ -s "$folder/vmlinuz" ] || skip "no kernel, see the test numa.kernel"
[ -s "$image" ] || skip "no image, see the test numa.image"

# nodes MB CPUS...: nodes with so much memory each and these CPUs, "" none.
options=()
layout=0,0 # CPUs of each core, CPUs of each cache of level 3
nodes() {
	local bytes=$1 id=0 cpus

	shift
	options+=(-m "$((bytes * $#))")
	for cpus in "$@"; do
		options+=(-object "memory-backend-ram,id=m$id,size=${bytes}M"
			-numa "node,nodeid=$id${cpus:+,cpus=$cpus},memdev=m$id")
		id=$((id + 1))
	done
}

# far A B DISTANCE
far() {
	options+=(-numa "dist,src=$1,dst=$2,val=$3"
		-numa "dist,src=$2,dst=$1,val=$3")
}

case $machine in
two)
	options+=(-cpu max -smp "4,sockets=2,cores=2,threads=1")
	layout=1,2
	nodes 256 0-1 2-3
	far 0 1 21
	;;
four)
	options+=(-cpu max -smp "4,sockets=4,cores=1,threads=1")
	layout=1,1
	nodes 160 0 1 2 3
	far 0 1 16
	far 0 2 22
	far 0 3 28
	far 1 2 16
	far 1 3 22
	far 2 3 16
	;;
odd)
	options+=(-cpu "max,vendor=GenuineIntel,l3-cache=off"
		-smp "4,sockets=2,cores=1,threads=2")
	layout=2,0
	nodes 192 0-1 2-3 ""
	far 0 1 20
	far 0 2 17
	far 1 2 28
	;;
*)
	echo "numa-boot.sh: no machine '$machine': two, four or odd" >&2
	exit 2
	;;
esac

boot() {
	timeout "$1" qemu-system-x86_64 -accel tcg,thread=multi \
		"${options[@]}" -kernel "$folder/vmlinuz" -initrd "$image" \
		-append "console=ttyS0 quiet panic=-1 $words" -nodefaults \
		-display none -no-reboot -serial stdio -monitor none \
		</dev/null | tr -d '\r' >"$log.new" || true
	mv "$log.new" "$log"
	cat "$log"
	grep -qa '^# end$' "$log"
}

rm -f "$log"
words="numa_layout=$layout $*"
boot 280 && exit 0
# An emulated machine may hang before it has begun; then nothing was tested.
if grep -qa '^TAP version' "$log"; then
	echo "the tests did not come to their end"
	exit 1
fi
boot 280
