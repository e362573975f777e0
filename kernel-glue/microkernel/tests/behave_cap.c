/* SPDX-License-Identifier: MIT */
/* behave_cap.c - behaviours 34 to 43: the derivation tree, factories. */
#include "tap.h"

static uint64_t used(void)
{
	uint64_t limit, bytes;

	CHECK_EQUAL(mk_factory_info(MK_CAP_FACTORY, &limit, &bytes), 0);
	return bytes;
}

static uint64_t rights(uint64_t slot)
{
	return mk_cap_rights(OWN_TASK, slot);
}

static uint64_t new_gate(void)
{
	uint64_t gate = slot_new();

	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, 0), 0);
	return gate;
}

static void b34(void)
{
	uint64_t task = second_task(), gate = new_gate();
	uint64_t child = slot_new(), grandchild = slot_new();
	uint64_t page = mk_cap_page(gate, MK_ALL_RIGHTS);

	CHECK_EQUAL(mk_map_cap(OWN_TASK, child, gate, MK_ALL_RIGHTS), 0);
	CHECK_EQUAL(mk_map_cap(task, grandchild, child, MK_ALL_RIGHTS), 0);
	CHECK_EQUAL(mk_cap_rights(task, grandchild), MK_ALL_RIGHTS);
	/* Only a right. */
	CHECK_EQUAL(mk_unmap(OWN_TASK, mk_cap_page(gate, MK_CAP_CONTROL),
			     MK_UNMAP_OTHERS),
		    0);
	CHECK_EQUAL(mk_cap_rights(task, grandchild),
		    MK_ALL_RIGHTS & ~MK_CAP_CONTROL);
	CHECK_EQUAL(rights(gate), MK_ALL_RIGHTS);
	CHECK_EQUAL(mk_unmap(OWN_TASK, page, MK_UNMAP_SELF), 0);
	CHECK_EQUAL(mk_cap_rights(task, grandchild), 0);
	CHECK_EQUAL(rights(child), 0);
	CHECK_EQUAL(rights(gate), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b35(void)
{
	uint64_t gate = new_gate(), child = slot_new(), other = new_gate();

	CHECK_EQUAL(mk_map_cap(OWN_TASK, child, gate, MK_ALL_RIGHTS), 0);
	CHECK_EQUAL(mk_unmap(OWN_TASK, mk_cap_page(other, MK_ALL_RIGHTS),
			     MK_UNMAP_OTHERS),
		    0);
	CHECK(rights(gate) && rights(child) && rights(other));
	CHECK_EQUAL(mk_unmap(OWN_TASK, mk_cap_page(gate, MK_ALL_RIGHTS),
			     MK_UNMAP_OTHERS),
		    0);
	CHECK_EQUAL(rights(gate), MK_ALL_RIGHTS);
	CHECK_EQUAL(rights(child), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, gate), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, other), 0);
}

static void b36(void)
{
	uint64_t slot = slot_new(), before;

	/* The page of slots itself is paid for once. */
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, slot, 0), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	before = used();
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, slot, 0), 0);
	CHECK(used() > before);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(used(), before);
	CHECK(!mk_signal(slot, 1));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_PARTNER | MK_IPC_SEND);
	CHECK_EQUAL(mk_create_task(MK_CAP_FACTORY, slot), 0);
	CHECK_EQUAL(mk_ku_memory(slot, 0x10000, 14), 0);
	CHECK_EQUAL(mk_map(slot, 0x20000,
			   mk_flexpage(MK_MEMORY, (uint64_t)mk_image_start,
				       MK_PAGE_ORDER, MK_R)),
		    0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(used(), before);
}

static void b37(void)
{
	uint64_t gate = new_gate(), other = new_gate();

	CHECK_EQUAL(mk_map_cap(OWN_TASK, other, gate, MK_ALL_RIGHTS),
		    -MK_EEXIST);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, other, 0), -MK_EEXIST);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, gate), 0);
	CHECK_EQUAL(rights(other), MK_ALL_RIGHTS);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, other), 0);
}

static void b38(void)
{
	static const uint64_t wrong[] = {0,	    29999,	32768,
					 1ul << 32, ~0ul >> 12, ~0ul >> 8};
	struct mk_message m = {0};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK(!mk_send(wrong[i], 0, &m));
		CHECK_EQUAL(mk_error(), MK_IPC_NO_PARTNER | MK_IPC_SEND);
		CHECK_EQUAL(mk_cap_rights(OWN_TASK, wrong[i]), 0);
		CHECK(mk_map_cap(OWN_TASK, 1000, wrong[i], MK_ALL_RIGHTS) < 0);
	}
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, 0, 0), -MK_EINVAL);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, 32768, 0), -MK_EINVAL);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, ~0ul, 0), -MK_EINVAL);
}

