/* SPDX-License-Identifier: MIT */
/*
 * video_source.c - process 1: decodes a file directly into the data area.
 *
 *   decoder wants memory for a frame
 *     -> a slot of the stream: dsi_ffmpeg_attach()
 *   decoder hands out the frame, in the order of display
 *     -> dsi_ffmpeg_send(): its packet is committed.  No pixel was copied.
 *   decoder needs the frame no more (it may need it long after it handed it
 *   out: later frames are predicted from it)
 *     -> the slot is free again once the consumers are done with it, too
 *
 * A frame the decoder did not write into a slot is copied there, and
 * counted: decoders without AV_CODEC_CAP_DR1, pixel formats that need
 * conversion, a picture shown twice.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <dsi/ffmpeg.h>

#include "video_input.h"
#include "video_roles.h"
#include "worker.h"

/* Frames a decoder may hold: 16 references (the most of H.264 and HEVC), as
 * many as wait for their turn to be shown are among them, the current one, and
 * one that is being sent.  dsi_ffmpeg_desc() counts the same. */
#define DECODER_SLOTS 18u
/* Packets on the way to the filter come on top, so that the decoder can never
 * starve itself: it waits for a slot only for the filter, without limit. */
#define QUEUE_SLOTS 5u
#define WAIT_NS (UINT64_C(1) << 62)

struct source {
	struct worker worker;
	struct video_input in;
	const struct video_options *opts;
	struct dsi_ffmpeg_writer *writer;
	AVFrame *frame, *copy;
	uint64_t begin_ns; /* paced: when the first frame was there */
	uint64_t due_ns;   /* and when the last one was due */
};

static volatile sig_atomic_t enough;

static void on_enough(int sig)
{
	(void)sig;
	enough = 1;
}

/* --- frames on their way out --- */

static int send(struct source *src, const AVFrame *frame,
		struct dsi_packet *pkt)
{
	struct worker_report *report = &src->worker.report;
	int err;

	/* The packet's number is the time of display.  Its time stamp is
	 * left to the library: it is the time of the commit, from which the
	 * consumer measures the latency. */
	err = dsi_packet_set_number(
		pkt, video_input_time_us(&src->in, frame, report->frames));
	if (err == 0)
		err = dsi_ffmpeg_send(src->writer, frame, DSI_FOREVER);
	if (err == 0)
		report->frames++;
	return err;
}

static int copy_to_slot(struct source *src, const AVFrame *frame)
{
	struct dsi_packet *pkt;
	int err;

	video_input_like(&src->in, frame, src->copy);
	err = dsi_ffmpeg_get_frame(src->writer, src->copy, DSI_FOREVER);
	if (err != 0)
		return err;
	if (video_input_copy(&src->in, frame, src->copy) < 0) {
		worker_fail(&src->worker, src->opts->input, src->in.why);
		return -DSI_ENOTSUP;
	}
	err = dsi_ffmpeg_writer_packet(src->writer, src->copy, &pkt);
	if (err == 0)
		err = send(src, src->copy, pkt);
	if (err == 0)
		src->worker.report.copied++;
	return err;
}

static int send_frame(struct source *src, const AVFrame *frame)
{
	struct dsi_packet *pkt;
	int err;

	if (video_input_is_plain(&src->in, frame) &&
	    dsi_ffmpeg_writer_packet(src->writer, frame, &pkt) == 0)
		err = send(src, frame, pkt);
	else
		err = copy_to_slot(src, frame);
	av_frame_unref(src->copy);
	if (err != 0)
		worker_lost(&src->worker, "sending a frame", err);
	return err;
}

static void sleep_until(uint64_t due_ns)
{
	uint64_t now_ns = dsi_now();
	struct timespec rest;

	if (due_ns <= now_ns)
		return;
	rest.tv_sec = (time_t)((due_ns - now_ns) / 1000000000);
	rest.tv_nsec = (long)((due_ns - now_ns) % 1000000000);
	nanosleep(&rest, NULL);
}

/* The end is a packet as well, and has its place in the declared period. */
static void send_eos(struct source *src)
{
	AVRational rate = src->in.rate;
	int err;

	if (src->opts->paced && src->due_ns != 0)
		sleep_until(src->due_ns + UINT64_C(1000000000) *
						  (uint64_t)rate.den /
						  (uint64_t)rate.num);
	err = dsi_ffmpeg_send_end(src->writer, DSI_FOREVER);
	if (err != 0)
		worker_lost(&src->worker, "ending the stream", err);
}

/* Wait until the frame is due.  The first one is when it is there: decoders
 * begin slowly. */
static void pace(struct source *src, const AVFrame *frame)
{
	uint64_t time_ns =
		1000 *
		video_input_time_us(&src->in, frame, src->worker.report.frames);

	if (!src->opts->paced)
		return;
	if (src->begin_ns == 0)
		src->begin_ns = dsi_now() - time_ns;
	src->due_ns = src->begin_ns + time_ns;
	sleep_until(src->due_ns);
}

