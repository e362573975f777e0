/* SPDX-License-Identifier: MIT */
/*
 * inside.h - what the parts of the explorer know of each other.
 *
 * Three kinds of state:
 *   arena   the memory of the program under test
 *   world   the model: histories, views, threads, who sleeps.  Saved and
 *           restored together with arena and stacks, to try another way
 *   class   what was learnt about each word: which threads touch it, ever.
 *           It survives; whenever it grows, the search starts again.
 */
#ifndef MODEL_INSIDE_H
#define MODEL_INSIDE_H

#include <stdnoreturn.h>

#include "explorer.h"

enum {
	MC_THREADS = 4,
	MC_LOCS = 56,	    /* shared atomic words */
	MC_PLAINS = 400,    /* shared plain words */
	MC_MESSAGES = 1024, /* stores to shared words in one run */
	MC_UNMAPS = 8,
	MC_BELLS = 4,
	MC_WORDS = 6, /* in one wait */
	MC_ARENA = 1 << 18,
	MC_GRAIN = 4, /* bytes that are watched as one */
	MC_GRAINS = MC_ARENA / MC_GRAIN,
	MC_STACK = 32768,
	MC_CLOCKS = 2048,
	MC_NONE = 0xffff
};

enum mc_kind {
	OP_START,
	OP_LOAD,
	OP_STORE,
	OP_RMW,
	OP_FENCE, /* seq_cst; the weaker ones concern nobody else */
	OP_WAIT,
	OP_ASLEEP,
	OP_WAKE,
	OP_RING,
	OP_BELL,
	OP_POLL,
	OP_DEATH
};

/* ---- arena and class -------------------------------------------------------- */

struct mc_class {
	uint8_t readers; /* bit per thread */
	uint8_t writers;
	uint8_t unmapped; /* a bit: some thread must not touch it, later */
	uint8_t atomic;	  /* 1 atomic, 2 plain, 3 both */
	uint8_t bytes;	  /* of the atomic word */
	uint8_t listed;	  /* in mc__written; of the even grain */
	uint16_t record;  /* of this run: index into locs or plains */
};
extern struct mc_class mc__class[MC_GRAINS];
extern _Alignas(64) uint8_t mc__arena[MC_ARENA];
extern size_t mc__arena_used;
/* The parts of the arena (of 8 bytes) that some thread has ever written: all
 * others still have their first value. */
extern uint32_t mc__written[MC_ARENA / 8];
extern uint32_t mc__n_written;

/* ---- world -------------------------------------------------------------------- */

struct mc_view {
	uint8_t seen[MC_LOCS];	    /* least message that may be read */
	uint16_t clock[MC_THREADS]; /* what happened before */
};

/* One store in the history of a word. */
struct mc_message {
	uint64_t value;
	struct mc_view view; /* what an acquire load learns */
	uint16_t older;
	uint8_t number; /* in its history */
};

struct mc_loc {
	uint16_t newest;
	uint16_t used[MC_THREADS]; /* clock of each thread's last access */
	uint8_t waked;		   /* waits must not miss this one */
};

struct mc_plain {
	uint16_t written; /* clock of the last writer */
	uint16_t read[MC_THREADS];
	uint8_t writer; /* thread + 1 */
};

struct mc_op {
	uint8_t kind;
	uint8_t order;
	uint8_t size;
	uint8_t is_cas;
	uint8_t local; /* concerns nobody else: needs no other order */
	uint16_t loc;
	uint16_t n; /* words */
	uint64_t expected;
	const void *words; /* struct mc_word of OP_WAIT, on the stack */
};

enum mc_status { MC_UNUSED, MC_LIVE, MC_DONE, MC_KILLED };

struct mc_actor {
	void *sp;
	uint64_t polled; /* locs loaded since the last poll */
	struct mc_op op;
	struct mc_view now;   /* its own view */
	struct mc_view later; /* joined by an acquire fence */
	struct mc_view early; /* given to relaxed stores by a release fence */
	uint8_t status;
	uint8_t sleep_n;
	uint8_t may_time_out;
	uint8_t woken;
	uint16_t sleep_on[MC_WORDS];
};

