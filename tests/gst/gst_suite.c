/* SPDX-License-Identifier: MIT */
/*
 * gst_suite.c - dsisink and dsisrc in harnesses of one process.
 *
 * Here buffers are pushed and pulled one by one, so that what belongs to a
 * buffer, a flush, a query can be looked at.  That two processes do the same is
 * for gst_streams.py.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <dsi/dsi.h>

#define CAPS "video/x-raw,format=GRAY8,width=64,height=64,framerate=25/1"
#define BIGGER "video/x-raw,format=GRAY8,width=640,height=480,framerate=25/1"
#define BYTES (64u * 64u)
/* For what must come; nothing is expected to take so long. */
#define PATIENCE_S 30

static GstHarness *sink, *src;
/* Whole pipelines, of the cases that have some. */
static GstElement *writing, *reading;
/* A reader that gives nothing back, of the cases that have one. */
static struct dsi_socket *idle;

/* ---- both ends ----------------------------------------------------------- */

static GstHarness *start_src(const char *properties)
{
	gchar *text =
		g_strdup_printf("dsisrc name=r stream=suite %s", properties);
	GstHarness *harness = gst_harness_new_parse(text);

	g_free(text);
	gst_harness_play(harness);
	return harness;
}

/* Two ends with @caps that have found each other. */
static void start(const char *caps, const char *of_sink, const char *of_src)
{
	gchar *text =
		g_strdup_printf("dsisink name=s stream=suite %s", of_sink);

	sink = gst_harness_new_parse(text);
	g_free(text);
	src = start_src(of_src);
	gst_harness_set_src_caps_str(sink, caps);
}

static guint consumers(void)
{
	GstElement *element = gst_harness_find_element(sink, "dsisink");
	guint n;

	g_object_get(element, "consumers", &n, NULL);
	gst_object_unref(element);
	return n;
}

static void stop(void)
{
	dsi_socket_destroy(g_steal_pointer(&idle));
	g_clear_pointer(&src, gst_harness_teardown);
	g_clear_pointer(&sink, gst_harness_teardown);
}

/* A buffer of the sink's pool, all bytes of which are @value. */
static GstBuffer *make(guint8 value, gsize bytes)
{
	GstBuffer *buffer = gst_harness_create_buffer(sink, bytes);

	gst_buffer_memset(buffer, 0, value, bytes);
	GST_BUFFER_PTS(buffer) = value * 40 * GST_MSECOND;
	GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
	return buffer;
}

static void push(guint8 value)
{
	fail_unless_equals_int(gst_harness_push(sink, make(value, BYTES)),
			       GST_FLOW_OK);
}

static GstBuffer *pull(void)
{
	GstBuffer *buffer = NULL;

	for (int i = 0; i < PATIENCE_S && !buffer; i++)
		buffer = gst_harness_pull(src);
	fail_unless(buffer != NULL, "nothing arrives");
	return buffer;
}

/* Its value; all bytes have it. */
static int value_of(GstBuffer *buffer)
{
	GstMapInfo map;
	int value;

	fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
	value = map.size ? map.data[0] : -1;
	/* Each byte is as the one before it. */
	if (map.size > 1 && memcmp(map.data, map.data + 1, map.size - 1) != 0)
		fail("the frame is not whole");
	gst_buffer_unmap(buffer, &map);
	return value;
}

static int pull_value(void)
{
	GstBuffer *buffer = pull();
	int value = value_of(buffer);

	gst_buffer_unref(buffer);
	return value;
}

/* The next event of @type that came to the end of the reader. */
static GstEvent *event_of(GstEventType type)
{
	for (;;) {
		GstEvent *event = gst_harness_pull_event(src);

		fail_unless(event != NULL, "no %s",
			    gst_event_type_get_name(type));
		if (GST_EVENT_TYPE(event) == type)
			return event;
		gst_event_unref(event);
	}
}

/* ---- cases --------------------------------------------------------------- */

GST_START_TEST(zero_copy)
{
	guint64 zero_copied;

	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	for (guint8 i = 0; i < 50; i++) {
		push(i);
		fail_unless_equals_int(pull_value(), i);
	}
	gst_harness_get(sink, "dsisink", "zero-copied", &zero_copied, NULL);
	fail_unless_equals_uint64(zero_copied, 50);
	stop();
}
GST_END_TEST

/* An element that writes in place gets memory of its own. */
GST_START_TEST(read_only)
{
	GstBuffer *buffer;
	gconstpointer shared;
	GstMapInfo map;

	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	push(7);
	buffer = pull();
	fail_unless(GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer, 0)));
	fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
	shared = map.data;
	gst_buffer_unmap(buffer, &map);
	fail_unless(gst_buffer_map(buffer, &map, GST_MAP_WRITE));
	fail_unless(map.data != shared);
	memset(map.data, 8, map.size);
	gst_buffer_unmap(buffer, &map);
	gst_buffer_unref(buffer);
	stop();
}
GST_END_TEST

GST_START_TEST(times)
{
	GstBuffer *buffer;

	start(CAPS, "wait-for-consumer=true",
	      "consumer-policy=block timestamps=original");
	buffer = make(3, BYTES);
	GST_BUFFER_DTS(buffer) = 100 * GST_MSECOND;
	GST_BUFFER_OFFSET(buffer) = 1234;
	GST_BUFFER_OFFSET_END(buffer) = 1235;
	GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT |
					    GST_BUFFER_FLAG_MARKER);
	fail_unless_equals_int(gst_harness_push(sink, buffer), GST_FLOW_OK);
	buffer = pull();
	fail_unless_equals_uint64(GST_BUFFER_PTS(buffer), 120 * GST_MSECOND);
	fail_unless_equals_uint64(GST_BUFFER_DTS(buffer), 100 * GST_MSECOND);
	fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer),
				  40 * GST_MSECOND);
	fail_unless_equals_uint64(GST_BUFFER_OFFSET(buffer), 1234);
	fail_unless_equals_uint64(GST_BUFFER_OFFSET_END(buffer), 1235);
	fail_unless(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT));
	fail_unless(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER));
	fail_unless(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
	gst_buffer_unref(buffer);
	stop();
}
GST_END_TEST

