/* SPDX-License-Identifier: MIT */
/*
 * fake_loop.c - loops that watch many handles, and the monitor of a process.
 *
 * A round calls each source that is ready once, in an order drawn from the
 * seed.  ready() may add and remove sources, also itself; a source is not
 * touched after its ready() was called.
 */
#include <stdlib.h>

#include "fake_world.h"

/* dsi_port_source.state */
#define SOURCE_IN 1u	/* is in a loop */
#define SOURCE_ASKED 2u /* of this round, was not looked at yet */

struct dsi_port_loop {
	struct dsi_port_loop *next; /* of the process */
	struct fake_process *process;
	struct dsi_port_source *sources;
	struct dsi_port_source *running;
	struct fake_fiber *runner; /* who is in ready() */
	struct fake_fiber *thread;
	struct fake_watch *watch; /* NULL: nobody asked for its handle */
	int32_t handle;
	bool stop;
};

/* ---- what there is to do ------------------------------------------------ */

static uint32_t why_of(const struct dsi_port_source *source)
{
	const struct fake_world *w = &fake__world;
	uint32_t why = 0;

	if (source->handle >= 0 && w->handles[source->handle].object &&
	    fake__object_readable(w->handles[source->handle].object))
		why |= DSI_PORT_WHY_READY;
	if (source->deadline_ns <= w->now_ns)
		why |= DSI_PORT_WHY_TIMER;
	if (atomic_load_explicit(&source->kicked, memory_order_acquire))
		why |= DSI_PORT_WHY_KICK;
	return why;
}

bool fake__loop_busy(const struct dsi_port_loop *loop)
{
	if (loop->stop)
		return true;
	for (struct dsi_port_source *s = loop->sources; s; s = s->next)
		if (why_of(s))
			return true;
	return false;
}

static bool loop_busy(void *object)
{
	return fake__loop_busy(object);
}

static uint64_t loop_next(void *object)
{
	const struct dsi_port_loop *loop = object;
	uint64_t earliest = DSI_FOREVER;

	for (struct dsi_port_source *s = loop->sources; s; s = s->next)
		if (s->deadline_ns < earliest)
			earliest = s->deadline_ns;
	return earliest;
}

/* ---- a round ------------------------------------------------------------ */

static struct dsi_port_source *draw_asked(const struct dsi_port_loop *loop)
{
	struct dsi_port_source *found = NULL;
	uint32_t n = 0;

	for (struct dsi_port_source *s = loop->sources; s; s = s->next)
		if ((s->state & SOURCE_ASKED) && fake__random(++n) == 0)
			found = s;
	return found;
}

static void call(struct dsi_port_loop *loop, struct dsi_port_source *source,
		 uint32_t why)
{
	if (why & DSI_PORT_WHY_TIMER)
		source->deadline_ns = DSI_FOREVER;
	atomic_store_explicit(&source->kicked, 0, memory_order_relaxed);
	loop->running = source;
	loop->runner = fake__world.current;
	source->ready(source, why);
	loop->running = NULL;
	loop->runner = NULL;
	if (loop->process->lock_owner == fake__world.current)
		fake_report("ready() came back with the lock held");
}

static uint32_t run_round(struct dsi_port_loop *loop)
{
	struct dsi_port_source *source;
	uint32_t called = 0;

	for (source = loop->sources; source; source = source->next)
		source->state |= SOURCE_ASKED;
	while ((source = draw_asked(loop))) {
		uint32_t why = why_of(source);

		source->state &= ~SOURCE_ASKED;
		if (why) {
			call(loop, source, why);
			called++;
		}
		fake__point();
	}
	return called;
}

static void loop_thread(void *arg)
{
	struct dsi_port_loop *loop = arg;
	struct fake_sleep sleep = {.what = "loop",
				   .ready = loop_busy,
				   .next = loop_next,
				   .object = loop,
				   .deadline_ns = DSI_FOREVER};

	while (!loop->stop) {
		fake__block(&sleep);
		if (!loop->stop)
			run_round(loop);
	}
}

