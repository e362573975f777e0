/* SPDX-License-Identifier: MIT */
/*
 * media_header.h - what belongs to a GStreamer buffer beside its data, as it
 * crosses in the first element of a packet: the packet's own slot.
 *
 *   packet = [ media header, caps as text, metas as text | memory | memory ... ]
 *
 * Written by dsisink, read by dsisrc of perhaps another user.  A reader copies
 * it once, checks the copy, and uses nothing else.
 */
#ifndef DSI_MEDIA_HEADER_H
#define DSI_MEDIA_HEADER_H

#include <stdint.h>

#include <gst/gst.h>
#include <gst/video/video.h>

/* A slot.  Pages that nobody writes cost nothing, and for slots of this size
 * libdsi looks at once for what came back, so that few frames stay hot. */
#define MEDIA_HEADER_SLOT 16384u
/* Memories of one buffer that cross without being made one. */
#define MEDIA_MEMORIES 15u
/* Text in dsi_stream_desc.format. */
#define MEDIA_FORMAT "gst/2"

/* What a packet is. */
#define MEDIA_BUFFER 1u
#define MEDIA_GAP 2u
#define MEDIA_EOS 3u
#define MEDIA_MOVED 4u /* look for the stream's name again: it grew */

struct media_header {
	uint32_t magic;
	uint32_t kind;
	uint32_t flags; /* of the buffer: MEDIA_BUFFER_FLAGS */
	uint32_t caps_bytes;
	int32_t flush; /* what struct media_board has, when it was sent */
	uint32_t metas_bytes; /* behind the caps */
	uint64_t pts, dts;    /* on CLOCK_MONOTONIC, or NONE; ns */
	uint64_t duration, offset, offset_end;
	/* The producer's own time line: PTS = its running time and that. */
	uint64_t base_time;
	/* Segment, format TIME; the buffer's own times on it. */
	uint64_t own_pts, own_dts;
	uint64_t segment_start, segment_stop, segment_time, segment_base;
	double segment_rate, segment_applied_rate;
	/* GstVideoMeta; planes 0: there is none. */
	uint32_t planes, video_format, width, height;
	uint64_t plane_offset[GST_VIDEO_MAX_PLANES];
	int32_t plane_stride[GST_VIDEO_MAX_PLANES];
	/* GstVideoCropMeta; width 0: there is none. */
	uint32_t crop_x, crop_y, crop_width, crop_height;
};

#define MEDIA_MAGIC 0x32545347u /* "GST2" */
#define MEDIA_CAPS_MOST (MEDIA_HEADER_SLOT - sizeof(struct media_header))
/* Caps and metas, each with its NUL. */
#define MEDIA_TEXT_BYTES (MEDIA_CAPS_MOST + 2)

/* Everything of @buffer but its data; GST_CLOCK_TIME_NONE if @segment has no
 * running time for it.  @base_time: of the pipeline, on CLOCK_MONOTONIC. */
void media_header_from_buffer(struct media_header *h, GstBuffer *buffer,
			      const GstSegment *segment, uint64_t base_time);

/* Write it, @caps and @metas (NULL: none) into a slot; metas that do not fit
 * stay here.  FALSE: the caps are too long. */
gboolean media_header_write(const struct media_header *h, const char *caps,
			    const char *metas, void *slot, uint32_t *out_bytes);

/* Copy it out of a slot that the peer can write, and check it.
 * @out_text: room for MEDIA_TEXT_BYTES: the caps, behind their NUL the metas.
 * FALSE: it is nothing we know, and @h stays as it is. */
gboolean media_header_read(struct media_header *h, char *out_text,
			   const void *slot, uint32_t bytes);

/* Flags and metas of the header and @metas onto a buffer of @bytes bytes.
 * FALSE: its planes do not lie in the buffer. */
gboolean media_header_to_buffer(const struct media_header *h, const char *metas,
				GstBuffer *buffer, gsize bytes);

#endif /* DSI_MEDIA_HEADER_H */
