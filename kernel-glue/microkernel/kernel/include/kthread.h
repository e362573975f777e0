/* SPDX-License-Identifier: MIT */
/* kthread.h - a thread: registers, a place in the scheduler, an IPC under way. */
#ifndef MK_KTHREAD_H
#define MK_KTHREAD_H

#include <kcpu.h>
#include <kmap.h>
#include <kobject.h>
#include <mk/utcb.h>

struct gate;
struct event;

/* In new_flags: it left in the middle of a call, to make it once more. */
#define THREAD_AGAIN 0x80u
_Static_assert(!(THREAD_AGAIN & MK_REGISTERS_ALL), "nobody else may set it");

/* In op: the wait under way ends at `until`.  No call has this bit. */
#define OP_TIMED 0x40u

#define FAULT_NONE 0
#define FAULT_PAGE 1
#define FAULT_EXCEPTION 2
#define FAULT_WORDS 3
#define EXCEPTION_WORDS (REGS_BYTES / 8u)

/* The last signal and wait on the fast path: what the two numbers of the call
 * stood for when cap_changes was this. */
struct event_pair {
	uint64_t cap_changes;
	uint64_t call, own_number; /* rdi, r8 */
	struct event *peer, *own;
};

struct thread {
	struct regs regs; /* must be first: entry.S */
	struct object object;

	/* Scheduling. */
	struct list ready; /* in readyq of its CPU while it waits for it */
	/* Read as one word, so that one comparison with MK_STATE_* says that
	 * the thread is in this state and that nothing else is the matter. */
	union {
		uint32_t condition;
		struct {
			uint8_t state; /* MK_STATE_* */
			bool suspended;
			uint8_t new_flags; /* of new_ip ..., or THREAD_AGAIN */
			/* It waits with a flag or for a fault. */
			bool special_wait;
		};
	};
	bool queued;
	uint8_t priority, max_priority;
	struct cpu *cpu; /* where it should run */
	/* Where it is `current`, if anywhere.  Who waits is nowhere as soon as
	 * the lock is free. */
	struct cpu *on;
	uint64_t slice_tsc;
	/* How long it ran; while it runs, minus the time when it began. */
	uint64_t run_tsc;

	/* What thread_registers() wants of a thread that is on another CPU:
	 * its registers are there, not here. */
	uint64_t new_ip, new_sp, new_argument;

	/* Address space. */
	struct task *task;
	struct list of_task;
	struct mk_utcb *utcb; /* the kernel's address of it */
	uint64_t utcb_address;
	uint64_t fs_base;
	uint64_t pager, handler; /* slots in the task's own table */

	/* The IPC under way, in the words of the system call. */
	uint8_t op;
	uint8_t fault; /* FAULT_*: the kernel speaks for the thread */
	uint64_t tag;
	uint64_t timeouts;
	uint64_t fault_word[FAULT_WORDS];
	/* The call under way is the one before, done in parts. */
	bool again;
	struct unmapping unmapping;
	uint64_t flag_address; /* of a flagged receive; 0: none */
	uint32_t flag_awake, flag_asleep;

	/* It can come before `until`, and stays when the wait is over. */
	struct timeout timeout;
	struct cpu *timeout_cpu;
	uint64_t until; /* TSC; see OP_TIMED */

	struct list senders;	/* who waits to send to us, best first */
	struct list sending;	/* our place in such a list */
	struct gate *via;	/* through which we send */
	struct thread *partner; /* whom we wait for (closed, or a reply) */
	struct list waiters;	/* who waits for us to send: closed receive */
	struct list waiting;	/* our place there, or among an event's */
	struct thread *caller;	/* who waits for our reply */
	struct event *event;	/* for which we wait */
	struct list gates, events; /* bound to us */

	struct event_pair pair;

	_Alignas(16) uint8_t fpu[512];
};

_Static_assert(offsetof(struct thread, regs) == 0, "entry.S");
_Static_assert(offsetof(struct thread, state) ==
		       offsetof(struct thread, condition),
	       "the state is the lowest byte");
_Static_assert(sizeof(struct thread) <= 2048, "THREAD_ORDER");
#define THREAD_ORDER 11

struct thread *thread_create(struct factory *f, struct thread *creator);
void thread_destroy(struct thread *t);
/* Once no CPU stands on it any more. */
void thread_free(struct thread *t);
/* Set registers as MK_THREAD_REGISTERS says, now or when its CPU comes in. */
void thread_registers(struct thread *t, uint64_t flags, uint64_t ip,
		      uint64_t sp, uint64_t argument);
void thread_apply_registers(struct thread *t);
/* All registers, from a message; what would be unsafe is corrected. */
void thread_load_registers(struct thread *t, const uint64_t *words);
/* Take it out of every queue in which it waits. */
void thread_unlink(struct thread *t);

static inline struct thread *thread_of(struct object *o)
{
	return container_of(o, struct thread, object);
}

#endif
