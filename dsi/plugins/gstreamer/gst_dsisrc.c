/* SPDX-License-Identifier: MIT */
/*
 * gst_dsisrc.c - dsisrc: buffers of another process, where they lie.
 *
 * The stream may be there later than this element, and may come back: it is
 * looked for until it is found.  Everything else, caps included, comes with the
 * packets, so there is nothing to be set but the stream's name.
 */
#include "gst_dsisrc.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "media_clock.h"
#include "media_header.h"
#include "media_inlet.h"
#include "media_latency.h"

GST_DEBUG_CATEGORY_STATIC(gst_dsi_src_debug);
#define GST_CAT_DEFAULT gst_dsi_src_debug

/* How often the stream's name is looked for.  Not by a short deadline for the
 * connection: one that passes in the midst of a handshake leaves the producer
 * with a reader that is gone, and us without what it sent to that. */
#define LOOK_MS 20
/* How long a stream that moves may take to come back under its name: a producer
 * that takes longer has died between both. */
#define MOVE_NS (10 * GST_SECOND)
/* Of a flush; longer ones end here, where nothing arrives anyway. */
#define FLUSH_NS (500 * GST_MSECOND)
#define FLUSH_SLICE_NS (50 * GST_MSECOND)
#define FLUSH_LOOK_MS 10
/* A producer that died wakes nobody. */
#define LOOK_AGAIN_NS (50 * GST_MSECOND)
/* Latency to answer when the stream did not say how long a buffer lasts. */
#define UNKNOWN_LATENCY (20 * GST_MSECOND)
#define DURATION_NOISE GST_MSECOND
#define DEFAULT_WAKE GST_MSECOND
#define DEFAULT_SPIN (400 * GST_USECOND)
#define WHY_BYTES 256

enum {
	DEATH_EOS,
	DEATH_ERROR,
	DEATH_WAIT,
};

enum {
	TIMES_CLOCK,
	TIMES_ORIGINAL,
};

struct _GstDsiSrc {
	GstPushSrc parent;
	/* Properties, under the object's lock. */
	gboolean running; /* they stay as they are */
	gchar *stream, *placement;
	guint policy, queue;
	gint on_peer_death, timestamps;
	guint64 dropped, copied; /* by inlets that are gone */
	guint64 wake, service, spin;
	/* Of the streaming thread. */
	struct media_inlet *inlet;  /* replaced under the object's lock */
	struct media_inlet *seeker; /* looks for the stream; NULL: none yet */
	struct media_place place;
	gboolean ended, moved, discont, told, warned;
	/* Got, but not before its flush is through. */
	GstBuffer *pending;
	gboolean dropped_before;
	struct media_header header;
	guint64 give_up; /* monotonic; 0: never */
	gchar caps[MEDIA_TEXT_BYTES];
	gchar new_caps[MEDIA_TEXT_BYTES]; /* and behind its NUL the metas */
	GstSegment segment;
	/* Of any thread. */
	GstClockTime frame_time;
	/* From what both ends declare, without what is upstream of dsisink;
	 * NONE: nothing follows.  Under the object's lock. */
	GstClockTime latency_min, latency_max;
	gint upstream; /* its latency as last told, streaming thread */
	gint flushing;
	gint monotonic; /* our clock */
	int wake_fd;
	/* Flushes what is downstream when the producer does. */
	GThread *flusher;
	gint flusher_stops;
	gint flushed; /* the board's number; set under the object's lock */
};

enum {
	PROP_0,
	PROP_STREAM,
	PROP_CONSUMER_POLICY,
	PROP_QUEUE,
	PROP_ON_PEER_DEATH,
	PROP_TIMESTAMPS,
	PROP_WAKE,
	PROP_SERVICE,
	PROP_SPIN,
	PROP_DROPPED,
	PROP_COPIED,
	PROP_PLACEMENT,
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
	"src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_FINAL_TYPE_WITH_CODE(
	GstDsiSrc, gst_dsi_src, GST_TYPE_PUSH_SRC,
	GST_DEBUG_CATEGORY_INIT(gst_dsi_src_debug, "dsisrc", 0,
				"source from a dsi stream"))

/* ---- enumerations -------------------------------------------------------- */

static GType policy_type(void)
{
	static const GEnumValue values[] = {
		{DSI_POLICY_BLOCK, "The producer waits for this reader",
		 "block"},
		{DSI_POLICY_DROP_NEW,
		 "This reader misses buffers when it is late", "drop-new"},
		{DSI_POLICY_RECLAIM,
		 "The producer overwrites what this reader did not copy in "
		 "time: it costs the producer nothing, not even frames",
		 "reclaim"},
		{0, NULL, NULL},
	};
	static gsize type;

	if (g_once_init_enter(&type))
		g_once_init_leave(&type, g_enum_register_static(
						 "GstDsiSrcPolicy", values));
	return (GType)type;
}

