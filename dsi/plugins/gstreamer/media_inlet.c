/* SPDX-License-Identifier: MIT */
/* media_inlet.c - see media_inlet.h. */
#include "media_inlet.h"

#include <poll.h>
#include <string.h>

struct media_inlet {
	gint refs; /* the element's, and one for each packet that is out */
	int fd;
	GMutex lock; /* for calls on the socket */
	struct dsi_socket *socket;
};

/* A packet that is a buffer downstream. */
struct held {
	gint refs; /* memories */
	struct media_inlet *inlet;
	struct dsi_packet *packet;
};

static void inlet_unref(struct media_inlet *inlet)
{
	if (!g_atomic_int_dec_and_test(&inlet->refs))
		return;
	dsi_socket_destroy(inlet->socket);
	g_mutex_clear(&inlet->lock);
	g_free(inlet);
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
	inlet_unref(held->inlet);
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

static int read_header(const struct dsi_packet *packet,
		       struct media_header *out_header, char *out_caps)
{
	uint32_t bytes;
	void *slot;

	if (dsi_packet_data(packet, 0, &slot, &bytes) != 0 ||
	    !media_header_read(out_header, out_caps, slot, bytes))
		return -DSI_EPROTO;
	return 0;
}

int media_inlet_get(struct media_inlet *inlet, struct media_header *out_header,
		    char *out_caps, GstBuffer **out_buffer,
		    gboolean *out_dropped_before)
{
	struct dsi_packet *packet;
	int err;

	g_mutex_lock(&inlet->lock);
	err = dsi_packet_get(inlet->socket, 0, &packet);
	if (!err) {
		*out_dropped_before = (dsi_packet_flags(packet) &
				       DSI_PACKET_DROPPED_BEFORE) != 0;
		err = read_header(packet, out_header, out_caps);
		if (err)
			(void)dsi_packet_commit(inlet->socket, packet);
	}
	g_mutex_unlock(&inlet->lock);
	if (!err)
		*out_buffer = wrap(inlet, packet);
	return err;
}

/* ---- waiting ------------------------------------------------------------- */

static uint32_t take_events(struct media_inlet *inlet)
{
	struct dsi_event_source source = {
		.socket = inlet->socket,
		.mask = ~(DSI_EVENT_SPACE | DSI_EVENT_DATA) &
			((1u << DSI_EVENTS) - 1),
	};

	g_mutex_lock(&inlet->lock);
	(void)!dsi_select(&source, 1, 0);
	g_mutex_unlock(&inlet->lock);
	return source.events;
}

void media_inlet_wait(struct media_inlet *inlet, int wake_fd, int wait_ms)
{
	struct pollfd fds[] = {
		{.fd = inlet->fd, .events = POLLIN},
		{.fd = wake_fd, .events = POLLIN},
	};

	(void)take_events(inlet);
	(void)poll(fds, 2, wait_ms);
}

gboolean media_inlet_closed_in_order(struct media_inlet *inlet)
{
	return dsi_socket_event_count(inlet->socket, DSI_EVENT_PEER_LEFT) > 0;
}

/* ---- life ---------------------------------------------------------------- */

static int join(struct media_inlet *inlet, const char *stream,
		uint64_t deadline_ns)
{
	int err = dsi_socket_connect(inlet->socket, stream, deadline_ns);

	if (!err)
		err = dsi_socket_start(inlet->socket);
	if (!err) {
		inlet->fd = dsi_socket_fd(inlet->socket);
		err = inlet->fd < 0 ? inlet->fd : 0;
	}
	return err;
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
	inlet->fd = -1;
	g_mutex_init(&inlet->lock);
	*out_error = dsi_consumer_create(&options, &inlet->socket);
	if (!*out_error)
		*out_error = join(inlet, stream, deadline_ns);
	if (!*out_error)
		return inlet;
	*out_why =
		g_strdup(inlet->socket ? dsi_socket_error(inlet->socket) : "");
	inlet_unref(inlet);
	return NULL;
}

void media_inlet_close(struct media_inlet *inlet)
{
	if (!inlet)
		return;
	(void)dsi_socket_stop(inlet->socket);
	inlet_unref(inlet);
}
