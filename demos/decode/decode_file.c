/* SPDX-License-Identifier: MIT */
/*
 * decode_file.c - decode a file into a stream: dsi-demo-decode NAME FILE.
 *
 *   FILE -> decoder --slots of the stream--> any number of consumers
 *
 * The decoder writes where the consumers read, with as many threads as wanted;
 * see <dsi/ffmpeg.h>.  dsi-demo-encode NAME is one such consumer.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include <dsi/dsi.h>
#include <dsi/ffmpeg.h>

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

static const char usage[] =
	"usage: dsi-demo-decode [options] NAME FILE\n"
	"\n"
	"Decodes the pictures of FILE into the stream NAME, where others take "
	"them.\n"
	"\n"
	"  -a, --audio       its sound instead\n"
	"  -t, --threads=N   of the decoder (default 1)\n"
	"  -q, --queue=N     frames on their way to the consumers (default 8)\n"
	"  -s, --size=WxH    pictures become as large as this on the way\n"
	"  -w, --wait=MS     let the decoder wait so long for a slot, before "
	"it "
	"gets\n"
	"                    memory of its own and the frame is copied "
	"(default 100)\n"
	"  -r, --readers=N   begin when N consumers are there (default 1)\n"
	"      --copy        decode elsewhere, and copy each frame, to "
	"compare\n"
	"  -h, --help        show this\n"
	"\n"
	"Exit code: 0 the whole file was decoded and no slot is missing "
	"afterwards.\n";

struct options {
	const char *name, *file;
	unsigned threads, queue, width, height, wait_ms, readers;
	int audio, copy;
};

struct source {
	const struct options *options;
	AVFormatContext *file;
	AVCodecContext *decoder;
	int index;
	struct dsi_socket *socket;
	struct dsi_ffmpeg_writer *writer;
	uint32_t packets;
	uint64_t frames;
};

static int fail(const char *what, int err)
{
	char text[AV_ERROR_MAX_STRING_SIZE];

	fprintf(stderr, "dsi-demo-decode: %s: %s\n", what,
		av_make_error_string(text, sizeof(text), err));
	return err;
}

/* ---- the file ------------------------------------------------------------ */

static int open_decoder(struct source *s, const AVCodec *codec)
{
	const AVStream *stream = s->file->streams[s->index];
	int err;

	s->decoder = avcodec_alloc_context3(codec);
	if (!s->decoder)
		return AVERROR(ENOMEM);
	err = avcodec_parameters_to_context(s->decoder, stream->codecpar);
	if (err < 0)
		return err;
	s->decoder->pkt_timebase = stream->time_base;
	s->decoder->thread_count = (int)s->options->threads;
	return avcodec_open2(s->decoder, codec, NULL);
}

static int open_input(struct source *s)
{
	const struct options *o = s->options;
	const AVCodec *codec = NULL;
	int err = avformat_open_input(&s->file, o->file, NULL, NULL);

	if (err >= 0)
		err = avformat_find_stream_info(s->file, NULL);
	if (err >= 0)
		err = av_find_best_stream(s->file,
					  o->audio ? AVMEDIA_TYPE_AUDIO
						   : AVMEDIA_TYPE_VIDEO,
					  -1, -1, &codec, 0);
	if (err >= 0) {
		s->index = err;
		err = open_decoder(s, codec);
	}
	return err < 0 ? fail(o->file, err) : 0;
}

/* ---- the stream ---------------------------------------------------------- */

static int describe(const struct source *s, struct dsi_stream_desc *desc)
{
	const struct options *o = s->options;
	int err = dsi_ffmpeg_desc(s->decoder, o->queue, desc);

	if (!err && o->width) {
		int32_t bytes = dsi_ffmpeg_picture_bytes(s->decoder, o->width,
							 o->height);

		if (bytes < 0)
			err = bytes;
		else
			desc->packet_bytes = (uint32_t)bytes;
	}
	return err;
}

static int open_stream(struct source *s)
{
	const struct options *o = s->options;
	const struct dsi_producer_options options = {
		.size = sizeof(options), .wait_consumers = o->readers};
	const struct dsi_ffmpeg_writer_options how = {
		.size = sizeof(how),
		.flags = o->copy ? DSI_FFMPEG_COPY : 0,
		.wait_ns = o->wait_ms * MILLISECOND};
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	int err = describe(s, &desc);

	s->packets = desc.packets;
	if (!err)
		err = dsi_producer_create(&desc, &options, &s->socket);
	if (!err)
		err = dsi_socket_listen(s->socket, o->name, NULL);
	if (!err)
		err = dsi_socket_start(s->socket);
	if (!err)
		err = dsi_ffmpeg_writer_create(s->socket, &how, &s->writer);
	if (!err)
		err = dsi_ffmpeg_attach(s->writer, s->decoder);
	if (err)
		fprintf(stderr, "dsi-demo-decode: stream '%s': %s\n", o->name,
			s->socket && *dsi_socket_error(s->socket)
				? dsi_socket_error(s->socket)
				: dsi_strerror(err));
	return err;
}

/* Until the consumers are there nothing is decoded: a packet is to be had then,
 * and put back. */
static int wait_for_readers(struct source *s)
{
	struct dsi_packet *packet;
	int err = dsi_packet_get(s->socket, DSI_FOREVER, &packet);

	if (!err)
		err = dsi_packet_discard(s->socket, packet);
	return err ? fail("waiting for consumers", err) : 0;
}

/* ---- decoding ------------------------------------------------------------ */