static void begin_at(GstHarness *harness, const char *factory,
		     GstClockTime base_time)
{
	GstElement *element = gst_harness_find_element(harness, factory);

	gst_harness_use_systemclock(harness);
	gst_element_set_base_time(element, base_time);
	gst_object_unref(element);
}

/* Two pipelines that began at different times show a buffer at the same time:
 * running time and base time have the same sum at both ends. */
GST_START_TEST(times_on_clock)
{
	GstClockTime now = gst_util_get_timestamp();
	GstBuffer *buffer;
	gint64 wrong;

	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	begin_at(sink, "dsisink", now - 10 * GST_SECOND);
	begin_at(src, "dsisrc", now - 17 * GST_SECOND);
	push(100); /* at 4 s */
	buffer = pull();
	wrong = GST_CLOCK_DIFF(GST_BUFFER_PTS(buffer), 11 * GST_SECOND);
	fail_unless(ABS(wrong) <= (gint64)GST_USECOND, "%" G_GINT64_FORMAT,
		    wrong);
	gst_buffer_unref(buffer);
	stop();
}
GST_END_TEST

static void add_metas(GstBuffer *buffer)
{
	static const guint8 caption[] = {0x96, 0x69, 0, '\n', 0xff};
	GstCaps *caps = gst_caps_new_empty_simple("timestamp/x-ntp");
	GstVideoRegionOfInterestMeta *region;
	GstCustomMeta *custom;
	GstVideoTimeCode *code;

	gst_buffer_add_reference_timestamp_meta(buffer, caps, 77,
						GST_CLOCK_TIME_NONE);
	gst_caps_unref(caps);
	code = gst_video_time_code_new(
		25, 1, NULL, GST_VIDEO_TIME_CODE_FLAGS_NONE, 1, 2, 3, 4, 0);
	gst_buffer_add_video_time_code_meta(buffer, code);
	gst_video_time_code_free(code);
	region = gst_buffer_add_video_region_of_interest_meta(buffer, "face", 1,
							      2, 30, 40);
	region->id = 5;
	gst_video_region_of_interest_meta_add_param(
		region, gst_structure_new("who", "name", G_TYPE_STRING,
					  "two\nlines", NULL));
	gst_buffer_add_video_caption_meta(buffer,
					  GST_VIDEO_CAPTION_TYPE_CEA708_CDP,
					  caption, sizeof(caption));
	custom = gst_buffer_add_custom_meta(buffer, "suite-meta");
	gst_structure_set(gst_custom_meta_get_structure(custom), "answer",
			  G_TYPE_INT, 42, NULL);
}

static void check_metas(GstBuffer *buffer)
{
	GstReferenceTimestampMeta *reference =
		gst_buffer_get_reference_timestamp_meta(buffer, NULL);
	GstVideoTimeCodeMeta *code =
		gst_buffer_get_video_time_code_meta(buffer);
	GstVideoRegionOfInterestMeta *region =
		gst_buffer_get_video_region_of_interest_meta_id(buffer, 5);
	GstVideoCaptionMeta *caption =
		gst_buffer_get_video_caption_meta(buffer);
	GstCustomMeta *custom =
		gst_buffer_get_custom_meta(buffer, "suite-meta");
	GstStructure *who;
	gint answer = 0;

	fail_unless(reference && code && region && caption && custom);
	fail_unless(gst_structure_has_name(
		gst_caps_get_structure(reference->reference, 0),
		"timestamp/x-ntp"));
	fail_unless_equals_uint64(reference->timestamp, 77);
	fail_unless_equals_int(code->tc.minutes, 2);
	fail_unless_equals_int(code->tc.frames, 4);
	fail_unless_equals_string(g_quark_to_string(region->roi_type), "face");
	fail_unless_equals_int(region->h, 40);
	who = gst_video_region_of_interest_meta_get_param(region, "who");
	fail_unless(who != NULL);
	fail_unless_equals_string(gst_structure_get_string(who, "name"),
				  "two\nlines");
	fail_unless_equals_int(caption->size, 5);
	fail_unless_equals_int(caption->data[3], '\n');
	fail_unless(gst_structure_get_int(gst_custom_meta_get_structure(custom),
					  "answer", &answer));
	fail_unless_equals_int(answer, 42);
}

GST_START_TEST(metas)
{
	static const gchar *tags[] = {NULL};
	GstBuffer *buffer;

	gst_meta_register_custom("suite-meta", tags, NULL, NULL, NULL);
	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	buffer = make(1, BYTES);
	add_metas(buffer);
	fail_unless_equals_int(gst_harness_push(sink, buffer), GST_FLOW_OK);
	buffer = pull();
	check_metas(buffer);
	gst_buffer_unref(buffer);
	/* And not those of the one before. */
	push(2);
	buffer = pull();
	fail_if(gst_buffer_get_video_time_code_meta(buffer));
	gst_buffer_unref(buffer);
	stop();
}
GST_END_TEST

GST_START_TEST(caps_change)
{
	GstBuffer *buffer;
	GstEvent *event;
	GstCaps *caps, *wanted = gst_caps_from_string(BIGGER);

	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	push(1);
	fail_unless_equals_int(pull_value(), 1);
	gst_event_unref(event_of(GST_EVENT_CAPS));
	gst_harness_set_src_caps_str(sink, BIGGER);
	/* Not from the pool: the harness keeps the one of the old caps. */
	buffer = gst_buffer_new_allocate(NULL, 640u * 480u, NULL);
	gst_buffer_memset(buffer, 0, 2, 640u * 480u);
	fail_unless_equals_int(gst_harness_push(sink, buffer), GST_FLOW_OK);
	buffer = pull();
	fail_unless_equals_int(gst_buffer_get_size(buffer), 640 * 480);
	fail_unless_equals_int(value_of(buffer), 2);
	gst_buffer_unref(buffer);
	event = event_of(GST_EVENT_CAPS);
	gst_event_parse_caps(event, &caps);
	fail_unless(gst_caps_is_equal(caps, wanted));
	gst_event_unref(event);
	gst_caps_unref(wanted);
	stop();
}
GST_END_TEST

