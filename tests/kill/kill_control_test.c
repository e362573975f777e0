/* SPDX-License-Identifier: MIT */
/*
 * kill_control_test.c - a control application dies by SIGKILL after, or
 * while, it joins two components.
 *
 * This process has the components.  Whatever was opened for the dead one is
 * stopped and closed, each once; the next one finds them as before.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/kill/kill_parts.h"

static struct kill_page *page;

/* ---- the control application, a process ---------------------------------- */

static int control(void)
{
	struct dsi_stream *stream;

	MUST_BE(kill_parts_join(&stream), 0);
	MUST_BE(dsi_stream_start(stream, kill_deadline()), 0);
	atomic_store(&page->running, 1);
	for (;;)
		sleep_us(1000000);
}

/* ---- one death ----------------------------------------------------------- */

static uint32_t one_death(uint32_t round, uint64_t *random)
{
	uint64_t deadline = kill_deadline();
	uint64_t before = atomic_load(&kill_parts.passed);
	uint32_t ran = round % 2u;
	pid_t victim;

	atomic_store(&page->running, 0);
	victim = kill_spawn("control", round);
	while (ran && (!atomic_load(&page->running) ||
		       atomic_load(&kill_parts.passed) < before + 20u)) {
		MUST(dsi_now() < deadline);
		sleep_us(50);
	}
	sleep_randomly(random, ran ? 1000 : 8000);
	kill_now(victim);
	MUST_BE(kill_await(victim), -9);
	return ran;
}

int main(int argc, char **argv)
{
	uint32_t rounds, fds;
	uint32_t ran = 0;
	uint64_t random;

	if (argc == 4) {
		page = kill_attach(argv);
		return control();
	}
	kill_draw(&random, &rounds);
	page = kill_begin();
	kill_parts_begin();
	(void)one_death(1, &random);
	kill_parts_await_closed();
	fds = count_descriptors();
	for (uint32_t i = 0; i < rounds; i++) {
		ran += one_death(i, &random);
		kill_parts_await_closed();
	}
	printf("%u killed, %u of them with a running stream; %ju sockets "
	       "opened and closed, %ju started\n",
	       rounds, ran, (uintmax_t)atomic_load(&kill_parts.opened),
	       (uintmax_t)atomic_load(&kill_parts.started));
	MUST(count_descriptors() <= fds);
	MUST_BE(count_regions(), 0);
	kill_parts_end();
	kill_end();
	return 0;
}