static GType death_type(void)
{
	static const GEnumValue values[] = {
		{DEATH_EOS, "End of stream", "eos"},
		{DEATH_ERROR, "An error", "error"},
		{DEATH_WAIT, "Wait for a producer of this name", "wait"},
		{0, NULL, NULL},
	};
	static gsize type;

	if (g_once_init_enter(&type))
		g_once_init_leave(&type, g_enum_register_static(
						 "GstDsiSrcDeath", values));
	return (GType)type;
}

static GType times_type(void)
{
	static const GEnumValue values[] = {
		{TIMES_CLOCK,
		 "On this pipeline's time line, so that both pipelines show "
		 "the same at the same time",
		 "clock"},
		{TIMES_ORIGINAL, "As the producer has them, with its segment",
		 "original"},
		{0, NULL, NULL},
	};
	static gsize type;

	if (g_once_init_enter(&type))
		g_once_init_leave(&type, g_enum_register_static(
						 "GstDsiSrcTimes", values));
	return (GType)type;
}

/* ---- the stream ---------------------------------------------------------- */

/* The even number of a flush that is over, or that will be.  Without a sign: the
 * producer can write the largest one. */
static gint when_over(gint flush)
{
	return (gint)(((guint)flush + 1) & ~1u);
}

static void set_inlet(GstDsiSrc *src, struct media_inlet *inlet)
{
	struct media_inlet *before;

	GST_OBJECT_LOCK(src);
	before = src->inlet;
	src->inlet = inlet;
	if (before)
		src->copied += media_inlet_copied(before);
	if (inlet)
		/* Who comes in the midst of a flush has nothing to flush. */
		src->flushed =
			when_over(media_board_flush(media_inlet_board(inlet)));
	GST_OBJECT_UNLOCK(src);
	if (before) {
		media_board_wake(media_inlet_board(before));
		media_inlet_close(before);
	}
}

static void drop_inlet(GstDsiSrc *src)
{
	gst_clear_buffer(&src->pending);
	set_inlet(src, NULL);
}

/* ---- waiting ------------------------------------------------------------- */

static void wait_to_be_woken(GstDsiSrc *src, gint wait_ms)
{
	struct pollfd fd = {.fd = src->wake_fd, .events = POLLIN};

	(void)poll(&fd, 1, wait_ms);
}

/* ---- flush --------------------------------------------------------------- */

static gboolean stops(GstDsiSrc *src)
{
	return g_atomic_int_get(&src->flusher_stops);
}

/* Not gst_element_send_event(): that takes the lock of the state, which is held
 * by who waits for this thread to end. */
static void send_flush(GstDsiSrc *src, GstEvent *event)
{
	GstElement *element = GST_ELEMENT(src);

	(void)GST_ELEMENT_GET_CLASS(element)->send_event(element, event);
}

/* Downstream gets rid of what it has, and whoever is blocked there is free.
 * Until @inlet's producer is done with its flush, nothing comes. */
static void flush_downstream(GstDsiSrc *src, struct media_inlet *inlet)
{
	const struct media_board *board = media_inlet_board(inlet);
	gboolean reset = src->timestamps == TIMES_ORIGINAL;
	gint now = media_board_flush(board);
	guint64 waited = 0;

	GST_DEBUG_OBJECT(src, "the producer flushes");
	send_flush(src, gst_event_new_flush_start());
	for (; (now & 1) && waited < FLUSH_NS && !stops(src);
	     waited += FLUSH_SLICE_NS) {
		media_board_wait(board, now, FLUSH_SLICE_NS);
		now = media_board_flush(board);
	}
	GST_OBJECT_LOCK(src);
	if (src->inlet == inlet)
		g_atomic_int_set(&src->flushed, when_over(now));
	GST_OBJECT_UNLOCK(src);
	send_flush(src, gst_event_new_flush_stop(reset));
}

static gpointer flusher(gpointer user)
{
	GstDsiSrc *src = user;

	while (!stops(src)) {
		struct media_inlet *inlet;
		gint flushed, now = 0;

		GST_OBJECT_LOCK(src);
		inlet = src->inlet ? media_inlet_ref(src->inlet) : NULL;
		flushed = src->flushed;
		GST_OBJECT_UNLOCK(src);
		if (!inlet) {
			g_usleep(FLUSH_LOOK_MS * 1000u);
			continue;
		}
		now = media_board_flush(media_inlet_board(inlet));
		if (when_over(now) != flushed)
			flush_downstream(src, inlet);
		else
			media_board_wait(media_inlet_board(inlet), now,
					 FLUSH_NS);
		media_inlet_unref(inlet);
	}
	return NULL;
}

