/* SPDX-License-Identifier: MIT */
/*
 * trace_gaps.h - are the packets that a reader missed those that were dropped?
 *
 * Packets count in the order of their commits here.  A drop may be told before the reader passes its place (the producer drops)
 * or after (the consumer finds out), and packets may be got out of order; so
 * the two are counted and compared at the end.
 */
#ifndef DSI_TRACE_GAPS_H
#define DSI_TRACE_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_GAPS_PENDING 64u /* runs of drops beyond the reader's place */

struct trace_run {
	uint64_t seq;
	uint64_t n;
};

/**
 * struct trace_gaps - all zero: nothing got.
 * @next:      one more than the largest number got
 * @missing:   numbers below that were not got
 * @dropped:   drops of numbers below that
 * @first_gap: the first number that was missing
 * @pending:   drops of numbers that are not below @next, ascending
 * @blind:     more runs were pending than fit: no answer
 */
struct trace_gaps {
	bool any;
	uint64_t first;
	uint64_t next;
	int64_t missing;
	uint64_t dropped;
	uint64_t first_gap, first_gap_ns;
	bool has_gap;
	struct trace_run pending[TRACE_GAPS_PENDING];
	unsigned int n;
	bool blind;
};

void trace_gaps_get(struct trace_gaps *g, uint64_t seq, uint64_t at_ns);
void trace_gaps_drop(struct trace_gaps *g, uint64_t seq, uint64_t n);
/* Missing packets that no drop explains; less than 0: drops of packets that
 * are not missing.  0 if it cannot be said. */
int64_t trace_gaps_unexplained(const struct trace_gaps *g);

#endif /* DSI_TRACE_GAPS_H */