GST_START_TEST(end_and_gap)
{
	GstClockTime time, duration;
	GstEvent *event;

	start(CAPS, "wait-for-consumer=true",
	      "consumer-policy=block timestamps=original");
	push(1);
	fail_unless(gst_harness_push_event(
		sink, gst_event_new_gap(2 * GST_SECOND, GST_SECOND)));
	fail_unless_equals_int(pull_value(), 1);
	event = event_of(GST_EVENT_GAP);
	gst_event_parse_gap(event, &time, &duration);
	fail_unless_equals_uint64(time, 2 * GST_SECOND);
	fail_unless_equals_uint64(duration, GST_SECOND);
	gst_event_unref(event);
	fail_unless(gst_harness_push_event(sink, gst_event_new_eos()));
	gst_event_unref(event_of(GST_EVENT_EOS));
	stop();
}
GST_END_TEST

/* What was on its way when the producer flushed does not arrive; what came
 * after does, and between them there was a flush. */
GST_START_TEST(flush)
{
	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	push(1);
	fail_unless_equals_int(pull_value(), 1);
	fail_unless(gst_harness_push_event(sink, gst_event_new_flush_start()));
	gst_event_unref(event_of(GST_EVENT_FLUSH_START));
	fail_unless(
		gst_harness_push_event(sink, gst_event_new_flush_stop(TRUE)));
	gst_event_unref(event_of(GST_EVENT_FLUSH_STOP));
	for (guint8 i = 2; i < 40; i++) {
		GstSegment segment;

		if (i == 2) {
			gst_segment_init(&segment, GST_FORMAT_TIME);
			fail_unless(gst_harness_push_event(
				sink, gst_event_new_segment(&segment)));
		}
		push(i);
		fail_unless_equals_int(pull_value(), i);
	}
	stop();
}
GST_END_TEST

/* A reader whose downstream takes nothing is freed by the flush of the
 * producer, and never sees what came before. */
static GstPadProbeReturn hold(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
	(void)pad;
	(void)info;
	g_atomic_int_set((gint *)user, TRUE);
	return GST_PAD_PROBE_OK;
}

GST_START_TEST(flush_when_blocked)
{
	gint held = FALSE;
	GstSegment segment;
	GstElement *element;
	GstPad *pad;
	gulong probe;

	start(CAPS, "slots=4 wait-for-consumer=true", "consumer-policy=block");
	element = gst_harness_find_element(src, "dsisrc");
	pad = gst_element_get_static_pad(element, "src");
	probe = gst_pad_add_probe(
		pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold,
		&held, NULL);
	push(1);
	push(2);
	while (!g_atomic_int_get(&held))
		g_usleep(1000);
	fail_unless(gst_harness_push_event(sink, gst_event_new_flush_start()));
	gst_event_unref(event_of(GST_EVENT_FLUSH_START));
	gst_pad_remove_probe(pad, probe);
	fail_unless(
		gst_harness_push_event(sink, gst_event_new_flush_stop(TRUE)));
	gst_event_unref(event_of(GST_EVENT_FLUSH_STOP));
	gst_segment_init(&segment, GST_FORMAT_TIME);
	fail_unless(
		gst_harness_push_event(sink, gst_event_new_segment(&segment)));
	push(3);
	fail_unless_equals_int(pull_value(), 3);
	gst_object_unref(pad);
	gst_object_unref(element);
	stop();
}
GST_END_TEST

/* What dsisrc tells its pipeline, in microseconds. */
static void latency_of(guint64 *out_min, guint64 *out_max)
{
	GstElement *element = gst_harness_find_element(src, "dsisrc");
	GstQuery *query = gst_query_new_latency();
	GstClockTime min, max;
	gboolean live;

	fail_unless(gst_element_query(element, query));
	gst_query_parse_latency(query, &live, &min, &max);
	fail_unless(live);
	*out_min = min / GST_USECOND;
	*out_max = max / GST_USECOND;
	gst_query_unref(query);
	gst_object_unref(element);
}

/* Upstream 20 ms, jitter 5 ms, wake-up 2 ms: after 27 ms a buffer is there.
 * Frames come every 40 ms and are taken for one period before their commit, so
 * that of 8 one may be kept for 7 periods less the jitter. */
GST_START_TEST(latency)
{
	GstElement *element;
	guint64 min, max;

	sink = gst_harness_new_parse("dsisink stream=suite slots=8 "
				     "wait-for-consumer=true jitter=5000000");
	gst_harness_set_upstream_latency(sink, 20 * GST_MSECOND);
	src = start_src("consumer-policy=block wake=2000000");
	gst_harness_set_src_caps_str(sink, CAPS);
	push(1);
	fail_unless_equals_int(pull_value(), 1);
	latency_of(&min, &max);
	fail_unless(min >= 27000 && min < 27100, "min %" G_GUINT64_FORMAT, min);
	fail_unless(max > 294900 && max <= 295000, "max %" G_GUINT64_FORMAT,
		    max);
	/* Upstream becomes slower. */
	gst_harness_set_upstream_latency(sink, 120 * GST_MSECOND);
	element = gst_harness_find_element(sink, "dsisink");
	fail_unless(gst_element_send_event(
		element, gst_event_new_latency(120 * GST_MSECOND)));
	gst_object_unref(element);
	latency_of(&min, &max);
	fail_unless(min >= 127000 && min < 127100, "min %" G_GUINT64_FORMAT,
		    min);
	stop();
}
GST_END_TEST

static void explains(const char *factory, const char *const *properties)
{
	GstElement *element = gst_element_factory_make(factory, NULL);
	GObjectClass *class = G_OBJECT_GET_CLASS(element);

	fail_unless(_gst_debug_get_category(factory) != NULL);
	for (; *properties; properties++) {
		GParamSpec *spec =
			g_object_class_find_property(class, *properties);

		fail_unless(spec != NULL, "%s has no %s", factory, *properties);
		/* A sentence, not the name once more. */
		fail_unless(strlen(g_param_spec_get_blurb(spec)) > 20, "%s: %s",
			    factory, *properties);
	}
	gst_object_unref(element);
}

