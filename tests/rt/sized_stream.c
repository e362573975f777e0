/* SPDX-License-Identifier: MIT */
/*
 * sized_stream.c - does a stream that sized itself lose nothing?
 *
 *   sized_stream [--seconds N] [--period MS] [--pattern random|worst]
 *                [--minus-one] [--runs N] [--seed N]
 *
 * Three processes: a producer, a consumer, and a control application that
 * joins them by dsi_stream_create() with descriptions and without a number of
 * packets.  Both sides are time-triggered, late on purpose by up to what they
 * declared, and never wait: a get finds a packet at its time, or that one is
 * lost.  The declarations contain an allowance for the machine's own delays,
 * which are measured.
 *
 * With --minus-one the stream has one packet less than was computed; then the
 * worst pattern must show a loss.
 *
 * Near a packet for which the machine broke a declaration nothing follows:
 * that is reported, and as many packets are sent again, in up to --runs runs,
 * until --seconds of undisturbed ones have been seen.
 *
 * Exit status: 0 as it should be; 1 not; 77 too few undisturbed packets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/rt/timed_peer.h"
#include "tests/unit/must.h"

#define SKIPPED 77
#define PRODUCER 0u
#define CONSUMER 1u
#define NS_PER_S UINT64_C(1000000000)
#define PATIENCE_NS (10 * NS_PER_S)
#define LEAST 100 /* packets of a run: the worst pattern turns at 40 */

/* For a period of 20 ms; for another one in proportion.  With the allowance
 * each end declares 16 ms of jitter and 22 ms of hold: packets live up to 76 ms
 * = 3.8 periods, so that 4 are needed.  What is done on purpose, after a start
 * that is late by the whole declared jitter, comes to 64 ms = 3.2 periods, so
 * that 3 are too few with 4 ms to spare. */
static uint64_t period = 20 * TIMED_MS;
static struct timed_delays delays;

static void set_delays(uint64_t period_ms)
{
	period = period_ms * TIMED_MS;
	delays = (struct timed_delays){
		.jitter = period / 20 * 12,
		.hold = period / 20 * 18,
		.allowance = period / 20 * 4,
	};
}

static const char *const names[] = {"sized.producer", "sized.consumer"};

struct options {
	uint64_t seconds;
	uint64_t period_ms;
	uint64_t seed;
	uint32_t runs;
	enum timed_pattern pattern;
	int minus_one;
};

/* What the processes share. */
static struct {
	struct timed_peer peers[2];
	_Atomic uint32_t finished;
	_Atomic uint32_t ending;
} * shared;

/* ---- the two components -------------------------------------------------- */

static struct timed_peer mine;
static pthread_t worker;
static int working;

static void *work(void *arg)
{
	struct timed_peer *public = arg;

	timed_peer_run(&mine);
	public->outcome = mine.outcome;
	atomic_fetch_add(&shared->finished, 1);
	return NULL;
}

static int open_socket(void *user, const struct dsi_open_request *request,
		       struct dsi_socket **out_sock)
{
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = 1,
	};

	(void)user;
	if (request->role == DSI_ROLE_PRODUCER)
		return dsi_producer_create(&request->desc, &options, out_sock);
	return dsi_consumer_create(&request->consumer, out_sock);
}

static int start(void *user, struct dsi_socket *sock)
{
	struct timed_peer *public = user;

	mine = *public;
	mine.sock = sock;
	working = pthread_create(&worker, NULL, work, public) == 0;
	return working ? 0 : -DSI_ENOMEM;
}

static int stop(void *user, struct dsi_socket *sock)
{
	(void)user;
	(void)sock;
	if (working)
		MUST_BE(pthread_join(worker, NULL), 0);
	working = 0;
	return 0;
}

static void close_socket(void *user, struct dsi_socket *sock)
{
	(void)user;
	dsi_socket_destroy(sock);
}

static void nap(void)
{
	const struct timespec time = {.tv_nsec = 20000000};

	(void)nanosleep(&time, NULL);
}

static pid_t offer_component(uint32_t which)
{
	static const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = open_socket,
		.start = start,
		.stop = stop,
		.close = close_socket,
	};
	struct dsi_component *component;
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid)
		return pid;
	/* A control application that gave up takes us along. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	MUST_BE(dsi_component_create(names[which], NULL, &ops,
				     &shared->peers[which],
				     DSI_COMPONENT_THREAD, &component),
		0);
	while (!atomic_load(&shared->ending))
		nap();
	dsi_component_destroy(component);
	_exit(0);
}

/* ---- the control application --------------------------------------------- */

