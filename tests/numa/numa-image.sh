#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numa-image.sh IMAGE INIT PROGRAM... - make the first file system of a guest:
# busybox, INIT as its first program, and PROGRAMs with all shared libraries
# they need.  Exits with 77 if a tool is missing.
set -euo pipefail
image=$1 init=$2
shift 2

for tool in cpio busybox ldd; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: no $tool"
		exit 77
	fi
done
libraries() {
	{ ldd "$1" 2>/dev/null || true; } | awk '$2 == "=>" && $3 ~ /^\// { print $3 }
		$1 ~ /^\// { print $1 }'
}

busybox=$(command -v busybox)
if [ -n "$(libraries "$busybox")" ]; then
	echo "skipped: $busybox needs shared libraries; busybox-static does not"
	exit 77
fi

root=$(mktemp -d "${TMPDIR:-/tmp}/numa-image.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"
mkdir -p "$root"/{bin,dev,etc,lib,lib64,proc,run,sys,tmp}
cp "$busybox" "$root/bin/busybox"
cp "$init" "$root/init"
chmod +x "$root/init"
for program in "$@"; do
	case $program in
	*.so*) cp "$program" "$root/lib/" ;;
	*) cp "$program" "$root/bin/" ;;
	esac
	for library in $(libraries "$program"); do
		case $library in
		*/ld-linux*) cp -L "$library" "$root$library" ;;
		*) cp -L "$library" "$root/lib/" ;;
		esac
	done
done
mkdir -p "$(dirname "$image")"
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$image.new"
mv "$image.new" "$image"
ls -l "$image"
