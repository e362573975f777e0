// SPDX-License-Identifier: MIT
/*
 * curve.c - the representation of curves: pieces, evaluation, unrolling.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "curve/curve_private.h"

enum curve_status curve_say(struct curve_work *w, enum curve_status status,
			    const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(w->why, sizeof(w->why), text, args);
	va_end(args);
	return status;
}

enum curve_status curve_no_memory(struct curve_work *w)
{
	return curve_say(w, CURVE_NO_MEMORY, "out of memory");
}

void curve_free(struct curve *f)
{
	static const struct curve nothing;

	free(f->at);
	*f = nothing;
}

struct exact curve_rate(const struct curve *f)
{
	return exact_div(f->increment, f->period);
}

struct exact curve_line(const struct curve_piece *p, struct exact x)
{
	return exact_add(p->right, exact_mul(p->slope, exact_sub(x, p->x)));
}

static bool same(struct exact a, struct exact b)
{
	return a.num == b.num && a.den == b.den;
}

/* Is @p a part of what @before says already? */
static bool continues(const struct curve_piece *before,
		      const struct curve_piece *p)
{
	if (before->has_line != p->has_line || p->has_value != p->has_line)
		return false;
	if (!p->has_line)
		return true;
	return same(p->value, p->right) && same(p->slope, before->slope) &&
	       same(p->value, curve_line(before, p->x));
}

static bool append(struct curve *list, const struct curve_piece *p)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 8;
		struct curve_piece *grown =
			realloc(list->at, room * sizeof(*grown));

		if (!grown)
			return false;
		list->at = grown;
		list->room = room;
	}
	list->at[list->n++] = *p;
	return true;
}

bool curve_push(struct curve *list, const struct curve_piece *p)
{
	if (list->n > 0 && continues(&list->at[list->n - 1], p))
		return true;
	return append(list, p);
}

/* The last piece with x <= t, or < t; 0 if there is none. */
static size_t find(const struct curve *f, struct exact t, bool or_equal)
{
	size_t low = 0;
	size_t high = f->n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		int order = exact_cmp(f->at[middle].x, t);

		if (order < 0 || (order == 0 && or_equal))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* How many periods must be taken off @t to come into the pieces; for the
 * limit from the left the end of a period belongs to it. */
static struct exact periods_beyond(const struct curve *f, struct exact t,
				   bool left)
{
	struct exact after = exact_div(exact_sub(t, f->from), f->period);
	struct exact k = left ? exact_sub(exact_ceil(after), exact_int(1))
			      : exact_floor(after);

	if (!exact_ok(k) || exact_sign(k) > 0)
		return k;
	return exact_int(0);
}

static struct exact left_limit(const struct curve *f, struct exact t)
{
	struct exact k = periods_beyond(f, t, true);
	const struct curve_piece *p;

	t = exact_sub(t, exact_mul(k, f->period));
	if (!exact_ok(t))
		return t;
	p = &f->at[find(f, t, false)];
	return exact_add(curve_line(p, t), exact_mul(k, f->increment));
}

void curve_eval(const struct curve *f, struct exact t, struct exact *left,
		struct exact *value, struct exact *right)
{
	struct exact k = periods_beyond(f, t, false);
	struct exact in = exact_sub(t, exact_mul(k, f->period));
	struct exact more = exact_mul(k, f->increment);
	const struct curve_piece *p;
	struct exact at;
	struct exact after;

	if (!exact_ok(in)) {
		at = in;
		after = in;
	} else {
		p = &f->at[find(f, in, true)];
		after = exact_add(curve_line(p, in), more);
		at = exact_cmp(p->x, in) == 0 ? exact_add(p->value, more)
					      : after;
	}
	if (value)
		*value = at;
	if (right)
		*right = after;
	if (left)
		*left = exact_ok(in) && exact_sign(t) > 0 ? left_limit(f, t)
							  : at;
}

bool curve_split(struct curve *list, struct exact x)
{
	size_t k = find(list, x, true);
	struct curve_piece new = list->at[k];
	size_t i;

	if (exact_cmp(list->at[k].x, x) >= 0)
		return true;
	new.x = x;
	new.right = curve_line(&list->at[k], x);
	new.value = new.right;
	new.has_value = new.has_line;
	if (!append(list, &new))
		return false;
	for (i = list->n - 1; i > k + 1; i--)
		list->at[i] = list->at[i - 1];
	list->at[k + 1] = new;
	return true;
}

bool curve_clip(const struct curve *list, struct exact end, struct curve *out)
{
	static const struct curve nothing;
	const struct exact zero = exact_int(0);
	size_t i;

	*out = nothing;
	for (i = 0; i < list->n; i++) {
		struct curve_piece p = list->at[i];
		bool before = exact_cmp(p.x, zero) < 0;

		if (exact_cmp(p.x, end) >= 0)
			break;
		if (before && i + 1 < list->n &&
		    exact_cmp(list->at[i + 1].x, zero) <= 0)
			continue;
		if (before) {
			p.right = curve_line(&p, zero);
			p.value = p.right;
			p.has_value = p.has_line;
			p.x = zero;
		}
		if (!curve_push(out, &p))
			return false;
	}
	return true;
}

/* Pieces of one period, and how often it is needed. */
static enum curve_status check_size(struct curve_work *w, const struct curve *f,
				    struct exact end)
{
	size_t first = find(f, f->from, true);
	struct exact times =
		exact_ceil(exact_div(exact_sub(end, f->from), f->period));
	struct exact pieces =
		exact_add(exact_mul(times, exact_int((int64_t)(f->n - first))),
			  exact_int((int64_t)first));
	char text[EXACT_TEXT_BYTES];

	if (exact_ok(pieces) &&
	    exact_cmp(pieces, exact_int((int64_t)w->max_segments)) <= 0)
		return CURVE_OK;
	return curve_say(w, CURVE_RANGE,
			 "up to t = %s a curve has more than %zu segments; "
			 "--max-segments sets how many there may be",
			 exact_text(end, text), w->max_segments);
}

enum curve_status curve_unroll(struct curve_work *w, const struct curve *f,
			       struct exact end, struct curve *out)
{
	static const struct curve nothing;
	enum curve_status status = check_size(w, f, end);
	struct exact x = exact_int(0);
	struct exact y = exact_int(0);
	size_t first = 0;
	size_t i = 0;

	*out = nothing;
	if (status != CURVE_OK)
		return status;
	first = find(f, f->from, true);
	for (;;) {
		struct curve_piece p = f->at[i];

		p.x = exact_add(p.x, x);
		p.value = exact_add(p.value, y);
		p.right = exact_add(p.right, y);
		if (!exact_ok(p.x) || exact_cmp(p.x, end) >= 0)
			return CURVE_OK;
		if (!curve_push(out, &p))
			return curve_no_memory(w);
		if (++i == f->n) {
			i = first;
			x = exact_add(x, f->period);
			y = exact_add(y, f->increment);
		}
	}
}
