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
#        runs are the same to the last bit
set -euo pipefail

cpus=1 mib=64 seconds=60 kernel=mk.elf counted=() more=() display=none
while getopts s:m:t:k:gd:c:i option; do
	case $option in
	s) cpus=$OPTARG ;;
	m) mib=$OPTARG ;;
	t) seconds=$OPTARG ;;
	k) kernel=$OPTARG ;;
	g) more+=(-device "VGA,romfile=") ;;
	d) display=$OPTARG ;;
	c) more+=(-monitor "unix:$OPTARG,server=on,wait=off") ;;
	i) counted=(-icount "shift=0,sleep=off") ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [[ $1 == *.iso ]]; then
	what=(-cdrom "$1" -boot d)
else
	what=(-kernel "$1/$kernel" -initrd "$1/$2.img" -append "${*:3}")
fi

status=0
timeout --foreground "$seconds" qemu-system-x86_64 \
	-machine pc -cpu max -m "$mib" -smp "$cpus" -accel tcg \
	"${counted[@]}" \
	"${what[@]}" \
	-nodefaults -display "$display" -serial stdio -no-reboot "${more[@]}" \
	-device isa-debug-exit,iobase=0xf4,iosize=4 || status=$?
# QEMU ends with status * 2 + 1.
[ "$status" -eq 33 ] && exit 0
[ "$status" -eq 0 ] && exit 1
exit "$status"
