/* SPDX-License-Identifier: MIT */
/*
 * test_frame_threads.c - frames that several threads get and let go of at once, as
 * the threads of a decoder do.  Each slot has one owner at a time, and in the end
 * none is missing.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <libavutil/frame.h>

#include <dsi/dsi.h>
#include <dsi/ffmpeg.h>

#define PACKETS 3u
#define THREADS 4u
#define TIMES 500
#define SLOT_BYTES 8192u
#define WIDTH 64
#define HEIGHT 32
#define SOON (dsi_now() + UINT64_C(30000000000))

struct worker {
	pthread_t thread;
	struct dsi_ffmpeg_writer *writer;
	int number;
	int err;
};

/* Set by the first that finds something wrong: the others end, too. */
static atomic_int wrong;

static int get(struct dsi_ffmpeg_writer *writer, AVFrame *frame,
	       uint64_t deadline_ns)
{
	frame->format = AV_PIX_FMT_GRAY8;
	frame->width = WIDTH;
	frame->height = HEIGHT;
	return dsi_ffmpeg_get_frame(writer, frame, deadline_ns);
}

static int one_time(const struct worker *w, AVFrame *frame)
{
	struct dsi_ffmpeg_writer_stats stats = {.size = sizeof(stats)};
	int err = get(w->writer, frame, SOON);

	if (err)
		return err;
	memset(frame->data[0], w->number, WIDTH);
	sched_yield();
	/* It is still ours, and counted. */
	err = dsi_ffmpeg_writer_stats(w->writer, &stats);
	if (!err && (frame->data[0][WIDTH - 1] != w->number || stats.held < 1 ||
		     stats.held > PACKETS))
		err = -DSI_EPROTO;
	av_frame_unref(frame);
	return err;
}

static void *work(void *argument)
{
	struct worker *w = argument;
	AVFrame *frame = av_frame_alloc();
	int i;

	for (i = 0; i < TIMES && !w->err && !atomic_load(&wrong); i++)
		w->err = one_time(w, frame);
	if (w->err)
		atomic_store(&wrong, 1);
	av_frame_free(&frame);
	return NULL;
}

static struct dsi_socket *producer(void)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = PACKETS,
				       .packet_bytes = SLOT_BYTES,
				       .max_sg = 5,
				       .align_bytes = 64,
				       .format = DSI_FFMPEG_FORMAT};
	struct dsi_socket *sock = NULL;
	char name[32];

	(void)snprintf(name, sizeof(name), "threads-%d", (int)getpid());
	assert_int_equal(dsi_producer_create(&desc, NULL, &sock), 0);
	assert_int_equal(dsi_socket_listen(sock, name, NULL), 0);
	assert_int_equal(dsi_socket_start(sock), 0);
	return sock;
}

/* All slots are there, each once. */
static void none_is_missing(struct dsi_ffmpeg_writer *writer)
{
	struct dsi_ffmpeg_writer_stats stats = {.size = sizeof(stats)};
	AVFrame *frames[PACKETS + 1];
	uint32_t i, j;

	assert_int_equal(dsi_ffmpeg_writer_stats(writer, &stats), 0);
	assert_int_equal(stats.held, 0);
	for (i = 0; i <= PACKETS; i++) {
		frames[i] = av_frame_alloc();
		assert_int_equal(get(writer, frames[i], 0),
				 i < PACKETS ? 0 : -DSI_EAGAIN);
		for (j = 0; j < i && i < PACKETS; j++)
			assert_ptr_not_equal(frames[i]->data[0],
					     frames[j]->data[0]);
	}
	for (i = 0; i <= PACKETS; i++)
		av_frame_free(&frames[i]);
}

static void many_threads(void **state)
{
	struct worker workers[THREADS] = {0};
	struct dsi_ffmpeg_writer *writer = NULL;
	struct dsi_socket *sock = producer();
	uint32_t i;

	(void)state;
	assert_int_equal(dsi_ffmpeg_writer_create(sock, NULL, &writer), 0);
	for (i = 0; i < THREADS; i++) {
		workers[i].writer = writer;
		workers[i].number = (int)i + 1;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(workers[i].thread, NULL);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(workers[i].err, 0);
	none_is_missing(writer);
	dsi_ffmpeg_writer_destroy(writer);
	dsi_socket_destroy(sock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
