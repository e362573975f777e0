// SPDX-License-Identifier: MIT
/*
 * curve_deviation.c - vertical and horizontal deviation: backlog and delay.
 *
 * Both are looked for up to max(from_f, from_g) + d, d the common period:
 * later they only repeat or, if the second curve is the faster one, shrink.
 *
 * For the horizontal one the places to look at are the ends of the first
 * curve's pieces, and where it passes a level at which the second one bends
 * or jumps.  Between them the distance is linear in t.
 */
#include "curve/curve_private.h"

static const struct curve nothing;

static enum curve_status horizon(struct curve_work *w, const struct curve *f,
				 const struct curve *g, struct exact *out)
{
	enum curve_status status = curve_common_period(w, f, g, out);

	if (status != CURVE_OK)
		return status;
	*out = exact_add(exact_max(f->from, g->from), *out);
	if (exact_ok(*out))
		return CURVE_OK;
	return curve_say(w, CURVE_RANGE,
			 "the common period does not fit in 128 bits");
}

static enum curve_status out_of_range(struct curve_work *w)
{
	return curve_say(w, CURVE_RANGE,
			 "the deviation does not fit in a fraction of 128-bit "
			 "numbers");
}

static enum curve_status too_fast(struct curve_work *w, const char *what)
{
	return curve_say(w, CURVE_UNBOUNDED,
			 "the first curve grows faster than the second in the "
			 "long run: the %s deviation is infinite",
			 what);
}

enum curve_status curve_vdev(struct curve_work *w, const struct curve *f,
			     const struct curve *g, struct exact *out)
{
	struct curve gap = nothing;
	bool over = false;
	enum curve_status status;
	size_t i;

	if (exact_cmp(curve_rate(f), curve_rate(g)) > 0)
		return too_fast(w, "vertical");
	status = curve_sub(w, f, g, &gap);
	if (status != CURVE_OK)
		return status;
	/* Where the difference falls from period to period the first one
	 * counts, which the offsets alone would miss. */
	*out = gap.at[0].value;
	for (i = 0; i < gap.n; i++) {
		const struct curve_piece *p = &gap.at[i];
		struct exact next = i + 1 < gap.n
					    ? p[1].x
					    : exact_add(gap.from, gap.period);

		*out = exact_max(*out, exact_max(p->value, p->right));
		*out = exact_max(*out, curve_line(p, next));
		over |= !exact_ok(curve_line(p, next));
	}
	curve_free(&gap);
	return over ? out_of_range(w) : CURVE_OK;
}

/* Does it never decrease? */
static bool rises(const struct curve *f)
{
	struct exact before = f->at[0].value;
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct curve_piece *p = &f->at[i];

		if (exact_cmp(p->value, before) < 0 ||
		    exact_cmp(p->right, p->value) < 0 ||
		    exact_sign(p->slope) < 0)
			return false;
		before = curve_line(p, i + 1 < f->n
					       ? p[1].x
					       : exact_add(f->from, f->period));
	}
	curve_eval(f, exact_add(f->from, f->period), NULL, &before, NULL);
	return exact_cmp(before, curve_line(&f->at[f->n - 1],
					    exact_add(f->from, f->period))) >=
	       0;
}

/**
 * struct inverse - the second curve as a function of its value.
 * @g:   list
 * @end: where it ends
 */
struct inverse {
	const struct curve *g;
	struct exact end;
};

/* Is @value at least @y, or with @above more? */
static bool reaches(struct exact value, struct exact y, bool above)
{
	return exact_cmp(value, y) >= (above ? 1 : 0);
}

/* inf { x : g(x) >= y }, or with @above g(x) > y.  Sets *nowhere if there is
 * none in the list. */
static struct exact inverse(const struct inverse *v, struct exact y, bool above,
			    bool *nowhere)
{
	size_t low = 0;
	size_t high = v->g->n;
	const struct curve_piece *p;
	struct exact next;

	if (reaches(v->g->at[0].value, y, above))
		return exact_int(0);
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (reaches(v->g->at[middle].value, y, above))
			high = middle;
		else
			low = middle;
	}
	p = &v->g->at[low];
	next = high < v->g->n ? p[1].x : v->end;
	if (reaches(p->right, y, above) ||
	    (exact_cmp(p->right, y) == 0 && exact_sign(p->slope) > 0))
		return p->x;
	if (exact_sign(p->slope) > 0 && reaches(curve_line(p, next), y, above))
		return exact_add(p->x,
				 exact_div(exact_sub(y, p->right), p->slope));
	*nowhere |= high == v->g->n;
	return next;
}

