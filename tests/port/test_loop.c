/* SPDX-License-Identifier: MIT */
/*
 * test_loop.c - loops: readiness, timers, kicks, removal, threads.
 */
#include <string.h>

#include <dsi/port.h>

#include "conf.h"

struct probe {
	struct dsi_port_source source; /* first: ready() gets it */
	struct dsi_port_loop *loop;
	void (*then)(struct probe *probe);
	struct probe *other;
	_Atomic uint32_t calls;
	_Atomic uint32_t why; /* of all calls */
	_Atomic uint64_t told, heard;
};

static void on_ready(struct dsi_port_source *source, uint32_t why)
{
	struct probe *probe = (struct probe *)(void *)source;

	atomic_fetch_or(&probe->why, why);
	atomic_fetch_add(&probe->calls, 1);
	if (probe->then)
		probe->then(probe);
}

static void probe_init(struct probe *probe, struct dsi_port_loop *loop,
		       int32_t handle)
{
	memset(probe, 0, sizeof(*probe));
	probe->source.ready = on_ready;
	probe->source.handle = handle;
	probe->loop = loop;
}

static int probe_add(struct probe *probe, struct dsi_port_loop *loop,
		     int32_t handle)
{
	probe_init(probe, loop, handle);
	conf_equal(dsi_port_loop_add(loop, &probe->source), 0);
	return 0;
}

static void probe_remove(struct probe *probe)
{
	dsi_port_loop_remove(probe->loop, &probe->source);
}

/* Forget what was seen, and say what it was. */
static uint32_t probe_why(struct probe *probe)
{
	atomic_store(&probe->calls, 0);
	return atomic_exchange(&probe->why, 0);
}

static int dispatch(struct dsi_port_loop *loop, uint64_t deadline_ns)
{
	return dsi_port_loop_dispatch(loop, deadline_ns);
}

static void read_one(struct probe *probe)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	uint64_t value;
	uint32_t n;

	(void)dsi_port_recv(probe->source.handle, &value, sizeof(value),
			    handles, &n);
}

/* ---- readiness ---------------------------------------------------------- */

static int loop_empty(void)
{
	struct dsi_port_loop *loop;
	uint64_t soon;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	soon = conf_soon();
	conf_equal(dispatch(loop, soon), -DSI_ETIMEDOUT);
	conf_check(dsi_port_now() >= soon);
	dsi_port_loop_destroy(loop);
	return 0;
}

static int loop_is_level_triggered(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	int32_t ends[2];

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_try(probe_add(&probe, loop, ends[0]));
	conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	conf_try(conf_send(ends[1], 1, -1));
	conf_try(conf_send(ends[1], 2, -1));
	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(dispatch(loop, conf_later()), 0);
		conf_equal(probe_why(&probe), DSI_PORT_WHY_READY);
	}
	probe.then = read_one;
	conf_equal(dispatch(loop, 0), 0);
	conf_equal(dispatch(loop, 0), 0);
	conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	probe_why(&probe);
	probe.then = NULL;
	dsi_port_handle_close(ends[1]);
	conf_equal(dispatch(loop, conf_later()), 0);
	conf_check(probe_why(&probe) & DSI_PORT_WHY_READY);
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	dsi_port_handle_close(ends[0]);
	return 0;
}

static int loop_add_of_what_is_ready(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	int32_t ends[2];

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_try(conf_send(ends[1], 1, -1));
	for (uint32_t i = 0; i < 3; i++) {
		conf_try(probe_add(&probe, loop, ends[0]));
		conf_equal(dispatch(loop, conf_later()), 0);
		conf_equal(probe_why(&probe), DSI_PORT_WHY_READY);
		probe_remove(&probe);
		conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	}
	dsi_port_loop_destroy(loop);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

#define MANY 100u

static int loop_with_many_sources(void)
{
	static struct probe probes[MANY];
	static int32_t ends[MANY][2];
	struct dsi_port_loop *loop;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		conf_equal(dsi_port_bell_pair(ends[i]), 0);
		conf_try(probe_add(&probes[i], loop, ends[i][0]));
	}
	for (uint32_t i = 0; i < MANY; i++) {
		dsi_port_bell_ring(ends[i][1]);
		conf_equal(dispatch(loop, conf_later()), 0);
		for (uint32_t k = 0; k < MANY; k++)
			conf_equal(probe_why(&probes[k]) != 0, k == i);
		dsi_port_bell_silence(ends[i][0]);
	}
	conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	for (uint32_t i = 0; i < MANY; i++) {
		probe_remove(&probes[i]);
		dsi_port_handle_close(ends[i][0]);
		dsi_port_handle_close(ends[i][1]);
	}
	dsi_port_loop_destroy(loop);
	return 0;
}

