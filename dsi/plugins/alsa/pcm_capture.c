/* SPDX-License-Identifier: MIT */
/*
 * pcm_capture.c - a program records from a stream.
 *
 * The device has the sample format of the stream and no other, and a period is a
 * packet, so the stream must be there when it is opened; then it is only looked
 * at.  The device becomes one of its consumers when the program has chosen its
 * buffer, and declares that.  Its clock is the producer's: frames are there when
 * their packet is.  Packets wait until the program has read them; what comes
 * while there is no room is dropped by the producer, and the program gets an
 * xrun.  At the end of the stream the program reads what is there, with silence
 * up to a whole period, as programs wait for whole ones; then the device is
 * disconnected.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "pcm_dsi.h"

#define LOOK_AGAIN_NS 10000000
/* Packets without samples that are taken in one call, before the next one goes on:
 * a producer of nothing else may not keep the program. */
#define EMPTY_MOST 64u

/* A packet is at most a period, whatever its producer says. */
static uint64_t frames_of(const struct pcm_dsi *pcm,
			  const struct dsi_packet *packet)
{
	uint64_t offset;
	uint32_t bytes;

	if (dsi_packet_element(packet, 0, &offset, &bytes) != 0)
		return 0;
	if (bytes > pcm->desc.packet_bytes)
		bytes = pcm->desc.packet_bytes;
	return bytes / pcm->frame_bytes;
}

/* ---- what arrives -------------------------------------------------------- */

/* 0, or -EPIPE. */
static int take(struct pcm_dsi *pcm, struct dsi_packet *packet)
{
	uint32_t flags = dsi_packet_flags(packet);

	if (flags & DSI_PACKET_EOS)
		pcm->ended = 1;
	if ((flags & DSI_PACKET_DROPPED_BEFORE) || pcm->ended ||
	    frames_of(pcm, packet) == 0) {
		(void)dsi_packet_commit(pcm->socket, packet);
		return flags & DSI_PACKET_DROPPED_BEFORE ? -EPIPE : 0;
	}
	pcm_hold(pcm, packet);
	pcm->done += frames_of(pcm, packet);
	pcm->periods++;
	return 0;
}

static void end(struct pcm_dsi *pcm)
{
	uint64_t room = pcm->io.buffer_size - (pcm->done - pcm->moved);
	uint64_t rest = pcm->done % pcm->io.period_size;

	pcm->silence = rest ? pcm->io.period_size - rest : 0;
	if (pcm->silence > room)
		pcm->silence = room;
	pcm->done += pcm->silence;
}

/* Make it worth while to ask again, whatever the socket's descriptor says. */
static void wake_always(struct pcm_dsi *pcm)
{
	uint64_t one = 1;

	(void)!write(pcm->wake, &one, sizeof(one));
}

static void forget_wake(struct pcm_dsi *pcm)
{
	uint64_t count;

	(void)!read(pcm->wake, &count, sizeof(count));
}

static int collect(struct pcm_dsi *pcm)
{
	uint32_t tries = pcm->places + EMPTY_MOST;
	int before = pcm->ended;
	struct dsi_packet *packet;
	int err = 0;

	while (!err && !pcm->ended && pcm->count < pcm->places && tries--) {
		err = dsi_packet_get(pcm->socket, 0, &packet);
		if (!err && take(pcm, packet) != 0) {
			pcm->xruns++;
			return -EPIPE;
		}
	}
	if (err == -DSI_EPIPE)
		pcm->ended = 1;
	pcm->hurried = !err && !pcm->ended && pcm->count < pcm->places;
	if (pcm->hurried)
		wake_always(pcm);
	if (pcm->ended && !before)
		end(pcm);
	if (err && err != -DSI_EAGAIN && err != -DSI_EPIPE)
		return -EIO;
	return 0;
}

static int at_end(const struct pcm_dsi *pcm)
{
	return pcm->ended && pcm->done == pcm->moved;
}

