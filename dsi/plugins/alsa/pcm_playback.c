/* SPDX-License-Identifier: MIT */
/*
 * pcm_playback.c - a program plays into a stream.
 *
 * There is no sound card, so the clock is CLOCK_MONOTONIC: a packet is one
 * period, written ahead by the program, and committed at the instant at which a
 * card would have played its last frame.  So readers get the sound at its own
 * pace, whatever the program's is.  No thread is needed: the device's descriptor
 * is a timer, and whoever waits for it calls pointer(), which commits what is
 * due.
 *
 * Without a reader the sound is played to nobody, unless the device was told to
 * wait for some.  A reader with policy BLOCK that stops keeps all packets in the
 * end.  Then the program gets an xrun, once; when it has recovered, its sound is
 * lost, at its own pace, until a packet comes back.  A packet's number is that of
 * its period, so that the reader sees how much it missed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "pcm_dsi.h"

#define SECOND UINT64_C(1000000000)

static uint64_t frames_due(const struct pcm_dsi *pcm, uint64_t now_ns)
{
	uint64_t past = now_ns - pcm->start_ns;

	/* Split: the product of a day in ns and a rate has more than 64 bits. */
	return past / SECOND * pcm->io.rate +
	       past % SECOND * pcm->io.rate / SECOND;
}

/* Frames in the first packet that is held. */
static uint64_t first_frames(const struct pcm_dsi *pcm)
{
	uint64_t left = pcm->moved - pcm->done;

	return left < pcm->io.period_size ? left : pcm->io.period_size;
}

static int commit_first(struct pcm_dsi *pcm, uint64_t frames)
{
	struct dsi_packet *packet = pcm_held(pcm, 0);
	int err = 0;

	if (packet) {
		err = dsi_packet_set_size(packet,
					  (uint32_t)frames * pcm->frame_bytes);
		if (!err)
			err = dsi_packet_set_number(packet, pcm->periods);
		if (!err)
			err = dsi_packet_commit(pcm->socket, packet);
	} else {
		pcm->lost++;
	}
	pcm->periods++;
	pcm->first = (pcm->first + 1) % pcm->places;
	pcm->count--;
	pcm->done += frames;
	return err;
}

/* Commit what is due.  -EPIPE: the program did not write it in time. */
static int advance(struct pcm_dsi *pcm, int draining)
{
	uint64_t due = frames_due(pcm, dsi_now());

	for (;;) {
		uint64_t frames = first_frames(pcm);

		if (due - pcm->done < pcm->io.period_size &&
		    !(draining && frames && due >= pcm->done + frames))
			return 0;
		if (frames < pcm->io.period_size && !draining)
			return -EPIPE;
		if (frames == 0)
			return 0;
		if (commit_first(pcm, frames))
			return -EIO;
	}
}

static snd_pcm_sframes_t playback_pointer(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	if (pcm->broken)
		return pcm->broken;
	if (pcm->start_ns)
		pcm->broken = advance(pcm, io->state == SND_PCM_STATE_DRAINING);
	if (pcm->broken == -EPIPE)
		pcm->xruns++;
	if (pcm->broken)
		return pcm->broken;
	return (snd_pcm_sframes_t)(pcm->done % pcm->boundary);
}

/* Room in the packet that is being written, or a new one. */
static int have_packet(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet = NULL;
	int err, begins;

	if ((pcm->moved - pcm->done) < pcm->count * pcm->io.period_size)
		return 0;
	if (pcm->count == pcm->places)
		return -EAGAIN;
	err = dsi_packet_get(pcm->socket, 0, &packet);
	if (err && err != -DSI_EAGAIN)
		return -EIO;
	begins = err && !pcm->stalled;
	/* It is over when there were packets for a whole buffer. */
	if (err)
		pcm->stalled = pcm->places;
	else if (pcm->stalled)
		pcm->stalled--;
	if (begins) {
		pcm->xruns++;
		pcm->broken = -EPIPE;
		return -EPIPE;
	}
	pcm_hold(pcm, err ? NULL : packet);
	return 0;
}

