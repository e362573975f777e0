/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - private memory, the end of a process, and closing handles.
 *
 * Place in the data flow: control plane only; after start the library does
 * not allocate.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux.h"

/* Private state of two threads must not meet in one cache line: a producer
 * that shares a line with a consumer's counters is slowed by each update. */
#define MEMORY_ALIGN 64u

void *dsi_port_alloc(size_t bytes)
{
	void *memory;

	if (bytes > SIZE_MAX - MEMORY_ALIGN)
		return NULL;
	if (bytes == 0)
		bytes = 1;
	bytes = (bytes + MEMORY_ALIGN - 1) & ~(size_t)(MEMORY_ALIGN - 1);
	memory = aligned_alloc(MEMORY_ALIGN, bytes);
	if (memory)
		memset(memory, 0, bytes);
	return memory;
}

void dsi_port_free(void *memory)
{
	free(memory);
}

_Noreturn void dsi_port_assert_failed(const char *what, const char *file,
				      int line)
{
	/* dprintf: no buffer that abort() would lose. */
	dprintf(STDERR_FILENO, "dsi: %s:%d: broken assumption: %s\n", file,
		line, what);
	abort();
}

void dsi_port_handle_close(int32_t handle)
{
	/* Not repeated after EINTR: Linux has freed the number already, and
	 * another thread may own it by now. */
	if (handle >= 0)
		(void)close(handle);
}
