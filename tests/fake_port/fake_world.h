/* SPDX-License-Identifier: MIT */
/*
 * fake_world.h - the inside of the fake port: what its files share.
 *
 * Everything hangs off one struct fake_world.  There is one thread, so
 * nothing here needs a lock: a fiber is only left in fake__point() and
 * fake__block().  No function may hold a pointer into a list across those
 * two, unless the pointed-to thing belongs to the fiber's own process and
 * cannot go away.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#include <dsi/port.h>

#include "fake.h"

#define FAKE_FIBERS 8192u
#define FAKE_PROCESSES 1024u
#define FAKE_HANDLES 4096u
#define FAKE_QUEUE 16u	 /* messages waiting in one direction */
#define FAKE_BACKLOG 16u /* connections waiting for accept */
#define FAKE_STACK_BYTES (512u * 1024u)
#define FAKE_MAX_POINTS 20000000u /* then it is a livelock */
#define FAKE_SEND_HANDLES 16u	  /* more than a receiver must take */

/* ---- objects behind handles --------------------------------------------- */

enum fake_type {
	FAKE_REGION,
	FAKE_BELL,
	FAKE_CONN,
	FAKE_LISTENER,
	FAKE_LOOP,
	FAKE_LOAN
};

struct fake_object {
	enum fake_type type;
	uint32_t refs; /* handles, messages in flight, mappings */
};

struct fake_region {
	struct fake_object object;
	int fd;
	uint64_t bytes;
	uint32_t share;	   /* DSI_PORT_READ or _WRITE: what peers may map */
	uint32_t sealed;   /* nobody can shrink it */
	uint32_t sealable; /* import may seal it */
	uint64_t physical; /* of a device; 0: no such thing */
	int32_t place;	   /* 1 + node that it lies on, 0 = anywhere */
};

struct fake_bell {
	struct fake_object object;
	struct fake_bell *peer; /* NULL: closed */
	uint32_t rung;
};

struct fake_message {
	struct fake_message *next;
	uint32_t bytes;
	uint32_t n_objects;
	struct fake_object *objects[FAKE_SEND_HANDLES];
	unsigned char data[DSI_PORT_MSG_BYTES];
};

struct fake_conn {
	struct fake_object object;
	struct fake_conn *peer; /* NULL: hung up */
	struct dsi_peer who;	/* at the other end */
	struct fake_message *first;
	struct fake_message **last;
	uint32_t queued;
};

/* The object of a loop that can be watched. */
struct fake_watch {
	struct fake_object object;
	struct dsi_port_loop *loop; /* NULL: it is gone */
};

struct fake_name;

/* The object of a listener; the core's struct dsi_port_listener owns a
 * handle on it. */
struct fake_listener {
	struct fake_object object;
	struct fake_name *name;
	struct fake_conn *waiting[FAKE_BACKLOG];
	uint32_t n_waiting;
};

struct fake_name {
	struct fake_name *next;
	struct fake_listener *listener; /* NULL: the owner is dead */
	uint32_t kind;
	struct dsi_access access;
	struct dsi_peer owner;
	char text[DSI_NAME_BYTES + 8];
};

struct dsi_port_listener {
	struct dsi_port_listener *next;
	struct fake_process *process;
	struct fake_listener *listener;
	int32_t handle;
};

/* A region in the address space of a process. */
struct fake_mapping {
	struct fake_mapping *next;
	struct fake_process *process;
	struct fake_region *region;
	struct fake_loan *loan; /* NULL: the region itself */
	unsigned char *addr;
	uint64_t bytes;
	uint32_t writable;
};

/* ---- processes and fibers ----------------------------------------------- */

struct fake_block {
	struct fake_block *next, **link;
	struct fake_process *process;
	size_t bytes;
};

struct fake_process {
	uint32_t id;
	uint32_t fibers; /* alive, without those that run loops */
	bool ended;
	uint32_t kill_after; /* scheduling points, 0 = not */
	struct dsi_peer who;
	uint32_t cpu;
	int32_t home; /* 1 + node that it is at home on, 0 = none */
	struct fake_fiber *lock_owner;
	struct dsi_port_loop *monitor;
	uint32_t monitor_refs;
	struct fake_block *blocks;
	struct dsi_port_loop *loops;
	struct dsi_port_listener *listeners;
	struct fake_stats stats;
};

