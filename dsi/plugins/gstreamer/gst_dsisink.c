/* SPDX-License-Identifier: MIT */
/*
 * gst_dsisink.c - dsisink: what arrives here is in the readers' processes.
 *
 *   upstream --- pool of frames <--+
 *      |                           | frames are memory of the stream
 *      v                           |
 *   render: header + reference --> outlet --> dsi stream --> dsisrc ...
 *
 * The stream is made when it is known how large its frames are: with the first
 * ALLOCATION query that asks for a pool, or with the caps, or with the first
 * buffer.  When larger ones come it is replaced by another of the same name, and
 * the readers are told to look for that.
 */
#include "gst_dsisink.h"

#include <string.h>

#include <gst/video/video.h>

#include <dsi/dsi.h>

#include "media_clock.h"
#include "media_header.h"
#include "media_latency.h"
#include "media_metas.h"
#include "media_outlet.h"
#include "media_pool.h"

GST_DEBUG_CATEGORY_STATIC(gst_dsi_sink_debug);
#define GST_CAT_DEFAULT gst_dsi_sink_debug

#define DEFAULT_FRAMES 16u
#define LEAST_FRAMES 2u
#define MOST_FRAMES 1024u
#define DEFAULT_ACCESS 0600u
/* Caps that do not tell how large a buffer is: as large as the first, and this
 * many times, for what is compressed differs from one to the next. */
#define UNKNOWN_MARGIN 4u
#define LEAST_FRAME_BYTES 65536u

struct _GstDsiSink {
	GstBaseSink parent;
	/* Properties; under the object's lock. */
	gboolean running; /* they stay as they are */
	gchar *stream, *placement;
	guint frames, access;
	gboolean wait_for_consumer, require_zero_copy;
	guint64 zero_copied, copied;
	guint64 jitter;
	gint may_offer; /* set and looked at as flushing is */
	/* Under the pad's stream lock; the outlet is replaced under the object's
	 * lock as well. */
	struct media_outlet *outlet;
	gchar *caps;
	struct media_place place;
	gboolean raw_video;
	GstVideoInfo info;
	gboolean ended;
	gint flushing;
	gint monotonic; /* our clock */
	gint flush;	/* odd: in one; changed under the object's lock */
};

enum {
	PROP_0,
	PROP_STREAM,
	PROP_SLOTS,
	PROP_ACCESS,
	PROP_WAIT_FOR_CONSUMER,
	PROP_REQUIRE_ZERO_COPY,
	PROP_JITTER,
	PROP_ZERO_COPIED,
	PROP_COPIED,
	PROP_CONSUMERS,
	PROP_PLACEMENT,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
	"sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_FINAL_TYPE_WITH_CODE(GstDsiSink, gst_dsi_sink, GST_TYPE_BASE_SINK,
			      GST_DEBUG_CATEGORY_INIT(gst_dsi_sink_debug,
						      "dsisink", 0,
						      "sink into a dsi stream"))

/* ---- the stream ---------------------------------------------------------- */

/* The base class takes its wish back at once, and then waits for the stream lock:
 * who has that for a query sees the flush. */
static gboolean must_stop(void *user)
{
	GstDsiSink *sink = user;

	return g_atomic_int_get(&sink->flushing) ||
	       g_atomic_int_get(&sink->flush) & 1 ||
	       !g_atomic_int_get(&sink->may_offer);
}

static uint64_t base_time_of(GstDsiSink *sink)
{
	return media_clock_base_of(GST_ELEMENT(sink),
				   g_atomic_int_get(&sink->monotonic));
}

static void drop_outlet(GstDsiSink *sink)
{
	struct media_outlet *outlet;

	GST_OBJECT_LOCK(sink);
	outlet = sink->outlet;
	sink->outlet = NULL;
	GST_OBJECT_UNLOCK(sink);
	if (!outlet)
		return;
	media_outlet_close(outlet);
	media_outlet_unref(outlet);
}

