#!/bin/bash
# SPDX-License-Identifier: MIT
# What is no video gets a sentence that says so.
# shellcheck source=tests/media/video_common.sh
. "$(dirname "$0")/video_common.sh"

refuses "missing.mp4: not a video that can be decoded: No such file" \
	missing.mp4
mkdir folder
refuses "folder: not a video that can be decoded: " folder
: >empty.mp4
refuses "empty.mp4: not a video that can be decoded: " empty.mp4
echo "To be, or not to be." >short.txt
refuses "short.txt: not a video that can be decoded: " short.txt
for ((i = 0; i < 1000; i++)); do echo "$i bottles"; done >text.txt
refuses "text.txt: not a video that can be decoded: it is text" text.txt
head -c 100000 /dev/urandom >noise.bin
refuses "noise.bin: not a video that can be decoded: " noise.bin
refuses "/dev/null: not a video that can be decoded: " /dev/null
for wrong in "" "a b" "--frames x a" "--frames" "--nonsense a"; do
	# shellcheck disable=SC2086
	video $wrong
	code=$?
	[ "$code" -eq 2 ] || fail "arguments '$wrong': exit $code, expected 2"
done
video --help || fail "--help: exit $?"

need_ffmpeg
ffmpeg -v error -f lavfi -i sine=duration=1 sound.wav || fail "no sound.wav"
refuses "sound.wav: not a video that can be decoded: there is no picture" \
	sound.wav
sample cockatoo.mp4
head -c 200000 "$SAMPLE" >cut.mp4
refuses "cut.mp4: not a video that can be decoded: " cut.mp4
refuses "no/such/folder/out.y4m: No such file" \
	--output no/such/folder/out.y4m "$SAMPLE"
if [ -w /dev/full ]; then
	refuses "/dev/full: No space left" --output /dev/full "$SAMPLE"
fi

# A film whose size changes in the middle.
for size in 320x240 640x480; do
	ffmpeg -v error -i "$SAMPLE" -frames:v 10 -an -s $size -c:v mpeg2video \
		-f mpegts $size.ts || fail "no $size.ts"
done
cat 320x240.ts 640x480.ts >changes.ts
refuses "picture size changes from 320x240 to 640x480" changes.ts

# A damaged film is shown as far as it goes.
ffmpeg -v error -i "$SAMPLE" -frames:v 30 -an -c:v mjpeg whole.avi
python3 - <<'END'
data = bytearray(open("whole.avi", "rb").read())
for at in range(len(data) // 3, len(data) // 3 + 3000, 7):
    data[at] ^= 0x55
open("damaged.avi", "wb").write(data)
END
video damaged.avi
code=$?
[ "$code" -le 1 ] || fail "damaged.avi: exit $code"
nothing_left