/* Behind what was written, into the last packet.  How many frames, or an
 * error. */
static snd_pcm_sframes_t write_last(struct pcm_dsi *pcm, const uint8_t *from,
				    uint64_t most)
{
	uint64_t in = (pcm->moved - pcm->done) % pcm->io.period_size;
	uint64_t n = pcm->io.period_size - in;
	struct dsi_packet *packet;
	uint32_t capacity;
	void *data;
	int err = have_packet(pcm);

	if (err)
		return err;
	if (n > most)
		n = most;
	packet = pcm_held(pcm, pcm->count - 1);
	if (packet && dsi_packet_data(packet, 0, &data, &capacity) != 0)
		return -EIO;
	if (packet)
		memcpy((uint8_t *)data + in * pcm->frame_bytes, from,
		       n * pcm->frame_bytes);
	pcm->moved += n;
	return (snd_pcm_sframes_t)n;
}

static snd_pcm_sframes_t playback_transfer(snd_pcm_ioplug_t *io,
					   const snd_pcm_channel_area_t *areas,
					   snd_pcm_uframes_t offset,
					   snd_pcm_uframes_t size)
{
	struct pcm_dsi *pcm = io->private_data;
	const uint8_t *from = (const uint8_t *)areas->addr + areas->first / 8 +
			      areas->step / 8 * offset;
	snd_pcm_uframes_t left = size;

	while (left) {
		snd_pcm_sframes_t n = write_last(pcm, from, left);

		if (n < 0)
			return left < size ? (snd_pcm_sframes_t)(size - left)
					   : n;
		from += (uint64_t)n * pcm->frame_bytes;
		left -= (snd_pcm_uframes_t)n;
	}
	return (snd_pcm_sframes_t)size;
}

/* ---- start, stop --------------------------------------------------------- */

static int tick(struct pcm_dsi *pcm, uint64_t period_ns)
{
	const struct itimerspec spec = {
		.it_interval.tv_sec = (time_t)(period_ns / SECOND),
		.it_interval.tv_nsec = (long)(period_ns % SECOND),
		.it_value.tv_sec = (time_t)(period_ns / SECOND),
		.it_value.tv_nsec = (long)(period_ns % SECOND),
	};

	return timerfd_settime(pcm->timer, 0, &spec, NULL) ? -errno : 0;
}

static int playback_start(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm->start_ns = dsi_now();
	return tick(pcm, io->period_size * SECOND / io->rate);
}

static int playback_stop(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm->start_ns = 0;
	return tick(pcm, 0);
}

/* The packets are those that the calculator asks for, from what this device
 * does and a reader that gives back what it got within a buffer. */
static int describe(struct pcm_dsi *pcm)
{
	const snd_pcm_ioplug_t *io = &pcm->io;

	pcm->desc = (struct dsi_stream_desc){
		.size = sizeof(pcm->desc),
		.packet_bytes = (uint32_t)io->period_size * pcm->frame_bytes,
		.traffic = {.tick_hz = io->rate,
			    .period = io->period_size,
			    .jitter = io->period_size,
			    .hold = io->buffer_size + io->period_size},
	};
	pcm_format_text(pcm->desc.format, io->format, io->rate, io->channels);
	return pcm_packets(&pcm->desc, pcm->stream,
			   (uint32_t)(io->buffer_size / io->period_size));
}

/* The end is a packet as well, so that readers know it from a death. */
static void end_stream(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet;

	if (!pcm->socket)
		return;
	pcm_forget(pcm);
	if (dsi_packet_get(pcm->socket, 0, &packet) == 0) {
		if (dsi_packet_set_size(packet, 0) == 0 &&
		    dsi_packet_set_number(packet, pcm->periods) == 0 &&
		    dsi_packet_set_flags(packet, DSI_PACKET_EOS) == 0)
			(void)dsi_packet_commit(pcm->socket, packet);
		else
			(void)dsi_packet_discard(pcm->socket, packet);
	}
	dsi_socket_destroy(pcm->socket);
	pcm->socket = NULL;
}

