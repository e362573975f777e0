/* SPDX-License-Identifier: MIT */
/* cpu.h - on which CPU we are, without a system call. */
#ifndef MKLIB_CPU_H
#define MKLIB_CPU_H

#include <stdint.h>

#include <mk/segment.h>

/* It may be another one at once, if somebody moves this thread.  UINT32_MAX: this
 * kernel does not say. */
static inline uint32_t mk_cpu(void)
{
	uint32_t cpu =
		UINT32_MAX; /* lsl of what is not there changes nothing */

	__asm__ volatile("lsl %1,%0" : "+r"(cpu) : "r"(MK_SEGMENT_CPU) : "cc");
	return cpu;
}

#endif