static struct dsi_stream_desc describe(void)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.packet_bytes = 4096,
		.traffic = {.tick_hz = NS_PER_S,
			    .period = period,
			    .jitter = delays.jitter + delays.allowance,
			    .hold = delays.hold + delays.allowance},
	};
}

static struct dsi_usage describe_usage(void)
{
	return (struct dsi_usage){
		.tick_hz = NS_PER_S,
		.period = period,
		.pace = DSI_PACE_GRID,
		.jitter = delays.jitter + delays.allowance,
		.hold = delays.hold + delays.allowance,
	};
}

static int create(const struct dsi_stream_desc *desc,
		  const struct dsi_usage *usage, struct dsi_stream **out)
{
	struct dsi_endpoint ends[2] = {{.size = sizeof(ends[0])},
				       {.size = sizeof(ends[1])}};

	ends[PRODUCER].component = names[PRODUCER];
	ends[CONSUMER].component = names[CONSUMER];
	ends[CONSUMER].consumer.size = sizeof(ends[CONSUMER].consumer);
	if (usage)
		ends[CONSUMER].consumer.usage = *usage;
	return dsi_stream_create(desc, &ends[PRODUCER], &ends[CONSUMER], 1,
				 dsi_now() + PATIENCE_NS, out);
}

static struct dsi_stream *create_sized(struct dsi_sizing_need *need)
{
	const struct dsi_stream_desc desc = describe();
	const struct dsi_usage usage = describe_usage();
	struct dsi_stream_desc made = {.size = sizeof(made)};
	struct dsi_stream *stream;
	uint64_t tick_hz;

	MUST_BE(create(&desc, &usage, &stream), 0);
	MUST_BE(dsi_stream_desc(stream, &made), 0);
	need->size = sizeof(*need);
	MUST_BE(dsi_stream_need(stream, 0, need, &tick_hz), 0);
	MUST(tick_hz == NS_PER_S);
	MUST_BE(made.packets, need->slots);
	printf("computed   %" PRIu32 " packets; the consumer begins "
	       "%.6f ms after the producer;\n           longest life of a "
	       "packet %.3f ms = %.3f periods\n",
	       made.packets, (double)need->start.whole / 1e6,
	       (double)need->lifetime.whole / 1e6,
	       (double)need->lifetime.whole / (double)period);
	return stream;
}

/* A stream with one packet less: refused to who says what it needs, so joined
 * by ends that do not. */
static struct dsi_stream *create_short(uint32_t packets)
{
	const struct dsi_usage usage = describe_usage();
	struct dsi_stream_desc desc = describe();
	struct dsi_stream *stream;

	desc.packets = packets;
	MUST_BE(create(&desc, &usage, &stream), -DSI_ENOMATCH);
	printf("refused    %s\n", dsi_stream_error(stream));
	dsi_stream_destroy(stream);
	MUST_BE(create(&desc, NULL, &stream), 0);
	printf("instead    %" PRIu32 " packets, usage not declared\n", packets);
	return stream;
}

static void set_peers(const struct options *options, uint64_t packets,
		      uint64_t offset)
{
	uint64_t begin = dsi_now() + NS_PER_S;

	for (uint32_t i = 0; i < 2; i++)
		shared->peers[i] = (struct timed_peer){
			.role = i == PRODUCER ? DSI_ROLE_PRODUCER
					      : DSI_ROLE_CONSUMER,
			.pattern = options->pattern,
			.delays = delays,
			.period = period,
			.begin = i == PRODUCER ? begin : begin + offset,
			.packets = packets,
			.seed = 2 * options->seed + i,
		};
	atomic_store(&shared->finished, 0);
}

static void await_end(uint64_t packets, const pid_t *pids)
{
	uint64_t deadline = dsi_now() + packets * period + 60 * NS_PER_S;

	while (atomic_load(&shared->finished) < 2) {
		MUST(dsi_now() < deadline);
		for (uint32_t i = 0; i < 2; i++)
			MUST_BE(waitpid(pids[i], NULL, WNOHANG), 0);
		nap();
	}
}

/* ---- the verdict --------------------------------------------------------- */

/* One run of @packets packets.  Return those from which something follows,
 * and add what was lost among them. */
