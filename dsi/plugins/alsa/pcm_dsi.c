/* SPDX-License-Identifier: MIT */
/*
 * pcm_dsi.c - the plugin `dsi` of ALSA: a device that is a stream.
 *
 *   pcm.radio { type dsi stream "radio" wait 5000 readers 0 }
 *
 *   aplay -D dsi:radio song.wav          produces the stream `radio`
 *   arecord -D dsi:radio song2.wav       records from it
 */
#include "pcm_dsi.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_WAIT_MS 5000l
#define MILLISECOND UINT64_C(1000000)
#define PERIOD_BYTES_MOST (1u << 20)

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
	if (packet && dsi_packet_discard(pcm->socket, packet) != 0)
		(void)dsi_packet_commit(pcm->socket, packet);
}

void pcm_forget(struct pcm_dsi *pcm)
{
	while (pcm->count)
		pcm_drop_first(pcm);
}

int pcm_make_places(struct pcm_dsi *pcm, uint32_t places)
{
	free(pcm->held);
	pcm->held = calloc(places, sizeof(struct dsi_packet *));
	pcm->places = pcm->held ? places : 0;
	pcm->first = pcm->count = 0;
	return pcm->held ? 0 : -ENOMEM;
}

/* ---- both directions ----------------------------------------------------- */

int pcm_explain(const struct pcm_dsi *pcm, int err)
{
	SNDERR("dsi: stream '%s': %s", pcm->stream,
	       pcm->socket && *dsi_socket_error(pcm->socket)
		       ? dsi_socket_error(pcm->socket)
		       : dsi_strerror(err));
	switch (err) {
	case -DSI_EEXIST:
		return -EBUSY;
	case -DSI_EACCES:
		return -EACCES;
	case -DSI_ENOMEM:
		return -ENOMEM;
	case -DSI_ENOENT:
	case -DSI_EPIPE:
	case -DSI_ETIMEDOUT:
		return -ENODEV;
	default:
		return -EINVAL;
	}
}

void pcm_free(struct pcm_dsi *pcm)
{
	dsi_socket_destroy(pcm->socket);
	free(pcm->held);
	free(pcm->stream);
	free(pcm);
}

int pcm_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
	struct pcm_dsi *pcm = io->private_data;
	snd_pcm_uframes_t boundary;
	int err = snd_pcm_sw_params_get_boundary(params, &boundary);

	if (err >= 0)
		pcm->boundary = boundary;
	return err;
}

void pcm_dump(snd_pcm_ioplug_t *io, snd_output_t *out)
{
	const struct pcm_dsi *pcm = io->private_data;

	(void)snd_output_printf(
		out,
		"Stream '%s': %u packets of %u bytes; %" PRIu64
		" periods, %" PRIu64 " of them lost, %" PRIu64 " xruns\n",
		pcm->stream, pcm->desc.packets, pcm->desc.packet_bytes,
		pcm->periods, pcm->lost, pcm->xruns);
	(void)snd_pcm_dump_setup(io->pcm, out);
}

/* ---- what the device can ------------------------------------------------- */

static int limit(struct pcm_dsi *pcm, int what, unsigned least, unsigned most)
{
	return snd_pcm_ioplug_set_param_minmax(&pcm->io, what, least, most);
}

static int limit_access(struct pcm_dsi *pcm)
{
	static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED,
					  SND_PCM_ACCESS_MMAP_INTERLEAVED};

	return snd_pcm_ioplug_set_param_list(&pcm->io, SND_PCM_IOPLUG_HW_ACCESS,
					     2, access);
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
		err = limit(pcm, SND_PCM_IOPLUG_HW_RATE, 4000, 192000);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_CHANNELS, 1, 32);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64,
			    PERIOD_BYTES_MOST);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_PERIODS, 2,
			    PCM_PERIODS_MOST);
	return err;
}

/* What is recorded is sound, with packets that can be periods. */
static int check_desc(struct pcm_dsi *pcm, snd_pcm_format_t *out_format,
		      unsigned *out_rate, unsigned *out_channels)
{
	const struct dsi_stream_desc *desc = &pcm->desc;

	if (pcm_format_parse(desc->format, out_format, out_rate,
			     out_channels) != 0) {
		SNDERR("dsi: stream '%s' is no sound: its format is '%.*s'",
		       pcm->stream, (int)DSI_FORMAT_BYTES, desc->format);
		return -EINVAL;
	}
	pcm->frame_bytes =
		(uint32_t)snd_pcm_format_physical_width(*out_format) / 8 *
		*out_channels;
	if (desc->packet_bytes == 0 ||
	    desc->packet_bytes % pcm->frame_bytes != 0 ||
	    desc->packet_bytes > PERIOD_BYTES_MOST) {
		SNDERR("dsi: stream '%s' has packets of %u bytes; needed are "
		       "whole frames of %u, at most %u bytes",
		       pcm->stream, desc->packet_bytes, pcm->frame_bytes,
		       PERIOD_BYTES_MOST);
		return -EINVAL;
	}
	if (pcm_periods_most(desc) == 0) {
		SNDERR("dsi: stream '%s' has %u packets, too few to record it "
		       "without loss",
		       pcm->stream, desc->packets);
		return -EINVAL;
	}
	return 0;
}

