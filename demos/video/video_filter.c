/* SPDX-License-Identifier: MIT */
/*
 * video_filter.c - process 2: consumer of stream A, producer of stream B.
 *
 * It reads a frame where the decoder wrote it and writes the filtered one
 * where the sink will read it.  Why not in place, in one stream?  The frames
 * of stream A are the decoder's reference pictures: changing one would spoil
 * the frames predicted from it.  And consumers of one stream stand side by
 * side, not one after the other: the sink would not know when the filter is
 * done.  (DSI_STREAM_WRITABLE is for a last consumer that needs the data as
 * its own.)
 */
#include <string.h>

#include <libavutil/frame.h>

#include <dsi/ffmpeg.h>

#include "frame_mirror.h"
#include "video_roles.h"
#include "worker.h"

#define FROM 0u /* sockets of the worker */
#define TO 1u

/* While one frame is being written the sink has another, and some slack. */
#define OUT_PACKETS 4u

struct filter {
	struct worker worker;
	struct dsi_ffmpeg_reader *reader;
	struct dsi_ffmpeg_writer *writer;
	AVFrame *in, *out;
};

/* The number goes along; the link is for traces: latencies from end to end. */
static int label(struct filter *filter, const struct dsi_packet *from)
{
	struct dsi_packet *to;
	int err = dsi_ffmpeg_writer_packet(filter->writer, filter->out, &to);

	if (err == 0)
		err = dsi_packet_set_number(to, dsi_packet_number(from));
	return err != 0 ? err : dsi_packet_link(to, from);
}

/* The planes of @in -> the planes of @out, which are a slot of stream B. */
static int filter_frame(struct filter *filter)
{
	AVFrame *in = filter->in, *out = filter->out;
	struct frame_layout layout;
	struct dsi_packet *from;
	int err = dsi_ffmpeg_reader_packet(filter->reader, in, &from);

	if (err != 0)
		return err;
	worker_observe(&filter->worker, from);
	if (frame_layout_of(&layout, in) != 0)
		return -DSI_EPROTO;
	out->format = in->format;
	out->width = in->width;
	out->height = in->height;
	err = dsi_ffmpeg_get_frame(filter->writer, out, DSI_FOREVER);
	if (err != 0)
		return err;
	frame_mirror(&layout, in, out);
	if (av_frame_copy_props(out, in) < 0)
		return -DSI_ENOMEM;
	err = label(filter, from);
	if (err == 0)
		err = dsi_ffmpeg_send(filter->writer, out, DSI_FOREVER);
	if (err == 0)
		filter->worker.report.frames++;
	return err;
}

/* Returns 0 to go on, 1 after the last packet, or a negative code. */
static int filter_step(struct filter *filter)
{
	struct worker *worker = &filter->worker;
	int err = dsi_ffmpeg_receive(filter->reader, filter->in, DSI_FOREVER);
	int last = err == AVERROR_EOF;

	if (err != 0 && !last) {
		worker_lost(worker, NULL, err);
		return err;
	}
	err = last ? dsi_ffmpeg_send_end(filter->writer, DSI_FOREVER)
		   : filter_frame(filter);
	/* Gives the packet of stream A back; that of B was sent. */
	av_frame_unref(filter->in);
	av_frame_unref(filter->out);
	if (err != 0)
		worker_lost(worker, "filtering a frame", err);
	return err != 0 ? err : last;
}

static int filter_begin(struct filter *filter)
{
	struct worker *worker = &filter->worker;
	int err;

	filter->in = av_frame_alloc();
	filter->out = av_frame_alloc();
	err = filter->in && filter->out ? 0 : -DSI_ENOMEM;
	if (err == 0)
		err = dsi_ffmpeg_reader_create(worker->sock[FROM],
					       &filter->reader);
	if (err == 0)
		err = dsi_ffmpeg_writer_create(worker->sock[TO], NULL,
					       &filter->writer);
	if (err != 0)
		worker_fail(worker, "beginning", dsi_strerror(err));
	return err;
}

static void filter_run(struct worker *worker)
{
	struct filter *filter = worker->state;

	if (filter_begin(filter) == 0) {
		while (filter_step(filter) == 0)
			;
	}
	av_frame_free(&filter->in);
	av_frame_free(&filter->out);
	dsi_ffmpeg_reader_destroy(filter->reader);
	dsi_ffmpeg_writer_destroy(filter->writer);
}

static int filter_open(struct worker *worker,
		       const struct dsi_open_request *request,
		       struct dsi_socket **out_sock, uint32_t *out_slot)
{
	struct dsi_stream_desc desc = request->desc;
	struct dsi_producer_options opts = {.size = sizeof(opts)};

	*out_slot = request->role == DSI_ROLE_CONSUMER ? FROM : TO;
	if (worker->sock[*out_slot])
		return -DSI_EBUSY;
	if (*out_slot == FROM)
		return dsi_consumer_create(&request->consumer, out_sock);
	/* The control application hands us the description of stream A. */
	if (strcmp(desc.format, DSI_FFMPEG_FORMAT) != 0 ||
	    desc.packet_bytes == 0)
		return -DSI_ENOMATCH;
	/* No frame before there is somebody to take it. */
	opts.wait_consumers = 1;
	desc.size = sizeof(desc);
	desc.packets = OUT_PACKETS;
	/* A frame leaves within half a period after it came, see control. */
	desc.traffic.jitter += desc.traffic.period / 2;
	desc.traffic.hold = desc.traffic.period / 2;
	return dsi_producer_create(&desc, &opts, out_sock);
}

int video_filter_main(const struct video_options *opts)
{
	static const struct worker_role role = {
		.n_sockets = 2,
		.open = filter_open,
		.run = filter_run,
	};
	static struct filter filter;

	filter.worker.role = &role;
	filter.worker.state = &filter;
	filter.worker.report_fd = opts->report_fd;
	return worker_main(&filter.worker, opts->name);
}