static GstFlowReturn say(GstDsiSink *sink, uint32_t kind, GstClockTime start,
			 GstClockTime duration)
{
	GstSegment segment = GST_BASE_SINK(sink)->segment;
	struct media_header header;
	struct media_sent sent;
	GstBuffer *times;

	if (!sink->outlet)
		return GST_FLOW_OK;
	if (segment.format != GST_FORMAT_TIME)
		gst_segment_init(&segment, GST_FORMAT_TIME);
	times = gst_buffer_new();
	GST_BUFFER_PTS(times) = start;
	GST_BUFFER_DURATION(times) = duration;
	media_header_from_buffer(&header, times, &segment, base_time_of(sink));
	gst_buffer_unref(times);
	header.kind = kind;
	header.flush = g_atomic_int_get(&sink->flush) & ~1;
	return media_outlet_send(sink->outlet, &header, sink->caps, NULL, NULL,
				 FALSE, must_stop, sink, &sent);
}

/* For an event: again if there was a pause in the midst of it.  FALSE if it ended in
 * a flush or a stop, which nobody may wait for once more. */
static gboolean say_in_event(GstDsiSink *sink, uint32_t kind,
			     GstClockTime start, GstClockTime duration)
{
	while (say(sink, kind, start, duration) == GST_FLOW_FLUSHING)
		if (gst_base_sink_wait_preroll(GST_BASE_SINK(sink)) !=
		    GST_FLOW_OK)
			return FALSE;
	return TRUE;
}

