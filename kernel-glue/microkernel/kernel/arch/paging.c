/* SPDX-License-Identifier: MIT */
/*
 * paging.c - page tables of the kernel and of tasks.
 *
 * The upper half is the same in all tasks:
 *
 *   DIRECT_BASE  the first GiB of memory, for data, never executable; what is
 *                read-only in the image is so here as well
 *   IMAGE_BASE   the kernel's program; code read-only, data not executable
 *   STACKS       one stack per CPU, an unmapped page below each
 *   MMIO_BASE    the last GiB below 4 GiB: interrupt controllers, uncached
 */
#include <karch.h>
#include <kmem.h>
#include <paging.h>

#define TABLE_ENTRIES 512u
#define STACK_PAGES 4u
#define STACKS (IMAGE_BASE + (512ul << 20))

typedef uint64_t page_table[TABLE_ENTRIES];

static _Alignas(4096) page_table kernel_pml4, direct_pdpt, direct_pd,
	direct_pt[2], image_pdpt, image_pd, image_pt[2], stack_pt, mmio_pd;
static _Alignas(4096) uint8_t stacks[CPUS_MAX][STACK_PAGES - 1][4096];

extern char kernel_start[], kernel_rodata[], kernel_data[], kernel_end[];

static uint64_t image_physical(const void *p)
{
	return (uint64_t)p - IMAGE_BASE;
}

static uint64_t table_entry(const void *t)
{
	return image_physical(t) | PTE_PRESENT | PTE_WRITE;
}

static void map_image(void)
{
	const uint64_t data = PTE_WRITE | PTE_NX;

	check(image_physical(kernel_end) <= 4ul << 20);
	image_pd[0] = table_entry(image_pt[0]);
	image_pd[1] = table_entry(image_pt[1]);
	for (char *p = kernel_start; p < kernel_end; p += 4096) {
		uint64_t at = image_physical(p);
		uint64_t rights = p < kernel_rodata ? 0
				  : p < kernel_data ? PTE_NX
						    : data;

		image_pt[at >> 21][at >> 12 & 511] =
			at | PTE_PRESENT | PTE_GLOBAL | rights;
	}
}

/* The memory in which the image lies, in small pages. */
static void map_direct_image(void)
{
	for (uint64_t at = 0; at < 2 * MK_SUPERPAGE_BYTES; at += 4096) {
		bool constant = at >= image_physical(kernel_start) &&
				at < image_physical(kernel_data);

		direct_pt[at >> 21][at >> 12 & 511] =
			at | PTE_PRESENT | PTE_GLOBAL | PTE_NX |
			(constant ? 0 : PTE_WRITE);
	}
	direct_pd[0] = table_entry(direct_pt[0]);
	direct_pd[1] = table_entry(direct_pt[1]);
}

/* A stack that overflows must hit nothing: the lowest page stays unmapped, and
 * the fault of the fault comes in on a stack of its own. */
static void map_stacks(void)
{
	image_pd[(STACKS - IMAGE_BASE) >> 21] = table_entry(stack_pt);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		for (unsigned i = 1; i < STACK_PAGES; i++)
			stack_pt[c * STACK_PAGES + i] =
				image_physical(stacks[c][i - 1]) | PTE_PRESENT |
				PTE_WRITE | PTE_NX | PTE_GLOBAL;
		cpus[c].stack = STACKS + (c + 1) * STACK_PAGES * 4096ul;
	}
}

void paging_init(void)
{
	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		direct_pd[i] = (uint64_t)i << 21 | PTE_PRESENT | PTE_WRITE |
			       PTE_LARGE | PTE_GLOBAL | PTE_NX;
		mmio_pd[i] = (0xc0000000ul + ((uint64_t)i << 21)) |
			     PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_GLOBAL |
			     PTE_UNCACHED | PTE_NX;
	}
	map_direct_image();
	map_image();
	map_stacks();
	kernel_pml4[256] = table_entry(direct_pdpt);
	direct_pdpt[0] = table_entry(direct_pd);
	kernel_pml4[511] = table_entry(image_pdpt);
	image_pdpt[510] = table_entry(image_pd);
	image_pdpt[511] = table_entry(mmio_pd);
	paging_load_kernel();
}

uint64_t paging_kernel_cr3(void)
{
	return image_physical(kernel_pml4);
}

void paging_load_kernel(void)
{
	load_cr3(paging_kernel_cr3());
}

int paging_create(struct task *t)
{
	t->pml4 = factory_take(t->object.owner, KMEM_PAGE_ORDER);
	if (!t->pml4)
		return -MK_ENOMEM;
	t->cr3 = physical(t->pml4);
	t->pml4[256] = kernel_pml4[256];
	t->pml4[511] = kernel_pml4[511];
	return 0;
}

/* Levels: 4 is the PML4, 1 a table of 4 KiB pages.  Tables of level 1 and 2
 * have nodes beside them and are twice as large. */
