/* SPDX-License-Identifier: MIT */
/*
 * no_calls_test.c - a running stream that is polled calls nothing: it does
 * not allocate, lock, or enter the kernel.
 *
 * Producer and consumer are threads; call_count.c counts what each of them calls
 * between its first and its last packet.  A control run shows that it would.
 * Likewise with a trace provider that wants every event, one that wants none,
 * with all that is declared compared, and with the times of holding counted.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <dsi/dsi.h>

#include <dsi/trace.h>

#include "tests/rt/call_count.h"
#include "tests/unit/must.h"

#define NAME "quiet"
#define PACKETS_SENT 100000u
#define BATCH 8u
#define PATIENCE_NS UINT64_C(60000000000)

struct side {
	struct dsi_socket *sock;
	pthread_t thread;
	uint64_t packets;
	uint64_t calls;
	const char *first;
};

/* Give the other thread the processor; the counter does not count this. */
static void let_others(uint32_t *turns)
{
	if (++*turns % 256u == 0)
		sched_yield();
}

static uint32_t get_some(struct side *side, struct dsi_packet **pkts)
{
	uint32_t turns = 0;
	int32_t n;

	while ((n = dsi_packet_get_many(side->sock, 0, pkts, BATCH)) ==
	       -DSI_EAGAIN)
		let_others(&turns);
	MUST(n > 0);
	return (uint32_t)n;
}

static void *produce(void *arg)
{
	struct side *side = arg;
	struct dsi_packet *pkts[BATCH];
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	calls_begin();
	while (side->packets < PACKETS_SENT) {
		uint32_t n = get_some(side, pkts);

		for (uint32_t i = 0; i < n; i++) {
			uint32_t size;
			void *data;

			MUST_BE(dsi_packet_data(pkts[i], 0, &data, &size), 0);
			*(uint64_t *)data = side->packets++;
			if (side->packets >= PACKETS_SENT)
				MUST_BE(dsi_packet_set_flags(pkts[i],
							     DSI_PACKET_EOS),
					0);
			if (i % 3u == 2u)
				MUST_BE(dsi_packet_set_number(
						pkts[i], side->packets - 1u),
					0);
		}
		MUST_BE(dsi_packet_commit_many(side->sock, pkts, n), 0);
		MUST_BE(dsi_socket_stats(side->sock, &stats), 0);
	}
	side->calls = calls_end(&side->first);
	return NULL;
}

static void *consume(void *arg)
{
	struct side *side = arg;
	struct dsi_packet *pkts[BATCH];
	uint32_t ended = 0;

	calls_begin();
	while (!ended) {
		uint32_t n = get_some(side, pkts);

		for (uint32_t i = 0; i < n; i++) {
			ended |= dsi_packet_flags(pkts[i]) & DSI_PACKET_EOS;
			MUST(dsi_packet_valid(pkts[i]) >= 0);
			side->packets++;
		}
		MUST_BE(dsi_packet_commit_many(side->sock, pkts, n), 0);
	}
	side->calls = calls_end(&side->first);
	return NULL;
}

/* ---- a provider that counts ---------------------------------------------- */

static int wanted; /* while no socket is running */
static _Atomic uint64_t told[DSI_TRACE_EVENTS];

/* Each event has a function of its own type that only counts. */
#define COUNT(event, number, ...)                   \
	static void put_##event(__VA_ARGS__)        \
	{                                           \
		atomic_fetch_add(&told[number], 1); \
	}
#define U32 __attribute__((unused)) uint32_t
#define U64 __attribute__((unused)) uint64_t
#define OPEN __attribute__((unused)) const struct dsi_trace_open *
COUNT(stream_open, 0, OPEN a)
COUNT(stream_close, 1, U64 a, U64 b, U32 c)
COUNT(reader_attach, 2, U64 a, U64 b, U32 c, U32 d, U64 e)
COUNT(reader_detach, 3, U64 a, U64 b, U32 c, U32 d, U64 e)
COUNT(state, 4, U64 a, U64 b, U32 c, U32 d)
COUNT(peer_dead, 5, U64 a, U64 b, U32 c, U32 d)
COUNT(format, 6, U64 a, U32 b, U32 c, U64 d)
COUNT(link, 7, U64 a, U64 b, U64 c, U64 d)
COUNT(violation, 8, U64 a, U64 b, U32 c, U64 d, U64 e)
COUNT(need, 9, U64 a, U64 b, U32 c, U64 d, U64 e, U64 f)
COUNT(reserve, 10, U64 a, U64 b, U64 c, U32 d, U32 e)
COUNT(commit, 11, U64 a, U64 b, U32 c, U32 d, U64 e)
COUNT(get, 12, U64 a, U64 b, U32 c, U64 d, U32 e)
COUNT(release, 13, U64 a, U64 b, U32 c)
COUNT(reclaim, 14, U64 a, U64 b, U32 c)
COUNT(wait_begin, 15, U64 a, U64 b, U32 c, U64 d, U32 e)
COUNT(wait_end, 16, U64 a, U64 b, U32 c, U64 d,
      __attribute__((unused)) int32_t e, U32 f)
