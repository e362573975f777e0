// SPDX-License-Identifier: MIT
/*
 * response_time.c - busy-period iteration in whole numbers.
 */
#include "pipeline/response_time.h"

static enum response_outcome outcome(bool over, dsi_wide w, dsi_wide cap)
{
	if (over)
		return RESPONSE_RANGE;
	return w > cap ? RESPONSE_NO_BOUND : RESPONSE_FOUND;
}

/* Work of higher priority that comes in time to delay: with preemption what
 * comes before w ends, else also what comes with the last start. */
static dsi_wide interference(const struct response_question *question,
			     dsi_wide w, bool *over)
{
	dsi_wide sum = 0;
	uint32_t i;

	for (i = 0; i < question->n_higher; i++) {
		const struct response_load *load = &question->higher[i];
		dsi_wide n =
			question->non_preemptive
				? arrival_most_closed(&load->arrival, w, over)
				: arrival_most(&load->arrival, w, over);

		sum = wide_add(sum, wide_mul(n, load->execution, over), over);
	}
	return sum;
}

/* The least w = fixed + interference(w), from below. */
static enum response_outcome least_window(const struct response_question *q,
					  dsi_wide fixed, uint32_t *steps,
					  dsi_wide *out)
{
	dsi_wide w = fixed;
	bool over = false;

	for (;;) {
		dsi_wide next =
			wide_add(fixed, interference(q, w, &over), &over);

		if (over || next > q->cap)
			return over ? RESPONSE_RANGE : RESPONSE_NO_BOUND;
		if (next == w)
			break;
		if (*steps == 0)
			return RESPONSE_NO_BOUND;
		(*steps)--;
		w = next;
	}
	*out = w;
	return RESPONSE_FOUND;
}

enum response_outcome response_busy_time(
	const struct response_question *question, dsi_wide q, uint32_t *steps,
	dsi_wide *out)
{
	bool over = false;
	dsi_wide before = question->non_preemptive ? q - 1 : q;
	dsi_wide work = wide_mul(before, question->own.execution, &over);
	dsi_wide fixed = wide_add(question->blocking, work, &over);
	enum response_outcome found;

	if (over)
		return RESPONSE_RANGE;
	found = least_window(question, fixed, steps, out);
	if (found != RESPONSE_FOUND)
		return found;
	if (question->non_preemptive)
		*out = wide_add(*out, question->own.execution, &over);
	return outcome(over, *out, question->cap);
}

/* Jobs of the longest busy period of this level.  Only needed without
 * preemption: what was held up by job q can delay job q + 1 although that one
 * comes after q was done. */
static enum response_outcome level_jobs(const struct response_question *q,
					uint32_t *steps, dsi_wide *out)
{
	dsi_wide w = wide_max(q->blocking, 1);
	bool over = false;

	for (;;) {
		dsi_wide own = arrival_most(&q->own.arrival, w, &over);
		struct response_question level = *q;
		dsi_wide next;

		level.non_preemptive = false;
		next = wide_mul(own, q->own.execution, &over);
		next = wide_add(next, interference(&level, w, &over), &over);
		next = wide_add(next, q->blocking, &over);
		*out = own;
		if (over || next > q->cap)
			return over ? RESPONSE_RANGE : RESPONSE_NO_BOUND;
		if (next <= w)
			return RESPONSE_FOUND;
		if (*steps == 0)
			return RESPONSE_NO_BOUND;
		(*steps)--;
		w = next;
	}
}

/* A step looks at all work of higher priority: of much work fewer are made. */
static uint32_t steps_for(const struct response_question *question)
{
	return RESPONSE_MAX_STEPS / (question->n_higher + 1) + 1000;
}

enum response_outcome response_fixed_priority(
	const struct response_question *question, dsi_wide *out)
{
	uint32_t steps = steps_for(question);
	const struct arrival *own = &question->own.arrival;
	dsi_wide jobs = 0;
	dsi_wide q;
	bool over = false;
	enum response_outcome found = RESPONSE_FOUND;

	*out = 0;
	if (question->non_preemptive)
		found = level_jobs(question, &steps, &jobs);
	for (q = 1; found == RESPONSE_FOUND; q++) {
		dsi_wide busy = 0;

		found = response_busy_time(question, q, &steps, &busy);
		if (found != RESPONSE_FOUND)
			break;
		*out = wide_max(*out, busy - arrival_span(own, q, &over));
		if (over)
			return RESPONSE_RANGE;
		if (question->non_preemptive
			    ? q >= jobs
			    : arrival_span(own, q + 1, &over) >= busy)
			break;
		if (steps == 0)
			return RESPONSE_NO_BOUND;
		steps--;
	}
	return found;
}

