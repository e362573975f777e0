/* SPDX-License-Identifier: MIT */
/*
 * stress_body.c - the body of all stress tests; see stress.h.
 *
 * Every packet carries its sequence number and a pattern made from it.  At
 * the end every packet must be accounted for:
 *
 *   BLOCK     received == committed, in order
 *   DROP_NEW  received + dropped == committed, in order, and a packet is
 *             DROPPED_BEFORE exactly when the one before it is missing
 *   RECLAIM   received + reclaimed == committed, in order, and what was
 *             valid after use has the right pattern
 */
#define _GNU_SOURCE
#include "tests/stress/stress.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/must.h"

#define WORDS (STRESS_PACKET_BYTES / 8u)
#define BATCH_MAX 16u
#define POLLS_PER_CLOCK 4096u

struct worker {
	struct stress *stress;
	struct dsi_socket *sock;
	uint32_t index;
	uint32_t policy;
	uint64_t random;
	uint64_t next; /* sequence number expected */
	uint64_t received;
	uint64_t missing;
	uint64_t invalid; /* RECLAIM: overwritten while in use */
	uint32_t ended;
	pthread_t thread;
};

static _Atomic uint32_t joiner_done;
static _Atomic uint32_t sent_all;

/* ---- options ------------------------------------------------------------- */

static const char *const waiting_names[] = {"poll", "sleep", "spin", NULL};
static const char *const policy_names[] = {"block", "drop", "reclaim", "mixed",
					   NULL};

static uint32_t number_of(const char *const *names, const char *value)
{
	for (uint32_t i = 0; names && names[i]; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	return (uint32_t)strtoul(value, NULL, 0);
}

struct stress_config stress_options(int argc, char **argv)
{
	struct stress_config config = {
		.consumers = 1,
		.ring_slots = 64,
		.batch = 1,
		.total = 200000,
		.seed = 1,
	};
	const struct {
		const char *name;
		uint32_t *value;
		const char *const *names;
	} options[] = {
		{"consumers", &config.consumers, NULL},
		{"policy", &config.policy, policy_names},
		{"waiting", &config.waiting, waiting_names},
		{"ring", &config.ring_slots, NULL},
		{"packets", &config.packets, NULL},
		{"batch", &config.batch, NULL},
		{"shuffle", &config.shuffle, NULL},
		{"joiner", &config.joiner, NULL},
		{"wrap", &config.wrap, NULL},
	};
	const char *total = getenv("DSI_STRESS_PACKETS");
	const char *seed = getenv("DSI_STRESS_SEED");
	const size_t n = sizeof(options) / sizeof(options[0]);

	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		size_t k = 0;

		MUST(value);
		*value++ = '\0';
		while (k < n && strcmp(options[k].name, argv[i]) != 0)
			k++;
		MUST(k < n);
		*options[k].value = number_of(options[k].names, value);
	}
	if (total)
		config.total = strtoull(total, NULL, 0);
	if (seed)
		config.seed = strtoull(seed, NULL, 0);
	if (!config.packets)
		config.packets = config.ring_slots + 3u;
	MUST(config.total > 0 && config.batch <= BATCH_MAX);
	return config;
}

struct dsi_stream_desc stress_desc(const struct stress_config *config)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.packets = config->packets,
		.ring_slots = config->ring_slots,
		.max_sg = 2,
		.packet_bytes = STRESS_PACKET_BYTES,
	};
}

uint32_t stress_policy(const struct stress_config *config, uint32_t consumer)
{
	return config->policy == STRESS_MIXED ? consumer % 3u : config->policy;
}

/* All queues together must leave the producer a packet. */
uint32_t stress_quota(const struct stress_config *config)
{
	uint32_t each = (config->packets - 2u) / config->consumers;

	return each > 2 ? each - 1u : 1u;
}

/* ---- the pattern --------------------------------------------------------- */

