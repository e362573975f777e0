/* SPDX-License-Identifier: MIT */
/* frame_note.c - see frame_note.h. */
#include "frame_note.h"

#include <assert.h>
#include <string.h>

#include <libavutil/channel_layout.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>

#include <dsi/errno.h>

#define SIDE_MOST 32768u
#define SAMPLES_MOST (1u << 24)
#define RATE_MOST 10000000u
#define CHANNELS_MOST 64u
/* The largest value of a colour field that a standard may have. */
#define COLOUR_MOST 255

static_assert(sizeof(struct frame_note) <= NOTE_ROOM, "the note has room");

/* ---- planes -------------------------------------------------------------- */

static const AVPixFmtDescriptor *pixels(const struct frame_note *note)
{
	const AVPixFmtDescriptor *d =
		av_pix_fmt_desc_get(av_get_pix_fmt(note->format));
	const uint64_t elsewhere = AV_PIX_FMT_FLAG_HWACCEL |
				   AV_PIX_FMT_FLAG_PAL |
				   AV_PIX_FMT_FLAG_BITSTREAM;

	return d && !(d->flags & elsewhere) ? d : NULL;
}

static uint32_t rows_of(const AVPixFmtDescriptor *d, uint32_t height,
			uint32_t plane)
{
	uint32_t shift = plane == 1 || plane == 2 ? d->log2_chroma_h : 0;

	return (height + (1u << shift) - 1) >> shift;
}

static uint32_t sound_planes(enum AVSampleFormat format, uint32_t channels)
{
	return av_sample_fmt_is_planar(format) ? channels : 1;
}

static uint64_t row_bytes(const struct frame_note *note, uint32_t plane)
{
	enum AVSampleFormat format;
	int bytes;

	if (note->kind == NOTE_PICTURE) {
		bytes = av_image_get_linesize(av_get_pix_fmt(note->format),
					      (int)note->width, (int)plane);
		return bytes > 0 ? (uint64_t)bytes : 0;
	}
	format = av_get_sample_fmt(note->format);
	return (uint64_t)av_get_bytes_per_sample(format) * note->samples *
	       (av_sample_fmt_is_planar(format) ? 1 : note->channels);
}

uint64_t frame_note_plane_bytes(const struct frame_note *note, uint32_t plane)
{
	uint64_t row = row_bytes(note, plane);

	if (note->kind == NOTE_SOUND)
		return row;
	return (rows_of(pixels(note), note->height, plane) - 1) *
		       (uint64_t)note->stride[plane] +
	       row;
}

/* ---- out ----------------------------------------------------------------- */

static int write_picture(struct frame_note *note, const AVFrame *frame)
{
	const char *name =
		av_get_pix_fmt_name((enum AVPixelFormat)frame->format);
	int planes = av_pix_fmt_count_planes((enum AVPixelFormat)frame->format);

	if (!name || strlen(name) >= sizeof(note->format) || planes <= 0)
		return -DSI_EINVAL;
	strcpy(note->format, name);
	note->kind = NOTE_PICTURE;
	note->planes = (uint32_t)planes;
	note->width = (uint32_t)frame->width;
	note->height = (uint32_t)frame->height;
	note->aspect_num = frame->sample_aspect_ratio.num;
	note->aspect_den = frame->sample_aspect_ratio.den;
	note->picture_type = (int32_t)frame->pict_type;
	note->repeat = frame->repeat_pict;
	note->range = (int32_t)frame->color_range;
	note->primaries = (int32_t)frame->color_primaries;
	note->transfer = (int32_t)frame->color_trc;
	note->matrix = (int32_t)frame->colorspace;
	note->chroma_location = (int32_t)frame->chroma_location;
	note->flags |= (frame->interlaced_frame ? NOTE_INTERLACED : 0) |
		       (frame->top_field_first ? NOTE_TOP_FIRST : 0);
	return pixels(note) ? 0 : -DSI_EINVAL;
}

static int write_sound(struct frame_note *note, const AVFrame *frame)
{
	enum AVSampleFormat format = (enum AVSampleFormat)frame->format;
	const char *name = av_get_sample_fmt_name(format);

	if (!name || frame->ch_layout.nb_channels <= 0)
		return -DSI_EINVAL;
	strcpy(note->format, name);
	note->kind = NOTE_SOUND;
	note->rate = (uint32_t)frame->sample_rate;
	note->samples = (uint32_t)frame->nb_samples;
	note->channels = (uint32_t)frame->ch_layout.nb_channels;
	note->planes = sound_planes(format, note->channels);
	if (frame->ch_layout.order == AV_CHANNEL_ORDER_NATIVE)
		note->channel_mask = frame->ch_layout.u.mask;
	return note->planes <= NOTE_PLANES ? 0 : -DSI_EINVAL;
}

