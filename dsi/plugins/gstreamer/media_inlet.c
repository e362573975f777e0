/* SPDX-License-Identifier: MIT */
/* media_inlet.c - see media_inlet.h. */
#include "media_inlet.h"

#include <string.h>

#include "media_pace.h"
#include "media_thread.h"

/* Looks between two looks at the clock; whoever else wants the core, perhaps the
 * producer, has it in between. */
#define LOOKS_PER_CLOCK 16
/* Who is woken up for a packet has it later than this. */
#define PROMPT_NS 20000u
/* How long downstream may keep all but one frame until copies are made, and how
 * long a wait for it is. */
#define ROOM_NS (200 * GST_MSECOND)
#define ROOM_SLICE_US 20000
/* A producer that died wakes nobody. */
#define LEAVE_NS (50 * GST_MSECOND)
/* So many go back before whoever releases a buffer gets the lock. */
#define LEAVE_AT_ONCE 64u
/* What a producer that is not to be believed says there are. */
#define LEAST_FRAMES 2u

struct media_inlet {
	gint refs;     /* the element's, and one for each packet that is out */
	gint seen;     /* packets, before the last look */
	gboolean copy; /* policy RECLAIM */
	gboolean blocks;
	const struct media_board *board;
	struct dsi_stream_desc desc;
	struct media_pace pace; /* of the thread that waits */
	guint64 spin_ns, until_ns;
	gboolean looks;	 /* until then, instead of sleeping */
	guint frames;	 /* of the stream; 0: it does not matter to us */
	guint64 full_ns; /* since when downstream keeps too many */
	gboolean tight;	 /* and it is not waited for that any more */
	guint64 copied;
	GMutex lock; /* for the rest, and calls on the socket */
	GCond back;
	guint out; /* packets that are buffers downstream, or being copied */
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
	g_cond_clear(&inlet->back);
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
	held->inlet->out--;
	g_cond_signal(&held->inlet->back);
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

/* One frame is the producer's, always. */
static gboolean is_full(const struct media_inlet *inlet)
{
	return inlet->frames && inlet->out + 1 >= inlet->frames;
}

/* With the lock held. */
static gboolean may_get(struct media_inlet *inlet)
{
	gboolean full = is_full(inlet);

	if (!full)
		inlet->full_ns = 0;
	else if (!inlet->full_ns)
		inlet->full_ns = dsi_now();
	return !full || inlet->tight;
}

/* Who keeps all frames once does it again: it is not waited for any more. */
static gboolean must_copy(const struct media_inlet *inlet)
{
	return inlet->copy || is_full(inlet);
}

/* It is not needed any more, or not good. */
static void give_back(struct media_inlet *inlet, struct dsi_packet *packet)
{
	g_mutex_lock(&inlet->lock);
	(void)dsi_packet_commit(inlet->socket, packet);
	inlet->out--;
	g_mutex_unlock(&inlet->lock);
}

/* The packet's header and data, as a buffer of its own if @must_copy.  Without the
 * lock: whoever gives a buffer back shall not wait for a copy. */
static int take(struct media_inlet *inlet, struct dsi_packet *packet,
		gboolean must_copy, struct media_header *out_header,
		char *out_text, GstBuffer **out_buffer)
{
	int err = read_header(packet, out_header, out_text);

	*out_buffer = NULL;
	if (!err && !must_copy) {
		*out_buffer = wrap(inlet, packet);
		return 0;
	}
	if (!err)
		*out_buffer = copy(packet);
	if (inlet->copy && dsi_packet_valid(packet) != 1)
		err = -DSI_ESTALE;
	if (err)
		gst_clear_buffer(out_buffer);
	give_back(inlet, packet);
	inlet->copied += !err && !inlet->copy;
	return err;
}

/* ---- what downstream keeps ----------------------------------------------- */

gboolean media_inlet_wait_room(struct media_inlet *inlet)
{
	gint64 until = g_get_monotonic_time() + ROOM_SLICE_US;
	gboolean full;

	g_mutex_lock(&inlet->lock);
	while (is_full(inlet) &&
	       g_cond_wait_until(&inlet->back, &inlet->lock, until))
		;
	full = is_full(inlet);
	g_mutex_unlock(&inlet->lock);
	if (full && dsi_now() - inlet->full_ns >= ROOM_NS)
		inlet->tight = TRUE;
	return inlet->tight;
}

GstBuffer *media_inlet_rehearse(void)
{
	static guint8 nothing[1];
	struct held *held = g_new0(struct held, 1);
	GstBuffer *buffer = gst_buffer_new();

	gst_buffer_append_memory(
		buffer, gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY,
					       nothing, sizeof(nothing), 0,
					       sizeof(nothing), held, g_free));
	return buffer;
}

