// SPDX-License-Identifier: MIT
/*
 * curve_envelope.c - the lesser of two lists of pieces.
 */
#include "curve/curve_private.h"

/* A list that is being walked: the piece behind, if any. */
struct side {
	const struct curve *list;
	size_t next;
	struct curve_piece here; /* the list at the current x */
};

static bool has_next(const struct side *s)
{
	return s->next < s->list->n;
}

static void step_to(struct side *s, struct exact x)
{
	if (has_next(s) && exact_cmp(s->list->at[s->next].x, x) == 0) {
		s->here = s->list->at[s->next++];
		return;
	}
	if (s->here.has_line) {
		s->here.right = curve_line(&s->here, x);
		s->here.value = s->here.right;
	}
	s->here.has_value = s->here.has_line;
	s->here.x = x;
}

static bool next_x(const struct side *a, const struct side *b,
		   struct exact *out)
{
	if (!has_next(a) && !has_next(b))
		return false;
	if (!has_next(a))
		*out = b->list->at[b->next].x;
	else if (!has_next(b))
		*out = a->list->at[a->next].x;
	else
		*out = exact_min(a->list->at[a->next].x,
				 b->list->at[b->next].x);
	return true;
}

/* Is the line of @a below that of @b right after x? */
static bool below(const struct curve_piece *a, const struct curve_piece *b)
{
	int order;

	if (!a->has_line || !b->has_line)
		return a->has_line;
	if (!exact_ok(a->right) || !exact_ok(b->right))
		return true;
	order = exact_cmp(a->right, b->right);
	return order < 0 || (order == 0 && exact_cmp(a->slope, b->slope) <= 0);
}

static struct curve_piece lesser(const struct curve_piece *a,
				 const struct curve_piece *b)
{
	struct curve_piece p = below(a, b) ? *a : *b;

	p.has_value = a->has_value || b->has_value;
	if (a->has_value && b->has_value)
		p.value = !exact_ok(a->value) || !exact_ok(b->value)
				  ? exact_make(0, 0)
				  : exact_min(a->value, b->value);
	else
		p.value = a->has_value ? a->value : b->value;
	return p;
}

/* Where the lower line meets the other one, before @end. */
static bool crossing(const struct curve_piece *low,
		     const struct curve_piece *other, bool has_end,
		     struct exact end, struct curve_piece *out)
{
	struct exact gap;
	struct exact x;

	if (!low->has_line || !other->has_line ||
	    exact_cmp(low->slope, other->slope) <= 0)
		return false;
	gap = exact_sub(other->right, low->right);
	x = exact_add(low->x,
		      exact_div(gap, exact_sub(low->slope, other->slope)));
	if (!exact_ok(x) || exact_cmp(x, low->x) <= 0 ||
	    (has_end && exact_cmp(x, end) >= 0))
		return false;
	*out = *other;
	out->x = x;
	out->right = curve_line(other, x);
	out->value = out->right;
	out->has_value = true;
	return true;
}

bool curve_lower(const struct curve *a, const struct curve *b,
		 struct curve *out)
{
	static const struct curve nothing;
	struct side one = {.list = a};
	struct side two = {.list = b};
	struct curve_piece more;
	struct exact x;

	*out = nothing;
	while (next_x(&one, &two, &x)) {
		struct curve_piece p;
		struct exact end = x;
		bool first;
		bool has_end;

		step_to(&one, x);
		step_to(&two, x);
		p = lesser(&one.here, &two.here);
		if (!curve_push(out, &p))
			return false;
		first = below(&one.here, &two.here);
		has_end = next_x(&one, &two, &end);
		if (crossing(first ? &one.here : &two.here,
			     first ? &two.here : &one.here, has_end, end,
			     &more) &&
		    !curve_push(out, &more))
			return false;
	}
	return true;
}

void curve_negate(struct curve *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		f->at[i].value = exact_neg(f->at[i].value);
		f->at[i].right = exact_neg(f->at[i].right);
		f->at[i].slope = exact_neg(f->at[i].slope);
	}
	f->increment = exact_neg(f->increment);
}
