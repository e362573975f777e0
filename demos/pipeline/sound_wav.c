/* SPDX-License-Identifier: MIT */
/* sound_wav.c - a WAV file: a header of 12 bytes, then pieces with a name of
 * four letters and a size each.  Nothing in it is believed. */
#include <string.h>

#include "sound_wav.h"

#define HEADER_BYTES 12u
#define PIECE_BYTES 8u
#define FORMAT_BYTES 16u
#define FORMAT_PCM 1u

static uint32_t number(const uint8_t *at, unsigned bytes)
{
	uint32_t n = 0;

	while (bytes > 0)
		n = n << 8 | at[--bytes];
	return n;
}

static int is(const uint8_t *at, const char *name)
{
	return memcmp(at, name, 4) == 0;
}

/* The piece @name: its contents and size; a piece that is cut ends with the
 * file.  NULL: there is none. */
static const uint8_t *find(const uint8_t *file, uint64_t bytes,
			   const char *name, uint64_t *out_bytes)
{
	uint64_t at = HEADER_BYTES;

	while (bytes - at >= PIECE_BYTES) {
		const uint8_t *piece = file + at;
		uint64_t size = number(piece + 4, 4);

		at += PIECE_BYTES;
		if (size > bytes - at)
			size = bytes - at;
		if (is(piece, name)) {
			*out_bytes = size;
			return file + at;
		}
		at += size;
		at += at < bytes && size % 2; /* they begin at even places */
	}
	return NULL;
}

int sound_wav_read(const uint8_t *file, uint64_t bytes, struct sound_wav *out,
		   const char **out_why)
{
	const uint8_t *format = NULL;
	uint64_t size = 0;

	*out_why = "not a WAV file";
	if (bytes < HEADER_BYTES || !is(file, "RIFF") || !is(file + 8, "WAVE"))
		return -1;
	format = find(file, bytes, "fmt ", &size);
	out->samples = find(file, bytes, "data", &out->bytes);
	if (!format || size < FORMAT_BYTES || !out->samples)
		return -1;
	*out_why = "only 16-bit samples, not compressed";
	if (number(format, 2) != FORMAT_PCM || number(format + 14, 2) != 16)
		return -1;
	out->rate = number(format + 4, 4);
	out->frame_bytes = number(format + 12, 2);
	*out_why = "its header contradicts itself";
	if (out->frame_bytes == 0 || out->rate == 0 ||
	    out->frame_bytes != number(format + 2, 2) * 2)
		return -1;
	out->bytes -= out->bytes % out->frame_bytes;
	*out_why = "there are no samples in it";
	return out->bytes ? 0 : -1;
}
