/* SPDX-License-Identifier: MIT */
/*
 * frame_writer.c - the producing end: slots for decoders, and frames on their way
 * out.
 *
 *   decoder wants memory      -> dsi_ffmpeg_get_buffer(): dsi_packet_get()
 *   or somebody else does     -> dsi_ffmpeg_get_frame(): dsi_packet_get()
 *   frame is sent             -> dsi_ffmpeg_send(): dsi_packet_commit()
 *   last reference is gone    -> slot_released(): dsi_packet_unkeep()
 *
 * So a slot is free again when the consumers have given the packet back and the
 * decoder has let go of it, in whichever order.  Nobody may write to a frame once
 * it was sent; some decoders would, so their buffers are marked as read-only.
 *
 * Decoders ask and let go on threads of their own: the lock is for the socket and
 * all fields.  Nobody sleeps with it.
 */
#include <dsi/ffmpeg.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <libavutil/imgutils.h>

#include <dsi/event.h>

#include "frame_place.h"
#include "frame_socket.h"

/* A slot that is referenced. */
struct slot {
	struct dsi_ffmpeg_writer *writer;
	struct dsi_packet *packet;
	uint8_t *base;
	uint64_t offset; /* of it, in the area */
	int committed;
};

struct dsi_ffmpeg_writer {
	pthread_mutex_t lock;
	struct dsi_socket *socket;
	struct dsi_ffmpeg_writer_options options;
	int fd, wake;
	uint32_t slot_bytes, max_sg, packets;
	uint32_t refs; /* the owner's, and one for each slot */
	struct slot *slots;
	struct slot **unused;
	uint32_t n_unused;
	struct dsi_ffmpeg_writer_stats stats;
};

/* ---- life ---------------------------------------------------------------- */

static void unref(struct dsi_ffmpeg_writer *writer)
{
	uint32_t left;

	pthread_mutex_lock(&writer->lock);
	left = --writer->refs;
	pthread_mutex_unlock(&writer->lock);
	if (left)
		return;
	pthread_mutex_destroy(&writer->lock);
	if (writer->wake >= 0)
		(void)close(writer->wake);
	free(writer->slots);
	free(writer->unused);
	free(writer);
}

static int prepare(struct dsi_ffmpeg_writer *writer)
{
	writer->slots = calloc(writer->packets, sizeof(struct slot));
	writer->unused = calloc(writer->packets, sizeof(struct slot *));
	if (!writer->slots || !writer->unused)
		return -DSI_ENOMEM;
	for (uint32_t i = 0; i < writer->packets; i++) {
		writer->slots[i].writer = writer;
		writer->unused[writer->n_unused++] = &writer->slots[i];
	}
	writer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (writer->wake < 0)
		return errno == ENOMEM ? -DSI_ENOMEM : -DSI_EMFILE;
	writer->fd = dsi_socket_fd(writer->socket);
	return writer->fd < 0 ? writer->fd : 0;
}

int dsi_ffmpeg_writer_create(struct dsi_socket *sock,
			     const struct dsi_ffmpeg_writer_options *options,
			     struct dsi_ffmpeg_writer **out_writer)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_ffmpeg_writer *writer;
	int err;

	if (!sock || !out_writer ||
	    (options && options->size != sizeof(*options)) ||
	    (options && (options->flags & ~DSI_FFMPEG_COPY)))
		return -DSI_EINVAL;
	err = dsi_socket_desc(sock, &desc);
	if (err)
		return err;
	if (desc.packet_bytes <= NOTE_ROOM || desc.max_sg < 2)
		return -DSI_EINVAL;
	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -DSI_ENOMEM;
	pthread_mutex_init(&writer->lock, NULL);
	writer->wake = -1;
	writer->refs = 1;
	writer->socket = sock;
	writer->slot_bytes = desc.packet_bytes;
	writer->max_sg = desc.max_sg;
	writer->packets = desc.packets;
	if (options)
		writer->options = *options;
	err = prepare(writer);
	if (err)
		unref(writer);
	else
		*out_writer = writer;
	return err;
}

