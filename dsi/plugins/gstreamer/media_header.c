/* SPDX-License-Identifier: MIT */
/*
 * media_header.c - buffers to headers and back.
 *
 * GStreamer 1.22 cannot serialise metas by itself (1.24 can), so those that
 * describe the data travel by name: GstVideoMeta and GstVideoCropMeta here, the
 * others as text (media_metas.h).
 */
#include "media_header.h"

#include "media_metas.h"

#include <string.h>

/* The flags that say something of the data, not of the memory. */
#define MEDIA_BUFFER_FLAGS                                              \
	((uint32_t)GST_BUFFER_FLAG_LIVE | GST_BUFFER_FLAG_DECODE_ONLY | \
	 GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_RESYNC |             \
	 GST_BUFFER_FLAG_CORRUPTED | GST_BUFFER_FLAG_MARKER |           \
	 GST_BUFFER_FLAG_HEADER | GST_BUFFER_FLAG_GAP |                 \
	 GST_BUFFER_FLAG_DROPPABLE | GST_BUFFER_FLAG_DELTA_UNIT |       \
	 GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF | \
	 GST_VIDEO_BUFFER_FLAG_RFF | GST_VIDEO_BUFFER_FLAG_ONEFIELD)

/* ---- out ----------------------------------------------------------------- */

static uint64_t absolute(const GstSegment *segment, uint64_t time,
			 uint64_t base_time)
{
	uint64_t running = GST_CLOCK_TIME_NONE;

	if (GST_CLOCK_TIME_IS_VALID(time))
		running = gst_segment_to_running_time(segment, GST_FORMAT_TIME,
						      time);
	return GST_CLOCK_TIME_IS_VALID(running) ? running + base_time
						: GST_CLOCK_TIME_NONE;
}

static void video_of(struct media_header *h, GstBuffer *buffer)
{
	const GstVideoMeta *video = gst_buffer_get_video_meta(buffer);
	const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(buffer);

	if (video && video->n_planes <= GST_VIDEO_MAX_PLANES) {
		h->planes = video->n_planes;
		h->video_format = (uint32_t)video->format;
		h->width = video->width;
		h->height = video->height;
		for (uint32_t i = 0; i < h->planes; i++) {
			h->plane_offset[i] = video->offset[i];
			h->plane_stride[i] = video->stride[i];
		}
	}
	if (crop) {
		h->crop_x = crop->x;
		h->crop_y = crop->y;
		h->crop_width = crop->width;
		h->crop_height = crop->height;
	}
}

static void segment_of(struct media_header *h, const GstSegment *segment)
{
	h->segment_start = segment->start;
	h->segment_stop = segment->stop;
	h->segment_time = segment->time;
	h->segment_base = segment->base;
	h->segment_rate = segment->rate;
	h->segment_applied_rate = segment->applied_rate;
}

void media_header_from_buffer(struct media_header *h, GstBuffer *buffer,
			      const GstSegment *segment, uint64_t base_time)
{
	memset(h, 0, sizeof(*h));
	h->magic = MEDIA_MAGIC;
	h->kind = MEDIA_BUFFER;
	h->base_time = base_time;
	segment_of(h, segment);
	if (!buffer)
		return;
	h->flags = GST_BUFFER_FLAGS(buffer) & MEDIA_BUFFER_FLAGS;
	h->own_pts = GST_BUFFER_PTS(buffer);
	h->own_dts = GST_BUFFER_DTS(buffer);
	h->pts = absolute(segment, h->own_pts, base_time);
	h->dts = absolute(segment, h->own_dts, base_time);
	h->duration = GST_BUFFER_DURATION(buffer);
	h->offset = GST_BUFFER_OFFSET(buffer);
	h->offset_end = GST_BUFFER_OFFSET_END(buffer);
	video_of(h, buffer);
}

gboolean media_header_write(const struct media_header *h, const char *caps,
			    const char *metas, void *slot, uint32_t *out_bytes)
{
	struct media_header out = *h;
	size_t caps_bytes = caps ? strlen(caps) : 0;
	size_t metas_bytes = metas ? strlen(metas) : 0;
	uint8_t *text = (uint8_t *)slot + sizeof(out);

	if (caps_bytes > MEDIA_CAPS_MOST)
		return FALSE;
	if (metas_bytes > MEDIA_CAPS_MOST - caps_bytes)
		metas_bytes = 0;
	out.caps_bytes = (uint32_t)caps_bytes;
	out.metas_bytes = (uint32_t)metas_bytes;
	memcpy(slot, &out, sizeof(out));
	memcpy(text, caps ? caps : "", caps_bytes);
	memcpy(text + caps_bytes, metas ? metas : "", metas_bytes);
	*out_bytes = (uint32_t)(sizeof(out) + caps_bytes + metas_bytes);
	return TRUE;
}

/* ---- in ------------------------------------------------------------------ */

