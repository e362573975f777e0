/* SPDX-License-Identifier: MIT */
/* map_cap.c - capabilities given to another table. */
#include <kmap.h>
#include <mk/call.h>

int map_cap(struct task *from, uint64_t slot, struct task *to, uint64_t at,
	    unsigned rights, bool grant)
{
	struct node *n = cap_find(from, slot), *made;
	struct object *o;
	int error;

	if (!n)
		return -MK_ENOENT;
	if (!(n->rights & MK_CAP_PASS))
		return -MK_EPERM;
	rights &= n->rights;
	if (!rights)
		return -MK_EPERM;
	if (!grant && n->depth == NODE_DEPTH_MAX)
		return -MK_EINVAL;
	made = cap_slot_make(to, at, &error);
	if (!made)
		return error;
	o = node_object(n);
	if (!grant) {
		node_attach(n, made);
		cap_fill(to, made, at, o, rights);
		return 0;
	}
	node_move(made, n);
	cap_changes++;
	cap_fill(to, made, at, o, rights);
	o->cap_count--; /* the slot that is empty now */
	if (o->caps == n)
		o->caps = made;
	return 0;
}

void cap_clear(struct node *slot)
{
	struct object *o = node_object(slot);

	node_detach(slot);
	slot->what = 0;
	cap_changes++;
	if (o->caps == slot)
		o->caps = NULL;
	if (--o->cap_count == 0)
		object_kill(o);
}