static int playback_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
	struct pcm_dsi *pcm = io->private_data;
	const struct dsi_producer_options options = {
		.size = sizeof(options), .wait_consumers = pcm->readers};
	int err;

	(void)params;
	pcm->frame_bytes = (uint32_t)snd_pcm_format_physical_width(io->format) /
			   8 * io->channels;
	end_stream(pcm);
	pcm->periods = 0;
	pcm->admitted = 0;
	err = pcm_make_places(
		pcm, (uint32_t)(io->buffer_size / io->period_size) + 1);
	if (!err)
		err = describe(pcm);
	if (err)
		return err;
	err = dsi_producer_create(&pcm->desc, &options, &pcm->socket);
	if (!err)
		err = dsi_socket_listen(pcm->socket, pcm->stream, NULL);
	if (!err)
		err = dsi_socket_start(pcm->socket);
	return err ? pcm_explain(pcm, err) : 0;
}

/* There is no packet before the readers that are waited for are there. */
static int wait_for_readers(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet;
	int err;

	if (pcm->admitted)
		return 0;
	err = dsi_packet_get(pcm->socket,
			     pcm->io.nonblock ? 0 : dsi_now() + pcm->wait_ns,
			     &packet);
	if (err == -DSI_EAGAIN)
		return -EAGAIN;
	if (err == -DSI_ETIMEDOUT) {
		SNDERR("dsi: stream '%s': not %u readers came", pcm->stream,
		       pcm->readers);
		return -ENODEV;
	}
	if (err)
		return pcm_explain(pcm, err);
	pcm->admitted = 1;
	(void)dsi_packet_discard(pcm->socket, packet);
	return 0;
}

static int playback_prepare(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm_forget(pcm);
	pcm->moved = pcm->done = 0;
	pcm->start_ns = 0;
	pcm->broken = 0;
	return wait_for_readers(pcm);
}

/* What is written is played to its end. */
static int playback_drain(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;
	const struct timespec nap = {.tv_nsec = 1000000};

	if (!pcm->start_ns && pcm->moved)
		(void)playback_start(io);
	while (pcm->done < pcm->moved) {
		int err = advance(pcm, 1);

		if (err)
			return err;
		if (io->nonblock && pcm->done < pcm->moved)
			return -EAGAIN;
		(void)nanosleep(&nap, NULL);
	}
	return 0;
}

/* ---- waiting ------------------------------------------------------------- */

static int playback_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd,
			    unsigned nfds, unsigned short *out_revents)
{
	struct pcm_dsi *pcm = io->private_data;
	uint64_t ticks;

	(void)nfds;
	*out_revents = 0;
	if (pfd->revents & POLLIN) {
		(void)!read(pcm->timer, &ticks, sizeof(ticks));
		*out_revents = POLLOUT;
	}
	/* Not POLLERR: what it means is asked of pointer(), afterwards. */
	if (pcm->broken)
		*out_revents = POLLOUT;
	return 0;
}

static int playback_close(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	end_stream(pcm);
	(void)close(pcm->timer);
	pcm_free(pcm);
	return 0;
}

static const snd_pcm_ioplug_callback_t playback = {
	.start = playback_start,
	.stop = playback_stop,
	.pointer = playback_pointer,
	.transfer = playback_transfer,
	.close = playback_close,
	.hw_params = playback_hw_params,
	.sw_params = pcm_sw_params,
	.prepare = playback_prepare,
	.drain = playback_drain,
	.poll_revents = playback_revents,
	.dump = pcm_dump,
};

int pcm_playback_open(struct pcm_dsi *pcm)
{
	pcm->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pcm->timer < 0)
		return -errno;
	pcm->io.callback = &playback;
	pcm->io.poll_fd = pcm->timer;
	pcm->io.poll_events = POLLIN;
	return 0;
}
