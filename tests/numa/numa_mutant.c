// SPDX-License-Identifier: MIT
/*
 * numa_mutant.c - preloaded: whoever binds or moves pages is told that it was
 * done, and nothing happened.  The tests must see it.
 */
#include <numaif.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long mbind(void *start, unsigned long length, int mode,
	   const unsigned long *nodes, unsigned long max, unsigned int flags)
{
	(void)start;
	(void)length;
	(void)mode;
	(void)nodes;
	(void)max;
	(void)flags;
	return 0;
}

long move_pages(int pid, unsigned long count, void **pages, const int *nodes,
		int *status, int flags)
{
	if (!nodes)
		return syscall(SYS_move_pages, pid, count, pages, NULL, status,
			       flags);
	memcpy(status, nodes, count * sizeof(*nodes));
	return 0;
}