/* Its packet may be dropped or overwritten, the word on the board not. */
static void say_last(GstDsiSink *sink, uint32_t kind)
{
	if (sink->outlet)
		media_board_set_word(media_outlet_board(sink->outlet), kind);
	(void)say(sink, kind, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
	sink->ended = kind == MEDIA_EOS;
}

/* After the end there is more, as after a flush. */
static void go_on(GstDsiSink *sink)
{
	if (!sink->ended || !sink->outlet)
		return;
	media_board_set_word(media_outlet_board(sink->outlet), 0);
	sink->ended = FALSE;
}

/* Upstream begins to flush, or is done.  Any thread. */
static void set_flush(GstDsiSink *sink, gboolean flush)
{
	GST_OBJECT_LOCK(sink);
	if ((sink->flush & 1) != flush)
		g_atomic_int_inc(&sink->flush);
	if (sink->outlet)
		media_outlet_set_flush(sink->outlet, sink->flush);
	GST_OBJECT_UNLOCK(sink);
}

/* Of what is upstream, microseconds; -1: it is not live. */
static gint upstream_latency(GstDsiSink *sink)
{
	GstQuery *query = gst_query_new_latency();
	GstClockTime min = 0;
	gboolean live = FALSE;

	if (gst_pad_peer_query(GST_BASE_SINK_PAD(sink), query))
		gst_query_parse_latency(query, &live, &min, NULL);
	gst_query_unref(query);
	if (!live || !GST_CLOCK_TIME_IS_VALID(min))
		return -1;
	return (gint)MIN(min / GST_USECOND, G_MAXINT);
}

/* Buffers come in time only from a live source, or if we wait for theirs. */
static void declare(GstDsiSink *sink, gint latency_us, const GstVideoInfo *info,
		    struct dsi_traffic *out)
{
	*out = (struct dsi_traffic){0};
	if (info &&
	    (latency_us >= 0 || gst_base_sink_get_sync(GST_BASE_SINK(sink))))
		media_latency_declare(out, GST_VIDEO_INFO_FPS_N(info),
				      GST_VIDEO_INFO_FPS_D(info), sink->jitter);
}

/* The stream goes on under its name with @options, for those who read it now. */
static void move_from(GstDsiSink *sink, struct media_outlet_options *options)
{
	if (options->wait_for_consumer && !sink->zero_copied && !sink->copied) {
		/* For whom we wait may have come, but there was nothing yet to
		 * get: it comes again.  (A packet would wait for it.) */
		media_board_set_word(media_outlet_board(sink->outlet),
				     MEDIA_MOVED);
	} else {
		options->wait_for_consumer = FALSE;
		options->expected = media_outlet_consumers(sink->outlet);
		say_last(sink, MEDIA_MOVED);
	}
	drop_outlet(sink);
}

/* An outlet with frames of at least @bytes, for what @info says, if it is raw
 * video. */
static gboolean have_frames(GstDsiSink *sink, gsize bytes,
			    const GstVideoInfo *info)
{
	struct media_outlet_options options = {.frame_bytes = bytes};
	gint latency;
	struct dsi_traffic traffic;
	GError *error = NULL;
	struct media_outlet *outlet;

	if (sink->outlet &&
	    media_store_frame_bytes(media_outlet_store(sink->outlet)) >= bytes)
		return TRUE;
	latency = upstream_latency(sink);
	options.wait_for_consumer = sink->wait_for_consumer;
	if (sink->outlet)
		move_from(sink, &options);
	options.stream = sink->stream;
	options.flush = g_atomic_int_get(&sink->flush);
	declare(sink, latency, info, &traffic);
	options.traffic = &traffic;
	options.frames = sink->frames;
	options.access = sink->access;
	options.place = sink->place;
	outlet = media_outlet_new(&options, &error);
	if (!outlet) {
		GST_ELEMENT_ERROR(
			sink, RESOURCE, OPEN_WRITE,
			("stream '%s': %s", sink->stream, error->message),
			(NULL));
		g_clear_error(&error);
		return FALSE;
	}
	GST_OBJECT_LOCK(sink);
	sink->outlet = outlet;
	media_board_set_latency(media_outlet_board(outlet), latency);
	/* A flush that began meanwhile is not missed. */
	media_outlet_set_flush(outlet, sink->flush);
	GST_OBJECT_UNLOCK(sink);
	GST_INFO_OBJECT(sink, "stream '%s' has %u frames of %" G_GSIZE_FORMAT,
			sink->stream, sink->frames,
			media_store_frame_bytes(media_outlet_store(outlet)));
	return TRUE;
}

/* With room for the padding that decoders ask for. */
static gsize frame_bytes_of(const GstVideoInfo *info)
{
	return GST_VIDEO_INFO_SIZE(info) + GST_VIDEO_INFO_SIZE(info) / 4;
}

/* ---- GstBaseSink --------------------------------------------------------- */

static void set_running(GstDsiSink *sink, gboolean running)
{
	GST_OBJECT_LOCK(sink);
	sink->running = running;
	GST_OBJECT_UNLOCK(sink);
}

static gboolean sink_unlock(GstBaseSink *base)
{
	GstDsiSink *sink = GST_DSI_SINK(base);

	g_atomic_int_set(&sink->flushing, TRUE);
	GST_OBJECT_LOCK(sink);
	if (sink->outlet)
		media_outlet_wake(sink->outlet);
	GST_OBJECT_UNLOCK(sink);
	return TRUE;
}

static gboolean sink_start(GstBaseSink *base)
{
	GstDsiSink *sink = GST_DSI_SINK(base);

	/* From here on no property changes. */
	set_running(sink, TRUE);
	if (!sink->stream || !*sink->stream) {
		GST_ELEMENT_ERROR(sink, RESOURCE, NOT_FOUND,
				  ("no stream is named: set the property "
				   "'stream'"),
				  (NULL));
		set_running(sink, FALSE);
		return FALSE;
	}
	if (!media_place_read(GST_ELEMENT(sink), sink->placement,
			      &sink->place)) {
		set_running(sink, FALSE);
		return FALSE;
	}
	g_atomic_int_set(&sink->flushing, FALSE);
	/* One in which it was stopped has no other end. */
	set_flush(sink, FALSE);
	sink->zero_copied = 0;
	sink->copied = 0;
	sink->ended = FALSE;
	g_atomic_int_set(&sink->may_offer, TRUE);
	return TRUE;
}

/* Whoever waits for a reader ends.  The base class asks for that as well, but takes
 * it back at once, and a query for a pool may not have seen it by then. */
static void sink_end(GstDsiSink *sink)
{
	g_atomic_int_set(&sink->may_offer, FALSE);
	(void)sink_unlock(GST_BASE_SINK(sink));
}

/* Neither caps nor buffers come through the pad any more, but a query for a pool
 * still may, from an upstream that has not stopped yet.  One that is under way
 * ends before, one that is late makes no stream: nobody would drop that. */
static gboolean sink_stop(GstBaseSink *base)
{
	GstDsiSink *sink = GST_DSI_SINK(base);

	sink_end(sink);
	GST_PAD_STREAM_LOCK(base->sinkpad);
	drop_outlet(sink);
	g_clear_pointer(&sink->caps, g_free);
	GST_PAD_STREAM_UNLOCK(base->sinkpad);
	set_running(sink, FALSE);
	return TRUE;
}

/* Not start() and stop() of the base class, which belong to NULL and READY: in
 * READY properties may still change. */
static GstStateChangeReturn sink_change_state(GstElement *element,
					      GstStateChange change)
{
	GstBaseSink *base = GST_BASE_SINK(element);
	GstStateChangeReturn result;

	if (change == GST_STATE_CHANGE_READY_TO_PAUSED && !sink_start(base))
		return GST_STATE_CHANGE_FAILURE;
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
		sink_end(GST_DSI_SINK(element));
	result = GST_ELEMENT_CLASS(gst_dsi_sink_parent_class)
			 ->change_state(element, change);
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY ||
	    (change == GST_STATE_CHANGE_READY_TO_PAUSED &&
	     result == GST_STATE_CHANGE_FAILURE))
		(void)sink_stop(base);
	return result;
}

