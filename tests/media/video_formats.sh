#!/bin/bash
# SPDX-License-Identifier: MIT
# Other containers, codecs, pixel formats and odd sizes.
# shellcheck source=tests/media/video_common.sh
. "$(dirname "$0")/video_common.sh"
need_ffmpeg
sample cockatoo.mp4

# make FILE OPTION... - the beginning of the film in another format.
make() {
	local file=$1

	shift
	ffmpeg -v error -y -i "$SAMPLE" -frames:v 60 -an "$@" "$file" \
		2>ffmpeg.err || fail "ffmpeg cannot make $file: $(cat ffmpeg.err)"
}

small=(-vf scale=640:360 -pix_fmt yuv420p)
make vp8.webm "${small[@]}" -c:v libvpx -deadline realtime -cpu-used 8
passes most vp8.webm
make vp9.webm "${small[@]}" -c:v libvpx-vp9 -deadline realtime -cpu-used 8
passes most vp9.webm
# Two-pass style hidden frames, which are shown later or twice.
make altref.webm "${small[@]}" -c:v libvpx-vp9 -deadline good -cpu-used 5 \
	-auto-alt-ref 1 -lag-in-frames 16
passes most altref.webm
make mjpeg.avi "${small[@]}" -c:v mjpeg -pix_fmt yuvj420p
passes all mjpeg.avi
make mjpeg422.avi "${small[@]}" -c:v mjpeg -pix_fmt yuvj422p
passes all mjpeg422.avi
make mpeg4.avi "${small[@]}" -c:v mpeg4 -bf 2
passes all mpeg4.avi
make mpeg2.mpg "${small[@]}" -c:v mpeg2video
passes all mpeg2.mpg
make interlaced.mp4 -vf scale=720:576 -c:v libx264 -preset veryfast \
	-pix_fmt yuv420p -flags +ildct+ilme -refs 6 -bf 4
passes all interlaced.mp4
# The most references there can be.
make refs.mp4 "${small[@]}" -c:v libx264 -preset veryfast -refs 16 -bf 8 \
	-b-pyramid normal
passes all refs.mp4
make hevc.mp4 "${small[@]}" -c:v libx265 -preset ultrafast -x265-params \
	log-level=error
passes all hevc.mp4
# Not a multiple of anything.
make odd.mkv -vf scale=321:243 -c:v ffv1 -pix_fmt yuv420p
passes most odd.mkv
make tiny.avi -vf scale=2:2 -c:v mjpeg -pix_fmt yuvj420p
passes most tiny.avi
make fine.mp4 -vf scale=640:360 -pix_fmt yuv444p -c:v libx264 \
	-preset veryfast
passes all fine.mp4
# Formats that have to be converted.
make ten_bit.mp4 "${small[@]}" -c:v libx264 -preset veryfast \
	-pix_fmt yuv420p10
passes none ten_bit.mp4
make rgb.avi -vf scale=160:90 -c:v rawvideo -pix_fmt bgr24
passes none rgb.avi
# A name that looks like an address, and one that looks like an option.
cp tiny.avi "12:30 -n.avi"
passes most "12:30 -n.avi"
cp tiny.avi ./--paced
passes most -- --paced
# One picture only.
make one.mp4 "${small[@]}" -c:v libx264 -frames:v 1
passes all one.mp4