/* ---- life of a loop ----------------------------------------------------- */

static int create(uint32_t flags, struct dsi_port_loop **out_loop)
{
	struct fake_process *process = fake__process();
	struct dsi_port_loop *loop;
	int err = fake__inject(FAKE_LOOP_CREATE);

	if (err)
		return err;
	loop = calloc(1, sizeof(*loop));
	if (!loop)
		return -DSI_ENOMEM;
	loop->process = process;
	loop->next = process->loops;
	process->loops = loop;
	if (flags & DSI_PORT_LOOP_THREAD)
		loop->thread = fake__spawn(process, loop_thread, loop, true);
	*out_loop = loop;
	return 0;
}

int dsi_port_loop_create(uint32_t flags, struct dsi_port_loop **out_loop)
{
	fake__point();
	return create(flags, out_loop);
}

static bool loop_ended(void *object)
{
	const struct dsi_port_loop *loop = object;

	return !fake__alive(loop->thread);
}

void dsi_port_loop_destroy(struct dsi_port_loop *loop)
{
	struct dsi_port_loop **link = &fake__process()->loops;
	struct fake_sleep sleep = {.what = "end of a loop",
				   .ready = loop_ended,
				   .object = loop,
				   .deadline_ns = DSI_FOREVER};

	fake__point();
	if (!loop)
		return;
	if (loop->sources)
		fake_report("a loop is destroyed that has sources");
	if (loop->runner == fake__world.current)
		fake_report("a loop is destroyed from its ready()");
	loop->stop = true;
	if (loop->thread && loop->thread != fake__world.current)
		fake__block(&sleep);
	while (*link && *link != loop)
		link = &(*link)->next;
	if (*link)
		*link = loop->next;
	if (loop->watch) {
		loop->watch->loop = NULL;
		dsi_port_handle_close(loop->handle);
	}
	free(loop);
}

uint32_t fake__loops_end(struct fake_process *process)
{
	uint32_t n = 0;

	while (process->loops) {
		struct dsi_port_loop *loop = process->loops;

		process->loops = loop->next;
		if (loop->watch)
			loop->watch->loop = NULL;
		free(loop);
		n++;
	}
	process->monitor = NULL;
	return n;
}

int dsi_port_monitor_get(struct dsi_port_loop **out_loop)
{
	struct fake_process *process = fake__process();
	int err;

	fake__point();
	err = fake__inject(FAKE_MONITOR_GET);
	if (!err && process->monitor_refs == 0)
		err = create(DSI_PORT_LOOP_THREAD, &process->monitor);
	if (err)
		return err;
	process->monitor_refs++;
	*out_loop = process->monitor;
	return 0;
}

void dsi_port_monitor_put(struct dsi_port_loop *loop)
{
	struct fake_process *process = fake__process();

	fake__point();
	if (loop != process->monitor || process->monitor_refs == 0) {
		fake_report("put of a monitor that was not got");
		return;
	}
	if (--process->monitor_refs)
		return;
	process->monitor = NULL;
	dsi_port_loop_destroy(loop);
}

/* ---- sources ------------------------------------------------------------ */

int dsi_port_loop_add(struct dsi_port_loop *loop,
		      struct dsi_port_source *source)
{
	int err;

	fake__point();
	err = fake__inject(FAKE_LOOP_ADD);
	if (err)
		return err;
	if (source->handle >= 0 && !fake__handle_object(source->handle))
		return -DSI_EINVAL;
	source->deadline_ns = DSI_FOREVER;
	source->state = SOURCE_IN;
	atomic_store_explicit(&source->kicked, 0, memory_order_relaxed);
	source->prev = NULL;
	source->next = loop->sources;
	if (source->next)
		source->next->prev = source;
	loop->sources = source;
	return 0;
}

