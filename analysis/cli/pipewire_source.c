// SPDX-License-Identifier: MIT
/*
 * pipewire_source.c - packets are what the device records.
 *
 * Place in the data flow: packets of a stream -> SOURCE -> PipeWire's converter.
 *
 * The memory of a buffer is that of the packet that is in it: its address is
 * set anew each time, which PipeWire calls a dynamic buffer.  The converter of
 * pw_stream, which runs in this process, reads the samples there.  The packet
 * is given back when PipeWire gives back the buffer.  Where there is no packet
 * in time the device is silent.  A packet that does not begin where the
 * converter needs it, which no slot does, is copied.
 *
 * The data plane is used by PipeWire's real-time thread, the rest by the main
 * thread before that one runs and after it has stopped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "message.h"
#include "pipewire_bridge.h"

#define BUFFERS 8u
#define EMPTY_MOST 64u
#define PACKET_BYTES_MOST (1u << 24)

static int check_desc(struct bridge *b)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	const char *name = b->options->name;
	int err = dsi_socket_desc(b->sock, &desc);

	if (err)
		return message_dsi(name, err, dsi_socket_error(b->sock));
	desc.format[DSI_FORMAT_BYTES - 1] = '\0';
	if (!bridge_format_parse(&b->format, desc.format)) {
		message_error(name,
			      "is no sound that can be played: its format is "
			      "'%s'; needed is one like "
			      "'audio/x-raw,format=S16_LE,rate=48000,"
			      "channels=2'",
			      desc.format);
		return CLI_INCOMPATIBLE;
	}
	b->frame_bytes = b->format.sample_bytes * b->format.channels;
	b->packet_bytes = desc.packet_bytes;
	if (desc.packet_bytes < b->frame_bytes ||
	    desc.packet_bytes > PACKET_BYTES_MOST) {
		message_error(name,
			      "has packets of %u bytes; needed are %u, one "
			      "frame, to %u",
			      desc.packet_bytes, b->frame_bytes,
			      PACKET_BYTES_MOST);
		return CLI_INCOMPATIBLE;
	}
	b->buffers = BUFFERS;
	return CLI_OK;
}

int source_open(struct bridge *b)
{
	const struct bridge_options *o = b->options;
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = o->policy,
		.label = "pipewire",
	};
	uint64_t deadline_ns = o->timeout_ns;
	int exit_code, err;

	if (deadline_ns != 0 && deadline_ns != DSI_FOREVER)
		deadline_ns += dsi_now();
	err = dsi_consumer_create(&options, &b->sock);
	if (err)
		return message_dsi(o->name, err, NULL);
	err = dsi_socket_connect(b->sock, o->name, deadline_ns);
	if (err)
		return message_dsi(o->name, err, dsi_socket_error(b->sock));
	exit_code = check_desc(b);
	if (exit_code != CLI_OK)
		return exit_code;
	err = dsi_socket_start(b->sock);
	return err ? message_dsi(o->name, err, dsi_socket_error(b->sock))
		   : CLI_OK;
}

int source_rest(struct bridge *b)
{
	struct dsi_packet *packet;
	uint32_t n;

	for (n = 0; n < DSI_MAX_PACKETS && !b->last; n++) {
		if (dsi_packet_get(b->sock, 0, &packet) != 0)
			break;
		b->last = dsi_packet_flags(packet) & DSI_PACKET_EOS;
		(void)dsi_packet_commit(b->sock, packet);
	}
	return b->last ? BRIDGE_EOS : -DSI_EPIPE;
}

static void add_buffer(void *user, struct pw_buffer *buffer)
{
	struct bridge *b = user;
	struct spa_data *data = &buffer->buffer->datas[0];
	struct bridge_slot *slot = bridge_slot(b, NULL);

	if (slot)
		slot->own = bridge_memory(b);
	if (!slot || !slot->own || buffer->buffer->n_datas != 1 ||
	    (data->type != SPA_DATA_MemPtr &&
	     !(data->type & (1u << SPA_DATA_MemPtr)))) {
		(void)pw_stream_set_error(b->stream, -ENOMEM,
					  "other buffers than were offered");
		return;
	}
	slot->buffer = buffer;
	data->type = SPA_DATA_MemPtr;
	data->flags = SPA_DATA_FLAG_READABLE | SPA_DATA_FLAG_DYNAMIC;
	data->fd = -1;
	data->mapoffset = 0;
	data->maxsize = b->packet_bytes;
	data->data = slot->own; /* until there is a packet */
}

