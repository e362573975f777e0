#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_package.sh STEP SOURCE BUILD PREFIX - the installed library, as others
# meet it.  Steps: install files pkg-config static find-package readme.
set -euo pipefail

step=$1 source=$2 build=$3 prefix=$4
cc=${CC:-cc}
outside=$source/tests/package/outside
work=$prefix/../$step
strict=(-std=gnu11 -Wall -Wextra -Wpedantic -Werror)

rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)

# In the prefix, wherever this system puts its libraries.
pc=$(find "$prefix" -name dsi.pc 2>/dev/null || true)
flags() {
	PKG_CONFIG_PATH=$(dirname "$pc") pkg-config "$@" dsi
}
libdir() {
	flags --variable=libdir
}

fail() {
	echo "$*" >&2
	exit 1
}

install_prefix() {
	rm -rf "$prefix"
	cmake --install "$build" --prefix "$prefix" >"$work/log" ||
		{ cat "$work/log"; fail "cmake --install failed"; }
	grep -c Installing "$work/log"
}

# What is there is what should be, and nothing of our own flags leaks.
files() {
	local lib header
	lib=$(libdir)
	for header in component dsi errno event export histogram jcs packet \
		placement regions sizing socket stream trace types version watch; do
		[ -f "$prefix/include/dsi/$header.h" ] || fail "no $header.h"
	done
	# Of libdsi-ffmpeg, if it was built.
	local expected=17
	[ ! -f "$lib/libdsi-ffmpeg.so" ] || expected=18
	[ "$(find "$prefix/include" -type f | wc -l)" -eq "$expected" ] ||
		fail "headers nobody knows of in $prefix/include"
	"$source/tests/lint/check_headers.sh" "$prefix/include"

	[ -L "$lib/libdsi.so" ] || fail "no libdsi.so"
	readelf -d "$lib/libdsi.so" >"$work/dynamic"
	grep -q 'SONAME.*\[libdsi\.so\.0\]' "$work/dynamic" || fail "SONAME"
	grep -q 'NOW' "$work/dynamic" || fail "not linked with -z now"
	[ -f "$lib/libdsi.a" ] || fail "no libdsi.a"
	# It finds hwloc and libnuma through this one only, when it needs them.
	grep -q 'NEEDED.*\(hwloc\|numa\|placement\)' "$work/dynamic" &&
		fail "libdsi.so needs what not every system has"
	if [ -e "$build/lib/libdsi-placement.so" ]; then
		[ -L "$lib/libdsi-placement.so" ] || fail "no libdsi-placement.so"
		readelf -d "$lib/libdsi-placement.so" >"$work/dynamic"
		grep -q 'SONAME.*\[libdsi-placement\.so\.0\]' "$work/dynamic" ||
			fail "SONAME of libdsi-placement.so"
		grep -q 'NEEDED.*hwloc' "$work/dynamic" || fail "no hwloc in it"
	fi
	[ -x "$prefix/bin/dsi" ] || fail "no program dsi"
	"$prefix/bin/dsi" --version

	local page installed
	for page in "$source"/docs/man/*.[1-8]; do
		installed=$prefix/share/man/man${page##*.}/${page##*/}
		[ -f "$installed" ] || fail "not installed: ${page##*/}"
	done

	# Found by its configuration, if it was built.
	local plugin=$lib/alsa-lib/libasound_module_pcm_dsi.so
	if [ -f "$plugin" ]; then
		grep -qxF "	lib \"$(realpath "$plugin")\"" \
			"$prefix/share/alsa/alsa.conf.d/50-dsi.conf" ||
			fail "50-dsi.conf does not name $plugin"
	fi

	if [ -f "$lib/libdsi-ffmpeg.so" ]; then
		[ -f "$prefix/include/dsi/ffmpeg.h" ] || fail "no ffmpeg.h"
		[ -f "$prefix/share/man/man3/dsi_ffmpeg.3" ] ||
			fail "no dsi_ffmpeg.3"
		readelf -d "$lib/libdsi-ffmpeg.so" |
			grep -q 'SONAME.*\[libdsi-ffmpeg\.so\.0\]' ||
			fail "SONAME of libdsi-ffmpeg"
		# Each function of the header is in the library and has a page.
		nm -D --defined-only "$lib/libdsi-ffmpeg.so" >"$work/ffmpeg"
		local function
		for function in $(grep -o '^ \* dsi_ffmpeg_[a-z_]* - ' \
			"$prefix/include/dsi/ffmpeg.h" | cut -d' ' -f3); do
			grep -q " T $function@" "$work/ffmpeg" ||
				fail "no $function in libdsi-ffmpeg.so"
			grep -q "$function" "$prefix/share/man/man3/dsi_ffmpeg.3" ||
				fail "no $function in dsi_ffmpeg.3"
		done
		PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --libs dsi-ffmpeg |
			grep -q -- '-ldsi-ffmpeg' || fail "dsi-ffmpeg.pc"
	fi

	case $(flags --cflags) in
	*-D*) fail "definitions in Cflags: $(flags --cflags)" ;;
	esac
	grep -rl "$build" "$lib/pkgconfig" "$lib/cmake" &&
		fail "the build folder is known to the installed files"
	return 0
}

