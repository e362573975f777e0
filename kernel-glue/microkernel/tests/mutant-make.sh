#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mutant-make.sh FILE OLD NEW COPY - copy a source with the one place where the
# text OLD is replaced by NEW.  Fails if there is not exactly one.
set -euo pipefail
file=$1 old=$2 new=$3 copy=$4

text=$(cat "$file")
rest=${text#*"$old"}
if [ "$rest" = "$text" ] || [ "${rest#*"$old"}" != "$rest" ]; then
	echo "mutant-make.sh: '$old' is not there, or twice, in $file" >&2
	exit 1
fi
printf '%s\n' "${text/"$old"/"$new"}" >"$copy"
