/* SPDX-License-Identifier: MIT */
/* media_outlet.c - see media_outlet.h. */
#include "media_outlet.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

#include <dsi/dsi.h>

GST_DEBUG_CATEGORY_STATIC(media_outlet_debug);
#define GST_CAT_DEFAULT media_outlet_debug

/* Two threads can wait, and only one of them gets a wake-up: the other looks
 * again after so long. */
#define LOOK_AGAIN_MS 50
/* Packets beside one for each frame: for what says only that the stream ends or
 * has a gap.  Not more, because libdsi admits no more DROP_NEW queues than there
 * are packets, and readers that stop with full queues must leave us a frame. */
#define MORE_PACKETS 1u
/* Nobody upstream should wait so long for a frame. */
#define LONG_NS GST_SECOND
/* How long readers may take to come to a stream that moved, and how often that
 * is looked at. */
#define MOVE_NS (3 * GST_SECOND)
#define MOVE_LOOK_US 2000

struct media_outlet {
	gint refs;
	MediaStore *store;
	int wake_fd, socket_fd;
	gint waiting; /* threads */
	gint told;    /* that all frames are in use */
	gint flush;   /* as on the board, which is not only ours */
	guint packets, frames;
	GMutex lock;		   /* for all below, and calls on the socket */
	struct dsi_socket *socket; /* NULL: closed */
	struct dsi_packet **free;  /* that came back */
	guint n_free;
	guint expected; /* readers, after a move, until then */
	uint64_t expected_until;
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

/* Events make the descriptor readable until somebody takes them. */
static void take_events(struct media_outlet *outlet)
{
	struct dsi_event_source source = {
		.socket = outlet->socket,
		.mask = ~DSI_EVENT_DATA & ((1u << DSI_EVENTS) - 1),
	};

	(void)!dsi_select(&source, 1, 0);
}

/* One packet that came back, of several the one that is best written next.
 * What it carried is let go of without the lock: a frame comes back to the
 * store.  They are taken one by one, because readers with policy RECLAIM can
 * still read what was not taken. */
static int collect(struct media_outlet *outlet)
{
	struct dsi_packet *packet;
	GstBuffer *back = NULL;
	int err = -DSI_EPIPE;

	g_mutex_lock(&outlet->lock);
	if (outlet->socket) {
		err = dsi_packet_get(outlet->socket, 0, &packet);
		if (!err) {
			outlet->free[outlet->n_free++] = packet;
			back = g_steal_pointer(
				&outlet->carried[number_of(packet)]);
		} else {
			take_events(outlet);
		}
	}
	g_mutex_unlock(&outlet->lock);
	gst_clear_buffer(&back);
	return err;
}

/* Is it worth while to wait after this answer? */
static gboolean may_change(int err)
{
	return err == -DSI_EAGAIN || err == -DSI_ENOBUFS;
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

/* With the store's lock held. */
static void frame_freed(void *user)
{
	struct media_outlet *outlet = user;

	if (g_atomic_int_get(&outlet->waiting))
		media_outlet_wake(outlet);
}

/* ---- frames -------------------------------------------------------------- */

static gboolean has_packet(struct media_outlet *outlet)
{
	gboolean has;

	g_mutex_lock(&outlet->lock);
	has = outlet->n_free > 0;
	g_mutex_unlock(&outlet->lock);
	return has;
}

static gboolean is_closed(struct media_outlet *outlet)
{
	gboolean closed;

	g_mutex_lock(&outlet->lock);
	closed = outlet->socket == NULL;
	g_mutex_unlock(&outlet->lock);
	return closed;
}

/* One that came back meanwhile, or NULL after a while. */
static GstMemory *wait_for_frame(struct media_outlet *outlet)
{
	GstMemory *frame;

	g_atomic_int_inc(&outlet->waiting);
	frame = media_store_take(outlet->store);
	if (!frame)
		wait_a_little(outlet);
	g_atomic_int_add(&outlet->waiting, -1);
	return frame;
}

/* Said once: who waits is a pipeline that seems to do nothing. */
static void complain(struct media_outlet *outlet, uint64_t since_ns)
{
	guint consumers;

	if (dsi_now() - since_ns < LONG_NS ||
	    !g_atomic_int_compare_and_exchange(&outlet->told, FALSE, TRUE))
		return;
	g_mutex_lock(&outlet->lock);
	consumers = media_outlet_consumers(outlet);
	g_mutex_unlock(&outlet->lock);
	GST_WARNING_OBJECT(outlet->store,
			   "all %u frames are in use by upstream and %u "
			   "readers, for more than a second: give more slots, "
			   "or let readers that stop have "
			   "consumer-policy=drop-new",
			   outlet->frames, consumers);
}

static GstFlowReturn take(struct media_outlet *outlet, gboolean may_wait,
			  gboolean (*stop)(void *user), void *user,
			  GstMemory **out_frame)
{
	uint64_t since_ns = 0;

	for (;;) {
		int err = 0;

		/* The frame that came back last is the hottest. */
		if (!has_packet(outlet))
			err = collect(outlet);
		if (stop(user))
			return GST_FLOW_FLUSHING;
		*out_frame = media_store_take(outlet->store);
		if (*out_frame)
			return GST_FLOW_OK;
		if (!err)
			err = collect(outlet);
		if (!err)
			continue;
		if (!may_change(err))
			return GST_FLOW_ERROR;
		if (!may_wait)
			return GST_FLOW_EOS;
		if (g_atomic_int_get(&outlet->flush) & 1)
			return GST_FLOW_FLUSHING;
		if (!since_ns)
			since_ns = dsi_now();
		*out_frame = wait_for_frame(outlet);
		if (*out_frame)
			return GST_FLOW_OK;
		complain(outlet, since_ns);
	}
}

/* After the end readers may still use what they have, so that nobody may write to
 * it, although it is in the store by then: that is looked at last. */
GstFlowReturn media_outlet_take(struct media_outlet *outlet, gboolean may_wait,
				gboolean (*stop)(void *user), void *user,
				GstMemory **out_frame)
{
	GstFlowReturn flow = take(outlet, may_wait, stop, user, out_frame);

	if (flow == GST_FLOW_FLUSHING || !is_closed(outlet))
		return flow;
	if (flow == GST_FLOW_OK)
		gst_memory_unref(*out_frame);
	return GST_FLOW_NOT_LINKED;
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
	GstFlowReturn flow;
	GstMemory *frame;
	GstMapInfo map;

	if (bytes > media_store_frame_bytes(outlet->store))
		return GST_FLOW_NOT_SUPPORTED;
	flow = media_outlet_take(outlet, TRUE, stop, user, &frame);
	if (flow != GST_FLOW_OK)
		return flow == GST_FLOW_FLUSHING ? flow : GST_FLOW_ERROR;
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
		const char *metas, GstBuffer *buffer)
{
	guint n = buffer ? gst_buffer_n_memory(buffer) : 0;
	uint32_t bytes, slot_bytes;
	void *slot;
	int err = dsi_packet_data(packet, 0, &slot, &slot_bytes);

	if (err)
		return err;
	if (!media_header_write(header, caps, metas, slot, &bytes))
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
		  const char *metas, GstBuffer *buffer)
{
	int err = fill(outlet, packet, header, caps, metas, buffer);

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

/* After a move: are all readers here again that there were?  Who died on the
 * way is not waited for for ever. */
static gboolean all_here(struct media_outlet *outlet)
{
	if (!outlet->expected)
		return TRUE;
	g_mutex_lock(&outlet->lock);
	if (outlet->socket)
		take_events(outlet); /* admits who has come */
	if (!outlet->socket ||
	    media_outlet_consumers(outlet) >= outlet->expected ||
	    dsi_now() > outlet->expected_until)
		outlet->expected = 0;
	g_mutex_unlock(&outlet->lock);
	return !outlet->expected;
}

static GstFlowReturn send_ours(struct media_outlet *outlet,
			       const struct media_header *header,
			       const char *caps, const char *metas,
			       GstBuffer *buffer, gboolean (*stop)(void *user),
			       void *user)
{
	while (!all_here(outlet)) {
		if (stop(user))
			return GST_FLOW_FLUSHING;
		g_usleep(MOVE_LOOK_US);
	}
	for (;;) {
		struct dsi_packet *packet;
		int err = 0;

		g_mutex_lock(&outlet->lock);
		packet = outlet->socket ? pop_packet(outlet) : NULL;
		if (packet)
			err = commit(outlet, packet, header, caps, metas,
				     buffer);
		g_mutex_unlock(&outlet->lock);
		if (packet && !err)
			media_board_sent(media_store_board(outlet->store));
		if (packet)
			return flow_of(err);
		if (stop(user))
			return GST_FLOW_FLUSHING;
		err = collect(outlet);
		if (!err)
			continue;
		if (!may_change(err))
			return GST_FLOW_ERROR;
		wait_a_little(outlet);
	}
}

GstFlowReturn media_outlet_send(struct media_outlet *outlet,
				const struct media_header *header,
				const char *caps, const char *metas,
				GstBuffer *buffer, gboolean may_copy,
				gboolean (*stop)(void *user), void *user,
				struct media_sent *out_sent)
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
	flow = send_ours(outlet, header, caps, metas, buffer, stop, user);
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
		.traffic = *options->traffic,
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

	GST_DEBUG_CATEGORY_INIT(media_outlet_debug, "dsioutlet", 0,
				"stream of a dsisink");
	outlet->refs = 1;
	g_mutex_init(&outlet->lock);
	outlet->frames = options->frames;
	outlet->packets = options->frames + MORE_PACKETS;
	outlet->free = g_new0(struct dsi_packet *, outlet->packets);
	outlet->carried = g_new0(GstBuffer *, outlet->packets);
	outlet->flush = options->flush;
	outlet->expected = options->expected;
	outlet->expected_until = dsi_now() + MOVE_NS;
	outlet->socket_fd = -1;
	outlet->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	outlet->store = media_store_new(outlet->packets, options->frames,
					options->frame_bytes, error);
	if (outlet->store)
		media_board_init(media_store_board(outlet->store),
				 options->flush, options->frames);
	if (!outlet->store || !offer(outlet, options, error)) {
		media_outlet_unref(outlet);
		return NULL;
	}
	media_store_on_free(outlet->store, frame_freed, outlet);
	return outlet;
}

void media_outlet_set_flush(struct media_outlet *outlet, gint flush)
{
	g_atomic_int_set(&outlet->flush, flush);
	media_board_set_flush(media_outlet_board(outlet), flush);
	media_outlet_wake(outlet);
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
	if (outlet->store)
		media_board_sent(media_store_board(outlet->store));
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

struct media_board *media_outlet_board(const struct media_outlet *outlet)
{
	return media_store_board(outlet->store);
}

guint media_outlet_consumers(const struct media_outlet *outlet)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	if (!outlet->socket || dsi_socket_stats(outlet->socket, &stats) != 0)
		return 0;
	return stats.consumers;
}
