// SPDX-License-Identifier: MIT
/*
 * pipewire_sink.c - what is played to the device becomes packets.
 *
 * Place in the data flow: PipeWire's converter -> SINK -> packets of a stream.
 *
 * A buffer of PipeWire is the slot of a packet, for as long as it exists: the
 * converter of pw_stream, which runs in this process, writes the samples there,
 * in the stream's format, and the packet is committed as it is.  The buffer goes
 * back to PipeWire when the readers have given back the packet.  So when they
 * have all packets there is no buffer, and what is played meanwhile is lost;
 * PipeWire waits for nobody.
 *
 * PipeWire takes all buffers back when nobody plays, and asks for as many when
 * somebody does again.  Where readers have packets at that time a buffer gets
 * memory of its own, from which each packet is copied.
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

/* So many readers may be as slow as they are allowed to. */
#define READERS 4u
/* Beyond what readers hold: with PipeWire, and one for the end of the stream. */
#define OWN_PACKETS 3u
#define DRAIN_NS UINT64_C(2000000000)
#define SECOND_NS UINT64_C(1000000000)

/* ---- the stream ---------------------------------------------------------- */

/* The cycles of PipeWire may be shorter than they are expected, so what the
 * calculator is told is not declared to readers. */
static int choose_packets(struct bridge *b, struct dsi_stream_desc *desc)
{
	const struct bridge_options *o = b->options;
	struct dsi_usage reader = {.pace = DSI_PACE_RESPONSE};
	char why[DSI_SIZING_WHY_BYTES];
	int err;

	desc->traffic.tick_hz = b->format.rate;
	desc->traffic.period = o->frames;
	reader.tick_hz = b->format.rate;
	reader.response = o->hold_ns / SECOND_NS * b->format.rate +
			  o->hold_ns % SECOND_NS * b->format.rate / SECOND_NS;
	if (reader.response < o->frames)
		reader.response = o->frames;
	err = dsi_stream_desc_size(desc, &reader, 1, why, sizeof(why));
	if (err)
		return message_dsi(o->name, err, why);
	memset(&desc->traffic, 0, sizeof(desc->traffic));
	desc->packets = READERS * (desc->packets + 1) + OWN_PACKETS;
	b->buffers = desc->packets - 1;
	if (b->buffers > BRIDGE_BUFFERS_MOST)
		b->buffers = BRIDGE_BUFFERS_MOST;
	if (desc->packets > b->buffers + 1)
		message_note(o->name,
			     "%u readers that hold packets as long as --hold "
			     "need %u, but PipeWire has use for %u; more "
			     "--frames make them longer",
			     READERS, desc->packets, b->buffers + 1);
	desc->packets = b->buffers + 1;
	return CLI_OK;
}

int sink_open(struct bridge *b)
{
	const struct bridge_options *o = b->options;
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .align_bytes = BRIDGE_ALIGN};
	struct dsi_access access = {.size = sizeof(access),
				    .mode = o->access_mode};
	int exit_code, err;

	b->format = o->format;
	b->frame_bytes = b->format.sample_bytes * b->format.channels;
	b->packet_bytes = desc.packet_bytes = o->frames * b->frame_bytes;
	bridge_format_text(&b->format, desc.format);
	exit_code = choose_packets(b, &desc);
	if (exit_code != CLI_OK)
		return exit_code;
	err = dsi_producer_create(&desc, NULL, &b->sock);
	if (err)
		return message_dsi(o->name, err, NULL);
	err = dsi_socket_listen(b->sock, o->name, &access);
	if (!err)
		err = dsi_socket_start(b->sock);
	return err ? message_dsi(o->name, err, dsi_socket_error(b->sock))
		   : CLI_OK;
}

/* ---- packets and buffers ------------------------------------------------- */

static struct bridge_slot *slot_at(struct bridge *b, const void *data)
{
	uint32_t i;

	for (i = 0; i < BRIDGE_BUFFERS_MOST; i++) {
		if (b->slots[i].buffer && b->slots[i].data == data)
			return &b->slots[i];
	}
	return NULL;
}

/* Take what came back. */
static void collect(struct bridge *b)
{
	struct dsi_packet *packet;
	struct bridge_slot *slot;
	uint32_t bytes;
	void *data;
	int err;

	while (!(err = dsi_packet_get(b->sock, 0, &packet))) {
		slot = NULL;
		if (dsi_packet_data(packet, 0, &data, &bytes) == 0)
			slot = slot_at(b, data);
		if (slot) {
			slot->packet = packet;
			(void)pw_stream_queue_buffer(b->stream, slot->buffer);
		} else {
			b->spare[b->spares++] = packet;
		}
	}
	/* ENOBUFS: all are here. */
	if (err != -DSI_EAGAIN && err != -DSI_ENOBUFS)
		bridge_end(b, err);
}

