// SPDX-License-Identifier: MIT
/*
 * curve_conv.c - min-plus convolution and deconvolution.
 *
 * Up to where they must be computed, with the common period d:
 *
 *   f conv g     from = from_f + from_g + d, and if the rates differ also
 *                beyond the last place where the beginning of the slower
 *                curve with the end of the faster one can be the least
 *   f deconv g   u up to max(from_f, from_g) + d; period of f
 */
#include "curve/curve_private.h"

static const struct curve nothing;

/* Least f(x) - rate x on [0, end). */
static struct exact least_below(const struct curve *f, struct exact end,
				struct exact rate)
{
	struct exact least = f->at[0].value;
	size_t i;

	for (i = 0; i < f->n && exact_cmp(f->at[i].x, end) < 0; i++) {
		const struct curve_piece *p = &f->at[i];
		struct exact next = i + 1 < f->n ? p[1].x : end;
		struct exact base = exact_mul(rate, p->x);
		struct exact last =
			exact_sub(curve_line(p, next), exact_mul(rate, next));

		least = exact_min(least, exact_sub(p->value, base));
		least = exact_min(least, exact_sub(p->right, base));
		least = exact_min(least, last);
	}
	return least;
}

/* From where on the transient part of @slow does not matter. */
static struct exact settled(const struct curve *slow, const struct curve *fast)
{
	struct exact rate = curve_rate(fast);
	struct exact low = exact_int(0);
	struct exact high = exact_int(0);
	struct exact rest;
	struct exact gap;

	if (exact_sign(slow->from) == 0)
		return exact_int(0);
	curve_offsets(slow, &rest, &high);
	curve_offsets(fast, &low, &rest);
	gap = exact_add(high, fast->at[0].value);
	gap = exact_sub(gap, least_below(slow, slow->from, rate));
	gap = exact_sub(gap, low);
	return exact_div(gap, exact_sub(rate, curve_rate(slow)));
}

static enum curve_status no_range(struct curve_work *w, const struct curve *f,
				  const struct curve *g)
{
	char one[EXACT_TEXT_BYTES];
	char two[EXACT_TEXT_BYTES];

	return curve_say(w, CURVE_RANGE,
			 "periods %s and %s: a place on the way does not fit "
			 "in a fraction of 128-bit numbers",
			 exact_text(f->period, one),
			 exact_text(g->period, two));
}

/* Too many segments come mostly from periods with a large common one. */
static enum curve_status name_period(struct curve_work *w,
				     enum curve_status status,
				     const struct curve *f,
				     const struct curve *g, struct exact period)
{
	char one[EXACT_TEXT_BYTES];
	char two[EXACT_TEXT_BYTES];
	char both[EXACT_TEXT_BYTES];

	if (status != CURVE_RANGE)
		return status;
	return curve_say(w, status,
			 "periods %s and %s have the least common multiple "
			 "%s: that takes more than %zu segments; round the "
			 "periods to multiples of each other, or see "
			 "--max-segments",
			 exact_text(f->period, one), exact_text(g->period, two),
			 exact_text(period, both), w->max_segments);
}

static enum curve_status unroll_both(struct curve_work *w,
				     const struct curve *f, struct exact f_end,
				     const struct curve *g, struct exact g_end,
				     struct exact period, struct curve *a,
				     struct curve *b)
{
	enum curve_status status = curve_unroll(w, f, f_end, a);

	if (status == CURVE_OK)
		status = curve_unroll(w, g, g_end, b);
	/* Of a list, "from" is where it ends. */
	a->from = f_end;
	b->from = g_end;
	return name_period(w, status, f, g, period);
}

static enum curve_status conv_to(struct curve_work *w, const struct curve *f,
				 const struct curve *g, struct exact from,
				 struct exact period, struct curve *out)
{
	struct exact end = exact_add(from, period);
	struct exact rate = exact_min(curve_rate(f), curve_rate(g));
	struct curve a = nothing;
	struct curve b = nothing;
	struct curve list = nothing;
	enum curve_status status;

