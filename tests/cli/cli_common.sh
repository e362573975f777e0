# SPDX-License-Identifier: MIT
# cli_common.sh - what the tests of the `dsi` command share.  Sourced.
#
# Each test gets the folder of the programs as $1 and works in a private
# folder, with a private place of names.  `timeout` only keeps a hang from
# stopping the suite; no test depends on how fast anything is.

set -u

if [ $# -lt 1 ] || [ ! -x "$1/dsi" ]; then
	echo "usage: $0 BIN-DIR, which must hold the program dsi" >&2
	exit 2
fi

BIN=$(cd "$1" && pwd)
DSI=$BIN/dsi
LIMIT=${DSI_TEST_LIMIT:-50}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dsi-cli.XXXXXX")
export DSI_RUNTIME_DIR=$WORK/run
mkdir -m 0755 "$DSI_RUNTIME_DIR"
cd "$WORK" || exit 2

# Only jobs that were not waited for: their numbers cannot be others' yet.
finish() {
	local job

	for job in $(jobs -p); do
		kill -KILL "$job" 2>/dev/null
	done
	cd /
	rm -rf "$WORK"
}
trap finish EXIT

fail() {
	echo "FAIL: $*" >&2
	for file in "$WORK"/*.err; do
		[ -s "$file" ] && sed "s|^|$(basename "$file"): |" "$file" >&2
	done
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# dsi ARGUMENT... - the program under test, ended if it hangs.
dsi() {
	timeout --foreground "$LIMIT" "$DSI" "$@"
}

# wait_for PID CODE WHAT - a background process must end with CODE.
wait_for() {
	local code

	wait "$1"
	code=$?
	[ "$code" -eq "$2" ] || fail "$3: exit $code, expected $2"
}

# expect CODE TEXT ARGUMENT... - dsi must exit with CODE; stderr has TEXT.
expect() {
	local want=$1 text=$2 code

	shift 2
	dsi "$@" >expect.out 2>expect.err </dev/null
	code=$?
	[ "$code" -eq "$want" ] || fail "dsi $*: exit $code, expected $want"
	grep -qF -- "$text" expect.err ||
		fail "dsi $*: '$text' is not in its message"
}

# until_true COMMAND... - try again until it succeeds.
until_true() {
	local i

	for ((i = 0; i < 10 * LIMIT; i++)); do
		"$@" && return 0
		sleep 0.1
	done
	fail "did not come true: $*"
}

# committed NAME N - has the producer of NAME sent at least N packets?
committed() {
	dsi list --json "$1" 2>/dev/null | python3 -c '
import json, sys
try:
    streams = json.load(sys.stdin)
except ValueError:
    sys.exit(1)
sys.exit(not (streams and streams[0].get("committed", 0) >= int(sys.argv[1])))
' "$2"
}

nothing_left() {
	local left

	left=$(ls -A "$DSI_RUNTIME_DIR")
	[ -z "$left" ] || fail "left in the place of names: $left"
}
