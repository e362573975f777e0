/* SPDX-License-Identifier: MIT */
/*
 * root_load.c - programs of the boot archive, and the memory they get.
 *
 * All memory of the machine is the root task's at its start; it cuts frames
 * from it and never takes them back.  What is in them is anything: they are
 * cleared when a program is to have them, those of a large region each when it is
 * touched first.  Most of a large region never is.
 */
#include "root_task.h"

#define STACK_BYTES 0x10000ul

/* Pages are cut from the beginning, superpages from the end. */
static uint64_t memory_first, memory_end;

/* ---- archive --------------------------------------------------------- */

static const uint8_t *archive(void)
{
	return (const uint8_t *)MK_ROOT_ARCHIVE;
}

bool archive_find(const char *name, struct mk_file *out)
{
	return mk_file_find(archive(), mk_boot_info()->archive_bytes, name,
			    out);
}

_Noreturn void archive_fail(void)
{
	struct mk_file file;
	uint64_t at = 0;

	mk_print("root: the boot archive has:");
	while (mk_file_next(archive(), mk_boot_info()->archive_bytes, &at,
			    &file))
		mk_print(" %s", file.name);
	mk_print("\n");
	mk_exit(MK_CAP_LOG, MK_STATUS_NO_START);
}

/* ---- memory ---------------------------------------------------------- */

/* The largest piece; that is enough for what runs here. */
void memory_find(void)
{
	const struct mk_boot_info *info = mk_boot_info();

	for (unsigned i = 0; i < info->regions; i++) {
		if (info->region[i].bytes <= memory_end - memory_first)
			continue;
		memory_first = info->region[i].first;
		memory_end = memory_first + info->region[i].bytes;
	}
}

uint64_t memory_take(uint64_t bytes, unsigned order)
{
	uint64_t align = (1ul << order) - 1, at = memory_first;

	if (bytes > memory_end - memory_first)
		return 0;
	if (order == MK_PAGE_ORDER) {
		memory_first += bytes;
		return at;
	}
	at = (memory_end - bytes) & ~align;
	if (at < memory_first)
		return 0;
	memory_end = at;
	return at;
}

bool memory_reserve(struct region *r)
{
	uint64_t bits = r->bytes >> r->order;
	uint64_t bytes = (bits + 8 * MK_PAGE_BYTES - 1) / 8;

	bytes &= ~(MK_PAGE_BYTES - 1);
	r->given = (uint8_t *)memory_take(bytes, MK_PAGE_ORDER);
	if (!r->given)
		return false;
	__builtin_memset(r->given, 0, bytes);
	r->ours = memory_take(r->bytes, r->order);
	return r->ours;
}

uint64_t memory_give(struct region *r, uint64_t va)
{
	uint64_t i = (va - r->va) >> r->order;
	uint64_t page = r->ours + (i << r->order);
	uint8_t bit = (uint8_t)(1u << i % 8);

	if (r->given && !(r->given[i / 8] & bit)) {
		r->given[i / 8] |= bit;
		__builtin_memset((void *)page, 0, 1ul << r->order);
	}
	return page;
}

/* ---- a program ------------------------------------------------------- */

static struct region *add_region(struct program *p, uint64_t va, uint64_t bytes,
				 unsigned rights, unsigned order)
{
	struct region *r = &p->region[p->regions];

	if (p->regions == REGIONS)
		fail("%s: more than %u regions of memory\n", p->name, REGIONS);
	p->regions++;
	*r = (struct region){
		.va = va, .bytes = bytes, .rights = rights, .order = order};
	return r;
}

static void add_memory(struct program *p, uint64_t va, uint64_t bytes,
		       unsigned rights, const void *from, uint64_t file_bytes)
{
	struct region *r = add_region(p, va, bytes, rights, MK_PAGE_ORDER);

	r->ours = memory_take(bytes, MK_PAGE_ORDER);
	if (!r->ours)
		fail("%s: no memory left for its %lu bytes at %lx\n", p->name,
		     bytes, va);
	__builtin_memset((void *)r->ours, 0, bytes);
	if (file_bytes)
		__builtin_memcpy((void *)r->ours, from, file_bytes);
}

static void read_program(const struct program *p, struct mk_program *out)
{
	struct mk_file file;

	if (!archive_find(p->name, &file)) {
		mk_print("root: run=: there is no '%s' in the boot archive\n",
			 p->name);
		archive_fail();
	}
	if (!mk_program_read(&file, MK_ROOT_STACK, MK_HEAP, out))
		fail("run=: '%s' is no program: a static 64-bit ELF file for "
		     "x86-64 with page-aligned segments from %lx to %lx\n",
		     p->name, MK_ROOT_STACK, MK_HEAP);
}

void load_check(const struct program *p)
{
	struct mk_program file;

	read_program(p, &file);
}

/* Of all programs: servers find their rules there. */
static void add_archive(struct program *p)
{
	uint64_t bytes = mk_boot_info()->archive_bytes + MK_PAGE_BYTES - 1;
	struct region *r =
		add_region(p, MK_ARCHIVE, bytes & ~(MK_PAGE_BYTES - 1), MK_R,
			   MK_PAGE_ORDER);

	r->ours = MK_ROOT_ARCHIVE;
}

void load(struct program *p, const struct mk_boot_info *info)
{
	struct mk_program file;

	read_program(p, &file);
	p->entry = file.entry;
	for (unsigned i = 0; i < file.segments; i++) {
		const struct mk_segment *s = &file.segment[i];

		add_memory(p, s->va, s->bytes, s->rights, s->contents,
			   s->file_bytes);
	}
	add_memory(p, MK_BOOT_INFO, MK_PAGE_BYTES, MK_R, info, sizeof(*info));
	add_memory(p, MK_ROOT_STACK - STACK_BYTES, STACK_BYTES, MK_R | MK_W,
		   NULL, 0);
	add_archive(p);
	if (p->policy.memory)
		(void)add_region(p, MK_POOL, p->policy.memory, MK_R | MK_W,
				 MK_PAGE_ORDER);
	/* One region for each superpage: most programs touch one or none. */
	for (uint64_t at = 0; at < MK_HEAP_BYTES; at += MK_SUPERPAGE_BYTES)
		(void)add_region(p, MK_HEAP + at, MK_SUPERPAGE_BYTES,
				 MK_R | MK_W | MK_X, MK_SUPERPAGE_ORDER);
}
