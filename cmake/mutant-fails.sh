#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mutant-fails.sh TEXT COMMAND... - a test of something that was weakened: it has
# to fail, and to say TEXT (a regular expression).  What skips itself is skipped.
set -uo pipefail
text=$1
shift

said=$("$@" 2>&1)
status=$?
case $status in
0)
	echo "mutant-fails.sh: it passed, so it proves nothing: $*" >&2
	exit 1
	;;
77)
	echo "$said"
	exit 77
	;;
esac
grep -Eq -- "$text" <<<"$said" || {
	echo "mutant-fails.sh: failed with $status, but without '$text': $*" >&2
	echo "$said" >&2
	exit 1
}
