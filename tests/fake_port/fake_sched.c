/* SPDX-License-Identifier: MIT */
/*
 * fake_sched.c - fibers, the virtual clock, and who runs next.
 *
 * At each scheduling point one of the fibers that could run is drawn.  Three
 * strategies, chosen by the seed, because each finds other mistakes:
 * uniform; sticky (long runs, few switches); priorities that change now and
 * then (Burckhardt et al., "A randomized scheduler with probabilistic
 * guarantees of finding bugs", ASPLOS 2010).
 *
 * The clock moves a little at each point, and to the earliest deadline when
 * everybody sleeps.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake_world.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAKE_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define FAKE_ASAN 1
#endif

#ifdef FAKE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { STRATEGY_UNIFORM, STRATEGY_STICKY, STRATEGY_PRIORITY, STRATEGIES };

struct fake_world fake__world;
static char error_text[512];

/* ---- reports ------------------------------------------------------------ */

void fake_report(const char *format, ...)
{
	struct fake_world *w = &fake__world;
	va_list args;
	int n;

	if (w->dying || w->failed++)
		return;
	n = snprintf(error_text, sizeof(error_text),
		     "seed %llu: ", (unsigned long long)w->seed);
	va_start(args, format);
	vsnprintf(error_text + n, sizeof(error_text) - (size_t)n, format, args);
	va_end(args);
}

const char *fake_error(void)
{
	return error_text;
}

static void append(const char *text)
{
	strncat(error_text, text, sizeof(error_text) - strlen(error_text) - 1);
}

static void report_deadlock(void)
{
	struct fake_world *w = &fake__world;
	char line[96];

	fake_report("all fibers sleep for ever:");
	if (w->failed != 1)
		return;
	for (int i = 0; i < w->n_fibers; i++) {
		const struct fake_fiber *f = w->fibers[i];

		if (!fake__alive(f))
			continue;
		snprintf(line, sizeof(line), " [fiber %d process %u: %s]",
			 f->id, f->process->id, f->sleep.what);
		append(line);
	}
}

/* ---- random numbers: splitmix64, Steele et al., OOPSLA 2014 -------------- */

uint32_t fake__random(uint32_t below)
{
	uint64_t z = (fake__world.random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return (uint32_t)((z >> 32) * below >> 32);
}

/* ---- switching ---------------------------------------------------------- */

static void switch_begin(void **save, const void *stack, size_t bytes)
{
#ifdef FAKE_ASAN
	__sanitizer_start_switch_fiber(save, stack, bytes);
#else
	(void)save;
	(void)stack;
	(void)bytes;
#endif
}

static void switch_finish(void *saved, const void **stack, size_t *bytes)
{
#ifdef FAKE_ASAN
	__sanitizer_finish_switch_fiber(saved, stack, bytes);
#else
	(void)saved;
	(void)stack;
	(void)bytes;
#endif
}

/* Give the processor to @next, or to fake_run() if it is NULL. */
static void switch_to(struct fake_fiber *next)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *self = w->current;
	void **save = fake__alive(self) ? &self->asan_stack : NULL;

	w->current = next;
	if (next) {
		switch_begin(save, next->stack, FAKE_STACK_BYTES);
		swapcontext(&self->context, &next->context);
	} else {
		switch_begin(save, w->root_stack, w->root_stack_bytes);
		swapcontext(&self->context, &w->root);
	}
	switch_finish(self->asan_stack, NULL, NULL);
}

bool fake__alive(const struct fake_fiber *fiber)
{
	return fiber->state == FAKE_RUNNABLE || fiber->state == FAKE_BLOCKED;
}

/* ---- who can run -------------------------------------------------------- */

static uint64_t next_deadline(const struct fake_fiber *fiber)
{
	uint64_t own = fiber->sleep.deadline_ns;
	uint64_t other = DSI_FOREVER;

	if (fiber->sleep.next)
		other = fiber->sleep.next(fiber->sleep.object);
	return own < other ? own : other;
}

