/* SPDX-License-Identifier: MIT */
/*
 * bench_sources.c - what it costs to wait for one of many streams, in
 * instructions of all CPUs: user and kernel, both sides.
 *
 * One source, three programs: `select_send` is the producer of up to 30 streams
 * and commits a packet on one after the other; `select_idle` of the others, if
 * there are more, and commits nothing; `select_recv` selects over all of them,
 * sleeps each time, and takes the one packet that there is.  The streams have
 * one packet, so each waits for the other all the time.
 *
 * As bench_stream.c: a line is "bench NAME VALUE", in QEMU with -i.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/dsi.h>

#define MOST 60u
#define BUSY 30u  /* a task has room for so many */
#define WARM 120u /* packets, of all streams */
#define PACKETS 960u
#define LATE_NS 60000000000ull

static const uint32_t counts[] = {60, 30, 8, 1};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum part { SEND, IDLE, RECEIVE };

struct ends {
	uint32_t n;	     /* streams */
	uint32_t first, end; /* those of this task */
	struct dsi_socket *sock[MOST];
};

static void name_of(char *name, uint32_t n, uint32_t i)
{
	(void)snprintf(name, DSI_NAME_BYTES, "of%u.%u", n, i);
}

static void ends_close(struct ends *ends)
{
	for (uint32_t i = ends->first; i < ends->end; i++)
		dsi_socket_destroy(ends->sock[i]);
}

/* ---- the producer -------------------------------------------------------- */

static int sender_open(struct ends *ends, uint32_t i)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_NO_STAMP,
		.packets = 1,
		.packet_bytes = 4096,
	};
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .wait_consumers = 1};
	char name[DSI_NAME_BYTES];
	int err = dsi_producer_create(&desc, &opts, &ends->sock[i]);

	name_of(name, ends->n, i);
	if (!err)
		err = dsi_socket_listen(ends->sock[i], name, NULL);
	return err ? err : dsi_socket_start(ends->sock[i]);
}

static int send_all(struct ends *ends)
{
	struct dsi_packet *pkt[MOST];
	int err = 0;

	for (uint32_t i = 0; !err && i < ends->end; i++)
		err = dsi_packet_get(ends->sock[i], DSI_FOREVER, &pkt[i]);
	/* The next packet when this one is back. */
	for (uint32_t k = 0; !err && k < WARM + PACKETS; k++)
		err = dsi_packet_commit_get(ends->sock[k % ends->end],
					    pkt[k % ends->end], DSI_FOREVER,
					    &pkt[k % ends->end]);
	return err;
}

/* Until the consumer has gone. */
static int idle(struct ends *ends)
{
	struct dsi_event_source source;
	int32_t ready;

	memset(&source, 0, sizeof(source));
	source.socket = ends->sock[ends->first];
	source.mask = DSI_EVENT_PEER_LEFT | DSI_EVENT_PEER_GONE;
	ready = dsi_select(&source, 1, DSI_FOREVER);
	return ready < 0 ? ready : 0;
}

/* ---- the consumer -------------------------------------------------------- */

static int receiver_open(struct ends *ends, uint32_t i)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts)};
	char name[DSI_NAME_BYTES];
	int err = dsi_consumer_create(&opts, &ends->sock[i]);

	name_of(name, ends->n, i);
	if (!err)
		err = dsi_socket_connect(ends->sock[i], name,
					 dsi_now() + LATE_NS);
	return err ? err : dsi_socket_start(ends->sock[i]);
}

static int take_one(const struct dsi_event_source *source)
{
	struct dsi_packet *pkt;
	int err = dsi_packet_get(source->socket, 0, &pkt);

	return err ? err : dsi_packet_commit(source->socket, pkt);
}

static int take_ready(struct dsi_event_source *sources, uint32_t n)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < n; i++)
		if (sources[i].events)
			err = take_one(&sources[i]);
	return err;
}

static int receive_all(struct ends *ends)
{
	struct dsi_event_source sources[MOST];
	uint64_t before = 0, each;
	int32_t ready;
	int err = 0;

	memset(sources, 0, sizeof(sources));
	for (uint32_t i = 0; i < ends->n; i++) {
		sources[i].socket = ends->sock[i];
		sources[i].mask = DSI_EVENT_DATA;
	}
	for (uint32_t k = 0; !err && k < WARM + PACKETS; k += (uint32_t)ready) {
		if (k == WARM)
			before = __builtin_ia32_rdtsc();
		ready = dsi_select(sources, ends->n, DSI_FOREVER);
		err = ready < 0 ? ready : take_ready(sources, ends->n);
	}
	each = (__builtin_ia32_rdtsc() - before) * 100 / PACKETS;
	if (!err)
		printf("bench select_of_%u %lu.%lu%lu\n", ends->n, each / 100,
		       each / 10 % 10, each % 10);
	return err;
}

/* ---- one number of streams ----------------------------------------------- */

static int pass(enum part part, struct ends *ends)
{
	if (part == RECEIVE)
		return receive_all(ends);
	return part == SEND ? send_all(ends) : idle(ends);
}

static int run(enum part part, uint32_t n)
{
	static struct ends ends;
	uint32_t busy = n < BUSY ? n : BUSY;
	int err = 0;

	memset(&ends, 0, sizeof(ends));
	ends.n = n;
	ends.first = part == IDLE ? busy : 0;
	ends.end = part == SEND ? busy : n;
	if (ends.first == ends.end)
		return 0;
	for (uint32_t i = ends.first; !err && i < ends.end; i++)
		err = part == RECEIVE ? receiver_open(&ends, i)
				      : sender_open(&ends, i);
	if (!err)
		err = pass(part, &ends);
	ends_close(&ends);
	if (err)
		fprintf(stderr, "bench: %u streams: %s\n", n,
			dsi_strerror(err));
	return err;
}

static enum part part_of(const char *program)
{
	if (strcmp(program, "select_recv") == 0)
		return RECEIVE;
	return strcmp(program, "select_send") == 0 ? SEND : IDLE;
}

int main(int argc, char **argv)
{
	int err = 0;

	(void)argc;
	for (uint32_t i = 0; !err && i < COUNT(counts); i++)
		err = run(part_of(argv[0]), counts[i]);
	return err ? 1 : 0;
}
