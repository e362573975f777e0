/* SPDX-License-Identifier: MIT */
/* unit_readyq_test.c - the ready queue against an array with arrival times. */
#include "unit_common.h"

#include <readyq.h>

#define THREADS 100u
#define STEPS 200000u

struct entry {
	struct list l;
	bool in;
	unsigned priority;
	int64_t arrived; /* those put first get ever smaller ones */
};

static struct entry entries[THREADS];
static struct readyq q;

static struct entry *model_best(void)
{
	struct entry *best = NULL;

	for (unsigned i = 0; i < THREADS; i++) {
		struct entry *e = &entries[i];

		if (e->in && (!best || e->priority > best->priority ||
			      (e->priority == best->priority &&
			       e->arrived < best->arrived)))
			best = e;
	}
	return best;
}

static void compare(void)
{
	struct entry *best = model_best();
	int priority = readyq_best(&q);

	EXPECT((priority < 0) == !best);
	if (!best)
		return;
	EXPECT((unsigned)priority == best->priority);
	EXPECT(readyq_first(&q, (unsigned)priority) == &best->l);
}

int main(void)
{
	int64_t clock = 0;

	readyq_init(&q);
	compare();
	for (unsigned step = 0; step < STEPS; step++) {
		struct entry *e = &entries[below(THREADS)];

		clock++;
		if (e->in) {
			readyq_remove(&q, &e->l, e->priority);
			e->in = false;
		} else {
			list_init(&e->l);
			e->in = true;
			e->priority = below(3) ? below(4) * 64 : below(256);
			e->arrived = below(2) ? clock : -clock;
			if (e->arrived < 0)
				readyq_put_first(&q, &e->l, e->priority);
			else
				readyq_put_last(&q, &e->l, e->priority);
		}
		compare();
	}
	return 0;
}