enum response_outcome response_curve(const struct arrival *a,
				     bool (*busy)(const void *user, dsi_wide q,
						  dsi_wide *out),
				     const void *user, dsi_wide cap,
				     dsi_wide *out)
{
	uint32_t steps = RESPONSE_MAX_STEPS;
	bool over = false;
	dsi_wide q;

	*out = 0;
	for (q = 1; steps > 0; q++, steps--) {
		dsi_wide end = 0;

		if (!busy(user, q, &end))
			return RESPONSE_RANGE;
		*out = wide_max(*out, end - arrival_span(a, q, &over));
		if (over)
			return RESPONSE_RANGE;
		if (end > cap)
			return RESPONSE_NO_BOUND;
		if (arrival_span(a, q + 1, &over) >= end)
			return RESPONSE_FOUND;
	}
	return RESPONSE_NO_BOUND;
}

struct own_cpu {
	dsi_wide wake;
	dsi_wide execution;
};

static bool own_cpu_busy(const void *user, dsi_wide q, dsi_wide *out)
{
	const struct own_cpu *own = user;
	bool over = false;

	*out = wide_add(own->wake, wide_mul(q, own->execution, &over), &over);
	return !over;
}

/* Where two of the lines of delta-(n) cross: n - 1 = tau' / slope. */
static dsi_wide crossing(dsi_wide more, dsi_wide less, dsi_wide slope)
{
	return slope > 0 && more > less ? wide_floor(more - less, slope) : 0;
}

/* q C - delta-(q) is a minimum of straight lines in q: its maximum is at
 * q = 1 or beside a place where two of them cross. */
static dsi_wide best_job(const struct arrival *a, dsi_wide execution,
			 bool *over)
{
	const struct arrival_part *p = &a->parts[0];
	const dsi_wide at[] = {
		0,
		crossing(p->jitter, p->squeeze, p->period - p->distance),
		crossing(p->jitter, 0, p->period),
		crossing(p->squeeze, 0, p->distance),
		crossing(p->jitter, 0, p->period - p->spacing),
		crossing(p->squeeze, 0, p->distance - p->spacing),
	};
	dsi_wide most = 0;
	uint32_t i;

	for (i = 0; i < 2 * (uint32_t)(sizeof(at) / sizeof(at[0])); i++) {
		dsi_wide q = at[i / 2] + 1 + (dsi_wide)(i % 2);
		dsi_wide late = wide_sub(wide_mul(q, execution, over),
					 arrival_span(a, q, over), over);

		most = i ? wide_max(most, late) : late;
	}
	return most;
}

enum response_outcome response_own_cpu(const struct arrival *a, dsi_wide wake,
				       dsi_wide execution, dsi_wide cap,
				       dsi_wide *out)
{
	const struct own_cpu own = {wake, execution};
	bool over = false;

	if (a->n_parts == 1 && execution > a->parts[0].period)
		return RESPONSE_NO_BOUND;
	if (a->n_parts != 1 || a->table)
		return response_curve(a, own_cpu_busy, &own, cap, out);
	*out = wide_add(wake, best_job(a, execution, &over), &over);
	return over ? RESPONSE_RANGE : RESPONSE_FOUND;
}

enum response_outcome response_output_span(
	const struct response_question *question, dsi_wide best, dsi_wide n,
	dsi_wide *out)
{
	uint32_t steps = RESPONSE_MAX_STEPS;
	const struct arrival *own = &question->own.arrival;
	dsi_wide least = DSI_WIDE_MAX;
	bool over = false;
	dsi_wide k;

	for (k = 1; steps > 0; k++, steps--) {
		dsi_wide busy = 0;
		enum response_outcome found =
			response_busy_time(question, k, &steps, &busy);

		if (found != RESPONSE_FOUND)
			return found;
		least = wide_min(least,
				 arrival_span(own, n + k - 1, &over) - busy);
		if (over)
			return RESPONSE_RANGE;
		if (arrival_span(own, k + 1, &over) >= busy)
			break;
	}
	*out = wide_max(wide_mul(n - 1, best, &over),
			wide_add(least, best, &over));
	return over ? RESPONSE_RANGE : RESPONSE_FOUND;
}
