/* SPDX-License-Identifier: MIT */
/* quota.c - who pays for the kernel's memory.  See kobject.h. */
#include <kmem.h>
#include <kobject.h>
#include <mk/call.h>

int factory_charge(struct factory *f, uint64_t bytes)
{
	if (bytes > f->limit - f->used)
		return -MK_ENOMEM;
	f->used += bytes;
	return 0;
}

void factory_refund(struct factory *f, uint64_t bytes)
{
	check(f->used >= bytes);
	f->used -= bytes;
}

void *factory_take(struct factory *f, unsigned order)
{
	void *memory;

	if (factory_charge(f, 1ul << order))
		return NULL;
	memory = kmem_take(order);
	if (!memory)
		factory_refund(f, 1ul << order);
	return memory;
}

void factory_give(struct factory *f, void *memory, unsigned order)
{
	kmem_give(memory, order);
	factory_refund(f, 1ul << order);
}
