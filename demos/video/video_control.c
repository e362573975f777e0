/* SPDX-License-Identifier: MIT */
/*
 * video_control.c - the control application: starts three workers, joins
 * them with two streams, watches, and judges the result.  It never maps a
 * data area and never touches a frame.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dsi/ffmpeg.h>

#include "child_process.h"
#include "video_reference.h"
#include "video_roles.h"
#include "video_table.h"

#define SECOND_NS 1000000000ull
#define TICK_NS (SECOND_NS / 5)

enum { SOURCE, FILTER, SINK, CHILDREN };
enum { STREAM_A, STREAM_B, STREAMS };

static const char *const roles[CHILDREN] = {"source", "filter", "sink"};

struct control {
	const struct video_options *opts;
	struct child_process child[CHILDREN];
	struct dsi_stream *stream[STREAMS];
	struct dsi_stream_desc desc[STREAMS];
	uint64_t waiting_max[STREAMS];
	uint64_t duration_ns;
	struct dsi_usage usage; /* what the filter and the sink declare */
	int live;
	int asked_to_end;
	const char *pixels; /* what the frames are like */
	char why[CHILD_WHY_BYTES];
};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupts = interrupts + 1;
}

static int fail(struct control *ctl, const char *why)
{
	if (ctl->why[0] == '\0')
		snprintf(ctl->why, sizeof(ctl->why), "%s", why);
	return -1;
}

/* --- join --- */

static int start_children(struct control *ctl)
{
	int i;

	for (i = 0; i < CHILDREN; i++) {
		if (child_process_start(&ctl->child[i], roles[i], ctl->opts))
			return fail(ctl, "cannot start a process");
	}
	fprintf(stderr, "processes: source %ld, filter %ld, sink %ld\n",
		(long)ctl->child[SOURCE].pid, (long)ctl->child[FILTER].pid,
		(long)ctl->child[SINK].pid);
	return 0;
}

/* Join two neighbours: @index is the stream and the producer of it. */
static int join(struct control *ctl, int index,
		const struct dsi_stream_desc *wish)
{
	struct dsi_endpoint producer = {.size = sizeof(producer)};
	struct dsi_endpoint consumer = {.size = sizeof(consumer)};
	struct dsi_stream **stream = &ctl->stream[index];
	int err;

	producer.component = ctl->child[index].name;
	consumer.component = ctl->child[index + 1].name;
	consumer.consumer.size = sizeof(consumer.consumer);
	consumer.consumer.policy = DSI_POLICY_BLOCK; /* no frame is lost */
	strcpy(consumer.consumer.format, DSI_FFMPEG_FORMAT);
	consumer.consumer.usage = ctl->usage;
	snprintf(consumer.consumer.label, sizeof(consumer.consumer.label), "%s",
		 ctl->child[index + 1].role);
	err = dsi_stream_create(wish, &producer, &consumer, 1,
				dsi_now() + 10 * SECOND_NS, stream);
	if (err == 0) {
		ctl->desc[index].size = sizeof(ctl->desc[index]);
		err = dsi_stream_desc(*stream, &ctl->desc[index]);
	}
	if (err == 0)
		return 0;
	return fail(ctl, *stream && dsi_stream_error(*stream)[0] != '\0'
				 ? dsi_stream_error(*stream)
				 : dsi_strerror(err));
}

static int join_all(struct control *ctl)
{
	struct dsi_stream_desc wish = {.size = sizeof(wish)};

	if (join(ctl, STREAM_A, NULL) != 0)
		return -1;
	/* The filter keeps size and format: B looks like A.  How many packets
	 * it wants is its own choice. */
	wish.packets = ctl->desc[STREAM_A].packets;
	wish.packet_bytes = ctl->desc[STREAM_A].packet_bytes;
	wish.max_sg = ctl->desc[STREAM_A].max_sg;
	wish.align_bytes = ctl->desc[STREAM_A].align_bytes;
	wish.traffic = ctl->desc[STREAM_A].traffic;
	memcpy(wish.format, ctl->desc[STREAM_A].format, sizeof(wish.format));
	return join(ctl, STREAM_B, &wish);
}

/* Downstream first, so that every frame finds its consumer running. */
static int start_all(struct control *ctl)
{
	int i, err;

	for (i = STREAMS - 1; i >= 0; i--) {
		err = dsi_stream_start(ctl->stream[i],
				       dsi_now() + 5 * SECOND_NS);
		if (err != 0)
			return fail(ctl, dsi_strerror(err));
	}
	return 0;
}

/* --- watch --- */

/* Why does it not go on?  When a worker dies, its neighbours complain too,
 * perhaps earlier; the death is the better explanation. */
static int explain(struct control *ctl)
{
	const struct timespec moment = {.tv_nsec = 100000000};
	char why[CHILD_WHY_BYTES];
	int i;

	nanosleep(&moment, NULL);
	for (i = 0; i < CHILDREN; i++) {
		child_process_poll(&ctl->child[i]);
		if (ctl->child[i].ended &&
		    child_process_trouble(&ctl->child[i], why))
			fail(ctl, why);
	}
	for (i = 0; i < CHILDREN; i++) {
		if (child_process_trouble(&ctl->child[i], why))
			fail(ctl, why);
	}
	return fail(ctl, "a worker left its stream");
}

