/* SPDX-License-Identifier: MIT */
/* size_stats.h - how long each of many streams takes, and whether that grows. */
#ifndef DSI_SIZE_STATS_H
#define DSI_SIZE_STATS_H

#include <stdint.h>

/* Times per stream are processor time, which does not count what else the
 * machine does.  The run in at most so many pieces of equal length; when there are more, two
 * become one: constant memory for any number of streams. */
#define SIZE_STATS_PIECES 80u

struct size_stats {
	uint64_t pieces[SIZE_STATS_PIECES]; /* ns */
	uint64_t streams_in_piece;
	uint32_t full;	  /* pieces that are complete */
	uint64_t in_last; /* streams of the next one */
	uint64_t streams;
	uint64_t failed;
	uint64_t start_ns;
	uint64_t cpu_start_ns;
	uint64_t before_ns; /* processor time at the end of the last piece */
	uint64_t shown_ns;
};

void size_stats_start(struct size_stats *stats);
/* One stream is done. */
void size_stats_add(struct size_stats *stats, int good);
/* A line on a terminal, now and then. */
void size_stats_progress(struct size_stats *stats);
/* On stderr. */
void size_stats_print(const struct size_stats *stats);

#endif /* DSI_SIZE_STATS_H */
