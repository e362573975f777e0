/* SPDX-License-Identifier: MIT */
/*
 * fake_memory.c - allocations, and regions of shared memory.
 *
 * A region is a memfd, so that one process can map it to write and another,
 * in the same address space, to read only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_world.h"

#define PAGE_BYTES 4096u
#define BLOCK_HEAD 64u /* keeps the alignment that was promised */

_Static_assert(sizeof(struct fake_block) <= BLOCK_HEAD, "head too small");

/* ---- allocations -------------------------------------------------------- */

void *dsi_port_alloc(size_t bytes)
{
	struct fake_process *process = fake__process();
	struct fake_block *block;
	void *memory;

	fake__point();
	fake__count(allocs);
	if (fake__inject(FAKE_ALLOC))
		return NULL;
	if (bytes > SIZE_MAX / 2 ||
	    posix_memalign(&memory, 64, BLOCK_HEAD + bytes))
		return NULL;
	memset(memory, 0, BLOCK_HEAD + bytes);
	block = memory;
	block->process = process;
	block->bytes = bytes;
	block->next = process->blocks;
	block->link = &process->blocks;
	if (block->next)
		block->next->link = &block->next;
	process->blocks = block;
	return (unsigned char *)memory + BLOCK_HEAD;
}

static void block_end(struct fake_block *block)
{
	*block->link = block->next;
	if (block->next)
		block->next->link = block->link;
	/* Who still uses it shall notice, also without a sanitizer. */
	memset(block, 0xdb, BLOCK_HEAD + block->bytes);
	free(block);
}

void dsi_port_free(void *memory)
{
	struct fake_block *block;

	fake__point();
	if (!memory)
		return;
	fake__count(frees);
	block = (void *)((unsigned char *)memory - BLOCK_HEAD);
	if (block->process != fake__process()) {
		fake_report("fiber %d frees memory of another process",
			    fake__world.current->id);
		return;
	}
	block_end(block);
}

uint32_t fake__blocks_end(struct fake_process *process)
{
	uint32_t n = 0;

	while (process->blocks) {
		block_end(process->blocks);
		n++;
	}
	return n;
}

/* ---- mappings ----------------------------------------------------------- */

int fake__map(struct fake_region *region, int protection,
	      struct fake_mapping **out_mapping)
{
	struct fake_mapping *mapping = calloc(1, sizeof(*mapping));

	if (!mapping)
		return -DSI_ENOMEM;
	mapping->addr = mmap(NULL, region->bytes, protection, MAP_SHARED,
			     region->fd, 0);
	if (mapping->addr == MAP_FAILED) {
		free(mapping);
		return -DSI_ENOMEM;
	}
	mapping->process = fake__process();
	mapping->region = region;
	mapping->bytes = region->bytes;
	mapping->writable = (protection & PROT_WRITE) != 0;
	mapping->next = fake__world.mappings;
	region->object.refs++;
	fake__world.mappings = mapping;
	*out_mapping = mapping;
	return 0;
}

static void unmap(struct fake_mapping **link)
{
	struct fake_mapping *mapping = *link;

	*link = mapping->next;
	munmap(mapping->addr, mapping->bytes);
	fake__object_put(&mapping->region->object);
	free(mapping);
}

struct fake_mapping *fake__mapping_find(uintptr_t at,
					const struct fake_process *process)
{
	for (struct fake_mapping *m = fake__world.mappings; m; m = m->next)
		if (m->process == process && at - (uintptr_t)m->addr < m->bytes)
			return m;
	return NULL;
}

uint32_t fake__mappings_end(struct fake_process *process)
{
	struct fake_mapping **link = &fake__world.mappings;
	uint32_t n = 0;

	while (*link) {
		if ((*link)->process == process) {
			unmap(link);
			n++;
		} else {
			link = &(*link)->next;
		}
	}
	return n;
}

/* ---- regions ------------------------------------------------------------ */

uint64_t dsi_port_page_bytes(void)
{
	return PAGE_BYTES;
}

int dsi_port_physical_possible(void)
{
	return 0;
}

static struct fake_region *region_new(uint64_t bytes, uint32_t share)
{
	struct fake_region *region;