static snd_pcm_sframes_t capture_pointer(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	if (!pcm->broken && io->state == SND_PCM_STATE_RUNNING)
		pcm->broken = collect(pcm);
	if (pcm->broken || at_end(pcm))
		wake_always(pcm);
	if (pcm->broken)
		return pcm->broken;
	/* An error here would be taken for an xrun, and recovered for ever. */
	if (at_end(pcm))
		(void)snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
	return (snd_pcm_sframes_t)(pcm->done % pcm->boundary);
}

/* Of the oldest packet, at most @most frames.  Negative: it has none. */
static snd_pcm_sframes_t read_first(struct pcm_dsi *pcm, uint8_t *to,
				    uint64_t most)
{
	struct dsi_packet *packet = pcm_held(pcm, 0);
	uint64_t all = frames_of(pcm, packet);
	uint64_t n = all - pcm->offset / pcm->frame_bytes;
	uint32_t bytes;
	void *data;

	if (dsi_packet_data(packet, 0, &data, &bytes) != 0)
		return -EIO;
	if (n > most)
		n = most;
	memcpy(to, (const uint8_t *)data + pcm->offset, n * pcm->frame_bytes);
	pcm->offset += (uint32_t)n * pcm->frame_bytes;
	pcm->moved += n;
	if (pcm->offset / pcm->frame_bytes == all) {
		pcm->offset = 0;
		pcm_drop_first(pcm);
	}
	return (snd_pcm_sframes_t)n;
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
		snd_pcm_sframes_t n = read_first(pcm, to, left);

		if (n < 0)
			return n;
		to += (uint64_t)n * pcm->frame_bytes;
		left -= (snd_pcm_uframes_t)n;
	}
	if (left && pcm->silence) {
		uint64_t n = left < pcm->silence ? left : pcm->silence;

		(void)snd_pcm_format_set_silence(io->format, to,
						 (unsigned)n * io->channels);
		pcm->silence -= n;
		pcm->moved += n;
		left -= n;
	}
	return (snd_pcm_sframes_t)(size - left);
}

/* ---- waiting ------------------------------------------------------------- */

/* Events make the descriptor readable until somebody takes them. */
static void take_events(struct pcm_dsi *pcm)
{
	struct dsi_event_source source = {
		.socket = pcm->socket,
		.mask = ~(DSI_EVENT_SPACE | DSI_EVENT_DATA) &
			((1u << DSI_EVENTS) - 1),
	};

	(void)!dsi_select(&source, 1, 0);
}

static int capture_descriptors(snd_pcm_ioplug_t *io)
{
	(void)io;
	return 2;
}

static int capture_poll(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned n)
{
	const struct pcm_dsi *pcm = io->private_data;

	if (n < 2)
		return -EINVAL;
	pfd[0] = (struct pollfd){.fd = io->poll_fd, .events = POLLIN};
	pfd[1] = (struct pollfd){.fd = pcm->wake, .events = POLLIN};
	return 2;
}

static int capture_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd,
			   unsigned nfds, unsigned short *out_revents)
{
	struct pcm_dsi *pcm = io->private_data;

	(void)pfd;
	(void)nfds;
	*out_revents = 0;
	if (!pcm->socket)
		return 0;
	take_events(pcm);
	forget_wake(pcm);
	if (!pcm->broken && io->state == SND_PCM_STATE_RUNNING)
		pcm->broken = collect(pcm);
	if (pcm->broken || at_end(pcm))
		wake_always(pcm);
	/* Not POLLERR: what it means is asked of pointer(), afterwards. */
	if (pcm->broken || at_end(pcm) || pcm->count || pcm->silence ||
	    pcm->hurried || io->state != SND_PCM_STATE_RUNNING)
		*out_revents = POLLIN;
	return 0;
}

/* ---- life ---------------------------------------------------------------- */