void dsi_ffmpeg_writer_destroy(struct dsi_ffmpeg_writer *writer)
{
	if (writer)
		unref(writer);
}

int dsi_ffmpeg_writer_stats(struct dsi_ffmpeg_writer *writer,
			    struct dsi_ffmpeg_writer_stats *out_stats)
{
	if (!writer || !out_stats || out_stats->size != sizeof(*out_stats))
		return -DSI_EINVAL;
	pthread_mutex_lock(&writer->lock);
	*out_stats = writer->stats;
	pthread_mutex_unlock(&writer->lock);
	out_stats->size = sizeof(*out_stats);
	return 0;
}

/* ---- packets ------------------------------------------------------------- */

static int try_take(struct dsi_ffmpeg_writer *writer,
		    struct dsi_packet **out_packet)
{
	int err;

	pthread_mutex_lock(&writer->lock);
	err = dsi_packet_get(writer->socket, 0, out_packet);
	if (err == -DSI_EAGAIN || err == -DSI_ENOBUFS) {
		err = -DSI_EAGAIN;
		frame_socket_take_events(writer->socket);
	}
	pthread_mutex_unlock(&writer->lock);
	return err;
}

static int take_packet(struct dsi_ffmpeg_writer *writer, uint64_t deadline_ns,
		       struct dsi_packet **out_packet)
{
	for (;;) {
		uint64_t count;
		int err = try_take(writer, out_packet);

		if (err != -DSI_EAGAIN || deadline_ns == 0)
			return err;
		err = frame_socket_wait(writer->fd, writer->wake, deadline_ns);
		if (err)
			return err;
		(void)!read(writer->wake, &count, sizeof(count));
	}
}

static void put_back(struct dsi_ffmpeg_writer *writer,
		     struct dsi_packet *packet)
{
	pthread_mutex_lock(&writer->lock);
	(void)dsi_packet_discard(writer->socket, packet);
	pthread_mutex_unlock(&writer->lock);
}

/* ---- memory for frames -------------------------------------------------- */

/* Of an AVBuffer: nobody references it any more.  Any thread. */
static void slot_released(void *opaque, uint8_t *data)
{
	struct slot *slot = opaque;
	struct dsi_ffmpeg_writer *writer = slot->writer;
	uint64_t one = 1;

	(void)data;
	pthread_mutex_lock(&writer->lock);
	if (slot->committed)
		(void)dsi_packet_unkeep(slot->packet);
	else
		(void)dsi_packet_discard(writer->socket, slot->packet);
	slot->packet = NULL;
	writer->unused[writer->n_unused++] = slot;
	writer->stats.held--;
	(void)!write(writer->wake, &one, sizeof(one));
	pthread_mutex_unlock(&writer->lock);
	unref(writer);
}

/* The packet gets a slot of ours: there are as many as packets. */
static struct slot *slot_for(struct dsi_ffmpeg_writer *writer,
			     struct dsi_packet *packet)
{
	struct slot *slot;
	uint32_t size;
	void *base;
	int err;

	pthread_mutex_lock(&writer->lock);
	slot = writer->unused[--writer->n_unused];
	slot->packet = packet;
	slot->committed = 0;
	err = dsi_packet_data(packet, 0, &base, &size);
	if (!err)
		err = dsi_packet_element(packet, 0, &slot->offset, &size);
	slot->base = err ? NULL : base;
	writer->refs++;
	writer->stats.held++;
	if (writer->stats.held > writer->stats.held_max)
		writer->stats.held_max = writer->stats.held;
	pthread_mutex_unlock(&writer->lock);
	if (!err)
		return slot;
	slot_released(slot, NULL);
	return NULL;
}

