// SPDX-License-Identifier: MIT
/*
 * curve_make.c - curves from their parameters.
 */
#include "curve/curve_private.h"

static const struct curve nothing;

static bool push(struct curve *f, struct exact x, struct exact value,
		 struct exact right, struct exact slope)
{
	struct curve_piece p = {x, value, right, slope, true, true};

	return curve_push(f, &p);
}

enum curve_status curve_finish(struct curve_work *w, struct curve *f)
{
	struct curve list = *f;
	char text[EXACT_TEXT_BYTES];
	size_t i;

	if (f->n == 0 || exact_sign(f->at[0].x) != 0)
		return curve_say(w, CURVE_BAD,
				 "a curve has its first piece at 0");
	for (i = 1; i < f->n; i++) {
		if (exact_cmp(f->at[i].x, f->at[i - 1].x) <= 0)
			return curve_say(w, CURVE_BAD,
					 "the piece at %s does not come after "
					 "the one before it",
					 exact_text(f->at[i].x, text));
	}
	if (exact_sign(f->from) < 0 || exact_sign(f->period) <= 0)
		return curve_say(w, CURVE_BAD,
				 "\"from\" must be at least 0 and \"period\" "
				 "more than 0");
	if (exact_cmp(f->at[f->n - 1].x, exact_add(f->from, f->period)) >= 0)
		return curve_say(w, CURVE_BAD,
				 "the piece at %s is not before \"from\" plus "
				 "\"period\", where the first period ends",
				 exact_text(f->at[f->n - 1].x, text));
	*f = nothing;
	return curve_close(w, &list, list.from, list.period, list.increment, f);
}

enum curve_status curve_token_bucket(struct curve_work *w, struct exact rate,
				     struct exact burst, struct curve *out)
{
	struct curve list = nothing;
	struct exact one = exact_int(1);

	if (exact_sign(rate) < 0 || exact_sign(burst) < 0)
		return curve_say(w, CURVE_BAD,
				 "rate and burst of a token bucket are not "
				 "negative");
	*out = nothing;
	if (!push(&list, exact_int(0), exact_int(0), burst, rate))
		return curve_no_memory(w);
	return curve_close(w, &list, exact_sign(burst) ? one : exact_int(0),
			   one, rate, out);
}

enum curve_status curve_rate_latency(struct curve_work *w, struct exact rate,
				     struct exact latency, struct curve *out)
{
	struct curve list = nothing;
	struct exact zero = exact_int(0);

	if (exact_sign(rate) < 0 || exact_sign(latency) < 0)
		return curve_say(w, CURVE_BAD,
				 "rate and latency are not negative");
	*out = nothing;
	if ((exact_sign(latency) > 0 && !push(&list, zero, zero, zero, zero)) ||
	    !push(&list, latency, zero, zero, rate)) {
		curve_free(&list);
		return curve_no_memory(w);
	}
	return curve_close(w, &list, latency, exact_int(1), rate, out);
}

static enum curve_status check_jcs(struct curve_work *w, struct exact period,
				   struct exact jitter, struct exact distance)
{
	if (exact_sign(period) <= 0 || exact_sign(jitter) < 0 ||
	    exact_sign(distance) < 0)
		return curve_say(w, CURVE_BAD,
				 "a period is more than 0, jitter and distance "
				 "are not negative");
	if (exact_cmp(distance, period) > 0)
		return curve_say(w, CURVE_BAD,
				 "the distance is larger than the period");
	return CURVE_OK;
}

/* Shortest time in which @gaps + 1 packets come. */
static struct exact span(struct exact period, struct exact jitter,
			 struct exact distance, int64_t gaps)
{
	struct exact n = exact_int(gaps);
	struct exact by_period = exact_sub(exact_mul(n, period), jitter);

	return exact_max(exact_max(by_period, exact_mul(n, distance)),
			 exact_int(0));
}

/* A jump behind each span; those at the same place are one.  A span that is out
 * of range is the last one, for curve_close() to find. */
static bool push_steps(struct curve *list, struct exact period,
		       struct exact jitter, struct exact distance, int64_t last)
{
	struct exact x = exact_int(0);
	int64_t gaps = 0;

	while (gaps <= last && exact_ok(x)) {
		struct exact before = exact_int(gaps);
		struct exact next;

		x = span(period, jitter, distance, gaps);
		next = span(period, jitter, distance, ++gaps);
		/* What is out of range compares equal to anything. */
		while (exact_ok(next) && exact_cmp(next, x) == 0)
			next = span(period, jitter, distance, ++gaps);
		if (!push(list, x, before, exact_int(gaps), exact_int(0)))
			return false;
	}
	return true;
}

enum curve_status curve_jcs_max(struct curve_work *w, struct exact period,
				struct exact jitter, struct exact distance,
				struct curve *out)
{
	struct exact rest = exact_sub(period, distance);
	struct exact bend = exact_int(0);
	struct curve list = nothing;
	enum curve_status status = check_jcs(w, period, jitter, distance);
	int64_t gaps = 0;

	*out = nothing;
	if (status != CURVE_OK)
		return status;
	/* From this gap on only the period counts. */
	if (exact_sign(rest) > 0)
		bend = exact_ceil(exact_div(jitter, rest));
	if (!exact_to_i64(bend, &gaps) ||
	    exact_cmp(bend, exact_int((int64_t)(w->max_segments / 2))) > 0)
		return curve_say(w, CURVE_RANGE,
				 "the burst of the stream has more packets "
				 "than --max-segments / 2 = %zu",
				 w->max_segments / 2);
	gaps++;
	/* Without distance several come at once; do not end among them. */
	if (!push_steps(&list, period, jitter, distance, gaps)) {
		curve_free(&list);
		return curve_no_memory(w);
	}
	return curve_close(w, &list, span(period, jitter, distance, gaps),
			   period, exact_int(1), out);
}

enum curve_status curve_jcs_min(struct curve_work *w, struct exact period,
				struct exact jitter, struct curve *out)
{
	struct curve list = nothing;
	struct exact zero = exact_int(0);
	enum curve_status status = check_jcs(w, period, jitter, zero);

	*out = nothing;
	if (status != CURVE_OK)
		return status;
	if (!push(&list, zero, zero, zero, zero))
		return curve_no_memory(w);
	return curve_close(w, &list, jitter, period, exact_int(1), out);
}