static void give_back(struct bridge *b, struct bridge_slot *slot)
{
	if (slot->packet)
		(void)dsi_packet_commit(b->sock, slot->packet);
	slot->packet = NULL;
}

static void remove_buffer(void *user, struct pw_buffer *buffer)
{
	struct bridge *b = user;
	struct bridge_slot *slot = bridge_slot(b, buffer);

	if (!slot)
		return;
	give_back(b, slot);
	free(slot->own);
	memset(slot, 0, sizeof(*slot));
}

/* The samples of a packet, of which there may be none. */
static int samples_of(struct bridge *b, const struct bridge_slot *slot,
		      const struct dsi_packet *packet, uint32_t *out_bytes)
{
	void **data = &slot->buffer->buffer->datas[0].data;
	int32_t count = dsi_packet_count(packet);
	void *place = NULL;
	uint32_t bytes = 0;
	int err = count > 1 ? -DSI_ENOTSUP : 0;

	*out_bytes = 0;
	if (count == 1 && !(dsi_packet_flags(packet) & DSI_PACKET_GAP))
		err = dsi_packet_data(packet, 0, &place, &bytes);
	if (err)
		return err;
	if (bytes > b->packet_bytes)
		bytes = b->packet_bytes;
	bytes -= bytes % b->frame_bytes;
	if (bytes && (uintptr_t)place % BRIDGE_ALIGN) {
		memcpy(slot->own, place, bytes);
		place = slot->own;
		b->copied++;
	}
	if (bytes)
		*data = place;
	*out_bytes = bytes;
	return 0;
}

static void set_samples(const struct bridge *b, const struct bridge_slot *slot,
			uint32_t bytes)
{
	struct spa_chunk *chunk = slot->buffer->buffer->datas[0].chunk;

	chunk->offset = 0;
	chunk->size = bytes;
	chunk->stride = (int32_t)b->frame_bytes;
	chunk->flags = bytes ? 0 : SPA_CHUNK_FLAG_EMPTY;
}

/* 0: the slot has a packet, or an error of get(). */
static int next_packet(struct bridge *b, struct bridge_slot *slot)
{
	struct dsi_packet *packet;
	uint32_t bytes;
	uint32_t tries;
	int err;

	if (b->last)
		return BRIDGE_EOS;
	/* A producer of empty packets may not keep this thread. */
	for (tries = 0; tries < EMPTY_MOST; tries++) {
		err = dsi_packet_get(b->sock, 0, &packet);
		if (err)
			return err;
		b->last = dsi_packet_flags(packet) & DSI_PACKET_EOS;
		err = samples_of(b, slot, packet, &bytes);
		if (!err && bytes) {
			slot->packet = packet;
			set_samples(b, slot, bytes);
			b->packets++;
			return 0;
		}
		(void)dsi_packet_commit(b->sock, packet);
		if (err || b->last)
			return err ? err : BRIDGE_EOS;
	}
	return -DSI_EAGAIN;
}

/* Buffers that PipeWire is done with: their packets go back at once, also when
 * there is no next one. */
static void collect(struct bridge *b)
{
	struct bridge_slot *slot;
	struct pw_buffer *buffer;

	while ((buffer = pw_stream_dequeue_buffer(b->stream))) {
		slot = bridge_slot(b, buffer);
		if (!slot)
			continue;
		give_back(b, slot);
		slot->empty = true;
	}
}

static struct bridge_slot *empty_slot(struct bridge *b)
{
	uint32_t i;

	for (i = 0; i < BRIDGE_BUFFERS_MOST; i++) {
		if (b->slots[i].empty)
			return &b->slots[i];
	}
	return NULL;
}

static void process(void *user)
{
	struct bridge *b = user;
	struct bridge_slot *slot;
	int err;

	collect(b);
	slot = empty_slot(b);
	if (!slot || atomic_load(&b->end))
		return;
	err = next_packet(b, slot);
	if (err == -DSI_EAGAIN || err == -DSI_ENOBUFS) {
		b->late++;
		set_samples(b, slot, 0);
	} else if (err) {
		bridge_end(b, err);
		return;
	}
	/* Without samples, too: else PipeWire does not ask again. */
	slot->empty = false;
	(void)pw_stream_queue_buffer(b->stream, slot->buffer);
}

const struct pw_stream_events source_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = bridge_state_changed,
	.param_changed = bridge_param_changed,
	.add_buffer = add_buffer,
	.remove_buffer = remove_buffer,
	.process = process,
	.drained = bridge_drained,
};