static int lay_out(AVFrame *frame, struct slot *slot,
		   const struct frame_place *place, int buffer_flags)
{
	frame->buf[0] = av_buffer_create(slot->base, slot->writer->slot_bytes,
					 slot_released, slot, buffer_flags);
	if (!frame->buf[0]) {
		slot_released(slot, NULL);
		return AVERROR(ENOMEM);
	}
	for (uint32_t i = 0; i < place->planes; i++) {
		frame->data[i] = slot->base + place->offset[i];
		/* Of sound, only the first is set. */
		if (frame->width > 0 || i == 0)
			frame->linesize[i] = place->stride[i];
	}
	frame->extended_data = frame->data;
	return 0;
}

static void count(struct dsi_ffmpeg_writer *writer, uint64_t *counter)
{
	pthread_mutex_lock(&writer->lock);
	++*counter;
	pthread_mutex_unlock(&writer->lock);
}

int dsi_ffmpeg_get_buffer(struct dsi_ffmpeg_writer *writer,
			  AVCodecContext *decoder, AVFrame *frame, int flags)
{
	struct dsi_packet *packet;
	struct frame_place place;
	struct slot *slot;
	int err;

	if (!writer || !decoder || !frame)
		return AVERROR(EINVAL);
	if ((writer->options.flags & DSI_FFMPEG_COPY) ||
	    !(decoder->codec->capabilities & AV_CODEC_CAP_DR1) ||
	    frame_place(&place, decoder, frame) != 0)
		return avcodec_default_get_buffer2(decoder, frame, flags);
	if (place.bytes > writer->slot_bytes) {
		count(writer, &writer->stats.no_fit);
		return avcodec_default_get_buffer2(decoder, frame, flags);
	}
	err = take_packet(writer,
			  writer->options.wait_ns
				  ? dsi_now() + writer->options.wait_ns
				  : 0,
			  &packet);
	if (err == -DSI_EAGAIN || err == -DSI_ETIMEDOUT) {
		count(writer, &writer->stats.no_slot);
		return avcodec_default_get_buffer2(decoder, frame, flags);
	}
	if (err)
		return err;
	slot = slot_for(writer, packet);
	return slot ? lay_out(frame, slot, &place, AV_BUFFER_FLAG_READONLY)
		    : AVERROR(EIO);
}

static int attached_get_buffer(AVCodecContext *decoder, AVFrame *frame,
			       int flags)
{
	return dsi_ffmpeg_get_buffer(decoder->opaque, decoder, frame, flags);
}

int dsi_ffmpeg_attach(struct dsi_ffmpeg_writer *writer, AVCodecContext *decoder)
{
	if (!writer || !decoder)
		return -DSI_EINVAL;
	decoder->opaque = writer;
	decoder->get_buffer2 = attached_get_buffer;
	return 0;
}

int dsi_ffmpeg_get_frame(struct dsi_ffmpeg_writer *writer, AVFrame *frame,
			 uint64_t deadline_ns)
{
	struct dsi_packet *packet;
	struct frame_place place;
	struct slot *slot;
	int err;

	if (!writer || !frame || frame->buf[0] || frame->data[0] ||
	    frame_place(&place, NULL, frame) != 0 ||
	    place.planes + 1 > writer->max_sg)
		return -DSI_EINVAL;
	if (place.bytes > writer->slot_bytes)
		return -DSI_ENOSPC;
	err = take_packet(writer, deadline_ns, &packet);
	if (err)
		return err;
	slot = slot_for(writer, packet);
	if (!slot)
		return -DSI_EIO;
	return lay_out(frame, slot, &place, 0) ? -DSI_ENOMEM : 0;
}

/* ---- frames on their way out --------------------------------------------- */