GST_START_TEST(properties)
{
	static const char *const of_sink[] = {"stream", "slots",
					      "access", "wait-for-consumer",
					      "jitter", "require-zero-copy",
					      "copied", NULL};
	static const char *const of_src[] = {"stream",
					     "consumer-policy",
					     "on-peer-death",
					     "timestamps",
					     "queue",
					     "wake",
					     "service",
					     "dropped",
					     "spin",
					     "copied",
					     NULL};

	explains("dsisink", of_sink);
	explains("dsisrc", of_src);
}
GST_END_TEST

/* A reader that lets the producer overwrite: what it gets is whole and in
 * order, and the producer never waits for it. */
GST_START_TEST(reclaim)
{
	int before = -1, got = 0;
	GstBuffer *buffer;

	start(BIGGER, "slots=3 wait-for-consumer=true",
	      "consumer-policy=reclaim");
	gst_harness_push(sink, make(0, 640u * 480u));
	while (consumers() == 0)
		g_usleep(1000);
	/* Nobody pulls: with another policy this would not come to its end
	 * with whole frames, or at all. */
	gst_harness_set_drop_buffers(src, FALSE);
	for (guint i = 1; i < 250; i++)
		fail_unless_equals_int(
			gst_harness_push(sink, make((guint8)i, 640u * 480u)),
			GST_FLOW_OK);
	fail_unless(gst_harness_push_event(sink, gst_event_new_eos()));
	gst_event_unref(event_of(GST_EVENT_EOS));
	while ((buffer = gst_harness_try_pull(src))) {
		int value = value_of(buffer);

		fail_unless(value > before, "%d after %d", value, before);
		before = value;
		got++;
		gst_buffer_unref(buffer);
	}
	fail_unless(got > 0);
	stop();
}
GST_END_TEST

/* An allocator for copies that stops in the midst of one until it is told to go
 * on: what is copied meanwhile is overwritten for sure. */
static struct {
	GMutex lock;
	GCond changed;
	gboolean stops, stopped;
} copies;

typedef GstAllocator SlowAllocator;
typedef GstAllocatorClass SlowAllocatorClass;
static GType slow_allocator_get_type(void);
G_DEFINE_TYPE(SlowAllocator, slow_allocator, GST_TYPE_ALLOCATOR)

static GstMemory *slow_alloc(GstAllocator *allocator, gsize size,
			     GstAllocationParams *params)
{
	GstAllocator *plain = gst_allocator_find(GST_ALLOCATOR_SYSMEM);
	GstMemory *memory = gst_allocator_alloc(plain, size, params);

	(void)allocator;
	gst_object_unref(plain);
	g_mutex_lock(&copies.lock);
	while (copies.stops) {
		copies.stopped = TRUE;
		g_cond_broadcast(&copies.changed);
		g_cond_wait(&copies.changed, &copies.lock);
	}
	g_mutex_unlock(&copies.lock);
	return memory;
}

static void slow_allocator_class_init(SlowAllocatorClass *class)
{
	class->alloc = slow_alloc;
}