int frame_note_write(struct frame_note *note, const AVFrame *frame)
{
	int err;

	memset(note, 0, sizeof(*note));
	note->magic = NOTE_MAGIC;
	note->pts = frame->pts;
	note->dts = frame->pkt_dts;
	note->best_effort = frame->best_effort_timestamp;
	note->duration = frame->pkt_duration;
	note->base_num = frame->time_base.num;
	note->base_den = frame->time_base.den ? frame->time_base.den : 1;
	note->flags = (frame->key_frame ? NOTE_KEY : 0) |
		      (frame->flags & AV_FRAME_FLAG_CORRUPT ? NOTE_CORRUPT : 0);
	if (!frame->buf[0] || !frame->data[0])
		return -DSI_EINVAL;
	err = frame->width > 0 ? write_picture(note, frame)
			       : write_sound(note, frame);
	for (uint32_t i = 0; !err && i < note->planes; i++) {
		note->stride[i] = note->kind == NOTE_PICTURE
					  ? frame->linesize[i]
					  : frame->linesize[0];
		if (!frame->data[i])
			err = -DSI_EINVAL;
	}
	return err;
}

/* ---- in ------------------------------------------------------------------ */

static int picture_is_possible(const struct frame_note *note)
{
	const AVPixFmtDescriptor *d = pixels(note);

	if (!d ||
	    (int)note->planes !=
		    av_pix_fmt_count_planes(av_get_pix_fmt(note->format)) ||
	    note->width == 0 || note->width > SIDE_MOST || note->height == 0 ||
	    note->height > SIDE_MOST)
		return 0;
	for (uint32_t i = 0; i < note->planes; i++) {
		if (row_bytes(note, i) == 0 || note->stride[i] <= 0 ||
		    (uint64_t)note->stride[i] < row_bytes(note, i))
			return 0;
	}
	return 1;
}

static int sound_is_possible(const struct frame_note *note)
{
	enum AVSampleFormat format = av_get_sample_fmt(note->format);

	return format != AV_SAMPLE_FMT_NONE && note->channels > 0 &&
	       note->channels <= CHANNELS_MOST && note->samples > 0 &&
	       note->samples <= SAMPLES_MOST && note->rate > 0 &&
	       note->rate <= RATE_MOST &&
	       note->planes == sound_planes(format, note->channels);
}

static int32_t within(int32_t value, int32_t most)
{
	return value >= 0 && value <= most ? value : 0;
}

int frame_note_read(struct frame_note *note, const void *slot, uint32_t bytes)
{
	if (bytes < sizeof(*note))
		return -DSI_EPROTO;
	memcpy(note, slot, sizeof(*note));
	note->format[NOTE_NAME_BYTES - 1] = '\0';
	if (note->magic != NOTE_MAGIC || note->planes == 0 ||
	    note->planes > NOTE_PLANES || note->base_num < 0 ||
	    note->base_den <= 0)
		return -DSI_EPROTO;
	if (note->kind == NOTE_PICTURE)
		return picture_is_possible(note) ? 0 : -DSI_EPROTO;
	if (note->kind == NOTE_SOUND)
		return sound_is_possible(note) ? 0 : -DSI_EPROTO;
	return -DSI_EPROTO;
}

static void apply_picture(const struct frame_note *note, AVFrame *frame)
{
	frame->format = av_get_pix_fmt(note->format);
	frame->width = (int)note->width;
	frame->height = (int)note->height;
	if (note->aspect_num >= 0 && note->aspect_den > 0)
		frame->sample_aspect_ratio =
			(AVRational){note->aspect_num, note->aspect_den};
	frame->pict_type = (enum AVPictureType)within(note->picture_type,
						      AV_PICTURE_TYPE_BI);
	frame->repeat_pict = within(note->repeat, 16);
	frame->color_range =
		(enum AVColorRange)within(note->range, AVCOL_RANGE_NB - 1);
	frame->color_primaries =
		(enum AVColorPrimaries)within(note->primaries, COLOUR_MOST);
	frame->color_trc = (enum AVColorTransferCharacteristic)within(
		note->transfer, COLOUR_MOST);
	frame->colorspace =
		(enum AVColorSpace)within(note->matrix, COLOUR_MOST);
	frame->chroma_location = (enum AVChromaLocation)within(
		note->chroma_location, AVCHROMA_LOC_NB - 1);
	frame->interlaced_frame = (note->flags & NOTE_INTERLACED) != 0;
	frame->top_field_first = (note->flags & NOTE_TOP_FIRST) != 0;
}

static int apply_sound(const struct frame_note *note, AVFrame *frame)
{
	frame->format = av_get_sample_fmt(note->format);
	frame->sample_rate = (int)note->rate;
	frame->nb_samples = (int)note->samples;
	if (note->channel_mask &&
	    av_channel_layout_from_mask(&frame->ch_layout,
					note->channel_mask) == 0 &&
	    frame->ch_layout.nb_channels == (int)note->channels)
		return 0;
	av_channel_layout_uninit(&frame->ch_layout);
	frame->ch_layout.order = AV_CHANNEL_ORDER_UNSPEC;
	frame->ch_layout.nb_channels = (int)note->channels;
	return 0;
}

int frame_note_apply(const struct frame_note *note, AVFrame *frame)
{
	frame->pts = note->pts;
	frame->pkt_dts = note->dts;
	frame->best_effort_timestamp = note->best_effort;
	frame->pkt_duration = note->duration;
	frame->time_base = (AVRational){note->base_num, note->base_den};
	frame->key_frame = (note->flags & NOTE_KEY) != 0;
	if (note->flags & NOTE_CORRUPT)
		frame->flags |= AV_FRAME_FLAG_CORRUPT;
	if (note->kind == NOTE_SOUND)
		return apply_sound(note, frame);
	apply_picture(note, frame);
	return 0;
}