static bool can_run(const struct fake_fiber *fiber)
{
	if (fiber->state != FAKE_BLOCKED)
		return fiber->state == FAKE_RUNNABLE;
	return fiber->sleep.ready(fiber->sleep.object) ||
	       fiber->sleep.deadline_ns <= fake__world.now_ns;
}

static struct fake_fiber *draw(struct fake_fiber **can, uint32_t n)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *best = can[0];

	switch (w->strategy) {
	case STRATEGY_STICKY:
		for (uint32_t i = 0; i < n; i++)
			if (can[i] == w->current && fake__random(16))
				return can[i];
		break;
	case STRATEGY_PRIORITY:
		if (fake__random(16) == 0)
			can[fake__random(n)]->priority = fake__random(1u << 30);
		for (uint32_t i = 1; i < n; i++)
			if (can[i]->priority > best->priority)
				best = can[i];
		return best;
	default:
		break;
	}
	return can[fake__random(n)];
}

/* The next fiber, or NULL if there is none that will ever run. */
static struct fake_fiber *pick(void)
{
	struct fake_world *w = &fake__world;
	static struct fake_fiber *can[FAKE_FIBERS];
	uint64_t earliest = DSI_FOREVER;
	uint32_t n = 0, sleepers = 0;

	for (int i = 0; i < w->n_fibers; i++) {
		struct fake_fiber *f = w->fibers[i];

		if (!fake__alive(f))
			continue;
		if (can_run(f)) {
			can[n++] = f;
			continue;
		}
		sleepers++;
		if (next_deadline(f) < earliest)
			earliest = next_deadline(f);
	}
	if (n)
		return draw(can, n);
	if (!sleepers)
		return NULL;
	if (earliest == DSI_FOREVER) {
		report_deadlock();
		return NULL;
	}
	w->now_ns = earliest;
	return pick();
}

/* While others run, a sleeper may wake for no reason.  Never when nobody
 * else runs: that would hide a lost wake. */
static void wake_spuriously(void)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *f = w->fibers[fake__random((uint32_t)w->n_fibers)];

	if (f->state == FAKE_BLOCKED && f->words)
		f->woken = true;
}

static void reschedule(void)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *next = pick();

	if (next)
		next->state = FAKE_RUNNABLE;
	if (next != w->current)
		switch_to(next);
}

static void count_point(void)
{
	struct fake_world *w = &fake__world;
	struct fake_process *process = fake__process();

	fake__count(points);
	w->now_ns += 1 + fake__random(64);
	if (process->kill_after && --process->kill_after == 0)
		fake_kill(w->current->id);
	if (++w->points > FAKE_MAX_POINTS) {
		fake_report("no end after %u scheduling points, livelock?",
			    FAKE_MAX_POINTS);
		switch_to(NULL);
	}
	if (w->spurious && fake__random(1024) < w->spurious / 8)
		wake_spuriously();
}

void fake__point(void)
{
	count_point();
	reschedule();
}

int fake__block(const struct fake_sleep *sleep)
{
	struct fake_fiber *self = fake__world.current;

	count_point();
	self->sleep = *sleep;
	self->state = FAKE_BLOCKED;
	if (!can_run(self) && self->process->lock_owner == self)
		fake_report("fiber %d sleeps with the lock held: %s", self->id,
			    sleep->what);
	reschedule();
	return sleep->ready(sleep->object) ? 0 : -DSI_ETIMEDOUT;
}

struct fake_process *fake__process(void)
{
	if (!fake__world.current) {
		fprintf(stderr, "fake port: called outside of fake_run()\n");
		abort();
	}
	return fake__world.current->process;
}

/* ---- life of a fiber ---------------------------------------------------- */