guint64 media_inlet_copied(const struct media_inlet *inlet)
{
	return inlet->copied;
}

/* ---- packets ------------------------------------------------------------- */

static gboolean has_more(const struct media_inlet *inlet)
{
	return media_board_packets(inlet->board) != inlet->seen;
}

/* When it was sent: how late we saw it says nothing of the next one. */
static void came(struct media_inlet *inlet)
{
	guint64 now = dsi_now(), sent;
	gboolean believed = media_board_sent_at(
		inlet->board, now, inlet->pace.period_ns / 2, &sent);

	if (inlet->looks)
		media_pace_looked(&inlet->pace,
				  believed && now - sent < PROMPT_NS);
	media_pace_came(&inlet->pace, sent);
}

int media_inlet_get(struct media_inlet *inlet, struct media_header *out_header,
		    char *out_text, GstBuffer **out_buffer,
		    gboolean *out_dropped_before)
{
	struct dsi_packet *packet;
	gboolean must;
	int err;

	if (inlet->looks && has_more(inlet)) {
		/* It came while the caller got ready. */
		came(inlet);
		inlet->looks = FALSE;
	}
	inlet->seen = media_board_packets(inlet->board);
	g_mutex_lock(&inlet->lock);
	err = may_get(inlet) ? dsi_packet_get(inlet->socket, 0, &packet)
			     : -DSI_EBUSY;
	must = must_copy(inlet);
	inlet->out += !err;
	g_mutex_unlock(&inlet->lock);
	if (err)
		return err;
	*out_dropped_before =
		(dsi_packet_flags(packet) & DSI_PACKET_DROPPED_BEFORE) != 0;
	return take(inlet, packet, must, out_header, out_text, out_buffer);
}

/* ---- waiting ------------------------------------------------------------- */

/* On the board, not on the socket's descriptor: that costs the producer a call
 * for each reader, and the reader five. */
static void sleep_for(struct media_inlet *inlet, guint64 wait_ns)
{
	media_board_wait_packet(inlet->board, inlet->seen, wait_ns);
}

static void look_until(const struct media_inlet *inlet, guint64 until_ns)
{
	while (!has_more(inlet) && dsi_now() < until_ns) {
		for (guint i = 0; i < LOOKS_PER_CLOCK && !has_more(inlet); i++)
			;
		g_thread_yield();
	}
}

/* A sleep until @from_ns, unless there is more before.  When it is now. */
static guint64 wake_up_at(struct media_inlet *inlet, guint64 now_ns,
			  guint64 from_ns)
{
	gulong slack;

	if (now_ns >= from_ns)
		return now_ns;
	slack = media_thread_precise();
	sleep_for(inlet, from_ns - now_ns);
	media_thread_imprecise(slack);
	now_ns = dsi_now();
	/* Or else woken for another reason. */
	if (now_ns >= from_ns)
		media_pace_woke(&inlet->pace, from_ns, now_ns);
	return now_ns;
}

/* What there is to do after that. */
enum next {
	NEXT_SLEEP, /* the date is not known well enough, or there is more */
	NEXT_LOOK,  /* it is due soon */
	NEXT_LEAVE, /* it was woken for another reason, which the caller knows */
};

/* Sleep until shortly before the next one is due, if that is known well enough. */
static enum next wait_for_date(struct media_inlet *inlet, guint64 wait_ns)
{
	guint64 now = dsi_now(), from;

	if (!media_pace_window(&inlet->pace, now, &from, &inlet->until_ns) ||
	    (from > now && from - now > wait_ns))
		return NEXT_SLEEP;
	now = wake_up_at(inlet, now, from);
	if (has_more(inlet))
		return NEXT_SLEEP;
	if (now < from)
		return NEXT_LEAVE;
	/* Where the producer runs it cannot send while we look, and goes on
	 * with its next buffer before we have this one. */
	if (!media_board_is_beside(inlet->board))
		return NEXT_LOOK;
	/* As dear as a look in vain: one that says each time that it is here
	 * shall not chase this thread about. */
	media_pace_looked(&inlet->pace, FALSE);
	return media_thread_leave_processor() ? NEXT_LOOK : NEXT_SLEEP;
}

