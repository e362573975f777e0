/* SPDX-License-Identifier: MIT */
/*
 * test_frame_stream.c - both ends of libdsi-ffmpeg in one process: frames that no
 * decoder made, the same frame twice, too few slots, and a producer that writes
 * descriptions that make no sense.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <libavcodec/avcodec.h>

#include <dsi/dsi.h>
#include <dsi/ffmpeg.h>

#include "dsi/plugins/ffmpeg/frame_note.h"

#define PACKETS 4u
#define SLOT_BYTES 8192u
#define WIDTH 64
#define HEIGHT 32
#define SOON (dsi_now() + UINT64_C(30000000000))

struct ends {
	struct dsi_socket *producer, *consumer;
	struct dsi_ffmpeg_writer *writer;
	struct dsi_ffmpeg_reader *reader;
	AVFrame *in, *out;
};

static int setup(void **state)
{
	static int number;
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = PACKETS,
				       .packet_bytes = SLOT_BYTES,
				       .max_sg = 5,
				       .align_bytes = 64,
				       .format = DSI_FFMPEG_FORMAT};
	struct ends *e = calloc(1, sizeof(*e));
	char name[32];

	(void)snprintf(name, sizeof(name), "frames-%d-%d", (int)getpid(),
		       number++);
	assert_int_equal(dsi_producer_create(&desc, NULL, &e->producer), 0);
	assert_int_equal(dsi_socket_listen(e->producer, name, NULL), 0);
	assert_int_equal(dsi_socket_start(e->producer), 0);
	assert_int_equal(dsi_consumer_create(NULL, &e->consumer), 0);
	assert_int_equal(dsi_socket_connect(e->consumer, name, SOON), 0);
	assert_int_equal(dsi_socket_start(e->consumer), 0);
	assert_int_equal(dsi_ffmpeg_reader_create(e->consumer, &e->reader), 0);
	e->in = av_frame_alloc();
	e->out = av_frame_alloc();
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	struct ends *e = *state;

	av_frame_free(&e->in);
	av_frame_free(&e->out);
	assert_int_equal(dsi_ffmpeg_reader_held(e->reader), 0);
	dsi_ffmpeg_writer_destroy(e->writer);
	dsi_ffmpeg_reader_destroy(e->reader);
	dsi_socket_destroy(e->consumer);
	dsi_socket_destroy(e->producer);
	free(e);
	return 0;
}

static void make_writer(struct ends *e)
{
	assert_int_equal(
		dsi_ffmpeg_writer_create(e->producer, NULL, &e->writer), 0);
}

static void fill(AVFrame *frame, int format, int width, int height)
{
	frame->format = format;
	frame->width = width;
	frame->height = height;
	assert_int_equal(av_frame_get_buffer(frame, 0), 0);
	memset(frame->data[0], 0x11, (size_t)(frame->linesize[0] * height));
	frame->pts = 77;
}

static struct dsi_ffmpeg_writer_stats stats_of(const struct ends *e)
{
	struct dsi_ffmpeg_writer_stats stats = {.size = sizeof(stats)};

	assert_int_equal(dsi_ffmpeg_writer_stats(e->writer, &stats), 0);
	return stats;
}

/* ---- frames -------------------------------------------------------------- */

/* A frame from anywhere is copied; what arrives cannot be written to. */
static void copies(void **state)
{
	struct ends *e = *state;

	make_writer(e);
	fill(e->in, AV_PIX_FMT_GRAY8, WIDTH, HEIGHT);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, SOON), 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(e->out->width, WIDTH);
	assert_int_equal(e->out->pts, 77);
	assert_int_equal(e->out->data[0][WIDTH * (HEIGHT - 1)], 0x11);
	assert_false(av_frame_is_writable(e->out));
	assert_int_equal(dsi_ffmpeg_reader_held(e->reader), 1);
	assert_int_equal(stats_of(e).copied, 1);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->in, 0), -DSI_EAGAIN);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->in, dsi_now()),
			 -DSI_ETIMEDOUT);
}

