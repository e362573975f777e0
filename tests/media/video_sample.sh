#!/bin/bash
# SPDX-License-Identifier: MIT
# The recording as it is: nothing lost, nothing copied; and the result is
# what another program makes of the same film.
# shellcheck source=tests/media/video_common.sh
. "$(dirname "$0")/video_common.sh"
sample cockatoo.mp4

passes all "$SAMPLE"
passes all --frames 25 --output out.y4m "$SAMPLE"
passes none --frames 25 --copy "$SAMPLE"
passes all --frames 10 --paced "$SAMPLE"

need_ffmpeg
passes all --frames 25 --output out.y4m "$SAMPLE"
ours=$(awk '$1 == "checksum" && NF == 2 && length($2) == 32 { print $2 }' out)
read_back=$(ffmpeg -v error -i out.y4m -f rawvideo - | md5sum)
[ "$ours" = "${read_back%% *}" ] || fail "the file differs from the checksum"
filter='hflip,split[a][b];
	[a]crop=iw/2:ih:0:0,lutyuv=y=255-val[l];
	[b]crop=iw/2:ih:iw/2:0[r]; [l][r]hstack'
theirs=$(ffmpeg -v error -i "$SAMPLE" -vf "$filter" -frames:v 25 \
	-fps_mode passthrough -f rawvideo - | md5sum)
[ "$ours" = "${theirs%% *}" ] || fail "ffmpeg's own filters get another result"
