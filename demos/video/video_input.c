/* SPDX-License-Identifier: MIT */
/*
 * video_input.c - a video file or camera, as a sequence of decoded frames.
 *
 *   file -> av_read_frame -> compressed packet -> decoder -> frame
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <libavutil/avstring.h>
#include <libavutil/imgutils.h>
#ifdef DSI_DEMO_AVDEVICE
#include <libavdevice/avdevice.h>
#endif

#include "video_input.h"

static int fail(struct video_input *in, int err)
{
	if (in->why[0] == '\0')
		av_strerror(err, in->why, sizeof(in->why));
	return err;
}

static int fail_because(struct video_input *in, int err, const char *why)
{
	snprintf(in->why, sizeof(in->why), "%s", why);
	return err;
}

/* A character device is a camera. */
static int camera_format(struct video_input *in, const char *path,
			 const AVInputFormat **out_format)
{
	struct stat st;

	*out_format = NULL;
	if (stat(path, &st) != 0 || !S_ISCHR(st.st_mode))
		return 0;
	in->live = 1;
#ifdef DSI_DEMO_AVDEVICE
	avdevice_register_all();
	*out_format = av_find_input_format("v4l2");
#endif
	if (!*out_format)
		return fail_because(in, AVERROR(ENOSYS),
				    "a device, but this program was built "
				    "without camera support (libavdevice)");
	return 0;
}

static int open_file(struct video_input *in, const char *path)
{
	const AVInputFormat *format;
	int err = camera_format(in, path, &format);
	char *url;

	if (err < 0)
		return err;
	/* A name such as "12:30.mp4" is not to be taken for an address. */
	url = av_asprintf("%s%s", format ? "" : "file:", path);
	if (!url)
		return AVERROR(ENOMEM);
	err = avformat_open_input(&in->file, url, format, NULL);
	av_free(url);
	if (err < 0)
		return err;
	/* Any .txt file passes as an animation for terminals. */
	if (strcmp(in->file->iformat->name, "tty") == 0)
		return fail_because(in, AVERROR_INVALIDDATA, "it is text");
	return avformat_find_stream_info(in->file, NULL);
}

static int find_video(struct video_input *in, const AVCodec **out_codec)
{
	unsigned int i;
	int index;

	index = av_find_best_stream(in->file, AVMEDIA_TYPE_VIDEO, -1, -1,
				    out_codec, 0);
	if (index == AVERROR_STREAM_NOT_FOUND)
		return fail_because(in, index, "there is no picture in it");
	if (index == AVERROR_DECODER_NOT_FOUND)
		return fail_because(in, index, "no decoder for its format");
	if (index < 0)
		return index;
	for (i = 0; i < in->file->nb_streams; i++) {
		if ((int)i != index)
			in->file->streams[i]->discard = AVDISCARD_ALL;
	}
	in->stream_index = index;
	return 0;
}

static int open_decoder(struct video_input *in, const AVCodec *codec)
{
	const AVStream *stream = in->file->streams[in->stream_index];
	int err;

	in->decoder = avcodec_alloc_context3(codec);
	in->packet = av_packet_alloc();
	if (!in->decoder || !in->packet)
		return AVERROR(ENOMEM);
	err = avcodec_parameters_to_context(in->decoder, stream->codecpar);
	if (err < 0)
		return err;
	in->decoder->pkt_timebase = stream->time_base;
	/* One is enough here; frames can be asked for by many, see docs/ffmpeg.md. */
	in->decoder->thread_count = 1;
	return avcodec_open2(in->decoder, codec, NULL);
}

int video_input_is_plain(const struct video_input *in, const AVFrame *frame)
{
	return frame_layout_format(frame->format) == in->layout.format;
}

static int describe(struct video_input *in)
{
	AVStream *stream = in->file->streams[in->stream_index];
	const AVCodecParameters *par = stream->codecpar;
	AVRational rate = av_guess_frame_rate(in->file, stream, NULL);
	struct frame_layout *layout = &in->layout;

	if (par->width < 1 || par->width > (int)FRAME_MAX_SIDE ||
	    par->height < 1 || par->height > (int)FRAME_MAX_SIDE)
		return fail_because(in, AVERROR_INVALIDDATA,
				    "its picture size is not known or not "
				    "within 1..16384");
	layout->format = frame_layout_format(par->format);
	/* Anything else is converted. */
	if (layout->format == FRAME_FORMATS)
		layout->format = FRAME_I420;
	layout->width = (uint32_t)par->width;
	layout->height = (uint32_t)par->height;
	if (rate.num <= 0 || rate.den <= 0 || rate.num > 999999999 ||
	    rate.den > 999999999)
		rate = (AVRational){25, 1};
	in->rate = rate;
	in->time_base = stream->time_base;
	in->start_time = stream->start_time;
	return 0;
}

