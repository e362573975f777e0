/* SPDX-License-Identifier: MIT */
/* media_inlet.c - see media_inlet.h. */
#include "media_inlet.h"

#include <string.h>

struct media_inlet {
	gint refs;     /* the element's, and one for each packet that is out */
	gint seen;     /* packets, before the last look */
	gboolean copy; /* policy RECLAIM */
	const struct media_board *board;
	struct dsi_stream_desc desc;
	GMutex lock; /* for calls on the socket */
	struct dsi_socket *socket;
};

/* A packet that is a buffer downstream. */
struct held {
	gint refs; /* memories */
	struct media_inlet *inlet;
	struct dsi_packet *packet;
};

void media_inlet_unref(struct media_inlet *inlet)
{
	if (!g_atomic_int_dec_and_test(&inlet->refs))
		return;
	dsi_socket_destroy(inlet->socket);
	g_mutex_clear(&inlet->lock);
	g_free(inlet);
}

struct media_inlet *media_inlet_ref(struct media_inlet *inlet)
{
	g_atomic_int_inc(&inlet->refs);
	return inlet;
}

/* ---- packets as buffers -------------------------------------------------- */

static void held_unref(gpointer data)
{
	struct held *held = data;

	if (!g_atomic_int_dec_and_test(&held->refs))
		return;
	g_mutex_lock(&held->inlet->lock);
	(void)dsi_packet_commit(held->inlet->socket, held->packet);
	g_mutex_unlock(&held->inlet->lock);
	media_inlet_unref(held->inlet);
	g_free(held);
}

/* All elements but the first, as memories that nobody can write. */
static GstBuffer *wrap(struct media_inlet *inlet, struct dsi_packet *packet)
{
	int32_t n = dsi_packet_count(packet);
	GstBuffer *buffer = gst_buffer_new();
	struct held *held = g_new0(struct held, 1);

	g_atomic_int_inc(&inlet->refs);
	held->inlet = inlet;
	held->packet = packet;
	held->refs = 1;
	for (int32_t i = 1; i < n; i++) {
		uint32_t bytes;
		void *data;

		if (dsi_packet_data(packet, (uint32_t)i, &data, &bytes) != 0)
			continue;
		g_atomic_int_inc(&held->refs);
		gst_buffer_append_memory(
			buffer, gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY,
						       data, bytes, 0, bytes,
						       held, held_unref));
	}
	held_unref(held);
	return buffer;
}

/* Likewise, as a copy. */
static GstBuffer *copy(const struct dsi_packet *packet)
{
	int32_t n = dsi_packet_count(packet);
	GstBuffer *buffer = gst_buffer_new();

	for (int32_t i = 1; i < n; i++) {
		GstMemory *memory;
		GstMapInfo map;
		uint32_t bytes;
		void *data;

		if (dsi_packet_data(packet, (uint32_t)i, &data, &bytes) != 0)
			continue;
		memory = gst_allocator_alloc(NULL, bytes, NULL);
		if (!memory || !gst_memory_map(memory, &map, GST_MAP_WRITE)) {
			g_clear_pointer(&memory, gst_memory_unref);
			continue;
		}
		memcpy(map.data, data, bytes);
		gst_memory_unmap(memory, &map);
		gst_buffer_append_memory(buffer, memory);
	}
	return buffer;
}

static int read_header(const struct dsi_packet *packet,
		       struct media_header *out_header, char *out_text)
{
	uint32_t bytes;
	void *slot;

	if (dsi_packet_data(packet, 0, &slot, &bytes) != 0 ||
	    !media_header_read(out_header, out_text, slot, bytes))
		return -DSI_EPROTO;
	return 0;
}

/* The packet's header and, with RECLAIM, its data; the packet goes back if it
 * is not needed any more, or not good.  With the lock held. */
