#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# weaken.sh FILE FUNCTION[,FUNCTION...] ORDER COPY - copy a source, with every
# memory_order_ORDER inside the functions made relaxed.  Fails if there is none.
set -euo pipefail

file=$1 functions=$2 order=$3 copy=$4

awk -v names="$functions" -v from="memory_order_$order" '
	# The body begins at the first line "{" after the name and ends at "}".
	BEGIN { n = split(names, name, ",") }
	!inside && !/;$/ {
		for (i = 1; i <= n; i++)
			if (index($0, " " name[i] "("))
				named = 1
	}
	named && /^{/ { inside = 1; named = 0 }
	/^}/ { inside = 0 }
	inside { count += gsub(from, "memory_order_relaxed") }
	{ print }
	END { exit count ? 0 : 1 }
' "$file" >"$copy.part" || {
	echo "weaken.sh: no $order in $functions of $file" >&2
	exit 1
}
mv "$copy.part" "$copy"
