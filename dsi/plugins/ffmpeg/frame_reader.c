/* SPDX-License-Identifier: MIT */
/*
 * frame_reader.c - the consuming end: packets as read-only frames.
 *
 * The producer may be hostile: the note is copied and checked, and each plane
 * has to be there as the note says, with the bytes behind it that vector code
 * may read.
 */
#include <dsi/ffmpeg.h>

#include <pthread.h>
#include <stdlib.h>

#include <libavutil/frame.h>

#include "frame_note.h"
#include "frame_socket.h"

struct dsi_ffmpeg_reader {
	pthread_mutex_t lock; /* for the socket and all below */
	struct dsi_socket *socket;
	int fd;
	uintptr_t area_end;
	uint32_t held;
	struct holding *holdings; /* a list of so many */
	int owned;		  /* not destroyed yet */
	int ended;
};

/* What an AVBuffer holds. */
struct holding {
	struct dsi_ffmpeg_reader *reader;
	struct dsi_packet *packet;
	struct holding *next;
};

static struct holding **place_of(struct dsi_ffmpeg_reader *reader,
				 const struct holding *holding)
{
	struct holding **at = &reader->holdings;

	while (*at && *at != holding)
		at = &(*at)->next;
	return at;
}

/* With the lock, which it gives back. */
static void unlock_or_free(struct dsi_ffmpeg_reader *reader)
{
	int unused = !reader->owned && reader->held == 0;

	pthread_mutex_unlock(&reader->lock);
	if (!unused)
		return;
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

/* Of an AVBuffer: nobody references it any more.  Any thread. */
static void holding_released(void *opaque, uint8_t *data)
{
	struct holding *holding = opaque;
	struct dsi_ffmpeg_reader *reader = holding->reader;

	(void)data;
	pthread_mutex_lock(&reader->lock);
	(void)dsi_packet_commit(reader->socket, holding->packet);
	*place_of(reader, holding) = holding->next;
	reader->held--;
	unlock_or_free(reader);
	free(holding);
}

/* ---- a packet as a frame ------------------------------------------------- */

/* The planes of @packet, as long as the note says. */
static int find_planes(const struct dsi_ffmpeg_reader *reader,
		       const struct frame_note *note,
		       const struct dsi_packet *packet, AVFrame *frame)
{
	if (dsi_packet_count(packet) != (int32_t)note->planes + 1)
		return -DSI_EPROTO;
	for (uint32_t i = 0; i < note->planes; i++) {
		uint32_t size;
		void *data;

		if (dsi_packet_data(packet, i + 1, &data, &size) != 0 ||
		    size < frame_note_plane_bytes(note, i) ||
		    reader->area_end - (uintptr_t)data <
			    (uint64_t)size + NOTE_OVERREAD)
			return -DSI_EPROTO;
		frame->data[i] = data;
		if (note->kind == NOTE_PICTURE)
			frame->linesize[i] = note->stride[i];
	}
	if (note->kind == NOTE_SOUND)
		frame->linesize[0] = (int)frame_note_plane_bytes(note, 0);
	frame->extended_data = frame->data;
	return 0;
}

/* One buffer from the first plane's begin to the last one's end. */
static int reference(struct dsi_ffmpeg_reader *reader,
		     const struct frame_note *note, struct dsi_packet *packet,
		     AVFrame *frame)
{
	uint8_t *first = frame->data[0];
	uint8_t *end = first;
	struct holding *holding = malloc(sizeof(*holding));

	if (!holding)
		return -DSI_ENOMEM;
	*holding = (struct holding){.reader = reader, .packet = packet};
	for (uint32_t i = 0; i < note->planes; i++) {
		uint8_t *last =
			frame->data[i] + frame_note_plane_bytes(note, i);

		if (frame->data[i] < first)
			first = frame->data[i];
		if (last > end)
			end = last;
	}
	frame->buf[0] =
		av_buffer_create(first, (size_t)(end - first), holding_released,
				 holding, AV_BUFFER_FLAG_READONLY);
	if (!frame->buf[0]) {
		free(holding);
		return -DSI_ENOMEM;
	}
	holding->next = reader->holdings;
	reader->holdings = holding;
	reader->held++;
	return 0;
}

static int open_packet(struct dsi_ffmpeg_reader *reader,
		       struct dsi_packet *packet, AVFrame *frame)
{
	struct frame_note note;
	uint32_t size;
	void *slot;
	int err;

	if (dsi_packet_data(packet, 0, &slot, &size) != 0)
		return -DSI_EPROTO;
	err = frame_note_read(&note, slot, size);
	if (!err)
		err = frame_note_apply(&note, frame);
	if (!err)
		err = find_planes(reader, &note, packet, frame);
	if (!err)
		err = reference(reader, &note, packet, frame);
	return err;
}

/* ---- receiving ----------------------------------------------------------- */

static int try_receive(struct dsi_ffmpeg_reader *reader, AVFrame *frame)
{
	struct dsi_packet *packet;
	int err;

	pthread_mutex_lock(&reader->lock);
	err = reader->ended ? AVERROR_EOF
			    : dsi_packet_get(reader->socket, 0, &packet);
	if (!err && (dsi_packet_flags(packet) & DSI_PACKET_EOS)) {
		reader->ended = 1;
		err = AVERROR_EOF;
		(void)dsi_packet_commit(reader->socket, packet);
	} else if (!err) {
		err = open_packet(reader, packet, frame);
		if (err)
			(void)dsi_packet_commit(reader->socket, packet);
	} else if (err == -DSI_EAGAIN) {
		frame_socket_take_events(reader->socket);
	}
	pthread_mutex_unlock(&reader->lock);
	return err;
}

int dsi_ffmpeg_receive(struct dsi_ffmpeg_reader *reader, AVFrame *frame,
		       uint64_t deadline_ns)
{
	if (!reader || !frame)
		return -DSI_EINVAL;
	for (;;) {
		int err = try_receive(reader, frame);

		if (err && err != -DSI_EAGAIN)
			av_frame_unref(frame);
		if (err != -DSI_EAGAIN || deadline_ns == 0)
			return err;
		err = frame_socket_wait(reader->fd, -1, deadline_ns);
		if (err)
			return err;
	}
}

/* The opaque of another's buffer is compared, never looked into. */
int dsi_ffmpeg_reader_packet(struct dsi_ffmpeg_reader *reader,
			     const AVFrame *frame,
			     struct dsi_packet **out_packet)
{
	const struct holding *holding;

	if (!reader || !frame || !frame->buf[0] || !out_packet)
		return -DSI_EINVAL;
	pthread_mutex_lock(&reader->lock);
	holding = *place_of(reader, av_buffer_get_opaque(frame->buf[0]));
	if (holding)
		*out_packet = holding->packet;
	pthread_mutex_unlock(&reader->lock);
	return holding ? 0 : -DSI_EINVAL;
}

/* ---- life ---------------------------------------------------------------- */

int dsi_ffmpeg_reader_create(struct dsi_socket *sock,
			     struct dsi_ffmpeg_reader **out_reader)
{
	struct dsi_ffmpeg_reader *reader;
	uint64_t bytes;
	void *area;
	int err, fd;

	if (!sock || !out_reader)
		return -DSI_EINVAL;
	err = dsi_socket_area(sock, &area, &bytes);
	if (err)
		return err;
	fd = dsi_socket_fd(sock);
	if (fd < 0)
		return fd;
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -DSI_ENOMEM;
	pthread_mutex_init(&reader->lock, NULL);
	reader->socket = sock;
	reader->fd = fd;
	reader->area_end = (uintptr_t)area + bytes;
	reader->owned = 1;
	*out_reader = reader;
	return 0;
}

int32_t dsi_ffmpeg_reader_held(struct dsi_ffmpeg_reader *reader)
{
	int32_t held;

	if (!reader)
		return -DSI_EINVAL;
	pthread_mutex_lock(&reader->lock);
	held = (int32_t)reader->held;
	pthread_mutex_unlock(&reader->lock);
	return held;
}

void dsi_ffmpeg_reader_destroy(struct dsi_ffmpeg_reader *reader)
{
	if (!reader)
		return;
	pthread_mutex_lock(&reader->lock);
	reader->owned = 0;
	unlock_or_free(reader);
}