/* ---- timers and kicks --------------------------------------------------- */

static int loop_timer(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	uint64_t soon;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_try(probe_add(&probe, loop, -1));
	soon = conf_soon();
	dsi_port_loop_timer(loop, &probe.source, soon);
	conf_equal(dispatch(loop, conf_later()), 0);
	conf_check(dsi_port_now() >= soon);
	conf_equal(probe_why(&probe), DSI_PORT_WHY_TIMER);
	/* Once. */
	conf_equal(dispatch(loop, conf_soon()), -DSI_ETIMEDOUT);
	/* In the past: at once. */
	dsi_port_loop_timer(loop, &probe.source, 1);
	conf_equal(dispatch(loop, conf_later()), 0);
	conf_equal(probe_why(&probe), DSI_PORT_WHY_TIMER);
	/* Not at all. */
	dsi_port_loop_timer(loop, &probe.source, conf_soon());
	dsi_port_loop_timer(loop, &probe.source, DSI_FOREVER);
	conf_equal(dispatch(loop, conf_in_ms(20)), -DSI_ETIMEDOUT);
	/* Later than first said, but not earlier. */
	dsi_port_loop_timer(loop, &probe.source, 1);
	soon = conf_soon();
	dsi_port_loop_timer(loop, &probe.source, soon);
	conf_equal(dispatch(loop, conf_later()), 0);
	conf_check(dsi_port_now() >= soon);
	/* The deadline of dispatch comes first. */
	dsi_port_loop_timer(loop, &probe.source, conf_later());
	conf_equal(dispatch(loop, conf_soon()), -DSI_ETIMEDOUT);
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	return 0;
}

static void rearm(struct probe *probe)
{
	if (atomic_load(&probe->calls) < 3)
		dsi_port_loop_timer(probe->loop, &probe->source,
				    dsi_port_now() + 1000);
}

static int loop_timer_rearmed_in_ready(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_try(probe_add(&probe, loop, -1));
	probe.then = rearm;
	dsi_port_loop_timer(loop, &probe.source, 1);
	while (atomic_load(&probe.calls) < 3)
		conf_equal(dispatch(loop, conf_later()), 0);
	conf_equal(dispatch(loop, conf_soon()), -DSI_ETIMEDOUT);
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	return 0;
}

static int loop_timers_of_several(void)
{
	struct dsi_port_loop *loop;
	struct probe a, b;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_try(probe_add(&a, loop, -1));
	conf_try(probe_add(&b, loop, -1));
	dsi_port_loop_timer(loop, &a.source, conf_later());
	dsi_port_loop_timer(loop, &b.source, conf_soon());
	conf_equal(dispatch(loop, conf_later()), 0);
	conf_equal(atomic_load(&a.calls), 0);
	conf_equal(atomic_load(&b.calls), 1);
	/* A timer goes with its source. */
	probe_remove(&a);
	dsi_port_loop_timer(loop, &b.source, conf_soon());
	probe_remove(&b);
	conf_equal(dispatch(loop, conf_in_ms(20)), -DSI_ETIMEDOUT);
	dsi_port_loop_destroy(loop);
	return 0;
}

static int loop_kick(void)
{
	struct dsi_port_loop *loop;
	struct probe a, b;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_try(probe_add(&a, loop, -1));
	conf_try(probe_add(&b, loop, -1));
	dsi_port_loop_kick(loop, &a.source);
	conf_equal(atomic_load(&a.calls), 0); /* not from here */
	dsi_port_loop_kick(loop, &a.source);
	while (probe_why(&a) != DSI_PORT_WHY_KICK)
		conf_equal(dispatch(loop, conf_later()), 0);
	while (dispatch(loop, 0) == 0)
		;
	probe_why(&a);
	conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	conf_equal(atomic_load(&a.calls), 0);
	conf_equal(atomic_load(&b.calls), 0);
	probe_remove(&a);
	probe_remove(&b);
	dsi_port_loop_destroy(loop);
	return 0;
}

static int kick_later(void *arg)
{
	struct probe *probe = arg;

	conf_sleep_until(conf_soon());
	dsi_port_loop_kick(probe->loop, &probe->source);
	return 0;
}