static uint64_t pattern(uint64_t sequence, uint32_t word)
{
	return word == 0 ? sequence
			 : (sequence + word) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Does anybody read data that may be overwritten meanwhile?  Then both sides
 * use atomic accesses, as an application with such a reader has to. */
static int is_lossy(const struct stress_config *config)
{
	return config->policy == DSI_POLICY_RECLAIM ||
	       config->policy == STRESS_MIXED;
}

static void write_words(const struct stress_config *config, void *data,
			uint32_t words, uint64_t sequence)
{
	_Atomic uint64_t *atomic = data;
	uint64_t *plain = data;

	for (uint32_t i = 0; i < words; i++) {
		if (is_lossy(config))
			atomic_store_explicit(&atomic[i], pattern(sequence, i),
					      memory_order_relaxed);
		else
			plain[i] = pattern(sequence, i);
	}
}

static void read_words(const struct stress_config *config, void *data,
		       uint32_t words, uint64_t *out)
{
	_Atomic uint64_t *atomic = data;
	const uint64_t *plain = data;

	for (uint32_t i = 0; i < words; i++)
		out[i] = is_lossy(config)
				 ? atomic_load_explicit(&atomic[i],
							memory_order_relaxed)
				 : plain[i];
}

/* Sizes vary with the sequence number; every 13th packet is empty. */
static uint32_t words_of(uint64_t sequence)
{
	if (sequence % 13u == 12u)
		return 0;
	return sequence % 3u == 0 ? WORDS : 1u + (uint32_t)(sequence % WORDS);
}

/* ---- waiting ------------------------------------------------------------- */

/* One packet or more, the way the test is configured; or the error. */
static int32_t get_some(struct worker *worker, struct dsi_packet **pkts,
			uint32_t n)
{
	const struct stress_config *config = &worker->stress->config;
	uint64_t deadline = dsi_now() + STRESS_PATIENCE_NS;
	uint32_t polls = 0;
	int32_t got;

	if (config->waiting != STRESS_POLL)
		return dsi_packet_get_many(worker->sock, deadline, pkts, n);
	while ((got = dsi_packet_get_many(worker->sock, 0, pkts, n)) ==
	       -DSI_EAGAIN) {
		if (++polls % POLLS_PER_CLOCK == 0)
			MUST(dsi_now() < deadline);
		(void)sched_yield();
	}
	return got;
}

/* ---- pace ---------------------------------------------------------------- */

/* Nothing holds a producer back whose consumers lose packets: it would be
 * through before they have begun.  A nap now and then lets them catch up,
 * between naps it runs over them. */
static void keep_pace(struct worker *worker)
{
	const struct stress_config *config = &worker->stress->config;
	const struct timespec nap = {.tv_nsec = 20000};

	if (config->policy != DSI_POLICY_BLOCK &&
	    must_random(&worker->random) % 16u == 0)
		(void)nanosleep(&nap, NULL);
}

/* ---- producer ------------------------------------------------------------ */

static void shuffle(struct worker *worker, struct dsi_packet **pkts, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = (uint32_t)(must_random(&worker->random) % i);
		struct dsi_packet *swap = pkts[i - 1u];

		pkts[i - 1u] = pkts[k];
		pkts[k] = swap;
	}
}

static void fill(struct worker *worker, struct dsi_packet *pkt,
		 uint64_t sequence)
{
	const struct stress_config *config = &worker->stress->config;
	uint32_t words = words_of(sequence);
	uint32_t size;
	void *data;

	MUST_BE(dsi_packet_count(pkt), 1);
	MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
	MUST(size == STRESS_PACKET_BYTES);
	write_words(config, data, words, sequence);
	MUST_BE(dsi_packet_set_size(pkt, words * 8u), 0);
	if (sequence % 5u == 0)
		MUST_BE(dsi_packet_set_number(pkt,
					      worker->stress->first + sequence),
			0);
	if (sequence % 7u == 0)
		MUST_BE(dsi_packet_add_data(pkt, 0, (uint32_t)(sequence % 64u)),
			0);
	if (sequence == config->total - 1u)
		MUST_BE(dsi_packet_set_flags(pkt, DSI_PACKET_EOS), 0);
	else if (sequence % 3u == 0)
		MUST_BE(dsi_packet_set_flags(pkt, 0x0100), 0);
}

static void *produce(void *arg)
{
	struct worker *worker = arg;
	struct stress *stress = worker->stress;
	const struct stress_config *config = &stress->config;
	struct dsi_packet *pkts[BATCH_MAX];
	uint64_t sequence = 0;

	while (sequence < config->total) {
		int32_t got = get_some(worker, pkts, config->batch);
		uint32_t n = (uint32_t)got;

		MUST(got > 0);
		if (config->shuffle)
			shuffle(worker, pkts, n);
		while (n > config->total - sequence ||
		       (config->shuffle && n > 1 && sequence % 9u == 4u)) {
			MUST_BE(dsi_packet_discard(stress->producer, pkts[--n]),
				0);
			if (n <= config->total - sequence)
				break;
		}
		for (uint32_t i = 0; i < n; i++)
			fill(worker, pkts[i], sequence++);
		if (n == 1)
			MUST_BE(dsi_packet_commit(stress->producer, pkts[0]),
				0);
		else if (n > 1)
			MUST_BE(dsi_packet_commit_many(stress->producer, pkts,
						       n),
				0);
		keep_pace(worker);
	}
	atomic_store(&sent_all, 1);
	while (config->joiner && !atomic_load(&joiner_done)) {
		stress->idle(stress);
		(void)sched_yield();
	}
	return NULL;
}

