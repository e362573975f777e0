/* SPDX-License-Identifier: MIT */
/*
 * frame_list.c - a line for each frame, with a checksum of what it shows.
 *
 *   frame_list file FILE video|audio    decoded in the usual way
 *   frame_list stream NAME [OPTION N]   received
 *     hold N     reference the last N frames
 *     keep N     reference the first N frames to the end
 *     die N      be killed after N frames, holding eight
 *     change N   take a writable copy of the first N, and change it
 *
 * Both lists of the same frames are equal.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/md5.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>

#include <dsi/dsi.h>
#include <dsi/ffmpeg.h>

#define HELD_WHEN_KILLED 8u
#define FRAMES_MOST 64u

static void die(const char *what, int err)
{
	fprintf(stderr, "frame_list: %s: %s\n", what, av_err2str(err));
	exit(1);
}

/* ---- a line -------------------------------------------------------------- */

static void digest(const AVFrame *frame, char text[33])
{
	uint8_t sum[16];
	int bytes;
	uint8_t *all;

	if (frame->width)
		bytes = av_image_get_buffer_size(frame->format, frame->width,
						 frame->height, 1);
	else
		bytes = av_samples_get_buffer_size(
			NULL, frame->ch_layout.nb_channels, frame->nb_samples,
			frame->format, 1);
	all = bytes > 0 ? malloc((size_t)bytes) : NULL;
	if (!all)
		die("a frame", AVERROR(EINVAL));
	if (frame->width) {
		(void)av_image_copy_to_buffer(
			all, bytes, (const uint8_t *const *)frame->data,
			frame->linesize, frame->format, frame->width,
			frame->height, 1);
	} else {
		int planes = av_sample_fmt_is_planar(frame->format)
				     ? frame->ch_layout.nb_channels
				     : 1;

		for (int i = 0; i < planes; i++)
			memcpy(all + i * (bytes / planes),
			       frame->extended_data[i],
			       (size_t)(bytes / planes));
	}
	av_md5_sum(sum, all, (size_t)bytes);
	free(all);
	for (int i = 0; i < 16; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", sum[i]);
}

static void print_line(const AVFrame *frame)
{
	char text[33];

	digest(frame, text);
	if (frame->width)
		printf("%s %dx%d key %d type %c range %d aspect %d:%d",
		       av_get_pix_fmt_name(frame->format), frame->width,
		       frame->height, frame->key_frame,
		       av_get_picture_type_char(frame->pict_type),
		       (int)frame->color_range, frame->sample_aspect_ratio.num,
		       frame->sample_aspect_ratio.den);
	else
		printf("%s %d Hz %d channels %d samples",
		       av_get_sample_fmt_name(frame->format),
		       frame->sample_rate, frame->ch_layout.nb_channels,
		       frame->nb_samples);
	printf(" pts %" PRId64 " base %d/%d %s\n", frame->pts,
	       frame->time_base.num, frame->time_base.den, text);
	fflush(stdout);
}

/* ---- from a file --------------------------------------------------------- */

static AVCodecContext *open_decoder(AVFormatContext *file, int kind, int *index)
{
	const AVCodec *codec;
	AVCodecContext *decoder;

	*index = av_find_best_stream(file, kind, -1, -1, &codec, 0);
	if (*index < 0)
		die("stream", *index);
	decoder = avcodec_alloc_context3(codec);
	(void)avcodec_parameters_to_context(decoder,
					    file->streams[*index]->codecpar);
	decoder->pkt_timebase = file->streams[*index]->time_base;
	if (avcodec_open2(decoder, codec, NULL) < 0)
		die("decoder", AVERROR_DECODER_NOT_FOUND);
	return decoder;
}

static void list_decoded(AVCodecContext *decoder, const AVPacket *packet,
			 AVFrame *frame)
{
	(void)avcodec_send_packet(decoder, packet);
	while (avcodec_receive_frame(decoder, frame) >= 0) {
		frame->time_base = decoder->pkt_timebase;
		print_line(frame);
		av_frame_unref(frame);
	}
}

static int list_file(const char *path, int kind)
{
	AVFormatContext *file = NULL;
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	AVCodecContext *decoder;
	int index;
	int err = avformat_open_input(&file, path, NULL, NULL);

	if (err >= 0)
		err = avformat_find_stream_info(file, NULL);
	if (err < 0)
		die(path, err);
	decoder = open_decoder(file, kind, &index);
	while (av_read_frame(file, packet) >= 0) {
		if (packet->stream_index == index)
			list_decoded(decoder, packet, frame);
		av_packet_unref(packet);
	}
	list_decoded(decoder, NULL, frame);
	avcodec_free_context(&decoder);
	avformat_close_input(&file);
	av_packet_free(&packet);
	av_frame_free(&frame);
	return 0;
}

/* ---- from a stream ------------------------------------------------------- */

struct wish {
	uint32_t hold, keep, die, change;
};

/* What is changed is a copy: the line that is printed then is not another. */
static void change_copy(const AVFrame *frame)
{
	AVFrame *copy = av_frame_clone(frame);

	if (av_frame_is_writable(copy))
		die("a received frame is writable", AVERROR_BUG);
	if (av_frame_make_writable(copy) < 0 || copy->data[0] == frame->data[0])
		die("make_writable", AVERROR_BUG);
	memset(copy->data[0], 0x5a, 16);
	av_frame_free(&copy);
}

static void list_received(struct dsi_ffmpeg_reader *reader, struct wish wish)
{
	AVFrame *held[FRAMES_MOST] = {NULL};
	AVFrame *kept[FRAMES_MOST] = {NULL};
	AVFrame *frame = av_frame_alloc();
	uint32_t n;
	int err;

	for (n = 0; (err = dsi_ffmpeg_receive(reader, frame, DSI_FOREVER)) == 0;
	     n++) {
		AVFrame **last = &held[n % FRAMES_MOST];

		if (n < wish.change)
			change_copy(frame);
		print_line(frame);
		if (n < wish.keep)
			kept[n] = av_frame_clone(frame);
		*last = av_frame_clone(frame);
		if (n >= wish.hold)
			av_frame_free(&held[(n - wish.hold) % FRAMES_MOST]);
		if (wish.die && n + 1 == wish.die)
			(void)raise(SIGKILL);
		av_frame_unref(frame);
	}
	if (err != AVERROR_EOF)
		die("receiving", err);
	for (uint32_t i = 0; i < FRAMES_MOST; i++) {
		av_frame_free(&held[i]);
		av_frame_free(&kept[i]);
	}
	av_frame_free(&frame);
}

static int list_stream(const char *name, struct wish wish)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options), .format = DSI_FFMPEG_FORMAT};
	struct dsi_ffmpeg_reader *reader = NULL;
	struct dsi_socket *socket = NULL;
	int err = dsi_consumer_create(&options, &socket);

	if (!err)
		err = dsi_socket_connect(socket, name, DSI_FOREVER);
	if (!err)
		err = dsi_socket_start(socket);
	if (!err)
		err = dsi_ffmpeg_reader_create(socket, &reader);
	if (err)
		die(name, err);
	list_received(reader, wish);
	if (dsi_ffmpeg_reader_held(reader) != 0)
		die("frames are still held", AVERROR_BUG);
	dsi_ffmpeg_reader_destroy(reader);
	dsi_socket_destroy(socket);
	return 0;
}

int main(int argc, char **argv)
{
	struct wish wish = {0};
	uint32_t n = argc > 4 ? (uint32_t)atoi(argv[4]) : 0;

	av_log_set_level(AV_LOG_FATAL);
	if (argc == 4 && strcmp(argv[1], "file") == 0)
		return list_file(argv[2], strcmp(argv[3], "audio") == 0
						  ? AVMEDIA_TYPE_AUDIO
						  : AVMEDIA_TYPE_VIDEO);
	if (argc < 3 || strcmp(argv[1], "stream") != 0 ||
	    n >= FRAMES_MOST + 100)
		return 2;
	if (argc > 4 && strcmp(argv[3], "hold") == 0)
		wish.hold = n;
	else if (argc > 4 && strcmp(argv[3], "keep") == 0)
		wish.keep = n;
	else if (argc > 4 && strcmp(argv[3], "change") == 0)
		wish.change = n;
	else if (argc > 4 && strcmp(argv[3], "die") == 0)
		wish = (struct wish){.die = n, .hold = HELD_WHEN_KILLED};
	return list_stream(argv[2], wish);
}
