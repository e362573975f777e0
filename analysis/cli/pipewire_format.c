// SPDX-License-Identifier: MIT
/* pipewire_format.c - sample formats as text; a peer may have written it. */
#include <stdio.h>
#include <string.h>

#include <spa/param/audio/raw.h>

#include "pipewire_bridge.h"

static const struct bridge_format formats[] = {
	{"S16_LE", SPA_AUDIO_FORMAT_S16_LE, 2, 0, 0},
	{"S24_3LE", SPA_AUDIO_FORMAT_S24_LE, 3, 0, 0},
	{"S32_LE", SPA_AUDIO_FORMAT_S32_LE, 4, 0, 0},
	{"FLOAT_LE", SPA_AUDIO_FORMAT_F32_LE, 4, 0, 0},
	{"U8", SPA_AUDIO_FORMAT_U8, 1, 0, 0},
};

bool bridge_format_named(struct bridge_format *format, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, name) != 0)
			continue;
		format->name = formats[i].name;
		format->spa = formats[i].spa;
		format->sample_bytes = formats[i].sample_bytes;
		return true;
	}
	return false;
}

void bridge_format_text(const struct bridge_format *format,
			char text[DSI_FORMAT_BYTES])
{
	snprintf(text, DSI_FORMAT_BYTES,
		 "audio/x-raw,format=%s,rate=%u,channels=%u", format->name,
		 format->rate, format->channels);
}

bool bridge_format_parse(struct bridge_format *format, const char *text)
{
	char name[16];
	char again[DSI_FORMAT_BYTES];

	if (sscanf(text, "audio/x-raw,format=%15[A-Z0-9_],rate=%u,channels=%u",
		   name, &format->rate, &format->channels) != 3 ||
	    format->rate == 0 || format->rate > BRIDGE_RATE_MOST ||
	    format->channels == 0 || format->channels > BRIDGE_CHANNELS_MOST ||
	    !bridge_format_named(format, name))
		return false;
	/* And nothing else is in it. */
	bridge_format_text(format, again);
	return strcmp(again, text) == 0;
}