static gboolean sink_set_caps(GstBaseSink *base, GstCaps *caps)
{
	GstDsiSink *sink = GST_DSI_SINK(base);
	gchar *text = gst_caps_to_string(caps);

	if (strlen(text) > MEDIA_CAPS_MOST) {
		GST_ELEMENT_ERROR(sink, CORE, NEGOTIATION,
				  ("the caps have %" G_GSIZE_FORMAT
				   " bytes as text, at most %" G_GSIZE_FORMAT
				   " can go",
				   strlen(text), (gsize)MEDIA_CAPS_MOST),
				  (NULL));
		g_free(text);
		return FALSE;
	}
	g_free(sink->caps);
	sink->caps = text;
	/* Compressed pictures are video as well, of size 0. */
	sink->raw_video = gst_video_info_from_caps(&sink->info, caps) &&
			  GST_VIDEO_INFO_SIZE(&sink->info) > 0;
	return !sink->raw_video ||
	       have_frames(sink, frame_bytes_of(&sink->info), &sink->info);
}

static gboolean sink_propose_allocation(GstBaseSink *base, GstQuery *query)
{
	GstDsiSink *sink = GST_DSI_SINK(base);
	GstStructure *config;
	GstBufferPool *pool;
	GstVideoInfo info;
	gboolean need_pool;
	GstCaps *caps;

	if (!g_atomic_int_get(&sink->may_offer))
		return FALSE;
	gst_query_parse_allocation(query, &caps, &need_pool);
	gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
	gst_query_add_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE,
				      NULL);
	if (!caps || !gst_video_info_from_caps(&info, caps) ||
	    GST_VIDEO_INFO_SIZE(&info) == 0)
		return TRUE;
	/* The query comes before the caps event. */
	if (!have_frames(sink, frame_bytes_of(&info), &info))
		return FALSE;
	pool = media_pool_new(sink->outlet);
	config = gst_buffer_pool_get_config(pool);
	gst_buffer_pool_config_set_params(config, caps,
					  (guint)GST_VIDEO_INFO_SIZE(&info), 0,
					  sink->frames);
	if (gst_buffer_pool_set_config(pool, config))
		gst_query_add_allocation_pool(query, pool,
					      (guint)GST_VIDEO_INFO_SIZE(&info),
					      0, sink->frames);
	gst_object_unref(pool);
	return TRUE;
}

static GstFlowReturn not_sent(GstDsiSink *sink, GstFlowReturn flow)
{
	if (flow == GST_FLOW_NOT_SUPPORTED) {
		GST_ELEMENT_ERROR(
			sink, STREAM, FAILED,
			("a buffer would have to be copied, and "
			 "require-zero-copy is set: upstream does not use the "
			 "pool that dsisink proposes"),
			(NULL));
		return GST_FLOW_ERROR;
	}
	if (flow == GST_FLOW_ERROR)
		GST_ELEMENT_ERROR(sink, RESOURCE, WRITE,
				  ("stream '%s' failed", sink->stream), (NULL));
	return flow;
}

