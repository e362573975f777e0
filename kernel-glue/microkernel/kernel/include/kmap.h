/* SPDX-License-Identifier: MIT */
/* kmap.h - giving and taking memory, ports and capabilities. */
#ifndef MK_KMAP_H
#define MK_KMAP_H

#include <ktask.h>

/*
 * Map what the flexpage @page names in @from into the flexpage @window of @to;
 * if sizes differ, @hot_spot picks the part.  0, or a negative MK_E number: then
 * nothing was mapped, or, if memory or a quota ended, only the first part.
 */
int map_flexpage(struct task *from, uint64_t page, struct task *to,
		 uint64_t window, uint64_t hot_spot, bool grant,
		 uint64_t *out_mapped);
/* Take the rights of @page back; @flags are MK_UNMAP_*. */
int unmap_flexpage(struct task *t, uint64_t page, unsigned flags);

/* One node of each kind. */
int map_cap(struct task *from, uint64_t slot, struct task *to, uint64_t at,
	    unsigned rights, bool grant);
int map_memory(struct task *from, uint64_t va, struct task *to, uint64_t at,
	       unsigned order, unsigned rights, bool grant);
int map_io(struct task *from, uint64_t port, struct task *to, unsigned order,
	   bool grant);

/* Remove a node and all below it, or only those below. */
void revoke(struct node *n, unsigned rights, bool self);
/* Remove one node that has nothing below it. */
void node_drop(struct node *n);
void cap_clear(struct node *slot);
void memory_clear(struct node *n);
void io_clear(struct node *n);
void memory_reduce(struct node *n);
/* After ranges were taken: what the CPU looks at. */
void io_settle(void);
int unmap_io(struct task *t, uint64_t first, unsigned order, bool self);

/* A mapping made by the kernel: the root of a tree. */
int map_root_memory(struct task *t, uint64_t va, uint64_t frame, unsigned order,
		    unsigned rights);
int map_root_io(struct task *t, uint64_t port, unsigned order);

#endif