gboolean media_inlet_wait(struct media_inlet *inlet, guint64 wait_ns)
{
	enum next next = NEXT_SLEEP;

	if (!inlet->spin_ns) {
		sleep_for(inlet, wait_ns);
		return FALSE;
	}
	if (!inlet->looks) {
		next = wait_for_date(inlet, wait_ns);
		inlet->looks = next == NEXT_LOOK;
		if (next != NEXT_SLEEP)
			return inlet->looks;
	} else {
		look_until(inlet, inlet->until_ns);
		if (!has_more(inlet)) {
			media_pace_looked(&inlet->pace, FALSE);
			inlet->looks = FALSE;
		}
	}
	if (!has_more(inlet))
		sleep_for(inlet, wait_ns);
	if (has_more(inlet))
		came(inlet);
	inlet->looks = FALSE;
	return FALSE;
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

int media_inlet_join(struct media_inlet *inlet, const char *stream)
{
	int err = dsi_socket_connect(inlet->socket, stream, 0);

	if (!err)
		err = dsi_socket_start(inlet->socket);
	inlet->desc.size = sizeof(inlet->desc);
	if (!err)
		err = dsi_socket_desc(inlet->socket, &inlet->desc);
	if (!err)
		err = find_board(inlet);
	if (!err && inlet->blocks)
		inlet->frames =
			MAX(media_board_frames(inlet->board), LEAST_FRAMES);
	if (!err)
		media_pace_init(&inlet->pace, &inlet->desc.traffic,
				inlet->spin_ns);
	return err;
}

const char *media_inlet_why(const struct media_inlet *inlet)
{
	return dsi_socket_error(inlet->socket);
}

struct media_inlet *media_inlet_new(const struct media_inlet_options *options,
				    int *out_error)
{
	gboolean queue = options->policy == DSI_POLICY_DROP_NEW;
	struct dsi_consumer_options consumer = {
		.size = sizeof(consumer),
		.policy = options->policy,
		.queue_packets = queue ? options->queue : 0,
		.format = MEDIA_FORMAT,
		.label = "dsisrc",
		.placement = options->place->placement,
		.placement_of = options->place->of,
	};
	struct media_inlet *inlet = g_new0(struct media_inlet, 1);

	inlet->refs = 1;
	inlet->copy = options->policy == DSI_POLICY_RECLAIM;
	inlet->spin_ns = options->spin_ns;
	g_mutex_init(&inlet->lock);
	g_cond_init(&inlet->back);
	inlet->blocks = options->policy == DSI_POLICY_BLOCK;
	*out_error = dsi_consumer_create(&consumer, &inlet->socket);
	if (!*out_error)
		return inlet;
	media_inlet_unref(inlet);
	return NULL;
}

/* All that waits goes back, unread.  TRUE: buffers are out, and more may come. */
static gboolean give_up(struct media_inlet *inlet)
{
	struct dsi_packet *packet;
	int err = -DSI_EAGAIN;
	gboolean more;

	g_mutex_lock(&inlet->lock);
	for (guint n = 0; inlet->out && n < LEAVE_AT_ONCE; n++) {
		err = dsi_packet_get(inlet->socket, 0, &packet);
		if (err)
			break;
		(void)dsi_packet_commit(inlet->socket, packet);
	}
	more = inlet->out &&
	       (!err || err == -DSI_EAGAIN || err == -DSI_ENOBUFS);
	g_mutex_unlock(&inlet->lock);
	return more;
}

/* The producer still counts us among its readers, as long as one buffer is out:
 * it shall not wait for us. */
static gpointer leave(gpointer user)
{
	struct media_inlet *inlet = user;
	gint seen = media_board_packets(inlet->board);

	while (give_up(inlet)) {
		media_board_wait_packet(inlet->board, seen, LEAVE_NS);
		seen = media_board_packets(inlet->board);
	}
	media_inlet_unref(inlet);
	return NULL;
}

void media_inlet_close(struct media_inlet *inlet)
{
	GThread *thread = NULL;
	gboolean out;

	if (!inlet)
		return;
	g_mutex_lock(&inlet->lock);
	out = inlet->out > 0;
	g_mutex_unlock(&inlet->lock);
	if (out)
		thread = g_thread_try_new("dsisrc-leave", leave, inlet, NULL);
	if (thread) {
		g_thread_unref(thread);
		return;
	}
	(void)dsi_socket_stop(inlet->socket);
	media_inlet_unref(inlet);
}
