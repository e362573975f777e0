#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numa-kernel.sh FOLDER - fetch the Linux that Debian makes for virtual
# machines, and put it there as FOLDER/vmlinuz.  Nothing is installed.  Exits
# with 77 if there is no way to get it.
set -euo pipefail
folder=$1

skip() {
	echo "skipped: $*"
	exit 77
}

# The package that the meta-package stands for today.
newest() {
	{ apt-cache depends --no-recommends linux-image-cloud-amd64 2>/dev/null || true; } |
		sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
}

for tool in apt-get apt-cache dpkg qemu-system-x86_64; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
mkdir -p "$folder"
cd "$folder"
# The lists of packages are missing, or older than the archive.
update() {
	[ "$(id -u)" -eq 0 ] &&
		apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update
}

download() {
	rm -rf new
	mkdir new
	(cd new && apt-get -q -o Acquire::Retries=3 download "$package")
}

package=$(newest)
# Without lists what was fetched before is as good.
if [ -z "$package" ] && [ ! -s vmlinuz ] && update; then
	package=$(newest)
fi
if [ -s vmlinuz ] && { [ -z "$package" ] || [ "$(cat version)" = "$package" ]; }; then
	echo "$(cat version) is there"
	exit 0
fi
[ -n "$package" ] || skip "apt-cache knows no linux-image-cloud-amd64"
if ! download; then
	if update; then
		package=$(newest)
	fi
	download || skip "apt-get could not download $package"
fi
dpkg -x new/*.deb new/files
mv new/files/boot/vmlinuz-* vmlinuz
echo "$package" >version
rm -rf new
echo "fetched $package"