static void start_flusher(GstDsiSrc *src)
{
	GST_OBJECT_LOCK(src);
	if (!src->flusher && !stops(src))
		src->flusher = g_thread_new("dsisrc-flush", flusher, src);
	GST_OBJECT_UNLOCK(src);
}

static void stop_flusher(GstDsiSrc *src)
{
	GThread *thread;

	GST_OBJECT_LOCK(src);
	g_atomic_int_set(&src->flusher_stops, TRUE);
	thread = g_steal_pointer(&src->flusher);
	if (src->inlet)
		media_board_wake(media_inlet_board(src->inlet));
	GST_OBJECT_UNLOCK(src);
	g_clear_pointer(&thread, g_thread_join);
}

/* ---- latency ------------------------------------------------------------- */

/* Frames that this reader may keep from the producer. */
static guint frames_of(GstDsiSrc *src)
{
	const struct dsi_stream_desc *desc = media_inlet_desc(src->inlet);
	guint frames = media_board_frames(media_inlet_board(src->inlet));
	guint queue = src->queue ? src->queue : MAX(desc->packets / 4, 1);

	if (frames == 0 || frames > desc->packets)
		frames = desc->packets; /* it is not to be believed */
	return src->policy == DSI_POLICY_DROP_NEW ? MIN(queue, frames) : frames;
}

static void tell_latency(GstDsiSrc *src)
{
	(void)gst_element_post_message(
		GST_ELEMENT(src), gst_message_new_latency(GST_OBJECT(src)));
}

/* With a stream just found. */
static void calculate_latency(GstDsiSrc *src)
{
	const struct media_use use = {
		.policy = src->policy,
		.frames = frames_of(src),
		.wake_ns = src->wake,
		.service_ns = src->service,
	};
	GstClockTime min = GST_CLOCK_TIME_NONE, max = GST_CLOCK_TIME_NONE;
	gchar why[WHY_BYTES];

	if (!media_latency_of(&media_inlet_desc(src->inlet)->traffic, &use,
			      &min, &max, why, sizeof(why)) &&
	    *why)
		GST_WARNING_OBJECT(src, "latency: %s", why);
	if (GST_CLOCK_TIME_IS_VALID(min) && max < min) {
		GST_WARNING_OBJECT(src,
				   "latency: a buffer may be %" GST_TIME_FORMAT
				   " late, and %u frames last only for "
				   "%" GST_TIME_FORMAT ": give more slots, or "
				   "declare less jitter",
				   GST_TIME_ARGS(min), use.frames,
				   GST_TIME_ARGS(max));
		max = min;
	}
	GST_OBJECT_LOCK(src);
	src->latency_min = min;
	src->latency_max = max;
	GST_OBJECT_UNLOCK(src);
	src->upstream = media_board_latency(media_inlet_board(src->inlet));
	tell_latency(src);
}

/* What is upstream of dsisink may change while the stream runs. */
static void look_at_upstream(GstDsiSrc *src)
{
	gint upstream = media_board_latency(media_inlet_board(src->inlet));

	if (upstream == src->upstream)
		return;
	src->upstream = upstream;
	tell_latency(src);
}

static void answer_latency(GstDsiSrc *src, GstQuery *query)
{
	GstClockTime min, max, upstream = 0;

	GST_OBJECT_LOCK(src);
	min = src->latency_min;
	max = src->latency_max;
	if (!GST_CLOCK_TIME_IS_VALID(min))
		min = src->frame_time;
	if (src->inlet) {
		gint us = media_board_latency(media_inlet_board(src->inlet));

		upstream = us > 0 ? (GstClockTime)us * GST_USECOND : 0;
	}
	GST_OBJECT_UNLOCK(src);
	if (!GST_CLOCK_TIME_IS_VALID(min))
		min = UNKNOWN_LATENCY;
	min += upstream;
	if (GST_CLOCK_TIME_IS_VALID(max))
		max += upstream;
	gst_query_set_latency(query, TRUE, min, max);
}

/* What on-peer-death says. */
static GstFlowReturn died(GstDsiSrc *src)
{
	if (src->on_peer_death == DEATH_EOS)
		return GST_FLOW_EOS;
	if (src->on_peer_death == DEATH_WAIT)
		return GST_FLOW_OK;
	GST_ELEMENT_ERROR(src, RESOURCE, READ,
			  ("the producer of stream '%s' died", src->stream),
			  (NULL));
	return GST_FLOW_ERROR;
}

