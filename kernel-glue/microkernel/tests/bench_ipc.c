/* SPDX-License-Identifier: MIT */
/*
 * bench_ipc.c - what the operations cost, in instructions of all CPUs.
 *
 * Meaningful with run-qemu.sh -i only: there the time stamp counter counts
 * instructions, and two runs are the same.  Each line is "bench NAME VALUE":
 * instructions for one operation, user code included, in hundredths.
 */
#include "tap.h"

#define ROUNDS 1000u

static struct job partner;
static uint64_t ping, pong;

static uint64_t tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* The body runs once to warm up and once to count. */
static void measure(const char *name, void (*body)(void))
{
	uint64_t before, took;

	body();
	before = tsc();
	body();
	took = (tsc() - before) * 100 / ROUNDS;
	mk_print("bench %s %lu.%lu%lu\n", name, took / 100, took / 10 % 10,
		 took % 10);
}

/* ---- one thread ------------------------------------------------------ */

static void null_calls(void)
{
	struct mk_message m = {0};

	for (unsigned i = 0; i < ROUNDS; i++)
		(void)mk_ipc(0, 0, 0, &m);
}

static void signals(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)mk_signal(ping, 1);
}

static void maps(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		(void)mk_map(
			OWN_TASK, 0x60000000,
			mk_flexpage(MK_MEMORY, MK_HEAP, MK_PAGE_ORDER, MK_R));
		(void)mk_unmap(OWN_TASK,
			       mk_flexpage(MK_MEMORY, 0x60000000, MK_PAGE_ORDER,
					   MK_ALL_RIGHTS),
			       MK_UNMAP_SELF);
	}
}

/* ---- two threads ----------------------------------------------------- */

static void calls(void)
{
	struct mk_message m = {0};

	for (unsigned i = 0; i < ROUNDS; i++) {
		m.tag = mk_tag(1, 1, 0, 0);
		(void)mk_call(partner.gate, MK_FOREVER, &m);
	}
}

static void long_calls(void)
{
	struct mk_message m = {0};

	for (unsigned i = 0; i < ROUNDS; i++) {
		m.tag = mk_tag(1, 63, 0, 0);
		(void)mk_call(partner.gate, MK_FOREVER, &m);
	}
}

static void serve(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	(void)mk_wait(MK_FOREVER, &m);
	for (;;) {
		m.tag = mk_tag(0, 1, 0, 0);
		(void)mk_reply_wait(MK_FOREVER, &m);
	}
}

static void ping_pongs(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		(void)mk_signal(ping, 1);
		(void)mk_event_wait(pong, MK_NEVER);
	}
}

static void pong_pings(struct job *j)
{
	(void)j;
	for (;;) {
		(void)mk_event_wait(ping, MK_NEVER);
		(void)mk_signal(pong, 1);
	}
}

static void signal_waits(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)mk_signal_wait(ping, 1, pong, MK_NEVER);
}

static void wait_signals(struct job *j)
{
	(void)j;
	(void)mk_event_wait(ping, MK_NEVER);
	for (;;)
		(void)mk_signal_wait(pong, 1, ping, MK_NEVER);
}

static void with_partner(const char *name, uint64_t task,
			 void (*other)(struct job *), void (*body)(void))
{
	job_make_with(&partner, task, MAIN_PRIORITY, partner_cpu, 0);
	if (task != OWN_TASK) {
		(void)mk_map_cap(task, ping, ping, MK_ALL_RIGHTS);
		(void)mk_map_cap(task, pong, pong, MK_ALL_RIGHTS);
	}
	job_run(&partner, other);
	sleep_ms(1);
	measure(name, body);
	job_drop(&partner);
}

static void bench(void)
{
	uint64_t other = second_task();
	uint64_t hits = mk_counter(MK_CAP_LOG, MK_COUNTER_FAST_HIT);

	ping = slot_new();
	pong = slot_new();
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, ping, 0), 0);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, pong, 0), 0);
	*(volatile char *)MK_HEAP = 1;
	measure("null_call", null_calls);
	measure("signal_no_waiter", signals);
	(void)mk_event_wait(ping, 0);
	measure("map_unmap", maps);
	with_partner("call_reply_same_space", OWN_TASK, serve, calls);
	with_partner("call_reply", other, serve, calls);
	with_partner("call_63_words_reply", other, serve, long_calls);
	with_partner("signal_wait_two_calls", other, pong_pings, ping_pongs);
	with_partner("signal_wait_one_call", other, wait_signals, signal_waits);
	mk_print("# %lu on the fast path\n",
		 mk_counter(MK_CAP_LOG, MK_COUNTER_FAST_HIT) - hits);
}

static const struct behaviour list[] = {{"ench", "counts", bench}};

void mk_main(void)
{
	tap_run(list, 1);
}
