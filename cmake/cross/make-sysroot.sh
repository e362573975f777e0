#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make-sysroot.sh DEBIAN-ARCHITECTURE FOLDER - Debian's C library and cmocka for
# another machine, unpacked in FOLDER: nothing is installed on this one, nor does
# its package system learn of another architecture.
#
# riscv64 is no architecture of Debian 12: there its libc for cross compilers is
# taken, which is installed, and cmocka is compiled from Debian's source.
set -euo pipefail

arch=$1 folder=$2
suite=bookworm mirror=http://deb.debian.org/debian
keys=/usr/share/keyrings/debian-archive-keyring.gpg
made=$folder/.made

if [ -e "$made" ]; then
	exit 0
fi
mkdir -p "$folder/.apt/state/lists/partial" "$folder/.apt/cache/archives/partial"
: >"$folder/.apt/status"

# A package system of its own, with one source.
own_apt() {
	local native=$1
	shift
	apt-get -q -o APT::Architecture="$native" -o APT::Architectures="$native" \
		-o Dir::State="$folder/.apt/state" \
		-o Dir::State::status="$folder/.apt/status" \
		-o Dir::Cache="$folder/.apt/cache" \
		-o Dir::Etc::sourcelist="$folder/.apt/list" \
		-o Dir::Etc::sourceparts=/nonexistent \
		-o APT::Sandbox::User=root "$@"
}

from_packages() {
	local deb

	echo "deb [signed-by=$keys] $mirror $suite main" >"$folder/.apt/list"
	own_apt "$arch" update
	own_apt "$arch" install -y --no-install-recommends --download-only \
		libc6-dev libcmocka-dev libjson-c-dev
	for deb in "$folder"/.apt/cache/archives/*.deb; do
		dpkg -x "$deb" "$folder"
	done
}

from_source() {
	local tuple=$1 source

	mkdir -p "$folder/usr"
	cp -a "/usr/$tuple/lib" "/usr/$tuple/include" "$folder/usr/"
	ln -sfn usr/lib "$folder/lib"
	echo "deb-src [signed-by=$keys] $mirror $suite main" >"$folder/.apt/list"
	own_apt amd64 update
	(cd "$folder/.apt" && own_apt amd64 source cmocka)
	source=$(echo "$folder"/.apt/cmocka-*/src)
	"$tuple-gcc" -O2 -shared -fPIC -Wl,-soname,libcmocka.so.0 \
		-D_GNU_SOURCE -DHAVE_SIGNAL_H -DHAVE_SETJMP_H -DHAVE_STRINGS_H \
		-DHAVE_TIME_H -DHAVE_UNISTD_H -DHAVE_INTTYPES_H \
		-DHAVE_STRUCT_TIMESPEC -DHAVE_CLOCK_GETTIME_REALTIME \
		-DHAVE_GCC_THREAD_LOCAL_STORAGE \
		-I "$source/../include" "$source/cmocka.c" \
		-o "$folder/usr/lib/libcmocka.so.0"
	ln -sfn libcmocka.so.0 "$folder/usr/lib/libcmocka.so"
	cp "$source"/../include/*.h "$folder/usr/include/"
}

if [ "$arch" = riscv64 ]; then
	from_source riscv64-linux-gnu
else
	from_packages
fi
touch "$made"