static void choose_memory(struct bridge *b, struct bridge_slot *slot)
{
	uint32_t bytes;

	if (b->spares) {
		slot->packet = b->spare[--b->spares];
		(void)!dsi_packet_data(slot->packet, 0, &slot->data, &bytes);
	} else {
		slot->own = bridge_memory(b);
		slot->data = slot->own;
	}
}

static void add_buffer(void *user, struct pw_buffer *buffer)
{
	struct bridge *b = user;
	struct spa_data *data = &buffer->buffer->datas[0];
	struct bridge_slot *slot = bridge_slot(b, NULL);

	collect(b);
	if (slot)
		choose_memory(b, slot);
	if (!slot || !slot->data || buffer->buffer->n_datas != 1 ||
	    (data->type != SPA_DATA_MemPtr &&
	     !(data->type & (1u << SPA_DATA_MemPtr)))) {
		(void)pw_stream_set_error(b->stream, -ENOMEM,
					  "more buffers, or others, than were "
					  "offered");
		return;
	}
	slot->buffer = buffer;
	data->type = SPA_DATA_MemPtr;
	data->flags = SPA_DATA_FLAG_READWRITE;
	data->fd = -1;
	data->mapoffset = 0;
	data->maxsize = b->packet_bytes;
	data->data = slot->data;
}

static void remove_buffer(void *user, struct pw_buffer *buffer)
{
	struct bridge *b = user;
	struct bridge_slot *slot = bridge_slot(b, buffer);

	if (!slot)
		return;
	if (slot->packet)
		b->spare[b->spares++] = slot->packet;
	free(slot->own);
	memset(slot, 0, sizeof(*slot));
}

/* Hand on @bytes from @from, which may be the packet's own place. */
static int commit(struct bridge *b, struct dsi_packet *packet,
		  const uint8_t *from, uint32_t bytes)
{
	uint32_t room;
	void *place;
	int err = dsi_packet_data(packet, 0, &place, &room);

	if (!err && from != place) {
		memmove(place, from, bytes);
		b->copied++;
	}
	if (!err)
		err = dsi_packet_set_size(packet, bytes);
	if (!err)
		err = dsi_packet_commit(b->sock, packet);
	b->packets++;
	return err;
}

/* What is in a buffer becomes a packet.  The buffer goes back to PipeWire with
 * that packet, or now if its memory is none of a packet. */
static void take(struct bridge *b, struct bridge_slot *slot)
{
	struct spa_data *data = &slot->buffer->buffer->datas[0];
	struct dsi_packet *packet = slot->packet;
	uint32_t offset = data->chunk->offset;
	uint32_t bytes = data->chunk->size;
	int err = 0;

	if (offset > b->packet_bytes)
		offset = b->packet_bytes;
	if (bytes > b->packet_bytes - offset)
		bytes = b->packet_bytes - offset;
	bytes -= bytes % b->frame_bytes;
	if (bytes && !packet && b->spares)
		packet = b->spare[--b->spares];
	if (bytes && packet) {
		err = commit(b, packet, (const uint8_t *)data->data + offset,
			     bytes);
		slot->packet = NULL;
	}
	if (slot->packet || slot->own)
		(void)pw_stream_queue_buffer(b->stream, slot->buffer);
	if (err)
		bridge_end(b, err);
}

static void process(void *user)
{
	struct bridge *b = user;
	struct bridge_slot *slot;
	struct pw_buffer *buffer;

	collect(b);
	while ((buffer = pw_stream_dequeue_buffer(b->stream))) {
		slot = bridge_slot(b, buffer);
		if (slot)
			take(b, slot);
	}
}

const struct pw_stream_events sink_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = bridge_state_changed,
	.param_changed = bridge_param_changed,
	.add_buffer = add_buffer,
	.remove_buffer = remove_buffer,
	.process = process,
};

/* ---- the end ------------------------------------------------------------- */

static int drain(struct bridge *b)
{
	int err = dsi_socket_drain(b->sock, dsi_now() + DRAIN_NS);

	if (!err)
		return CLI_OK;
	if (err != -DSI_ETIMEDOUT)
		return message_dsi(b->options->name, err,
				   dsi_socket_error(b->sock));
	message_note(b->options->name,
		     "not all packets were taken by the readers");
	return CLI_FAILURE;
}

/* PipeWire has no more buffers.  The readers get what is there and the end. */
int sink_finish(struct bridge *b)
{
	struct dsi_packet *packet;
	int exit_code = drain(b);
	int err;

	collect(b);
	if (!b->spares)
		return exit_code;
	packet = b->spare[--b->spares];
	err = dsi_packet_set_size(packet, 0);
	if (!err)
		err = dsi_packet_set_flags(packet, DSI_PACKET_EOS);
	if (!err)
		err = dsi_packet_commit(b->sock, packet);
	if (err)
		return message_dsi(b->options->name, err, NULL);
	return exit_code == CLI_OK ? drain(b) : exit_code;
}
