// SPDX-License-Identifier: MIT
/*
 * curve_ops.c - sums, minima and maxima of curves.
 */
#include "curve/curve_private.h"

typedef bool combine(const struct curve *a, const struct curve *b,
		     struct curve *out);

/* Both unrolled up to @from + @period, combined, and closed again. */
static enum curve_status together(struct curve_work *w, const struct curve *f,
				  const struct curve *g, combine *how,
				  struct exact from, struct exact period,
				  struct exact increment, struct curve *out)
{
	static const struct curve nothing;
	struct exact end = exact_add(from, period);
	struct curve a = nothing;
	struct curve b = nothing;
	struct curve list = nothing;
	enum curve_status status;

	if (!exact_ok(end))
		return curve_say(w, CURVE_RANGE,
				 "the common period does not fit in 128 bits");
	status = curve_unroll(w, f, end, &a);
	if (status == CURVE_OK)
		status = curve_unroll(w, g, end, &b);
	if (status == CURVE_OK && !how(&a, &b, &list)) {
		curve_free(&list);
		status = curve_no_memory(w);
	}
	if (status == CURVE_OK)
		status = curve_close(w, &list, from, period, increment, out);
	curve_free(&a);
	curve_free(&b);
	return status;
}

static bool sum_lists(const struct curve *a, const struct curve *b,
		      struct curve *out)
{
	size_t i = 0;
	size_t k = 0;

	while (i < a->n || k < b->n) {
		int order = i == a->n	? 1
			    : k == b->n ? -1
					: exact_cmp(a->at[i].x, b->at[k].x);
		struct curve_piece p = order <= 0 ? a->at[i] : b->at[k];
		struct curve_piece q;

		if (order == 0) {
			q = b->at[k];
		} else {
			q = order < 0 ? b->at[k - 1] : a->at[i - 1];
			q.right = curve_line(&q, p.x);
			q.value = q.right;
		}
		p.value = exact_add(p.value, q.value);
		p.right = exact_add(p.right, q.right);
		p.slope = exact_add(p.slope, q.slope);
		if (!curve_push(out, &p))
			return false;
		i += order <= 0;
		k += order >= 0;
	}
	return true;
}

enum curve_status curve_add(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out)
{
	struct exact period;
	enum curve_status status = curve_common_period(w, f, g, &period);
	struct exact rate = exact_add(curve_rate(f), curve_rate(g));

	if (status != CURVE_OK)
		return status;
	return together(w, f, g, sum_lists, exact_max(f->from, g->from), period,
			exact_mul(rate, period), out);
}

/* After which the curve with the lower rate is the lower one for ever. */
static enum curve_status last_crossing(struct curve_work *w,
				       const struct curve *slow,
				       const struct curve *fast,
				       struct exact *from)
{
	struct exact low = exact_int(0);
	struct exact high = exact_int(0);
	struct exact rest;
	struct exact at;

	curve_offsets(slow, &rest, &high);
	curve_offsets(fast, &low, &rest);
	at = exact_div(exact_sub(high, low),
		       exact_sub(curve_rate(fast), curve_rate(slow)));
	if (!exact_ok(at))
		return curve_say(w, CURVE_RANGE,
				 "where the curves cross does not fit in a "
				 "fraction of 128-bit numbers");
	*from = exact_max(exact_max(slow->from, fast->from), at);
	return CURVE_OK;
}

enum curve_status curve_min(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out)
{
	int order = exact_cmp(curve_rate(f), curve_rate(g));
	const struct curve *slow = order <= 0 ? f : g;
	const struct curve *fast = order <= 0 ? g : f;
	struct exact from = exact_max(f->from, g->from);
	struct exact period = slow->period;
	enum curve_status status = CURVE_OK;

	if (order == 0)
		status = curve_common_period(w, f, g, &period);
	else
		status = last_crossing(w, slow, fast, &from);
	if (status != CURVE_OK)
		return status;
	return together(w, f, g, curve_lower, from, period,
			exact_mul(curve_rate(slow), period), out);
}

enum curve_status curve_scale(struct curve_work *w, const struct curve *f,
			      struct exact factor, struct curve *out)
{
	static const struct curve nothing;
	struct curve list = nothing;
	enum curve_status status =
		curve_unroll(w, f, exact_add(f->from, f->period), &list);
	size_t i;

	for (i = 0; i < list.n; i++) {
		list.at[i].value = exact_mul(list.at[i].value, factor);
		list.at[i].right = exact_mul(list.at[i].right, factor);
		list.at[i].slope = exact_mul(list.at[i].slope, factor);
	}
	if (status != CURVE_OK) {
		curve_free(&list);
		return status;
	}
	return curve_close(w, &list, f->from, f->period,
			   exact_mul(f->increment, factor), out);
}

enum curve_status curve_sub(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out)
{
	static const struct curve nothing;
	struct curve minus = nothing;
	enum curve_status status = curve_scale(w, g, exact_int(-1), &minus);

	if (status == CURVE_OK)
		status = curve_add(w, f, &minus, out);
	curve_free(&minus);
	return status;
}

enum curve_status curve_max(struct curve_work *w, const struct curve *f,
			    const struct curve *g, struct curve *out)
{
	static const struct curve nothing;
	struct curve a = nothing;
	struct curve b = nothing;
	enum curve_status status = curve_scale(w, f, exact_int(-1), &a);

	if (status == CURVE_OK)
		status = curve_scale(w, g, exact_int(-1), &b);
	if (status == CURVE_OK)
		status = curve_min(w, &a, &b, out);
	if (status == CURVE_OK)
		curve_negate(out);
	curve_free(&a);
	curve_free(&b);
	return status;
}

enum curve_status curve_leftover(struct curve_work *w, const struct curve *f,
				 const struct curve *g, struct curve *out)
{
	static const struct curve nothing;
	struct curve zero = nothing;
	struct curve demand = nothing;
	struct curve least = nothing;
	enum curve_status status =
		curve_token_bucket(w, exact_int(0), exact_int(0), &zero);

	if (status == CURVE_OK)
		status = curve_sub(w, g, f, &demand);
	/* inf of g - f so far, which is at most 0 at 0 */
	if (status == CURVE_OK)
		status = curve_conv(w, &demand, &zero, &least);
	if (status == CURVE_OK) {
		curve_negate(&least);
		status = curve_max(w, &least, &zero, out);
	}
	curve_free(&zero);
	curve_free(&demand);
	curve_free(&least);
	return status;
}