static int loop_kick_wakes_dispatch(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	int peer;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_try(probe_add(&probe, loop, -1));
	peer = conf_spawn_thread(kick_later, &probe);
	while (atomic_load(&probe.calls) == 0)
		conf_equal(dispatch(loop, conf_later()), 0);
	conf_equal(conf_join(peer), 0);
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	return 0;
}

static int set_timer_later(void *arg)
{
	struct probe *probe = arg;

	conf_sleep_until(conf_soon());
	dsi_port_loop_timer(probe->loop, &probe->source, conf_soon());
	return 0;
}

/* A deadline set by another thread counts for a loop that sleeps. */
static int loop_timer_from_another_thread(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	int peer;

	conf_equal(dsi_port_loop_create(DSI_PORT_LOOP_THREAD, &loop), 0);
	conf_try(probe_add(&probe, loop, -1));
	peer = conf_spawn_thread(set_timer_later, &probe);
	for (uint64_t deadline = conf_later();
	     atomic_load(&probe.calls) == 0;) {
		conf_check(dsi_port_now() < deadline);
		conf_sleep_until(conf_in_ms(1));
	}
	conf_equal(conf_join(peer), 0);
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	return 0;
}

/* ---- adding and removing in ready() ------------------------------------- */

static void remove_self(struct probe *probe)
{
	probe_remove(probe);
}

static void remove_other(struct probe *probe)
{
	if (!probe->other)
		return;
	probe_remove(probe->other);
	probe->other->other = NULL;
	probe->other = NULL;
}

static void add_other(struct probe *probe)
{
	if (dsi_port_loop_add(probe->loop, &probe->other->source))
		conf_fail(__FILE__, __LINE__, "add failed");
	probe->then = NULL;
}

static int loop_remove_in_own_ready(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	int32_t ends[2];

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_try(conf_send(ends[1], 1, -1));
	conf_try(probe_add(&probe, loop, ends[0]));
	probe.then = remove_self;
	conf_equal(dispatch(loop, conf_later()), 0);
	conf_equal(dispatch(loop, 0), -DSI_ETIMEDOUT);
	conf_equal(atomic_load(&probe.calls), 1);
	dsi_port_loop_destroy(loop);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static int loop_remove_of_another_that_is_ready(void)
{
	struct dsi_port_loop *loop;
	struct probe a, b;

	for (uint32_t i = 0; i < 10; i++) {
		conf_equal(dsi_port_loop_create(0, &loop), 0);
		conf_try(probe_add(&a, loop, -1));
		conf_try(probe_add(&b, loop, -1));
		a.other = &b;
		b.other = &a;
		a.then = b.then = remove_other;
		dsi_port_loop_timer(loop, &a.source, 1);
		dsi_port_loop_timer(loop, &b.source, 1);
		conf_equal(dispatch(loop, conf_later()), 0);
		while (dispatch(loop, 0) == 0)
			;
		/* Whoever came first took the other one out. */
		conf_equal(atomic_load(&a.calls) + atomic_load(&b.calls), 1);
		probe_remove(atomic_load(&a.calls) ? &a : &b);
		dsi_port_loop_destroy(loop);
	}
	return 0;
}

static int loop_add_in_ready(void)
{
	struct dsi_port_loop *loop;
	struct probe a, b;
	int32_t ends[2];

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	conf_equal(dsi_port_conn_pair(ends), 0);
	conf_try(conf_send(ends[1], 1, -1));
	conf_try(probe_add(&a, loop, -1));
	probe_init(&b, loop, ends[0]);
	a.other = &b;
	a.then = add_other;
	dsi_port_loop_kick(loop, &a.source);
	while (atomic_load(&b.calls) == 0)
		conf_equal(dispatch(loop, conf_later()), 0);
	probe_remove(&a);
	probe_remove(&b);
	dsi_port_loop_destroy(loop);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

/* ---- loops with a thread ------------------------------------------------ */

static void run_long(struct probe *probe)
{
	conf_step(0);
	conf_sleep_until(conf_soon());
	atomic_store(&probe->heard, 1);
}

static int loop_remove_waits_for_ready(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;

	conf_equal(dsi_port_loop_create(DSI_PORT_LOOP_THREAD, &loop), 0);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t calls;

		probe_init(&probe, loop, -1);
		probe.then = run_long;
		conf_equal(dsi_port_loop_add(loop, &probe.source), 0);
		dsi_port_loop_kick(loop, &probe.source);
		conf_try(conf_await(0, i + 1));
		probe_remove(&probe);
		conf_equal(atomic_load(&probe.heard), 1);
		calls = atomic_load(&probe.calls);
		conf_sleep_until(conf_soon());
		conf_equal(atomic_load(&probe.calls), calls);
	}
	dsi_port_loop_destroy(loop);
	return 0;
}

static void remove_then_run_long(struct probe *probe)
{
	probe_remove(probe);
	run_long(probe);
}

static int loop_remove_twice(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;

	conf_equal(dsi_port_loop_create(DSI_PORT_LOOP_THREAD, &loop), 0);
	probe_init(&probe, loop, -1);
	probe_remove(&probe); /* never was in it */
	conf_equal(dsi_port_loop_add(loop, &probe.source), 0);
	probe_remove(&probe);
	probe_remove(&probe);
	/* It took itself out, but it runs: whoever removes it once more may
	 * free it afterwards. */
	probe_init(&probe, loop, -1);
	probe.then = remove_then_run_long;
	conf_equal(dsi_port_loop_add(loop, &probe.source), 0);
	dsi_port_loop_kick(loop, &probe.source);
	conf_try(conf_await(0, 1));
	probe_remove(&probe);
	conf_equal(atomic_load(&probe.heard), 1);
	dsi_port_loop_destroy(loop);
	return 0;
}

static void hear_told(struct probe *probe)
{
	atomic_store(&probe->heard, atomic_load(&probe->told));
}

static int kick_often(void *arg)
{
	struct probe *probe = arg;

	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		atomic_store(&probe->told, i + 1);
		dsi_port_loop_kick(probe->loop, &probe->source);
	}
	return 0;
}