	if (bytes == 0 || bytes > (uint64_t)1 << 40)
		return NULL;
	region = calloc(1, sizeof(*region));
	if (!region)
		return NULL;
	region->object.type = FAKE_REGION;
	region->object.refs = 1;
	region->bytes = (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
	region->share = share;
	region->fd = memfd_create("fake-region", MFD_CLOEXEC);
	if (region->fd >= 0 && ftruncate(region->fd, (off_t)region->bytes) == 0)
		return region;
	if (region->fd >= 0)
		close(region->fd);
	free(region);
	return NULL;
}

void fake__region_end(struct fake_region *region)
{
	close(region->fd);
}

/* Map @object and fill in the core's struct.  Takes the reference over. */
static int region_open(struct dsi_port_region *out, struct fake_region *region,
		       int protection)
{
	struct fake_mapping *mapping;
	int32_t handle;
	int err;

	handle = fake__handle_new(&region->object);
	if (handle < 0)
		return handle;
	err = fake__map(region, protection, &mapping);
	if (err) {
		fake__world.handles[handle].object = NULL;
		fake__object_put(&region->object);
		return err;
	}
	fake__count(regions);
	out->addr = mapping->addr;
	out->bytes = region->bytes;
	out->handle = handle;
	out->physical = region->physical;
	return 0;
}

int dsi_port_region_create(struct dsi_port_region *region, uint64_t bytes,
			   uint32_t share)
{
	struct fake_region *object;
	int err;

	fake__point();
	err = fake__inject(FAKE_REGION_CREATE);
	if (err)
		return err;
	object = region_new(bytes, share);
	if (!object)
		return -DSI_ENOMEM;
	object->sealed = 1;
	object->place = fake__world.current->placing;
	return region_open(region, object, PROT_READ | PROT_WRITE);
}

int dsi_port_region_import(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t share)
{
	struct fake_region *object;
	int err;

	fake__point();
	err = fake__inject(FAKE_REGION_IMPORT);
	if (err)
		return err;
	object = fake__handle_get(handle, FAKE_REGION);
	if (!object)
		return -DSI_EINVAL;
	if (object->bytes < bytes)
		return -DSI_ENOSPC;
	if (object->sealable) {
		object->sealed = 1;
		object->share = share;
	}
	object->object.refs++;
	return region_open(region, object, PROT_READ | PROT_WRITE);
}

static int attach_check(const struct fake_region *object, uint64_t bytes,
			uint32_t access)
{
	if (!object || object->bytes != bytes)
		return -DSI_EPROTO;
	if (!object->sealed && !(access & DSI_PORT_UNSEALED))
		return -DSI_EPROTO;
	if ((access & DSI_PORT_WRITE) && !(object->share & DSI_PORT_WRITE))
		return -DSI_EACCES;
	return 0;
}

int dsi_port_region_attach(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t access)
{
	int protection = PROT_READ;
	struct fake_region *object;
	int err;

	fake__point();
	if (handle == -1) /* the peer sent none */
		return -DSI_EPROTO;
	object = fake__handle_get(handle, FAKE_REGION);
	err = fake__inject(FAKE_REGION_ATTACH);
	if (!err)
		err = attach_check(object, bytes, access);
	if (err) {
		dsi_port_handle_close(handle);
		return err;
	}
	if (access & DSI_PORT_WRITE)
		protection |= PROT_WRITE;
	/* The handle's reference goes to the region's handle. */
	fake__world.handles[handle].object = NULL;
	return region_open(region, object, protection);
}

int dsi_port_region_check(int32_t handle, uint64_t bytes)
{
	fake__point();
	if (handle < 0)
		return -DSI_EPROTO;
	return attach_check(fake__handle_get(handle, FAKE_REGION), bytes,
			    DSI_PORT_READ);
}

void dsi_port_region_fini(struct dsi_port_region *region)
{
	struct fake_mapping **link = &fake__world.mappings;

	fake__point();
	if (!region->bytes || region->handle < 0)
		return;
	while (*link && ((*link)->addr != region->addr ||
			 (*link)->process != fake__process()))
		link = &(*link)->next;
	if (*link)
		unmap(link);
	else
		fake_report("fiber %d unmaps what is not mapped",
			    fake__world.current->id);
	dsi_port_handle_close(region->handle);
	region->addr = NULL;
	region->bytes = 0;
	region->handle = -1;
}

int32_t fake_memory(uint64_t bytes, uint32_t sealable)
{
	struct fake_region *object = region_new(bytes, DSI_PORT_WRITE);

	if (!object)
		return -DSI_ENOMEM;
	object->sealable = sealable;
	return fake__handle_new(&object->object);
}

int32_t fake_device(uint64_t bytes, uint64_t physical)
{
	struct fake_region *object = region_new(bytes, DSI_PORT_WRITE);

	if (!object)
		return -DSI_ENOMEM;
	object->sealable = 1;
	object->physical = physical;
	return fake__handle_new(&object->object);
}
