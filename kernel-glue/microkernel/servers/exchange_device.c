/* SPDX-License-Identifier: MIT */
/*
 * exchange_device.c - the memory of a device as a region.
 *
 * The root task gives it to us (device= in boot.conf) with its physical address,
 * for which we vouch to whoever gets a handle.  We neither read nor write it.
 * Who may bring it into a stream says exchange.policy:
 *
 *   device painter
 *
 * It is one region, whoever has it: when the last handle and mapping are gone it
 * is taken back from all, and can be asked for again.  Nobody pays for it, as
 * it is nobody's memory.
 */
#include "exchange_state.h"

static struct object *device; /* NULL: nobody has it */

uint64_t device_first(void)
{
	return (MK_DEVICE - MK_POOL) / MK_PAGE_BYTES;
}

int device_memory(struct client *c, struct object **out)
{
	const struct mk_boot_device *memory = &mk_boot_info()->device[0];
	struct object *o;

	if (!access_find(&rules, DEVICE, (unsigned)c->program, ""))
		return -DSI_EACCES;
	if (!memory->bytes)
		return -DSI_ENOENT;
	if (device && device->region.maker != c->number)
		return -DSI_EBUSY;
	if (device) {
		device->refs++;
		*out = device;
		return 0;
	}
	if (!objects_room(c, 1))
		return -DSI_EMFILE;
	o = object_new(c, MK_EXCHANGE_REGION);
	if (!o)
		return -DSI_ENOMEM;
	o->region = (struct region){
		.first = device_first(),
		.pages = memory->bytes / MK_PAGE_BYTES,
		.physical = memory->first,
		.maker = c->number,
	};
	device = o;
	*out = o;
	return 0;
}

void device_end(void)
{
	device = NULL;
}