/* Bottom up, as some decoders store it, and a part of a picture. */
static void copies_upside_down(void **state)
{
	struct ends *e = *state;

	make_writer(e);
	fill(e->in, AV_PIX_FMT_GRAY8, WIDTH, HEIGHT);
	memset(e->in->data[0], 0x22, WIDTH);
	e->in->data[0] += e->in->linesize[0] * (HEIGHT - 1);
	e->in->linesize[0] = -e->in->linesize[0];
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, SOON), 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_true(e->out->linesize[0] > 0);
	assert_int_equal(e->out->data[0][0], 0x11);
	assert_int_equal(e->out->data[0][e->out->linesize[0] * (HEIGHT - 1)],
			 0x22);
}

static AVCodecContext *some_decoder(const struct ends *e)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MPEG4);
	AVCodecContext *decoder = avcodec_alloc_context3(codec);

	assert_non_null(decoder);
	decoder->width = WIDTH;
	decoder->height = HEIGHT;
	assert_int_equal(avcodec_open2(decoder, codec, NULL), 0);
	assert_int_equal(dsi_ffmpeg_attach(e->writer, decoder), 0);
	decoder->pix_fmt = AV_PIX_FMT_YUV420P;
	return decoder;
}

static void ask(AVCodecContext *decoder, AVFrame *frame, int width, int height)
{
	frame->format = AV_PIX_FMT_YUV420P;
	frame->width = width;
	frame->height = height;
	assert_int_equal(decoder->get_buffer2(decoder, frame, 0), 0);
}

/* The second time by another packet, to the same memory. */
static void same_frame_twice(void **state)
{
	struct ends *e = *state;
	AVFrame *again = av_frame_alloc();
	AVCodecContext *decoder;

	make_writer(e);
	decoder = some_decoder(e);
	ask(decoder, e->in, WIDTH, HEIGHT);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, SOON), 0);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, SOON), 0);
	assert_int_equal(stats_of(e).in_place, 1);
	assert_int_equal(stats_of(e).repeated, 1);
	assert_int_equal(stats_of(e).copied, 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, again, SOON), 0);
	assert_ptr_equal(e->out->data[0], again->data[0]);
	av_frame_free(&again);
	avcodec_free_context(&decoder);
}

/* No slot left: memory of its own, counted, and no packet to copy it into. */
static void too_few_slots(void **state)
{
	struct ends *e = *state;
	AVFrame *frames[PACKETS];
	AVCodecContext *decoder;

	make_writer(e);
	decoder = some_decoder(e);
	for (uint32_t i = 0; i < PACKETS; i++) {
		frames[i] = av_frame_alloc();
		ask(decoder, frames[i], WIDTH, HEIGHT);
	}
	assert_int_equal(stats_of(e).held, PACKETS);
	ask(decoder, e->in, WIDTH, HEIGHT);
	assert_int_equal(stats_of(e).no_slot, 1);
	assert_int_equal(stats_of(e).held, PACKETS);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, 0), -DSI_EAGAIN);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, dsi_now()),
			 -DSI_ETIMEDOUT);
	/* With one of them free it goes. */
	av_frame_free(&frames[0]);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, 0), 0);
	assert_int_equal(stats_of(e).copied, 1);
	for (uint32_t i = 1; i < PACKETS; i++)
		av_frame_free(&frames[i]);
	assert_int_equal(stats_of(e).held, 0);
	avcodec_free_context(&decoder);
}

static void too_large(void **state)
{
	struct ends *e = *state;
	AVCodecContext *decoder;

	make_writer(e);
	decoder = some_decoder(e);
	ask(decoder, e->in, 640, 480);
	assert_int_equal(stats_of(e).no_fit, 1);
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, SOON), -DSI_ENOSPC);
	/* Without its planes it is no frame. */
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->out, SOON), -DSI_EINVAL);
	avcodec_free_context(&decoder);
}

/* ---- frames that no decoder made, and packets ---------------------------- */

static AVFrame *blank(int width, int height)
{
	AVFrame *frame = av_frame_alloc();

	frame->format = AV_PIX_FMT_GRAY8;
	frame->width = width;
	frame->height = height;
	return frame;
}

