/* SPDX-License-Identifier: MIT */
/*
 * top_watch_test.c - dsi top against producers that do not answer and figures
 * that jump: the watcher's functions and the clock are played here.
 */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>

#include "analysis/cli/top.h"

#define SECOND UINT64_C(1000000000)
#define MUTE 60u /* names whose owners do not answer */
#define REFRESHES 200u

static uint64_t clock_ns;
static uint64_t committed;
static uint32_t mute;	/* names before the good one */
static uint32_t flood;	/* names behind it */
static uint64_t waited; /* ns, in this refresh */
static int token;
static struct dsi_watch *const good = (struct dsi_watch *)(void *)&token;

uint64_t dsi_now(void)
{
	return clock_ns;
}

int32_t dsi_watch_names(void (*visit)(void *user, const char *name), void *user)
{
	char name[32];

	for (uint32_t i = 0; i < mute; i++) {
		snprintf(name, sizeof(name), "a-mute-%u", i);
		visit(user, name);
	}
	visit(user, "good");
	for (uint32_t i = 0; i < flood; i++) {
		snprintf(name, sizeof(name), "z-flood-%u", i);
		visit(user, name);
	}
	return (int32_t)(mute + 1u + flood);
}

int dsi_watch_open(const char *name, uint64_t deadline_ns,
		   struct dsi_watch **out_watch)
{
	if (strcmp(name, "good") == 0) {
		*out_watch = good;
		return 0;
	}
	waited += deadline_ns - clock_ns;
	clock_ns = deadline_ns;
	return -DSI_ETIMEDOUT;
}

int dsi_watch_update(struct dsi_watch *watch)
{
	assert_ptr_equal(watch, good);
	return 0;
}

int dsi_watch_desc(const struct dsi_watch *watch,
		   struct dsi_stream_desc *out_desc)
{
	assert_ptr_equal(watch, good);
	out_desc->packets = 1;
	return 0;
}

int32_t dsi_watch_count(const struct dsi_watch *watch)
{
	assert_ptr_equal(watch, good);
	return 1;
}

int dsi_watch_read(const struct dsi_watch *watch, uint32_t index,
		   struct dsi_watch_info *out_info)
{
	assert_ptr_equal(watch, good);
	assert_int_equal(index, 0);
	out_info->role = DSI_ROLE_PRODUCER;
	out_info->id = 1;
	out_info->readable = 1;
	out_info->stats.committed = committed;
	out_info->stats.bytes = committed;
	return 0;
}

int dsi_watch_latency(const struct dsi_watch *watch, uint32_t index,
		      struct dsi_histogram *out_histogram)
{
	(void)watch;
	(void)index;
	(void)out_histogram;
	fail(); /* a producer has none */
	return 0;
}

void dsi_watch_close(struct dsi_watch *watch)
{
	if (watch)
		assert_ptr_equal(watch, good);
}

static const struct top_stream *find(const struct top *top)
{
	static const struct top_stream none;

	for (size_t i = 0; i < top->n; i++)
		if (strcmp(top->streams[i]->name, "good") == 0)
			return top->streams[i];
	fail_msg("the good stream is not there");
	return &none;
}

static uint64_t rate_of(const struct top *top)
{
	assert_int_equal(find(top)->sockets[0].packets_per_s,
			 find(top)->sockets[0].bytes_per_s);
	return find(top)->sockets[0].packets_per_s;
}

static void rates(void **state)
{
	struct top top = {.n = 0};

	(void)state;
	mute = flood = 0;
	committed = 0;
	assert_int_equal(top_refresh(&top), 0);
	committed = 1000;
	clock_ns += SECOND / 2;
	assert_int_equal(top_refresh(&top), 0);
	assert_int_equal(rate_of(&top), 2000);
	committed = 5; /* back */
	clock_ns += SECOND;
	assert_int_equal(top_refresh(&top), 0);
	assert_int_equal(rate_of(&top), 0);
	committed = UINT64_MAX;
	clock_ns += SECOND / 100;
	assert_int_equal(top_refresh(&top), 0);
	assert_true(rate_of(&top) == UINT64_MAX);
	committed = 0;
	assert_int_equal(top_refresh(&top), 0); /* in no time */
	assert_int_equal(rate_of(&top), 0);
	top_close(&top);
}

/* Who does not answer costs a bounded time in each refresh, and keeps nobody
 * from being shown. */
static void mutes(void **state)
{
	struct top top = {.n = 0};
	uint32_t shown = 0;

	(void)state;
	mute = MUTE;
	flood = 0;
	for (uint32_t i = 0; i < REFRESHES && !shown; i++) {
		waited = 0;
		assert_int_equal(top_refresh(&top), 0);
		assert_true(waited < 2 * SECOND);
		clock_ns += SECOND;
		shown = find(&top)->watch != NULL;
	}
	assert_int_equal(shown, 1);
	top_close(&top);
}

/* Names cost memory. */
static void floods(void **state)
{
	struct top top = {.n = 0};

	(void)state;
	mute = 0;
	flood = 3 * TOP_STREAMS;
	assert_int_equal(top_refresh(&top), 0);
	assert_int_equal(top.n, TOP_STREAMS);
	assert_ptr_equal(find(&top)->watch, good);
	flood = 0;
	assert_int_equal(top_refresh(&top), 0);
	assert_int_equal(top.n, 1);
	top_close(&top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(mutes),
		cmocka_unit_test(floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
