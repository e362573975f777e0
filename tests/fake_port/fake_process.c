/* SPDX-License-Identifier: MIT */
/*
 * fake_process.c - processes, what they leave behind, identities, the lock,
 * injected failures and counters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"

struct fake_process *fake__process_create(void)
{
	struct fake_world *w = &fake__world;
	struct fake_process *process = calloc(1, sizeof(*process));

	if (!process || w->n_processes == FAKE_PROCESSES) {
		fprintf(stderr, "fake port: too many processes\n");
		abort();
	}
	w->processes[w->n_processes++] = process;
	process->id = w->n_processes;
	process->cpu = process->id;
	process->who.pid = process->id;
	process->who.uid = 1000;
	process->who.gid = 1000;
	return process;
}

static void end_loop_fibers(const struct fake_process *process)
{
	const struct fake_world *w = &fake__world;

	for (int i = 0; i < w->n_fibers; i++)
		if (w->fibers[i]->process == process &&
		    fake__alive(w->fibers[i]))
			w->fibers[i]->state = FAKE_KILLED;
}

/* The last fiber of a process returned, or it was killed.  A killed process
 * may leave things behind. */
void fake__process_end(struct fake_process *process, bool killed)
{
	uint32_t loops, listeners, handles, mappings, blocks;

	process->ended = true;
	end_loop_fibers(process);
	loops = fake__loops_end(process);
	listeners = fake__listeners_end(process);
	handles = fake__handles_end(process);
	mappings = fake__mappings_end(process);
	blocks = fake__blocks_end(process);
	if (killed || !(loops | listeners | handles | mappings | blocks))
		return;
	fake_report("process %u leaves behind: %u loops, %u listeners, "
		    "%u handles, %u mappings, %u allocations",
		    process->id, loops, listeners, handles, mappings, blocks);
}

void fake_kill_after(int fiber, uint32_t points)
{
	fake__world.fibers[fiber]->process->kill_after = points;
}

void fake_identity(uint32_t uid, uint32_t gid)
{
	fake__process()->who.uid = uid;
	fake__process()->who.gid = gid;
}

void dsi_port_self(struct dsi_peer *out_self)
{
	*out_self = fake__process()->who;
}

/* ---- tracing ------------------------------------------------------------ */

void dsi_port_trace(int (*attach)(const struct dsi_trace_provider *provider,
				  char *why, uint32_t why_bytes))
{
	(void)attach; /* a test attaches what it likes by itself */
}

/* ---- the lock of a process ---------------------------------------------- */

static bool lock_free(void *object)
{
	const struct fake_process *process = object;

	return !process->lock_owner;
}

void dsi_port_lock(void)
{
	struct fake_process *process = fake__process();
	struct fake_sleep sleep = {.what = "lock",
				   .ready = lock_free,
				   .object = process,
				   .deadline_ns = DSI_FOREVER};

	fake__count(locks);
	if (process->lock_owner == fake__world.current)
		fake_report("fiber %d takes the lock twice",
			    fake__world.current->id);
	fake__block(&sleep);
	process->lock_owner = fake__world.current;
}

void dsi_port_unlock(void)
{
	struct fake_process *process = fake__process();

	if (process->lock_owner != fake__world.current)
		fake_report("fiber %d gives back a lock it does not hold",
			    fake__world.current->id);
	process->lock_owner = NULL;
	fake__point();
}

/* ---- time, and what should never happen --------------------------------- */

uint64_t dsi_port_now(void)
{
	(void)fake__process();
	fake__point();
	return fake__world.now_ns;
}

void dsi_port_relax(void)
{
	(void)fake__process();
	fake__count(relaxes);
	fake_yield();
}

uint32_t dsi_port_cpu(void)
{
	return 1u + fake__process()->cpu;
}

_Noreturn void dsi_port_assert_failed(const char *what, const char *file,
				      int line)
{
	struct fake_world *w = &fake__world;

	if (!w->current) {
		fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line,
			what);
		abort();
	}
	fake_report("%s:%d: assertion failed: %s", file, line, what);
	fake_kill(w->current->id);
	abort();
}

/* ---- injected failures -------------------------------------------------- */

void fake_fail(enum fake_what what, uint32_t countdown, int error)
{
	fake__world.fail[what].countdown = countdown;
	fake__world.fail[what].error = error;
}

uint32_t fake_calls(enum fake_what what)
{
	return fake__world.fail[what].calls;
}

int fake__inject(enum fake_what what)
{
	struct fake_world *w = &fake__world;

	w->fail[what].calls++;
	if (w->fail[what].countdown && --w->fail[what].countdown == 0)
		return w->fail[what].error ? w->fail[what].error : -DSI_ENOMEM;
	return 0;
}

void fake_spurious(uint32_t per_1024)
{
	fake__world.spurious = per_1024;
}

void fake_stats(struct fake_stats *out_stats)
{
	*out_stats = fake__world.stats;
}

void fake_stats_self(struct fake_stats *out_stats)
{
	*out_stats = fake__process()->stats;
}
