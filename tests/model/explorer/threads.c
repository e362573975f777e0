/* SPDX-License-Identifier: MIT */
/*
 * threads.c - threads that are only stacks.
 *
 * One processor, and a step from one stack to another is a function call that
 * returns somewhere else.  The stacks are always at the same addresses, so
 * that a saved one can be put back.
 */
#include <string.h>

#include "inside.h"

struct start {
	void (*run)(void *);
	void *arg;
};

const char *mc__thread_names[MC_THREADS];
static struct start starts[MC_THREADS];
static _Alignas(64) uint8_t stacks[MC_THREADS][MC_STACK];
static void *explorer_sp;

/* Push what a callee must preserve, change the stack, pop. */
void mc__switch(void **from, void *to);
#if defined(__x86_64__)
__asm__(".text\n"
	".globl mc__switch\n"
	"mc__switch:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n");
#else
#error "the explorer changes stacks on x86-64 only"
#endif

noreturn void mc__leave(void)
{
	void *gone;

	mc__switch(&gone, explorer_sp);
	__builtin_unreachable();
}

static void first_frame(void)
{
	struct start *start = &starts[mc__run.me];

	start->run(start->arg);
	mc__trace("ends");
	mc__me()->status = MC_DONE;
	mc__leave();
}

void mc__threads_clear(void)
{
	mc__run.n_threads = 0;
}

void mc_thread(const char *name, void (*run)(void *), void *arg)
{
	uint32_t i = mc__run.n_threads++;

	mc__thread_names[i] = name;
	starts[i] = (struct start){run, arg};
}

void mc__threads_start(void)
{
	for (uint32_t i = 0; i < mc__run.n_threads; i++) {
		struct mc_actor *actor = &mc__world.actors[i];
		void **sp = (void **)(void *)(stacks[i] + MC_STACK - 64);

		memset(stacks[i], 0, MC_STACK);
		*--sp = NULL; /* the frame's own return address: none */
		*--sp = (void *)(uintptr_t)first_frame;
		sp -= 6;
		actor->sp = sp;
		actor->status = MC_LIVE;
		actor->op.kind = OP_START;
		for (uint32_t k = 0; k < MC_THREADS; k++)
			actor->now.clock[k] = k == i;
	}
}

void mc__thread_step(uint32_t thread)
{
	mc__run.me = (int)thread;
	mc__run.silent = 0;
	mc__switch(&explorer_sp, mc__world.actors[thread].sp);
	mc__run.me = -1;
}

void mc__announce(const struct mc_op *op)
{
	struct mc_actor *actor = mc__me();

	actor->op = *op;
	mc__switch(&actor->sp, explorer_sp);
}

size_t mc__stack_used(uint32_t thread, uint8_t **out_from)
{
	uint8_t *top = stacks[thread] + MC_STACK;

	*out_from = mc__world.actors[thread].sp;
	return (size_t)(top - *out_from);
}

int mc__on_own_stack(const volatile void *address)
{
	uintptr_t at = (uintptr_t)address;
	uintptr_t stack = (uintptr_t)stacks[mc__run.me];

	return at >= stack && at < stack + MC_STACK;
}
