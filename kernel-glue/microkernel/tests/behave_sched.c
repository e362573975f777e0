/* SPDX-License-Identifier: MIT */
/* behave_sched.c - behaviours 71, 72, 74 to 76: scheduling and other CPUs. */
#include <mklib/cpu.h>

#include "tap.h"

static struct job a, b, c;
static volatile uint64_t count_a, count_b, count_c;
static uint32_t stop;

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

static void run_a(struct job *j)
{
	(void)j;
	while (!stopped())
		count_a++;
}

static void run_b(struct job *j)
{
	(void)j;
	while (!stopped())
		count_b++;
}

static void run_c(struct job *j)
{
	(void)j;
	while (!stopped())
		count_c++;
}

static void reset(void)
{
	__atomic_store_n(&stop, 0, __ATOMIC_RELEASE);
	count_a = 0;
	count_b = 0;
	count_c = 0;
}

static uint64_t running_ns(const struct job *j)
{
	uint64_t word[4] = {MK_THREAD_INFO};

	return mk_object_call(j->thread, MK_PROTO_THREAD, 1, word) ? 0
								   : word[3];
}

/* Both had at least three tenths of the last while; @pair is one of them, with
 * the thread that works for it. */
static bool shared(const struct job *one, const struct job *other,
		   const struct job *pair)
{
	uint64_t one_ran = running_ns(one);
	uint64_t other_ran = running_ns(other) + running_ns(pair);

	sleep_ms(100);
	one_ran = running_ns(one) - one_ran;
	other_ran = running_ns(other) + running_ns(pair) - other_ran;
	return one_ran * 10 > (one_ran + other_ran) * 3 &&
	       other_ran * 10 > (one_ran + other_ran) * 3;
}

static void call_for_ever(struct job *j)
{
	while (!stopped()) {
		struct mk_message m = {0};

		j->ok = mk_call(b.gate, MK_FOREVER, &m);
	}
}

static void serve_for_ever(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	(void)mk_wait(MK_FOREVER, &m);
	for (;;) {
		m.tag = 0;
		(void)mk_reply_wait(MK_FOREVER, &m);
	}
}

/* Two that call each other all the time have no more than one that does not:
 * who is called runs on the caller's slice. */
static void share_with_pair(void)
{
	unsigned tries = 0;

	reset();
	job_make_with(&a, OWN_TASK, 90, partner_cpu, 0);
	job_make_with(&b, OWN_TASK, 90, partner_cpu, 0);
	job_make_with(&c, OWN_TASK, 90, partner_cpu, 0);
	(void)mk_sched_run(MK_CAP_SCHED, a.thread, 90, partner_cpu, 1000);
	(void)mk_sched_run(MK_CAP_SCHED, b.thread, 90, partner_cpu, 1000);
	(void)mk_sched_run(MK_CAP_SCHED, c.thread, 90, partner_cpu, 1000);
	job_run(&b, serve_for_ever);
	CHECK(job_reaches(&b, MK_STATE_RECEIVING));
	job_run(&a, call_for_ever);
	job_run(&c, run_c);
	while (!shared(&c, &a, &b) && ++tries < 10)
		;
	CHECK(tries < 10);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a) && a.ok && job_wait(&c));
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
}

static void b71(void)
{
	unsigned tries = 0;

	reset();
	job_make_with(&a, OWN_TASK, 90, partner_cpu, 0);
	job_make_with(&b, OWN_TASK, 90, partner_cpu, 0);
	job_make_with(&c, OWN_TASK, 89, partner_cpu, 0);
	(void)mk_sched_run(MK_CAP_SCHED, a.thread, 90, partner_cpu, 1000);
	(void)mk_sched_run(MK_CAP_SCHED, b.thread, 90, partner_cpu, 1000);
	job_run(&a, run_a);
	job_run(&b, run_b);
	CHECK(job_reaches(&a, MK_STATE_READY));
	job_run(&c, run_c);
	/* A host that takes the CPU away in the middle of a slice makes one of
	 * them look greedy, but not always the same. */
	while (!shared(&a, &b, &c) && ++tries < 10)
		;
	CHECK(tries < 10);
	CHECK_EQUAL(count_c, 0);
	CHECK(count_a > 0 && count_b > 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a) && job_wait(&b) && job_wait(&c));
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
	share_with_pair();
}

static void raise_itself(struct job *j)
{
	j->error = (uint64_t)(int64_t)mk_sched_run(MK_CAP_SCHED, j->thread, 60,
						   partner_cpu, 0);
}

static void set_count(struct job *j)
{
	(void)j;
	count_a = 1;
}

