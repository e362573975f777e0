#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_same_core.sh AR LIBRARY HOSTED... -- FREESTANDING... - the core of the
# microkernel's LIBRARY is made of the same sources as that of libdsi (HOSTED),
# and is bit by bit what check_freestanding.sh has looked at (FREESTANDING).
set -euo pipefail

ar=$1 library=$2
shift 2
hosted=()
while [ "$1" != -- ]; do
	hosted+=("$1")
	shift
done
shift

# The source below dsi/ that an object was made of.
sources() {
	printf '%s\n' "$@" | sed 's|.*/dsi_core[a-z_]*\.dir/||' | LC_ALL=C sort
}

if ! diff <(sources "${hosted[@]}") <(sources "$@"); then
	echo "the lists differ: < only on Linux, > only freestanding" >&2
	exit 1
fi
for object in "$@"; do
	if ! "$ar" p "$library" "${object##*/}" | cmp - "$object"; then
		echo "$library has another ${object##*/}" >&2
		exit 1
	fi
done
echo "$# objects of the same sources, and the same in ${library##*/}"
