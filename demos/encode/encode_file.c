/* SPDX-License-Identifier: MIT */
/*
 * encode_file.c - encode the frames of a stream: dsi-demo-encode NAME FILE.
 *
 *   dsi-demo-decode --stream NAME--> encoder -> FILE
 *
 * The encoder reads where the decoder of another process wrote; see
 * <dsi/ffmpeg.h>.  It may keep frames for a while: they stay valid until it
 * lets go of them.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include <dsi/dsi.h>
#include <dsi/ffmpeg.h>

static const char usage[] =
	"usage: dsi-demo-encode [options] NAME FILE\n"
	"\n"
	"Takes frames from the stream NAME, such as those of dsi-demo-decode, "
	"and\n"
	"writes them to FILE.\n"
	"\n"
	"  -f, --format=NAME  of the file (default: by its name)\n"
	"  -c, --codec=NAME   (default: what the format prefers)\n"
	"  -h, --help         show this\n"
	"\n"
	"Exit code: 0 the stream came to its end, and all of it is in FILE; 1 "
	"also if\n"
	"the producer died, and what it had sent is in FILE.\n";

struct sink {
	const char *name, *path, *format, *codec;
	struct dsi_socket *socket;
	struct dsi_ffmpeg_reader *reader;
	AVFormatContext *file;
	AVCodecContext *encoder;
	AVStream *stream;
	AVPacket *packet;
	uint64_t frames;
};

static int fail(const char *what, int err)
{
	char text[AV_ERROR_MAX_STRING_SIZE];

	fprintf(stderr, "dsi-demo-encode: %s: %s\n", what,
		av_make_error_string(text, sizeof(text), err));
	return err;
}

static int open_stream(struct sink *s)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.format = DSI_FFMPEG_FORMAT,
		.label = "encode",
	};
	int err = dsi_consumer_create(&options, &s->socket);

	if (!err)
		err = dsi_socket_connect(s->socket, s->name, DSI_FOREVER);
	if (!err)
		err = dsi_socket_start(s->socket);
	if (!err)
		err = dsi_ffmpeg_reader_create(s->socket, &s->reader);
	if (err)
		fprintf(stderr, "dsi-demo-encode: stream '%s': %s\n", s->name,
			s->socket && *dsi_socket_error(s->socket)
				? dsi_socket_error(s->socket)
				: dsi_strerror(err));
	return err;
}

/* ---- the file, as the first frame asks for ------------------------------- */

static void like_picture(AVCodecContext *encoder, const AVFrame *frame)
{
	encoder->width = frame->width;
	encoder->height = frame->height;
	encoder->pix_fmt = (enum AVPixelFormat)frame->format;
	encoder->sample_aspect_ratio = frame->sample_aspect_ratio;
	encoder->color_range = frame->color_range;
	encoder->color_primaries = frame->color_primaries;
	encoder->color_trc = frame->color_trc;
	encoder->colorspace = frame->colorspace;
}

static int open_encoder(struct sink *s, const AVCodec *codec,
			const AVFrame *frame)
{
	int err = 0;

	s->encoder = avcodec_alloc_context3(codec);
	if (!s->encoder)
		return AVERROR(ENOMEM);
	if (frame->width) {
		like_picture(s->encoder, frame);
	} else {
		s->encoder->sample_fmt = (enum AVSampleFormat)frame->format;
		s->encoder->sample_rate = frame->sample_rate;
		err = av_channel_layout_copy(&s->encoder->ch_layout,
					     &frame->ch_layout);
	}
	s->encoder->time_base =
		frame->time_base.num ? frame->time_base : (AVRational){1, 25};
	if (s->file->oformat->flags & AVFMT_GLOBALHEADER)
		s->encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	return err < 0 ? err : avcodec_open2(s->encoder, codec, NULL);
}