static void drop_seeker(GstDsiSrc *src)
{
	g_clear_pointer(&src->seeker, media_inlet_unref);
}

static void found(GstDsiSrc *src)
{
	set_inlet(src, g_steal_pointer(&src->seeker));
	start_flusher(src);
	calculate_latency(src);
	GST_INFO_OBJECT(src, "reading stream '%s'", src->stream);
	src->ended = src->moved = src->told = FALSE;
	src->give_up = 0;
	src->discont = TRUE;
}

static GstFlowReturn not_found(GstDsiSrc *src)
{
	if (!src->told)
		GST_INFO_OBJECT(src, "waiting for stream '%s'", src->stream);
	src->told = TRUE;
	wait_to_be_woken(src, LOOK_MS);
	return src->give_up && dsi_now() > src->give_up ? died(src)
							: GST_FLOW_OK;
}

/* 0, or what to do instead. */
static GstFlowReturn look_for(GstDsiSrc *src)
{
	const struct media_inlet_options options = {
		.policy = src->policy,
		.queue = src->queue,
		.place = &src->place,
		.spin_ns = src->spin,
	};
	const gchar *why = "";
	int err = 0;

	if (!src->seeker)
		src->seeker = media_inlet_new(&options, &err);
	if (!err)
		err = media_inlet_join(src->seeker, src->stream);
	if (!err) {
		found(src);
		return GST_FLOW_OK;
	}
	if (err == -DSI_ENOENT)
		return not_found(src);
	if (err == -DSI_ETIMEDOUT || err == -DSI_EAGAIN || err == -DSI_EPIPE) {
		drop_seeker(src);
		return not_found(src);
	}
	if (src->seeker)
		why = media_inlet_why(src->seeker);
	GST_ELEMENT_ERROR(src, RESOURCE, OPEN_READ,
			  ("stream '%s': %s", src->stream,
			   *why ? why : dsi_strerror(err)),
			  (NULL));
	drop_seeker(src);
	return GST_FLOW_ERROR;
}

/* The producer is gone. */
static GstFlowReturn bereaved(GstDsiSrc *src)
{
	gboolean in_order = media_inlet_closed_in_order(src->inlet);
	/* Its last packet may have been dropped for us. */
	guint word = media_board_word(media_inlet_board(src->inlet));

	drop_inlet(src);
	if (src->ended || word == MEDIA_EOS)
		return GST_FLOW_EOS;
	if (src->moved || word == MEDIA_MOVED) {
		src->give_up = dsi_now() + MOVE_NS;
		return GST_FLOW_OK;
	}
	if (in_order && src->on_peer_death != DEATH_WAIT)
		return GST_FLOW_EOS;
	return died(src);
}

static GstFlowReturn broken(GstDsiSrc *src)
{
	GST_ELEMENT_ERROR(src, STREAM, WRONG_TYPE,
			  ("the producer of stream '%s' sent what no dsisink "
			   "sends",
			   src->stream),
			  (NULL));
	return GST_FLOW_ERROR;
}

/* ---- what a packet says -------------------------------------------------- */

static gboolean new_caps(GstDsiSrc *src)
{
	GstCaps *caps;
	gboolean taken;

	if (!*src->new_caps || strcmp(src->caps, src->new_caps) == 0)
		return TRUE;
	caps = gst_caps_from_string(src->new_caps);
	taken = caps && gst_caps_is_fixed(caps) &&
		gst_base_src_set_caps(GST_BASE_SRC(src), caps);
	gst_clear_caps(&caps);
	if (taken)
		strcpy(src->caps, src->new_caps);
	return taken;
}

static void new_segment(GstDsiSrc *src, const struct media_header *h)
{
	GstSegment segment;

	if (src->timestamps != TIMES_ORIGINAL)
		return;
	gst_segment_init(&segment, GST_FORMAT_TIME);
	segment.rate = h->segment_rate;
	segment.applied_rate = h->segment_applied_rate;
	segment.start = h->segment_start;
	segment.stop = h->segment_stop;
	segment.time = h->segment_time;
	segment.base = h->segment_base;
	segment.position = segment.start;
	if (gst_segment_is_equal(&segment, &src->segment))
		return;
	src->segment = segment;
	(void)gst_base_src_new_segment(GST_BASE_SRC(src), &segment);
}

static GstClockTime our_base(GstDsiSrc *src)
{
	return media_clock_base_of(GST_ELEMENT(src),
				   g_atomic_int_get(&src->monotonic));
}

static GstClockTime our_time(uint64_t absolute, GstClockTime base)
{
	if (!GST_CLOCK_TIME_IS_VALID(absolute))
		return GST_CLOCK_TIME_NONE;
	/* What was sent before this pipeline began is shown at once. */
	return absolute > base ? absolute - base : 0;
}

