#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run-qemu.sh [OPTION...] FOLDER ARCHIVE [WORD...]
# run-qemu.sh [OPTION...] IMAGE.iso
#
# Boot the kernel FOLDER/mk.elf with the boot archive FOLDER/ARCHIVE.img and the
# words as command line, or a CD image of make-iso.sh; the serial port is our
# standard output.  Ends with 0 if the kernel said "well" (status 0x10), with
# 124 after SECONDS.
#
#   -s CPUS, -m MIB   of the machine; 1 and 64 if not given
#   -t SECONDS        60 if not given
#   -k KERNEL         another kernel in FOLDER: mk-one.elf is for one CPU
#   -g   with a standard VGA: PCI device 1234:1111
#   -d DISPLAY        where it is seen, as QEMU names it, e.g. gtk; nowhere if not
#                     given
#   -c SOCKET         QEMU's monitor on a UNIX socket, e.g. for screendump
#   -i   count instructions instead of time: one instruction is 1 ns, and two
#        runs are the same to the last bit.  Time jumps when all CPUs halt, and
#        a device that ticks by itself can be jumped over: then idle=poll
#   -n SHIFT          with -i: one instruction is 2^SHIFT ns
#   -l FILE           is in memory from 18 MiB on when the machine starts
#   -o FILE           what is written to the second serial port
set -euo pipefail

cpus=1 mib=64 seconds=60 kernel=mk.elf counted="" shift=0 second=()
more=() display=none
while getopts s:m:t:k:gd:c:in:l:o: option; do
	case $option in
	s) cpus=$OPTARG ;;
	m) mib=$OPTARG ;;
	t) seconds=$OPTARG ;;
	k) kernel=$OPTARG ;;
	g) more+=(-device "VGA,romfile=") ;;
	d) display=$OPTARG ;;
	c) more+=(-monitor "unix:$OPTARG,server=on,wait=off") ;;
	i) counted=yes ;;
	n) shift=$OPTARG ;;
	l) more+=(-device "loader,file=$OPTARG,addr=0x1200000,force-raw=on") ;;
	o) second=(-serial "file:$OPTARG") ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
clock=()
[ -z "$counted" ] ||
	clock=(-icount "shift=$shift,sleep=off" -rtc "base=2000-01-01,clock=vm")
if [[ $1 == *.iso ]]; then
	what=(-cdrom "$1" -boot d)
else
	what=(-kernel "$1/$kernel" -initrd "$1/$2.img" -append "${*:3}")
fi

status=0
timeout --foreground "$seconds" qemu-system-x86_64 \
	-machine pc -cpu max -m "$mib" -smp "$cpus" -accel tcg \
	"${clock[@]}" \
	"${what[@]}" \
	-nodefaults -display "$display" -serial stdio "${second[@]}" -no-reboot \
	"${more[@]}" \
	-device isa-debug-exit,iobase=0xf4,iosize=4 || status=$?
# QEMU ends with status * 2 + 1.
[ "$status" -eq 33 ] && exit 0
[ "$status" -eq 0 ] && exit 1
exit "$status"