static int is_enough(const struct source *src)
{
	return enough || (src->opts->max_frames != 0 &&
			  src->worker.report.frames >= src->opts->max_frames);
}

static int source_begin(struct source *src)
{
	const struct dsi_ffmpeg_writer_options options = {
		.size = sizeof(options),
		.flags = src->opts->copy ? DSI_FFMPEG_COPY : 0,
		.wait_ns = WAIT_NS,
	};
	int err;

	src->frame = av_frame_alloc();
	src->copy = av_frame_alloc();
	err = src->frame && src->copy ? 0 : -DSI_ENOMEM;
	if (err == 0)
		err = dsi_ffmpeg_writer_create(src->worker.sock[0], &options,
					       &src->writer);
	if (err == 0)
		err = dsi_ffmpeg_attach(src->writer, src->in.decoder);
	if (err != 0)
		worker_fail(&src->worker, "beginning", dsi_strerror(err));
	return err;
}

/* Returns 0 or AVERROR_EOF after the last frame, or another AVERROR. */
static int send_all(struct source *src)
{
	int err = 0;

	while (err >= 0 && !is_enough(src)) {
		err = video_input_next(&src->in, src->frame);
		if (err < 0)
			break;
		pace(src, src->frame);
		if (send_frame(src, src->frame) != 0)
			err = AVERROR_EXIT;
		av_frame_unref(src->frame);
	}
	if (err < 0 && err != AVERROR_EOF && err != AVERROR_EXIT &&
	    !atomic_load(&src->worker.quit))
		worker_fail(&src->worker, src->opts->input, src->in.why);
	return err;
}

static void source_run(struct worker *worker)
{
	struct source *src = worker->state;
	int err = source_begin(src) == 0 ? send_all(src) : AVERROR_EXIT;

	av_frame_free(&src->frame);
	av_frame_free(&src->copy);
	worker->report.damaged = src->in.damaged;
	/* The decoder lets go of its slots here, on the work thread. */
	avcodec_free_context(&src->in.decoder);
	if (err >= 0 || err == AVERROR_EOF)
		send_eos(src);
	dsi_ffmpeg_writer_destroy(src->writer);
}

/* At the speed of the video a frame is at most half a period late, and the
 * decoder may have its memory as long as it has slots.  As fast as possible
 * there is no period, so nothing is declared. */
static void declare(const struct source *src, struct dsi_traffic *traffic)
{
	uint64_t half = (uint64_t)src->in.rate.den;

	if (!src->opts->paced)
		return;
	traffic->tick_hz = UINT64_C(2) * (uint64_t)src->in.rate.num;
	traffic->period = 2 * half;
	traffic->jitter = half;
	traffic->hold = DECODER_SLOTS * 2 * half;
}

/* Slots as the decoder needs them, and as frames need that are converted. */
static int describe(const struct source *src, struct dsi_stream_desc *desc)
{
	const struct frame_layout *layout = &src->in.layout;
	AVFrame *frame = av_frame_alloc();
	int32_t bytes;
	int err;

	if (!frame)
		return -DSI_ENOMEM;
	frame->format = (int)frame_layout_pix_fmt(layout->format);
	frame->width = (int)layout->width;
	frame->height = (int)layout->height;
	bytes = dsi_ffmpeg_frame_bytes(frame);
	av_frame_free(&frame);
	err = dsi_ffmpeg_desc(src->in.decoder, QUEUE_SLOTS, desc);
	if (err == 0 && bytes > (int32_t)desc->packet_bytes)
		desc->packet_bytes = (uint32_t)bytes;
	return err;
}

static int source_open(struct worker *worker,
		       const struct dsi_open_request *request,
		       struct dsi_socket **out_sock, uint32_t *out_slot)
{
	struct source *src = worker->state;
	struct dsi_stream_desc desc = request->desc;
	struct dsi_producer_options opts = {.size = sizeof(opts)};
	int err;

	if (request->role != DSI_ROLE_PRODUCER || worker->sock[0])
		return -DSI_EINVAL;
	if (video_input_open(&src->in, src->opts->input) < 0) {
		fprintf(stderr, "%s: %s\n", src->opts->input, src->in.why);
		return -DSI_EIO;
	}
	err = describe(src, &desc);
	if (err != 0)
		return err;
	/* No frame before there is somebody to take it. */
	opts.wait_consumers = 1;
	desc.size = sizeof(desc);
	declare(src, &desc.traffic);
	*out_slot = 0;
	return dsi_producer_create(&desc, &opts, out_sock);
}

int video_source_main(const struct video_options *opts)
{
	static const struct worker_role role = {
		.n_sockets = 1,
		.open = source_open,
		.run = source_run,
	};
	static struct source src;
	int code;

	src.opts = opts;
	src.worker.role = &role;
	src.worker.state = &src;
	src.worker.report_fd = opts->report_fd;
	/* The control application asks for an early, orderly end. */
	signal(SIGUSR1, on_enough);
	code = worker_main(&src.worker, opts->name);
	video_input_close(&src.in);
	return code;
}
