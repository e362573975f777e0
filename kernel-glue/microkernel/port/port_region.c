/* SPDX-License-Identifier: MIT */
/*
 * port_region.c - regions: memory of the exchange, mapped here with the rights
 * that its maker shared.
 *
 * The exchange keeps a region's size and pages as they are, so a mapping that
 * was made stays good whatever the peers do.
 */
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "mk_device.h"
#include "port_state.h"

/* One mapping.  Those who look for a word take no lock: `bytes` is written
 * last when an entry begins and first when it ends. */
struct entry {
	_Atomic uint64_t first, bytes; /* bytes 0: free or not ready */
	_Atomic uint64_t mapping;
	uint64_t reserved; /* bytes; 0: free */
	bool own;	   /* we made the region */
};

_Atomic uint64_t mk_port_regions_ended;

static struct entry entries[MK_EXCHANGE_MAPPINGS];
static struct mk_port_guard guard;

uint64_t dsi_port_page_bytes(void)
{
	return MK_PAGE_BYTES;
}

int dsi_port_physical_possible(void)
{
	return 0;
}

/* ---- addresses ----------------------------------------------------------- */

static uint64_t first_of(const struct entry *e)
{
	/* relaxed: written under the guard, which we have. */
	return atomic_load_explicit(&e->first, memory_order_relaxed);
}

/* The largest power of two in it: pieces go there in falling order. */
static uint64_t largest(uint64_t bytes)
{
	return 1ul << (63 - __builtin_clzl(bytes));
}

/* Where @bytes can go at or behind @at; 0: there, or the end of what is in the
 * way. */
static uint64_t in_the_way(uint64_t at, uint64_t bytes)
{
	for (uint32_t i = 0; i < MK_EXCHANGE_MAPPINGS; i++) {
		const struct entry *e = &entries[i];

		if (e->reserved && at < first_of(e) + e->reserved &&
		    first_of(e) < at + bytes)
			return first_of(e) + e->reserved;
	}
	return 0;
}

static struct entry *reserve_free(uint64_t bytes)
{
	uint64_t align = largest(bytes), at = MK_PORT_REGIONS, end;
	struct entry *e = entries;

	at = (at + align - 1) & ~(align - 1);
	while (e < entries + MK_EXCHANGE_MAPPINGS && e->reserved)
		e++;
	if (e == entries + MK_EXCHANGE_MAPPINGS)
		return NULL;
	for (;;) {
		if (at > MK_PORT_REGIONS_END ||
		    bytes > MK_PORT_REGIONS_END - at)
			return NULL;
		end = in_the_way(at, bytes);
		if (!end)
			break;
		at = (end + align - 1) & ~(align - 1);
	}
	e->reserved = bytes;
	/* relaxed: `bytes` publishes it. */
	atomic_store_explicit(&e->first, at, memory_order_relaxed);
	return e;
}

static struct entry *reserve(uint64_t bytes)
{
	struct entry *e;

	if (!bytes || bytes > MK_PORT_REGIONS_END - MK_PORT_REGIONS)
		return NULL;
	mk_port_guard_take(&guard);
	e = reserve_free(bytes);
	mk_port_guard_give(&guard);
	return e;
}

static void unreserve(struct entry *e)
{
	mk_port_guard_take(&guard);
	e->reserved = 0;
	mk_port_guard_give(&guard);
}

static struct entry *entry_at(const void *addr)
{
	for (uint32_t i = 0; i < MK_EXCHANGE_MAPPINGS; i++) {
		struct entry *e = &entries[i];

		if (atomic_load_explicit(&e->bytes, memory_order_acquire) &&
		    first_of(e) == (uint64_t)(uintptr_t)addr)
			return e;
	}
	return NULL;
}

bool mk_port_word_find(const void *word, uint64_t *out_mapping,
		       uint64_t *out_offset)
{
	uint64_t at = (uint64_t)(uintptr_t)word;

	if (at - MK_PORT_REGIONS >= MK_PORT_REGIONS_END - MK_PORT_REGIONS)
		return false;
	for (uint32_t i = 0; i < MK_EXCHANGE_MAPPINGS; i++) {
		struct entry *e = &entries[i];
		uint64_t bytes =
			atomic_load_explicit(&e->bytes, memory_order_acquire);

		if (!bytes || at - first_of(e) >= bytes)
			continue;
		*out_offset = at - first_of(e);
		/* relaxed: `bytes` published it. */
		*out_mapping =
			atomic_load_explicit(&e->mapping, memory_order_relaxed);
		return true;
	}
	return false;
}