static int join(struct pcm_dsi *pcm, uint32_t periods)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = DSI_POLICY_DROP_NEW,
		.label = "alsa",
		.min_packet_bytes = pcm->desc.packet_bytes,
		.max_packet_bytes = pcm->desc.packet_bytes,
	};
	int err;

	memcpy(options.format, pcm->desc.format, sizeof(options.format));
	if (pcm->desc.traffic.tick_hz)
		options.usage = pcm_usage(&pcm->desc.traffic, periods);
	else
		options.queue_packets = periods;
	err = dsi_consumer_create(&options, &pcm->socket);
	if (!err)
		err = dsi_socket_connect(pcm->socket, pcm->stream,
					 dsi_now() + pcm->wait_ns);
	if (!err)
		err = dsi_socket_start(pcm->socket);
	if (!err) {
		pcm->io.poll_fd = dsi_socket_fd(pcm->socket);
		err = pcm->io.poll_fd < 0 ? pcm->io.poll_fd : 0;
	}
	return err;
}

static int capture_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
	struct pcm_dsi *pcm = io->private_data;
	uint32_t periods = (uint32_t)(io->buffer_size / io->period_size);
	int err;

	(void)params;
	pcm_forget(pcm);
	dsi_socket_destroy(pcm->socket);
	pcm->socket = NULL;
	pcm->ended = 0;
	err = pcm_make_places(pcm, periods);
	if (err)
		return err;
	err = join(pcm, periods);
	if (err)
		return pcm_explain(pcm, err);
	return snd_pcm_ioplug_reinit_status(io);
}

static int capture_start(snd_pcm_ioplug_t *io)
{
	(void)io;
	return 0;
}

/* After an xrun what came before is old: as many as there can be.  A producer that
 * sends as fast as we drop would keep us for ever. */
static void drop_old(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet;

	for (uint32_t n = 0; n < pcm->desc.packets; n++) {
		if (dsi_packet_get(pcm->socket, 0, &packet) != 0)
			return;
		if (dsi_packet_flags(packet) & DSI_PACKET_EOS)
			pcm->ended = 1;
		(void)dsi_packet_commit(pcm->socket, packet);
	}
	wake_always(pcm);
}

static int capture_prepare(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm_forget(pcm);
	forget_wake(pcm);
	if (pcm->broken)
		drop_old(pcm);
	pcm->moved = pcm->done = 0;
	pcm->offset = 0;
	pcm->silence = 0;
	pcm->broken = 0;
	return at_end(pcm) ? -ENODEV : 0;
}

static int capture_close(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm_forget(pcm);
	(void)close(pcm->wake);
	pcm_free(pcm);
	return 0;
}

static const snd_pcm_ioplug_callback_t capture = {
	.start = capture_start,
	.stop = capture_start,
	.pointer = capture_pointer,
	.transfer = capture_transfer,
	.close = capture_close,
	.hw_params = capture_hw_params,
	.sw_params = pcm_sw_params,
	.prepare = capture_prepare,
	.poll_descriptors_count = capture_descriptors,
	.poll_descriptors = capture_poll,
	.poll_revents = capture_revents,
	.dump = pcm_dump,
};

/* The description of the stream, as soon as there is one. */
static int look_at(struct pcm_dsi *pcm)
{
	const struct timespec nap = {.tv_nsec = LOOK_AGAIN_NS};
	uint64_t deadline_ns = dsi_now() + pcm->wait_ns;
	struct dsi_watch *watch;
	int err;

	for (;;) {
		err = dsi_watch_open(pcm->stream, 0, &watch);
		if (err != -DSI_ENOENT && err != -DSI_EPIPE &&
		    err != -DSI_EAGAIN)
			break;
		if (dsi_now() >= deadline_ns)
			break;
		(void)nanosleep(&nap, NULL);
	}
	if (err)
		return err;
	pcm->desc.size = sizeof(pcm->desc);
	err = dsi_watch_desc(watch, &pcm->desc);
	dsi_watch_close(watch);
	return err;
}

int pcm_capture_open(struct pcm_dsi *pcm)
{
	int err = look_at(pcm);

	if (err)
		return pcm_explain(pcm, err);
	pcm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pcm->wake < 0)
		return -errno;
	/* Until there is a socket. */
	pcm->io.poll_fd = -1;
	pcm->io.callback = &capture;
	pcm->io.poll_events = POLLIN;
	return 0;
}