static gboolean sane_rate(double rate)
{
	return rate > -1e6 && rate < 1e6 && rate != 0.0;
}

/* In a slot of so many bytes. */
static gboolean sane(const struct media_header *h, uint32_t bytes)
{
	if (h->magic != MEDIA_MAGIC || h->kind < MEDIA_BUFFER ||
	    h->kind > MEDIA_MOVED || h->caps_bytes > bytes - sizeof(*h) ||
	    h->metas_bytes > bytes - sizeof(*h) - h->caps_bytes ||
	    h->planes > GST_VIDEO_MAX_PLANES || !sane_rate(h->segment_rate) ||
	    !sane_rate(h->segment_applied_rate))
		return FALSE;
	return TRUE;
}

gboolean media_header_read(struct media_header *h, char *out_text,
			   const void *slot, uint32_t bytes)
{
	const uint8_t *text = (const uint8_t *)slot + sizeof(*h);
	struct media_header read;
	char *metas;

	if (bytes < sizeof(*h) || bytes > MEDIA_HEADER_SLOT)
		return FALSE;
	memcpy(&read, slot, sizeof(read));
	if (!sane(&read, bytes))
		return FALSE;
	*h = read;
	h->flags &= MEDIA_BUFFER_FLAGS;
	memcpy(out_text, text, h->caps_bytes);
	out_text[h->caps_bytes] = '\0';
	metas = out_text + h->caps_bytes + 1;
	memcpy(metas, text + h->caps_bytes, h->metas_bytes);
	metas[h->metas_bytes] = '\0';
	return TRUE;
}

/* Do all planes lie in @bytes?  Elements believe what the meta says. */
static gboolean planes_fit(const struct media_header *h, gsize bytes)
{
	const GstVideoFormatInfo *info;

	/* GStreamer asserts on formats that it does not know. */
	if (h->video_format <= GST_VIDEO_FORMAT_ENCODED ||
	    h->video_format > G_MAXINT16 ||
	    !gst_video_format_to_string((GstVideoFormat)h->video_format) ||
	    h->width == 0 || h->height == 0 || h->width > G_MAXINT16 ||
	    h->height > G_MAXINT16)
		return FALSE;
	info = gst_video_format_get_info((GstVideoFormat)h->video_format);
	if (h->planes != GST_VIDEO_FORMAT_INFO_N_PLANES(info) ||
	    GST_VIDEO_FORMAT_INFO_IS_TILED(info))
		return FALSE;
	for (uint32_t i = 0; i < h->planes; i++) {
		gint component[GST_VIDEO_MAX_COMPONENTS];
		uint64_t need, stride, rows, row;

		gst_video_format_info_component(info, i, component);
		rows = (uint64_t)GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(
			info, component[0], (gint)h->height);
		row = (uint64_t)GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(
			      info, component[0], (gint)h->width) *
		      (uint64_t)GST_VIDEO_FORMAT_INFO_PSTRIDE(info,
							      component[0]);
		if (h->plane_stride[i] <= 0)
			return FALSE;
		stride = (uint64_t)h->plane_stride[i];
		need = stride * rows;
		if (row > stride || h->plane_offset[i] > bytes ||
		    need > bytes - h->plane_offset[i])
			return FALSE;
	}
	return TRUE;
}

static void crop_to(const struct media_header *h, GstBuffer *buffer)
{
	GstVideoCropMeta *crop;

	if (!h->crop_width || !h->crop_height || h->crop_x > h->width ||
	    h->crop_width > h->width - h->crop_x || h->crop_y > h->height ||
	    h->crop_height > h->height - h->crop_y)
		return;
	crop = gst_buffer_add_video_crop_meta(buffer);
	crop->x = h->crop_x;
	crop->y = h->crop_y;
	crop->width = h->crop_width;
	crop->height = h->crop_height;
}

gboolean media_header_to_buffer(const struct media_header *h, const char *metas,
				GstBuffer *buffer, gsize bytes)
{
	gsize offset[GST_VIDEO_MAX_PLANES] = {0};
	gint stride[GST_VIDEO_MAX_PLANES] = {0};

	GST_BUFFER_FLAG_SET(buffer, h->flags);
	GST_BUFFER_DURATION(buffer) = h->duration;
	GST_BUFFER_OFFSET(buffer) = h->offset;
	GST_BUFFER_OFFSET_END(buffer) = h->offset_end;
	media_metas_from_text(buffer, metas);
	if (!h->planes)
		return TRUE;
	if (!planes_fit(h, bytes))
		return FALSE;
	for (uint32_t i = 0; i < h->planes; i++) {
		offset[i] = (gsize)h->plane_offset[i];
		stride[i] = h->plane_stride[i];
	}
	gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
				       (GstVideoFormat)h->video_format,
				       h->width, h->height, h->planes, offset,
				       stride);
	crop_to(h, buffer);
	return TRUE;
}