static void slow_allocator_init(SlowAllocator *allocator)
{
	GST_OBJECT_FLAG_SET(allocator, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

static void let_copies(gboolean stop)
{
	g_mutex_lock(&copies.lock);
	copies.stops = stop;
	copies.stopped = FALSE;
	g_cond_broadcast(&copies.changed);
	g_mutex_unlock(&copies.lock);
}

/* With policy reclaim a frame may be overwritten while it is copied: then the
 * copy does not go on.  Its time says which one it should be. */
GST_START_TEST(reclaim_overwritten)
{
	GstAllocator *plain = gst_allocator_find(GST_ALLOCATOR_SYSMEM);
	GstBuffer *buffer;
	guint64 dropped;
	int last = -1;

	start(CAPS, "slots=3 wait-for-consumer=true",
	      "consumer-policy=reclaim timestamps=original");
	push(0);
	fail_unless_equals_int(pull_value(), 0);
	let_copies(TRUE);
	gst_allocator_set_default(gst_object_ref_sink(
		g_object_new(slow_allocator_get_type(), NULL)));
	push(1);
	g_mutex_lock(&copies.lock);
	while (!copies.stopped)
		g_cond_wait(&copies.changed, &copies.lock);
	g_mutex_unlock(&copies.lock);
	for (guint8 i = 2; i < 40; i++)
		push(i);
	let_copies(FALSE);
	gst_allocator_set_default(plain);
	while (last != 39) {
		GstClockTime time;

		buffer = pull();
		last = value_of(buffer);
		time = GST_BUFFER_PTS(buffer);
		fail_unless(time == (GstClockTime)last * 40 * GST_MSECOND,
			    "the frame of %" GST_TIME_FORMAT " has the data of "
			    "frame %d",
			    GST_TIME_ARGS(time), last);
		fail_unless(last != 1, "it was overwritten");
		gst_buffer_unref(buffer);
	}
	gst_harness_get(src, "dsisrc", "dropped", &dropped, NULL);
	fail_unless(dropped > 0);
	stop();
}
GST_END_TEST

/* What a stream was made with stays as it is while it runs. */
GST_START_TEST(set_while_running)
{
	gchar *name;
	guint slots;

	start(CAPS, "slots=5 wait-for-consumer=true", "consumer-policy=block");
	push(1);
	gst_harness_set(src, "dsisrc", "stream", "other", NULL);
	gst_harness_set(sink, "dsisink", "stream", "other", "slots", 7u, NULL);
	gst_harness_get(src, "dsisrc", "stream", &name, NULL);
	fail_unless_equals_string(name, "suite");
	g_free(name);
	gst_harness_get(sink, "dsisink", "stream", &name, "slots", &slots,
			NULL);
	fail_unless_equals_string(name, "suite");
	fail_unless_equals_int(slots, 5);
	g_free(name);
	fail_unless_equals_int(pull_value(), 1);
	stop();
}
GST_END_TEST

static guint entries(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	guint n = 0;

	fail_unless(dir != NULL);
	while (g_dir_read_name(dir))
		n++;
	g_dir_close(dir);
	return n;
}

static guint mappings(void)
{
	gchar *text = NULL;
	guint n = 0;

	fail_unless(g_file_get_contents("/proc/self/maps", &text, NULL, NULL));
	for (gchar *at = text; *at; at++)
		n += *at == '\n';
	g_free(text);
	return n;
}

static void set_state(GstElement *element, GstState state)
{
	fail_unless(gst_element_set_state(element, state) !=
		    GST_STATE_CHANGE_FAILURE);
}

/* As many as there shall be, or else how many there still are at the end of the
 * patience: a reader that ends gives back what comes back late. */
static guint settled_files(guint wanted)
{
	gint64 until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	guint n = entries("/proc/self/fd");

	while (n != wanted && g_get_monotonic_time() < until) {
		g_usleep(1000);
		n = entries("/proc/self/fd");
	}
	return n;
}

/* For a report: what they are. */
static void print_files(void)
{
	GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
	const gchar *name;

	while ((name = g_dir_read_name(dir))) {
		gchar *path = g_build_filename("/proc/self/fd", name, NULL);
		gchar *what = g_file_read_link(path, NULL);

		g_print("%s: %s\n", name, what);
		g_free(what);
		g_free(path);
	}
	g_dir_close(dir);
}

static void up_and_down_once(guint i)
{
	GstElement *w = writing, *r = reading;
	GstElement *first = i & 1 ? w : r, *second = i & 1 ? r : w;

	set_state(first, i & 2 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
	set_state(second, GST_STATE_PLAYING);
	if (i % 16 == 0)
		g_usleep(25000);
	set_state(i & 4 ? w : r, GST_STATE_READY);
	set_state(i & 4 ? r : w, GST_STATE_NULL);
	set_state(i & 4 ? w : r, GST_STATE_NULL);
}

/* Both ends go up and down again and again, as they come, with and without a
 * stream between them: nothing is left of that, in no round, for what one leaves
 * the next may take up. */
GST_START_TEST(up_and_down)
{
	guint files = G_MAXUINT, maps = 0;

	writing = gst_parse_launch(
		"videotestsrc ! " CAPS " ! dsisink stream=suite", NULL);
	reading = gst_parse_launch("dsisrc stream=suite ! fakesink", NULL);
	for (guint i = 0; i < 1000; i++) {
		up_and_down_once(i);
		/* What is made once is there; and threads of GStreamer's pool
		 * come and go. */
		if (i >= 100 && i < 200)
			files = MIN(files, entries("/proc/self/fd"));
		if (i == 200)
			maps = mappings();
		if (i >= 200 && settled_files(files) != files) {
			print_files();
			fail("round %u leaves %u files, not %u", i,
			     entries("/proc/self/fd"), files);
		}
	}
	fail_unless(mappings() < maps + 50, "%u mappings, %u before",
		    mappings(), maps);
}
GST_END_TEST

/* Upstream may ask for a pool when dsisink has stopped already. */
static void ask_for_pool(GstElement *element, gboolean expected)
{
	GstCaps *caps = gst_caps_from_string(CAPS);
	GstQuery *query = gst_query_new_allocation(caps, TRUE);
	GstPad *pad = gst_element_get_static_pad(element, "sink");
	guint files = entries("/proc/self/fd");

	fail_unless_equals_int(gst_pad_query(pad, query), expected);
	fail_unless(expected || entries("/proc/self/fd") == files,
		    "a stream of an element that does not run");
	gst_object_unref(pad);
	gst_query_unref(query);
	gst_caps_unref(caps);
}

GST_START_TEST(pool_when_stopped)
{
	writing = gst_element_factory_make("dsisink", NULL);
	g_object_set(writing, "stream", "suite", NULL);
	for (int i = 0; i < 2; i++) {
		ask_for_pool(writing, FALSE);
		set_state(writing, GST_STATE_READY);
		ask_for_pool(writing, FALSE);
		set_state(writing, GST_STATE_PAUSED);
		ask_for_pool(writing, TRUE);
		set_state(writing, GST_STATE_READY);
		ask_for_pool(writing, FALSE);
		set_state(writing, GST_STATE_NULL);
	}
}
GST_END_TEST

GST_START_TEST(set_in_ready)
{
	GstElement *element = gst_element_factory_make("dsisink", NULL);
	gchar *name;
	guint slots;

	g_object_set(element, "stream", "suite", NULL);
	set_state(element, GST_STATE_READY);
	g_object_set(element, "stream", "other", "slots", 5u, NULL);
	g_object_get(element, "stream", &name, "slots", &slots, NULL);
	fail_unless_equals_string(name, "other");
	fail_unless_equals_int(slots, 5);
	g_free(name);
	set_state(element, GST_STATE_NULL);
	gst_object_unref(element);
}
GST_END_TEST

/* A reader that ends with a buffer still kept somewhere stops nobody. */
GST_START_TEST(kept_beyond_the_end)
{
	GstBuffer *kept;

	start(CAPS, "slots=5 wait-for-consumer=true", "consumer-policy=block");
	push(1);
	kept = pull();
	g_clear_pointer(&src, gst_harness_teardown);
	for (guint8 i = 2; i < 100; i++)
		push(i);
	fail_unless_equals_int(value_of(kept), 1);
	gst_buffer_unref(kept);
	stop();
}
GST_END_TEST

/* A reader ends while its producer flushes: each waits for nothing of the other. */
GST_START_TEST(end_in_flush)
{
	start(CAPS, "wait-for-consumer=true", "");
	push(1);
	fail_unless_equals_int(pull_value(), 1);
	fail_unless(gst_harness_push_event(sink, gst_event_new_flush_start()));
	g_usleep(100000);
	g_clear_pointer(&src, gst_harness_teardown);
	fail_unless(
		gst_harness_push_event(sink, gst_event_new_flush_stop(TRUE)));
	stop();
}
GST_END_TEST

/* ---- upstream waits ------------------------------------------------------ */

/* It gets packets when it is told to: no flush reaches it, as if its process
 * were stopped. */
static void connect_idle(void)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = DSI_POLICY_BLOCK,
	};

	fail_unless_equals_int(dsi_consumer_create(&options, &idle), 0);
	fail_unless_equals_int(dsi_socket_connect(idle, "suite", 0), 0);
	fail_unless_equals_int(dsi_socket_start(idle), 0);
}

static void start_sink(void)
{
	sink = gst_harness_new_parse(
		"dsisink stream=suite slots=2 wait-for-consumer=true");
	gst_harness_set_src_caps_str(sink, CAPS);
}

/* It gives all back: so many packets. */
static guint idle_reads(void)
{
	struct dsi_packet *packet;
	guint n = 0;

	for (; dsi_packet_get(idle, 0, &packet) == 0; n++)
		fail_unless_equals_int(dsi_packet_commit(idle, packet), 0);
	return n;
}

static GstBufferPool *pool_for(const char *text)
{
	GstCaps *caps = gst_caps_from_string(text);
	GstQuery *query = gst_query_new_allocation(caps, TRUE);
	GstBufferPool *pool;

	fail_unless(gst_pad_peer_query(sink->srcpad, query));
	gst_query_parse_nth_allocation_pool(query, 0, &pool, NULL, NULL, NULL);
	fail_unless(gst_buffer_pool_set_active(pool, TRUE));
	gst_query_unref(query);
	gst_caps_unref(caps);
	return pool;
}

/* A thread upstream, and what it got. */
static struct upstream {
	const char *name;
	void (*work)(struct upstream *up);
	gboolean locks; /* the pad, while it waits */
	GstBufferPool *pool;
	GstFlowReturn flow;
	gint began, done;
	GThread *thread;
} up;

/* Whoever waits upstream sees late what woke it: what was taken back by then it
 * does not see at all.  The plugin's poll() is this one. */
static gint up_sees_late, up_saw_late;
static GPrivate is_upstream;

__attribute__((visibility("default"))) int poll(struct pollfd *fds, nfds_t n,
						int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};
	int ready = ppoll(fds, n, timeout_ms < 0 ? NULL : &timeout, NULL);

	if (g_private_get(&is_upstream) && g_atomic_int_get(&up_sees_late)) {
		int err = errno;

		g_atomic_int_set(&up_saw_late, TRUE);
		g_usleep(20000);
		errno = err;
	}
	return ready;
}

