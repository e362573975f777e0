// SPDX-License-Identifier: MIT
/*
 * size_stats.c - how long each of many streams takes, and whether that grows.
 */
#define _GNU_SOURCE 1
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "size_stats.h"

#define NS_PER_S UINT64_C(1000000000)
#define SHOW_EVERY 4096u /* looks at the clock of the progress line */

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

void size_stats_start(struct size_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->streams_in_piece = 1;
	stats->start_ns = stats->shown_ns = now(CLOCK_MONOTONIC);
	stats->cpu_start_ns = stats->before_ns = now(CLOCK_PROCESS_CPUTIME_ID);
}

static void merge_pieces(struct size_stats *stats)
{
	for (uint32_t i = 0; i < SIZE_STATS_PIECES / 2; i++)
		stats->pieces[i] =
			stats->pieces[2 * i] + stats->pieces[2 * i + 1];
	stats->full = SIZE_STATS_PIECES / 2;
	stats->streams_in_piece *= 2;
}

void size_stats_add(struct size_stats *stats, int good)
{
	stats->streams++;
	stats->failed += !good;
	if (++stats->in_last == stats->streams_in_piece) {
		uint64_t t = now(CLOCK_PROCESS_CPUTIME_ID);

		stats->pieces[stats->full++] = t - stats->before_ns;
		stats->before_ns = t;
		stats->in_last = 0;
		if (stats->full == SIZE_STATS_PIECES)
			merge_pieces(stats);
	}
}

void size_stats_progress(struct size_stats *stats)
{
	char line[96];
	uint64_t t;

	if (stats->streams % SHOW_EVERY || !isatty(STDERR_FILENO))
		return;
	t = now(CLOCK_MONOTONIC);
	if (t - stats->shown_ns < NS_PER_S / 5)
		return;
	stats->shown_ns = t;
	snprintf(line, sizeof(line),
		 "%" PRIu64 " streams, %" PRIu64 " a second, %" PRIu64
		 " failed",
		 stats->streams,
		 stats->streams * NS_PER_S / (t - stats->start_ns + 1),
		 stats->failed);
	message_status(line);
}

static uint64_t mean(const struct size_stats *stats, uint32_t first, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = first; i < first + n; i++)
		sum += stats->pieces[i];
	return sum / (n * stats->streams_in_piece);
}

void size_stats_print(const struct size_stats *stats)
{
	uint64_t took = now(CLOCK_MONOTONIC) - stats->start_ns;
	uint64_t cpu = now(CLOCK_PROCESS_CPUTIME_ID) - stats->cpu_start_ns;
	uint32_t tenth = stats->full / 10 ? stats->full / 10 : 1;
	uint64_t first, last;

	message_status_end();
	fprintf(stderr,
		"streams          %" PRIu64 " (%" PRIu64 " failed)\n"
		"time             %" PRIu64 ".%03" PRIu64 " s\n",
		stats->streams, stats->failed, took / NS_PER_S,
		took % NS_PER_S / 1000000);
	if (!stats->streams)
		return;
	first = mean(stats, 0, tenth);
	last = mean(stats, stats->full - tenth, tenth);
	fprintf(stderr,
		"time per stream  %" PRIu64 " ns of processor time\n"
		"first tenth      %" PRIu64 " ns\n"
		"last tenth       %" PRIu64 " ns\n"
		"growth           %" PRIu64 ".%02" PRIu64
		" times from the first tenth to the last\n",
		cpu / stats->streams, first, last, first ? last / first : 0,
		first ? last % first * 100 / first : 0);
}
