/* SPDX-License-Identifier: MIT */
/* cpu.h - on which CPU we are, without a system call. */
#ifndef MKLIB_CPU_H
#define MKLIB_CPU_H

#include <stdint.h>

#include <mk/segment.h>

/* It may be another one at once, if somebody moves this thread. */
static inline uint32_t mk_cpu(void)
{
	uint32_t cpu;

	__asm__ volatile("lsl %1,%0" : "=r"(cpu) : "r"(MK_SEGMENT_CPU) : "cc");
	return cpu;
}

#endif
