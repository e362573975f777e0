/* SPDX-License-Identifier: MIT */
/*
 * start.h - what a program finds when it begins, and its entry.
 *
 * The root task has the layout of mk/bootinfo.h; programs that it starts have
 * the same capabilities in the same slots (MK_CAP_*), as far as they get them,
 * the boot information at the same address, and memory of their own at
 * MK_HEAP.
 */
#ifndef MKLIB_START_H
#define MKLIB_START_H

#include <mk/bootinfo.h>

#define MK_HEAP 0x40000000ul
#define MK_HEAP_BYTES (8ul << 20)

/* The program.  It does not return. */
void mk_main(void);
/* Its end: the root task takes back all that it has.  If it is the last one of
 * `run=`, the machine ends with this status (MK_STATUS_GOOD, or an error). */
_Noreturn void mk_end(uint8_t status);

static inline const struct mk_boot_info *mk_boot_info(void)
{
	return (const struct mk_boot_info *)MK_BOOT_INFO;
}

extern char mk_image_start[], mk_image_rodata[], mk_image_data[],
	mk_image_end[];

#endif
