/* SPDX-License-Identifier: MIT */
/* media_outlet.c - see media_outlet.h. */
#include "media_outlet.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

#include <dsi/dsi.h>

/* Two threads can wait, and only one of them gets a wake-up: the other looks
 * again after so long. */
#define LOOK_AGAIN_MS 50
/* More packets than frames: the same frame can be sent more than once, and
 * what says only that the stream ends or has a gap needs no frame. */
#define PACKETS_PER_FRAME 2u
#define AT_ONCE 64u

struct media_outlet {
	gint refs;
	MediaStore *store;
	int wake_fd, socket_fd;
	guint packets;
	GMutex lock;		   /* for all below, and calls on the socket */
	struct dsi_socket *socket; /* NULL: closed */
	struct dsi_packet **free;  /* that came back */
	guint n_free;
	GstBuffer **carried; /* by the packet with this header slot */
};

/* ---- packets ------------------------------------------------------------- */

static guint number_of(const struct dsi_packet *packet)
{
	uint64_t offset = 0;
	uint32_t bytes;

	(void)!dsi_packet_element(packet, 0, &offset, &bytes);
	return (guint)(offset / MEDIA_HEADER_SLOT);
}

/* Take the packets that came back.  What they carried is put into @out_back,
 * to be let go of without the lock. */
static int32_t collect(struct media_outlet *outlet, GPtrArray *out_back)
{
	struct dsi_packet *packets[AT_ONCE];
	int32_t n;

	if (!outlet->socket)
		return -DSI_EPIPE;
	while ((n = dsi_packet_get_many(outlet->socket, 0, packets, AT_ONCE)) >
	       0) {
		for (int32_t i = 0; i < n; i++) {
			GstBuffer **carried =
				&outlet->carried[number_of(packets[i])];

			outlet->free[outlet->n_free++] = packets[i];
			if (*carried)
				g_ptr_array_add(out_back, *carried);
			*carried = NULL;
		}
	}
	return n;
}

/* Events make the descriptor readable until somebody takes them. */
static void take_events(struct media_outlet *outlet)
{
	struct dsi_event_source source = {
		.socket = outlet->socket,
		.mask = ~(DSI_EVENT_SPACE | DSI_EVENT_DATA) &
			((1u << DSI_EVENTS) - 1),
	};

	(void)!dsi_select(&source, 1, 0);
}

static gboolean update(struct media_outlet *outlet)
{
	GPtrArray *back = g_ptr_array_new_with_free_func(
		(GDestroyNotify)gst_buffer_unref);
	int32_t answer;

	g_mutex_lock(&outlet->lock);
	answer = collect(outlet, back);
	if (outlet->socket)
		take_events(outlet);
	g_mutex_unlock(&outlet->lock);
	g_ptr_array_free(back, TRUE);
	return answer == -DSI_EAGAIN || answer == -DSI_ENOBUFS;
}

static void wait_a_little(struct media_outlet *outlet)
{
	struct pollfd fds[] = {
		{.fd = outlet->socket_fd, .events = POLLIN},
		{.fd = outlet->wake_fd, .events = POLLIN},
	};
	uint64_t count;

	(void)poll(fds, 2, LOOK_AGAIN_MS);
	(void)!read(outlet->wake_fd, &count, sizeof(count));
}

void media_outlet_wake(struct media_outlet *outlet)
{
	uint64_t one = 1;

	(void)!write(outlet->wake_fd, &one, sizeof(one));
}

static void frame_freed(void *user)
{
	media_outlet_wake(user);
}

/* ---- frames -------------------------------------------------------------- */

GstMemory *media_outlet_take(struct media_outlet *outlet,
			     gboolean (*stop)(void *user), void *user)
{
	for (;;) {
		GstMemory *frame;

		/* After the end readers may still use what they have, so that
		 * nobody may write to it. */
		if (!update(outlet) || stop(user))
			return NULL;
		frame = media_store_take(outlet->store);
		if (frame)
			return frame;
		wait_a_little(outlet);
	}
}

/* ---- sending ------------------------------------------------------------- */

static gboolean is_ours(const struct media_outlet *outlet, GstBuffer *buffer)
{
	guint n = gst_buffer_n_memory(buffer);

	if (n == 0 || n > MEDIA_MEMORIES)
		return FALSE;
	for (guint i = 0; i < n; i++) {
		guint64 offset;
		guint32 bytes;

		if (!media_store_place(outlet->store,
				       gst_buffer_peek_memory(buffer, i),
				       &offset, &bytes))
			return FALSE;
	}
	return TRUE;
}

