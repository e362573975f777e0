/* SPDX-License-Identifier: MIT */
/*
 * bench_stream.c - what a packet costs on its way from one task to another, in
 * instructions of all CPUs: user and kernel, both sides.
 *
 * One source, two programs: `bench_send` is the producer of one stream after
 * the other, `bench_recv` their consumer, and the one that counts.  Nobody looks
 * into the packets: what is counted is the stream, not what is done with it.
 * Each stream is a case: packets of the ring, packets taken and committed in one
 * call, bytes of a packet.
 *
 * Meaningful with run-qemu.sh -i only: there the time stamp counter counts
 * instructions.  A line is "bench NAME VALUE", with instructions for one packet
 * in hundredths; ../run-bench makes a table of them.  On the boot command line,
 * args=NAME: only that case; args=map: packets are mapped to the consumer while
 * it has them (DSI_STREAM_MAP); args=copy: it gets copies (DSI_CONSUMER_COPY);
 * args=deadline: each get has a deadline.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/dsi.h>

/* Of one case: first to warm up, then to count.  Multiples of all batches. */
#define WARM_PACKETS 1024u
#define PACKETS 4096u
/* Copies of a megabyte take their time in an emulator. */
#define WARM_COPIES 128u
#define COPIES 512u
#define COPIES_KIB 4096u /* what the consumer has memory for */
#define BATCH_MAX 64u
#define LATE_NS 60000000000ull
/* A deadline that does not come. */
#define FAR_NS 1000000000000ull

static const struct {
	uint32_t ring, batch;
} shapes[] = {{1, 1}, {16, 1}, {16, 16}, {64, 1}, {64, 64}};

static const uint32_t sizes_kib[] = {4, 16, 64, 128, 256, 1024};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum transfer { SHARE, MAP, COPY };

struct bench_case {
	enum transfer transfer;
	uint64_t deadline_ns; /* of each get */
	uint32_t ring, batch, kib, warm, packets;
	char name[DSI_NAME_BYTES];
};

static int fits(const struct bench_case *c)
{
	return c->transfer != COPY || c->batch * c->kib <= COPIES_KIB;
}

/* Instructions of the machine so far. */
static uint64_t counter(void)
{
	return __builtin_ia32_rdtsc();
}

static void case_make(struct bench_case *c, uint32_t shape, uint32_t size)
{
	c->ring = shapes[shape].ring;
	c->batch = shapes[shape].batch;
	c->kib = sizes_kib[size];
	c->warm = c->transfer == COPY ? WARM_COPIES : WARM_PACKETS;
	c->packets = c->transfer == COPY ? COPIES : PACKETS;
	(void)snprintf(c->name, sizeof(c->name), "ring%u_by%u_%uk", c->ring,
		       c->batch, c->kib);
}

static int failed(const struct bench_case *c, const char *what, int err)
{
	fprintf(stderr, "bench: %s: %s: %s\n", c->name, what,
		dsi_strerror(err));
	return err;
}

/* ---- packets ------------------------------------------------------------- */

/* The same on both sides: a free one becomes a full one, a full one a free
 * one. */
static int pass_by_one(struct dsi_socket *sock, uint32_t packets,
		       uint64_t deadline_ns)
{
	struct dsi_packet *pkt;
	int err = dsi_packet_get(sock, deadline_ns, &pkt);

	while (!err && --packets)
		err = dsi_packet_commit_get(sock, pkt, deadline_ns, &pkt);
	return err ? err : dsi_packet_commit(sock, pkt);
}

static int pass_many(struct dsi_socket *sock, uint32_t packets, uint32_t batch,
		     uint64_t deadline_ns)
{
	struct dsi_packet *pkts[BATCH_MAX];
	int32_t got = 0;

	while (packets) {
		got = dsi_packet_get_many(sock, deadline_ns, pkts,
					  batch < packets ? batch : packets);
		if (got < 0)
			return got;
		packets -= (uint32_t)got;
		got = dsi_packet_commit_many(sock, pkts, (uint32_t)got);
		if (got < 0)
			return got;
	}
	return 0;
}

