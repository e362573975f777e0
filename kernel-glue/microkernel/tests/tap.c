/* SPDX-License-Identifier: MIT */
/* tap.c - see tap.h. */
#include "tap.h"

#include <mklib/program.h>

#define JOBS_MAX 512u
#define STACK_BYTES 8192u
#define STACKS 80u
#define UTCB_AREA 0x20000000ul

unsigned partner_cpu;
unsigned cpu_count;

/* patience=1: tests that are to fail need not wait so long. */
static uint64_t patience_ms = 10000;
static bool failed;
static const char *skipped;
static uint64_t next_slot = 64;
static uint64_t next_utcb = UTCB_AREA;
static _Alignas(16) uint8_t stacks[STACKS][STACK_BYTES];
static bool stack_used[STACKS];

void tap_fail(const char *file, int line, const char *what, int64_t value)
{
	const char *name = file;

	for (const char *p = file; *p; p++)
		if (*p == '/')
			name = p + 1;
	mk_print("# %s:%d: %s (%ld)\n", name, line, what, value);
	failed = true;
}

void tap_skip(const char *why)
{
	skipped = why;
}

/* Second tasks get the image as it is mapped here, so all of it must be. */
static void touch_image(void)
{
	for (volatile char *p = mk_image_start; p < mk_image_end; p += 4096)
		(void)*p;
}

static void begin(void)
{
	char place[16];

	cpu_count = mk_boot_info()->cpus;
	if (mk_option(mk_boot_info()->command, "partner", place,
		      sizeof(place)) &&
	    place[0] == 'o' && cpu_count > 1)
		partner_cpu = 1;
	if (mk_option(mk_boot_info()->command, "patience", place,
		      sizeof(place)))
		patience_ms = 500;
	touch_image();
}

/* only=NN,NN... on the command line. */
static bool wanted(const char *number)
{
	static char only[64];
	static bool asked;
	unsigned n;

	if (!asked &&
	    !mk_option(mk_boot_info()->command, "only", only, sizeof(only)))
		only[0] = 0;
	asked = true;
	if (!only[0])
		return true;
	for (const char *p = only; *p; p += p[n] ? n + 1 : n) {
		for (n = 0; p[n] && p[n] != ',' && p[n] == number[n];)
			n++;
		if (!number[n] && (!p[n] || p[n] == ','))
			return true;
		while (p[n] && p[n] != ',')
			n++;
	}
	return false;
}

_Noreturn void tap_run(const struct behaviour *list, unsigned count)
{
	unsigned bad = 0;

	begin();
	mk_print("TAP version 13\n1..%u\n", count);
	for (unsigned i = 0; i < count; i++) {
		if (!wanted(list[i].number))
			continue;
		failed = false;
		skipped = NULL;
		list[i].run();
		bad += failed;
		mk_print("%s %u - b%s %s%s%s\n", failed ? "not ok" : "ok",
			 i + 1, list[i].number, list[i].text,
			 skipped ? " # SKIP " : "", skipped ? skipped : "");
	}
	mk_exit(MK_CAP_LOG, bad ? 1 : 0x10);
}

uint64_t slot_new(void)
{
	return next_slot++;
}

uint64_t now_ns(void)
{
	return mk_now_ns(MK_CAP_SCHED);
}

void sleep_ms(unsigned ms)
{
	mk_sleep_us(ms * 1000);
}

static void must(int error, const char *what)
{
	if (error)
		tap_fail(__FILE__, 0, what, error);
}

static void share(uint64_t task, char *first, char *end, unsigned rights)
{
	for (char *p = first; p < end; p += 4096)
		must(mk_map(task, (uint64_t)p,
			    mk_flexpage(MK_MEMORY, (uint64_t)p, MK_PAGE_ORDER,
					rights)),
		     "share the image");
}

uint64_t second_task(void)
{
	return second_task_from(MK_CAP_FACTORY);
}

uint64_t second_task_from(uint64_t factory)
{
	uint64_t task = slot_new();

	must(mk_create_task(factory, task), "second task");
	share(task, mk_image_start, mk_image_rodata, MK_R | MK_X);
	share(task, mk_image_rodata, mk_image_data, MK_R);
	share(task, mk_image_data, mk_image_end, MK_R | MK_W);
	return task;
}