struct mc_unmapped {
	uint32_t first, last; /* grains */
	uint32_t thread;
};

struct mc_world {
	struct mc_actor actors[MC_THREADS];
	struct mc_view order; /* of seq_cst fences */
	uint32_t n_messages;
	uint32_t n_unmaps;
	uint32_t kills;	   /* left */
	uint32_t spurious; /* left */
	uint32_t timeouts; /* left */
	uint32_t preemptions;
	uint32_t last; /* thread that ran */
	uint8_t bells[MC_BELLS];
	struct mc_unmapped unmaps[MC_UNMAPS];
	struct mc_loc locs[MC_LOCS];
	struct mc_plain plains[MC_PLAINS];
	struct mc_message
		messages[MC_MESSAGES]; /* last: saved as far as used */
};
extern struct mc_world mc__world;

/* ---- the run -------------------------------------------------------------------- */

struct mc_run {
	const struct mc_scenario *scenario;
	const struct mc_options *options;
	int me; /* running thread, -1 the explorer itself */
	uint32_t n_threads;
	uint32_t n_locs;
	uint32_t n_plains;
	int pick;    /* what the chosen alternative of an operation is */
	int relearn; /* class grew */
	int failed;
	int broken;
	int tracing;
	uint32_t silent; /* operations since the last decision */
	uint64_t stored; /* locs written in this step */
	int ordered;	 /* a fence, wait or wake in this step */
	char why[160];
};
extern struct mc_run mc__run;

static inline struct mc_actor *mc__me(void)
{
	return &mc__world.actors[mc__run.me];
}

/* threads.c */
extern const char *mc__thread_names[MC_THREADS];
void mc__threads_start(void);
void mc__threads_clear(void);
/* Let thread run to its next operation that others could notice. */
void mc__thread_step(uint32_t thread);
/* Announce an operation; return when it may be done, in mc__run.pick how. */
void mc__announce(const struct mc_op *op);
/* Never come back: the run is over. */
noreturn void mc__leave(void);
size_t mc__stack_used(uint32_t thread, uint8_t **out_from);
int mc__on_own_stack(const volatile void *address);

/* memory.c */
void mc__memory_begin(void);
uint64_t mc__load(const volatile void *address, uint32_t size, int order);
void mc__store(volatile void *address, uint32_t size, uint64_t value,
	       int order);
/* @change: value := change(old, operand); CAS if @expected. */
uint64_t mc__rmw(volatile void *address, uint32_t size,
		 uint64_t (*change)(uint64_t, uint64_t), uint64_t operand,
		 int order, int fail_order, const uint64_t *expected);
void mc__fence(int order);
void mc__touch_plain(const volatile void *address, size_t bytes, int write);
void mc__touch_word(const volatile void *word);
uint32_t mc__load_choices(const struct mc_actor *actor, const struct mc_op *op);
uint32_t mc__rmw_choices(const struct mc_actor *actor, const struct mc_op *op);
uint32_t mc__loc_of(const volatile void *address);
void mc__join(struct mc_view *to, const struct mc_view *from);
void mc__fence_now(struct mc_actor *actor);
uint64_t mc__read_choice(uint32_t loc, uint32_t pick, int order);
const struct mc_message *mc__nth_newest(uint32_t loc, uint32_t n);
/* Will nobody but @thread ever store to it again? */
int mc__writers_finished(uint32_t loc, uint32_t thread);
int mc__can_be_unmapped(uint32_t loc);

/* kernel.c */
/* The number of ways in which a thread's next operation can go; 0: not now. */
uint32_t mc__choices(uint32_t thread);

/* search.c: verdicts from inside a run */
void mc__fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mc__cannot(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* report.c */
const char *mc__loc_name(uint32_t loc);
const char *mc__address_name(const volatile void *address);
void mc__names_clear(void);
void mc__trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
int mc__schedule_save(const char *path, const uint8_t *moves, uint32_t n);
int mc__schedule_load(const char *path, uint8_t *moves, uint32_t max,
		      uint32_t *out_n);
const char *mc__order_name(int order);

#endif /* MODEL_INSIDE_H */
