/* SPDX-License-Identifier: MIT */
/*
 * pcm_dsi.c - the plugin `dsi` of ALSA: a device that is a stream.
 *
 *   pcm.camera { type dsi stream "camera" wait 5000 }
 *
 *   aplay -D dsi:radio song.wav          produces the stream `radio`
 *   arecord -D dsi:radio song2.wav       records from it
 */
#include "pcm_dsi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_WAIT_MS 5000l
#define MILLISECOND UINT64_C(1000000)
#define PERIOD_BYTES_MOST (1u << 20)
#define PERIODS_MOST 64u

/* ---- packets that are held ----------------------------------------------- */

struct dsi_packet *pcm_held(const struct pcm_dsi *pcm, uint32_t i)
{
	return pcm->held[(pcm->first + i) % pcm->places];
}

void pcm_hold(struct pcm_dsi *pcm, struct dsi_packet *packet)
{
	pcm->held[(pcm->first + pcm->count++) % pcm->places] = packet;
}

void pcm_drop_first(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet = pcm_held(pcm, 0);

	pcm->first = (pcm->first + 1) % pcm->places;
	pcm->count--;
	/* A producer's goes back unsent. */
	if (dsi_packet_discard(pcm->socket, packet) != 0)
		(void)dsi_packet_commit(pcm->socket, packet);
}

void pcm_forget(struct pcm_dsi *pcm)
{
	while (pcm->count)
		pcm_drop_first(pcm);
}

/* ---- what the device can ------------------------------------------------- */

static int limit_both(struct pcm_dsi *pcm)
{
	static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED,
					  SND_PCM_ACCESS_MMAP_INTERLEAVED};
	int err;

	err = snd_pcm_ioplug_set_param_list(&pcm->io, SND_PCM_IOPLUG_HW_ACCESS,
					    2, access);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_PERIODS, 2, PERIODS_MOST);
	return err;
}

static int limit_playback(struct pcm_dsi *pcm)
{
	static const unsigned formats[] = {
		SND_PCM_FORMAT_S16_LE, SND_PCM_FORMAT_S32_LE,
		SND_PCM_FORMAT_S24_3LE, SND_PCM_FORMAT_FLOAT_LE,
		SND_PCM_FORMAT_U8};
	int err;

	err = snd_pcm_ioplug_set_param_list(
		&pcm->io, SND_PCM_IOPLUG_HW_FORMAT,
		sizeof(formats) / sizeof(formats[0]), formats);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_RATE, 4000, 192000);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 32);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64,
			PERIOD_BYTES_MOST);
	return err;
}

/* Exactly as the stream is; a period is a packet, so that the program is woken
 * as often as something comes. */
static int limit_capture(struct pcm_dsi *pcm)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	snd_pcm_format_t format;
	unsigned rate, channels, list;
	int err;

	if (dsi_socket_desc(pcm->socket, &desc) != 0 ||
	    pcm_format_parse(desc.format, &format, &rate, &channels) != 0) {
		SNDERR("dsi: stream '%s' is no sound: its format is '%.*s'",
		       pcm->stream, (int)DSI_FORMAT_BYTES, desc.format);
		return -EINVAL;
	}
	pcm->frame_bytes =
		(uint32_t)snd_pcm_format_physical_width(format) / 8 * channels;
	if (desc.packet_bytes < pcm->frame_bytes ||
	    desc.packet_bytes > PERIOD_BYTES_MOST) {
		SNDERR("dsi: stream '%s' has packets of %u bytes", pcm->stream,
		       desc.packet_bytes);
		return -EINVAL;
	}
	list = (unsigned)format;
	err = snd_pcm_ioplug_set_param_list(&pcm->io, SND_PCM_IOPLUG_HW_FORMAT,
					    1, &list);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_RATE, rate, rate);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_CHANNELS, channels,
			channels);
	if (err >= 0)
		err = snd_pcm_ioplug_set_param_minmax(
			&pcm->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES,
			desc.packet_bytes, desc.packet_bytes);
	return err;
}

/* ---- the plugin ---------------------------------------------------------- */

struct arguments {
	const char *stream;
	long wait_ms;
};

static int arguments_of(snd_config_t *conf, struct arguments *out)
{
	snd_config_iterator_t i, next;

	out->stream = NULL;
	out->wait_ms = DEFAULT_WAIT_MS;
	snd_config_for_each(i, next, conf)
	{
		snd_config_t *entry = snd_config_iterator_entry(i);
		const char *id;

		if (snd_config_get_id(entry, &id) < 0 ||
		    strcmp(id, "comment") == 0 || strcmp(id, "type") == 0 ||
		    strcmp(id, "hint") == 0)
			continue;
		if (strcmp(id, "stream") == 0 &&
		    snd_config_get_string(entry, &out->stream) >= 0)
			continue;
		if (strcmp(id, "wait") == 0 &&
		    snd_config_get_integer(entry, &out->wait_ms) >= 0)
			continue;
		SNDERR("dsi: field %s is not known or has no good value; there "
		       "are stream (text) and wait (milliseconds)",
		       id);
		return -EINVAL;
	}
	if (!out->stream || !*out->stream || out->wait_ms < 0) {
		SNDERR("dsi: the name of a stream is needed, as in dsi:NAME");
		return -EINVAL;
	}
	return 0;
}

static void discard(struct pcm_dsi *pcm)
{
	dsi_socket_destroy(pcm->socket);
	free(pcm->stream);
	free(pcm);
}

static int open_io(struct pcm_dsi *pcm, const char *name,
		   snd_pcm_stream_t stream, int mode, long wait_ms)
{
	int err;

	pcm->io.version = SND_PCM_IOPLUG_VERSION;
	pcm->io.name = "dsi stream";
	pcm->io.mmap_rw = 0;
	pcm->io.private_data = pcm;
	err = stream == SND_PCM_STREAM_PLAYBACK
		      ? pcm_playback_open(pcm)
		      : pcm_capture_open(pcm, (uint64_t)wait_ms * MILLISECOND);
	if (err < 0) {
		discard(pcm);
		return err;
	}
	err = snd_pcm_ioplug_create(&pcm->io, name, stream, mode);
	if (err < 0) {
		(void)pcm->io.callback->close(&pcm->io);
		return err;
	}
	err = limit_both(pcm);
	if (err >= 0)
		err = stream == SND_PCM_STREAM_PLAYBACK ? limit_playback(pcm)
							: limit_capture(pcm);
	/* Closes the stream as well. */
	if (err < 0)
		(void)snd_pcm_ioplug_delete(&pcm->io);
	return err;
}

SND_PCM_PLUGIN_DEFINE_FUNC(dsi)
{
	struct arguments arguments;
	struct pcm_dsi *pcm;
	int err;

	(void)root;
	err = arguments_of(conf, &arguments);
	if (err < 0)
		return err;
	pcm = calloc(1, sizeof(*pcm));
	if (!pcm)
		return -ENOMEM;
	pcm->stream = strdup(arguments.stream);
	if (!pcm->stream) {
		free(pcm);
		return -ENOMEM;
	}
	err = open_io(pcm, name, stream, mode, arguments.wait_ms);
	if (err >= 0)
		*pcmp = pcm->io.pcm;
	return err;
}

SND_PCM_PLUGIN_SYMBOL(dsi);