/* A buffer with one frame of ours, and the data of @buffer in it. */
static GstFlowReturn copy_in(struct media_outlet *outlet, GstBuffer *buffer,
			     gboolean (*stop)(void *user), void *user,
			     GstBuffer **out_copy)
{
	gsize bytes = gst_buffer_get_size(buffer);
	GstMemory *frame;
	GstMapInfo map;

	if (bytes > media_store_frame_bytes(outlet->store))
		return GST_FLOW_NOT_SUPPORTED;
	frame = media_outlet_take(outlet, stop, user);
	if (!frame)
		return GST_FLOW_FLUSHING;
	if (!gst_memory_map(frame, &map, GST_MAP_WRITE)) {
		gst_memory_unref(frame);
		return GST_FLOW_ERROR;
	}
	(void)gst_buffer_extract(buffer, 0, map.data, bytes);
	gst_memory_unmap(frame, &map);
	gst_memory_resize(frame, 0, bytes);
	*out_copy = gst_buffer_new();
	gst_buffer_append_memory(*out_copy, frame);
	return GST_FLOW_OK;
}

static struct dsi_packet *pop_packet(struct media_outlet *outlet)
{
	return outlet->n_free ? outlet->free[--outlet->n_free] : NULL;
}

static int fill(struct media_outlet *outlet, struct dsi_packet *packet,
		const struct media_header *header, const char *caps,
		GstBuffer *buffer)
{
	guint n = buffer ? gst_buffer_n_memory(buffer) : 0;
	uint32_t bytes, slot_bytes;
	void *slot;
	int err = dsi_packet_data(packet, 0, &slot, &slot_bytes);

	if (err)
		return err;
	if (!media_header_write(header, caps, slot, &bytes))
		return -DSI_EMSGSIZE;
	err = dsi_packet_set_size(packet, bytes);
	for (guint i = 0; i < n && !err; i++) {
		guint64 offset;
		guint32 part;

		(void)media_store_place(outlet->store,
					gst_buffer_peek_memory(buffer, i),
					&offset, &part);
		if (part)
			err = dsi_packet_add_data(packet, offset, part);
	}
	if (!err && header->kind == MEDIA_EOS)
		err = dsi_packet_set_flags(packet, DSI_PACKET_EOS);
	if (!err && header->kind == MEDIA_GAP)
		err = dsi_packet_set_flags(packet, DSI_PACKET_GAP);
	return err;
}

/* With the lock held. */
static int commit(struct media_outlet *outlet, struct dsi_packet *packet,
		  const struct media_header *header, const char *caps,
		  GstBuffer *buffer)
{
	int err = fill(outlet, packet, header, caps, buffer);

	if (err) {
		(void)dsi_packet_discard(outlet->socket, packet);
		return err;
	}
	if (buffer)
		outlet->carried[number_of(packet)] = gst_buffer_ref(buffer);
	return dsi_packet_commit(outlet->socket, packet);
}

static GstFlowReturn flow_of(int err)
{
	if (err == 0)
		return GST_FLOW_OK;
	return err == -DSI_EMSGSIZE ? GST_FLOW_NOT_SUPPORTED : GST_FLOW_ERROR;
}

static GstFlowReturn send_ours(struct media_outlet *outlet,
			       const struct media_header *header,
			       const char *caps, GstBuffer *buffer,
			       gboolean (*stop)(void *user), void *user)
{
	for (;;) {
		gboolean alive = update(outlet);
		struct dsi_packet *packet;
		int err = 0;

		g_mutex_lock(&outlet->lock);
		packet = outlet->socket ? pop_packet(outlet) : NULL;
		if (packet)
			err = commit(outlet, packet, header, caps, buffer);
		g_mutex_unlock(&outlet->lock);
		if (packet)
			return flow_of(err);
		if (!alive)
			return GST_FLOW_ERROR;
		if (stop(user))
			return GST_FLOW_FLUSHING;
		wait_a_little(outlet);
	}
}