static int any_trouble(struct control *ctl)
{
	char why[CHILD_WHY_BYTES];
	int i, found = 0;

	for (i = 0; i < CHILDREN; i++) {
		child_process_poll(&ctl->child[i]);
		found |= child_process_trouble(&ctl->child[i], why);
	}
	return found;
}

static int member_stats(struct control *ctl, int stream, uint32_t member,
			struct dsi_socket_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	return dsi_stream_stats(ctl->stream[stream], member,
				dsi_now() + SECOND_NS, out);
}

static void print_live_line(struct control *ctl)
{
	struct dsi_socket_stats from[STREAMS], to[STREAMS];
	int i;

	if (!isatty(STDERR_FILENO))
		return;
	for (i = 0; i < STREAMS; i++) {
		if (member_stats(ctl, i, 0, &from[i]) != 0 ||
		    member_stats(ctl, i, 1, &to[i]) != 0)
			return;
	}
	fprintf(stderr,
		"\rsource %" PRIu64 " -> filter %" PRIu64 " -> %" PRIu64
		" -> sink %" PRIu64 " frames \033[K",
		from[STREAM_A].committed, to[STREAM_A].committed,
		from[STREAM_B].committed, to[STREAM_B].committed);
}

static void erase_live_line(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* Wait for the next event of either stream; 1 = the sink has reached the
 * end, 0 = go on, -1 = give up. */
static int next_event(struct control *ctl)
{
	const uint32_t bad = DSI_EVENT_ERROR | DSI_EVENT_PEER_GONE;
	struct dsi_event_source sources[STREAMS];
	int32_t n;
	int i;

	memset(sources, 0, sizeof(sources));
	for (i = 0; i < STREAMS; i++) {
		sources[i].stream = ctl->stream[i];
		sources[i].mask = bad | DSI_EVENT_EOS | DSI_EVENT_DROPPED;
	}
	n = dsi_select(sources, STREAMS, dsi_now() + TICK_NS);
	if (any_trouble(ctl))
		return explain(ctl);
	if (n == -DSI_ETIMEDOUT || n == -DSI_EAGAIN || n == -DSI_EINTR)
		return 0;
	if (n < 0)
		return fail(ctl, dsi_strerror(n));
	for (i = 0; i < STREAMS; i++) {
		if (sources[i].events & bad)
			return explain(ctl);
	}
	return (sources[STREAM_B].events & DSI_EVENT_EOS) != 0 &&
	       sources[STREAM_B].member == 1;
}

/* Ctrl-C: the source ends the stream and everything drains.  Ctrl-C again:
 * now. */
static int heed_interrupts(struct control *ctl)
{
	if (interrupts >= 2)
		return fail(ctl, "interrupted");
	if (interrupts == 1 && !ctl->asked_to_end) {
		ctl->asked_to_end = 1;
		kill(ctl->child[SOURCE].pid, SIGUSR1);
	}
	return 0;
}

static int watch(struct control *ctl)
{
	uint64_t begin_ns = dsi_now();
	int done = 0;

	while (done == 0) {
		done = next_event(ctl);
		if (done == 0)
			done = heed_interrupts(ctl);
		if (done == 0)
			print_live_line(ctl);
	}
	ctl->duration_ns = dsi_now() - begin_ns;
	erase_live_line();
	return done < 0 ? -1 : 0;
}

static int collect_stats(struct control *ctl)
{
	struct dsi_socket_stats stats;
	uint32_t member;
	int i, err;

	for (i = 0; i < STREAMS; i++) {
		for (member = 0; member < 2; member++) {
			err = member_stats(ctl, i, member, &stats);
			if (err != 0)
				return fail(ctl, dsi_strerror(err));
			if (stats.backlog_max > ctl->waiting_max[i])
				ctl->waiting_max[i] = stats.backlog_max;
		}
	}
	return 0;
}

/* --- end --- */

static void ignore_name(void *user, const char *name,
			const struct dsi_name_info *info)
{
	(void)user;
	(void)name;
	(void)info;
}

/* Closing its last socket ends a worker.  One that has none yet, because
 * joining failed, is told by a signal. */
static void end_all(struct control *ctl)
{
	uint64_t deadline_ns;
	int i;

	for (i = 0; i < STREAMS; i++) {
		dsi_stream_destroy(ctl->stream[i]);
		ctl->stream[i] = NULL;
	}
	deadline_ns = dsi_now() + 3 * SECOND_NS;
	for (i = 0; i < CHILDREN; i++) {
		child_process_poll(&ctl->child[i]);
		if (ctl->why[0] != '\0' && ctl->child[i].pid != 0 &&
		    !ctl->child[i].ended)
			kill(ctl->child[i].pid, SIGTERM);
		child_process_finish(&ctl->child[i], deadline_ns);
	}
	/* One that was killed left its name behind.  Whoever looks at the
	 * names removes those of the dead. */
	if (ctl->why[0] != '\0')
		dsi_names(ignore_name, NULL, dsi_now() + TICK_NS);
}

static int judge_children(struct control *ctl)
{
	char why[CHILD_WHY_BYTES];
	int i;

	for (i = 0; i < CHILDREN; i++) {
		if (child_process_trouble(&ctl->child[i], why))
			return fail(ctl, why);
		if (!ctl->child[i].reported)
			return fail(ctl, "a worker ended without a report");
	}
	return 0;
}

static int run(struct control *ctl)
{
	int err = start_children(ctl);

	if (err == 0)
		err = join_all(ctl);
	if (err == 0)
		err = start_all(ctl);
	if (err == 0)
		err = watch(ctl);
	if (err == 0)
		err = collect_stats(ctl);
	end_all(ctl);
	return err == 0 ? judge_children(ctl) : err;
}

/* --- judge --- */

static void print_digest(const char *title, const uint8_t *digest)
{
	uint32_t i;

	printf("%-18s", title);
	for (i = 0; i < DIGEST_BYTES; i++)
		printf("%02x", digest[i]);
	printf("\n");
}

/* Prints the table; returns the number of lost frames. */
static uint64_t print_result(const struct control *ctl)
{
	const struct worker_report *source = &ctl->child[SOURCE].report;
	const struct worker_report *sink = &ctl->child[SINK].report;
	const struct video_hop hops[STREAMS] = {
		{"source -> filter", source, &ctl->child[FILTER].report,
		 ctl->desc[STREAM_A].packets, ctl->waiting_max[STREAM_A]},
		{"filter -> sink", &ctl->child[FILTER].report, sink,
		 ctl->desc[STREAM_B].packets, ctl->waiting_max[STREAM_B]},
	};
	uint64_t lost = video_hop_lost(&hops[0]) + video_hop_lost(&hops[1]);
	double seconds = (double)ctl->duration_ns / 1e9;

	printf("%s\n%s\n", ctl->opts->input, ctl->pixels);
	printf("%" PRIu64 " frames through 3 processes in %.2f s, %.0f/s\n\n",
	       sink->frames, seconds, (double)sink->frames / seconds);
	video_table_print(hops, STREAMS);
	printf("\n%" PRIu64 " lost frames\n", lost);
	if (source->damaged != 0)
		printf("%" PRIu64 " pieces of the file could not be decoded\n",
		       source->damaged);
	print_digest("checksum", sink->digest);
	return lost;
}

/* The same in this process, without dsi: is the result equal? */
static int compare(const struct control *ctl)
{
	const struct worker_report *sink = &ctl->child[SINK].report;
	uint64_t frames = ctl->asked_to_end ? ctl->child[SOURCE].report.frames
					    : ctl->opts->max_frames;
	struct video_reference ref;

	if (ctl->live || (ctl->asked_to_end && frames == 0)) {
		printf("checksum not compared: %s\n",
		       ctl->live ? "live input is never the same twice"
				 : "ended before the first frame");
		return 0;
	}
	if (video_reference_run(&ref, ctl->opts->input, frames) != 0) {
		printf("the reference failed: %s\n", ref.why);
		return -1;
	}
	print_digest("without dsi", ref.digest);
	if (ref.frames != sink->frames ||
	    memcmp(ref.digest, sink->digest, DIGEST_BYTES) != 0) {
		printf("checksum differs (%" PRIu64 " frames here, %" PRIu64
		       " without dsi)\n",
		       sink->frames, ref.frames);
		return -1;
	}
	printf("checksum equal\n");
	return 0;
}

/* At the speed of the video each gives a frame back within half a period.
 * The ends are not forced to: a trace tells whether they kept to it. */
static void declare(struct control *ctl, const struct video_reference *first)
{
	if (!ctl->opts->paced)
		return;
	ctl->usage.tick_hz = UINT64_C(2) * first->rate_num;
	ctl->usage.response = first->rate_den;
	ctl->usage.pace = DSI_PACE_RESPONSE;
}

int video_control_main(const struct video_options *opts)
{
	static struct control ctl;
	static struct video_options with_rate;
	struct video_reference first;
	struct sigaction act = {.sa_handler = on_interrupt};
	uint64_t lost;

	if (video_reference_check(&first, opts->input) != 0) {
		fprintf(stderr, "%s: not a video that can be decoded: %s\n",
			opts->input, first.why);
		return 1;
	}
	with_rate = *opts;
	with_rate.rate_num = first.rate_num;
	with_rate.rate_den = first.rate_den;
	ctl.opts = &with_rate;
	ctl.pixels = first.pixels;
	ctl.live = first.live;
	declare(&ctl, &first);
	sigaction(SIGINT, &act, NULL);
	if (run(&ctl) != 0) {
		fprintf(stderr, "%s: %s\n", opts->input, ctl.why);
		return 1;
	}
	lost = print_result(&ctl);
	fflush(stdout);
	return compare(&ctl) == 0 && lost == 0 ? 0 : 1;
}
