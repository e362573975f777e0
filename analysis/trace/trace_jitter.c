// SPDX-License-Identifier: MIT
/*
 * trace_jitter.c - do the commits keep to a period and a jitter?
 */
#include "trace/trace_jitter.h"

static void start(struct trace_jitter *j, uint64_t seq, uint64_t time_ns)
{
	*j = (struct trace_jitter){.seq0 = seq,
				   .time0 = time_ns,
				   .least_seq = seq,
				   .most_seq = seq};
}

static void add_slope(struct trace_jitter *j, uint64_t seq, uint64_t time_ns)
{
	double i = (double)(seq - j->seq0);
	double t = (double)(time_ns - j->time0);

	j->sum_i += i;
	j->sum_t += t;
	j->sum_ii += i * i;
	j->sum_it += i * t;
	j->n++;
	j->last_seq = seq;
}

/* @late: by the period as it is recorded; @late_least: by the least that it
 * may have been. */
static bool judge(const struct trace_jitter *j, dsi_wide late,
		  dsi_wide late_least, uint64_t jitter_ns,
		  struct trace_jitter_conflict *out)
{
	if (late - j->least > (dsi_wide)jitter_ns)
		*out = (struct trace_jitter_conflict){
			j->least_seq, true, (uint64_t)(late - j->least)};
	else if (j->most - late_least > (dsi_wide)jitter_ns)
		*out = (struct trace_jitter_conflict){
			j->most_seq, false, (uint64_t)(j->most - late_least)};
	else
		return false;
	return true;
}

bool trace_jitter_add(struct trace_jitter *j, uint64_t period_ns,
		      uint64_t jitter_ns, uint64_t seq, uint64_t time_ns,
		      struct trace_jitter_conflict *out)
{
	uint64_t exact = period_ns % 1000 == 0;
	dsi_wide late;
	dsi_wide late_least;

	/* Numbers that begin again are another stream. */
	if (j->n == 0 || seq <= j->last_seq)
		start(j, seq, time_ns);
	add_slope(j, seq, time_ns);
	if (!period_ns)
		return false;
	late = (dsi_wide)(time_ns - j->time0) -
	       (dsi_wide)(seq - j->seq0) * (dsi_wide)period_ns;
	late_least = late + (exact ? 0 : (dsi_wide)(seq - j->seq0));
	if (late < j->all_least)
		j->all_least = late;
	if (late > j->all_most)
		j->all_most = late;
	if (judge(j, late, late_least, jitter_ns, out))
		return true;
	if (late < j->least) {
		j->least = late;
		j->least_seq = seq;
	}
	if (late_least > j->most) {
		j->most = late_least;
		j->most_seq = seq;
	}
	return false;
}

uint64_t trace_jitter_spread(const struct trace_jitter *j)
{
	return (uint64_t)(j->all_most - j->all_least);
}

double trace_jitter_period(const struct trace_jitter *j)
{
	double n = (double)j->n;
	double divisor = n * j->sum_ii - j->sum_i * j->sum_i;

	return divisor > 0 ? (n * j->sum_it - j->sum_i * j->sum_t) / divisor
			   : 0;
}
