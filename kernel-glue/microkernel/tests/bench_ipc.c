/* SPDX-License-Identifier: MIT */
/*
 * bench_ipc.c - what the operations cost, in instructions of all CPUs.
 *
 * Meaningful with run-qemu.sh -i only: there the time stamp counter counts
 * instructions, and two runs are the same.  Each line is "bench NAME VALUE":
 * instructions for one operation, user code included, in hundredths.
 *
 * A CPU that halts executes nothing and counts nothing.  Only if all of them
 * halted would the counter jump, to the next alarm; here one always has work.
 */
#include "tap.h"

#define ROUNDS 1000u

/* The serial line asks for an interrupt as soon as it is told that it may. */
#define SERIAL_LINE 4
#define SERIAL_ENABLE 0x3f9
#define MAY_SEND 2

#define MAPS 0x60000000ul
#define FAULTS 0x70000000ul
#define PAGER_GATE 20u

static struct job partner;
static uint64_t ping, pong;

static uint64_t tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void report(const char *name, uint64_t instructions)
{
	uint64_t each = instructions * 100 / ROUNDS;

	mk_print("bench %s %lu.%lu%lu\n", name, each / 100, each / 10 % 10,
		 each % 10);
}

/* The body runs once to warm up and once to count. */
static void measure(const char *name, void (*body)(void))
{
	uint64_t before;

	body();
	before = tsc();
	body();
	report(name, tsc() - before);
}

/* ---- one thread ------------------------------------------------------ */

static void null_calls(void)
{
	struct mk_message m = {0};

	for (unsigned i = 0; i < ROUNDS; i++)
		(void)mk_ipc(0, 0, 0, &m);
}

static void object_calls(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t word[4] = {MK_ICU_INFO};

		(void)mk_object_call(MK_CAP_ICU, MK_PROTO_ICU, 1, word);
	}
}

static void signals(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)mk_signal(ping, 1);
}

static void map_at(uint64_t va)
{
	(void)mk_map(OWN_TASK, va,
		     mk_flexpage(MK_MEMORY, MK_HEAP, MK_PAGE_ORDER, MK_R));
}

static void unmap_at(uint64_t va)
{
	(void)mk_unmap(OWN_TASK,
		       mk_flexpage(MK_MEMORY, va, MK_PAGE_ORDER, MK_ALL_RIGHTS),
		       MK_UNMAP_SELF);
}

static void maps(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		map_at(MAPS);
		unmap_at(MAPS);
	}
}

/* The kernel splits and joins blocks of its memory; how many depends on all
 * that was made before.  With some small ones free between others that are not,
 * it does neither. */
static void leave_gaps(void)
{
	for (unsigned i = 1; i <= 64; i++)
		map_at(MAPS + i * MK_PAGE_BYTES);
	for (unsigned i = 1; i <= 64; i += 2)
		unmap_at(MAPS + i * MK_PAGE_BYTES);
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

static void with_partner(const char *name, uint64_t task, unsigned cpu,
			 void (*other)(struct job *), void (*body)(void))
{
	job_make_with(&partner, task, MAIN_PRIORITY, cpu, 0);
	if (task != OWN_TASK) {
		(void)mk_map_cap(task, ping, ping, MK_ALL_RIGHTS);
		(void)mk_map_cap(task, pong, pong, MK_ALL_RIGHTS);
	}
	job_run(&partner, other);
	sleep_ms(1);
	measure(name, body);
	job_drop(&partner);
}

/* ---- page faults ----------------------------------------------------- */

static void touch(struct job *j)
{
	(void)j;
	for (;;) {
		(void)mk_event_wait(ping, MK_NEVER);
		for (unsigned i = 0; i < ROUNDS; i++)
			(void)*(volatile char *)(FAULTS + i * MK_PAGE_BYTES);
		(void)mk_signal(pong, 1);
	}
}

/* The same page, always somewhere else. */
static void answer_faults(void)
{
	struct mk_message m = {0};

	(void)mk_signal(ping, 1);
	(void)mk_wait(MK_FOREVER, &m);
	for (unsigned i = 0; i < ROUNDS; i++) {
		m.tag = mk_tag(0, 0, 1, 0);
		m.word[0] = FAULTS + i * MK_PAGE_BYTES;
		m.word[1] =
			mk_flexpage(MK_MEMORY, MK_HEAP, MK_PAGE_ORDER, MK_R);
		(void)mk_ipc(
			0, i < ROUNDS - 1 ? MK_REPLY_WAIT : MK_SEND | MK_REPLY,
			MK_FOREVER, &m);
	}
	(void)mk_event_wait(pong, MK_NEVER);
}

static void page_faults(uint64_t task)
{
	uint64_t gate = slot_new(), before = 0;

	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, MK_CAP_THREAD), 0);
	CHECK_EQUAL(mk_map_cap(task, PAGER_GATE, gate, MK_ALL_RIGHTS), 0);
	job_make_with(&partner, task, MAIN_PRIORITY, 0, PAGER_GATE);
	job_run(&partner, touch);
	sleep_ms(1);
	for (unsigned run = 0; run < 2; run++) {
		CHECK_EQUAL(
			mk_unmap(OWN_TASK,
				 mk_flexpage(MK_MEMORY, MK_HEAP,
					     MK_SUPERPAGE_ORDER, MK_ALL_RIGHTS),
				 MK_UNMAP_OTHERS),
			0);
		before = tsc();
		answer_faults();
	}
	report("page_fault", tsc() - before);
	job_drop(&partner);
}

