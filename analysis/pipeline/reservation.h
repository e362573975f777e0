/* SPDX-License-Identifier: MIT */
/*
 * reservation.h - what a processor reservation supplies at least.
 *
 * A reservation of `runtime` in every `period`, e.g. of SCHED_DEADLINE with
 * the deadline at the end of the period.  The bounds hold if
 *
 *   - the processor admits no more than it has: partitioned scheduling, one
 *     admission test for each processor.  With global EDF the kernel's test
 *     bounds only how late a deadline is met;
 *   - the deadline is the end of the period.  With a shorter one Linux uses
 *     another wake-up rule (commit 3effcb4247e7), see
 *     reservation_keeps_budget();
 *   - time of hard interrupts is not taken from the runtime.
 *
 * Reclaimed bandwidth may make it faster; nothing here relies on that.
 */
#ifndef DSI_RESERVATION_H
#define DSI_RESERVATION_H

#include "pipeline/response_time.h"

struct reservation {
	dsi_wide runtime; /* Q, 1..period */
	dsi_wide period;  /* P */
};

/* Longest time until work of @c > 0 is done, whatever is left of the budget
 * when it comes: 2(P-Q) + (ceil(C/Q)-1)(P-Q) + C. */
dsi_wide reservation_time(const struct reservation *r, dsi_wide c, bool *over);
/* Likewise with a fresh budget: ceil(C/Q)(P-Q) + C. */
dsi_wide reservation_time_fresh(const struct reservation *r, dsi_wide c,
				bool *over);
/* Least supply in any window of @w: the supply bound function. */
dsi_wide reservation_supply(const struct reservation *r, dsi_wide w,
			    bool *over);
/* Is the budget fresh at every activation: are they at least ceil(C/Q) P
 * apart? */
bool reservation_is_fresh(const struct reservation *r, dsi_wide c,
			  dsi_wide spacing, bool *over);

/**
 * reservation_response - worst response time in a reservation.
 * @a:         activations
 * @r:         the reservation
 * @wake:      longest wake-up
 * @execution: C
 * @cap:       give up above this
 * @out:       the time
 * @out_fresh: was the form with a fresh budget used?
 */
enum response_outcome reservation_response(const struct arrival *a,
					   const struct reservation *r,
					   dsi_wide wake, dsi_wide execution,
					   dsi_wide cap, dsi_wide *out,
					   bool *out_fresh);

/* SCHED_DEADLINE when a task wakes up: may it go on with the @left of its
 * runtime until its old deadline in @to_deadline, without more than its
 * density runtime / deadline?  If not, Linux cuts the runtime or begins a new
 * period. */
bool reservation_keeps_budget(dsi_wide left, dsi_wide to_deadline,
			      dsi_wide runtime, dsi_wide deadline);

#endif /* DSI_RESERVATION_H */
