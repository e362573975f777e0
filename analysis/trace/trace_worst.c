// SPDX-License-Identifier: MIT
/*
 * trace_worst.c - the packets with the N largest values of a metric.
 */
#include <stdlib.h>

#include "trace/trace_worst.h"

/* Of equal values the earliest is worst, so that the answer is one. */
static bool is_worse(const struct trace_worst_one *a,
		     const struct trace_worst_one *b)
{
	if (a->value_ns != b->value_ns)
		return a->value_ns > b->value_ns;
	return a->end_ns < b->end_ns ||
	       (a->end_ns == b->end_ns && a->seq < b->seq);
}

static void swap(struct trace_worst *w, size_t a, size_t b)
{
	struct trace_worst_one kept = w->at[a];

	w->at[a] = w->at[b];
	w->at[b] = kept;
}

static void rise(struct trace_worst *w, size_t at)
{
	while (at && is_worse(&w->at[(at - 1) / 2], &w->at[at])) {
		swap(w, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sink(struct trace_worst *w, size_t at)
{
	for (;;) {
		size_t least = at;
		size_t child;

		for (child = 2 * at + 1; child <= 2 * at + 2 && child < w->n;
		     child++) {
			if (is_worse(&w->at[least], &w->at[child]))
				least = child;
		}
		if (least == at)
			return;
		swap(w, at, least);
		at = least;
	}
}

bool trace_worst_add(struct trace_worst *w, size_t room,
		     const struct trace_worst_one *one)
{
	if (room == 0)
		return true;
	if (!w->at) {
		w->at = calloc(room, sizeof(*w->at));
		if (!w->at)
			return false;
		w->room = room;
	}
	if (w->n < w->room) {
		w->at[w->n++] = *one;
		rise(w, w->n - 1);
	} else if (is_worse(one, &w->at[0])) {
		w->at[0] = *one;
		sink(w, 0);
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	return is_worse(a, b) ? -1 : is_worse(b, a) ? 1 : 0;
}

void trace_worst_sort(struct trace_worst *w)
{
	if (w->n)
		qsort(w->at, w->n, sizeof(*w->at), compare);
}

void trace_worst_fini(struct trace_worst *w)
{
	free(w->at);
	*w = (struct trace_worst){0};
}
