/* SPDX-License-Identifier: MIT */
/*
 * pcm_capture.c - a program records from a stream.
 *
 * The device has the sample format of the stream and no other, so the stream
 * must be there when it is opened.  Its clock is the producer's: frames are
 * there when their packet is.  Packets wait in the device until the program has
 * read them, at most as many as its buffer has periods; what comes while there is
 * no room is dropped by the producer, and the program gets an xrun.  When the
 * producer is gone, the program reads what is there; then the device is
 * disconnected.
 */
#include <errno.h>
#include <string.h>

#include "pcm_dsi.h"

static uint64_t frames_of(const struct pcm_dsi *pcm,
			  const struct dsi_packet *packet)
{
	uint64_t offset;
	uint32_t bytes;

	if (dsi_packet_element(packet, 0, &offset, &bytes) != 0)
		return 0;
	return bytes / pcm->frame_bytes;
}

/* Take what has arrived. */
static int collect(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet;
	int err = 0;

	while (pcm->count < pcm->places &&
	       (err = dsi_packet_get(pcm->socket, 0, &packet)) == 0) {
		if (dsi_packet_flags(packet) & DSI_PACKET_DROPPED_BEFORE) {
			(void)dsi_packet_commit(pcm->socket, packet);
			return -EPIPE;
		}
		pcm_hold(pcm, packet);
		pcm->done += frames_of(pcm, packet);
	}
	if (err == -DSI_EPIPE)
		pcm->ended = 1;
	return err && err != -DSI_EAGAIN && err != -DSI_EPIPE ? -EIO : 0;
}

static snd_pcm_sframes_t capture_pointer(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	if (!pcm->broken && io->state == SND_PCM_STATE_RUNNING)
		pcm->broken = collect(pcm);
	if (pcm->broken)
		return pcm->broken;
	if (pcm->ended && pcm->done == pcm->moved) {
		(void)snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
		return -ENODEV;
	}
	/* More than a buffer cannot be told by a position in it. */
	if (pcm->done - pcm->moved >= io->buffer_size)
		return (snd_pcm_sframes_t)((pcm->moved + io->buffer_size - 1) %
					   io->buffer_size);
	return (snd_pcm_sframes_t)(pcm->done % io->buffer_size);
}

static snd_pcm_sframes_t capture_transfer(snd_pcm_ioplug_t *io,
					  const snd_pcm_channel_area_t *areas,
					  snd_pcm_uframes_t offset,
					  snd_pcm_uframes_t size)
{
	struct pcm_dsi *pcm = io->private_data;
	uint8_t *to = (uint8_t *)areas->addr + areas->first / 8 +
		      areas->step / 8 * offset;
	snd_pcm_uframes_t left = size;

	while (left && pcm->count) {
		struct dsi_packet *packet = pcm_held(pcm, 0);
		uint64_t n =
			frames_of(pcm, packet) - pcm->offset / pcm->frame_bytes;
		uint32_t bytes;
		void *data;

		if (n > left)
			n = left;
		if (dsi_packet_data(packet, 0, &data, &bytes) != 0)
			return -EIO;
		memcpy(to, (const uint8_t *)data + pcm->offset,
		       n * pcm->frame_bytes);
		to += n * pcm->frame_bytes;
		pcm->offset += (uint32_t)n * pcm->frame_bytes;
		pcm->moved += n;
		left -= n;
		if (pcm->offset / pcm->frame_bytes == frames_of(pcm, packet)) {
			pcm->offset = 0;
			pcm_drop_first(pcm);
		}
	}
	return (snd_pcm_sframes_t)(size - left);
}

static int capture_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
	struct pcm_dsi *pcm = io->private_data;

	(void)params;
	pcm_forget(pcm);
	free(pcm->held);
	pcm->places = (uint32_t)(io->buffer_size / io->period_size);
	pcm->held = calloc(pcm->places, sizeof(struct dsi_packet *));
	return pcm->held ? 0 : -ENOMEM;
}

static int capture_start(snd_pcm_ioplug_t *io)
{
	(void)io;
	return 0;
}

/* What came before the start is old. */
static int capture_prepare(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;
	struct dsi_packet *packet;

	pcm_forget(pcm);
	if (pcm->broken)
		while (dsi_packet_get(pcm->socket, 0, &packet) == 0)
			(void)dsi_packet_commit(pcm->socket, packet);
	pcm->moved = pcm->done = 0;
	pcm->offset = 0;
	pcm->broken = 0;
	return 0;
}

static int capture_close(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm_forget(pcm);
	dsi_socket_destroy(pcm->socket);
	free(pcm->held);
	free(pcm->stream);
	free(pcm);
	return 0;
}

static const snd_pcm_ioplug_callback_t capture = {
	.start = capture_start,
	.stop = capture_start,
	.pointer = capture_pointer,
	.transfer = capture_transfer,
	.close = capture_close,
	.hw_params = capture_hw_params,
	.prepare = capture_prepare,
};

int pcm_capture_open(struct pcm_dsi *pcm, uint64_t wait_ns)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = DSI_POLICY_DROP_NEW,
		.label = "alsa",
	};
	int err = dsi_consumer_create(&options, &pcm->socket);

	if (!err)
		err = dsi_socket_connect(pcm->socket, pcm->stream,
					 dsi_now() + wait_ns);
	if (!err)
		err = dsi_socket_start(pcm->socket);
	if (!err) {
		pcm->io.poll_fd = dsi_socket_fd(pcm->socket);
		err = pcm->io.poll_fd < 0 ? pcm->io.poll_fd : 0;
	}
	if (err) {
		SNDERR("dsi: stream '%s': %s", pcm->stream,
		       pcm->socket && *dsi_socket_error(pcm->socket)
			       ? dsi_socket_error(pcm->socket)
			       : dsi_strerror(err));
		return -ENODEV;
	}
	pcm->io.callback = &capture;
	pcm->io.poll_events = POLLIN;
	return 0;
}