static unsigned table_order(unsigned level)
{
	return level <= 2 ? KMEM_PAGE_ORDER + 1 : KMEM_PAGE_ORDER;
}

static uint64_t *table_at(uint64_t entry)
{
	return direct(entry & PTE_FRAME);
}

static struct node **nodes_of(uint64_t *t)
{
	return (struct node **)(void *)(t + TABLE_ENTRIES);
}

static unsigned table_index(uint64_t va, unsigned level)
{
	return va >> (12 + 9 * (level - 1)) & (TABLE_ENTRIES - 1);
}

static bool is_table(uint64_t entry, unsigned level)
{
	return (entry & PTE_PRESENT) && level > 1 && !(entry & PTE_LARGE);
}

static void free_table(struct task *t, uint64_t *table, unsigned level)
{
	/* The recursion is three deep: levels, not data, bound it. */
	if (level > 1)
		for (unsigned i = 0; i < (level == 4 ? 256 : TABLE_ENTRIES);
		     i++)
			if (is_table(table[i], level))
				free_table(t, table_at(table[i]), level - 1);
	factory_give(t->object.owner, table, table_order(level));
}

void paging_destroy(struct task *t)
{
	if (t->pml4)
		free_table(t, t->pml4, 4);
	t->pml4 = NULL;
}

bool paging_find(struct task *t, uint64_t va, struct leaf *out)
{
	uint64_t *table = t->pml4;

	if (va >= MK_USER_END)
		return false;
	for (unsigned level = 4;; level--) {
		unsigned i = table_index(va, level);

		if (is_table(table[i], level)) {
			table = table_at(table[i]);
			continue;
		}
		if (!(table[i] & PTE_PRESENT))
			return false;
		out->entry = &table[i];
		out->node = &nodes_of(table)[i];
		out->order = level == 2 ? MK_SUPERPAGE_ORDER : MK_PAGE_ORDER;
		return true;
	}
}

static uint64_t *make_table(struct task *t, uint64_t *entry, unsigned level)
{
	uint64_t *table = factory_take(t->object.owner, table_order(level));

	if (table)
		*entry = physical(table) | PTE_PRESENT | PTE_WRITE | PTE_USER;
	return table;
}

static bool table_empty(const uint64_t *table)
{
	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		if (table[i] & PTE_PRESENT)
			return false;
	return true;
}

int paging_make(struct task *t, uint64_t va, unsigned order, struct leaf *out)
{
	unsigned bottom = order == MK_SUPERPAGE_ORDER ? 2 : 1;
	uint64_t *table = t->pml4;
	unsigned i;

	check(va < MK_USER_END);
	for (unsigned level = 4; level > bottom; level--) {
		i = table_index(va, level);
		if (is_table(table[i], level)) {
			table = table_at(table[i]);
			continue;
		}
		if (table[i] & PTE_PRESENT)
			return -MK_EEXIST;
		table = make_table(t, &table[i], level - 1);
		if (!table)
			return -MK_ENOMEM;
	}
	i = table_index(va, bottom);
	if (is_table(table[i], bottom)) {
		uint64_t *old = table_at(table[i]);

		if (!table_empty(old))
			return -MK_EEXIST;
		/* CPUs may keep the way to the old table. */
		table[i] = 0;
		tlb_note(t);
		tlb_flush_noted();
		factory_give(t->object.owner, old, table_order(1));
	}
	out->entry = &table[i];
	out->node = &nodes_of(table)[i];
	out->order = order;
	return (table[i] & PTE_PRESENT) ? -MK_EEXIST : 0;
}

/* The first leaf with a node at or above *va; moves *va on. */
static struct node *step(struct task *t, uint64_t *va)
{
	uint64_t *table = t->pml4;

	for (unsigned level = 4;; level--) {
		unsigned i = table_index(*va, level);
		uint64_t size = 1ul << (12 + 9 * (level - 1));

		if (is_table(table[i], level)) {
			table = table_at(table[i]);
			continue;
		}
		if ((table[i] & PTE_PRESENT) && nodes_of(table)[i])
			return nodes_of(table)[i];
		*va = (*va & ~(size - 1)) + size;
		return NULL;
	}
}

struct node *paging_next_node(struct task *t, uint64_t va, uint64_t end)
{
	if (end > MK_USER_END)
		end = MK_USER_END;
	while (va < end) {
		struct node *n = step(t, &va);

		if (n)
			return n;
	}
	return NULL;
}

uint64_t paging_flags(unsigned rights, unsigned order)
{
	return PTE_PRESENT | PTE_USER | ((rights & MK_W) ? PTE_WRITE : 0) |
	       ((rights & MK_X) ? 0 : PTE_NX) |
	       (order == MK_SUPERPAGE_ORDER ? PTE_LARGE : 0);
}

uint64_t paging_entry(uint64_t frame, unsigned rights, unsigned order)
{
	return frame | paging_flags(rights, order) |
	       (frame >= MEMORY_END ? PTE_UNCACHED : 0);
}
