/* SPDX-License-Identifier: MIT */
/*
 * fake.h - a whole system in one thread, for tests that must be repeatable.
 *
 * The fake port implements dsi/port.h with cooperative fibers, a virtual
 * clock and a scheduler that draws from a seed.  The same seed gives the same
 * run, on every machine.  Each port call, and dsi_port_relax(), is a point at
 * which another fiber may go on.
 *
 * A fiber belongs to a process.  Processes share this program's address
 * space, but each owns its handles, its allocations and its mappings; what
 * it uses of another one is reported.  A region that was attached to be read
 * is really mapped read-only: a write to it faults.
 *
 * What the fake port reports as an error of the run (fake_run() then is not
 * 0, fake_error() has a sentence):
 *   - all fibers sleep, and nobody has a deadline
 *   - a process ends by returning and leaves handles, memory, mappings,
 *     loops or listeners behind (a killed process may)
 *   - a handle is closed twice, or used by a process that does not own it
 *   - somebody sleeps with the process's lock held, or takes it twice
 *   - a shared word that lies in no region, more words than wait_max()
 *   - a failed assertion of the library
 *
 * Limits: one run at a time, no threads.
 */
#ifndef FAKE_H
#define FAKE_H

#include <stdint.h>

/* Run @main_fiber in a fresh world until all fibers have ended.
 * Return: 0, or 1 if something was reported. */
int fake_run(uint64_t seed, void (*main_fiber)(void *), void *arg);
/* What was reported first in the last run, "" if nothing. */
const char *fake_error(void);
/* Report an error from a test; the run goes on. */
void fake_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- fibers and processes ----------------------------------------------- */

/* A new fiber in the caller's process, or as the first one of a new process.
 * Return: its number. */
int fake_spawn(void (*fn)(void *), void *arg);
int fake_spawn_process(void (*fn)(void *), void *arg);
/* Wait for the end of a fiber: 0 it returned, 1 it was killed. */
int fake_join(int fiber);
void fake_yield(void);
/* The clock, without being a scheduling point. */
uint64_t fake_now(void);
void fake_sleep_until(uint64_t deadline_ns);
/* Sleep until @cond is not 0; it is asked at every scheduling point.
 * Return: 0, or -DSI_ETIMEDOUT. */
int fake_await(int (*cond)(void *), void *arg, uint64_t deadline_ns);
/* End the fiber's process as a kill signal would: none of its fibers runs
 * again, its connections hang up, its names lose their owner. */
void fake_kill(int fiber);
/* The same, when that process comes to its @points-th scheduling point. */
void fake_kill_after(int fiber, uint32_t points);
int fake_self(void);
/* Number of the process of a fiber, also its pid in struct dsi_peer. */
uint32_t fake_process(int fiber);
/* User and group of the caller's process; 1000 in the beginning. */
void fake_identity(uint32_t uid, uint32_t gid);
/* Handles that the caller's process has open. */
uint32_t fake_handles(void);
int fake_handle_open(int32_t handle);

/* The process of a fiber is on this CPU; in the beginning each is on one of its
 * own, with the number of the process. */
void fake_on_cpu(int fiber, uint32_t cpu);

/* ---- memory nodes -------------------------------------------------------- */

/* The caller's process is at home on a node, -1 = on none, as in the
 * beginning. */
void fake_at_home(int32_t node);
/* On which node lies the region that the caller's process has mapped there? -1
 * = on none in particular, -2 = it is no region. */
int32_t fake_node_of(const void *addr);

/* ---- injected failures -------------------------------------------------- */

enum fake_what {
	FAKE_ALLOC,
	FAKE_REGION_CREATE,
	FAKE_REGION_IMPORT,
	FAKE_REGION_ATTACH,
	FAKE_BELL_PAIR,
	FAKE_LISTEN,
	FAKE_CONNECT,
	FAKE_ACCEPT,
	FAKE_CONN_PAIR,
	FAKE_SEND,
	FAKE_RECV,
	FAKE_LOOP_CREATE,
	FAKE_LOOP_ADD,
	FAKE_MONITOR_GET,
	FAKE_WHATS
};

/* Let the @countdown-th call from now on fail with @error (negative), once;
 * 0 = do not.  @error is ignored for FAKE_ALLOC. */
void fake_fail(enum fake_what what, uint32_t countdown, int error);
/* How often it was called in this run, to try all countdowns. */
uint32_t fake_calls(enum fake_what what);
/* How many of 1024 waits on words return early for no reason; 32 in the
 * beginning. */
void fake_spurious(uint32_t per_1024);

/* May loops be watched through a handle?  0 in the beginning:
 * dsi_port_loop_handle() answers -DSI_ENOTSUP. */
void fake_loop_handles(int on);
/* Is the handle of a loop, connection, bell, or listener readable, or will it
 * be until the deadline? */
int fake_readable(int32_t handle, uint64_t deadline_ns);

/* ---- counters ----------------------------------------------------------- */

struct fake_stats {
	uint64_t wait_calls; /* dsi_port_wait() */
	uint64_t waits;	     /* ... that slept */
	uint64_t wakes;	     /* dsi_port_wake() */
	uint64_t wakes_hit;  /* ... that woke somebody */
	uint64_t allocs;
	uint64_t frees;
	uint64_t bells_rung;
	uint64_t bells_silenced;
	uint64_t sends;
	uint64_t receives;
	uint64_t regions; /* created, imported, attached */
	uint64_t kicks;
	uint64_t locks;
	uint64_t relaxes;
	uint64_t points; /* scheduling points */
};

/* Of the whole world, and of the caller's process. */
void fake_stats(struct fake_stats *out_stats);
void fake_stats_self(struct fake_stats *out_stats);

/* ---- what an application could bring ------------------------------------ */

/* Memory for dsi_port_region_import() or DSI_PRODUCER_DATA_FD.  @sealable: 0
 * if its owner could always shrink it.  A handle, or a negative code. */
int32_t fake_memory(uint64_t bytes, uint32_t sealable);
/* Likewise of a device, at this physical address. */
int32_t fake_device(uint64_t bytes, uint64_t physical);

#endif /* FAKE_H */
