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

#include "frame_layout.h"
#include "frame_mirror.h"
#include "video_roles.h"
#include "worker.h"

#define FROM 0u /* sockets of the worker */
#define TO 1u

/* While one frame is being written the sink has another, and some slack. */
#define OUT_PACKETS 4u

struct filter {
	struct worker worker;
	struct frame_layout layout;
};

/* The planes of @in -> the planes of @out. */
static int filter_packet(struct filter *filter, const struct dsi_packet *in,
			 struct dsi_packet *out)
{
	struct frame_planes src, dst;
	uint32_t size;
	void *base;
	int err;

	if (dsi_packet_flags(in) & DSI_PACKET_EOS)
		return frame_layout_seal_eos(out);
	err = frame_layout_open(&filter->layout, in, &src);
	if (err == 0)
		err = dsi_packet_data(out, 0, &base, &size);
	if (err != 0)
		return err;
	frame_layout_place(&filter->layout, base, &dst);
	frame_mirror(&filter->layout, &src, &dst);
	filter->worker.report.frames++;
	err = frame_layout_seal(&filter->layout, out);
	if (err == 0)
		err = dsi_packet_set_number(out, dsi_packet_number(in));
	/* For traces: latencies from end to end. */
	return err != 0 ? err : dsi_packet_link(out, in);
}

/* Returns 0 to go on, 1 after the last packet, or a negative code. */
static int filter_step(struct filter *filter)
{
	struct worker *worker = &filter->worker;
	struct dsi_packet *in, *out;
	int err, last;

	err = worker_get(worker, FROM, &in);
	if (err != 0)
		return err;
	worker_observe(worker, in);
	err = worker_get(worker, TO, &out);
	if (err != 0)
		return err;
	last = (dsi_packet_flags(in) & DSI_PACKET_EOS) != 0;
	err = filter_packet(filter, in, out);
	if (err == 0)
		err = dsi_packet_commit(worker->sock[TO], out);
	if (err == 0)
		err = dsi_packet_commit(worker->sock[FROM], in);
	if (err != 0)
		worker_fail(worker, "filtering a frame", dsi_strerror(err));
	return err != 0 ? err : last;
}

/* Do both streams carry frames of the same layout? */
static int filter_begin(struct filter *filter)
{
	struct dsi_stream_desc from = {.size = sizeof(from)};
	struct dsi_stream_desc to = {.size = sizeof(to)};
	struct worker *worker = &filter->worker;

	if (dsi_socket_desc(worker->sock[FROM], &from) == 0 &&
	    dsi_socket_desc(worker->sock[TO], &to) == 0 &&
	    strcmp(from.format, to.format) == 0)
		return 0;
	worker_fail(worker, NULL, "the two streams differ in format");
	return -1;
}

static void filter_run(struct worker *worker)
{
	if (filter_begin(worker->state) != 0)
		return;
	while (filter_step(worker->state) == 0)
		;
}

static int filter_open(struct worker *worker,
		       const struct dsi_open_request *request,
		       struct dsi_socket **out_sock, uint32_t *out_slot)
{
	struct filter *filter = worker->state;
	struct dsi_stream_desc desc = request->desc;
	struct dsi_producer_options opts = {.size = sizeof(opts)};

	*out_slot = request->role == DSI_ROLE_CONSUMER ? FROM : TO;
	if (worker->sock[*out_slot])
		return -DSI_EBUSY;
	if (*out_slot == FROM)
		return dsi_consumer_create(&request->consumer, out_sock);
	/* The control application hands us the description of stream A. */
	if (frame_layout_parse(&filter->layout, desc.format) != 0)
		return -DSI_ENOMATCH;
	/* No frame before there is somebody to take it. */
	opts.wait_consumers = 1;
	desc.size = sizeof(desc);
	desc.packets = OUT_PACKETS;
	desc.max_sg = FRAME_PLANES;
	desc.align_bytes = 4096;
	desc.packet_bytes = filter->layout.slot_bytes;
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
