/* SPDX-License-Identifier: MIT */
/* sound_wav.h - find the samples in a WAV file that lies in memory. */
#ifndef DEMO_SOUND_WAV_H
#define DEMO_SOUND_WAV_H

#include <stdint.h>

struct sound_wav {
	uint32_t rate; /* frames in a second */
	uint32_t frame_bytes;
	const uint8_t *samples;
	uint64_t bytes; /* whole frames */
};

/* 0, or -1 with a reason in @out_why: not a WAV file of 16-bit samples. */
int sound_wav_read(const uint8_t *file, uint64_t bytes, struct sound_wav *out,
		   const char **out_why);

#endif /* DEMO_SOUND_WAV_H */
