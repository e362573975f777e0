#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_atomics.sh INCLUDE-FOLDER... - no _Atomic word is used like a plain one.
# The compiler sees what check_edges.py cannot: `word++` and `if (word)`.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

if ! command -v clang >/dev/null; then
	echo "skipped: no clang"
	exit 77
fi
search=("-I$root")
for folder in "$@"; do
	search+=("-I$folder")
done
clang -std=c11 -fsyntax-only -Watomic-implicit-seq-cst -Werror \
	"${search[@]}" "$root"/dsi/*.c
# The folder that CMake tells one of them does not matter here.
clang -std=gnu11 -fsyntax-only -Watomic-implicit-seq-cst -Werror \
	-DDSI__LIBDIR='""' "${search[@]}" "$root"/kernel-glue/linux/*.c
