#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mutant-make.sh FILE COPY OLD NEW [OLD NEW]... - copy a source with the one place
# of each text OLD replaced by the NEW behind it.  Fails if there is not exactly
# one.
set -euo pipefail
file=$1 copy=$2
shift 2

text=$(cat "$file")
while [ $# -gt 0 ]; do
	old=$1 new=$2
	shift 2
	rest=${text#*"$old"}
	if [ "$rest" = "$text" ] || [ "${rest#*"$old"}" != "$rest" ]; then
		echo "mutant-make.sh: '$old' is not there, or twice, in $file" >&2
		exit 1
	fi
	text=${text/"$old"/"$new"}
done
printf '%s\n' "$text" >"$copy"