struct removal {
	const struct dsi_port_loop *loop;
	const struct dsi_port_source *source;
};

static bool not_running(void *object)
{
	const struct removal *removal = object;

	return removal->loop->running != removal->source;
}

static void take_out(struct dsi_port_loop *loop, struct dsi_port_source *source)
{
	if (source->prev)
		source->prev->next = source->next;
	else
		loop->sources = source->next;
	if (source->next)
		source->next->prev = source->prev;
	source->next = source->prev = NULL;
	source->state = 0;
}

void dsi_port_loop_remove(struct dsi_port_loop *loop,
			  struct dsi_port_source *source)
{
	struct removal removal = {loop, source};
	struct fake_sleep sleep = {.what = "end of a ready()",
				   .ready = not_running,
				   .object = &removal,
				   .deadline_ns = DSI_FOREVER};

	fake__point();
	if (source->state & SOURCE_IN)
		take_out(loop, source);
	/* Also one that took itself out may still be running. */
	if (loop->runner != fake__world.current)
		fake__block(&sleep);
}

void dsi_port_loop_timer(struct dsi_port_loop *loop,
			 struct dsi_port_source *source, uint64_t deadline_ns)
{
	(void)loop;
	source->deadline_ns = deadline_ns;
	fake__point();
}

void dsi_port_loop_kick(struct dsi_port_loop *loop,
			struct dsi_port_source *source)
{
	(void)loop;
	fake__count(kicks);
	atomic_store_explicit(&source->kicked, 1, memory_order_release);
	fake__point();
}

/* ---- loops without a thread --------------------------------------------- */

int dsi_port_loop_dispatch(struct dsi_port_loop *loop, uint64_t deadline_ns)
{
	struct fake_sleep sleep = {.what = "dispatch",
				   .ready = loop_busy,
				   .next = loop_next,
				   .object = loop,
				   .deadline_ns = deadline_ns};
	int err;

	if (loop->thread)
		fake_report("dispatch of a loop that has a thread");
	do {
		err = fake__block(&sleep);
		if (err)
			return err;
	} while (run_round(loop) == 0);
	return 0;
}

void fake_loop_handles(int on)
{
	fake__world.loop_handles = on;
}

int32_t dsi_port_loop_handle(struct dsi_port_loop *loop)
{
	fake__point();
	if (!fake__world.loop_handles)
		return -DSI_ENOTSUP;
	if (loop->watch)
		return loop->handle;
	loop->watch = calloc(1, sizeof(*loop->watch));
	if (!loop->watch)
		return -DSI_ENOMEM;
	loop->watch->object.type = FAKE_LOOP;
	loop->watch->object.refs = 1;
	loop->watch->loop = loop;
	loop->handle = fake__handle_new(&loop->watch->object);
	if (loop->handle < 0) {
		loop->watch = NULL;
		return loop->handle;
	}
	return loop->handle;
}

struct any {
	struct dsi_port_loop *const *loops;
	uint32_t n;
};

static bool any_busy(void *object)
{
	const struct any *any = object;

	for (uint32_t i = 0; i < any->n; i++)
		if (loop_busy(any->loops[i]))
			return true;
	return false;
}

static uint64_t any_next(void *object)
{
	const struct any *any = object;
	uint64_t earliest = DSI_FOREVER;

	for (uint32_t i = 0; i < any->n; i++)
		if (loop_next(any->loops[i]) < earliest)
			earliest = loop_next(any->loops[i]);
	return earliest;
}

int dsi_port_loop_wait_any(struct dsi_port_loop *const *loops, uint32_t n,
			   uint64_t deadline_ns)
{
	struct any any = {loops, n};
	struct fake_sleep sleep = {.what = "wait for a loop",
				   .ready = any_busy,
				   .next = any_next,
				   .object = &any,
				   .deadline_ns = deadline_ns};

	return fake__block(&sleep);
}