static int loop_kick_is_not_lost(void)
{
	uint64_t deadline = conf_later();
	struct dsi_port_loop *loop;
	struct probe probes[3];
	int peers[3];

	conf_equal(dsi_port_loop_create(DSI_PORT_LOOP_THREAD, &loop), 0);
	for (uint32_t i = 0; i < 3; i++) {
		conf_try(probe_add(&probes[i], loop, -1));
		probes[i].then = hear_told;
	}
	for (uint32_t i = 0; i < 3; i++)
		peers[i] = conf_spawn_thread(kick_often, &probes[i]);
	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(conf_join(peers[i]), 0);
		while (atomic_load(&probes[i].heard) != CONF_ROUNDS) {
			conf_check(dsi_port_now() < deadline);
			conf_sleep_until(conf_in_ms(1));
		}
	}
	for (uint32_t i = 0; i < 3; i++)
		probe_remove(&probes[i]);
	dsi_port_loop_destroy(loop);
	return 0;
}

static int loop_thread_reads(void)
{
	uint64_t deadline = conf_later();
	struct dsi_port_loop *loop;
	struct probe probe;
	int32_t ends[2];

	conf_equal(dsi_port_loop_create(DSI_PORT_LOOP_THREAD, &loop), 0);
	conf_equal(dsi_port_conn_pair(ends), 0);
	probe_init(&probe, loop, ends[0]);
	probe.then = read_one;
	conf_equal(dsi_port_loop_add(loop, &probe.source), 0);
	for (uint32_t i = 0; i < 20; i++) {
		conf_try(conf_send(ends[1], i, -1));
		while (atomic_load(&probe.calls) < i + 1) {
			conf_check(dsi_port_now() < deadline);
			conf_sleep_until(conf_in_ms(1));
		}
	}
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static int monitor_is_shared(void)
{
	struct dsi_port_loop *first, *second;
	struct probe probe;

	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(dsi_port_monitor_get(&first), 0);
		conf_equal(dsi_port_monitor_get(&second), 0);
		conf_check(first == second);
		dsi_port_monitor_put(second);
		/* It still runs. */
		probe_init(&probe, first, -1);
		probe.then = run_long;
		conf_equal(dsi_port_loop_add(first, &probe.source), 0);
		dsi_port_loop_kick(first, &probe.source);
		conf_try(conf_await(0, i + 1));
		probe_remove(&probe);
		dsi_port_monitor_put(first);
	}
	return 0;
}

static int use_monitor(void *arg)
{
	struct dsi_port_loop *loop;

	(void)arg;
	for (uint32_t i = 0; i < 20; i++) {
		struct probe probe;

		conf_equal(dsi_port_monitor_get(&loop), 0);
		conf_try(probe_add(&probe, loop, -1));
		dsi_port_loop_kick(loop, &probe.source);
		probe_remove(&probe);
		dsi_port_monitor_put(loop);
	}
	return 0;
}