/* The caller's fiber is DONE or KILLED: never come back. */
_Noreturn void fake__leave(void)
{
	struct fake_fiber *next = pick();

	if (next)
		next->state = FAKE_RUNNABLE;
	switch_to(next);
	abort();
}

static void enter(void)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *self = w->current;
	const void *stack = NULL;
	size_t bytes = 0;

	switch_finish(NULL, &stack, &bytes);
	if (!w->root_stack) {
		w->root_stack = stack;
		w->root_stack_bytes = bytes;
	}
	self->fn(self->arg);
	if (self->process->lock_owner == self)
		fake_report("fiber %d ends with the lock held", self->id);
	self->state = FAKE_DONE;
	if (!self->runs_loop && --self->process->fibers == 0)
		fake__process_end(self->process, false);
	fake__leave();
}

static void stack_clean(unsigned char *stack)
{
#ifdef FAKE_ASAN
	__asan_unpoison_memory_region(stack, FAKE_STACK_BYTES);
#else
	(void)stack;
#endif
}

/* Stacks of worlds that have ended, for a program with many of them. */
static unsigned char *kept_stacks[8];
static uint32_t n_kept_stacks;

/* A stack, if possible one of a fiber that has ended. */
static unsigned char *stack_get(void)
{
	struct fake_world *w = &fake__world;
	unsigned char *stack;

	for (int i = 0; i < w->n_fibers; i++) {
		struct fake_fiber *f = w->fibers[i];

		if (fake__alive(f) || f == w->current || !f->stack)
			continue;
		stack = f->stack;
		f->stack = NULL;
		stack_clean(stack);
		return stack;
	}
	if (n_kept_stacks > 0)
		return kept_stacks[--n_kept_stacks];
	stack = mmap(NULL, FAKE_STACK_BYTES + 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		abort();
	mprotect(stack, 4096, PROT_NONE);
	return stack + 4096;
}

static void stack_put(unsigned char *stack)
{
	if (!stack)
		return;
	stack_clean(stack);
	if (n_kept_stacks < sizeof(kept_stacks) / sizeof(kept_stacks[0])) {
		kept_stacks[n_kept_stacks++] = stack;
		return;
	}
	munmap(stack - 4096, FAKE_STACK_BYTES + 4096);
}

struct fake_fiber *fake__spawn(struct fake_process *process, void (*fn)(void *),
			       void *arg, bool runs_loop)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *f = calloc(1, sizeof(*f));

	if (!f || w->n_fibers == (int)FAKE_FIBERS) {
		fprintf(stderr, "fake port: too many fibers\n");
		abort();
	}
	f->id = w->n_fibers;
	f->state = FAKE_RUNNABLE;
	f->process = process;
	f->runs_loop = runs_loop;
	f->fn = fn;
	f->arg = arg;
	f->priority = fake__random(1u << 30);
	f->stack = stack_get();
	f->sleep.what = "not started";
	f->sleep.deadline_ns = DSI_FOREVER;
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->stack;
	f->context.uc_stack.ss_size = FAKE_STACK_BYTES;
	f->context.uc_link = NULL;
	makecontext(&f->context, enter, 0);
	/* AddressSanitizer forgets, with each switch to a context, what it
	 * knows of the stack that stands here: that costs more than all else,
	 * and it would miss what it is there for.  Only makecontext() needs it. */
	f->context.uc_stack.ss_size = 0;
	w->fibers[w->n_fibers++] = f;
	if (!runs_loop)
		process->fibers++;
	return f;
}

int fake_spawn(void (*fn)(void *), void *arg)
{
	struct fake_fiber *f = fake__spawn(fake__process(), fn, arg, false);

	fake__point();
	return f->id;
}

int fake_spawn_process(void (*fn)(void *), void *arg)
{
	struct fake_process *process = fake__process_create();
	struct fake_fiber *f = fake__spawn(process, fn, arg, false);

	process->who = fake__process()->who;
	process->who.pid = process->id;
	fake__point();
	return f->id;
}

