/* SPDX-License-Identifier: MIT */
/* media_pool.c - see media_pool.h. */
#include "media_pool.h"

#include <gst/video/gstvideopool.h>
#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC(media_pool_debug);
#define GST_CAT_DEFAULT media_pool_debug

/* Of each buffer. */
struct layout {
	gsize bytes;
	gboolean video_meta;
	GstVideoInfo info;
	GstAllocationParams params; /* of memory that is no frame */
};

struct _MediaPool {
	GstBufferPool parent;
	struct media_outlet *outlet;
	struct layout layout;
};

G_DEFINE_FINAL_TYPE_WITH_CODE(
	MediaPool, media_pool, GST_TYPE_BUFFER_POOL,
	GST_DEBUG_CATEGORY_INIT(media_pool_debug, "dsipool", 0,
				"pool that dsisink proposes"))

static const gchar *const options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META,
				       GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT,
				       NULL};

static const gchar **pool_options(GstBufferPool *pool)
{
	(void)pool;
	return (const gchar **)options;
}

/* Planes where the decoder wants them. */
static gboolean lay_out(struct layout *layout, GstStructure *config,
			GstCaps *caps)
{
	GstVideoAlignment align;

	layout->video_meta = gst_buffer_pool_config_has_option(
		config, GST_BUFFER_POOL_OPTION_VIDEO_META);
	if (!gst_video_info_from_caps(&layout->info, caps)) {
		layout->video_meta = FALSE;
		return TRUE;
	}
	if (layout->video_meta &&
	    gst_buffer_pool_config_has_option(
		    config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT)) {
		gst_buffer_pool_config_get_video_alignment(config, &align);
		if (!gst_video_info_align(&layout->info, &align))
			return FALSE;
		gst_buffer_pool_config_set_video_alignment(config, &align);
	}
	layout->bytes = MAX(layout->bytes, GST_VIDEO_INFO_SIZE(&layout->info));
	return TRUE;
}

static gboolean pool_set_config(GstBufferPool *base, GstStructure *config)
{
	MediaPool *pool = DSI_MEDIA_POOL(base);
	MediaStore *store = media_outlet_store(pool->outlet);
	struct layout layout = {0};
	GstCaps *caps;
	guint bytes, min, max;

	if (!gst_buffer_pool_config_get_params(config, &caps, &bytes, &min,
					       &max) ||
	    !caps)
		return FALSE;
	layout.bytes = bytes;
	if (!lay_out(&layout, config, caps) ||
	    layout.bytes > media_store_frame_bytes(store)) {
		GST_INFO_OBJECT(pool,
				"buffers of %" G_GSIZE_FORMAT
				" bytes do not fit into frames of "
				"%" G_GSIZE_FORMAT,
				layout.bytes, media_store_frame_bytes(store));
		return FALSE;
	}
	gst_allocation_params_init(&layout.params);
	(void)gst_buffer_pool_config_get_allocator(config, NULL,
						   &layout.params);
	gst_buffer_pool_config_set_params(config, caps, (guint)layout.bytes,
					  min, max);
	if (!GST_BUFFER_POOL_CLASS(media_pool_parent_class)
		     ->set_config(base, config))
		return FALSE;
	/* Not before: what was agreed on stays if this is refused. */
	pool->layout = layout;
	return TRUE;
}

static gboolean is_flushing(void *user)
{
	GstBufferPool *pool = user;

	return GST_BUFFER_POOL_IS_FLUSHING(pool);
}

static GstFlowReturn pool_acquire(GstBufferPool *base, GstBuffer **out_buffer,
				  GstBufferPoolAcquireParams *params)
{
	gboolean may_wait = !params || !(params->flags &
					 GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT);
	MediaPool *pool = DSI_MEDIA_POOL(base);
	struct layout *layout = &pool->layout;
	GstFlowReturn flow;
	GstMemory *frame;

	flow = media_outlet_take(pool->outlet, may_wait, is_flushing, base,
				 &frame);
	if (flow == GST_FLOW_NOT_LINKED)
		/* The stream moved, and upstream has not asked again yet, or it
		 * goes on without dsisink. */
		frame = gst_allocator_alloc(NULL, layout->bytes,
					    &layout->params);
	else if (flow != GST_FLOW_OK)
		return flow;
	gst_memory_resize(frame, 0, layout->bytes);
	*out_buffer = gst_buffer_new();
	gst_buffer_append_memory(*out_buffer, frame);
	if (layout->video_meta)
		gst_buffer_add_video_meta_full(
			*out_buffer, GST_VIDEO_FRAME_FLAG_NONE,
			GST_VIDEO_INFO_FORMAT(&layout->info),
			(guint)GST_VIDEO_INFO_WIDTH(&layout->info),
			(guint)GST_VIDEO_INFO_HEIGHT(&layout->info),
			GST_VIDEO_INFO_N_PLANES(&layout->info),
			layout->info.offset, layout->info.stride);
	return GST_FLOW_OK;
}

static void pool_release(GstBufferPool *base, GstBuffer *buffer)
{
	(void)base;
	gst_buffer_unref(buffer);
}

static gboolean pool_start(GstBufferPool *base)
{
	(void)base;
	return TRUE;
}

static gboolean pool_stop(GstBufferPool *base)
{
	(void)base;
	return TRUE;
}

static void pool_flush_start(GstBufferPool *base)
{
	media_outlet_wake(DSI_MEDIA_POOL(base)->outlet);
}

static void media_pool_finalize(GObject *object)
{
	MediaPool *pool = DSI_MEDIA_POOL(object);

	/* Nobody gets one from media_pool_new() without. */
	if (pool->outlet)
		media_outlet_unref(pool->outlet);
	G_OBJECT_CLASS(media_pool_parent_class)->finalize(object);
}

static void media_pool_class_init(MediaPoolClass *klass)
{
	GstBufferPoolClass *pool = GST_BUFFER_POOL_CLASS(klass);

	pool->get_options = pool_options;
	pool->set_config = pool_set_config;
	pool->acquire_buffer = pool_acquire;
	pool->release_buffer = pool_release;
	pool->start = pool_start;
	pool->stop = pool_stop;
	pool->flush_start = pool_flush_start;
	G_OBJECT_CLASS(klass)->finalize = media_pool_finalize;
}

static void media_pool_init(MediaPool *pool)
{
	gst_video_info_init(&pool->layout.info);
}

GstBufferPool *media_pool_new(struct media_outlet *outlet)
{
	MediaPool *pool = g_object_new(MEDIA_POOL_TYPE, NULL);

	gst_object_ref_sink(pool);
	pool->outlet = media_outlet_ref(outlet);
	return GST_BUFFER_POOL(pool);
}