/* The slot in which all of the frame lies; NULL: there is none. */
static struct slot *slot_of(struct dsi_ffmpeg_writer *writer,
			    const struct frame_note *note, const AVFrame *frame)
{
	struct slot *slot = av_buffer_get_opaque(frame->buf[0]);
	uintptr_t first = (uintptr_t)writer->slots;
	uintptr_t at = (uintptr_t)slot;

	/* Is it the opaque of a buffer of ours at all? */
	if (at < first || at - first >= writer->packets * sizeof(struct slot) ||
	    frame->buf[1])
		return NULL;
	for (uint32_t i = 0; i < note->planes; i++) {
		uintptr_t begin = (uintptr_t)slot->base + NOTE_ROOM;
		uintptr_t data = (uintptr_t)frame->data[i];

		if ((note->kind == NOTE_PICTURE && note->stride[i] <= 0) ||
		    data < begin ||
		    data - begin > writer->slot_bytes - NOTE_ROOM ||
		    frame_note_plane_bytes(note, i) >
			    writer->slot_bytes - NOTE_ROOM - (data - begin))
			return NULL;
	}
	return slot;
}

int dsi_ffmpeg_writer_packet(struct dsi_ffmpeg_writer *writer,
			     const AVFrame *frame,
			     struct dsi_packet **out_packet)
{
	struct frame_note note;
	struct slot *slot;
	int found;

	if (!writer || !frame || frame_note_write(&note, frame) != 0)
		return -DSI_EINVAL;
	pthread_mutex_lock(&writer->lock);
	slot = slot_of(writer, &note, frame);
	found = slot && !slot->committed;
	if (found && out_packet)
		*out_packet = slot->packet;
	pthread_mutex_unlock(&writer->lock);
	return found ? 0 : -DSI_EINVAL;
}

/* The note into the slot of @packet; it is its first element. */
static int write_note(struct dsi_packet *packet, const struct frame_note *note)
{
	uint32_t size;
	void *base;
	int err = dsi_packet_data(packet, 0, &base, &size);

	if (!err)
		err = dsi_packet_set_size(packet, sizeof(*note));
	if (!err)
		memcpy(base, note, sizeof(*note));
	return err;
}

/* With the lock. */
static int commit_slot(struct dsi_ffmpeg_writer *writer, struct slot *slot,
		       const struct frame_note *note, const AVFrame *frame)
{
	int err = write_note(slot->packet, note);

	for (uint32_t i = 0; !err && i < note->planes; i++)
		err = dsi_packet_add_data(
			slot->packet,
			slot->offset + (uint64_t)(frame->data[i] - slot->base),
			(uint32_t)frame_note_plane_bytes(note, i));
	if (!err)
		err = dsi_packet_keep(slot->packet);
	if (err)
		return err;
	err = dsi_packet_commit(writer->socket, slot->packet);
	if (err) {
		(void)dsi_packet_unkeep(slot->packet);
		return err;
	}
	slot->committed = 1;
	writer->stats.in_place++;
	return 0;
}

/* Commit @packet, or put it back. */
static int finish(struct dsi_ffmpeg_writer *writer, struct dsi_packet *packet,
		  int err, uint64_t *counter)
{
	if (!err)
		err = dsi_packet_commit(writer->socket, packet);
	if (err)
		(void)dsi_packet_discard(writer->socket, packet);
	else
		++*counter;
	return err;
}

static int send_again(struct dsi_ffmpeg_writer *writer, struct slot *slot,
		      const struct frame_note *note, const AVFrame *frame,
		      uint64_t deadline_ns)
{
	struct dsi_packet *packet;
	int err = take_packet(writer, deadline_ns, &packet);

	if (err)
		return err;
	pthread_mutex_lock(&writer->lock);
	err = write_note(packet, note);
	for (uint32_t i = 0; !err && i < note->planes; i++)
		err = dsi_packet_add_shared(
			packet, slot->packet,
			(uint64_t)(frame->data[i] - slot->base),
			(uint32_t)frame_note_plane_bytes(note, i));
	err = finish(writer, packet, err, &writer->stats.repeated);
	pthread_mutex_unlock(&writer->lock);
	return err;
}