/* All frames that the decoder has.  AVERROR(EAGAIN): it wants more data. */
static int send_frames(struct source *s, AVFrame *frame)
{
	int err;

	while ((err = avcodec_receive_frame(s->decoder, frame)) >= 0) {
		frame->time_base = s->decoder->pkt_timebase;
		err = dsi_ffmpeg_send(s->writer, frame, DSI_FOREVER);
		av_frame_unref(frame);
		if (err)
			return fail("sending a frame", err);
		s->frames++;
	}
	return err;
}

static int decode(struct source *s, AVPacket *packet, AVFrame *frame)
{
	int err = AVERROR(EAGAIN);

	while (err == AVERROR(EAGAIN)) {
		err = av_read_frame(s->file, packet);
		if (err < 0 && err != AVERROR_EOF)
			return fail("reading", err);
		if (err >= 0 && packet->stream_index != s->index) {
			av_packet_unref(packet);
			err = AVERROR(EAGAIN);
			continue;
		}
		err = avcodec_send_packet(s->decoder,
					  err == AVERROR_EOF ? NULL : packet);
		av_packet_unref(packet);
		/* Like any player, go on after a damaged piece. */
		if (err < 0 && err != AVERROR_INVALIDDATA)
			return fail("decoding", err);
		err = send_frames(s, frame);
	}
	return err == AVERROR_EOF ? 0 : err;
}

static int decode_all(struct source *s)
{
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int err = AVERROR(ENOMEM);

	if (packet && frame)
		err = decode(s, packet, frame);
	av_packet_free(&packet);
	av_frame_free(&frame);
	return err;
}

/* ---- the end ------------------------------------------------------------- */

/* All slots are to be had again, once the consumers have given theirs back. */
static uint32_t free_slots(struct source *s)
{
	struct dsi_packet **packets = calloc(s->packets, sizeof(*packets));
	uint32_t n = 0;

	if (!packets)
		return 0;
	while (n < s->packets &&
	       dsi_packet_get(s->socket, dsi_now() + 60 * SECOND,
			      &packets[n]) == 0)
		n++;
	for (uint32_t i = 0; i < n; i++)
		(void)dsi_packet_discard(s->socket, packets[i]);
	free(packets);
	return n;
}

static int report(struct source *s)
{
	struct dsi_ffmpeg_writer_stats stats = {.size = sizeof(stats)};
	uint32_t n = free_slots(s);

	if (dsi_ffmpeg_writer_stats(s->writer, &stats) != 0)
		return -1;
	printf("frames=%" PRIu64 " in-place=%" PRIu64 " repeated=%" PRIu64
	       " copied=%" PRIu64 " no-slot=%" PRIu64 " no-fit=%" PRIu64
	       " held-max=%" PRIu32 " slots=%" PRIu32 " free=%" PRIu32 "\n",
	       s->frames, stats.in_place, stats.repeated, stats.copied,
	       stats.no_slot, stats.no_fit, stats.held_max, s->packets, n);
	return stats.held == 0 && n == s->packets ? 0 : -1;
}

static int run(struct source *s)
{
	int err = open_input(s);

	if (!err)
		err = open_stream(s);
	if (!err)
		err = wait_for_readers(s);
	if (!err)
		err = decode_all(s);
	/* It lets go of its slots. */
	avcodec_free_context(&s->decoder);
	if (!err) {
		err = dsi_ffmpeg_send_end(s->writer, DSI_FOREVER);
		err = err ? fail("ending the stream", err) : report(s);
	}
	dsi_ffmpeg_writer_destroy(s->writer);
	dsi_socket_destroy(s->socket);
	avformat_close_input(&s->file);
	return err ? 1 : 0;
}

/* ---- arguments ----------------------------------------------------------- */

static int number(const char *text, unsigned *out)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*out = (unsigned)value;
	return *text < '0' || *text > '9' || *end || value > 60000 ? -1 : 0;
}

static int option(struct options *o, int letter, const char *value)
{
	switch (letter) {
	case 'a':
		o->audio = 1;
		return 0;
	case 'c':
		o->copy = 1;
		return 0;
	case 't':
		return number(value, &o->threads);
	case 'q':
		return number(value, &o->queue);
	case 'w':
		return number(value, &o->wait_ms);
	case 'r':
		return number(value, &o->readers);
	case 's':
		return sscanf(value, "%5ux%5u", &o->width, &o->height) == 2
			       ? 0
			       : -1;
	default:
		return -1;
	}
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"audio", no_argument, NULL, 'a'},
		{"copy", no_argument, NULL, 'c'},
		{"threads", required_argument, NULL, 't'},
		{"queue", required_argument, NULL, 'q'},
		{"size", required_argument, NULL, 's'},
		{"wait", required_argument, NULL, 'w'},
		{"readers", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {
		.threads = 1, .queue = 8, .wait_ms = 100, .readers = 1};
	struct source s = {.options = &o};
	int letter;

	while ((letter = getopt_long(argc, argv, "at:q:s:w:r:h", long_options,
				     NULL)) != -1) {
		if (letter == 'h')
			return fputs(usage, stdout) == EOF;
		if (option(&o, letter, optarg) != 0) {
			fputs("dsi-demo-decode: try --help\n", stderr);
			return 2;
		}
	}
	if (argc - optind != 2) {
		fputs("dsi-demo-decode: try --help\n", stderr);
		return 2;
	}
	o.name = argv[optind];
	o.file = argv[optind + 1];
	return run(&s);
}