static int pass(const struct bench_case *c, struct dsi_socket *sock,
		uint32_t packets)
{
	return c->batch == 1
		       ? pass_by_one(sock, packets, c->deadline_ns)
		       : pass_many(sock, packets, c->batch, c->deadline_ns);
}

/* ---- the two sides ------------------------------------------------------- */

static int send_on(const struct bench_case *c, struct dsi_socket *sock)
{
	int err = dsi_socket_listen(sock, c->name, NULL);

	if (!err)
		err = dsi_socket_start(sock);
	if (!err)
		err = pass(c, sock, c->warm + c->packets);
	if (!err)
		err = dsi_socket_drain(sock, dsi_now() + LATE_NS);
	return err;
}

static int send_case(const struct bench_case *c)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_NO_STAMP,
		.packets = c->ring,
		.packet_bytes = c->kib * 1024u,
	};
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .wait_consumers = 1};
	struct dsi_socket *sock = NULL;
	int err;

	if (c->transfer == MAP) {
		desc.flags |= DSI_STREAM_MAP;
		desc.align_bytes = 4096;
	}
	err = dsi_producer_create(&desc, &opts, &sock);
	if (!err)
		err = send_on(c, sock);
	dsi_socket_destroy(sock);
	return err ? failed(c, "send", err) : 0;
}

static void report(const struct bench_case *c, const struct dsi_socket *sock,
		   uint64_t instructions)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint64_t each = instructions * 100 / c->packets;

	if (dsi_socket_stats(sock, &stats))
		stats.waits = stats.wakes = 0;
	printf("bench %s %lu.%lu%lu\n", c->name, each / 100, each / 10 % 10,
	       each % 10);
	printf("# %s: the consumer slept %lu times and woke the producer %lu "
	       "times in %lu packets\n",
	       c->name, stats.waits, stats.wakes, stats.committed);
}

static int receive_on(const struct bench_case *c, struct dsi_socket *sock)
{
	uint64_t before;
	int err = dsi_socket_connect(sock, c->name, dsi_now() + LATE_NS);

	if (!err)
		err = dsi_socket_start(sock);
	if (!err)
		err = pass(c, sock, c->warm);
	before = counter();
	if (!err)
		err = pass(c, sock, c->packets);
	if (!err)
		report(c, sock, counter() - before);
	return err;
}

static int receive_case(const struct bench_case *c)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts)};
	struct dsi_socket *sock = NULL;
	int err;

	if (c->transfer == MAP)
		opts.flags |= DSI_CONSUMER_MAP;
	if (c->transfer == COPY) {
		opts.flags |= DSI_CONSUMER_COPY;
		opts.max_packet_bytes = c->kib * 1024u;
		opts.hold_packets = c->batch;
	}
	err = dsi_consumer_create(&opts, &sock);
	if (!err)
		err = receive_on(c, sock);
	dsi_socket_destroy(sock);
	return err ? failed(c, "receive", err) : 0;
}

static enum transfer transfer_of(const char *word)
{
	if (strcmp(word, "map") == 0)
		return MAP;
	return strcmp(word, "copy") == 0 ? COPY : SHARE;
}

int main(int argc, char **argv)
{
	int (*run)(const struct bench_case *) =
		strcmp(argv[0], "bench_send") ? receive_case : send_case;
	struct bench_case c = {.transfer =
				       transfer_of(argc > 1 ? argv[1] : "")};
	int late = argc > 1 && !strcmp(argv[1], "deadline");
	const char *only = argc > 1 && !c.transfer && !late ? argv[1] : NULL;
	int err = 0;

	c.deadline_ns = late ? dsi_now() + FAR_NS : DSI_FOREVER;

	for (uint32_t shape = 0; !err && shape < COUNT(shapes); shape++)
		for (uint32_t size = 0; !err && size < COUNT(sizes_kib);
		     size++) {
			case_make(&c, shape, size);
			if (fits(&c) && (!only || !strcmp(only, c.name)))
				err = run(&c);
		}
	return err ? 1 : 0;
}
