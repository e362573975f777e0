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
/*
 * Taking back is done in parts, so that others get the lock and the CPU: after
 * each the thread leaves the kernel and comes in with the same call again.  A
 * part ends when `left` nodes are gone.  Between the parts the tree is whole.
 */
struct unmapping {
	uint64_t left;
	uint64_t at;   /* what is below it is done */
	int error;     /* of what is done */
	uint64_t made; /* nodes_made when the last part ended */
	/* Whose it is: another call begins from the start. */
	const struct task *task;
	uint64_t page;
	unsigned flags;
};

#define UNMAP_PART 64u
#define UNMAP_ALL UINT64_MAX
/* There is more to do; no error number. */
#define UNMAP_AGAIN 1

/* Take the rights of @page back; @flags are MK_UNMAP_*. */
int unmap_flexpage(struct task *t, uint64_t page, unsigned flags,
		   struct unmapping *u);

/* One node of each kind. */
int map_cap(struct task *from, uint64_t slot, struct task *to, uint64_t at,
	    unsigned rights, bool grant);
int map_memory(struct task *from, uint64_t va, struct task *to, uint64_t at,
	       unsigned order, unsigned rights, bool grant);
int map_io(struct task *from, uint64_t port, struct task *to, unsigned order,
	   bool grant);

/* Remove a node and all below it, or only those below; false if @left ended
 * before that.  Taking only some rights away is done in one go. */
bool revoke(struct node *n, unsigned rights, bool self, uint64_t *left);
/* In one go. */
void revoke_all(struct node *n);
void cap_clear(struct node *slot);
void memory_clear(struct node *n);
void io_clear(struct node *n);
void memory_reduce(struct node *n);
/* After ranges were taken: what the CPU looks at. */
void io_settle(void);
int unmap_io(struct task *t, uint64_t first, unsigned order, bool self,
	     uint64_t *left);

/* A mapping made by the kernel: the root of a tree. */
int map_root_memory(struct task *t, uint64_t va, uint64_t frame, unsigned order,
		    unsigned rights);
int map_root_io(struct task *t, uint64_t port, unsigned order);

#endif
