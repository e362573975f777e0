#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check-pages.sh FOLDER... - the manual pages in the folders are clean mdoc, and
# a page that only sends to another one sends to a page that is there.
set -euo pipefail

if [ $# -eq 0 ]; then
	echo "usage: check-pages.sh FOLDER..." >&2
	exit 2
fi
if ! command -v mandoc >/dev/null; then
	echo "skipped: no mandoc"
	exit 77
fi

pages=()
links=0
bad=0
for folder in "$@"; do
	found=0
	for page in "$folder"/*.[1-9]; do
		[ -e "$page" ] || continue
		found=1
		target=$(sed -n 's|^\.so man[1-9]/||p' "$page")
		if [ -z "$target" ]; then
			pages+=("$page")
		elif [ -e "$folder/$target" ]; then
			links=$((links + 1))
		else
			echo "$page: sends to $target, which is not there" >&2
			bad=1
		fi
	done
	if [ $found -eq 0 ]; then
		echo "$folder: no manual pages" >&2
		bad=1
	fi
done
[ ${#pages[@]} -gt 0 ] || exit 1
mandoc -T lint -W warning "${pages[@]}" || bad=1
echo "${#pages[@]} pages, $links that send to one of them"
exit $bad