/* ---- interrupts ------------------------------------------------------ */

static uint64_t triggered, arrived;

static void serial_enable(uint8_t what)
{
	__asm__ volatile("outb %0,%1"
			 :
			 : "a"(what), "d"((uint16_t)SERIAL_ENABLE)
			 : "memory");
}

static void take_interrupts(struct job *j)
{
	(void)j;
	for (;;) {
		(void)mk_event_wait(ping, MK_NEVER);
		arrived += tsc() - triggered;
		serial_enable(0);
		(void)mk_event_unmask(ping);
	}
}

static void interrupts(void)
{
	job_make_with(&partner, OWN_TASK, MAIN_PRIORITY + 10, 0, 0);
	CHECK_EQUAL(mk_icu_bind(MK_CAP_ICU, SERIAL_LINE, ping, false), 0);
	CHECK_EQUAL(mk_event_unmask(ping), 0);
	job_run(&partner, take_interrupts);
	for (unsigned i = 0; i < ROUNDS; i++) {
		triggered = tsc();
		serial_enable(MAY_SEND);
	}
	report("irq_to_thread", arrived);
	CHECK_EQUAL(mk_icu_unbind(MK_CAP_ICU, SERIAL_LINE), 0);
	job_drop(&partner);
}

/* ---- all ------------------------------------------------------------- */

static void two_cpus(uint64_t task)
{
	with_partner("call_reply_two_cpus", task, 1, serve, calls);
	with_partner("signal_wait_two_cpus", task, 1, wait_signals,
		     signal_waits);
}

static void bench(void)
{
	uint64_t other = second_task();
	uint64_t hits = mk_counter(MK_CAP_LOG, MK_COUNTER_FAST_HIT);
	uint64_t misses = mk_counter(MK_CAP_LOG, MK_COUNTER_FAST_MISS);

	ping = slot_new();
	pong = slot_new();
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, ping, 0), 0);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, pong, 0), 0);
	*(volatile char *)MK_HEAP = 1;
	measure("null_call", null_calls);
	measure("object_call", object_calls);
	measure("signal_no_waiter", signals);
	(void)mk_event_wait(ping, 0);
	leave_gaps();
	measure("map_unmap", maps);
	with_partner("call_reply_same_space", OWN_TASK, 0, serve, calls);
	with_partner("call_reply", other, 0, serve, calls);
	with_partner("call_63_words_reply", other, 0, serve, long_calls);
	with_partner("signal_wait_two_calls", other, 0, pong_pings, ping_pongs);
	with_partner("signal_wait_one_call", other, 0, wait_signals,
		     signal_waits);
	page_faults(other);
	interrupts();
	mk_print("# %lu calls and replies on the fast path, %lu not\n",
		 mk_counter(MK_CAP_LOG, MK_COUNTER_FAST_HIT) - hits,
		 mk_counter(MK_CAP_LOG, MK_COUNTER_FAST_MISS) - misses);
	if (cpu_count > 1)
		two_cpus(other);
}

static const struct behaviour list[] = {{"ench", "counts", bench}};

void mk_main(void)
{
	tap_run(list, 1);
}