static void times(GstDsiSrc *src, const struct media_header *h,
		  GstBuffer *buffer)
{
	if (src->timestamps == TIMES_ORIGINAL) {
		GST_BUFFER_PTS(buffer) = h->own_pts;
		GST_BUFFER_DTS(buffer) = h->own_dts;
	} else {
		/* Both from one look at the clocks, or DTS may pass PTS. */
		GstClockTime base = our_base(src);

		GST_BUFFER_PTS(buffer) = our_time(h->pts, base);
		GST_BUFFER_DTS(buffer) = our_time(h->dts, base);
	}
}

/* Where nothing is declared.  Durations of 16666666 and 16666667 ns take turns;
 * the pipeline is not to ask all elements again for that. */
static void learn_frame_time(GstDsiSrc *src, GstClockTime duration)
{
	gboolean longer;

	if (!GST_CLOCK_TIME_IS_VALID(duration))
		return;
	GST_OBJECT_LOCK(src);
	longer = !GST_CLOCK_TIME_IS_VALID(src->latency_min) &&
		 (!GST_CLOCK_TIME_IS_VALID(src->frame_time) ||
		  duration > src->frame_time + DURATION_NOISE);
	if (longer)
		src->frame_time = duration;
	GST_OBJECT_UNLOCK(src);
	if (longer)
		tell_latency(src);
}

static GstFlowReturn as_buffer(GstDsiSrc *src, const struct media_header *h,
			       GstBuffer *buffer, gboolean dropped_before)
{
	if (!new_caps(src) ||
	    !media_header_to_buffer(h, src->new_caps + h->caps_bytes + 1,
				    buffer, gst_buffer_get_size(buffer)))
		return broken(src);
	new_segment(src, h);
	times(src, h, buffer);
	if (src->discont || dropped_before)
		GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
	src->discont = FALSE;
	learn_frame_time(src, h->duration);
	look_at_upstream(src);
	return GST_FLOW_OK;
}

/* A packet that is no buffer. */
static GstFlowReturn as_event(GstDsiSrc *src, const struct media_header *h)
{
	GstPad *pad = GST_BASE_SRC_PAD(src);
	GstClockTime start;

	switch (h->kind) {
	case MEDIA_EOS:
		src->ended = TRUE;
		return GST_FLOW_EOS;
	case MEDIA_MOVED:
		src->moved = TRUE;
		src->give_up = dsi_now() + MOVE_NS;
		drop_inlet(src);
		return GST_FLOW_OK;
	default: /* MEDIA_GAP */
		start = src->timestamps == TIMES_ORIGINAL
				? h->own_pts
				: our_time(h->pts, our_base(src));
		if (*src->caps && GST_CLOCK_TIME_IS_VALID(start))
			(void)gst_pad_push_event(
				pad, gst_event_new_gap(start, h->duration));
		return GST_FLOW_OK;
	}
}

/* Downstream keeps too much. */
static void wait_for_room(GstDsiSrc *src)
{
	if (!media_inlet_wait_room(src->inlet) || src->warned)
		return;
	src->warned = TRUE;
	GST_ELEMENT_WARNING(
		src, RESOURCE, NO_SPACE_LEFT,
		("downstream keeps all but one of the %u frames of stream "
		 "'%s': what comes meanwhile is copied; more slots of dsisink "
		 "avoid that",
		 media_board_frames(media_inlet_board(src->inlet)),
		 src->stream),
		(NULL));
}

/* A buffer is due: what it will take shall be in the cache when it comes.  After
 * a sleep that costs as much as the wake-up. */
static void rehearse(GstDsiSrc *src)
{
	GstBuffer *buffer;

	if (src->header.kind != MEDIA_BUFFER)
		return;
	buffer = media_inlet_rehearse();
	(void)media_header_to_buffer(&src->header, "", buffer, G_MAXSIZE);
	times(src, &src->header, buffer);
	gst_buffer_unref(buffer);
}

/* Get the next packet into `pending`. */
static GstFlowReturn get(GstDsiSrc *src)
{
	int err = media_inlet_get(src->inlet, &src->header, src->new_caps,
				  &src->pending, &src->dropped_before);

	switch (err) {
	case 0:
		src->dropped += src->dropped_before;
		return GST_FLOW_OK;
	case -DSI_EAGAIN:
		if (media_inlet_wait(src->inlet, LOOK_AGAIN_NS))
			rehearse(src);
		return GST_FLOW_OK;
	case -DSI_EBUSY:
		wait_for_room(src);
		return GST_FLOW_OK;
	case -DSI_ESTALE:
		src->dropped++;
		src->discont = TRUE;
		return GST_FLOW_OK;
	case -DSI_EPIPE:
		return bereaved(src);
	default:
		return broken(src);
	}
}