/* Written where it is read, with a number and a time from the caller. */
static void writes_in_place(void **state)
{
	struct ends *e = *state;
	AVFrame *frame = blank(WIDTH, HEIGHT);
	struct dsi_packet *packet, *same;

	make_writer(e);
	assert_true(dsi_ffmpeg_frame_bytes(frame) > WIDTH * HEIGHT);
	assert_true(dsi_ffmpeg_frame_bytes(frame) <= (int32_t)SLOT_BYTES);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, frame, 0), 0);
	assert_true(av_frame_is_writable(frame));
	memset(frame->data[0], 0x33, (size_t)(frame->linesize[0] * HEIGHT));
	frame->pts = 99;
	assert_int_equal(dsi_ffmpeg_writer_packet(e->writer, frame, &packet),
			 0);
	assert_int_equal(dsi_packet_set_number(packet, 4711), 0);
	assert_int_equal(dsi_ffmpeg_send(e->writer, frame, 0), 0);
	assert_int_equal(stats_of(e).in_place, 1);
	assert_int_equal(stats_of(e).copied, 0);
	/* What was sent is the consumers'. */
	assert_int_equal(dsi_ffmpeg_writer_packet(e->writer, frame, NULL),
			 -DSI_EINVAL);
	av_frame_free(&frame);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(e->out->pts, 99);
	assert_int_equal(e->out->data[0][WIDTH * HEIGHT - 1], 0x33);
	assert_int_equal(dsi_ffmpeg_reader_packet(e->reader, e->out, &packet),
			 0);
	assert_int_equal(dsi_packet_number(packet), 4711);
	/* A further reference is the same packet. */
	assert_int_equal(av_frame_ref(e->in, e->out), 0);
	av_frame_unref(e->out);
	assert_int_equal(dsi_ffmpeg_reader_packet(e->reader, e->in, &same), 0);
	assert_ptr_equal(packet, same);
}

/* Planes of sound likewise. */
static void writes_sound(void **state)
{
	struct ends *e = *state;
	AVFrame *frame = av_frame_alloc();

	make_writer(e);
	frame->format = AV_SAMPLE_FMT_S16P;
	frame->nb_samples = 480;
	frame->sample_rate = 48000;
	av_channel_layout_default(&frame->ch_layout, 2);
	assert_true(dsi_ffmpeg_frame_bytes(frame) >= 480 * 2 * 2);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, frame, 0), 0);
	memset(frame->data[0], 0x11, 480 * 2);
	memset(frame->data[1], 0x22, 480 * 2);
	assert_int_equal(dsi_ffmpeg_send(e->writer, frame, 0), 0);
	av_frame_free(&frame);
	assert_int_equal(stats_of(e).in_place, 1);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(e->out->ch_layout.nb_channels, 2);
	assert_int_equal(e->out->nb_samples, 480);
	assert_int_equal(e->out->data[0][480 * 2 - 1], 0x11);
	assert_int_equal(e->out->data[1][480 * 2 - 1], 0x22);
}

static void no_free_slot(void **state)
{
	struct ends *e = *state;
	AVFrame *frames[PACKETS + 1], *late = blank(WIDTH, HEIGHT);

	make_writer(e);
	for (uint32_t i = 0; i <= PACKETS; i++)
		frames[i] = blank(WIDTH, HEIGHT);
	for (uint32_t i = 0; i < PACKETS; i++)
		assert_int_equal(dsi_ffmpeg_get_frame(e->writer, frames[i], 0),
				 0);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, frames[PACKETS], 0),
			 -DSI_EAGAIN);
	assert_int_equal(
		dsi_ffmpeg_get_frame(e->writer, frames[PACKETS], dsi_now()),
		-DSI_ETIMEDOUT);
	assert_null(frames[PACKETS]->buf[0]);
	/* One that is not sent gives its slot back. */
	av_frame_free(&frames[0]);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, frames[PACKETS], SOON),
			 0);
	for (uint32_t i = 1; i <= PACKETS; i++)
		av_frame_free(&frames[i]);
	assert_int_equal(stats_of(e).held, 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, 0), -DSI_EAGAIN);
	/* A stopped socket ends all waits. */
	assert_int_equal(dsi_socket_stop(e->producer), 0);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, late, SOON),
			 -DSI_ECANCELED);
	av_frame_free(&late);
}

