#!/bin/bash
# SPDX-License-Identifier: MIT
# More real recordings, in the containers their cameras and authors chose.
# shellcheck source=tests/media/video_common.sh
. "$(dirname "$0")/video_common.sh"

for name in motion.mov g1.avi balle1-vp9.avi Principe_inertie.avi \
	Effet_force_magnetique.ogv; do
	sample "$name"
	passes most "$SAMPLE"
done
