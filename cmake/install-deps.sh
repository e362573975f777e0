#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install-deps.sh build|demo|test|machines|peers - install the Debian packages that are
# missing: `build` for the library and the demos, `demo` for the pipeline in QEMU
# as well, with a sound to play (alsa-utils), `test` for those and all tests,
# those of the microkernel too, `machines` for those and the tests on other
# machines (label machines), `peers` for the library and what it is compared with
# (DSI_BENCH_PEERS).
#
# Does nothing, and needs no rights, when nothing is missing.
set -euo pipefail

build_packages=(
	gcc libc6-dev make
	cmake ninja-build pkg-config
	libjson-c-dev libncurses-dev
	libconfig-dev libgraphviz-dev libcsv-dev gnuplot-nox
	libbabeltrace2-dev libjs-chart.js
	libhwloc-dev libnuma-dev
	liblttng-ust-dev lttng-tools liblttng-ust-ctl5
	libavcodec-dev libavdevice-dev libavformat-dev libavutil-dev
	libswscale-dev
	hwloc
	libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
	libasound2-dev
	libpipewire-0.3-dev
)
demo_packages=(
	python3 qemu-system-x86 alsa-utils
)
test_packages=(
	g++ clang libclang-rt-14-dev clang-format afl++
	libcmocka-dev
	spin strace valgrind
	frama-c-base why3 cvc4 z3
	gcovr python3-clang-14
	mandoc shellcheck
	libseccomp-dev
	rt-tests stress-ng
	babeltrace2 python3-bt2 chromium
	ffmpeg git util-linux alsa-utils libhwloc-plugins
	gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	gstreamer1.0-plugins-bad gstreamer1.0-libav
	pipewire pipewire-bin
	libglib2.0-dev libuv1-dev
	grub-common grub-pc-bin mtools xorriso
	busybox-static cpio
)
machine_packages=(
	qemu-user-static
	gcc-aarch64-linux-gnu gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
	gcc-i686-linux-gnu gcc-s390x-linux-gnu
)

peer_packages=(
	g++ libzmq3-dev libck-dev libdpdk-dev libboost-dev
	libreaderwriterqueue-dev
	iceoryx libiceoryx-binding-c-dev libiceoryx-posh-dev
	libiceoryx-hoofs-dev
)

say() {
	echo "install-deps: $*"
}

fail() {
	say "$*" >&2
	exit 1
}

case ${1-} in
build) wanted=("${build_packages[@]}") ;;
demo) wanted=("${build_packages[@]}" "${demo_packages[@]}") ;;
test) wanted=("${build_packages[@]}" "${demo_packages[@]}" "${test_packages[@]}") ;;
machines)
	wanted=("${build_packages[@]}" "${demo_packages[@]}"
		"${test_packages[@]}" "${machine_packages[@]}")
	;;
peers) wanted=("${build_packages[@]}" "${peer_packages[@]}") ;;
*) fail "usage: install-deps.sh build|demo|test|machines|peers" ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "not a Debian system; needed here, under whatever names: ${wanted[*]}"
	exit 0
fi

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
	installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
	say "nothing to install"
	exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		fail "missing: ${missing[*]}; install them as root, there is no sudo here"
	as_root=(sudo)
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive)

# Lock waits for another apt, e.g. the first boot's own upgrade.
apt() {
	"${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

install_missing() {
	apt install -y --no-install-recommends "${missing[@]}"
}

say "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists may be absent or too old; fetch them only then.
install_missing >"$log" 2>&1 ||
	{ apt update && install_missing; } >"$log" 2>&1 ||
	{
		cat "$log" >&2
		fail "could not install ${missing[*]}"
	}