static void takes_frame(struct upstream *u)
{
	GstBuffer *buffer = NULL;

	u->flow = gst_buffer_pool_acquire_buffer(u->pool, &buffer, NULL);
	gst_clear_buffer(&buffer);
}

static void pushes(struct upstream *u)
{
	GstBuffer *buffer = gst_buffer_new_allocate(NULL, BYTES, NULL);

	gst_buffer_memset(buffer, 0, 9, BYTES);
	u->flow = gst_harness_push(sink, buffer);
}

/* The stream moves, and says so to its readers first. */
static void asks_for_pool(struct upstream *u)
{
	GstCaps *caps = gst_caps_from_string(BIGGER);
	GstQuery *query = gst_query_new_allocation(caps, TRUE);

	u->flow = gst_pad_peer_query(sink->srcpad, query) ? GST_FLOW_OK
							  : GST_FLOW_FLUSHING;
	gst_query_unref(query);
	gst_caps_unref(caps);
}

static void moves(struct upstream *u)
{
	GstCaps *caps = gst_caps_from_string(BIGGER);

	(void)u;
	/* Not by the harness, which wants it to succeed. */
	(void)gst_pad_push_event(sink->srcpad, gst_event_new_caps(caps));
	gst_caps_unref(caps);
}

static const struct upstream waits[] = {
	{.name = "a frame", .work = takes_frame},
	{.name = "a buffer", .work = pushes, .locks = TRUE},
	{.name = "a query", .work = asks_for_pool, .locks = TRUE},
	{.name = "caps", .work = moves, .locks = TRUE},
};

static gpointer upstream_thread(gpointer user)
{
	struct upstream *u = user;

	g_private_set(&is_upstream, u);
	g_atomic_int_set(&u->began, TRUE);
	u->work(u);
	g_atomic_int_set(&u->done, TRUE);
	return NULL;
}

/* Not the one that the harness has for it. */
static GstPad *pad_of_sink(void)
{
	GstElement *element = gst_harness_find_element(sink, "dsisink");
	GstPad *pad = gst_element_get_static_pad(element, "sink");

	gst_object_unref(element);
	return pad;
}

static gboolean is_locked(void)
{
	GstPad *pad = pad_of_sink();
	gboolean locked = !GST_PAD_STREAM_TRYLOCK(pad);

	if (!locked)
		GST_PAD_STREAM_UNLOCK(pad);
	gst_object_unref(pad);
	return locked;
}

/* That it waits cannot be seen, that it has come so far and does not end can. */
static void begin_to_wait(const struct upstream *what)
{
	GstBufferPool *pool = up.pool;

	up = *what;
	up.pool = pool;
	up.thread = g_thread_new("upstream", upstream_thread, &up);
	while (!g_atomic_int_get(&up.began) || (up.locks && !is_locked()))
		g_usleep(100);
	g_usleep(20000);
	fail_if(g_atomic_int_get(&up.done), "%s is not waited for", up.name);
}

static void ends_to_wait(void)
{
	g_thread_join(g_steal_pointer(&up.thread));
}

/* All frames and all packets are in use by a reader that keeps them. */
static void wait_in_vain(const struct upstream *what)
{
	start_sink();
	connect_idle();
	up.pool = pool_for(CAPS);
	push(1);
	push(2);
	fail_unless(gst_harness_push_event(
		sink, gst_event_new_gap(2 * GST_SECOND, GST_SECOND)));
	begin_to_wait(what);
}

