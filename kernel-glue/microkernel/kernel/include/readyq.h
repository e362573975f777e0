/* SPDX-License-Identifier: MIT */
/* readyq.h - the threads of one CPU that could run: a queue per priority, a
 * bitmap of those that hold somebody, and a bitmap of the words of that which
 * are not 0.  Each operation is constant time. */
#ifndef MK_READYQ_H
#define MK_READYQ_H

#include <kbase.h>

#define PRIORITIES 256

struct readyq {
	uint32_t words;
	uint64_t map[PRIORITIES / 64];
	struct list queue[PRIORITIES];
};

void readyq_init(struct readyq *q);
void readyq_put_last(struct readyq *q, struct list *l, unsigned priority);
void readyq_put_first(struct readyq *q, struct list *l, unsigned priority);
void readyq_remove(struct readyq *q, struct list *l, unsigned priority);

/* The highest priority that has somebody, or -1. */
static inline int readyq_best(const struct readyq *q)
{
	int word;

	if (!q->words)
		return -1;
	/* The highest bit is 31 - clz: written so that it is one instruction. */
	word = 31 ^ __builtin_clz(q->words);
	return word * 64 + (63 ^ __builtin_clzll(q->map[word]));
}

static inline struct list *readyq_first(struct readyq *q, unsigned priority)
{
	return q->queue[priority].next;
}

#endif