/* What is pending is of now: it goes on, or is done. */
static GstFlowReturn deliver(GstDsiSrc *src, GstBuffer **out_buffer)
{
	GstBuffer *buffer = g_steal_pointer(&src->pending);
	GstFlowReturn flow;

	if (src->header.kind == MEDIA_BUFFER) {
		flow = as_buffer(src, &src->header, buffer,
				 src->dropped_before);
		if (flow == GST_FLOW_OK)
			*out_buffer = g_steal_pointer(&buffer);
	} else {
		flow = as_event(src, &src->header);
	}
	gst_clear_buffer(&buffer);
	return flow;
}

/* One step: *out_buffer is set if it led to one. */
static GstFlowReturn step(GstDsiSrc *src, GstBuffer **out_buffer)
{
	const struct media_board *board;
	GstFlowReturn flow = GST_FLOW_OK;
	gint flushed;

	if (!src->inlet)
		return look_for(src);
	if (!src->pending)
		flow = get(src);
	if (!src->pending)
		return flow;
	board = media_inlet_board(src->inlet);
	flushed = g_atomic_int_get(&src->flushed);
	if (src->header.flush != flushed) {
		if (src->header.flush == media_board_flush(board))
			/* The flush before it is not through yet. */
			wait_to_be_woken(src, FLUSH_LOOK_MS);
		else
			gst_clear_buffer(&src->pending);
		src->discont = TRUE;
		src->ended = FALSE;
		return GST_FLOW_OK;
	}
	if (flushed != media_board_flush(board)) {
		/* From before a flush that has begun. */
		gst_clear_buffer(&src->pending);
		return GST_FLOW_OK;
	}
	return deliver(src, out_buffer);
}

/* ---- GstPushSrc ---------------------------------------------------------- */

static GstFlowReturn src_create(GstPushSrc *push, GstBuffer **out_buffer)
{
	GstDsiSrc *src = GST_DSI_SRC(push);

	*out_buffer = NULL;
	while (!g_atomic_int_get(&src->flushing)) {
		GstFlowReturn flow = step(src, out_buffer);

		if (flow != GST_FLOW_OK || *out_buffer)
			return flow;
	}
	return GST_FLOW_FLUSHING;
}

static void set_running(GstDsiSrc *src, gboolean running)
{
	GST_OBJECT_LOCK(src);
	src->running = running;
	GST_OBJECT_UNLOCK(src);
}

static gboolean src_start(GstBaseSrc *base)
{
	GstDsiSrc *src = GST_DSI_SRC(base);

	/* From here on no property changes. */
	set_running(src, TRUE);
	if (!src->stream || !*src->stream) {
		GST_ELEMENT_ERROR(src, RESOURCE, NOT_FOUND,
				  ("no stream is named: set the property "
				   "'stream'"),
				  (NULL));
		set_running(src, FALSE);
		return FALSE;
	}
	if (!media_place_read(GST_ELEMENT(src), src->placement, &src->place)) {
		set_running(src, FALSE);
		return FALSE;
	}
	gst_segment_init(&src->segment, GST_FORMAT_UNDEFINED);
	src->caps[0] = '\0';
	src->frame_time = GST_CLOCK_TIME_NONE;
	src->latency_min = src->latency_max = GST_CLOCK_TIME_NONE;
	src->dropped = src->copied = 0;
	src->give_up = 0;
	src->ended = src->moved = src->told = src->warned = FALSE;
	g_atomic_int_set(&src->flusher_stops, FALSE);
	return TRUE;
}

static gboolean src_stop(GstBaseSrc *base)
{
	stop_flusher(GST_DSI_SRC(base));
	drop_seeker(GST_DSI_SRC(base));
	drop_inlet(GST_DSI_SRC(base));
	set_running(GST_DSI_SRC(base), FALSE);
	return TRUE;
}

/* Before the pad is deactivated: the end of a flush would activate it. */
static GstStateChangeReturn src_change_state(GstElement *element,
					     GstStateChange change)
{
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
		stop_flusher(GST_DSI_SRC(element));
	return GST_ELEMENT_CLASS(gst_dsi_src_parent_class)
		->change_state(element, change);
}

static gboolean src_set_clock(GstElement *element, GstClock *clock)
{
	g_atomic_int_set(&GST_DSI_SRC(element)->monotonic,
			 media_clock_is_monotonic(clock));
	return GST_ELEMENT_CLASS(gst_dsi_src_parent_class)
		->set_clock(element, clock);
}

