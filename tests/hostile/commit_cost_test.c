/* SPDX-License-Identifier: MIT */
/*
 * commit_cost_test.c - what a consumer can make a commit cost: one wake, which
 * is one system call that does not block, and no more.
 *
 *   commit_cost_test             all cases; prints a table of system calls
 *   commit_cost_test CASE COUNT  one of them, for callgrind, which counts the
 *                                instructions of count_commit()
 *
 * The consumer is made of its pages alone (evil_peer.h).  Between two commits it
 * does what its case says, on the producer's thread: so what each commit meets
 * is the same in every run.  One that writes all the time has a thread of its
 * own.  Counts are asserted, times are not.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/dsi.h>

#include "dsi/notify.h"
#include "dsi/ring.h"
#include "tests/hostile/evil_peer.h"
#include "tests/rt/call_count.h"
#include "tests/unit/must.h"

#define NAME "cost"
#define PACKETS 64u
#define QUEUE 8u
#define COMMITS 2000u
#define PATIENCE UINT64_C(60000000000)
/* Of one that writes all the time, so many wakes are waited for. */
#define CAUGHT 50u

static struct dsi_socket *producer;
static struct evil_consumer evil;
static uint64_t given;	/* back, so far */
static uint64_t sleeps; /* index of the last one, in bits 34.. */

static struct dsi_shm_consumer *page(void)
{
	return evil_page(&evil);
}

static uint32_t signal_now(void)
{
	return atomic_load(&evil_signal(&evil)->signal);
}

/* ---- what a consumer does ------------------------------------------------ */

static uint32_t token_at(uint64_t position)
{
	uint32_t own = evil.offer.own_slots;
	char *base = own ? evil.signal.addr : evil.control.addr;
	struct dsi_ring_entry entry;
	struct dsi_ring ring;

	dsi__ring_attach(&ring, base + DSI_SHM_PAGE_HEAD, own ? own : PACKETS,
			 1);
	dsi__ring_copy(&ring, position, &entry);
	return entry.token;
}

/* Give back all that came, as it should be. */
static void give_all(void)
{
	uint64_t start = atomic_load(&evil_signal(&evil)->start);
	uint32_t there = signal_now();

	if (!start)
		return;
	while (given != there) {
		uint32_t token = token_at(start - 1u + given);

		atomic_store(&evil_returns(&evil)[given % PACKETS], token);
		given++;
	}
	atomic_store(&page()->taken, start - 1u + given);
	atomic_store(&page()->returned, given);
}

static void fall_asleep(uint64_t how)
{
	sleeps += DSI_SLEEP_COUNT;
	atomic_store(&page()->sleep,
		     sleeps | how | DSI_SLEEP_ASLEEP | signal_now());
}

static void awake(void)
{
	give_all();
}

static void asleep(void)
{
	give_all();
	fall_asleep(0);
}

static void asleep_by_bell(void)
{
	give_all();
	fall_asleep(DSI_SLEEP_BELL);
}

/* Said once, and never taken back. */
static void asleep_for_ever(void)
{
	give_all();
	if (!sleeps)
		fall_asleep(0);
}

/* It did not see anything, it says, each time anew. */
static void asleep_and_blind(void)
{
	give_all();
	sleeps += DSI_SLEEP_COUNT;
	atomic_store(&page()->sleep, sleeps | DSI_SLEEP_ASLEEP |
					     (uint32_t)(signal_now() - 1000u));
}

static void keep_all(void)
{
	fall_asleep(0);
}

static void wild_taken(void)
{
	fall_asleep(0);
	atomic_store(&page()->taken, sleeps * UINT64_C(0x9e3779b97f4a7c15));
}

static void garbage_tokens(void)
{
	fall_asleep(0);
	atomic_store(&evil_returns(&evil)[given % PACKETS], UINT32_MAX);
	atomic_store(&page()->returned, ++given);
}

/* ---- one that writes all the time ---------------------------------------- */

static _Atomic uint32_t toggling;

static void *toggle(void *arg)
{
	uint64_t index = 0;

	(void)arg;
	while (atomic_load(&toggling)) {
		index += DSI_SLEEP_COUNT;
		atomic_store(&page()->sleep,
			     index | DSI_SLEEP_ASLEEP |
				     (uint32_t)(signal_now() - 1u));
		atomic_store(&page()->sleep, 0);
	}
	return NULL;
}

#define NOBODY 9u /* a policy: there is no consumer */

static void nothing(void)
{
}

/* ---- cases --------------------------------------------------------------- */

