/* SPDX-License-Identifier: MIT */
/* pcm_format.c - sample formats as text; a peer may have written it. */
#include <stdio.h>
#include <string.h>

#include "pcm_dsi.h"

#define RATE_MOST 768000u
#define CHANNELS_MOST 64u

void pcm_format_text(char text[DSI_FORMAT_BYTES], snd_pcm_format_t format,
		     unsigned rate, unsigned channels)
{
	(void)snprintf(text, DSI_FORMAT_BYTES,
		       "audio/x-raw,format=%s,rate=%u,channels=%u",
		       snd_pcm_format_name(format), rate, channels);
}

int pcm_format_parse(const char *text, snd_pcm_format_t *out_format,
		     unsigned *out_rate, unsigned *out_channels)
{
	char name[16];
	char again[DSI_FORMAT_BYTES];

	if (sscanf(text, "audio/x-raw,format=%15[A-Z0-9_],rate=%u,channels=%u",
		   name, out_rate, out_channels) != 3 ||
	    *out_rate == 0 || *out_rate > RATE_MOST || *out_channels == 0 ||
	    *out_channels > CHANNELS_MOST)
		return -EINVAL;
	*out_format = snd_pcm_format_value(name);
	if (*out_format == SND_PCM_FORMAT_UNKNOWN ||
	    snd_pcm_format_physical_width(*out_format) < 8)
		return -EINVAL;
	/* And nothing else is in it. */
	pcm_format_text(again, *out_format, *out_rate, *out_channels);
	return strcmp(again, text) == 0 ? 0 : -EINVAL;
}