/* ---- consumer ------------------------------------------------------------ */

static void check_data(struct worker *worker, struct dsi_packet *pkt,
		       uint64_t sequence)
{
	uint32_t words = words_of(sequence);
	uint64_t have[WORDS];
	uint64_t offset;
	uint32_t size;
	void *data;
	int valid;

	MUST_BE(dsi_packet_count(pkt), sequence % 7u == 0 ? 2 : 1);
	MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
	MUST(size == words * 8u);
	read_words(&worker->stress->config, data, words, have);
	valid = dsi_packet_valid(pkt);
	if (worker->policy != DSI_POLICY_RECLAIM)
		MUST_BE(valid, 1);
	worker->invalid += valid == 0;
	for (uint32_t i = 0; valid && i < words; i++)
		MUST(have[i] == pattern(sequence, i));
	if (sequence % 7u == 0) {
		MUST_BE(dsi_packet_element(pkt, 1, &offset, &size), 0);
		MUST(offset == 0 && size == sequence % 64u);
	}
}

static void check_packet(struct worker *worker, struct dsi_packet *pkt)
{
	struct stress *stress = worker->stress;
	uint64_t sequence = dsi_packet_number(pkt) - stress->first;
	uint32_t flags = dsi_packet_flags(pkt);
	uint32_t user = sequence % 3u == 0 ? 0x0100u : 0;
	int gap = sequence != worker->next;

	MUST(sequence >= worker->next && sequence < stress->config.total);
	MUST(!gap || worker->policy != DSI_POLICY_BLOCK);
	MUST(((flags & DSI_PACKET_DROPPED_BEFORE) != 0) == gap);
	worker->ended = sequence == stress->config.total - 1u;
	MUST(((flags & DSI_PACKET_EOS) != 0) == (int)worker->ended);
	MUST((flags & DSI_PACKET_USER) == (worker->ended ? 0 : user));
	worker->missing += sequence - worker->next;
	worker->next = sequence + 1u;
	worker->received++;
	check_data(worker, pkt, sequence);
}

static void give_back(struct worker *worker, struct dsi_packet **held,
		      uint32_t *n)
{
	if (*n && worker->stress->config.shuffle)
		shuffle(worker, held, *n);
	if (*n == 1)
		MUST_BE(dsi_packet_commit(worker->sock, held[0]), 0);
	else if (*n > 1)
		MUST_BE(dsi_packet_commit_many(worker->sock, held, *n), 0);
	*n = 0;
}

/* Hold some packets while more come, but never while waiting for one. */
static int32_t get_while_holding(struct worker *worker,
				 struct dsi_packet **held, uint32_t *n)
{
	uint32_t room = worker->stress->config.batch;
	int32_t got = -DSI_EAGAIN;

	if (*n && *n < room)
		got = dsi_packet_get_many(worker->sock, 0, held + *n,
					  room - *n);
	if (got > 0)
		return got;
	MUST(got == -DSI_EAGAIN || got == -DSI_ENOBUFS);
	give_back(worker, held, n);
	return get_some(worker, held, room);
}

static void *consume(void *arg)
{
	struct worker *worker = arg;
	struct dsi_packet *held[BATCH_MAX];
	uint32_t n = 0;

	while (!worker->ended) {
		int32_t got = get_while_holding(worker, held, &n);

		MUST(got > 0);
		for (int32_t i = 0; i < got; i++)
			check_packet(worker, held[n++]);
		/* A slow reader now and then, so that others overtake it. */
		if (worker->policy != DSI_POLICY_BLOCK &&
		    must_random(&worker->random) % 512u == 0)
			(void)sched_yield();
	}
	give_back(worker, held, &n);
	return NULL;
}

/* ---- who comes and goes -------------------------------------------------- */

/* Take up to @n packets; numbers follow each other from the first on. */
static void visit(struct worker *worker, uint32_t n)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < n && !atomic_load(&sent_all); i++) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(worker->sock,
					 dsi_now() + UINT64_C(10000000), &pkt);
		uint64_t number;

		if (err == -DSI_ETIMEDOUT)
			continue;
		MUST_BE(err, 0);
		number = dsi_packet_number(pkt) - worker->stress->first;
		MUST(next == UINT64_MAX || number == next);
		next = number + 1u;
		check_data(worker, pkt, number);
		worker->received++;
		/* Sometimes leave with it in hand. */
		if (must_random(&worker->random) % 16u)
			MUST_BE(dsi_packet_commit(worker->sock, pkt), 0);
	}
}