/* Under the guard. */
static struct entry *own_mapping(uint64_t mapping)
{
	for (uint32_t i = 0; i < MK_EXCHANGE_MAPPINGS; i++) {
		struct entry *e = &entries[i];

		/* relaxed: bytes end, and own begins, under the guard */
		if (e->own &&
		    atomic_load_explicit(&e->bytes, memory_order_relaxed) &&
		    atomic_load_explicit(&e->mapping, memory_order_relaxed) ==
			    mapping)
			return e;
	}
	return NULL;
}

const _Atomic uint32_t *mk_port_word_changed(uint64_t mapping, uint64_t offset,
					     uint32_t expected)
{
	const _Atomic uint32_t *word = NULL;
	const struct entry *e;
	uint64_t bytes;

	/* Who asks is a peer, and the region may be about to end. */
	mk_port_guard_take(&guard);
	e = own_mapping(mapping);
	/* relaxed: see own_mapping() */
	bytes = e ? atomic_load_explicit(&e->bytes, memory_order_relaxed) : 0;
	if (offset % sizeof(*word) == 0 && offset < bytes)
		word = (const _Atomic uint32_t *)(uintptr_t)(first_of(e) +
							     offset);
	/* acquire: after the message that made us look */
	if (word &&
	    atomic_load_explicit(word, memory_order_acquire) == expected)
		word = NULL;
	mk_port_guard_give(&guard);
	return word;
}

/* ---- mapping ------------------------------------------------------------- */

static void unmap_pages(uint64_t first, uint64_t bytes)
{
	while (bytes) {
		uint64_t piece = largest(bytes);

		(void)mk_unmap(MK_CAP_TASK,
			       mk_flexpage(MK_MEMORY, first,
					   (unsigned)__builtin_ctzl(piece),
					   MK_R | MK_W | MK_X),
			       MK_UNMAP_SELF);
		first += piece;
		bytes -= piece;
	}
}

static int map_pages(uint64_t first, uint64_t bytes, uint64_t mapping)
{
	uint64_t done = 0;
	int error = 0;

	while (!error && done < bytes) {
		uint64_t piece = largest(bytes - done);
		unsigned order = (unsigned)__builtin_ctzl(piece);

		error = mk_exchange_region_map(
			MK_PORT_EXCHANGE, mapping, done / MK_PAGE_BYTES,
			order - MK_PAGE_ORDER,
			mk_flexpage(MK_MEMORY, first + done, order,
				    MK_R | MK_W));
		done += piece;
	}
	if (error)
		unmap_pages(first, bytes);
	return mk_port_error(error);
}

static void begin(struct dsi_port_region *region, struct entry *e,
		  uint64_t mapping, uint64_t bytes)
{
	/* relaxed: `bytes` publishes it. */
	atomic_store_explicit(&e->mapping, mapping, memory_order_relaxed);
	atomic_store_explicit(&e->bytes, bytes, memory_order_release);
	region->addr = (void *)(uintptr_t)first_of(e);
	region->bytes = bytes;
}

static int map_opened(struct dsi_port_region *region, uint64_t mapping,
		      uint64_t bytes)
{
	struct entry *e = reserve(bytes);
	int error;

	if (!e)
		return -DSI_ENOMEM;
	error = map_pages(first_of(e), bytes, mapping);
	if (error)
		unreserve(e);
	else
		begin(region, e, mapping, bytes);
	return error;
}

int mk_port_region_empty(struct dsi_port_region *region, uint64_t mapping,
			 uint64_t bytes)
{
	struct entry *e = reserve(bytes);

	if (!e)
		return -DSI_ENOMEM;
	begin(region, e, mapping, bytes);
	return 0;
}

/* @handle stays as it is. */
static int open_and_map(struct dsi_port_region *region, uint64_t handle,
			uint64_t bytes, uint64_t access)
{
	uint64_t mapping, made;
	int error = mk_exchange_region_open(MK_PORT_EXCHANGE, handle, bytes,
					    access, &mapping, &made);

	if (error)
		return mk_port_error(error);
	error = mk_port_error(mk_exchange_region_physical(
		MK_PORT_EXCHANGE, handle, &region->physical));
	if (!error)
		error = map_opened(region, mapping, made);
	if (error)
		(void)mk_exchange_region_close(MK_PORT_EXCHANGE, mapping);
	return error;
}

/* ---- dsi/port.h ---------------------------------------------------------- */

static void region_none(struct dsi_port_region *region)
{
	*region = (struct dsi_port_region){.handle = -1};
}

static uint64_t share_flags(uint32_t share)
{
	return share & DSI_PORT_WRITE ? MK_EXCHANGE_SHARE_WRITE : 0;
}

