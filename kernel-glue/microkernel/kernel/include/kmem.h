/* SPDX-License-Identifier: MIT */
/*
 * kmem.h - the kernel's memory: a pool fixed at boot, given out in powers of
 * two from 64 bytes on, always zeroed.  Whoever uses it pays from a quota
 * (kobject.h); the pool can be empty only if quotas promise more than there is,
 * which they do not, but the split into sizes can waste some.
 */
#ifndef MK_KMEM_H
#define MK_KMEM_H

#include <kbase.h>

#define KMEM_SMALLEST_ORDER 6
#define KMEM_PAGE_ORDER 12
#define KMEM_LARGEST_ORDER 21

void kmem_init(void *pool, size_t bytes);
/* Zeroed, aligned to its size; NULL if there is none. */
void *kmem_take(unsigned order);
void kmem_give(void *memory, unsigned order);
size_t kmem_free_bytes(void);

#endif