static void b39(void)
{
	uint64_t task = second_task(), gate = new_gate(), child = slot_new();
	uint64_t to = slot_new();

	CHECK_EQUAL(mk_map_cap(OWN_TASK, child, gate, MK_ALL_RIGHTS), 0);
	CHECK_EQUAL(mk_map(task, to << 12 | MK_ITEM_GRANT,
			   mk_cap_page(child, MK_CAP_SEND)),
		    0);
	CHECK_EQUAL(rights(child), 0);
	CHECK_EQUAL(mk_cap_rights(task, to), MK_CAP_SEND);
	/* It has taken the child's place below the gate. */
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, gate), 0);
	CHECK_EQUAL(mk_cap_rights(task, to), 0);
	/* The root itself can move as well. */
	gate = new_gate();
	CHECK_EQUAL(mk_map(task, to << 12 | MK_ITEM_GRANT,
			   mk_cap_page(gate, MK_ALL_RIGHTS)),
		    0);
	CHECK_EQUAL(rights(gate), 0);
	CHECK_EQUAL(mk_cap_rights(task, to), MK_ALL_RIGHTS);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b40(void)
{
	uint64_t slot = slot_new();
	uint64_t word[5] = {MK_FACTORY_CREATE, 0, slot, 0, 0};

	CHECK_EQUAL(mk_create_task(MK_CAP_FACTORY, slot), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_create_thread(MK_CAP_FACTORY, slot), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, slot, 0, 0), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, slot, 1), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, slot, 65536), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_object_call(MK_CAP_FACTORY, MK_PROTO_FACTORY, 5, word),
		    -MK_EINVAL);
	word[1] = (uint64_t)MK_PROTO_LOG;
	CHECK_EQUAL(mk_object_call(MK_CAP_FACTORY, MK_PROTO_FACTORY, 5, word),
		    -MK_EINVAL);
	CHECK_EQUAL(rights(slot), 0);
}

static void b41(void)
{
	uint64_t sub = slot_new(), slot[64], made = 0;
	uint64_t limit, bytes;

	for (unsigned i = 0; i < 64; i++)
		slot[i] = slot_new();
	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, sub, 4096), 0);
	while (made < 64 && mk_create_event(sub, slot[made], 0) == 0)
		made++;
	CHECK(made > 0 && made < 64);
	CHECK_EQUAL(mk_create_event(sub, slot[63], 0), -MK_ENOMEM);
	CHECK_EQUAL(mk_factory_info(sub, &limit, &bytes), 0);
	CHECK_EQUAL(limit, 4096);
	CHECK(bytes <= limit);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot[0]), 0);
	CHECK_EQUAL(mk_create_event(sub, slot[0], 0), 0);
	/* What is too large for it fails as cleanly. */
	CHECK_EQUAL(mk_create_task(sub, slot[63]), -MK_ENOMEM);
	CHECK_EQUAL(mk_create_thread(sub, slot[63]), -MK_ENOMEM);
	CHECK_EQUAL(mk_delete(OWN_TASK, sub), 0);
	CHECK_EQUAL(rights(slot[0]), 0);
}

static void b42(void)
{
	uint64_t limit, bytes, sub = slot_new();

	/* The page of slots itself is paid for once. */
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, sub, 0), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, sub), 0);
	CHECK_EQUAL(mk_factory_info(MK_CAP_FACTORY, &limit, &bytes), 0);
	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, sub, limit - bytes),
		    -MK_ENOMEM);
	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, sub, ~0ul), -MK_ENOMEM);
	CHECK_EQUAL(used(), bytes);
	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, sub, (limit - bytes) / 2),
		    0);
	CHECK(used() >= bytes + (limit - bytes) / 2);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, sub), 0);
	CHECK_EQUAL(used(), bytes);
}

static void b43(void)
{
	uint64_t sub = slot_new(), below = slot_new(), task = slot_new();
	uint64_t event = slot_new(), thread = slot_new(), before = used();

	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, sub, 1 << 20), 0);
	CHECK_EQUAL(mk_create_factory(sub, below, 1 << 18), 0);
	CHECK_EQUAL(mk_create_task(below, task), 0);
	CHECK_EQUAL(mk_ku_memory(task, 0x10000, 12), 0);
	CHECK_EQUAL(mk_create_thread(sub, thread), 0);
	CHECK_EQUAL(mk_thread_control(thread, task, 0x10000, 0, 0), 0);
	CHECK_EQUAL(mk_create_event(below, event, 0), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, sub), 0);
	CHECK(!rights(sub) && !rights(below) && !rights(task));
	CHECK(!rights(event) && !rights(thread));
	CHECK_EQUAL(used(), before);
}

static const struct behaviour list[] = {
	{"34", "what is taken back is taken from all below", b34},
	{"35", "others only; and nobody else", b35},
	{"36", "with the last capability goes the object", b36},
	{"37", "an occupied slot is not overwritten", b37},
	{"38", "slots that are none", b38},
	{"39", "grant moves, in the tree as well", b39},
	{"40", "every kind of object, and no other", b40},
	{"41", "a quota ends cleanly and can be used again", b41},
	{"42", "no sub-factory larger than what is left", b42},
	{"43", "a factory takes what it paid for with it", b43},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
