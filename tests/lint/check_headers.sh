#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_headers.sh FOLDER... - each header of the FOLDERs' dsi/ compiles alone,
# as C11 and as C++17, with every compiler that is here.
set -euo pipefail

search=()
headers=()
for folder in "$@"; do
	search+=("-I$folder")
	for header in "$folder"/dsi/*.h; do
		[ -e "$header" ] && headers+=("$(basename "$header")")
	done
done
[ ${#headers[@]} -gt 0 ] || { echo "no headers in $*" >&2; exit 1; }

tried=0
failed=0
# try COMPILER LANGUAGE STANDARD
try() {
	command -v "$1" >/dev/null || { echo "no $1"; return 0; }
	for header in "${headers[@]}"; do
		# Twice: the guard is part of being a header.  The declaration is
		# for headers that have only macros.
		if ! printf '#include <dsi/%s>\n#include <dsi/%s>\nextern int x;\n' \
			"$header" "$header" |
			"$1" -x "$2" -std="$3" -Wall -Wextra -Wpedantic \
				-Werror -fsyntax-only "${search[@]}" -; then
			echo "dsi/$header: not clean as $3 with $1" >&2
			failed=$((failed + 1))
		fi
		tried=$((tried + 1))
	done
}
try gcc c c11
try clang c c11
try g++ c++ c++17
try clang++ c++ c++17

echo "${#headers[@]} headers, $tried compilations, $failed failed"
[ "$tried" -gt 0 ] && [ "$failed" -eq 0 ]
