/* SPDX-License-Identifier: MIT */
/*
 * trace_jitter.h - do the commits keep to a period and a jitter?
 *
 * Packet i at time t_i is late by l_i = t_i - i T.  The stream keeps to (T,
 * tau) exactly if no two packets' latenesses differ by more than tau.  A
 * packet that breaks it does not move the limits: the next one is judged by
 * those that kept to it.
 *
 * Exact: whole nanoseconds in 128 bits.  A period that is no whole number of
 * microseconds may have been rounded up to the next nanosecond when it was
 * recorded (1001/30000 s): then packets are too early only if they are so for
 * the nanosecond below as well.  Source: docs/design/80-sizing.md.
 */
#ifndef DSI_TRACE_JITTER_H
#define DSI_TRACE_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "exact/exact.h"

/**
 * struct trace_jitter - all zero: nothing seen.
 * @n:       packets
 * @least, @most: latenesses of those that keep to the description, ns, and
 *           which packets those are; @most by the least possible period
 * @all_least, @all_most: of all packets
 * @seq0, @time0: the first packet, which the sums of the slope are from
 */
struct trace_jitter {
	uint64_t n;
	dsi_wide least, most;
	uint64_t least_seq, most_seq;
	dsi_wide all_least, all_most;
	uint64_t seq0, time0;
	uint64_t last_seq;
	double sum_i, sum_t, sum_ii, sum_it;
};

/* What a packet is in conflict with. */
struct trace_jitter_conflict {
	uint64_t since;
	bool late;
	uint64_t spread_ns;
};

/* @period_ns: T, or 0: not declared, only the slope is measured.  @jitter_ns:
 * tau.  True: packet @seq breaks it. */
bool trace_jitter_add(struct trace_jitter *j, uint64_t period_ns,
		      uint64_t jitter_ns, uint64_t seq, uint64_t time_ns,
		      struct trace_jitter_conflict *out);
/* Largest lateness less the least, of all packets. */
uint64_t trace_jitter_spread(const struct trace_jitter *j);
/* The period by least squares, ns; 0: not enough packets. */
double trace_jitter_period(const struct trace_jitter *j);

#endif /* DSI_TRACE_JITTER_H */
