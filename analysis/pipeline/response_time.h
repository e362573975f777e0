/* SPDX-License-Identifier: MIT */
/*
 * response_time.h - worst response times of work that comes in bursts.
 *
 * All of them are a maximum over the jobs q = 1, 2, ... of a busy period:
 *
 *   R = max_q B(q) - delta-(q)
 *
 * with B(q), the time in which the first q jobs are done.  What differs is
 * B(q).  Times are ticks.
 *
 * Source: Lehoczky 1990; Tindell, Burns, Wellings 1994, for preemptive fixed
 * priorities; Davis, Burns, Bril, Lukkien 2007 for the non-preemptive case:
 * all jobs of the longest busy period of the level are looked at, since the
 * first one is not always the worst.
 */
#ifndef DSI_RESPONSE_TIME_H
#define DSI_RESPONSE_TIME_H

#include "pipeline/arrival.h"

enum response_outcome {
	RESPONSE_FOUND,
	RESPONSE_NO_BOUND, /* more than the cap, or too many steps to say */
	RESPONSE_RANGE,	   /* exact arithmetic does not suffice */
};

#define RESPONSE_MAX_STEPS (UINT32_C(1) << 22)

/* One job takes at most @execution. */
struct response_load {
	struct arrival arrival;
	dsi_wide execution;
};

/**
 * struct response_question - the work, and what may delay it.
 * @own:            the work that is asked about
 * @higher:         work of higher or equal priority on the same processor
 * @n_higher:       its number
 * @blocking:       longest time that lower ones keep the processor, and the
 *                  wake-up latency
 * @non_preemptive: a job that has begun is not interrupted
 * @cap:            give up above this
 */
struct response_question {
	struct response_load own;
	const struct response_load *higher;
	uint32_t n_higher;
	dsi_wide blocking;
	bool non_preemptive;
	dsi_wide cap;
};

/**
 * response_busy_time - B(q) with fixed priorities.
 * @question: the work
 * @q:        jobs, at least 1
 * @steps:    steps still allowed, counted down
 * @out:      B(q)
 */
enum response_outcome response_busy_time(
	const struct response_question *question, dsi_wide q, uint32_t *steps,
	dsi_wide *out);

/* The worst response time with fixed priorities. */
enum response_outcome response_fixed_priority(
	const struct response_question *question, dsi_wide *out);

/**
 * response_own_cpu - the worst response time on a processor of its own.
 * @a:         activations
 * @wake:      longest wake-up
 * @execution: longest time of one job, C
 * @cap:       merged streams: give up above this
 * @out:       max_q wake + q C - delta-(q)
 *
 * One part: in constant time.  RESPONSE_NO_BOUND if C is above the period.
 */
enum response_outcome response_own_cpu(const struct arrival *a, dsi_wide wake,
				       dsi_wide execution, dsi_wide cap,
				       dsi_wide *out);

/**
 * response_curve - the worst response time behind any B(q).
 * @a:    activations
 * @busy: B(q) of jobs q of a busy period; false: out of range
 * @user: for @busy
 * @cap:  give up above this
 * @out:  max_q B(q) - delta-(q), until delta-(q+1) >= B(q)
 */
enum response_outcome response_curve(const struct arrival *a,
				     bool (*busy)(const void *user, dsi_wide q,
						  dsi_wide *out),
				     const void *user, dsi_wide cap,
				     dsi_wide *out);

/**
 * response_output_span - shortest spans of what leaves the stage.
 * @question: the work, preemptive
 * @best:     shortest response time
 * @n:        events, at least 1
 * @out:      delta'-(n) = max((n-1) best,
 *                             min_k delta-(n+k-1) - B(k) + best)
 *
 * Source: Schliecker, Rox, Ivers, Ernst 2008 (output event streams from busy
 * windows), as in pyCPA.
 */
enum response_outcome response_output_span(
	const struct response_question *question, dsi_wide best, dsi_wide n,
	dsi_wide *out);

#endif /* DSI_RESPONSE_TIME_H */
