/* SPDX-License-Identifier: MIT */
/*
 * behave_fuzz.c - behaviour 79: system calls with random registers.
 *
 * The thread that makes them has a task of its own and capabilities of every
 * kind but the log.  It will hang, kill itself and lose its registers; we let
 * it go on each time.  Beside it two threads call each other and must notice
 * nothing.
 */
#include "tap.h"

#include <mklib/program.h>

#define CAPS 12u

static struct job fuzz, client, server;
static volatile uint64_t calls;
static uint64_t random_state = 88172645463325252ul;
static uint32_t stop;
static uint64_t exchanged, wrong;

/* Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003). */
static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Small numbers, addresses, flexpages and anything. */
static uint64_t some_word(void)
{
	uint64_t r = random64();

	switch (r >> 60) {
	case 0:
	case 1:
	case 2:
	case 3:
		return r & 15;
	case 4:
	case 5:
		return r & 0xffff;
	case 6:
		return 0x70000000 + (r & 0xffffff000);
	case 7:
		return mk_flexpage(r & 3, 0x70000000 + (r & 0xff000),
				   r >> 20 & 31, r >> 30 & 15);
	case 8:
		return mk_cap_page(r & 31, r >> 30 & 15);
	case 9:
		return 0xffff800000000000 + (r & 0xfffffff);
	default:
		return random64();
	}
}

static uint64_t some_tag(void)
{
	uint64_t r = random64();
	int64_t proto = r & 1 ? MK_PROTO_FAULT - (int64_t)(r >> 8 & 15)
			      : (int64_t)(r >> 8 & 255);

	if ((r & 14) == 0)
		return random64();
	return mk_tag(proto, r >> 20 & 7, (r >> 24 & 7) ? 0 : r >> 30 & 3,
		      r >> 40 & 15);
}

static void one_call(void)
{
	uint64_t r = random64();
	uint64_t rdi = (r & 31) << 8 | (r >> 8 & 63), rax = some_tag();
	uint64_t rsi = some_word(), rdx = r >> 16 & 3 ? r >> 20 & 3 : r;
	register uint64_t r8 __asm__("r8") = some_word();
	register uint64_t r9 __asm__("r9") = some_word();
	register uint64_t r10 __asm__("r10") = some_word();
	register uint64_t r12 __asm__("r12") = some_word();
	struct mk_utcb *u = (struct mk_utcb *)fuzz.utcb;

	if ((r >> 20 & 31) == 0)
		rdi = random64();
	if ((r >> 30 & 15) == 0)
		rdx |= (uint64_t)(r >> 34 & 1023) << 32;
	u->mr[4 + (r >> 40 & 7)] = some_word();
	u->windows = r >> 44 & 3;
	u->window[r >> 46 & 1] = some_word();
	__asm__ volatile("syscall"
			 : "+a"(rax), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9),
			   "+r"(r10), "+r"(r12), "+D"(rdi)
			 :
			 : "rcx", "r11", "memory");
}

static void fuzz_calls(struct job *j)
{
	(void)j;
	for (;;) {
		calls++;
		one_call();
	}
}

static void ask(struct job *j)
{
	(void)j;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		struct mk_message m = {.tag = mk_tag(1, 1, 0, 0),
				       .word = {exchanged}};

		if (!mk_call(server.gate, MK_FOREVER, &m) ||
		    m.word[0] != exchanged + 1)
			wrong++;
		exchanged++;
		mk_sleep_us(300);
	}
}

static void answer(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	(void)mk_wait(MK_FOREVER, &m);
	for (;;) {
		m.word[0]++;
		m.tag = mk_tag(2, 1, 0, 0);
		if (!mk_reply_wait(MK_FOREVER, &m))
			(void)mk_wait(MK_FOREVER, &m);
	}
}

/* What the fuzzed thread may use: its own thread, objects made for it, the
 * scheduler (with a limit), interrupts. */