static void b72(void)
{
	reset();
	job_make_with(&a, OWN_TASK, 50, partner_cpu, 0);
	CHECK_EQUAL(mk_sched_limit(MK_CAP_SCHED, a.thread, 55), 0);
	job_run(&a, raise_itself);
	CHECK(job_wait(&a));
	CHECK_EQUAL(a.error, (uint64_t)-MK_EPERM);
	CHECK_EQUAL(mk_sched_limit(MK_CAP_SCHED, a.thread, 256), -MK_EPERM);
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread, 256, 0, 0),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread, 50, cpu_count, 0),
		    -MK_EINVAL);
	job_drop(&a);
	/* Here the thread is ready, and not good enough; then it is. */
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 10, 0, 0);
	job_run(&a, set_count);
	CHECK_EQUAL(count_a, 0);
	CHECK_EQUAL(
		mk_sched_run(MK_CAP_SCHED, a.thread, MAIN_PRIORITY + 10, 0, 0),
		0);
	CHECK_EQUAL(count_a, 1);
	CHECK(job_wait(&a));
	job_drop(&a);
}

static void b74(void)
{
	uint64_t before;

	if (cpu_count < 2) {
		tap_skip("one CPU");
		return;
	}
	reset();
	job_make_with(&a, OWN_TASK, 90, 1, 0);
	job_run(&a, run_a);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t end = now_ns() + 5000000000;

		CHECK_EQUAL(mk_thread_suspend(a.thread), 0);
		before = count_a;
		mk_sleep_us(500);
		CHECK_EQUAL(count_a, before);
		CHECK_EQUAL(mk_thread_resume(a.thread), 0);
		while (count_a == before && now_ns() < end)
			mk_sleep_us(100);
		CHECK(count_a != before);
	}
	/* Its registers, while it runs over there. */
	job_run(&a, run_b);
	while (count_b == 0)
		mk_sleep_us(100);
	before = count_a;
	sleep_ms(2);
	CHECK_EQUAL(count_a, before);
	CHECK_EQUAL(mk_delete(OWN_TASK, a.thread), 0);
	before = count_b;
	sleep_ms(2);
	CHECK_EQUAL(count_b, before);
	job_drop(&a);
	/* A whole task, while its thread runs over there. */
	for (unsigned i = 0; i < 5; i++) {
		uint64_t task = second_task();

		job_make_with(&a, task, 90, 1, 0);
		job_run(&a, run_c);
		sleep_ms(1);
		CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
		job_drop(&a);
	}
}

static uint64_t event;

/* The CPU's own number, from the CPU. */
static uint32_t own_cpu(void)
{
	uint32_t eax = 1, ebx, ecx, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return ebx >> 24;
}

static void where_am_i(struct job *j)
{
	j->ok = mk_event_wait(event, MK_NEVER) != 0 && mk_cpu() == own_cpu();
	j->error = own_cpu();
}

static void b75(void)
{
	if (cpu_count < 2) {
		tap_skip("one CPU");
		return;
	}
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event = slot_new(), 0), 0);
	job_make_with(&a, OWN_TASK, 90, 0, 0);
	for (unsigned cpu = cpu_count; cpu-- > 0;) {
		job_run(&a, where_am_i);
		CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
		CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread, 90, cpu, 0),
			    0);
		CHECK(mk_signal(event, 1));
		CHECK(job_wait(&a) && a.ok);
		CHECK_EQUAL(a.error, cpu);
	}
	job_drop(&a);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
}

static void b76(void)
{
	if (cpu_count < 2) {
		tap_skip("one CPU");
		return;
	}
	reset();
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event = slot_new(), 0), 0);
	job_make_with(&a, OWN_TASK, 110, 1, 0);
	job_make_with(&b, OWN_TASK, 50, 1, 0);
	/* A slice so long that no timer could help. */
	(void)mk_sched_run(MK_CAP_SCHED, b.thread, 50, 1, 10000000);
	job_run(&b, run_b);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t end = now_ns() + 5000000000;

		job_run(&a, where_am_i);
		CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
		CHECK(mk_signal(event, 1));
		while (!__atomic_load_n(&a.done, __ATOMIC_ACQUIRE) &&
		       now_ns() < end)
			mk_sleep_us(50);
		CHECK(a.done);
		CHECK_EQUAL(a.error, 1);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&b));
	job_drop(&a);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
}

static const struct behaviour list[] = {
	{"71", "equals take turns, others do not run", b71},
	{"72", "no priority above the limit; a better one counts at once", b72},
	{"74", "stop, change and kill who runs on another CPU", b74},
	{"75", "a thread that waits can be moved", b75},
	{"76", "a busy CPU is told of a better thread", b76},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
