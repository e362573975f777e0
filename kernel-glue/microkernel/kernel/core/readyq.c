/* SPDX-License-Identifier: MIT */
/* readyq.c - see readyq.h. */
#include <readyq.h>

void readyq_init(struct readyq *q)
{
	q->words = 0;
	for (unsigned i = 0; i < PRIORITIES / 64; i++)
		q->map[i] = 0;
	for (unsigned i = 0; i < PRIORITIES; i++)
		list_init(&q->queue[i]);
}

static void mark(struct readyq *q, unsigned priority)
{
	q->map[priority / 64] |= 1ul << priority % 64;
	q->words |= 1u << priority / 64;
}

void readyq_put_last(struct readyq *q, struct list *l, unsigned priority)
{
	list_add_before(&q->queue[priority], l);
	mark(q, priority);
}

void readyq_put_first(struct readyq *q, struct list *l, unsigned priority)
{
	list_add_before(q->queue[priority].next, l);
	mark(q, priority);
}

void readyq_remove(struct readyq *q, struct list *l, unsigned priority)
{
	list_remove(l);
	if (!list_empty(&q->queue[priority]))
		return;
	q->map[priority / 64] &= ~(1ul << priority % 64);
	if (!q->map[priority / 64])
		q->words &= ~(1u << priority / 64);
}