static uint64_t run(const struct options *options, const pid_t *pids,
		    uint64_t packets, uint32_t *losses)
{
	struct dsi_sizing_need need;
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_stream *stream = create_sized(&need);

	if (options->minus_one) {
		dsi_stream_destroy(stream);
		stream = create_short((uint32_t)need.slots - 1u);
	}
	fflush(stdout);
	/* Ties are strict: one tick more than the least. */
	set_peers(options, packets, (uint64_t)need.start.whole);
	MUST_BE(dsi_stream_start(stream, dsi_now() + PATIENCE_NS), 0);
	await_end(packets, pids);
	MUST_BE(dsi_stream_stats(stream, 1, dsi_now() + PATIENCE_NS, &stats),
		0);
	MUST_BE(dsi_stream_stop(stream, dsi_now() + PATIENCE_NS), 0);
	dsi_stream_destroy(stream);
	timed_print(&shared->peers[PRODUCER]);
	timed_print(&shared->peers[CONSUMER]);
	printf("latency    from commit to get %.3f ms at most, bound %.3f ms\n",
	       (double)stats.latency_max_ns / 1e6,
	       (double)need.get_max.whole / 1e6);
	*losses += timed_losses(shared->peers);
	return timed_undisturbed(shared->peers);
}

/* What the machine disturbed is done again. */
static int judge(const struct options *options, const pid_t *pids)
{
	uint64_t wanted = options->seconds * NS_PER_S / period;
	uint64_t good = 0;
	uint32_t losses = 0;

	for (uint32_t i = 0; i < options->runs && good < wanted; i++) {
		uint64_t left = wanted - good < LEAST ? LEAST : wanted - good;

		good += run(options, pids, left, &losses);
	}
	printf("verdict    %" PRIu64 " undisturbed packets, %" PRIu32
	       " losses and underruns among them: ",
	       good, losses);
	if (options->minus_one ? losses : !losses && good >= wanted) {
		printf("as it should be\n");
		return 0;
	}
	if (good < wanted && !losses) {
		printf("too few, the machine was too slow\n");
		return SKIPPED;
	}
	if (options->minus_one && options->pattern == TIMED_RANDOM) {
		printf("chance did not find one\n");
		return 0;
	}
	printf("WRONG\n");
	return 1;
}

/* ---- options ------------------------------------------------------------- */

static void read_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"pattern", required_argument, NULL, 'p'},
		{"period", required_argument, NULL, 't'},
		{"minus-one", no_argument, NULL, 'm'},
		{"runs", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 'e'},
		{0},
	};
	int key;

	*options = (struct options){.seconds = 15,
				    .period_ms = 20,
				    .seed = 1,
				    .runs = 5,
				    .pattern = TIMED_WORST};
	while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (key == 's' && number)
			options->seconds = number;
		else if (key == 't' && number)
			options->period_ms = number;
		else if (key == 'e')
			options->seed = number;
		else if (key == 'r' && number)
			options->runs = (uint32_t)number;
		else if (key == 'p' && strcmp(optarg, "random") == 0)
			options->pattern = TIMED_RANDOM;
		else if (key == 'm')
			options->minus_one = 1;
		else
			MUST(key == 'p' && strcmp(optarg, "worst") == 0);
	}
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-rt-XXXXXX";
	struct options options;
	pid_t pids[2];
	int verdict;

	read_options(&options, argc, argv);
	set_delays(options.period_ms);
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	for (uint32_t i = 0; i < 2; i++)
		pids[i] = offer_component(i);
	printf("declared   period %.0f ms; each end jitter %.0f + %.0f ms, "
	       "hold "
	       "%.0f + %.0f ms (on purpose + allowance for the machine)\n"
	       "pattern    %s, %" PRIu64 " s, seed %" PRIu64 "\n",
	       (double)period / 1e6, (double)delays.jitter / 1e6,
	       (double)delays.allowance / 1e6, (double)delays.hold / 1e6,
	       (double)delays.allowance / 1e6,
	       options.pattern == TIMED_WORST ? "worst" : "random",
	       options.seconds, options.seed);
	verdict = judge(&options, pids);
	atomic_store(&shared->ending, 1);
	for (uint32_t i = 0; i < 2; i++)
		MUST(waitpid(pids[i], NULL, 0) == pids[i]);
	MUST_BE(rmdir(folder), 0);
	return verdict;
}