static int monitor_of_many_threads(void)
{
	int peers[3];

	for (uint32_t i = 0; i < 3; i++)
		peers[i] = conf_spawn_thread(use_monitor, NULL);
	for (uint32_t i = 0; i < 3; i++)
		conf_equal(conf_join(peers[i]), 0);
	return 0;
}

/* ---- several loops ------------------------------------------------------ */

static int loop_wait_any(void)
{
	struct dsi_port_loop *loops[3];
	struct probe probes[3];
	uint64_t soon;
	int peer;

	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(dsi_port_loop_create(0, &loops[i]), 0);
		conf_try(probe_add(&probes[i], loops[i], -1));
	}
	conf_equal(dsi_port_loop_wait_any(loops, 3, 0), -DSI_ETIMEDOUT);
	soon = conf_soon();
	conf_equal(dsi_port_loop_wait_any(loops, 3, soon), -DSI_ETIMEDOUT);
	conf_check(dsi_port_now() >= soon);
	for (uint32_t i = 0; i < 3; i++) {
		peer = conf_spawn_thread(kick_later, &probes[i]);
		conf_equal(dsi_port_loop_wait_any(loops, 3, conf_later()), 0);
		conf_equal(atomic_load(&probes[i].calls), 0);
		while (atomic_load(&probes[i].calls) == 0)
			conf_equal(dispatch(loops[i], conf_later()), 0);
		conf_equal(conf_join(peer), 0);
	}
	/* A timer is something to do as well. */
	dsi_port_loop_timer(loops[1], &probes[1].source, conf_soon());
	conf_equal(dsi_port_loop_wait_any(loops, 3, conf_later()), 0);
	conf_equal(dispatch(loops[1], conf_later()), 0);
	for (uint32_t i = 0; i < 3; i++) {
		probe_remove(&probes[i]);
		dsi_port_loop_destroy(loops[i]);
	}
	return 0;
}

static int loop_handle_tells(void)
{
	struct dsi_port_loop *loop;
	struct probe probe;
	int32_t handle;

	conf_equal(dsi_port_loop_create(0, &loop), 0);
	handle = dsi_port_loop_handle(loop);
	if (handle == -DSI_ENOTSUP) {
		dsi_port_loop_destroy(loop);
		return 0;
	}
	conf_check(handle >= 0);
	conf_try(probe_add(&probe, loop, -1));
	while (conf_readable(handle, 0))
		(void)dispatch(loop, 0); /* early is harmless */
	dsi_port_loop_kick(loop, &probe.source);
	conf_check(conf_readable(handle, conf_later()));
	while (atomic_load(&probe.calls) == 0)
		conf_equal(dispatch(loop, conf_later()), 0);
	while (conf_readable(handle, 0))
		(void)dispatch(loop, 0);
	probe_why(&probe);
	dsi_port_loop_timer(loop, &probe.source, conf_soon());
	while (!(atomic_load(&probe.why) & DSI_PORT_WHY_TIMER)) {
		conf_check(conf_readable(handle, conf_later()));
		(void)dispatch(loop, 0);
	}
	probe_remove(&probe);
	dsi_port_loop_destroy(loop);
	return 0;
}

const struct conf_test conf_loop_tests[] = {
	{"loop_empty", loop_empty},
	{"loop_is_level_triggered", loop_is_level_triggered},
	{"loop_add_of_what_is_ready", loop_add_of_what_is_ready},
	{"loop_with_many_sources", loop_with_many_sources},
	{"loop_timer", loop_timer},
	{"loop_timer_rearmed_in_ready", loop_timer_rearmed_in_ready},
	{"loop_timers_of_several", loop_timers_of_several},
	{"loop_kick", loop_kick},
	{"loop_kick_wakes_dispatch", loop_kick_wakes_dispatch},
	{"loop_timer_from_another_thread", loop_timer_from_another_thread},
	{"loop_remove_in_own_ready", loop_remove_in_own_ready},
	{"loop_remove_of_another_that_is_ready",
	 loop_remove_of_another_that_is_ready},
	{"loop_add_in_ready", loop_add_in_ready},
	{"loop_remove_waits_for_ready", loop_remove_waits_for_ready},
	{"loop_remove_twice", loop_remove_twice},
	{"loop_kick_is_not_lost", loop_kick_is_not_lost},
	{"loop_thread_reads", loop_thread_reads},
	{"monitor_is_shared", monitor_is_shared},
	{"monitor_of_many_threads", monitor_of_many_threads},
	{"loop_wait_any", loop_wait_any},
	{"loop_handle_tells", loop_handle_tells},
	{NULL, NULL},
};
