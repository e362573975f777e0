/* SPDX-License-Identifier: MIT */
/*
 * placement_cost.c - what it takes to plan and bind a stream, beside creating
 * it.
 *
 *	placement_cost [ROUNDS [NODE]]
 *
 * Creates a producer and a consumer ROUNDS times (default 200) with placement
 * none and with node:NODE (default 0), taking turns, and the first time of each
 * in a process of its own, as the first one loads libdsi-placement.  Prints
 * medians in microseconds and what placement adds.  A program to look at: times
 * depend on the machine and on what else it does.  On a machine of one node it
 * does all that it does elsewhere, but the pages have nowhere to move from.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

#define ROUNDS_MAX 100000u
#define FIRST_ROUNDS 25u
#define PACKETS 256u
#define PACKET_BYTES 4096u

static uint32_t node;

/* Nanoseconds to create both ends of a stream. */
static uint64_t create(uint32_t placement)
{
	const struct dsi_stream_desc desc = {.size = sizeof(desc),
					     .packets = PACKETS,
					     .packet_bytes = PACKET_BYTES};
	const struct dsi_producer_options out_options = {
		.size = sizeof(out_options),
		.placement = placement,
		.placement_of = node};
	const struct dsi_consumer_options in_options = {
		.size = sizeof(in_options),
		.placement = placement,
		.placement_of = node};
	struct dsi_socket *out, *in;
	uint64_t begin = dsi_now(), end;

	MUST_BE(dsi_producer_create(&desc, &out_options, &out), 0);
	MUST_BE(dsi_consumer_create(&in_options, &in), 0);
	end = dsi_now();
	dsi_socket_destroy(in);
	dsi_socket_destroy(out);
	return end - begin;
}

/* The same in a process that never did it before. */
static uint64_t create_first(uint32_t placement)
{
	uint64_t took = 0;
	int status = -1;
	int ends[2];
	pid_t pid;

	MUST_BE(pipe(ends), 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		took = create(placement);
		_exit(write(ends[1], &took, sizeof(took)) != sizeof(took));
	}
	MUST_BE(close(ends[1]), 0);
	MUST_BE(read(ends[0], &took, sizeof(took)), sizeof(took));
	MUST_BE(waitpid(pid, &status, 0), pid);
	MUST_BE(status, 0);
	MUST_BE(close(ends[0]), 0);
	return took;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median_us(uint64_t *took, uint32_t n)
{
	qsort(took, n, sizeof(*took), by_size);
	return (double)took[n / 2] / 1e3;
}

static void compare(const char *what, uint64_t (*fn)(uint32_t), uint32_t n)
{
	uint64_t *without = calloc(n, sizeof(*without));
	uint64_t *with = calloc(n, sizeof(*with));
	double plain, placed;

	MUST(without && with);
	for (uint32_t i = 0; i < n; i++) {
		without[i] = fn(DSI_PLACEMENT_NONE);
		with[i] = fn(DSI_PLACEMENT_NODE);
	}
	plain = median_us(without, n);
	placed = median_us(with, n);
	printf("%-12s %9.1f %9.1f %9.1f %7.2f\n", what, plain, placed,
	       placed - plain, placed / plain);
	free(without);
	free(with);
}

int main(int argc, char **argv)
{
	uint32_t rounds = 200;

	if (argc > 1)
		rounds = (uint32_t)strtoul(argv[1], NULL, 0);
	if (argc > 2)
		node = (uint32_t)strtoul(argv[2], NULL, 0);
	if (rounds < 1 || rounds > ROUNDS_MAX || argc > 3) {
		fprintf(stderr, "usage: placement_cost [ROUNDS [NODE]]\n");
		return 2;
	}
	printf("median of a stream's two ends, us\n"
	       "%-12s %9s %9s %9s %7s\n",
	       "", "none", "node", "adds", "ratio");
	/* First: later this process has all of it, and its children too. */
	compare("first", create_first,
		rounds < FIRST_ROUNDS ? rounds : FIRST_ROUNDS);
	compare("each further", create, rounds);
	return 0;
}
