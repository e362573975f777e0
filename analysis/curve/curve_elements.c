// SPDX-License-Identifier: MIT
/*
 * curve_elements.c - min-plus convolution of lists, element by element.
 *
 * A list is a set of elements, points and open segments; the convolution of
 * two lists is the lower envelope of the convolutions of all pairs of theirs:
 *
 *   point, point       the point at the sum
 *   point, segment     the segment, moved
 *   segment, segment   both one after the other, the less steep one first,
 *                      open at its ends
 *
 * An envelope is made of two halves, each of which is made likewise.
 */
#include "curve/curve_private.h"

/* Open segment behind piece k, up to @end. */
struct segment {
	struct exact x;
	struct exact y;
	struct exact slope;
	struct exact length;
	bool endless;
};

static const struct curve nothing;

static bool push_segment(struct curve *out, const struct segment *s,
			 bool first_point)
{
	struct curve_piece p = {.x = s->x,
				.value = s->y,
				.right = s->y,
				.slope = s->slope,
				.has_value = first_point,
				.has_line = true};
	struct curve_piece end = {.value = s->y, .right = s->y};

	if (!curve_push(out, &p))
		return false;
	if (s->endless)
		return true;
	end.x = exact_add(s->x, s->length);
	return curve_push(out, &end);
}

static bool point_point(struct exact x, struct exact y, struct curve *out)
{
	struct curve_piece p = {
		.x = x, .value = y, .right = y, .has_value = true};

	return curve_push(out, &p);
}

static bool segment_segment(const struct segment *a, const struct segment *b,
			    struct curve *out)
{
	bool a_first = exact_cmp(a->slope, b->slope) <= 0;
	struct segment one = a_first ? *a : *b;
	struct segment two = a_first ? *b : *a;

	one.x = exact_add(a->x, b->x);
	one.y = exact_add(a->y, b->y);
	two.x = exact_add(one.x, one.length);
	two.y = exact_add(one.y, exact_mul(one.slope, one.length));
	if (!push_segment(out, &one, false) || one.endless)
		return out->n > 0;
	out->n--; /* the end of the first is no end */
	return push_segment(out, &two, true);
}

static bool get_segment(const struct curve *list, size_t k, struct exact end,
			struct segment *out)
{
	const struct curve_piece *p = &list->at[k];
	struct exact next = k + 1 < list->n ? p[1].x : end;

	out->x = p->x;
	out->y = p->right;
	out->slope = p->slope;
	out->length = exact_sub(next, p->x);
	out->endless = false;
	return p->has_line;
}

/* One element of f, with elements of g. */
struct task {
	struct curve_work *w;
	const struct curve *f;
	const struct curve *g;
	struct exact f_end;
	struct exact g_end;
	struct exact end; /* nothing from here on is wanted */
};

static enum curve_status merge(struct curve_work *w, struct curve *a,
			       struct curve *b, struct curve *out)
{
	bool good = curve_lower(a, b, out);

	curve_free(a);
	curve_free(b);
	if (good)
		return CURVE_OK;
	curve_free(out);
	return curve_no_memory(w);
}

/* Element 2k of a list is the point of piece k, element 2k + 1 its line. */
static bool one_pair(const struct task *t, size_t i, size_t k,
		     struct curve *out)
{
	const struct curve_piece *p = &t->f->at[i / 2];
	const struct curve_piece *q = &t->g->at[k / 2];
	struct segment a;
	struct segment b;

	if (exact_cmp(exact_add(p->x, q->x), t->end) >= 0)
		return true;
	if ((i % 2 == 0 && !p->has_value) || (k % 2 == 0 && !q->has_value))
		return true;
	if (i % 2 && !get_segment(t->f, i / 2, t->f_end, &a))
		return true;
	if (k % 2 && !get_segment(t->g, k / 2, t->g_end, &b))
		return true;
	if (i % 2 && k % 2)
		return segment_segment(&a, &b, out);
	if (i % 2 == 0 && k % 2 == 0)
		return point_point(exact_add(p->x, q->x),
				   exact_add(p->value, q->value), out);
	if (i % 2) {
		a.x = exact_add(a.x, q->x);
		a.y = exact_add(a.y, q->value);
		return push_segment(out, &a, false);
	}
	b.x = exact_add(b.x, p->x);
	b.y = exact_add(b.y, p->value);
	return push_segment(out, &b, false);
}

static enum curve_status with_one(const struct task *t, size_t i, size_t low,
				  size_t high, struct curve *out)
{
	struct curve a = nothing;
	struct curve b = nothing;
	enum curve_status status;
	size_t middle = low + (high - low) / 2;

	if (high - low == 1)
		return one_pair(t, i, low, out) ? CURVE_OK
						: curve_no_memory(t->w);
	status = with_one(t, i, low, middle, &a);
	if (status == CURVE_OK)
		status = with_one(t, i, middle, high, &b);
	if (status == CURVE_OK)
		return merge(t->w, &a, &b, out);
	curve_free(&a);
	curve_free(&b);
	return status;
}

static enum curve_status with_all(const struct task *t, size_t low, size_t high,
				  struct curve *out)
{
	struct curve a = nothing;
	struct curve b = nothing;
	enum curve_status status;
	size_t middle = low + (high - low) / 2;

	if (high - low == 1)
		return with_one(t, low, 0, 2 * t->g->n, out);
	status = with_all(t, low, middle, &a);
	if (status == CURVE_OK)
		status = with_all(t, middle, high, &b);
	if (status == CURVE_OK)
		return merge(t->w, &a, &b, out);
	curve_free(&a);
	curve_free(&b);
	return status;
}

enum curve_status curve_pairs(struct curve_work *w, const struct curve *f,
			      const struct curve *g, struct exact end,
			      struct curve *out)
{
	struct task t = {w, f, g, f->from, g->from, end};

	*out = nothing;
	/* A pair takes about as long as 1/64 of a segment is worth. */
	if (f->n > 64 * w->max_segments / g->n)
		return curve_say(w, CURVE_RANGE,
				 "%zu times %zu segments are too many to "
				 "convolve; --max-segments sets a limit of 64 "
				 "times its number",
				 f->n, g->n);
	return with_all(&t, 0, 2 * f->n, out);
}