static int own(struct dsi_port_region *region, uint64_t handle)
{
	int error = open_and_map(region, handle, 0,
				 MK_EXCHANGE_MAP_WRITE | MK_EXCHANGE_MAP_MAKER);
	struct entry *e;

	if (error) {
		(void)mk_exchange_close(MK_PORT_EXCHANGE, handle);
		region_none(region);
		return error;
	}
	region->handle = (int32_t)handle;
	mk_port_guard_take(&guard);
	e = entry_at(region->addr);
	if (e)
		e->own = true;
	mk_port_guard_give(&guard);
	return 0;
}

int dsi_port_region_create(struct dsi_port_region *region, uint64_t bytes,
			   uint32_t share)
{
	uint64_t handle, made;
	int error = mk_exchange_region_create(
		MK_PORT_EXCHANGE, bytes, share_flags(share), &handle, &made);

	region_none(region);
	return error ? mk_port_error(error) : own(region, handle);
}

int dsi_port_region_import(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t share)
{
	uint64_t imported, made;
	int error = mk_exchange_region_import(
		MK_PORT_EXCHANGE, (uint64_t)(uint32_t)handle, bytes,
		share_flags(share), &imported, &made);

	region_none(region);
	return error ? mk_port_error(error) : own(region, imported);
}

int dsi_port_region_attach(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t access)
{
	uint64_t wanted =
		(access & DSI_PORT_WRITE ? MK_EXCHANGE_MAP_WRITE : 0) |
		(access & DSI_PORT_UNSEALED ? MK_EXCHANGE_MAP_UNSEALED : 0);
	int error = -DSI_EPROTO;

	region_none(region);
	if (bytes)
		error = open_and_map(region, (uint64_t)(uint32_t)handle, bytes,
				     wanted);
	dsi_port_handle_close(handle);
	/* What is no handle of ours at all is no region either. */
	return error == -DSI_EINVAL ? -DSI_EPROTO : error;
}

int dsi_port_region_check(int32_t handle, uint64_t bytes)
{
	uint64_t mapping, made;
	int error = -DSI_EPROTO;

	if (handle >= 0 && bytes && bytes % MK_PAGE_BYTES == 0)
		error = mk_port_error(mk_exchange_region_open(
			MK_PORT_EXCHANGE, (uint64_t)(uint32_t)handle, bytes, 0,
			&mapping, &made));
	if (!error)
		(void)mk_exchange_region_close(MK_PORT_EXCHANGE, mapping);
	return error == -DSI_EINVAL ? -DSI_EPROTO : error;
}

void dsi_port_region_fini(struct dsi_port_region *region)
{
	struct entry *e = region->bytes ? entry_at(region->addr) : NULL;
	uint64_t mapping;

	if (e) {
		/* relaxed: nobody else changes the entry of a mapping. */
		mapping =
			atomic_load_explicit(&e->mapping, memory_order_relaxed);
		/* Nobody looks at its words for a peer: word_changed(). */
		mk_port_guard_take(&guard);
		e->own = false;
		atomic_store_explicit(&e->bytes, 0, memory_order_release);
		mk_port_guard_give(&guard);
		/* relaxed: who uses an address behind the end of its region
		 * has more to fear than this. */
		atomic_fetch_add_explicit(&mk_port_regions_ended, 1,
					  memory_order_relaxed);
		unmap_pages(first_of(e), region->bytes);
		(void)mk_exchange_region_close(MK_PORT_EXCHANGE, mapping);
		unreserve(e);
		dsi_port_handle_close(region->handle);
	}
	region_none(region);
}

/* ---- memory of an application -------------------------------------------- */

int32_t mk_port_memory(uint64_t bytes, bool sealable)
{
	uint64_t handle, made;
	int error = mk_exchange_region_create(
		MK_PORT_EXCHANGE, bytes,
		MK_EXCHANGE_SHARE_WRITE | (sealable ? MK_EXCHANGE_UNSEALED
						    : MK_EXCHANGE_UNSEALABLE),
		&handle, &made);

	return error ? mk_port_error(error) : (int32_t)handle;
}

int mk_port_memory_withdraw(int32_t handle)
{
	return mk_port_error(mk_exchange_region_withdraw(
		MK_PORT_EXCHANGE, (uint64_t)(uint32_t)handle));
}

/* ---- memory of a device -------------------------------------------------- */

int32_t mk_device_memory(void)
{
	uint64_t handle;
	int error = mk_exchange_device_memory(MK_PORT_EXCHANGE, &handle);

	return error ? mk_port_error(error) : (int32_t)handle;
}

void mk_device_close(int32_t handle)
{
	dsi_port_handle_close(handle);
}
