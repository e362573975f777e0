#!/bin/bash
# SPDX-License-Identifier: MIT
# YUV4MPEG2 comes out as it went in, and its header is the stream's format.
. "$(dirname "$0")/cli_common.sh"

# video FILE HEADER FRAME-BYTES FRAMES
video() {
	python3 - "$@" <<'END'
import random, sys
path, header, size, frames = sys.argv[1:]
random.seed(size)
with open(path, "wb") as out:
    out.write(header.encode() + b"\n")
    for _ in range(int(frames)):
        out.write(b"FRAME\n" + random.randbytes(int(size)))
END
}

# round_trip FORMAT HEADER FRAME-BYTES [OPTION] - through a pipe and back.
round_trip() {
	local format=$1 header=$2 bytes=$3

	shift 3
	video in.y4m "$header" "$bytes" 7
	cat in.y4m | dsi send --wait-consumers 1 video "$@" 2>send.err &
	sender=$!
	dsi recv video --y4m --format "$format" out.y4m 2>recv.err ||
		fail "recv of '$header': exit $?"
	wait_for $sender 0 "send of '$header'"
	cmp in.y4m out.y4m || fail "'$header' came back changed"
}

base="video/x-raw,format=I420,width=768,height=576,framerate=10/1"
ffmpeg_tags="Ip A0:0 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED"

round_trip "$base" "YUV4MPEG2 W768 H576 F10:1 Ip A1:1 C420jpeg" 663552
round_trip "$base" "YUV4MPEG2 W768 H576 F10:1 Ip A1:1 C420jpeg" 663552 --y4m
round_trip "$base,y4m=\"$ffmpeg_tags\"" \
	"YUV4MPEG2 W768 H576 F10:1 $ffmpeg_tags" 663552
round_trip "video/x-raw,format=Y42B,width=5,height=3,framerate=30000/1001,y4m=\"C422 W5 H3 It F30000:1001 A1:1\"" \
	"YUV4MPEG2 C422 W5 H3 It F30000:1001 A1:1" 33
round_trip "video/x-raw,format=I420_10LE,width=5,height=3,framerate=25/1" \
	"YUV4MPEG2 W5 H3 F25:1 Ip A1:1 C420p10" 54
round_trip "video/x-raw,format=GRAY8,width=1,height=1,framerate=0/1,y4m=\"W1 H1 F0:0 Cmono\"" \
	"YUV4MPEG2 W1 H1 F0:0 Cmono" 1

# Without --y4m the receiver gets the frames alone.
video in.y4m "YUV4MPEG2 W4 H4 F25:1 Ip A1:1 C420jpeg" 24 3
dsi send video in.y4m 2>send.err &
sender=$!
dsi recv video >out.raw 2>recv.err || fail "raw recv: exit $?"
wait_for $sender 0 "send for raw recv"
[ "$(stat -c %s out.raw)" -eq 72 ] || fail "three frames are not 72 bytes"

# With --raw the sender does not look.
dsi send video --raw in.y4m 2>send.err &
sender=$!
dsi recv video out.y4m 2>recv.err || fail "recv of --raw: exit $?"
wait_for $sender 0 "send --raw"
cmp in.y4m out.y4m || fail "--raw changed the bytes"

# What is no Y4M, or ends too early.
expect_input() {
	printf "$2" >bad.y4m
	dsi send video --wait-consumers 0 --y4m bad.y4m 2>bad.err
	[ $? -eq 1 ] || fail "'$2' was taken for Y4M"
	grep -qF -- "$1" bad.err || fail "'$2': no '$1' in the message"
}
expect_input "is no YUV4MPEG2 stream" "RIFF1234AVI "
expect_input "is no YUV4MPEG2 stream" ""
expect_input "ends within the YUV4MPEG2 header" "YUV4MPEG2 W4 H4"
expect_input "needs a width and a height" "YUV4MPEG2 F25:1\n"
expect_input "malformed tag 'Wx'" "YUV4MPEG2 Wx H4\n"
expect_input "pixel format 'Cweird'" "YUV4MPEG2 W4 H4 Cweird\n"
expect_input "no FRAME line" "YUV4MPEG2 W4 H4\nFRAMX\n"
expect_input "ends within frame 0: it has 3 of 24 bytes" \
	"YUV4MPEG2 W4 H4\nFRAME\nabc"
expect_input "ends within a FRAME line" "YUV4MPEG2 W4 H4\nFRA"

# A stream that is no video cannot be written as Y4M.
seq 1 10 | dsi send text --format text/plain 2>send.err &
sender=$!
dsi recv text --y4m >out 2>recv.err
[ $? -eq 5 ] || fail "a text was written as Y4M"
grep -qF "is not video/x-raw" recv.err || fail "no reason given"
# The first one may have left before the sender looked who joined.
dsi recv text --timeout 0 >out 2>recv.err
wait_for $sender 0 "send of a text"