	if (!exact_ok(end))
		return no_range(w, f, g);
	status = unroll_both(w, f, end, g, end, period, &a, &b);
	if (status == CURVE_OK)
		status = name_period(w, curve_pairs(w, &a, &b, end, &list), f,
				     g, period);
	if (status == CURVE_OK)
		status = curve_close(w, &list, from, period,
				     exact_mul(rate, period), out);
	curve_free(&a);
	curve_free(&b);
	return status;
}

enum curve_status curve_conv(struct curve_work *w, const struct curve *f,
			     const struct curve *g, struct curve *out)
{
	int order = exact_cmp(curve_rate(f), curve_rate(g));
	struct exact period;
	struct exact from;
	enum curve_status status = curve_common_period(w, f, g, &period);

	if (status != CURVE_OK)
		return status;
	from = exact_add(exact_add(f->from, g->from), period);
	if (exact_ok(from) && order != 0) {
		struct exact at = order < 0 ? settled(f, g) : settled(g, f);

		from = exact_ok(at) ? exact_max(from, at) : at;
	}
	if (!exact_ok(from))
		return no_range(w, f, g);
	return conv_to(w, f, g, from, period, out);
}

/* The list of g(-t). */
static bool reverse(const struct curve *g, struct curve *out)
{
	struct curve_piece p = {.x = exact_int(0)};
	size_t k = g->n;

	while (k-- > 0) {
		const struct curve_piece *q = &g->at[k];
		struct exact next = k + 1 < g->n ? q[1].x : g->from;

		p.x = exact_neg(next);
		p.right = curve_line(q, next);
		p.slope = exact_neg(q->slope);
		p.has_line = true;
		p.has_value = k + 1 < g->n;
		p.value = p.has_value ? q[1].value : p.right;
		if (!curve_push(out, &p))
			return false;
	}
	p.x = exact_int(0);
	p.value = g->at[0].value;
	p.right = p.value;
	p.has_value = true;
	p.has_line = false;
	out->from = p.x;
	return curve_push(out, &p);
}

/* -(f deconv g) is the convolution of -f with g reversed. */
static enum curve_status deconv_lists(struct curve_work *w, struct curve *f,
				      const struct curve *g, struct exact end,
				      struct curve *list)
{
	struct curve back = nothing;
	enum curve_status status = CURVE_OK;

	curve_negate(f);
	if (!reverse(g, &back))
		status = curve_no_memory(w);
	if (status == CURVE_OK)
		status = curve_pairs(w, f, &back, end, list);
	if (status == CURVE_OK)
		curve_negate(list);
	curve_free(&back);
	return status;
}

enum curve_status curve_deconv(struct curve_work *w, const struct curve *f,
			       const struct curve *g, struct curve *out)
{
	struct curve a = nothing;
	struct curve b = nothing;
	struct curve list = nothing;
	struct exact end = exact_add(f->from, f->period);
	struct exact most;
	struct exact period;
	enum curve_status status = curve_common_period(w, f, g, &period);

	if (status != CURVE_OK)
		return status;
	if (exact_cmp(curve_rate(f), curve_rate(g)) > 0)
		return curve_say(w, CURVE_UNBOUNDED,
				 "the first curve grows faster than the second "
				 "in the long run: their deconvolution is "
				 "infinite");
	most = exact_add(exact_max(f->from, g->from), period);
	if (!exact_ok(exact_add(end, most)))
		return no_range(w, f, g);
	status = unroll_both(w, f, exact_add(end, most), g, most, period, &a,
			     &b);
	if (status == CURVE_OK)
		status = name_period(w, deconv_lists(w, &a, &b, end, &list), f,
				     g, period);
	if (status == CURVE_OK)
		status = curve_close(w, &list, f->from, f->period, f->increment,
				     out);
	curve_free(&a);
	curve_free(&b);
	return status;
}