static uint64_t take_stack(void)
{
	for (unsigned i = 0; i < STACKS; i++) {
		if (stack_used[i])
			continue;
		stack_used[i] = true;
		return (uint64_t)stacks[i] + STACK_BYTES;
	}
	must(1, "out of stacks");
	return 0;
}

static void job_main(struct job *j)
{
	struct mk_utcb *u = mk_utcb();

	if (j->body) {
		j->body(j);
	} else {
		u->windows = 4;
		for (unsigned i = 0; i < 4; i++)
			u->window[i] = j->windows[i];
		for (unsigned i = MK_WORDS_IN_REGISTERS; i < MK_WORDS_MAX; i++)
			u->mr[i] = j->mr[i];
		j->ok = mk_ipc(j->cap, j->op, j->timeouts, &j->m);
		j->error = j->ok ? 0 : u->error;
		for (unsigned i = 0; i < MK_WORDS_IN_REGISTERS; i++)
			j->mr[i] = j->m.word[i];
		for (unsigned i = MK_WORDS_IN_REGISTERS; i < MK_WORDS_MAX; i++)
			j->mr[i] = u->mr[i];
	}
	__atomic_store_n(&j->done, 1, __ATOMIC_RELEASE);
	for (;;)
		mk_sleep_us(MK_NEVER);
}

void job_make_with(struct job *j, uint64_t task, unsigned priority,
		   unsigned cpu, uint64_t pager)
{
	*j = (struct job){.task = task};
	j->thread = slot_new();
	j->gate = slot_new();
	j->utcb = next_utcb;
	next_utcb += MK_PAGE_BYTES;
	j->stack_end = take_stack();
	must(mk_create_thread(MK_CAP_FACTORY, j->thread), "thread");
	must(mk_create_gate(MK_CAP_FACTORY, j->gate, JOB_LABEL, j->thread),
	     "gate");
	must(mk_ku_memory(task, j->utcb, MK_PAGE_ORDER), "UTCB");
	must(mk_thread_control(j->thread, task, j->utcb, pager, pager),
	     "thread");
	must(mk_sched_run(MK_CAP_SCHED, j->thread, priority, cpu, 0), "run");
}

void job_make(struct job *j, uint64_t task)
{
	job_make_with(j, task, MAIN_PRIORITY, partner_cpu, 0);
}

static void go(struct job *j)
{
	__atomic_store_n(&j->done, 0, __ATOMIC_RELEASE);
	must(mk_thread_registers(
		     j->thread, (uint64_t)job_main, j->stack_end - 8,
		     MK_REGISTERS_CANCEL | MK_REGISTERS_IP | MK_REGISTERS_SP |
			     MK_REGISTERS_ARGUMENT | MK_REGISTERS_START,
		     (uint64_t)j),
	     "start");
}

void job_go(struct job *j, uint64_t cap, unsigned op, uint64_t timeouts)
{
	j->cap = cap;
	j->op = op;
	j->timeouts = timeouts;
	j->body = NULL;
	go(j);
}

void job_run(struct job *j, void (*body)(struct job *j))
{
	j->body = body;
	go(j);
}

uint64_t patience_end(void)
{
	return now_ns() + patience_ms * 1000000ul;
}

bool job_wait(struct job *j)
{
	uint64_t end = patience_end();

	while (now_ns() < end) {
		if (__atomic_load_n(&j->done, __ATOMIC_ACQUIRE) &&
		    mk_thread_state(j->thread) == MK_STATE_RECEIVING)
			return true;
		mk_sleep_us(50);
	}
	return false;
}

bool job_reaches(struct job *j, int state)
{
	uint64_t end = patience_end();

	while (now_ns() < end) {
		if (mk_thread_state(j->thread) == state)
			return true;
		mk_sleep_us(50);
	}
	return false;
}

void job_drop(struct job *j)
{
	(void)mk_delete(OWN_TASK, j->thread);
	(void)mk_delete(OWN_TASK, j->gate);
	stack_used[(j->stack_end - (uint64_t)stacks) / STACK_BYTES - 1] = false;
}