static void copy_planes(const struct frame_note *note,
			const struct frame_place *place, const AVFrame *frame,
			uint8_t *base)
{
	int width[4] = {0};

	if (note->kind == NOTE_PICTURE)
		(void)av_image_fill_linesizes(
			width, (enum AVPixelFormat)frame->format, frame->width);
	for (uint32_t i = 0; i < note->planes; i++) {
		uint64_t bytes = frame_note_plane_bytes(note, i);
		uint8_t *to = base + place->offset[i];

		if (note->kind == NOTE_SOUND)
			memcpy(to, frame->extended_data[i], bytes);
		else
			av_image_copy_plane(to, place->stride[i],
					    frame->data[i], frame->linesize[i],
					    width[i],
					    (int)((bytes - (uint64_t)width[i]) /
						  (uint64_t)place->stride[i]) +
						    1);
	}
}

static int send_copy(struct dsi_ffmpeg_writer *writer, struct frame_note *note,
		     const AVFrame *frame, uint64_t deadline_ns)
{
	struct dsi_packet *packet;
	struct frame_place place;
	uint64_t offset;
	uint32_t size;
	void *base;
	int err = frame_place(&place, NULL, frame);

	if (err || place.planes != note->planes)
		return -DSI_EINVAL;
	if (place.bytes > writer->slot_bytes)
		return -DSI_ENOSPC;
	err = take_packet(writer, deadline_ns, &packet);
	if (err)
		return err;
	memcpy(note->stride, place.stride, sizeof(note->stride));
	if (dsi_packet_data(packet, 0, &base, &size) != 0 ||
	    dsi_packet_element(packet, 0, &offset, &size) != 0) {
		put_back(writer, packet);
		return -DSI_EINVAL;
	}
	copy_planes(note, &place, frame, base);
	pthread_mutex_lock(&writer->lock);
	err = write_note(packet, note);
	for (uint32_t i = 0; !err && i < note->planes; i++)
		err = dsi_packet_add_data(
			packet, offset + place.offset[i],
			(uint32_t)frame_note_plane_bytes(note, i));
	err = finish(writer, packet, err, &writer->stats.copied);
	pthread_mutex_unlock(&writer->lock);
	return err;
}

int dsi_ffmpeg_send(struct dsi_ffmpeg_writer *writer, const AVFrame *frame,
		    uint64_t deadline_ns)
{
	struct frame_note note;
	struct slot *slot;
	int err;

	if (!writer || !frame)
		return -DSI_EINVAL;
	err = frame_note_write(&note, frame);
	if (err || note.planes + 1 > writer->max_sg)
		return -DSI_EINVAL;
	pthread_mutex_lock(&writer->lock);
	slot = slot_of(writer, &note, frame);
	if (slot && !slot->committed) {
		err = commit_slot(writer, slot, &note, frame);
		pthread_mutex_unlock(&writer->lock);
		return err;
	}
	pthread_mutex_unlock(&writer->lock);
	return slot ? send_again(writer, slot, &note, frame, deadline_ns)
		    : send_copy(writer, &note, frame, deadline_ns);
}

int dsi_ffmpeg_send_end(struct dsi_ffmpeg_writer *writer, uint64_t deadline_ns)
{
	struct dsi_packet *packet;
	uint64_t unused = 0;
	int err;

	if (!writer)
		return -DSI_EINVAL;
	err = take_packet(writer, deadline_ns, &packet);
	if (err)
		return err;
	pthread_mutex_lock(&writer->lock);
	err = dsi_packet_set_size(packet, 0);
	if (!err)
		err = dsi_packet_set_flags(packet, DSI_PACKET_EOS);
	err = finish(writer, packet, err, &unused);
	pthread_mutex_unlock(&writer->lock);
	return err;
}
