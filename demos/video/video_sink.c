/* SPDX-License-Identifier: MIT */
/*
 * video_sink.c - process 3: takes the filtered frames, computes a checksum
 * over their pixels and, if asked, writes them to a file.
 */
#include <errno.h>
#include <string.h>

#include <libavutil/md5.h>
#include <libavutil/mem.h>

#include "frame_layout.h"
#include "frame_mirror.h"
#include "video_roles.h"
#include "worker.h"
#include "y4m_file.h"

struct sink {
	struct worker worker;
	const struct video_options *opts;
	struct frame_layout layout;
	struct AVMD5 *md5;
	FILE *file; /* NULL: no output wanted */
};

static int sink_frame(struct sink *sink, const struct dsi_packet *pkt)
{
	struct frame_planes planes;
	int err = frame_layout_open(&sink->layout, pkt, &planes);

	if (err != 0) {
		worker_fail(&sink->worker, "a frame", dsi_strerror(err));
		return err;
	}
	frame_digest(&sink->layout, &planes, sink->md5);
	sink->worker.report.frames++;
	if (sink->file)
		err = y4m_file_frame(sink->file, &sink->layout, &planes);
	if (err != 0)
		worker_fail(&sink->worker, sink->opts->output, strerror(-err));
	return err;
}

/* Returns 0 to go on, 1 after the last packet, or a negative code. */
static int sink_step(struct sink *sink)
{
	struct worker *worker = &sink->worker;
	struct dsi_packet *pkt;
	int last;
	int err = worker_get(worker, 0, &pkt);

	if (err != 0)
		return err;
	worker_observe(worker, pkt);
	last = (dsi_packet_flags(pkt) & DSI_PACKET_EOS) != 0;
	if (!last)
		err = sink_frame(sink, pkt);
	dsi_packet_commit(worker->sock[0], pkt);
	return err != 0 ? err : last;
}

/* Learn the layout from the stream, open the output. */
static int sink_begin(struct sink *sink)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	const char *path = sink->opts->output;

	if (dsi_socket_desc(sink->worker.sock[0], &desc) != 0 ||
	    frame_layout_parse(&sink->layout, desc.format) != 0) {
		worker_fail(&sink->worker, NULL, "not a stream of frames");
		return -1;
	}
	sink->md5 = av_md5_alloc();
	if (!sink->md5) {
		worker_fail(&sink->worker, NULL, "out of memory");
		return -1;
	}
	av_md5_init(sink->md5);
	if (!path)
		return 0;
	sink->file = fopen(path, "wb");
	if (!sink->file || y4m_file_begin(sink->file, &sink->layout) != 0) {
		worker_fail(&sink->worker, path, strerror(errno));
		return -1;
	}
	return 0;
}

static void sink_end(struct sink *sink)
{
	if (sink->file && fclose(sink->file) != 0)
		worker_fail(&sink->worker, sink->opts->output, strerror(errno));
	if (sink->md5)
		av_md5_final(sink->md5, sink->worker.report.digest);
	av_freep(&sink->md5);
}

static void sink_run(struct worker *worker)
{
	struct sink *sink = worker->state;

	if (sink_begin(sink) == 0) {
		while (sink_step(sink) == 0)
			;
	}
	sink_end(sink);
}

static int sink_open(struct worker *worker,
		     const struct dsi_open_request *request,
		     struct dsi_socket **out_sock, uint32_t *out_slot)
{
	if (request->role != DSI_ROLE_CONSUMER || worker->sock[0])
		return -DSI_EINVAL;
	*out_slot = 0;
	return dsi_consumer_create(&request->consumer, out_sock);
}

int video_sink_main(const struct video_options *opts)
{
	static const struct worker_role role = {
		.n_sockets = 1,
		.open = sink_open,
		.run = sink_run,
	};
	static struct sink sink;

	sink.opts = opts;
	sink.worker.role = &role;
	sink.worker.state = &sink;
	sink.worker.report_fd = opts->report_fd;
	return worker_main(&sink.worker, opts->name);
}
