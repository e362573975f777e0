/* SPDX-License-Identifier: MIT */
/*
 * paging.h - page tables.
 *
 * A table that can hold leaves (of 2 MiB or 4 KiB) is followed by a page of
 * pointers, one beside each entry: the node of the derivation tree.  So from
 * an address to its node is one walk.
 */
#ifndef MK_PAGING_H
#define MK_PAGING_H

#include <ktask.h>

#define DIRECT_BASE 0xffff800000000000ul
#define IMAGE_BASE 0xffffffff80000000ul
#define MMIO_BASE 0xffffffffc0000000ul /* physical 3 to 4 GiB */
#define MEMORY_END (1ul << 30)	       /* no more is used; devices above */

#define PTE_PRESENT 1ul
#define PTE_WRITE 2ul
#define PTE_USER 4ul
#define PTE_UNCACHED 0x10ul
#define PTE_LARGE 0x80ul
#define PTE_GLOBAL 0x100ul
#define PTE_KU 0x200ul /* kernel-user memory: for ever, no node */
#define PTE_NX (1ul << 63)
#define PTE_FRAME 0x000ffffffffff000ul

static inline void *direct(uint64_t physical)
{
	return (void *)(physical + DIRECT_BASE);
}

static inline uint64_t physical(const void *p)
{
	return (uint64_t)p - DIRECT_BASE;
}

struct leaf {
	uint64_t *entry;
	struct node **node;
	unsigned order;
};

void paging_init(void);
void paging_load_kernel(void);
uint64_t paging_kernel_cr3(void);
int paging_create(struct task *t);
void paging_destroy(struct task *t);
/* The entry that maps @va, if there is one. */
bool paging_find(struct task *t, uint64_t va, struct leaf *out);
/* The entry for a leaf of @order at @va, tables made where needed; -MK_EEXIST
 * if a leaf or a table of another size is in the way. */
int paging_make(struct task *t, uint64_t va, unsigned order, struct leaf *out);
/* The first node at or above @va and below @end, in order; NULL: none. */
struct node *paging_next_node(struct task *t, uint64_t va, uint64_t end);
uint64_t paging_flags(unsigned rights, unsigned order);
/* The whole entry; the memory of devices is never cached. */
uint64_t paging_entry(uint64_t frame, unsigned rights, unsigned order);

/* tlb.c: note that @t forgot something, and make every CPU that runs it forget
 * before anything else happens. */
void tlb_note(struct task *t);
void tlb_flush_noted(void);
void tlb_serve(void);

#endif
