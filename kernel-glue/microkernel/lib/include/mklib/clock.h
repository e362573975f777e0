/* SPDX-License-Identifier: MIT */
/* clock.h - the time without a system call: the counter that the kernel's clock
 * is made of. */
#ifndef MKLIB_CLOCK_H
#define MKLIB_CLOCK_H

#include <mklib/start.h>

/* ns since boot, as in until_ns of the UTCB. */
static inline uint64_t mk_clock_ns(void)
{
	uint64_t tsc = __builtin_ia32_rdtsc();
	uint64_t khz = mk_boot_info()->tsc_khz;

	return tsc / khz * 1000000 + tsc % khz * 1000000 / khz;
}

#endif
