/* SPDX-License-Identifier: MIT */
/*
 * timeoutq.c - a pairing heap.
 *
 * Source: Fredman, Sedgewick, Sleator, Tarjan, "The pairing heap: a new form
 * of self-adjusting heap", Algorithmica 1 (1986).  Each element knows what
 * points to it, so any element can leave without a search.
 */
#include <timeoutq.h>

static void point(struct timeout **link, struct timeout *t)
{
	*link = t;
	if (t)
		t->link = link;
}

/* Two heaps into one: the later root becomes the first child of the other. */
static struct timeout *meld(struct timeout *a, struct timeout *b)
{
	struct timeout *later;

	if (!a || !b)
		return a ? a : b;
	later = b;
	if (b->when < a->when) {
		later = a;
		a = b;
	}
	point(&later->next, a->child);
	point(&a->child, later);
	return a;
}

/* The children of a removed root into one heap: pairs from the left, then the
 * pairs from the right.  The list of pairs is kept reversed in `next`. */
static struct timeout *merge_pairs(struct timeout *first)
{
	struct timeout *pairs = NULL, *whole = NULL;

	while (first) {
		struct timeout *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timeout *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		whole = meld(whole, pair);
	}
	return whole;
}

void timeoutq_add(struct timeoutq *q, struct timeout *t)
{
	t->child = NULL;
	t->next = NULL;
	point(&q->root, meld(q->root, t));
}

void timeoutq_remove(struct timeoutq *q, struct timeout *t)
{
	struct timeout *below = merge_pairs(t->child);

	if (!t->link)
		return;
	point(t->link, t->next); /* a root has no siblings */
	t->link = NULL;
	t->child = NULL;
	t->next = NULL;
	point(&q->root, meld(q->root, below));
}