static gboolean fit(GstDsiSink *sink, GstBuffer *buffer)
{
	gsize bytes = gst_buffer_get_size(buffer);
	gsize wished = sink->raw_video ? bytes : bytes * UNKNOWN_MARGIN;

	if (sink->outlet &&
	    media_store_frame_bytes(media_outlet_store(sink->outlet)) >= bytes)
		return TRUE;
	return have_frames(sink, MAX(wished, LEAST_FRAME_BYTES),
			   sink->raw_video ? &sink->info : NULL);
}

/* Send it, again if there was a pause in the midst of it. */
static GstFlowReturn send(GstDsiSink *sink, const struct media_header *header,
			  GstBuffer *buffer, struct media_sent *out_sent)
{
	gchar *metas = media_metas_to_text(buffer);
	GstFlowReturn flow;

	for (;;) {
		flow = media_outlet_send(
			sink->outlet, header, sink->caps, metas, buffer,
			!sink->require_zero_copy, must_stop, sink, out_sent);
		if (flow != GST_FLOW_FLUSHING)
			break;
		flow = gst_base_sink_wait_preroll(GST_BASE_SINK(sink));
		if (flow != GST_FLOW_OK) {
			g_free(metas);
			return flow;
		}
	}
	g_free(metas);
	return flow == GST_FLOW_OK ? flow : not_sent(sink, flow);
}

static GstFlowReturn sink_render(GstBaseSink *base, GstBuffer *buffer)
{
	GstDsiSink *sink = GST_DSI_SINK(base);
	struct media_header header;
	struct media_sent sent;
	GstFlowReturn flow;

	if (!fit(sink, buffer))
		return GST_FLOW_ERROR;
	go_on(sink);
	media_header_from_buffer(&header, buffer, &base->segment,
				 base_time_of(sink));
	header.flush = g_atomic_int_get(&sink->flush) & ~1;
	flow = send(sink, &header, buffer, &sent);
	if (flow != GST_FLOW_OK)
		return flow;
	GST_OBJECT_LOCK(sink);
	sink->copied += sent.copied;
	sink->zero_copied += !sent.copied;
	GST_OBJECT_UNLOCK(sink);
	return GST_FLOW_OK;
}

static gboolean sink_event(GstBaseSink *base, GstEvent *event)
{
	GstDsiSink *sink = GST_DSI_SINK(base);
	GstClockTime start, duration;

	switch (GST_EVENT_TYPE(event)) {
	case GST_EVENT_EOS:
		say_last(sink, MEDIA_EOS);
		break;
	case GST_EVENT_GAP:
		gst_event_parse_gap(event, &start, &duration);
		if (!say_in_event(sink, MEDIA_GAP, start, duration)) {
			gst_event_unref(event);
			return FALSE;
		}
		break;
	case GST_EVENT_FLUSH_START:
	case GST_EVENT_FLUSH_STOP:
		set_flush(sink, GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START);
		break;
	default:
		break;
	}
	return GST_BASE_SINK_CLASS(gst_dsi_sink_parent_class)
		->event(base, event);
}

static gboolean sink_unlock_stop(GstBaseSink *base)
{
	g_atomic_int_set(&GST_DSI_SINK(base)->flushing, FALSE);
	return TRUE;
}

static gboolean sink_set_clock(GstElement *element, GstClock *clock)
{
	g_atomic_int_set(&GST_DSI_SINK(element)->monotonic,
			 media_clock_is_monotonic(clock));
	return GST_ELEMENT_CLASS(gst_dsi_sink_parent_class)
		->set_clock(element, clock);
}