/* Exactly as the stream is; a period is a packet, so that the program is woken
 * as often as something comes. */
static int limit_capture(struct pcm_dsi *pcm)
{
	snd_pcm_format_t format;
	unsigned rate, channels, list;
	int err = check_desc(pcm, &format, &rate, &channels);

	if (err)
		return err;
	list = (unsigned)format;
	err = snd_pcm_ioplug_set_param_list(&pcm->io, SND_PCM_IOPLUG_HW_FORMAT,
					    1, &list);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_RATE, rate, rate);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_CHANNELS, channels,
			    channels);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_PERIOD_BYTES,
			    pcm->desc.packet_bytes, pcm->desc.packet_bytes);
	if (err >= 0)
		err = limit(pcm, SND_PCM_IOPLUG_HW_PERIODS, 2,
			    pcm_periods_most(&pcm->desc));
	return err;
}

/* ---- the plugin ---------------------------------------------------------- */

struct arguments {
	const char *stream;
	long wait_ms;
	long readers;
};

static int one_argument(snd_config_t *entry, struct arguments *out)
{
	const char *id;

	if (snd_config_get_id(entry, &id) < 0 || strcmp(id, "comment") == 0 ||
	    strcmp(id, "type") == 0 || strcmp(id, "hint") == 0)
		return 0;
	if (strcmp(id, "stream") == 0)
		return snd_config_get_string(entry, &out->stream);
	if (strcmp(id, "wait") == 0)
		return snd_config_get_integer(entry, &out->wait_ms);
	if (strcmp(id, "readers") == 0)
		return snd_config_get_integer(entry, &out->readers);
	SNDERR("dsi: field %s is not known", id);
	return -EINVAL;
}

static int arguments_of(snd_config_t *conf, struct arguments *out)
{
	snd_config_iterator_t i, next;
	int err = 0;

	*out = (struct arguments){.wait_ms = DEFAULT_WAIT_MS};
	snd_config_for_each(i, next, conf)
	{
		if (one_argument(snd_config_iterator_entry(i), out) < 0)
			err = -EINVAL;
	}
	if (err || !out->stream || !*out->stream || out->wait_ms < 0 ||
	    out->readers < 0 || out->readers > (long)DSI_MAX_CONSUMERS) {
		SNDERR("dsi: expected are stream (a name, as in dsi:NAME), "
		       "wait (milliseconds), and readers (0 to %u)",
		       DSI_MAX_CONSUMERS);
		return -EINVAL;
	}
	return 0;
}

static int open_io(struct pcm_dsi *pcm, const char *name,
		   snd_pcm_stream_t stream, int mode)
{
	int playback = stream == SND_PCM_STREAM_PLAYBACK;
	int err;

	pcm->io.version = SND_PCM_IOPLUG_VERSION;
	pcm->io.name = "dsi stream";
	pcm->io.flags = SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	pcm->io.private_data = pcm;
	err = playback ? pcm_playback_open(pcm) : pcm_capture_open(pcm);
	if (err < 0) {
		pcm_free(pcm);
		return err;
	}
	err = snd_pcm_ioplug_create(&pcm->io, name, stream, mode);
	if (err < 0) {
		(void)pcm->io.callback->close(&pcm->io);
		return err;
	}
	err = limit_access(pcm);
	if (err >= 0)
		err = playback ? limit_playback(pcm) : limit_capture(pcm);
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
	pcm->wait_ns = (uint64_t)arguments.wait_ms * MILLISECOND;
	pcm->readers = (uint32_t)arguments.readers;
	pcm->stream = strdup(arguments.stream);
	if (!pcm->stream) {
		free(pcm);
		return -ENOMEM;
	}
	err = open_io(pcm, name, stream, mode);
	if (err >= 0)
		*pcmp = pcm->io.pcm;
	return err;
}

SND_PCM_PLUGIN_SYMBOL(dsi);