enum fake_fiber_state { FAKE_RUNNABLE, FAKE_BLOCKED, FAKE_DONE, FAKE_KILLED };

/* Why a fiber sleeps.  next() is for sleepers whose deadline can change:
 * a loop with timers. */
struct fake_sleep {
	const char *what;
	bool (*ready)(void *object);
	uint64_t (*next)(void *object);
	void *object;
	uint64_t deadline_ns;
};

struct fake_fiber {
	int id;
	int32_t placing; /* 1 + node for regions that it makes, 0 = any */
	enum fake_fiber_state state;
	struct fake_process *process;
	bool runs_loop;
	void (*fn)(void *);
	void *arg;
	ucontext_t context;
	unsigned char *stack;
	void *asan_stack;
	uint32_t priority;
	struct fake_sleep sleep;
	const struct dsi_port_word *words; /* while it waits on words */
	uint32_t n_words;
	bool woken;
	uint64_t names_seen;
};

struct fake_world {
	bool running;
	bool dying; /* torn down after an error: no more reports */
	uint64_t seed;
	uint64_t random;
	uint64_t now_ns;
	uint64_t points;
	uint32_t spurious;
	int loop_handles;
	uint32_t strategy;
	int failed;
	ucontext_t root;
	void *root_asan_stack;
	const void *root_stack;
	size_t root_stack_bytes;
	struct fake_fiber *current;
	struct fake_fiber *fibers[FAKE_FIBERS];
	int n_fibers;
	struct fake_process *processes[FAKE_PROCESSES];
	uint32_t n_processes;
	struct {
		struct fake_object *object;
		struct fake_process *process;
	} handles[FAKE_HANDLES];
	struct fake_mapping *mappings;
	struct fake_name *names;
	uint64_t names_generation;
	struct {
		uint32_t countdown;
		uint32_t calls;
		int error;
	} fail[FAKE_WHATS];
	struct fake_stats stats;
};

extern struct fake_world fake__world;

/* Count in the world and in the caller's process. */
#define fake__count(counter)                                   \
	do {                                                   \
		fake__world.stats.counter++;                   \
		fake__world.current->process->stats.counter++; \
	} while (0)

/* fake_sched.c */
struct fake_process *fake__process(void);
struct fake_fiber *fake__spawn(struct fake_process *process, void (*fn)(void *),
			       void *arg, bool runs_loop);
void fake__point(void);
int fake__block(const struct fake_sleep *sleep);
bool fake__alive(const struct fake_fiber *fiber);
uint32_t fake__random(uint32_t below);
_Noreturn void fake__leave(void);

/* fake_process.c */
struct fake_process *fake__process_create(void);
void fake__process_end(struct fake_process *process, bool killed);
int fake__inject(enum fake_what what);

/* fake_handle.c */
int32_t fake__handle_new(struct fake_object *object);
struct fake_object *fake__handle_object(int32_t handle);
void *fake__handle_get(int32_t handle, enum fake_type type);
void fake__object_put(struct fake_object *object);
uint32_t fake__handles_end(struct fake_process *process);
bool fake__object_readable(const struct fake_object *object);

/* fake_memory.c */
uint32_t fake__blocks_end(struct fake_process *process);
uint32_t fake__mappings_end(struct fake_process *process);
void fake__region_end(struct fake_region *region);
int fake__map(struct fake_region *region, int protection,
	      struct fake_mapping **out_mapping);
struct fake_mapping *fake__mapping_find(uintptr_t at,
					const struct fake_process *process);

/* fake_loan.c */
struct fake_loan;
void fake__loan_end(struct fake_loan *loan);

/* fake_conn.c */
int fake__conn_pair(struct fake_conn *out_ends[2], const struct dsi_peer *who0,
		    const struct dsi_peer *who1);
void fake__bell_end(struct fake_bell *bell);
void fake__conn_end(struct fake_conn *conn);

/* fake_names.c */
void fake__listener_end(struct fake_listener *listener);
uint32_t fake__listeners_end(struct fake_process *process);
void fake__names_end(void);

/* fake_loop.c */
uint32_t fake__loops_end(struct fake_process *process);
bool fake__loop_busy(const struct dsi_port_loop *loop);

#endif /* FAKE_WORLD_H */