static int take(struct media_inlet *inlet, struct dsi_packet *packet,
		struct media_header *out_header, char *out_text,
		GstBuffer **out_copy)
{
	int err = read_header(packet, out_header, out_text);

	*out_copy = NULL;
	if (inlet->copy) {
		if (!err)
			*out_copy = copy(packet);
		if (dsi_packet_valid(packet) != 1)
			err = -DSI_ESTALE;
	}
	if (err)
		gst_clear_buffer(out_copy);
	if (err || *out_copy)
		(void)dsi_packet_commit(inlet->socket, packet);
	return err;
}

int media_inlet_get(struct media_inlet *inlet, struct media_header *out_header,
		    char *out_text, GstBuffer **out_buffer,
		    gboolean *out_dropped_before)
{
	struct dsi_packet *packet;
	int err;

	inlet->seen = media_board_packets(inlet->board);
	g_mutex_lock(&inlet->lock);
	err = dsi_packet_get(inlet->socket, 0, &packet);
	if (!err) {
		*out_dropped_before = (dsi_packet_flags(packet) &
				       DSI_PACKET_DROPPED_BEFORE) != 0;
		err = take(inlet, packet, out_header, out_text, out_buffer);
	}
	g_mutex_unlock(&inlet->lock);
	if (!err && !*out_buffer)
		*out_buffer = wrap(inlet, packet);
	return err;
}

/* ---- waiting ------------------------------------------------------------- */

/* On the board, not on the socket's descriptor: that costs the producer a call
 * for each reader, and the reader five. */
void media_inlet_wait(struct media_inlet *inlet, guint wait_ms)
{
	media_board_wait_packet(inlet->board, inlet->seen, wait_ms);
}

gboolean media_inlet_closed_in_order(struct media_inlet *inlet)
{
	return dsi_socket_event_count(inlet->socket, DSI_EVENT_PEER_LEFT) > 0;
}

const struct media_board *media_inlet_board(const struct media_inlet *inlet)
{
	return inlet->board;
}

const struct dsi_stream_desc *media_inlet_desc(const struct media_inlet *inlet)
{
	return &inlet->desc;
}

/* ---- life ---------------------------------------------------------------- */

static int find_board(struct media_inlet *inlet)
{
	uint64_t bytes;
	void *area;
	int err = dsi_socket_area(inlet->socket, &area, &bytes);

	if (err)
		return err;
	if (bytes < MEDIA_BOARD_BYTES)
		return -DSI_EPROTO;
	inlet->board = (const void *)((const guint8 *)area + bytes -
				      MEDIA_BOARD_BYTES);
	return 0;
}

static int join(struct media_inlet *inlet, const char *stream,
		uint64_t deadline_ns)
{
	int err = dsi_socket_connect(inlet->socket, stream, deadline_ns);

	if (!err)
		err = dsi_socket_start(inlet->socket);
	inlet->desc.size = sizeof(inlet->desc);
	if (!err)
		err = dsi_socket_desc(inlet->socket, &inlet->desc);
	return err ? err : find_board(inlet);
}

struct media_inlet *media_inlet_new(const char *stream, uint32_t policy,
				    uint32_t queue,
				    const struct media_place *place,
				    uint64_t deadline_ns, int *out_error,
				    gchar **out_why)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy,
		.queue_packets = policy == DSI_POLICY_DROP_NEW ? queue : 0,
		.format = MEDIA_FORMAT,
		.label = "dsisrc",
		.placement = place->placement,
		.placement_of = place->of,
	};
	struct media_inlet *inlet = g_new0(struct media_inlet, 1);

	inlet->refs = 1;
	inlet->copy = policy == DSI_POLICY_RECLAIM;
	g_mutex_init(&inlet->lock);
	*out_error = dsi_consumer_create(&options, &inlet->socket);
	if (!*out_error)
		*out_error = join(inlet, stream, deadline_ns);
	if (!*out_error)
		return inlet;
	*out_why =
		g_strdup(inlet->socket ? dsi_socket_error(inlet->socket) : "");
	media_inlet_unref(inlet);
	return NULL;
}

void media_inlet_close(struct media_inlet *inlet)
{
	if (!inlet)
		return;
	(void)dsi_socket_stop(inlet->socket);
	media_inlet_unref(inlet);
}
