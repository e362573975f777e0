/* SPDX-License-Identifier: MIT */
/*
 * video_sink.c - process 3: takes the filtered frames, computes a checksum
 * over their pixels and, if asked, writes them to a file.
 */
#include <errno.h>
#include <string.h>

#include <libavutil/md5.h>
#include <libavutil/mem.h>

#include <dsi/ffmpeg.h>

#include "frame_layout.h"
#include "frame_mirror.h"
#include "video_roles.h"
#include "worker.h"
#include "y4m_file.h"

struct sink {
	struct worker worker;
	const struct video_options *opts;
	struct dsi_ffmpeg_reader *reader;
	AVFrame *frame;
	struct AVMD5 *md5;
	FILE *file; /* NULL: no output wanted */
};

static int write_frame(struct sink *sink, const struct frame_layout *layout)
{
	const struct video_options *opts = sink->opts;
	int err = 0;

	/* Its header tells the size, which the first frame knows. */
	if (sink->worker.report.frames == 0)
		err = y4m_file_begin(sink->file, layout, opts->rate_num,
				     opts->rate_den);
	if (err == 0)
		err = y4m_file_frame(sink->file, layout, sink->frame);
	if (err != 0)
		worker_fail(&sink->worker, opts->output, strerror(-err));
	return err;
}

static int sink_frame(struct sink *sink)
{
	struct frame_layout layout;
	struct dsi_packet *pkt;
	int err = dsi_ffmpeg_reader_packet(sink->reader, sink->frame, &pkt);

	if (err == 0 && frame_layout_of(&layout, sink->frame) != 0)
		err = -DSI_EPROTO;
	if (err != 0) {
		worker_fail(&sink->worker, "a frame", dsi_strerror(err));
		return err;
	}
	worker_observe(&sink->worker, pkt);
	frame_digest(&layout, sink->frame, sink->md5);
	if (sink->file)
		err = write_frame(sink, &layout);
	sink->worker.report.frames++;
	return err;
}

/* Returns 0 to go on, or a negative code, AVERROR_EOF after the last frame. */
static int sink_step(struct sink *sink)
{
	int err = dsi_ffmpeg_receive(sink->reader, sink->frame, DSI_FOREVER);

	if (err == 0)
		err = sink_frame(sink);
	else if (err != AVERROR_EOF)
		worker_lost(&sink->worker, NULL, err);
	av_frame_unref(sink->frame);
	return err;
}

static int sink_begin(struct sink *sink)
{
	const char *path = sink->opts->output;
	int err = dsi_ffmpeg_reader_create(sink->worker.sock[0], &sink->reader);

	sink->md5 = av_md5_alloc();
	sink->frame = av_frame_alloc();
	if (err == 0 && (!sink->md5 || !sink->frame))
		err = -DSI_ENOMEM;
	if (err != 0) {
		worker_fail(&sink->worker, "beginning", dsi_strerror(err));
		return err;
	}
	av_md5_init(sink->md5);
	if (!path)
		return 0;
	sink->file = fopen(path, "wb");
	if (!sink->file)
		worker_fail(&sink->worker, path, strerror(errno));
	return sink->file ? 0 : -1;
}

static void sink_end(struct sink *sink)
{
	if (sink->file && fclose(sink->file) != 0)
		worker_fail(&sink->worker, sink->opts->output, strerror(errno));
	if (sink->md5)
		av_md5_final(sink->md5, sink->worker.report.digest);
	av_freep(&sink->md5);
	av_frame_free(&sink->frame);
	dsi_ffmpeg_reader_destroy(sink->reader);
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
