/* SPDX-License-Identifier: MIT */
/*
 * conf_posix.c - what the runners have in common that run on a POSIX system.
 */
#include <errno.h>
#include <unistd.h>

#include "conf.h"

/* The kernel loads for us. */
int conf_load_faults(const void *addr)
{
	int fault = -1;
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	if (write(ends[1], addr, 1) == 1)
		fault = 0;
	else if (errno == EFAULT)
		fault = 1;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return fault;
}

/* The kernel stores for us, and says -EFAULT where we would have had a fault:
 * the byte goes out through a pipe and comes back to its place.  No signal
 * handler, which the sanitizers would come between. */
int conf_store_faults(void *addr)
{
	int fault = 1;
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	if (write(ends[1], addr, 1) == 1) {
		ssize_t n = read(ends[0], addr, 1);

		fault = n < 0 && errno == EFAULT;
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	return fault;
}