static gboolean src_unlock(GstBaseSrc *base)
{
	GstDsiSrc *src = GST_DSI_SRC(base);
	uint64_t one = 1;

	g_atomic_int_set(&src->flushing, TRUE);
	(void)!write(src->wake_fd, &one, sizeof(one));
	GST_OBJECT_LOCK(src);
	if (src->inlet)
		media_board_wake(media_inlet_board(src->inlet));
	GST_OBJECT_UNLOCK(src);
	return TRUE;
}

static gboolean src_unlock_stop(GstBaseSrc *base)
{
	GstDsiSrc *src = GST_DSI_SRC(base);
	uint64_t count;

	(void)!read(src->wake_fd, &count, sizeof(count));
	g_atomic_int_set(&src->flushing, FALSE);
	return TRUE;
}

/* Caps come with the packets. */
static gboolean src_negotiate(GstBaseSrc *base)
{
	(void)base;
	return TRUE;
}

static gboolean src_is_seekable(GstBaseSrc *base)
{
	(void)base;
	return FALSE;
}

static gboolean src_query(GstBaseSrc *base, GstQuery *query)
{
	if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
		return GST_BASE_SRC_CLASS(gst_dsi_src_parent_class)
			->query(base, query);
	answer_latency(GST_DSI_SRC(base), query);
	return TRUE;
}

/* ---- GObject ------------------------------------------------------------- */

