/* SPDX-License-Identifier: MIT */
/*
 * video_source.c - process 1: decodes a file directly into the data area.
 *
 *   decoder wants memory for a frame
 *     -> source_get_buffer(): dsi_packet_get(), planes of the packet's slot
 *   decoder hands out the frame, in the order of display
 *     -> send_in_place(): dsi_packet_commit().  No pixel was copied.
 *   decoder needs the frame no more (it may need it long after it handed it
 *   out: later frames are predicted from it)
 *     -> source_free_buffer(): dsi_packet_unkeep()
 *
 * So a slot is free again when the consumers have given the packet back AND
 * the decoder has let go of it, in whichever order: dsi_packet_keep().
 *
 * Nobody may write to a frame once it was handed out.  Consumers cannot:
 * they map the data area read-only.  The decoder must not either: some
 * decoders update the previous picture in place if nobody else seems to use
 * it.  AV_BUFFER_FLAG_READONLY stops them; they then take a new buffer.
 *
 * A frame the decoder did not write into a slot is copied there, and
 * counted: decoders without AV_CODEC_CAP_DR1, pixel formats that need
 * conversion, pictures cropped at the left or top, a picture shown twice.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "video_input.h"
#include "video_roles.h"
#include "worker.h"

/* Frames a decoder may hold: 16 references (the most of H.264 and HEVC), as
 * many as wait for their turn to be shown are among them, and the current
 * one.  Packets on the way to the filter come on top, so that the decoder
 * can never starve itself: dsi_packet_get() in get_buffer2 waits only for
 * the filter. */
#define DECODER_SLOTS 18u
#define QUEUE_SLOTS 6u

/* A data slot that the decoder holds. */
struct slot {
	struct dsi_packet *pkt; /* NULL: entry is unused */
	struct frame_planes planes;
	int committed;
	struct source *owner;
};

struct source {
	struct worker worker;
	struct video_input in;
	const struct video_options *opts;
	struct slot slots[DECODER_SLOTS];
	uint64_t begin_ns; /* paced: when the first frame was there */
	uint64_t due_ns;   /* and when the last one was due */
};

static volatile sig_atomic_t enough;

static void on_enough(int sig)
{
	(void)sig;
	enough = 1;
}

/* --- the decoder's memory --- */

static void source_free_buffer(void *opaque, uint8_t *data)
{
	struct slot *slot = opaque;

	(void)data;
	if (slot->committed)
		dsi_packet_unkeep(slot->pkt);
	else
		dsi_packet_discard(slot->owner->worker.sock[0], slot->pkt);
	slot->pkt = NULL;
}

/* Would the decoder's blocks and padding fit our planes? */
static int slot_fits(const struct frame_layout *layout, AVCodecContext *decoder,
		     const AVFrame *frame)
{
	int width = frame->width, height = frame->height;
	int align[AV_NUM_DATA_POINTERS];
	uint32_t p;

	avcodec_align_dimensions2(decoder, &width, &height, align);
	if (width > (int)layout->stride[0] ||
	    height > (int)frame_layout_padded_rows(layout, 0))
		return 0;
	for (p = 0; p < FRAME_PLANES; p++) {
		if (align[p] > 0 && layout->stride[p] % (uint32_t)align[p] != 0)
			return 0;
	}
	return 1;
}

static struct slot *unused_slot(struct source *src)
{
	uint32_t i;

	for (i = 0; i < DECODER_SLOTS; i++) {
		if (!src->slots[i].pkt)
			return &src->slots[i];
	}
	return NULL;
}

/* A free packet, and where its slot begins. */
static int take_packet(struct source *src, struct dsi_packet **out_pkt,
		       struct frame_planes *out_planes)
{
	struct dsi_packet *pkt;
	uint32_t size;
	void *base;
	int err;

	err = worker_get(&src->worker, 0, &pkt);
	if (err != 0)
		return err;
	err = dsi_packet_data(pkt, 0, &base, &size);
	if (err != 0) {
		dsi_packet_discard(src->worker.sock[0], pkt);
		return err;
	}
	frame_layout_place(&src->in.layout, base, out_planes);
	*out_pkt = pkt;
	return 0;
}

static int source_get_buffer(AVCodecContext *decoder, AVFrame *frame, int flags)
{
	struct source *src = decoder->opaque;
	struct slot *slot = unused_slot(src);
	uint32_t p;

	if (!slot || src->opts->copy ||
	    !(decoder->codec->capabilities & AV_CODEC_CAP_DR1) ||
	    !video_input_is_plain(&src->in, frame) ||
	    !slot_fits(&src->in.layout, decoder, frame))
		return avcodec_default_get_buffer2(decoder, frame, flags);
	if (take_packet(src, &slot->pkt, &slot->planes) != 0)
		return AVERROR_EXIT;
	slot->committed = 0;
	slot->owner = src;
	frame->buf[0] = av_buffer_create(
		slot->planes.data[0], src->in.layout.slot_bytes,
		source_free_buffer, slot, AV_BUFFER_FLAG_READONLY);
	if (!frame->buf[0]) {
		source_free_buffer(slot, NULL);
		return AVERROR(ENOMEM);
	}
	for (p = 0; p < FRAME_PLANES; p++) {
		frame->data[p] = slot->planes.data[p];
		frame->linesize[p] = (int)slot->planes.stride[p];
	}
	frame->extended_data = frame->data;
	return 0;
}

/* --- frames on their way out --- */

/* The slot that holds exactly this frame, not yet handed on. */
static struct slot *slot_of(struct source *src, const AVFrame *frame)
{
	struct slot *slot;
	uint32_t i;

