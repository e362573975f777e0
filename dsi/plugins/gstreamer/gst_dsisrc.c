/* SPDX-License-Identifier: MIT */
/*
 * gst_dsisrc.c - dsisrc: buffers of another process, where they lie.
 *
 * The stream may be there later than this element, and may come back: it is
 * looked for until it is found.  Everything else, caps included, comes with the
 * packets, so there is nothing to be set but the stream's name.
 */
#include "gst_dsisrc.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "media_header.h"
#include "media_inlet.h"

GST_DEBUG_CATEGORY_STATIC(gst_dsi_src_debug);
#define GST_CAT_DEFAULT gst_dsi_src_debug

/* How long one look for the stream's name lasts: unlock() waits for it. */
#define LOOK_NS (100 * GST_MSECOND)
/* How long a stream that closed without a last word may take to come back under
 * its name, larger than before. */
#define MOVE_NS (300 * GST_MSECOND)
#define LOOK_AGAIN_MS 1000
/* Latency to answer when the stream did not say how long a buffer lasts. */
#define UNKNOWN_LATENCY (20 * GST_MSECOND)

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
	gchar *stream, *placement;
	guint policy, queue;
	gint on_peer_death, timestamps;
	guint64 dropped;
	/* Of the streaming thread. */
	struct media_inlet *inlet;
	struct media_place place;
	gboolean ended, moved, discont, told;
	guint64 give_up; /* monotonic; 0: never */
	gchar caps[MEDIA_CAPS_MOST + 1], new_caps[MEDIA_CAPS_MOST + 1];
	GstSegment segment;
	/* Of any thread. */
	GstClockTime frame_time;
	gint flushing;
	int wake_fd;
};

enum {
	PROP_0,
	PROP_STREAM,
	PROP_CONSUMER_POLICY,
	PROP_QUEUE,
	PROP_ON_PEER_DEATH,
	PROP_TIMESTAMPS,
	PROP_DROPPED,
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

static void drop_inlet(GstDsiSrc *src)
{
	media_inlet_close(src->inlet);
	src->inlet = NULL;
}

/* 0, or what to do instead. */
static GstFlowReturn look_for(GstDsiSrc *src)
{
	gchar *why = NULL;
	int err;

	src->inlet =
		media_inlet_new(src->stream, src->policy, src->queue,
				&src->place, dsi_now() + LOOK_NS, &err, &why);
	if (src->inlet) {
		GST_INFO_OBJECT(src, "reading stream '%s'", src->stream);
		src->ended = src->moved = src->told = FALSE;
		src->give_up = 0;
		src->discont = TRUE;
		return GST_FLOW_OK;
	}
	if (err == -DSI_ETIMEDOUT || err == -DSI_ENOENT || err == -DSI_EAGAIN ||
	    err == -DSI_EPIPE) {
		if (!src->told)
			GST_INFO_OBJECT(src, "waiting for stream '%s'",
					src->stream);
		src->told = TRUE;
		g_free(why);
		return src->give_up && dsi_now() > src->give_up ? GST_FLOW_EOS
								: GST_FLOW_OK;
	}
	GST_ELEMENT_ERROR(src, RESOURCE, OPEN_READ,
			  ("stream '%s': %s", src->stream,
			   why && *why ? why : dsi_strerror(err)),
			  (NULL));
	g_free(why);
	return GST_FLOW_ERROR;
}

/* The producer is gone. */
static GstFlowReturn bereaved(GstDsiSrc *src)
{
	gboolean in_order = media_inlet_closed_in_order(src->inlet);

	drop_inlet(src);
	if (src->ended)
		return GST_FLOW_EOS;
	if (src->moved)
		return GST_FLOW_OK;
	if (src->on_peer_death == DEATH_WAIT)
		return GST_FLOW_OK;
	if (in_order) {
		/* Its last word may have been dropped for us. */
		src->give_up = dsi_now() + MOVE_NS;
		return GST_FLOW_OK;
	}
	if (src->on_peer_death == DEATH_EOS)
		return GST_FLOW_EOS;
	GST_ELEMENT_ERROR(src, RESOURCE, READ,
			  ("the producer of stream '%s' died", src->stream),
			  (NULL));
	return GST_FLOW_ERROR;
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

static GstClockTime our_time(GstDsiSrc *src, uint64_t absolute)
{
	GstClockTime base = gst_element_get_base_time(GST_ELEMENT(src));
	GstClock *clock = gst_element_get_clock(GST_ELEMENT(src));

	if (!GST_CLOCK_TIME_IS_VALID(absolute))
		return GST_CLOCK_TIME_NONE;
	if (clock) {
		GstClockTime now = gst_clock_get_time(clock);
		GstClockTime monotonic = dsi_now();

		gst_object_unref(clock);
		if (now - monotonic + GST_MSECOND >= 2 * GST_MSECOND)
			base += monotonic - now;
	}
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
		GST_BUFFER_PTS(buffer) = our_time(src, h->pts);
		GST_BUFFER_DTS(buffer) = our_time(src, h->dts);
	}
}

static void learn_frame_time(GstDsiSrc *src, GstClockTime duration)
{
	gboolean changed;

	if (!GST_CLOCK_TIME_IS_VALID(duration))
		return;
	GST_OBJECT_LOCK(src);
	changed = src->frame_time != duration;
	src->frame_time = duration;
	GST_OBJECT_UNLOCK(src);
	if (changed)
		(void)gst_element_post_message(
			GST_ELEMENT(src),
			gst_message_new_latency(GST_OBJECT(src)));
}

static GstFlowReturn as_buffer(GstDsiSrc *src, const struct media_header *h,
			       GstBuffer *buffer, gboolean dropped_before)
{
	if (!new_caps(src) ||
	    !media_header_to_buffer(h, buffer, gst_buffer_get_size(buffer)))
		return broken(src);
	new_segment(src, h);
	times(src, h, buffer);
	if (src->discont || dropped_before)
		GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
	src->discont = FALSE;
	learn_frame_time(src, h->duration);
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
		drop_inlet(src);
		return GST_FLOW_OK;
	case MEDIA_GAP:
		start = src->timestamps == TIMES_ORIGINAL
				? h->own_pts
				: our_time(src, h->pts);
		if (*src->caps && GST_CLOCK_TIME_IS_VALID(start))
			(void)gst_pad_push_event(
				pad, gst_event_new_gap(start, h->duration));
		return GST_FLOW_OK;
	default: /* MEDIA_FLUSH: what comes now has nothing to do with before */
		src->discont = TRUE;
		return GST_FLOW_OK;
	}
}