static void src_set_property(GObject *object, guint id, const GValue *value,
			     GParamSpec *spec)
{
	GstDsiSrc *src = GST_DSI_SRC(object);

	GST_OBJECT_LOCK(src);
	if (src->running) {
		GST_OBJECT_UNLOCK(src);
		GST_ELEMENT_WARNING(src, RESOURCE, SETTINGS,
				    ("'%s' can be set in states NULL and READY "
				     "only; it stays as it is",
				     spec->name),
				    (NULL));
		return;
	}
	switch (id) {
	case PROP_STREAM:
		g_free(src->stream);
		src->stream = g_value_dup_string(value);
		break;
	case PROP_PLACEMENT:
		g_free(src->placement);
		src->placement = g_value_dup_string(value);
		break;
	case PROP_CONSUMER_POLICY:
		src->policy = (guint)g_value_get_enum(value);
		break;
	case PROP_QUEUE:
		src->queue = g_value_get_uint(value);
		break;
	case PROP_ON_PEER_DEATH:
		src->on_peer_death = g_value_get_enum(value);
		break;
	case PROP_TIMESTAMPS:
		src->timestamps = g_value_get_enum(value);
		break;
	case PROP_WAKE:
		src->wake = g_value_get_uint64(value);
		break;
	case PROP_SERVICE:
		src->service = g_value_get_uint64(value);
		break;
	case PROP_SPIN:
		src->spin = g_value_get_uint64(value);
		break;
	default:
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
	GST_OBJECT_UNLOCK(src);
}

static void src_get_property(GObject *object, guint id, GValue *value,
			     GParamSpec *spec)
{
	GstDsiSrc *src = GST_DSI_SRC(object);

	GST_OBJECT_LOCK(src);
	switch (id) {
	case PROP_STREAM:
		g_value_set_string(value, src->stream);
		break;
	case PROP_PLACEMENT:
		g_value_set_string(value,
				   src->placement ? src->placement : "auto");
		break;
	case PROP_CONSUMER_POLICY:
		g_value_set_enum(value, (gint)src->policy);
		break;
	case PROP_QUEUE:
		g_value_set_uint(value, src->queue);
		break;
	case PROP_ON_PEER_DEATH:
		g_value_set_enum(value, src->on_peer_death);
		break;
	case PROP_TIMESTAMPS:
		g_value_set_enum(value, src->timestamps);
		break;
	case PROP_WAKE:
		g_value_set_uint64(value, src->wake);
		break;
	case PROP_SERVICE:
		g_value_set_uint64(value, src->service);
		break;
	case PROP_SPIN:
		g_value_set_uint64(value, src->spin);
		break;
	case PROP_DROPPED:
		g_value_set_uint64(value, src->dropped);
		break;
	case PROP_COPIED:
		g_value_set_uint64(
			value, src->copied + (src->inlet ? media_inlet_copied(
								   src->inlet)
							 : 0));
		break;
	default:
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
	GST_OBJECT_UNLOCK(src);
}

static void src_finalize(GObject *object)
{
	GstDsiSrc *src = GST_DSI_SRC(object);

	(void)close(src->wake_fd);
	g_free(src->stream);
	g_free(src->placement);
	G_OBJECT_CLASS(gst_dsi_src_parent_class)->finalize(object);
}

#define SETTABLE \
	(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static void install_properties(GObjectClass *object)
{
	media_place_install(object, PROP_PLACEMENT);
	g_object_class_install_property(
		object, PROP_STREAM,
		g_param_spec_string("stream", "Stream",
				    "Name of the stream, as dsisink has it; it "
				    "need not be there yet",
				    NULL, SETTABLE));
	g_object_class_install_property(
		object, PROP_CONSUMER_POLICY,
		g_param_spec_enum(
			"consumer-policy", "Consumer policy",
			"What happens when this reader is late. One that "
			"blocks gets everything, and stops the producer when "
			"it stops",
			policy_type(), DSI_POLICY_DROP_NEW, SETTABLE));
	g_object_class_install_property(
		object, PROP_QUEUE,
		g_param_spec_uint("queue", "Queue",
				  "With drop-new: buffers that may wait or be "
				  "in use downstream; 0: a quarter of the "
				  "producer's packets",
				  0, DSI_MAX_PACKETS, 0, SETTABLE));
	g_object_class_install_property(
		object, PROP_ON_PEER_DEATH,
		g_param_spec_enum("on-peer-death", "On peer death",
				  "What follows when the producer died without "
				  "a word",
				  death_type(), DEATH_EOS, SETTABLE));
	g_object_class_install_property(
		object, PROP_TIMESTAMPS,
		g_param_spec_enum(
			"timestamps", "Timestamps",
			"The times of buffers: on this pipeline's time line, "
			"or the producer's own with its segment",
			times_type(), TIMES_CLOCK, SETTABLE));
	g_object_class_install_property(
		object, PROP_WAKE,
		g_param_spec_uint64(
			"wake", "Wake",
			"Declared: this process wakes up at most so late when "
			"a buffer comes (ns). It is part of the latency",
			0, G_MAXINT64, DEFAULT_WAKE, SETTABLE));
	g_object_class_install_property(
		object, PROP_SERVICE,
		g_param_spec_uint64(
			"service", "Service",
			"Declared: downstream keeps this element at most so "
			"long for one buffer (ns), 0 if a queue follows. It "
			"is part of the latency",
			0, G_MAXINT64, 0, SETTABLE));
	g_object_class_install_property(
		object, PROP_SPIN,
		g_param_spec_uint64(
			"spin", "Spin",
			"Be awake when a buffer is due and look for it, at "
			"most so long for each (ns), instead of being woken "
			"up; 0: sleep. Only if the stream declares when its "
			"buffers come, and while they come so regularly",
			0, GST_SECOND, DEFAULT_SPIN, SETTABLE));
	g_object_class_install_property(
		object, PROP_DROPPED,
		g_param_spec_uint64("dropped", "Dropped",
				    "Times that buffers were missed", 0,
				    G_MAXUINT64, 0,
				    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
	g_object_class_install_property(
		object, PROP_COPIED,
		g_param_spec_uint64("copied", "Copied",
				    "Buffers that were copied because "
				    "downstream kept all frames but one",
				    0, G_MAXUINT64, 0,
				    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void gst_dsi_src_class_init(GstDsiSrcClass *klass)
{
	GObjectClass *object = G_OBJECT_CLASS(klass);
	GstElementClass *element = GST_ELEMENT_CLASS(klass);
	GstBaseSrcClass *base = GST_BASE_SRC_CLASS(klass);

	object->set_property = src_set_property;
	object->get_property = src_get_property;
	object->finalize = src_finalize;
	install_properties(object);
	gst_element_class_add_static_pad_template(element, &src_template);
	gst_element_class_set_static_metadata(
		element, "dsi source", "Source",
		"Receive buffers of another process without a copy", "dsi");
	element->change_state = src_change_state;
	element->set_clock = src_set_clock;
	base->start = src_start;
	base->stop = src_stop;
	base->unlock = src_unlock;
	base->unlock_stop = src_unlock_stop;
	base->negotiate = src_negotiate;
	base->is_seekable = src_is_seekable;
	base->query = src_query;
	GST_PUSH_SRC_CLASS(klass)->create = src_create;
}

static void gst_dsi_src_init(GstDsiSrc *src)
{
	GstBaseSrc *base = GST_BASE_SRC(src);

	src->policy = DSI_POLICY_DROP_NEW;
	src->frame_time = GST_CLOCK_TIME_NONE;
	src->latency_min = src->latency_max = GST_CLOCK_TIME_NONE;
	src->wake = DEFAULT_WAKE;
	src->spin = DEFAULT_SPIN;
	src->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	gst_base_src_set_live(base, TRUE);
	gst_base_src_set_format(base, GST_FORMAT_TIME);
	gst_base_src_set_do_timestamp(base, FALSE);
}