static const struct cost_case {
	const char *name;
	uint32_t policy;
	void (*step)(void);
	uint32_t toggles; /* has the thread */
	/* Calls for all commits, at most; exactly if it says so. */
	uint32_t most;
	uint32_t exactly;
} cases[] = {
	{"nobody", NOBODY, nothing, 0, 0, 1},
	{"good-awake", DSI_POLICY_BLOCK, awake, 0, 0, 1},
	{"good-awake-drop", DSI_POLICY_DROP_NEW, awake, 0, 0, 1},
	{"good-awake-reclaim", DSI_POLICY_RECLAIM, awake, 0, 0, 1},
	{"good-asleep", DSI_POLICY_BLOCK, asleep, 0, COMMITS, 1},
	{"good-asleep-drop", DSI_POLICY_DROP_NEW, asleep, 0, COMMITS, 1},
	{"good-asleep-reclaim", DSI_POLICY_RECLAIM, asleep, 0, COMMITS, 1},
	{"good-asleep-bell", DSI_POLICY_BLOCK, asleep_by_bell, 0, COMMITS, 1},
	{"evil-never-sleeps", DSI_POLICY_BLOCK, asleep_for_ever, 0, 1, 0},
	{"evil-never-sleeps-drop", DSI_POLICY_DROP_NEW, asleep_for_ever, 0, 1,
	 0},
	{"evil-saw-nothing", DSI_POLICY_BLOCK, asleep_and_blind, 0, COMMITS, 0},
	{"evil-toggles", DSI_POLICY_BLOCK, awake, 1, COMMITS, 0},
	{"evil-toggles-drop", DSI_POLICY_DROP_NEW, awake, 1, COMMITS, 0},
	{"evil-toggles-reclaim", DSI_POLICY_RECLAIM, awake, 1, COMMITS, 0},
	{"evil-keeps-all-drop", DSI_POLICY_DROP_NEW, keep_all, 0, COMMITS, 0},
	{"evil-keeps-all-reclaim", DSI_POLICY_RECLAIM, keep_all, 0, COMMITS, 0},
	{"evil-wild-taken-drop", DSI_POLICY_DROP_NEW, wild_taken, 0, COMMITS,
	 0},
	{"evil-wild-taken-reclaim", DSI_POLICY_RECLAIM, wild_taken, 0, COMMITS,
	 0},
	{"evil-garbage-tokens", DSI_POLICY_BLOCK, garbage_tokens, 0, COMMITS,
	 0},
	{"evil-garbage-tokens-drop", DSI_POLICY_DROP_NEW, garbage_tokens, 0,
	 COMMITS, 0},
	{"evil-garbage-tokens-reclaim", DSI_POLICY_RECLAIM, garbage_tokens, 0,
	 COMMITS, 0},
};

static void begin(const struct cost_case *cost)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.ring_slots = PACKETS,
		.packet_bytes = 64,
	};
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = cost->policy != NOBODY,
	};
	struct dsi_wire_in in;

	MUST_BE(dsi_producer_create(&desc, &options, &producer), 0);
	MUST_BE(dsi_socket_listen(producer, NAME, NULL), 0);
	MUST_BE(dsi_socket_start(producer), 0);
	if (cost->policy == NOBODY)
		return;
	evil_meet(&evil, NAME, cost->policy,
		  cost->policy == DSI_POLICY_DROP_NEW ? QUEUE : 0);
	evil_accept(&evil, -1);
	MUST_BE(evil_hear(evil.conn, &in), DSI_WIRE_READY);
	given = 0;
	sleeps = 0;
}

/* What callgrind counts. */
__attribute__((noinline)) void count_commit(void);
void count_commit(void)
{
	struct dsi_packet *pkt;

	MUST_BE(dsi_packet_get(producer, 0, &pkt), 0);
	MUST_BE(dsi_packet_commit(producer, pkt), 0);
}

/* The calls of so many commits, and the most of one. */
static uint64_t run(const struct cost_case *cost, uint32_t commits,
		    uint64_t *out_most)
{
	struct dsi_packet *pkt;
	uint64_t deadline = dsi_now() + PATIENCE;
	const char *first;
	uint64_t calls = 0;
	pthread_t thread;

	begin(cost);
	/* It is admitted by the first one. */
	MUST_BE(dsi_packet_get(producer, dsi_now() + PATIENCE, &pkt), 0);
	MUST_BE(dsi_packet_commit(producer, pkt), 0);
	atomic_store(&toggling, cost->toggles);
	if (cost->toggles)
		MUST_BE(pthread_create(&thread, NULL, toggle, NULL), 0);
	*out_most = 0;
	for (uint32_t i = 0; i < commits || (cost->toggles && calls < CAUGHT);
	     i++) {
		uint64_t n;

		if (i % 64u == 63u && cost->toggles) {
			MUST(dsi_now() < deadline);
			sched_yield();
		}

		cost->step();
		calls_begin();
		count_commit();
		n = calls_end(&first);
		calls += n;
		if (*out_most < n)
			*out_most = n;
	}
	atomic_store(&toggling, 0);
	if (cost->toggles)
		MUST_BE(pthread_join(thread, NULL), 0);
	if (cost->policy != NOBODY)
		evil_hang_up(&evil);
	dsi_socket_destroy(producer);
	return calls;
}

static int run_all(void)
{
	int failed = 0;

	printf("%-30s %8s %8s %8s\n", "consumer", "commits", "calls", "in one");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cost_case *cost = &cases[i];
		uint64_t most;
		uint64_t calls = run(cost, COMMITS, &most);
		/* Who is found out is told to the monitor, once. */
		int bad = most > 2u || calls > cost->most + 1u ||
			  (cost->exactly && calls != cost->most);

		printf("%-30s %8u %8ju %8ju%s\n", cost->name, COMMITS,
		       (uintmax_t)calls, (uintmax_t)most,
		       bad ? "  FAILED" : "");
		failed += bad;
	}
	printf("cost: %zu consumers, %d failures\n",
	       sizeof(cases) / sizeof(cases[0]), failed);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-cost-XXXXXX";
	uint64_t most;
	int result = 2;

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	if (argc < 3)
		result = run_all();
	for (size_t i = 0; argc == 3 && i < sizeof(cases) / sizeof(cases[0]);
	     i++) {
		if (strcmp(argv[1], cases[i].name) != 0)
			continue;
		(void)run(&cases[i], (uint32_t)atoi(argv[2]), &most);
		result = 0;
	}
	MUST_BE(rmdir(folder), 0);
	return result;
}