struct search {
	struct inverse v;
	struct exact most;
	bool failed; /* the second curve does not get there */
	bool over;   /* a place does not fit */
};

static void look(struct search *s, struct exact t, struct exact y, bool above)
{
	struct exact x = inverse(&s->v, y, above, &s->failed);
	struct exact h = exact_sub(x, t);

	if (exact_ok(h))
		s->most = exact_max(s->most, h);
	else
		s->over = true;
}

/* Levels of g are taken as f rises: @k is the next piece of g. */
static void look_along(struct search *s, const struct curve_piece *p,
		       struct exact next, size_t *k)
{
	const struct curve *g = s->v.g;
	struct exact top = curve_line(p, next);
	bool rising = exact_sign(p->slope) > 0;

	look(s, p->x, p->right, rising);
	look(s, next, top, false);
	if (!rising)
		return;
	while (*k > 0 && exact_cmp(g->at[*k - 1].right, p->right) >= 0)
		(*k)--;
	for (; *k < g->n && exact_cmp(g->at[*k].value, top) < 0; (*k)++) {
		struct exact after = *k + 1 < g->n ? g->at[*k + 1].x : s->v.end;
		struct exact levels[3] = {g->at[*k].value, g->at[*k].right,
					  curve_line(&g->at[*k], after)};
		size_t i;

		for (i = 0; i < 3; i++) {
			struct exact t;

			if (exact_cmp(levels[i], p->right) <= 0 ||
			    exact_cmp(levels[i], top) >= 0)
				continue;
			t = exact_add(p->x,
				      exact_div(exact_sub(levels[i], p->right),
						p->slope));
			look(s, t, levels[i], false);
			look(s, t, levels[i], true);
		}
	}
	if (*k > 0)
		(*k)--;
}

/* Up to where g must be known to get above @y; out of range: it does not. */
static struct exact reach(const struct curve *g, struct exact y)
{
	struct exact value;
	struct exact times;

	curve_eval(g, g->from, NULL, &value, NULL);
	if (exact_cmp(value, y) > 0)
		return exact_add(g->from, g->period);
	if (exact_sign(g->increment) == 0)
		return exact_add(g->from, g->period);
	times = exact_floor(exact_div(exact_sub(y, value), g->increment));
	return exact_add(g->from,
			 exact_mul(g->period, exact_add(times, exact_int(2))));
}

static enum curve_status search_all(struct curve_work *w, const struct curve *f,
				    struct exact end, const struct curve *g,
				    struct exact *out)
{
	struct curve b = nothing;
	struct search s = {.most = exact_int(0)};
	const struct curve_piece *last = &f->at[f->n - 1];
	enum curve_status status = CURVE_OK;
	size_t k = 0;
	size_t i;

	s.v.end = reach(g, curve_line(last, end));
	s.v.g = &b;
	if (!exact_ok(s.v.end))
		return curve_say(w, CURVE_RANGE,
				 "where the second curve reaches the first "
				 "does not fit in 128 bits");
	status = curve_unroll(w, g, s.v.end, &b);
	for (i = 0; status == CURVE_OK && i < f->n; i++) {
		look(&s, f->at[i].x, f->at[i].value, false);
		look_along(&s, &f->at[i], i + 1 < f->n ? f->at[i + 1].x : end,
			   &k);
	}
	curve_free(&b);
	if (status == CURVE_OK && s.failed)
		return curve_say(w, CURVE_UNBOUNDED,
				 "the second curve never reaches the first "
				 "one: the horizontal deviation is infinite");
	if (status == CURVE_OK && s.over)
		return out_of_range(w);
	*out = s.most;
	return status;
}

enum curve_status curve_hdev(struct curve_work *w, const struct curve *f,
			     const struct curve *g, struct exact *out)
{
	struct curve a = nothing;
	struct exact end;
	enum curve_status status = horizon(w, f, g, &end);

	if (status != CURVE_OK)
		return status;
	if (!rises(f) || !rises(g))
		return curve_say(w, CURVE_BAD,
				 "the %s curve decreases somewhere: it has no "
				 "horizontal deviation",
				 rises(f) ? "second" : "first");
	if (exact_cmp(curve_rate(f), curve_rate(g)) > 0)
		return too_fast(w, "horizontal");
	status = curve_unroll(w, f, end, &a);
	if (status == CURVE_OK)
		status = search_all(w, &a, end, g, out);
	curve_free(&a);
	return status;
}