static void not_of_the_stream(void **state)
{
	struct ends *e = *state;
	AVFrame *large = blank(640, 480), *none = blank(0, 0);
	struct dsi_packet *packet = NULL;

	make_writer(e);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, large, 0),
			 -DSI_ENOSPC);
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, none, 0), -DSI_EINVAL);
	assert_int_equal(dsi_ffmpeg_frame_bytes(none), -DSI_EINVAL);
	assert_int_equal(dsi_ffmpeg_frame_bytes(NULL), -DSI_EINVAL);
	fill(e->in, AV_PIX_FMT_GRAY8, WIDTH, HEIGHT);
	/* It has data. */
	assert_int_equal(dsi_ffmpeg_get_frame(e->writer, e->in, 0),
			 -DSI_EINVAL);
	assert_int_equal(dsi_ffmpeg_writer_packet(e->writer, e->in, &packet),
			 -DSI_EINVAL);
	assert_int_equal(dsi_ffmpeg_reader_packet(e->reader, e->in, &packet),
			 -DSI_EINVAL);
	/* Of the stream, but of its other end. */
	assert_int_equal(dsi_ffmpeg_send(e->writer, e->in, SOON), 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(dsi_ffmpeg_writer_packet(e->writer, e->out, &packet),
			 -DSI_EINVAL);
	/* Without data it is of no stream. */
	assert_int_equal(dsi_ffmpeg_reader_packet(e->reader, none, &packet),
			 -DSI_EINVAL);
	assert_int_equal(dsi_ffmpeg_writer_packet(e->writer, none, &packet),
			 -DSI_EINVAL);
	/* Nor is what is left of one that was given back looked at. */
	av_frame_unref(e->out);
	assert_int_equal(dsi_ffmpeg_reader_packet(e->reader, e->in, &packet),
			 -DSI_EINVAL);
	assert_null(packet);
	assert_int_equal(stats_of(e).held, 0);
	av_frame_free(&large);
	av_frame_free(&none);
}

/* The end is the end, whatever one asks. */
static void end(void **state)
{
	struct ends *e = *state;

	make_writer(e);
	assert_int_equal(dsi_ffmpeg_send_end(e->writer, SOON), 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON),
			 AVERROR_EOF);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, 0), AVERROR_EOF);
}

/* ---- a hostile producer -------------------------------------------------- */

static const struct frame_note good = {
	.magic = NOTE_MAGIC,
	.kind = NOTE_PICTURE,
	.planes = 3,
	.format = "yuv420p",
	.base_den = 1,
	.width = WIDTH,
	.height = HEIGHT,
	.stride = {WIDTH, WIDTH / 2, WIDTH / 2},
};

/* Planes as they are for the good one, each so much shorter. */
static void send_note(struct ends *e, const struct frame_note *note,
		      uint32_t planes, uint32_t less)
{
	const uint32_t bytes[3] = {WIDTH * HEIGHT, WIDTH * HEIGHT / 4,
				   WIDTH * HEIGHT / 4};
	struct dsi_packet *packet;
	uint64_t offset;
	uint32_t size;
	void *slot;

	assert_int_equal(dsi_packet_get(e->producer, SOON, &packet), 0);
	assert_int_equal(dsi_packet_data(packet, 0, &slot, &size), 0);
	assert_int_equal(dsi_packet_element(packet, 0, &offset, &size), 0);
	memcpy(slot, note, sizeof(*note));
	assert_int_equal(dsi_packet_set_size(packet, sizeof(*note)), 0);
	offset += NOTE_ROOM;
	for (uint32_t i = 0; i < planes; i++) {
		assert_int_equal(dsi_packet_add_data(packet, offset,
						     bytes[i % 3] - less),
				 0);
		offset += bytes[i % 3];
	}
	assert_int_equal(dsi_packet_commit(e->producer, packet), 0);
}

static void refused(struct ends *e, const struct frame_note *note)
{
	send_note(e, note, 3, 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON),
			 -DSI_EPROTO);
	assert_null(e->out->buf[0]);
	assert_int_equal(dsi_ffmpeg_reader_held(e->reader), 0);
}

#define REFUSED(field, value)                 \
	do {                                  \
		struct frame_note bad = good; \
		bad.field = (value);          \
		refused(e, &bad);             \
	} while (0)