/* One step: *out_buffer is set if it led to one. */
static GstFlowReturn step(GstDsiSrc *src, GstBuffer **out_buffer)
{
	struct media_header header;
	gboolean dropped_before;
	GstBuffer *buffer;
	GstFlowReturn flow;
	int err;

	if (!src->inlet)
		return look_for(src);
	err = media_inlet_get(src->inlet, &header, src->new_caps, &buffer,
			      &dropped_before);
	if (err == -DSI_EAGAIN) {
		media_inlet_wait(src->inlet, src->wake_fd, LOOK_AGAIN_MS);
		return GST_FLOW_OK;
	}
	if (err == -DSI_EPIPE)
		return bereaved(src);
	if (err)
		return broken(src);
	src->dropped += dropped_before;
	if (header.kind == MEDIA_BUFFER) {
		flow = as_buffer(src, &header, buffer, dropped_before);
		if (flow == GST_FLOW_OK) {
			*out_buffer = buffer;
			return flow;
		}
	} else {
		flow = as_event(src, &header);
	}
	gst_buffer_unref(buffer);
	return flow;
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

static gboolean src_start(GstBaseSrc *base)
{
	GstDsiSrc *src = GST_DSI_SRC(base);

	if (!src->stream || !*src->stream) {
		GST_ELEMENT_ERROR(src, RESOURCE, NOT_FOUND,
				  ("no stream is named: set the property "
				   "'stream'"),
				  (NULL));
		return FALSE;
	}
	if (!media_place_read(GST_ELEMENT(src), src->placement, &src->place))
		return FALSE;
	gst_segment_init(&src->segment, GST_FORMAT_UNDEFINED);
	src->caps[0] = '\0';
	src->dropped = 0;
	src->give_up = 0;
	return TRUE;
}

static gboolean src_stop(GstBaseSrc *base)
{
	drop_inlet(GST_DSI_SRC(base));
	return TRUE;
}

static gboolean src_unlock(GstBaseSrc *base)
{
	GstDsiSrc *src = GST_DSI_SRC(base);
	uint64_t one = 1;

	g_atomic_int_set(&src->flushing, TRUE);
	(void)!write(src->wake_fd, &one, sizeof(one));
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
	GstDsiSrc *src = GST_DSI_SRC(base);
	GstClockTime latency;

	if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
		return GST_BASE_SRC_CLASS(gst_dsi_src_parent_class)
			->query(base, query);
	GST_OBJECT_LOCK(src);
	latency = src->frame_time;
	GST_OBJECT_UNLOCK(src);
	if (!GST_CLOCK_TIME_IS_VALID(latency))
		latency = UNKNOWN_LATENCY;
	gst_query_set_latency(query, TRUE, latency, GST_CLOCK_TIME_NONE);
	return TRUE;
}

/* ---- GObject ------------------------------------------------------------- */

static void src_set_property(GObject *object, guint id, const GValue *value,
			     GParamSpec *spec)
{
	GstDsiSrc *src = GST_DSI_SRC(object);

	GST_OBJECT_LOCK(src);
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
	case PROP_DROPPED:
		g_value_set_uint64(value, src->dropped);
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
		g_param_spec_enum("timestamps", "Timestamps",
				  "The times of buffers", times_type(),
				  TIMES_CLOCK, SETTABLE));
	g_object_class_install_property(
		object, PROP_DROPPED,
		g_param_spec_uint64("dropped", "Dropped",
				    "Times that buffers were missed", 0,
				    G_MAXUINT64, 0,
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
	src->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	gst_base_src_set_live(base, TRUE);
	gst_base_src_set_format(base, GST_FORMAT_TIME);
	gst_base_src_set_do_timestamp(base, FALSE);
}
