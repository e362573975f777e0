#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make-iso.sh FOLDER ARCHIVE OUT [WORD...] - a CD image that boots the kernel
# in FOLDER with FOLDER/ARCHIVE.img by GRUB; the words are the command line.
set -euo pipefail
folder=$1 archive=$2 out=$3
shift 3

for tool in grub-mkrescue xorriso; do
	if ! command -v $tool >/dev/null; then
		echo "skipped: no $tool"
		exit 77
	fi
done
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/boot/grub"
cp "$folder/mk.elf" "$tree/boot/mk.elf"
cp "$folder/$archive.img" "$tree/boot/archive.img"
cat >"$tree/boot/grub/grub.cfg" <<END
set timeout=0
menuentry microkernel {
	multiboot2 /boot/mk.elf $*
	module2 /boot/archive.img
}
END
grub-mkrescue -o "$out" "$tree" >"$out.log" 2>&1 || {
	cat "$out.log"
	exit 1
}