	for (i = 0; i < DECODER_SLOTS; i++) {
		slot = &src->slots[i];
		if (slot->pkt && !slot->committed &&
		    slot->planes.data[0] == frame->data[0] &&
		    slot->planes.data[1] == frame->data[1] &&
		    slot->planes.data[2] == frame->data[2])
			return slot;
	}
	return NULL;
}

static int commit(struct source *src, struct dsi_packet *pkt,
		  const AVFrame *frame)
{
	struct worker_report *report = &src->worker.report;
	uint64_t time_us;
	int err;

	/* The packet's number is the time of display.  Its time stamp is
	 * left to the library: it is the time of the commit, from which the
	 * consumer measures the latency. */
	time_us = video_input_time_us(&src->in, frame, report->frames);
	err = frame_layout_seal(&src->in.layout, pkt);
	if (err == 0)
		err = dsi_packet_set_number(pkt, time_us);
	if (err == 0)
		err = dsi_packet_commit(src->worker.sock[0], pkt);
	if (err == 0)
		report->frames++;
	return err;
}

static int send_in_place(struct source *src, struct slot *slot,
			 const AVFrame *frame)
{
	int err = dsi_packet_keep(slot->pkt);

	if (err != 0)
		return err;
	err = commit(src, slot->pkt, frame);
	if (err == 0)
		slot->committed = 1;
	else
		dsi_packet_unkeep(slot->pkt);
	return err;
}

static int send_copy(struct source *src, const AVFrame *frame)
{
	struct frame_planes planes;
	struct dsi_packet *pkt;
	int err;

	err = take_packet(src, &pkt, &planes);
	if (err != 0)
		return err;
	if (video_input_copy(&src->in, frame, &planes) < 0) {
		worker_fail(&src->worker, src->opts->input, src->in.why);
		dsi_packet_discard(src->worker.sock[0], pkt);
		return -DSI_ENOTSUP;
	}
	err = commit(src, pkt, frame);
	if (err == 0)
		src->worker.report.copied++;
	else
		dsi_packet_discard(src->worker.sock[0], pkt);
	return err;
}

static int send_frame(struct source *src, const AVFrame *frame)
{
	struct slot *slot = slot_of(src, frame);
	int err;

	err = slot ? send_in_place(src, slot, frame) : send_copy(src, frame);
	if (err != 0 && !atomic_load(&src->worker.quit))
		worker_fail(&src->worker, "sending a frame", dsi_strerror(err));
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
	const struct frame_layout *layout = &src->in.layout;
	struct dsi_packet *pkt;

	if (src->opts->paced && src->due_ns != 0)
		sleep_until(src->due_ns + UINT64_C(1000000000) *
						  layout->rate_den /
						  layout->rate_num);
	if (worker_get(&src->worker, 0, &pkt) != 0)
		return;
	if (frame_layout_seal_eos(pkt) != 0 ||
	    dsi_packet_commit(src->worker.sock[0], pkt) != 0)
		worker_fail(&src->worker, NULL, "could not end the stream");
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

static void source_run(struct worker *worker)
{
	struct source *src = worker->state;
	AVFrame *frame = av_frame_alloc();
	int err = frame ? 0 : AVERROR(ENOMEM);

	while (err >= 0 && !is_enough(src)) {
		err = video_input_next(&src->in, frame);
		if (err < 0)
			break;
		pace(src, frame);
		if (send_frame(src, frame) != 0)
			err = AVERROR_EXIT;
		av_frame_unref(frame);
	}
	if (err < 0 && err != AVERROR_EOF && err != AVERROR_EXIT)
		worker_fail(worker, src->opts->input, src->in.why);
	av_frame_free(&frame);
	worker->report.damaged = src->in.damaged;
	/* The decoder lets go of its slots here, on the work thread. */
	avcodec_free_context(&src->in.decoder);
	if (err >= 0 || err == AVERROR_EOF)
		send_eos(src);
}

/* At the speed of the video a frame is at most half a period late, and the
 * decoder may have its memory as long as it has slots.  As fast as possible
 * there is no period, so nothing is declared. */
static void declare(const struct source *src, struct dsi_traffic *traffic)
{
	uint64_t half = src->in.layout.rate_den;

	if (!src->opts->paced)
		return;
	traffic->tick_hz = UINT64_C(2) * src->in.layout.rate_num;
	traffic->period = 2 * half;
	traffic->jitter = half;
	traffic->hold = DECODER_SLOTS * 2 * half;
}

static int source_open(struct worker *worker,
		       const struct dsi_open_request *request,
		       struct dsi_socket **out_sock, uint32_t *out_slot)
{
	struct source *src = worker->state;
	struct dsi_stream_desc desc = request->desc;
	struct dsi_producer_options opts = {.size = sizeof(opts)};

	if (request->role != DSI_ROLE_PRODUCER || worker->sock[0])
		return -DSI_EINVAL;
	if (video_input_open(&src->in, src->opts->input, source_get_buffer,
			     src) < 0) {
		fprintf(stderr, "%s: %s\n", src->opts->input, src->in.why);
		return -DSI_EIO;
	}
	/* No frame before there is somebody to take it. */
	opts.wait_consumers = 1;
	desc.size = sizeof(desc);
	desc.packets = DECODER_SLOTS + QUEUE_SLOTS;
	desc.max_sg = FRAME_PLANES;
	desc.align_bytes = 4096;
	desc.packet_bytes = src->in.layout.slot_bytes;
	declare(src, &desc.traffic);
	frame_layout_print(&src->in.layout, desc.format, sizeof(desc.format));
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
