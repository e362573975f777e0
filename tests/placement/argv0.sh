#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# argv0.sh PROGRAM LIBRARY - a program that has libdsi in itself loads nothing
# from beside the name that it was called by: who starts it chooses that name,
# and it may run with rights that he has not.
set -u

work=$(mktemp -d "${TMPDIR:-/tmp}/dsi-argv0.XXXXXX")
trap 'rm -rf "$work"' EXIT

mkdir "$work/beside" || exit 2
cp "$2" "$work/beside/libdsi-placement.so.0" || exit 2
# It asks for a placement, so the library is looked for.
(
	export LD_DEBUG=files LD_DEBUG_OUTPUT="$work/loaded"
	exec -a "$work/beside/program" "$1" nowhere
) || exit 1
grep -q 'file=.*libdsi-placement' "$work"/loaded.* || {
	echo "FAIL: libdsi-placement was not looked for" >&2
	exit 1
}
if grep "file=$work" "$work"/loaded.*; then
	echo "FAIL: loaded from beside argv[0]" >&2
	exit 1
fi