static void give_caps(uint64_t task)
{
	uint64_t own[CAPS] = {fuzz.thread, slot_new(), slot_new(),
			      slot_new(),  slot_new(), slot_new(),
			      slot_new(),  fuzz.gate,  MK_CAP_SCHED};
	static uint64_t factory;

	/* All of the last round goes with its factory. */
	if (factory)
		(void)mk_delete(OWN_TASK, factory);
	factory = own[1];
	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, factory, 2 << 20), 0);
	CHECK_EQUAL(mk_create_task(factory, own[2]), 0);
	CHECK_EQUAL(mk_create_thread(factory, own[3]), 0);
	CHECK_EQUAL(mk_create_gate(factory, own[4], 1, own[3]), 0);
	CHECK_EQUAL(mk_create_event(factory, own[5], MK_EVENT_BITS), 0);
	CHECK_EQUAL(mk_create_event(factory, own[6], MK_EVENT_COUNT), 0);
	for (uint64_t i = 0; i < 9; i++)
		(void)mk_map_cap(task, i + 1, own[i], MK_ALL_RIGHTS);
}

static void drop_caps(uint64_t task)
{
	(void)mk_unmap(task, mk_flexpage(MK_CAPS, 0, 15, MK_ALL_RIGHTS),
		       MK_UNMAP_SELF);
}

static uint64_t calls_wanted(void)
{
	char text[12];
	uint64_t n = 0;

	if (!mk_option(mk_boot_info()->command, "calls", text, sizeof(text)))
		return 100000;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

static void b79(void)
{
	uint64_t want = calls_wanted(), before = 0, limit, used, end;
	uint64_t task = second_task();
	unsigned turn = 0;

	job_make_with(&fuzz, task, 40, partner_cpu, 0);
	job_make_with(&client, OWN_TASK, 60, 0, 0);
	job_make_with(&server, OWN_TASK, 60, partner_cpu, 0);
	CHECK_EQUAL(mk_sched_limit(MK_CAP_SCHED, fuzz.thread, 40), 0);
	job_run(&server, answer);
	job_run(&client, ask);
	give_caps(task);
	job_run(&fuzz, fuzz_calls);
	/* A kernel that makes no progress is noticed; a busy host has time. */
	end = now_ns() + want * 600000 + 30000000000ul;
	while (calls < want && now_ns() < end) {
		/* Some twenty calls, and it hangs: most of the time is ours. */
		mk_sleep_us(100);
		/* It may be stopped, suspended or on some CPU or other. */
		if (calls == before || ++turn % 64 == 0) {
			(void)mk_sched_run(MK_CAP_SCHED, fuzz.thread, 40,
					   partner_cpu, 0);
			(void)mk_thread_resume(fuzz.thread);
			job_run(&fuzz, fuzz_calls);
		}
		before = calls;
		if (turn % 256 == 255) {
			turn++;
			drop_caps(task);
			give_caps(task);
		}
		if (mk_thread_state(fuzz.thread) < 0) {
			/* It has deleted itself: a new one. */
			job_drop(&fuzz);
			(void)mk_delete(OWN_TASK, task);
			task = second_task();
			job_make_with(&fuzz, task, 40, partner_cpu, 0);
			(void)mk_sched_limit(MK_CAP_SCHED, fuzz.thread, 40);
			give_caps(task);
			job_run(&fuzz, fuzz_calls);
		}
	}
	CHECK(calls >= want);
	job_drop(&fuzz);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&client));
	CHECK(exchanged > 10);
	CHECK_EQUAL(wrong, 0);
	job_drop(&client);
	job_drop(&server);
	CHECK_EQUAL(mk_factory_info(MK_CAP_FACTORY, &limit, &used), 0);
	mk_print("# %lu calls, %lu exchanged beside them\n", calls, exchanged);
}

static const struct behaviour list[] = {
	{"79", "random system calls", b79},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