static void stop_waiting(void)
{
	g_atomic_int_set(&up_sees_late, FALSE);
	gst_clear_object(&up.pool);
	stop();
}

/* The state changes while upstream waits.  Several times, because whoever waits may
 * have been lucky. */
GST_START_TEST(stop_while_waiting)
{
	for (guint i = 0; i < 10 * G_N_ELEMENTS(waits); i++) {
		GstElement *element;

		wait_in_vain(&waits[i % G_N_ELEMENTS(waits)]);
		element = gst_harness_find_element(sink, "dsisink");
		g_atomic_int_set(&up_sees_late, i / G_N_ELEMENTS(waits) % 2);
		set_state(element, GST_STATE_READY);
		gst_object_unref(element);
		ends_to_wait();
		stop_waiting();
	}
	fail_unless(g_atomic_int_get(&up_saw_late));
}
GST_END_TEST

static void begin_flush(void)
{
	fail_unless(gst_harness_push_event(sink, gst_event_new_flush_start()));
}

static void end_flush(void)
{
	GstSegment segment;

	gst_segment_init(&segment, GST_FORMAT_TIME);
	fail_unless(
		gst_harness_push_event(sink, gst_event_new_flush_stop(TRUE)));
	fail_unless(
		gst_harness_push_event(sink, gst_event_new_segment(&segment)));
}

/* The same with a flush, which does not wait for the reader either; and after it
 * there is a stream as ever. */
GST_START_TEST(flush_while_waiting)
{
	for (guint i = 0; i < 10 * G_N_ELEMENTS(waits); i++) {
		const struct upstream *what = &waits[i % G_N_ELEMENTS(waits)];
		gboolean moved =
			what->work == asks_for_pool || what->work == moves;

		wait_in_vain(what);
		begin_flush();
		ends_to_wait();
		if (!moved)
			fail_unless_equals_int(up.flow, GST_FLOW_FLUSHING);
		end_flush();
		fail_unless_equals_int(idle_reads(), 3);
		if (moved) {
			dsi_socket_destroy(g_steal_pointer(&idle));
			connect_idle();
		}
		pushes(&up);
		fail_unless_equals_int(up.flow, GST_FLOW_OK);
		fail_unless_equals_int(idle_reads(), 1);
		stop_waiting();
	}
}
GST_END_TEST

static void says_gap(struct upstream *u)
{
	GstEvent *event = gst_event_new_gap(3 * GST_SECOND, GST_SECOND);

	(void)u;
	/* Not if that is what ends it. */
	(void)gst_harness_push_event(sink, event);
}

static const struct upstream gap = {
	.name = "a gap", .work = says_gap, .locks = TRUE};

/* What waits in a pause goes on after it, and is sent. */
GST_START_TEST(gap_in_pause)
{
	GstElement *element;

	wait_in_vain(&gap);
	element = gst_harness_find_element(sink, "dsisink");
	set_state(element, GST_STATE_PAUSED);
	fail_unless_equals_int(idle_reads(), 3);
	set_state(element, GST_STATE_PLAYING);
	gst_object_unref(element);
	ends_to_wait();
	fail_unless_equals_int(idle_reads(), 1);
	stop_waiting();
}
GST_END_TEST

/* A gap that waits, also in a pause, ends with a stop and with a flush. */
GST_START_TEST(gap_in_stop)
{
	GstElement *element;

	wait_in_vain(&gap);
	element = gst_harness_find_element(sink, "dsisink");
	set_state(element, GST_STATE_PAUSED);
	set_state(element, GST_STATE_READY);
	gst_object_unref(element);
	ends_to_wait();
	stop_waiting();
}
GST_END_TEST

GST_START_TEST(gap_in_flush)
{
	for (guint i = 0; i < 5; i++) {
		wait_in_vain(&gap);
		begin_flush();
		ends_to_wait();
		stop_waiting();
	}
}
GST_END_TEST

/* Nor is there anything to wait for in a flush if nobody reads yet. */
GST_START_TEST(flush_without_reader)
{
	start_sink();
	begin_to_wait(&waits[1]);
	begin_flush();
	ends_to_wait();
	fail_unless_equals_int(up.flow, GST_FLOW_FLUSHING);
	end_flush();
	connect_idle();
	push(1);
	fail_unless_equals_int(idle_reads(), 1);
	stop();
}
GST_END_TEST

/* A stream that moved waits for its readers, but not in a flush: without that
 * the buffer would go to nobody in the end. */
GST_START_TEST(flush_in_move)
{
	start_sink();
	connect_idle();
	push(1);
	moves(NULL);
	begin_to_wait(&waits[1]);
	begin_flush();
	ends_to_wait();
	fail_unless_equals_int(up.flow, GST_FLOW_FLUSHING);
	end_flush();
	stop();
}
GST_END_TEST

/* Who is stopped in a flush begins anew without: of that there is no end. */
GST_START_TEST(stop_in_flush)
{
	GstElement *element;
	GstPad *pad;

	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	push(1);
	fail_unless_equals_int(pull_value(), 1);
	pad = pad_of_sink();
	fail_unless(gst_pad_send_event(pad, gst_event_new_flush_start()));
	gst_object_unref(pad);
	g_clear_pointer(&src, gst_harness_teardown);
	element = gst_harness_find_element(sink, "dsisink");
	set_state(element, GST_STATE_READY);
	set_state(element, GST_STATE_PLAYING);
	gst_object_unref(element);
	src = start_src("consumer-policy=block");
	/* Not from the pool that the harness has had before. */
	pushes(&up);
	fail_unless_equals_int(up.flow, GST_FLOW_OK);
	fail_unless_equals_int(pull_value(), 9);
	stop();
}
GST_END_TEST

/* ---- the pool ------------------------------------------------------------ */