# Flags are meant to be split into words.
# shellcheck disable=SC2046
with_pkg_config() {
	"$cc" "${strict[@]}" "$outside/outside.c" -o "$work/outside" \
		$(flags --cflags --libs)
	LD_LIBRARY_PATH=$(libdir) "$work/outside"
	[ ! -e "$build/lib/libdsi-placement.so" ] || with_placement
}

# The library beside it, by its own file.
# shellcheck disable=SC2046
with_placement() {
	cat >"$work/placed.c" <<-'END'
		#include <dsi/placement.h>

		int main(void)
		{
			struct dsi_topology *two;

			if (dsi_topology_load("pack:2 [numa] core:2 pu:1",
					      &two, (char *)0, 0))
				return 1;
			return dsi_topology_nodes(two) != 2;
		}
	END
	"$cc" "${strict[@]}" "$work/placed.c" -o "$work/placed" \
		$(PKG_CONFIG_PATH=$(dirname "$pc") \
			pkg-config --cflags --libs dsi-placement)
	LD_LIBRARY_PATH=$(libdir) "$work/placed" ||
		fail "a program with dsi-placement.pc does not run"
}

# shellcheck disable=SC2046
with_static() {
	"$cc" "${strict[@]}" "$outside/outside.c" -o "$work/outside" \
		$(flags --cflags) -Wl,-Bstatic $(flags --libs) -Wl,-Bdynamic \
		$(flags --static --libs-only-other)
	readelf -d "$work/outside" | grep -q 'libdsi' &&
		fail "the shared library was taken"
	"$work/outside"
}

with_find_package() {
	cp "$outside/CMakeLists.txt" "$outside/outside.c" "$work"
	cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_C_COMPILER="$cc" \
		-DCMAKE_PREFIX_PATH="$prefix" >"$work/log" ||
		{ cat "$work/log"; fail "configure failed"; }
	cmake --build "$work/build" >"$work/log" ||
		{ cat "$work/log"; fail "build failed"; }
	"$work/build/outside"
	"$work/build/outside_static"
}

# The example of README.md: what stands between ```c and ``` after the mark,
# compiled and run as printed.
# shellcheck disable=SC2046
with_readme() {
	[ -f "$source/README.md" ] || fail "no README.md"
	awk '/^<!-- example: hello\.c -->/ { marked = 1; next }
	     marked && /^```c$/ { inside = 1; next }
	     inside && /^```/ { exit }
	     inside { print }' "$source/README.md" >"$work/hello.c"
	[ -s "$work/hello.c" ] ||
		fail "README.md has no C block marked <!-- example: hello.c -->"
	"$cc" "${strict[@]}" "$work/hello.c" -o "$work/hello" \
		$(flags --cflags --libs)
	LD_LIBRARY_PATH=$(libdir) timeout 30 "$work/hello"
}

case $step in
install) install_prefix ;;
files) files ;;
pkg-config) with_pkg_config ;;
static) with_static ;;
find-package) with_find_package ;;
readme) with_readme ;;
*) fail "unknown step $step" ;;
esac