static void *come_and_go(void *arg)
{
	struct worker *worker = arg;
	struct stress *stress = worker->stress;

	while (!atomic_load(&sent_all)) {
		uint32_t n = (uint32_t)(must_random(&worker->random) % 8u);

		worker->sock = stress->join(stress);
		visit(worker, n);
		stress->leave(stress, worker->sock);
		worker->missing++; /* here: visits */
	}
	atomic_store(&joiner_done, 1);
	return NULL;
}

/* ---- the account --------------------------------------------------------- */

static struct dsi_socket_stats stats_of(const struct dsi_socket *sock)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	MUST_BE(dsi_socket_stats(sock, &stats), 0);
	return stats;
}

static void account(const struct worker *worker)
{
	const struct stress_config *config = &worker->stress->config;
	struct dsi_socket_stats stats = stats_of(worker->sock);
	static const char *const names[] = {"block", "drop", "reclaim"};

	printf("  %s %u: %ju received, %ju missing, %ju overwritten in use, "
	       "%ju waits, %ju wakes\n",
	       names[worker->policy], worker->index,
	       (uintmax_t)worker->received, (uintmax_t)worker->missing,
	       (uintmax_t)worker->invalid, (uintmax_t)stats.waits,
	       (uintmax_t)stats.wakes);
	MUST(worker->received + worker->missing == config->total);
	MUST(stats.committed == worker->received);
	MUST(stats.released == worker->received);
	MUST(stats.held == 0);
	MUST(stats.expired == 0);
	MUST(stats.dropped ==
	     (worker->policy == DSI_POLICY_DROP_NEW ? worker->missing : 0));
	MUST(stats.reclaimed ==
	     (worker->policy == DSI_POLICY_RECLAIM ? worker->missing : 0));
	if (worker->policy == DSI_POLICY_BLOCK)
		MUST(worker->missing == 0);
}

static void account_all(const struct stress *stress,
			const struct worker *workers,
			const struct worker *visits)
{
	struct dsi_socket_stats stats = stats_of(stress->producer);
	uint64_t dropped = 0;

	printf("  producer: %ju committed, %ju dropped, %ju waits, %ju wakes, "
	       "backlog %ju\n",
	       (uintmax_t)stats.committed, (uintmax_t)stats.dropped,
	       (uintmax_t)stats.waits, (uintmax_t)stats.wakes,
	       (uintmax_t)stats.backlog_max);
	for (uint32_t i = 0; i < stress->config.consumers; i++) {
		account(&workers[i]);
		if (workers[i].policy == DSI_POLICY_DROP_NEW)
			dropped += workers[i].missing;
	}
	if (stress->config.joiner)
		printf("  visitor: %ju visits, %ju packets\n",
		       (uintmax_t)visits->missing, (uintmax_t)visits->received);
	MUST(stats.committed == stress->config.total);
	MUST(stats.dropped == dropped);
	MUST(stats.held == 0);
	MUST(stats.unclaimed == 0);
	MUST(stats.backlog_max <= stress->config.ring_slots);
	MUST(dsi_socket_event_count(stress->producer, DSI_EVENT_ERROR) == 0);
}

static void begin(struct worker *worker, void *(*work)(void *))
{
	worker->random =
		worker->stress->config.seed * 1000003u + worker->index + 1u;
	MUST_BE(pthread_create(&worker->thread, NULL, work, worker), 0);
}

void stress_run(struct stress *stress)
{
	const struct stress_config *config = &stress->config;
	struct worker workers[DSI_MAX_CONSUMERS];
	struct worker producer = {
		.stress = stress,
		.sock = stress->producer,
		.index = 50,
	};
	struct worker visits = {.stress = stress, .index = 99};

	printf("%u %s, %s, ring %u, %u packets, batch %u%s%s%s, %ju in all, "
	       "seed %ju\n",
	       config->consumers, policy_names[config->policy],
	       waiting_names[config->waiting], config->ring_slots,
	       config->packets, config->batch,
	       config->shuffle ? ", shuffled" : "",
	       config->joiner ? ", with visits" : "",
	       config->wrap ? ", over the wrap" : "", (uintmax_t)config->total,
	       (uintmax_t)config->seed);
	(void)fflush(stdout);
	for (uint32_t i = 0; i < config->consumers; i++) {
		workers[i] = (struct worker){
			.stress = stress,
			.sock = stress->consumers[i],
			.index = i,
			.policy = stress_policy(config, i),
		};
		begin(&workers[i], consume);
	}
	if (config->joiner)
		begin(&visits, come_and_go);
	begin(&producer, produce);
	MUST_BE(pthread_join(producer.thread, NULL), 0);
	for (uint32_t i = 0; i < config->consumers; i++)
		MUST_BE(pthread_join(workers[i].thread, NULL), 0);
	if (config->joiner)
		MUST_BE(pthread_join(visits.thread, NULL), 0);
	account_all(stress, workers, &visits);
}