/* Buffers of the pool keep to this. */
static void ask_for(GstBufferPool *pool, GstAllocationParams *params)
{
	GstStructure *config;

	fail_unless(gst_buffer_pool_set_active(pool, FALSE));
	config = gst_buffer_pool_get_config(pool);
	gst_buffer_pool_config_set_allocator(config, NULL, params);
	fail_unless(gst_buffer_pool_set_config(pool, config));
	fail_unless(gst_buffer_pool_set_active(pool, TRUE));
}

static void expect_aligned(GstBuffer *buffer, const GstAllocationParams *params)
{
	GstMapInfo map;

	fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
	fail_unless_equals_int((guintptr)map.data & params->align, 0);
	gst_buffer_unmap(buffer, &map);
}

/* Who has the pool of a stream that moved goes on, with memory of its own. */
GST_START_TEST(pool_of_before)
{
	GstAllocationParams params = {.align = 4095};
	GstBuffer *buffer = NULL;
	GstBufferPool *pool;
	guint64 copied;

	start(CAPS, "wait-for-consumer=true", "consumer-policy=block");
	pool = pool_for(CAPS);
	ask_for(pool, &params);
	push(1);
	fail_unless_equals_int(pull_value(), 1);
	moves(NULL);
	fail_unless_equals_int(
		gst_buffer_pool_acquire_buffer(pool, &buffer, NULL),
		GST_FLOW_OK);
	fail_unless_equals_int(gst_buffer_get_size(buffer), BYTES);
	expect_aligned(buffer, &params);
	gst_buffer_memset(buffer, 0, 2, BYTES);
	fail_unless_equals_int(gst_harness_push(sink, buffer), GST_FLOW_OK);
	fail_unless_equals_int(pull_value(), 2);
	gst_harness_get(sink, "dsisink", "copied", &copied, NULL);
	fail_unless_equals_uint64(copied, 1);
	gst_object_unref(pool);
	stop();
}
GST_END_TEST

/* A layout for which there is no room is refused, and the one before stays. */
GST_START_TEST(pool_refuses)
{
	GstVideoAlignment align;
	GstStructure *config;
	GstBufferPool *pool;
	GstBuffer *buffer;

	start_sink();
	pool = pool_for(CAPS);
	fail_unless(gst_buffer_pool_set_active(pool, FALSE));
	gst_video_alignment_reset(&align);
	align.padding_bottom = 640;
	config = gst_buffer_pool_get_config(pool);
	gst_buffer_pool_config_add_option(config,
					  GST_BUFFER_POOL_OPTION_VIDEO_META);
	gst_buffer_pool_config_add_option(
		config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
	gst_buffer_pool_config_set_video_alignment(config, &align);
	fail_if(gst_buffer_pool_set_config(pool, config));
	fail_unless(gst_buffer_pool_set_active(pool, TRUE));
	fail_unless_equals_int(
		gst_buffer_pool_acquire_buffer(pool, &buffer, NULL),
		GST_FLOW_OK);
	fail_unless_equals_int(gst_buffer_get_size(buffer), BYTES);
	fail_if(gst_buffer_get_video_meta(buffer));
	gst_buffer_unref(buffer);
	gst_object_unref(pool);
	stop();
}
GST_END_TEST

/* Who does not want to wait does not. */
GST_START_TEST(pool_without_wait)
{
	GstBufferPoolAcquireParams params = {
		.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT,
	};
	GstBuffer *buffers[2], *none;
	GstBufferPool *pool;

	start_sink();
	pool = pool_for(CAPS);
	for (guint i = 0; i < 2; i++)
		fail_unless_equals_int(gst_buffer_pool_acquire_buffer(
					       pool, &buffers[i], &params),
				       GST_FLOW_OK);
	fail_unless_equals_int(
		gst_buffer_pool_acquire_buffer(pool, &none, &params),
		GST_FLOW_EOS);
	for (guint i = 0; i < 2; i++)
		gst_buffer_unref(buffers[i]);
	gst_object_unref(pool);
	stop();
}
GST_END_TEST

static void stop_pipeline(GstElement *element)
{
	(void)gst_element_set_state(element, GST_STATE_NULL);
	gst_object_unref(element);
}

/* A case that fails leaves its elements: where all cases are of one process, the
 * next ones want the name of the stream, and the end waits for the threads. */
static void tidy(void)
{
	let_copies(FALSE);
	g_clear_pointer(&reading, stop_pipeline);
	g_clear_pointer(&writing, stop_pipeline);
	stop();
}

static Suite *dsi_suite(void)
{
	Suite *suite = suite_create("dsi");
	TCase *cases = tcase_create("harness");

	suite_add_tcase(suite, cases);
	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, NULL, tidy);
	tcase_add_test(cases, zero_copy);
	tcase_add_test(cases, read_only);
	tcase_add_test(cases, times);
	tcase_add_test(cases, times_on_clock);
	tcase_add_test(cases, metas);
	tcase_add_test(cases, caps_change);
	tcase_add_test(cases, end_and_gap);
	tcase_add_test(cases, flush);
	tcase_add_test(cases, flush_when_blocked);
	tcase_add_test(cases, latency);
	tcase_add_test(cases, properties);
	tcase_add_test(cases, reclaim);
	tcase_add_test(cases, reclaim_overwritten);
	tcase_add_test(cases, set_while_running);
	tcase_add_test(cases, up_and_down);
	tcase_add_test(cases, pool_when_stopped);
	tcase_add_test(cases, set_in_ready);
	tcase_add_test(cases, kept_beyond_the_end);
	tcase_add_test(cases, end_in_flush);
	tcase_add_test(cases, stop_while_waiting);
	tcase_add_test(cases, flush_while_waiting);
	tcase_add_test(cases, gap_in_pause);
	tcase_add_test(cases, gap_in_stop);
	tcase_add_test(cases, gap_in_flush);
	tcase_add_test(cases, flush_without_reader);
	tcase_add_test(cases, flush_in_move);
	tcase_add_test(cases, stop_in_flush);
	tcase_add_test(cases, pool_of_before);
	tcase_add_test(cases, pool_refuses);
	tcase_add_test(cases, pool_without_wait);
	return suite;
}

GST_CHECK_MAIN(dsi)