COUNT(wake, 17, U64 a, U64 b, U32 c)
COUNT(drop, 18, U64 a, U64 b, U32 c, U32 d, U32 e)

#define WANTED(event, number) .wanted[number] = &wanted,
#define PUT(event, number) .event = put_##event,
static const struct dsi_trace_provider counter = {.size = sizeof(counter),
						  .version = DSI_TRACE_VERSION,
						  .name = "counter",
						  DSI_TRACE_MAP(WANTED)
							  DSI_TRACE_MAP(PUT)};

/* ---- the stream ---------------------------------------------------------- */

static int declared; /* a traffic that is not kept, and a hold */

static struct dsi_socket *make_producer(void)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 100,
		.packet_bytes = 64,
		.lifetime_ns = PATIENCE_NS,
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = 1,
	};
	struct dsi_socket *sock;

	if (declared) /* one each hour, for ever: they come earlier */
		desc.traffic = (struct dsi_traffic){
			.tick_hz = 1, .period = 3600, .jitter = 1, .hold = 1};
	MUST_BE(dsi_producer_create(&desc, &options, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, NAME, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static int copied; /* DSI_CONSUMER_COPY */

static struct dsi_socket *make_consumer(uint32_t policy)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.flags = (declared ? DSI_CONSUMER_TIME_HOLD : 0) |
			 (copied ? DSI_CONSUMER_COPY : 0),
		.policy = policy,
		.hold_packets = copied ? 4 : 0,
		.max_packet_bytes = copied ? 65536 : 0,
	};
	struct dsi_socket *sock;

	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, NAME, dsi_now() + PATIENCE_NS), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static void run(uint32_t policy, const char *how, const char *name)
{
	struct side from = {.sock = make_producer()};
	struct side to = {.sock = make_consumer(policy)};

	MUST_BE(pthread_create(&to.thread, NULL, consume, &to), 0);
	MUST_BE(pthread_create(&from.thread, NULL, produce, &from), 0);
	MUST_BE(pthread_join(from.thread, NULL), 0);
	MUST_BE(pthread_join(to.thread, NULL), 0);
	printf("%s, %s: %ju packets sent with %ju calls (first: %s), %ju "
	       "received "
	       "with %ju (first: %s)\n",
	       how, name, (uintmax_t)from.packets, (uintmax_t)from.calls,
	       from.first, (uintmax_t)to.packets, (uintmax_t)to.calls,
	       to.first);
	MUST(from.calls == 0 && to.calls == 0);
	dsi_socket_destroy(to.sock);
	dsi_socket_destroy(from.sock);
}

static void run_all(const char *how)
{
	run(DSI_POLICY_BLOCK, how, "block");
	run(DSI_POLICY_DROP_NEW, how, "drop");
	run(DSI_POLICY_RECLAIM, how, "reclaim");
}

/* The counter counts: making a socket allocates, sleeping calls the kernel. */
static void control_run(void)
{
	struct dsi_socket *from;
	struct dsi_socket *to;
	struct dsi_packet *pkt;
	const char *first;

	calls_begin();
	from = make_producer();
	MUST(calls_end(&first) > 10);
	to = make_consumer(DSI_POLICY_BLOCK);
	calls_begin();
	MUST_BE(dsi_packet_get(to, dsi_now() + 1000000u, &pkt), -DSI_ETIMEDOUT);
	/* More if the kernel woke it before its time. */
	MUST(calls_end(&first) >= 1);
	dsi_socket_destroy(to);
	dsi_socket_destroy(from);
}

int main(void)
{
	char folder[] = "/tmp/dsi-rt-XXXXXX";

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	control_run();
	run_all("untraced");
	MUST_BE(dsi_trace_attach(&counter, NULL, 0), 0);
	run_all("traced, idle");
	for (uint32_t i = 0; i < DSI_TRACE_EVENTS; i++)
		MUST_BE(told[i], 0);
	wanted = 1;
	run_all("traced");
	MUST(told[10] >= 3u * PACKETS_SENT && told[11] >= 3u * PACKETS_SENT);
	MUST(told[12] >= PACKETS_SENT && told[13] == told[12] && told[14] > 0);
	MUST_BE(told[8], 0);
	declared = 1;
	run_all("traced and compared");
	MUST(told[8] > 0);
	copied = 1;
	run_all("traced, compared and copied");
	MUST_BE(rmdir(folder), 0);
	return 0;
}