static bool fiber_ended(void *object)
{
	const struct fake_fiber *fiber = object;

	return !fake__alive(fiber);
}

int fake_join(int fiber)
{
	struct fake_fiber *f = fake__world.fibers[fiber];
	struct fake_sleep sleep = {.what = "join",
				   .ready = fiber_ended,
				   .object = f,
				   .deadline_ns = DSI_FOREVER};

	fake__block(&sleep);
	return f->state == FAKE_KILLED;
}

void fake_yield(void)
{
	/* Who yields waits for others: let them, whatever the strategy. */
	fake__world.current->priority = fake__random(1u << 20);
	fake__point();
}

uint64_t fake_now(void)
{
	return fake__world.now_ns;
}

static bool never(void *object)
{
	(void)object;
	return false;
}

void fake_sleep_until(uint64_t deadline_ns)
{
	struct fake_sleep sleep = {
		.what = "sleep", .ready = never, .deadline_ns = deadline_ns};

	fake__block(&sleep);
}

struct condition {
	int (*cond)(void *);
	void *arg;
};

static bool condition_holds(void *object)
{
	const struct condition *condition = object;

	return condition->cond(condition->arg) != 0;
}

int fake_await(int (*cond)(void *), void *arg, uint64_t deadline_ns)
{
	struct condition condition = {cond, arg};
	struct fake_sleep sleep = {.what = "await",
				   .ready = condition_holds,
				   .object = &condition,
				   .deadline_ns = deadline_ns};

	return fake__block(&sleep);
}

void fake_kill(int fiber)
{
	struct fake_world *w = &fake__world;
	struct fake_process *process = w->fibers[fiber]->process;

	if (process->ended)
		return;
	for (int i = 0; i < w->n_fibers; i++)
		if (w->fibers[i]->process == process &&
		    fake__alive(w->fibers[i]))
			w->fibers[i]->state = FAKE_KILLED;
	process->fibers = 0;
	fake__process_end(process, true);
	if (w->current->process == process)
		fake__leave();
}

int fake_self(void)
{
	return fake__world.current->id;
}

uint32_t fake_process(int fiber)
{
	return fake__world.fibers[fiber]->process->id;
}

void fake_on_cpu(int fiber, uint32_t cpu)
{
	fake__world.fibers[fiber]->process->cpu = cpu;
}

/* ---- the run ------------------------------------------------------------ */

static void tear_down(void)
{
	struct fake_world *w = &fake__world;

	w->dying = true;
	for (uint32_t i = 0; i < w->n_processes; i++)
		if (!w->processes[i]->ended)
			fake__process_end(w->processes[i], true);
	fake__names_end();
	for (int i = 0; i < w->n_fibers; i++) {
		stack_put(w->fibers[i]->stack);
		free(w->fibers[i]);
	}
	for (uint32_t i = 0; i < w->n_processes; i++)
		free(w->processes[i]);
}

int fake_run(uint64_t seed, void (*main_fiber)(void *), void *arg)
{
	struct fake_world *w = &fake__world;
	struct fake_process *process;

	if (w->running)
		abort();
	memset(w, 0, sizeof(*w));
	error_text[0] = '\0';
	w->running = true;
	w->seed = seed;
	w->random = seed * 0xd1342543de82ef95u + 1;
	w->strategy = (uint32_t)(seed % STRATEGIES);
	w->spurious = 32;
	/* Not 0, and far enough from it for "an hour ago". */
	w->now_ns = 1000000000000u;
	process = fake__process_create();
	w->current = fake__spawn(process, main_fiber, arg, false);
	switch_begin(&w->root_asan_stack, w->current->stack, FAKE_STACK_BYTES);
	swapcontext(&w->root, &w->current->context);
	switch_finish(w->root_asan_stack, NULL, NULL);
	tear_down();
	w->running = false;
	return w->failed ? 1 : 0;
}
