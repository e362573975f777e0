/* SPDX-License-Identifier: MIT */
/* unit_captable_test.c - the table of capabilities: limits, pages on demand,
 * and what they cost. */
#include "unit_common.h"

#include <kmem.h>
#include <ktask.h>
#include <mk/call.h>

#define POOL (8ul << 20)

static struct factory factory = {.limit = 5 * 4096};
static struct task task;

static void limits(void)
{
	static const uint64_t wrong[] = {0, MK_CAP_SLOTS, MK_CAP_SLOTS + 1,
					 1ul << 32, ~0ul};
	int error;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT(!cap_slot_make(&task, wrong[i], &error));
		EXPECT(error == -MK_EINVAL);
		EXPECT(!cap_find(&task, wrong[i]));
	}
	EXPECT(factory.used == 4096);
}

static void pages_on_demand(void)
{
	struct object o = {.kind = OBJECT_EVENT};
	struct node *slot, *last;
	int error;

	EXPECT(!cap_find(&task, 5));
	slot = cap_slot_make(&task, 5, &error);
	EXPECT(slot && !error && factory.used == 2 * 4096);
	EXPECT(!cap_find(&task, 5)); /* there, but empty */
	cap_insert(&task, slot, 5, &o, MK_CAP_SEND);
	EXPECT(cap_find(&task, 5) == slot && node_object(slot) == &o);
	EXPECT(o.caps == slot && o.cap_count == 1);
	EXPECT(!cap_slot_make(&task, 5, &error) && error == -MK_EEXIST);
	EXPECT(cap_slot_make(&task, 6, &error) && factory.used == 2 * 4096);
	last = cap_slot_make(&task, MK_CAP_SLOTS - 1, &error);
	EXPECT(last && factory.used == 3 * 4096);
	/* The quota ends: an error, and nothing lost. */
	EXPECT(cap_slot_make(&task, 1000, &error));
	EXPECT(cap_slot_make(&task, 2000, &error));
	EXPECT(!cap_slot_make(&task, 3000, &error) && error == -MK_ENOMEM);
	EXPECT(!cap_find(&task, 3000));
	EXPECT(cap_slot_make(&task, 2001, &error));
}

int main(void)
{
	void *pool = aligned_alloc(1u << KMEM_LARGEST_ORDER, POOL);

	EXPECT(pool);
	kmem_init(pool, POOL);
	task.object.owner = &factory;
	task.cap_pages = factory_take(&factory, KMEM_PAGE_ORDER);
	limits();
	pages_on_demand();
	free(pool);
	return 0;
}