static int open_file(struct sink *s, const AVFrame *frame)
{
	enum AVMediaType type =
		frame->width ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
	const AVCodec *codec;
	int err = avformat_alloc_output_context2(&s->file, NULL, s->format,
						 s->path);

	if (err < 0)
		return err;
	codec = s->codec
			? avcodec_find_encoder_by_name(s->codec)
			: avcodec_find_encoder(av_guess_codec(
				  s->file->oformat, NULL, s->path, NULL, type));
	s->stream = avformat_new_stream(s->file, NULL);
	s->packet = av_packet_alloc();
	if (!codec || codec->type != type)
		return AVERROR_ENCODER_NOT_FOUND;
	if (!s->stream || !s->packet)
		return AVERROR(ENOMEM);
	err = open_encoder(s, codec, frame);
	if (err >= 0)
		err = avcodec_parameters_from_context(s->stream->codecpar,
						      s->encoder);
	s->stream->time_base =
		s->encoder ? s->encoder->time_base : (AVRational){1, 25};
	if (err >= 0)
		err = avio_open(&s->file->pb, s->path, AVIO_FLAG_WRITE);
	return err < 0 ? err : avformat_write_header(s->file, NULL);
}

/* ---- encoding ------------------------------------------------------------ */

/* NULL: that was all. */
static int encode(struct sink *s, const AVFrame *frame)
{
	int err = avcodec_send_frame(s->encoder, frame);

	while (err >= 0) {
		err = avcodec_receive_packet(s->encoder, s->packet);
		if (err < 0)
			break;
		av_packet_rescale_ts(s->packet, s->encoder->time_base,
				     s->stream->time_base);
		err = av_write_frame(s->file, s->packet);
		av_packet_unref(s->packet);
	}
	return err == AVERROR(EAGAIN) || err == AVERROR_EOF ? 0 : err;
}

static int one_frame(struct sink *s, AVFrame *frame)
{
	int err = 0;

	if (!s->file)
		err = open_file(s, frame);
	/* What the decoder made of it does not bind the encoder. */
	frame->pict_type = AV_PICTURE_TYPE_NONE;
	if (frame->pts == AV_NOPTS_VALUE)
		frame->pts = frame->best_effort_timestamp;
	if (err >= 0)
		err = encode(s, frame);
	av_frame_unref(frame);
	s->frames++;
	return err < 0 ? fail(s->path, err) : 0;
}

/* What the encoder still has, and what makes it a file. */
static int finish(struct sink *s)
{
	int err = s->file ? encode(s, NULL) : AVERROR_EOF;

	if (err >= 0)
		err = av_write_trailer(s->file);
	return err < 0 ? fail(s->file ? s->path : s->name, err) : 0;
}

/* A producer that died is a failure, but what it had sent becomes a file. */
static int encode_all(struct sink *s)
{
	AVFrame *frame = av_frame_alloc();
	int err = frame ? 0 : AVERROR(ENOMEM);

	while (err >= 0) {
		err = dsi_ffmpeg_receive(s->reader, frame, DSI_FOREVER);
		if (err == AVERROR_EOF)
			break;
		err = err ? fail(s->name, err) : one_frame(s, frame);
	}
	av_frame_free(&frame);
	if (err == AVERROR_EOF)
		return finish(s);
	if (err == -DSI_EPIPE && s->file)
		(void)finish(s);
	return err;
}

static int run(struct sink *s)
{
	int err = open_stream(s);

	if (!err)
		err = encode_all(s);
	if (!err)
		printf("frames=%llu held=%d\n", (unsigned long long)s->frames,
		       (int)dsi_ffmpeg_reader_held(s->reader));
	/* It lets go of its frames. */
	avcodec_free_context(&s->encoder);
	av_packet_free(&s->packet);
	if (s->file && s->file->pb && avio_closep(&s->file->pb) < 0)
		err = -1;
	avformat_free_context(s->file);
	dsi_ffmpeg_reader_destroy(s->reader);
	dsi_socket_destroy(s->socket);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"format", required_argument, NULL, 'f'},
		{"codec", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct sink s = {0};
	int letter;

	while ((letter = getopt_long(argc, argv, "f:c:h", long_options,
				     NULL)) != -1) {
		if (letter == 'h')
			return fputs(usage, stdout) == EOF;
		if (letter == 'f')
			s.format = optarg;
		else if (letter == 'c')
			s.codec = optarg;
		else
			optind = argc;
	}
	if (argc - optind != 2) {
		fputs("dsi-demo-encode: try --help\n", stderr);
		return 2;
	}
	s.name = argv[optind];
	s.path = argv[optind + 1];
	return run(&s);
}
