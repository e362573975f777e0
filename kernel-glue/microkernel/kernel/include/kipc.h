/* SPDX-License-Identifier: MIT */
/* kipc.h - IPC: the system call, and what the kernel says for a thread. */
#ifndef MK_KIPC_H
#define MK_KIPC_H

#include <ksched.h>
#include <mk/tag.h>
#include <mk/call.h>

/* The system call of the running thread. */
void ipc_enter(struct thread *t);
/* @t has a fault: ask its pager (or handler) with a call. */
void ipc_fault(struct thread *t, unsigned fault);

/* The wait of @t ends well: @tag and @label are what it gets. */
void ipc_finish(struct thread *t, uint64_t tag, uint64_t label);
/* The wait of @t ends with an MK_IPC_* error and phase. */
void ipc_fail(struct thread *t, uint64_t error);
/* The time in the UTCB of @t: until when its wait lasts, TSC. */
static inline uint64_t ipc_until(const struct thread *t, unsigned phase)
{
	return tsc_from_ns(__atomic_load_n(&t->utcb->until_ns[phase],
					   __ATOMIC_RELAXED)) +
	       1;
}
/* The phase in which a waiting thread is. */
unsigned ipc_phase(const struct thread *t);
/* The send of @t to @r can happen now: @r waits for it. */
bool ipc_accepts(const struct thread *r, const struct thread *s);
/* Hand over the message; then @s goes on with its receive or is done. */
void ipc_deliver(struct thread *s, struct thread *r, uint64_t label);
/* @s waits in @queue from now on, behind those of its priority. */
void ipc_queue_sender(struct thread *s, struct list *queue);
void ipc_requeue(struct thread *t);
/* An event bound to @t has something: hand it over if @t waits for anybody. */
void ipc_event_pending(struct thread *t);
/* Begin the receives of those whose send is over; before the reaping. */
void ipc_continue(void);
void ipc_flag_clear(struct thread *t);

/* ipc_transfer.c: copy the message; returns the receiver's tag. */
uint64_t ipc_transfer(struct thread *s, struct thread *r);
uint64_t ipc_word(const struct thread *t, unsigned i);
void ipc_set_word(struct thread *t, unsigned i, uint64_t word);

/* ipc_object.c: a call to an object of the kernel. */
void ipc_object(struct thread *t, struct node *cap);
/* ipc_fast.c: who goes on now: @t, or another one, who is ready and to run, and
 * @t waits; NULL: nothing was done.  @bits are in a register of @t as well. */
struct thread *ipc_fast(struct cpu *c, struct thread *t, uint64_t bits);
/* Likewise for signal and wait. */
struct thread *ipc_fast_pair(struct cpu *c, struct thread *t, uint64_t bits);

#endif
