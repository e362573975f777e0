# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# video_common.sh - what the tests of the video demo share.  Sourced.
#
# Each test gets the folder of the programs as $1 and works in a private
# folder, with a private place of names.
set -u

if [ $# -lt 1 ] || [ ! -x "$1/dsi-demo-video" ]; then
	echo "usage: $0 BIN-DIR, which must hold dsi-demo-video" >&2
	exit 2
fi

BIN=$(cd "$1" && pwd)
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
LIMIT=${DSI_TEST_LIMIT:-100}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dsi-media.XXXXXX")
export DSI_RUNTIME_DIR=$WORK/run
mkdir -m 0755 "$DSI_RUNTIME_DIR"
cd "$WORK" || exit 2
trap 'cd /; rm -rf "$WORK"' EXIT

fail() {
	echo "FAIL: $*" >&2
	[ -s out ] && sed 's/^/  out: /' out >&2
	[ -s err ] && sed 's/^/  err: /' err >&2
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# sample [NAME] - set $SAMPLE to a real recording.
# shellcheck disable=SC2034
sample() {
	SAMPLE=$("$ROOT/demos/video/fetch-sample.sh" "$@" 2>fetch.err) ||
		skip "no sample: $(tail -n 2 fetch.err | head -n 1)"
}

need_ffmpeg() {
	command -v ffmpeg >/dev/null || skip "no ffmpeg"
}

# video ARGUMENT... - run the demo; output in the files out and err.
video() {
	timeout --foreground "$LIMIT" "$BIN/dsi-demo-video" "$@" \
		>out 2>err </dev/null
}

# passes IN-PLACE ARGUMENT... - it must work; IN-PLACE "all", "none", "most".
passes() {
	local want=$1 frames in_place copied

	shift
	video "$@" || fail "$*: exit $?"
	grep -qx 'checksum equal' out || fail "$*: checksum not equal"
	grep -qx '0 lost frames' out || fail "$*: lost frames"
	# source -> filter  FRAMES LOST IN-PLACE COPIED ...
	read -r _ _ _ frames _ in_place copied _ \
		< <(grep '^source -> filter' out)
	case $want in
	all) [ "$in_place" -eq "$frames" ] && [ "$copied" -eq 0 ] ;;
	none) [ "$in_place" -eq 0 ] && [ "$copied" -eq "$frames" ] ;;
	most) [ "$in_place" -gt $((frames / 2)) ] ;;
	esac || fail "$*: $in_place in place, $copied copied, not $want"
	nothing_left
}

# refuses TEXT ARGUMENT... - it must end with code 1 and say TEXT.
refuses() {
	local text=$1 code

	shift
	video "$@"
	code=$?
	[ "$code" -eq 1 ] || fail "$*: exit $code, expected 1"
	grep -qF -- "$text" err || fail "$*: '$text' is not in its message"
	nothing_left
}

nothing_left() {
	local left

	left=$(ls -A "$DSI_RUNTIME_DIR")
	[ -z "$left" ] || fail "left in the place of names: $left"
}
