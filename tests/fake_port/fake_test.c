/* SPDX-License-Identifier: MIT */
/*
 * fake_test.c - does the fake port notice what it promises to notice?
 *
 * Each case is a small world with a known mistake, or with none; a checker
 * that never complains would let every other simulation test pass.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/port.h>

#include "fake.h"

static _Atomic uint32_t word;
static int failures;

static void nothing(void *arg)
{
	(void)arg;
}

static void leaves_memory(void *arg)
{
	(void)arg;
	(void)dsi_port_alloc(10);
}

static void leaves_handles(void *arg)
{
	int32_t ends[2];

	(void)arg;
	if (dsi_port_bell_pair(ends))
		fake_report("no bell");
}

static void leaves_loop(void *arg)
{
	struct dsi_port_loop *loop;

	(void)arg;
	if (dsi_port_monitor_get(&loop))
		fake_report("no monitor");
}

static void closes_twice(void *arg)
{
	int32_t ends[2];

	(void)arg;
	if (dsi_port_bell_pair(ends))
		return;
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	dsi_port_handle_close(ends[0]);
}

static void uses_foreign(void *arg)
{
	dsi_port_bell_ring(*(int32_t *)arg);
}

static void lends(void *arg)
{
	int32_t ends[2];

	(void)arg;
	if (dsi_port_bell_pair(ends))
		return;
	fake_join(fake_spawn_process(uses_foreign, &ends[0]));
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

static void sleeps(void *arg)
{
	struct dsi_port_word w = {&word, 0, 0};

	(void)arg;
	while (atomic_load(&word) == 0)
		(void)dsi_port_wait(&w, 1, DSI_FOREVER);
}

static void forgets_wake(void *arg)
{
	(void)arg;
	fake_spurious(0);
	atomic_store(&word, 0);
	(void)fake_spawn(sleeps, NULL);
	fake_sleep_until(fake_now() + 1000000);
	atomic_store(&word, 1);
}

static void wakes(void *arg)
{
	forgets_wake(arg);
	dsi_port_wake(&word, 0);
}

static void sleeps_locked(void *arg)
{
	(void)arg;
	dsi_port_lock();
	fake_sleep_until(fake_now() + 1000);
	dsi_port_unlock();
}

static void locks_twice(void *arg)
{
	(void)arg;
	dsi_port_lock();
	dsi_port_lock();
}

static void waits_private_in_vain(void *arg)
{
	struct dsi_port_word w = {&word, 0, 1};

	(void)arg;
	atomic_store(&word, 1);
	(void)dsi_port_wait(&w, 1, 0);
}

static void jumps(void *arg)
{
	uint64_t begin = fake_now();

	(void)arg;
	fake_sleep_until(begin + 3600000000000u);
	if (fake_now() < begin + 3600000000000u)
		fake_report("an hour was too short");
}

static void is_killed(void *arg)
{
	struct dsi_port_region region;

	leaves_memory(arg);
	leaves_handles(arg);
	leaves_loop(arg);
	if (dsi_port_region_create(&region, 1, DSI_PORT_READ))
		fake_report("no region");
	fake_sleep_until(DSI_FOREVER);
}

static void kills(void *arg)
{
	int peer = fake_spawn_process(is_killed, NULL);

	(void)arg;
	fake_sleep_until(fake_now() + 1000000);
	fake_kill(peer);
	if (fake_join(peer) != 1)
		fake_report("killed fiber was not killed");
}

static void killed_at_every_point(void *arg)
{
	(void)arg;
	for (uint32_t i = 1; i < 40; i++) {
		int peer = fake_spawn_process(is_killed, NULL);

		fake_kill_after(peer, i);
		fake_sleep_until(fake_now() + 1000000);
		fake_kill(peer);
		fake_join(peer);
	}
}

static void injects(void *arg)
{
	int32_t ends[2];

	(void)arg;
	fake_fail(FAKE_ALLOC, 1, 0);
	if (dsi_port_alloc(1))
		fake_report("allocation did not fail");
	fake_fail(FAKE_CONN_PAIR, 2, -DSI_EMFILE);
	if (dsi_port_conn_pair(ends))
		fake_report("first pair failed");
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	if (dsi_port_conn_pair(ends) != -DSI_EMFILE)
		fake_report("second pair did not fail");
	if (fake_calls(FAKE_CONN_PAIR) != 2)
		fake_report("calls are not counted");
}

static void asserts(void *arg)
{
	(void)arg;
	dsi_port_assert_failed("1 == 2", "nowhere.c", 3);
}

static void draw(void *arg)
{
	uint64_t *sum = arg;

	for (uint32_t i = 0; i < 20; i++) {
		*sum = *sum * 31 + (uint64_t)fake_self();
		fake_yield();
	}
}

static void draws(void *arg)
{
	int a = fake_spawn(draw, arg);
	int b = fake_spawn_process(draw, arg);

	draw(arg);
	fake_join(a);
	fake_join(b);
	*(uint64_t *)arg += fake_now();
}

static uint64_t trace(uint64_t seed)
{
	uint64_t sum = 0;

	if (fake_run(seed, draws, &sum))
		failures++;
	return sum;
}

static void expect(const char *name, void (*fn)(void *), const char *report)
{
	int ok = 1;

	for (uint64_t seed = 0; ok && seed < 30; seed++) {
		int got = fake_run(seed, fn, NULL);

		ok = report ? got && strstr(fake_error(), report) : !got;
	}
	printf("%s - %s%s%s\n", ok ? "ok" : "not ok", name, ok ? "" : ": ",
	       ok ? "" : fake_error());
	failures += !ok;
}

int main(void)
{
	expect("nothing to report", nothing, NULL);
	expect("memory left behind", leaves_memory, "1 allocations");
	expect("handles left behind", leaves_handles, "2 handles");
	expect("loop left behind", leaves_loop, "1 loops");
	expect("second close", closes_twice, "not open");
	expect("foreign handle", lends, "of process 1");
	expect("wake forgotten", forgets_wake, "wait on words");
	expect("wake not forgotten", wakes, NULL);
	expect("sleep with lock", sleeps_locked, "lock held");
	expect("lock taken twice", locks_twice, "twice");
	expect("shared word outside", waits_private_in_vain, "no region");
	expect("clock jumps", jumps, NULL);
	expect("killed process", kills, NULL);
	expect("killed at every point", killed_at_every_point, NULL);
	expect("injected failures", injects, NULL);
	expect("assertion", asserts, "1 == 2");
	if (trace(7) != trace(7) || trace(7) == trace(8)) {
		printf("not ok - same seed, same run\n");
		failures++;
	} else {
		printf("ok - same seed, same run\n");
	}
	return failures ? 1 : 0;
}