GstFlowReturn media_outlet_send(struct media_outlet *outlet,
				const struct media_header *header,
				const char *caps, GstBuffer *buffer,
				gboolean may_copy, gboolean (*stop)(void *user),
				void *user, struct media_sent *out_sent)
{
	GstBuffer *copy = NULL;
	GstFlowReturn flow;

	out_sent->copied = FALSE;
	if (buffer && gst_buffer_get_size(buffer) && !is_ours(outlet, buffer)) {
		if (!may_copy)
			return GST_FLOW_NOT_SUPPORTED;
		flow = copy_in(outlet, buffer, stop, user, &copy);
		if (flow != GST_FLOW_OK)
			return flow;
		out_sent->copied = TRUE;
		buffer = copy;
	}
	flow = send_ours(outlet, header, caps, buffer, stop, user);
	gst_clear_buffer(&copy);
	return flow;
}

/* ---- life ---------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *what, int err,
		       struct dsi_socket *socket)
{
	const char *why = socket ? dsi_socket_error(socket) : "";

	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what,
		    *why ? why : dsi_strerror(err));
	return FALSE;
}

static gboolean offer(struct media_outlet *outlet,
		      const struct media_outlet_options *options,
		      GError **error)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = outlet->packets,
		.packet_bytes = MEDIA_HEADER_SLOT,
		.align_bytes = MEDIA_HEADER_SLOT,
		.max_sg = MEDIA_MEMORIES + 1,
		.data_bytes = media_store_bytes(outlet->store),
		.format = MEDIA_FORMAT,
	};
	const struct dsi_producer_options producer = {
		.size = sizeof(producer),
		.flags = DSI_PRODUCER_DATA_FD,
		.data_fd = media_store_fd(outlet->store),
		.wait_consumers = options->wait_for_consumer,
		.placement = options->place.placement,
		.placement_of = options->place.of,
	};
	const struct dsi_access access = {
		.size = sizeof(access),
		.mode = options->access,
	};
	int err = dsi_producer_create(&desc, &producer, &outlet->socket);

	if (err)
		return refuse(error, "the stream cannot be made", err, NULL);
	err = dsi_socket_listen(outlet->socket, options->stream, &access);
	if (!err)
		err = dsi_socket_start(outlet->socket);
	if (!err) {
		outlet->socket_fd = dsi_socket_fd(outlet->socket);
		err = outlet->socket_fd < 0 ? outlet->socket_fd : 0;
	}
	return !err || refuse(error, "the stream cannot be offered", err,
			      outlet->socket);
}

struct media_outlet *media_outlet_new(
	const struct media_outlet_options *options, GError **error)
{
	struct media_outlet *outlet = g_new0(struct media_outlet, 1);

	outlet->refs = 1;
	g_mutex_init(&outlet->lock);
	outlet->packets = options->frames * PACKETS_PER_FRAME;
	outlet->free = g_new0(struct dsi_packet *, outlet->packets);
	outlet->carried = g_new0(GstBuffer *, outlet->packets);
	outlet->socket_fd = -1;
	outlet->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	outlet->store = media_store_new(outlet->packets, options->frames,
					options->frame_bytes, error);
	if (!outlet->store || !offer(outlet, options, error)) {
		media_outlet_unref(outlet);
		return NULL;
	}
	media_store_on_free(outlet->store, frame_freed, outlet);
	return outlet;
}

struct media_outlet *media_outlet_ref(struct media_outlet *outlet)
{
	g_atomic_int_inc(&outlet->refs);
	return outlet;
}

void media_outlet_close(struct media_outlet *outlet)
{
	g_mutex_lock(&outlet->lock);
	/* The descriptor is the socket's: nobody polls another by its number. */
	outlet->socket_fd = -1;
	dsi_socket_destroy(outlet->socket);
	outlet->socket = NULL;
	outlet->n_free = 0;
	g_mutex_unlock(&outlet->lock);
	for (guint i = 0; i < outlet->packets; i++)
		gst_clear_buffer(&outlet->carried[i]);
	media_outlet_wake(outlet);
}

void media_outlet_unref(struct media_outlet *outlet)
{
	if (!g_atomic_int_dec_and_test(&outlet->refs))
		return;
	media_outlet_close(outlet);
	if (outlet->store) {
		media_store_on_free(outlet->store, NULL, NULL);
		gst_object_unref(outlet->store);
	}
	(void)close(outlet->wake_fd);
	g_free(outlet->free);
	g_free(outlet->carried);
	g_mutex_clear(&outlet->lock);
	g_free(outlet);
}

MediaStore *media_outlet_store(const struct media_outlet *outlet)
{
	return outlet->store;
}

guint media_outlet_consumers(const struct media_outlet *outlet)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	if (!outlet->socket || dsi_socket_stats(outlet->socket, &stats) != 0)
		return 0;
	return stats.consumers;
}
