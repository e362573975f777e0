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
 * Without a reader the sound is played to nobody.  A reader with policy BLOCK
 * that stops keeps all packets in the end, and then the program gets an xrun.
 */
#include <errno.h>
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
	int err;

	err = dsi_packet_set_size(packet, (uint32_t)frames * pcm->frame_bytes);
	if (!err)
		err = dsi_packet_commit(pcm->socket, packet);
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
	if (pcm->broken)
		return pcm->broken;
	return (snd_pcm_sframes_t)(pcm->done % io->buffer_size);
}

/* Room in the packet that is being written, or a new one. */
static int have_packet(struct pcm_dsi *pcm)
{
	struct dsi_packet *packet;
	int err;

	if ((pcm->moved - pcm->done) < pcm->count * pcm->io.period_size)
		return 0;
	if (pcm->count == pcm->places)
		return -EAGAIN;
	err = dsi_packet_get(pcm->socket, 0, &packet);
	if (err == -DSI_EAGAIN)
		return -EPIPE; /* the readers have them all */
	if (err)
		return -EIO;
	pcm_hold(pcm, packet);
	return 0;
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
		uint64_t ahead = pcm->moved - pcm->done;
		uint64_t in = ahead % io->period_size;
		uint64_t n = io->period_size - in;
		uint32_t capacity;
		void *data;
		int err = have_packet(pcm);

		if (err == -EPIPE)
			pcm->broken = err;
		if (err)
			return left < size ? (snd_pcm_sframes_t)(size - left)
					   : err;
		if (n > left)
			n = left;
		if (dsi_packet_data(pcm_held(pcm, pcm->count - 1), 0, &data,
				    &capacity) != 0)
			return -EIO;
		memcpy((uint8_t *)data + in * pcm->frame_bytes, from,
		       n * pcm->frame_bytes);
		from += n * pcm->frame_bytes;
		pcm->moved += n;
		left -= n;
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
static int describe(const struct pcm_dsi *pcm, struct dsi_stream_desc *desc)
{
	const snd_pcm_ioplug_t *io = &pcm->io;
	const struct dsi_usage reader = {
		.tick_hz = io->rate,
		.pace = DSI_PACE_RESPONSE,
		.response = io->buffer_size,
	};
	char why[128];

	*desc = (struct dsi_stream_desc){
		.size = sizeof(*desc),
		.packet_bytes = (uint32_t)io->period_size * pcm->frame_bytes,
		.traffic = {.tick_hz = io->rate,
			    .period = io->period_size,
			    .jitter = io->period_size,
			    .hold = io->buffer_size + io->period_size},
	};
	pcm_format_text(desc->format, io->format, io->rate, io->channels);
	if (dsi_stream_desc_size(desc, &reader, 1, why, sizeof(why)) != 0) {
		SNDERR("dsi: stream '%s': %s", pcm->stream, why);
		return -EINVAL;
	}
	return 0;
}

static int playback_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
	struct pcm_dsi *pcm = io->private_data;
	struct dsi_stream_desc desc;
	int err;

	(void)params;
	pcm->frame_bytes = (uint32_t)snd_pcm_format_physical_width(io->format) /
			   8 * io->channels;
	pcm_forget(pcm);
	dsi_socket_destroy(pcm->socket);
	pcm->socket = NULL;
	pcm->places = (uint32_t)(io->buffer_size / io->period_size) + 1;
	free(pcm->held);
	pcm->held = calloc(pcm->places, sizeof(struct dsi_packet *));
	if (!pcm->held)
		return -ENOMEM;
	err = describe(pcm, &desc);
	if (err)
		return err;
	err = dsi_producer_create(&desc, NULL, &pcm->socket);
	if (!err)
		err = dsi_socket_listen(pcm->socket, pcm->stream, NULL);
	if (!err)
		err = dsi_socket_start(pcm->socket);
	if (!err)
		return 0;
	SNDERR("dsi: stream '%s': %s", pcm->stream,
	       pcm->socket && *dsi_socket_error(pcm->socket)
		       ? dsi_socket_error(pcm->socket)
		       : dsi_strerror(err));
	return err == -DSI_EEXIST ? -EBUSY : -EINVAL;
}

static int playback_prepare(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm_forget(pcm);
	pcm->moved = pcm->done = 0;
	pcm->start_ns = 0;
	pcm->broken = 0;
	return 0;
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
	return 0;
}

static int playback_close(snd_pcm_ioplug_t *io)
{
	struct pcm_dsi *pcm = io->private_data;

	pcm_forget(pcm);
	dsi_socket_destroy(pcm->socket);
	(void)close(pcm->timer);
	free(pcm->held);
	free(pcm->stream);
	free(pcm);
	return 0;
}

static const snd_pcm_ioplug_callback_t playback = {
	.start = playback_start,
	.stop = playback_stop,
	.pointer = playback_pointer,
	.transfer = playback_transfer,
	.close = playback_close,
	.hw_params = playback_hw_params,
	.prepare = playback_prepare,
	.drain = playback_drain,
	.poll_revents = playback_revents,
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