int video_input_open(struct video_input *in, const char *path)
{
	const AVCodec *codec = NULL;
	int err;

	memset(in, 0, sizeof(*in));
	err = open_file(in, path);
	if (err >= 0)
		err = find_video(in, &codec);
	if (err >= 0)
		err = open_decoder(in, codec);
	if (err >= 0)
		err = describe(in);
	return err < 0 ? fail(in, err) : 0;
}

/* Give the decoder one more compressed packet, or tell it there is none. */
static int feed(struct video_input *in)
{
	int err = av_read_frame(in->file, in->packet);

	if (err == AVERROR_EOF && !in->at_end) {
		in->at_end = 1;
		return avcodec_send_packet(in->decoder, NULL);
	}
	if (err < 0)
		return err;
	if (in->packet->stream_index == in->stream_index)
		err = avcodec_send_packet(in->decoder, in->packet);
	av_packet_unref(in->packet);
	return err;
}

/* Like any player, go on after a damaged piece. */
static int is_damage(struct video_input *in, int err)
{
	if (err != AVERROR_INVALIDDATA)
		return 0;
	in->damaged++;
	return 1;
}

static int check_size(struct video_input *in, const AVFrame *frame)
{
	if (frame->width == (int)in->layout.width &&
	    frame->height == (int)in->layout.height)
		return 0;
	snprintf(in->why, sizeof(in->why),
		 "its picture size changes from %ux%u to %dx%d, which this "
		 "demo does not follow",
		 in->layout.width, in->layout.height, frame->width,
		 frame->height);
	return AVERROR(ENOTSUP);
}

int video_input_next(struct video_input *in, AVFrame *frame)
{
	int err;

	for (;;) {
		err = avcodec_receive_frame(in->decoder, frame);
		if (err >= 0)
			return check_size(in, frame);
		if (err == AVERROR_EOF)
			return err;
		if (err != AVERROR(EAGAIN) && !is_damage(in, err))
			return fail(in, err);
		err = feed(in);
		if (err < 0 && !is_damage(in, err))
			return fail(in, err);
	}
}

uint64_t video_input_time_us(const struct video_input *in, const AVFrame *frame,
			     uint64_t index)
{
	AVRational frame_time = av_inv_q(in->rate);
	int64_t time = frame->best_effort_timestamp;

	if (time == AV_NOPTS_VALUE)
		return (uint64_t)av_rescale_q((int64_t)index, frame_time,
					      AV_TIME_BASE_Q);
	if (in->start_time != AV_NOPTS_VALUE)
		time -= in->start_time;
	time = av_rescale_q(time, in->time_base, AV_TIME_BASE_Q);
	return time < 0 ? 0 : (uint64_t)time;
}

static int convert(struct video_input *in, const AVFrame *frame, AVFrame *dst)
{
	/* Exact, so that every machine computes the same pixels. */
	const int flags = SWS_BILINEAR | SWS_BITEXACT | SWS_ACCURATE_RND;
	enum AVPixelFormat to = frame_layout_pix_fmt(in->layout.format);

	in->scaler = sws_getCachedContext(
		in->scaler, frame->width, frame->height,
		(enum AVPixelFormat)frame->format, frame->width, frame->height,
		to, flags, NULL, NULL, NULL);
	if (!in->scaler)
		return fail_because(in, AVERROR(EINVAL),
				    "no conversion for its pixel format");
	sws_scale(in->scaler, (const uint8_t *const *)frame->data,
		  frame->linesize, 0, frame->height, dst->data, dst->linesize);
	dst->color_range = AVCOL_RANGE_MPEG;
	return 0;
}

void video_input_like(const struct video_input *in, const AVFrame *frame,
		      AVFrame *dst)
{
	dst->format = video_input_is_plain(in, frame)
			      ? frame->format
			      : (int)frame_layout_pix_fmt(in->layout.format);
	dst->width = frame->width;
	dst->height = frame->height;
}

int video_input_copy(struct video_input *in, const AVFrame *frame, AVFrame *dst)
{
	int err = av_frame_copy_props(dst, frame);
	uint32_t p;

	if (err < 0)
		return fail(in, err);
	if (!video_input_is_plain(in, frame))
		return convert(in, frame, dst);
	for (p = 0; p < FRAME_PLANES; p++)
		av_image_copy_plane(dst->data[p], dst->linesize[p],
				    frame->data[p], frame->linesize[p],
				    (int)frame_layout_cols(&in->layout, p),
				    (int)frame_layout_rows(&in->layout, p));
	return 0;
}

void video_input_close(struct video_input *in)
{
	avcodec_free_context(&in->decoder);
	avformat_close_input(&in->file);
	av_packet_free(&in->packet);
	sws_freeContext(in->scaler);
	in->scaler = NULL;
}