static void bad_notes(void **state)
{
	struct ends *e = *state;
	struct frame_note note = good;

	REFUSED(magic, 0);
	REFUSED(kind, 0);
	REFUSED(kind, NOTE_SOUND);
	REFUSED(kind, 3);
	REFUSED(planes, 0);
	REFUSED(planes, 2);
	REFUSED(planes, 9);
	REFUSED(planes, UINT32_MAX);
	REFUSED(width, 0);
	REFUSED(width, WIDTH + 2);
	REFUSED(width, UINT32_MAX);
	REFUSED(height, 0);
	REFUSED(height, HEIGHT + 2);
	REFUSED(height, UINT32_MAX);
	REFUSED(stride[0], WIDTH - 1);
	REFUSED(stride[0], WIDTH + 1);
	REFUSED(stride[1], 0);
	REFUSED(stride[1], -WIDTH / 2);
	REFUSED(stride[2], INT32_MAX);
	REFUSED(stride[2], INT32_MIN);
	REFUSED(base_den, 0);
	REFUSED(base_num, -1);
	REFUSED(format[0], 0);
	REFUSED(format[0], 'z');
	memset(note.format, 'y', sizeof(note.format));
	refused(e, &note);
	strcpy(note.format, "pal8");
	refused(e, &note);
	strcpy(note.format, "vaapi");
	refused(e, &note);
	/* Nothing of that has hurt. */
	send_note(e, &good, 3, 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
}

static void bad_sounds(void **state)
{
	struct ends *e = *state;
	struct frame_note sound = {.magic = NOTE_MAGIC,
				   .kind = NOTE_SOUND,
				   .planes = 3,
				   .format = "s16p",
				   .base_den = 1,
				   .rate = 48000,
				   .channels = 3,
				   .samples = WIDTH * HEIGHT / 8};
	struct frame_note bad = sound;

	send_note(e, &sound, 3, 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(e->out->ch_layout.nb_channels, 3);
	av_frame_unref(e->out);
	bad.samples++;
	refused(e, &bad);
	bad.samples = UINT32_MAX;
	refused(e, &bad);
	bad.samples = 0;
	refused(e, &bad);
	bad = sound;
	bad.channels = 2;
	refused(e, &bad);
	bad.channels = 0;
	refused(e, &bad);
	bad = sound;
	bad.rate = 0;
	refused(e, &bad);
	bad = sound;
	strcpy(bad.format, "s17");
	refused(e, &bad);
	/* A layout of other channels is left out. */
	sound.channel_mask = 3;
	send_note(e, &sound, 3, 0);
	assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON), 0);
	assert_int_equal(e->out->ch_layout.nb_channels, 3);
}

/* The note is good, but the planes are not as it says. */
static void bad_planes(void **state)
{
	struct ends *e = *state;
	static const uint32_t wrong[][2] = {{2, 0}, {4, 0}, {0, 0}, {3, 1}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		send_note(e, &good, wrong[i][0], wrong[i][1]);
		assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON),
				 -DSI_EPROTO);
	}
}

/* Vector code reads past the end of a plane: there must be something. */
static void end_of_area(void **state)
{
	struct ends *e = *state;
	struct frame_note gray = good;
	struct dsi_packet *packet;
	uint64_t bytes, offset;
	uint32_t size;
	void *area, *slot;

	gray.planes = 1;
	strcpy(gray.format, "gray");
	assert_int_equal(dsi_socket_area(e->producer, &area, &bytes), 0);
	for (uint32_t room = 0; room <= NOTE_OVERREAD; room += NOTE_OVERREAD) {
		assert_int_equal(dsi_packet_get(e->producer, SOON, &packet), 0);
		assert_int_equal(dsi_packet_data(packet, 0, &slot, &size), 0);
		memcpy(slot, &gray, sizeof(gray));
		assert_int_equal(dsi_packet_set_size(packet, sizeof(gray)), 0);
		offset = bytes - WIDTH * HEIGHT - room;
		assert_int_equal(
			dsi_packet_add_data(packet, offset, WIDTH * HEIGHT), 0);
		assert_int_equal(dsi_packet_commit(e->producer, packet), 0);
		assert_int_equal(dsi_ffmpeg_receive(e->reader, e->out, SOON),
				 room ? 0 : -DSI_EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copies, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_upside_down, setup,
						teardown),
		cmocka_unit_test_setup_teardown(same_frame_twice, setup,
						teardown),
		cmocka_unit_test_setup_teardown(too_few_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_in_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(writes_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(no_free_slot, setup, teardown),
		cmocka_unit_test_setup_teardown(not_of_the_stream, setup,
						teardown),
		cmocka_unit_test_setup_teardown(end, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_notes, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_sounds, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_planes, setup, teardown),
		cmocka_unit_test_setup_teardown(end_of_area, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