/* The pipeline tells its latency when upstream's may have changed. */
static gboolean sink_send_event(GstElement *element, GstEvent *event)
{
	GstDsiSink *sink = GST_DSI_SINK(element);
	gboolean latency = GST_EVENT_TYPE(event) == GST_EVENT_LATENCY;
	gboolean done = GST_ELEMENT_CLASS(gst_dsi_sink_parent_class)
				->send_event(element, event);
	gint upstream;

	if (!latency)
		return done;
	upstream = upstream_latency(sink);
	GST_OBJECT_LOCK(sink);
	if (sink->outlet)
		media_board_set_latency(media_outlet_board(sink->outlet),
					upstream);
	GST_OBJECT_UNLOCK(sink);
	return done;
}

/* ---- GObject ------------------------------------------------------------- */

static void sink_set_property(GObject *object, guint id, const GValue *value,
			      GParamSpec *spec)
{
	GstDsiSink *sink = GST_DSI_SINK(object);

	GST_OBJECT_LOCK(sink);
	if (sink->running) {
		GST_OBJECT_UNLOCK(sink);
		GST_ELEMENT_WARNING(sink, RESOURCE, SETTINGS,
				    ("'%s' can be set in states NULL and READY "
				     "only; it stays as it is",
				     spec->name),
				    (NULL));
		return;
	}
	switch (id) {
	case PROP_STREAM:
		g_free(sink->stream);
		sink->stream = g_value_dup_string(value);
		break;
	case PROP_PLACEMENT:
		g_free(sink->placement);
		sink->placement = g_value_dup_string(value);
		break;
	case PROP_SLOTS:
		sink->frames = g_value_get_uint(value);
		break;
	case PROP_ACCESS:
		sink->access = g_value_get_uint(value);
		break;
	case PROP_WAIT_FOR_CONSUMER:
		sink->wait_for_consumer = g_value_get_boolean(value);
		break;
	case PROP_REQUIRE_ZERO_COPY:
		sink->require_zero_copy = g_value_get_boolean(value);
		break;
	case PROP_JITTER:
		sink->jitter = g_value_get_uint64(value);
		break;
	default:
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
	GST_OBJECT_UNLOCK(sink);
}

static void sink_get_property(GObject *object, guint id, GValue *value,
			      GParamSpec *spec)
{
	GstDsiSink *sink = GST_DSI_SINK(object);

	GST_OBJECT_LOCK(sink);
	switch (id) {
	case PROP_STREAM:
		g_value_set_string(value, sink->stream);
		break;
	case PROP_PLACEMENT:
		g_value_set_string(value,
				   sink->placement ? sink->placement : "auto");
		break;
	case PROP_SLOTS:
		g_value_set_uint(value, sink->frames);
		break;
	case PROP_ACCESS:
		g_value_set_uint(value, sink->access);
		break;
	case PROP_WAIT_FOR_CONSUMER:
		g_value_set_boolean(value, sink->wait_for_consumer);
		break;
	case PROP_REQUIRE_ZERO_COPY:
		g_value_set_boolean(value, sink->require_zero_copy);
		break;
	case PROP_JITTER:
		g_value_set_uint64(value, sink->jitter);
		break;
	case PROP_ZERO_COPIED:
		g_value_set_uint64(value, sink->zero_copied);
		break;
	case PROP_COPIED:
		g_value_set_uint64(value, sink->copied);
		break;
	case PROP_CONSUMERS:
		g_value_set_uint(value, sink->outlet ? media_outlet_consumers(
							       sink->outlet)
						     : 0);
		break;
	default:
		G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
	GST_OBJECT_UNLOCK(sink);
}

static void sink_finalize(GObject *object)
{
	GstDsiSink *sink = GST_DSI_SINK(object);

	drop_outlet(sink);
	g_free(sink->stream);
	g_free(sink->placement);
	g_free(sink->caps);
	G_OBJECT_CLASS(gst_dsi_sink_parent_class)->finalize(object);
}

#define SETTABLE \
	(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define READABLE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void install_properties(GObjectClass *object)
{
	media_place_install(object, PROP_PLACEMENT);
	g_object_class_install_property(
		object, PROP_STREAM,
		g_param_spec_string("stream", "Stream",
				    "Name of the stream that readers open, "
				    "1..63 of [A-Za-z0-9._-]; sys:NAME lies in "
				    "the place of the whole system",
				    NULL, SETTABLE));
	g_object_class_install_property(
		object, PROP_SLOTS,
		g_param_spec_uint(
			"slots", "Slots",
			"Frames there are. Upstream, the stream and all "
			"readers share them: a reader that keeps n frames "
			"(queue, decoder, last sample) needs n more",
			LEAST_FRAMES, MOST_FRAMES, DEFAULT_FRAMES, SETTABLE));
	g_object_class_install_property(
		object, PROP_ACCESS,
		g_param_spec_uint("access", "Access",
				  "Who may read, as the mode of a file: 384 is "
				  "0600, the owner; 432 is 0660, the group as "
				  "well; 438 is 0666, everybody",
				  0, 0666, DEFAULT_ACCESS, SETTABLE));
	g_object_class_install_property(
		object, PROP_WAIT_FOR_CONSUMER,
		g_param_spec_boolean(
			"wait-for-consumer", "Wait for consumer",
			"Hold the pipeline until the first reader is there, so "
			"that it gets the first frame",
			FALSE, SETTABLE));
	g_object_class_install_property(
		object, PROP_REQUIRE_ZERO_COPY,
		g_param_spec_boolean(
			"require-zero-copy", "Require zero copy",
			"Fail when upstream sends a buffer that is not in a "
			"frame, instead of copying it into one",
			FALSE, SETTABLE));
	g_object_class_install_property(
		object, PROP_JITTER,
		g_param_spec_uint64(
			"jitter", "Jitter",
			"Declared: a buffer of a live source, or with sync, "
			"comes at most so late (ns; the largest value: one "
			"frame time). It is part of the latency that readers "
			"tell their pipelines",
			0, MEDIA_JITTER_PERIOD, MEDIA_JITTER_PERIOD, SETTABLE));
	g_object_class_install_property(
		object, PROP_ZERO_COPIED,
		g_param_spec_uint64("zero-copied", "Zero-copied",
				    "Buffers that were sent where they lay", 0,
				    G_MAXUINT64, 0, READABLE));
	g_object_class_install_property(
		object, PROP_COPIED,
		g_param_spec_uint64("copied", "Copied",
				    "Buffers that had to be copied into a "
				    "frame first",
				    0, G_MAXUINT64, 0, READABLE));
	g_object_class_install_property(
		object, PROP_CONSUMERS,
		g_param_spec_uint("consumers", "Consumers",
				  "Readers that are there now", 0, G_MAXUINT, 0,
				  READABLE));
}

static void gst_dsi_sink_class_init(GstDsiSinkClass *klass)
{
	GObjectClass *object = G_OBJECT_CLASS(klass);
	GstElementClass *element = GST_ELEMENT_CLASS(klass);
	GstBaseSinkClass *base = GST_BASE_SINK_CLASS(klass);

	object->set_property = sink_set_property;
	object->get_property = sink_get_property;
	object->finalize = sink_finalize;
	install_properties(object);
	gst_element_class_add_static_pad_template(element, &sink_template);
	gst_element_class_set_static_metadata(
		element, "dsi sink", "Sink",
		"Send buffers to other processes without a copy", "dsi");
	element->send_event = sink_send_event;
	element->set_clock = sink_set_clock;
	element->change_state = sink_change_state;
	base->set_caps = sink_set_caps;
	base->propose_allocation = sink_propose_allocation;
	base->render = sink_render;
	base->event = sink_event;
	base->unlock = sink_unlock;
	base->unlock_stop = sink_unlock_stop;
}

static void gst_dsi_sink_init(GstDsiSink *sink)
{
	sink->frames = DEFAULT_FRAMES;
	sink->access = DEFAULT_ACCESS;
	sink->jitter = MEDIA_JITTER_PERIOD;
	gst_base_sink_set_sync(GST_BASE_SINK(sink), FALSE);
	gst_base_sink_set_async_enabled(GST_BASE_SINK(sink), FALSE);
	/* A sample that the sink keeps is a frame that nobody can use. */
	gst_base_sink_set_last_sample_enabled(GST_BASE_SINK(sink), FALSE);
}
