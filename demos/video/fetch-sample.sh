#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fetch-sample.sh [NAME] - print the path of a real recording; fetch it if
# need be.  It is taken out of a Debian package, which is not installed, and
# kept in ${XDG_CACHE_HOME:-$HOME/.cache}/dsi.  Exit code 1: not to be had.
set -euo pipefail

name=${1:-cockatoo.mp4}
case $name in
cockatoo.mp4) # H.264, 1280x720, 14 s: a parrot
	package=python3-imageio
	file=usr/lib/python3/dist-packages/imageio/resources/images/$name
	;;
motion.mov) # H.264 in QuickTime: a room
	package=node-opencv
	file=usr/share/doc/node-opencv/examples/files/$name
	;;
g1.avi | balle1-vp9.avi | Principe_inertie.avi | Effet_force_magnetique.ogv)
	# experiments of a physics class
	package=python3-mecavideo
	file=usr/share/pymecavideo/data/video/$name
	;;
*)
	echo "fetch-sample.sh: no sample has the name $name" >&2
	exit 2
	;;
esac

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/dsi
if [ -s "$cache/$name" ]; then
	echo "$cache/$name"
	exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

give_up() {
	sed 's/^/  /' "$work/log" >&2
	echo "fetch-sample.sh: cannot $1 the package $package" >&2
	echo "  (any video of your own will do: run-demo FILE)" >&2
	exit 1
}

cd "$work"
# A bare machine has no package lists yet.
apt-get download "$package" >log 2>&1 ||
	{ apt-get update && apt-get download "$package"; } >>log 2>&1 ||
	give_up download
dpkg-deb -x "$package"_*.deb tree >>log 2>&1 || give_up unpack
[ -s "tree/$file" ] || give_up "find $name in"
# Complete or not at all, also if two run at once.
mv "tree/$file" "$cache/$name"
echo "$cache/$name"
