# SPDX-License-Identifier: MIT
# A sound for the pipeline demo: a voice that says "front center", 1.4 s.
find_file(DSI_DEMO_SOUND Front_Center.wav PATHS /usr/share/sounds/alsa
	NO_DEFAULT_PATH
	DOC "A WAV file of 16-bit samples; Debian: alsa-utils")
