#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_man.sh - the man pages are clean mandoc.
set -euo pipefail
cd "$(dirname "$0")/../../docs/man"

if ! command -v mandoc >/dev/null; then
	echo "skipped: no mandoc"
	exit 77
fi
pages=()
for page in *.[1-8]; do
	# A page that only sends to another has nothing to look at.
	[ -e "$page" ] && ! grep -q '^\.so ' "$page" && pages+=("$page")
done
if [ ${#pages[@]} -eq 0 ]; then
	echo "no man pages in docs/man" >&2
	exit 1
fi
mandoc -T lint -W warning "${pages[@]}"
echo "${#pages[@]} pages"
