/* SPDX-License-Identifier: MIT */
/*
 * bootinfo.h - what the root task finds at its start: its capabilities, and a
 * page at MK_BOOT_INFO that says what the machine has.
 */
#ifndef MK_BOOTINFO_H
#define MK_BOOTINFO_H

#include <stdint.h>

/* Slots of the root task's first capabilities. */
#define MK_CAP_TASK 1u	  /* the task itself */
#define MK_CAP_THREAD 2u  /* its first thread */
#define MK_CAP_FACTORY 3u /* all of the kernel's memory */
#define MK_CAP_SCHED 4u
#define MK_CAP_ICU 5u
#define MK_CAP_LOG 6u
#define MK_CAP_FIRST_FREE 16u

#define MK_BOOT_INFO 0x1000ul	     /* this structure */
#define MK_ROOT_UTCB 0x4000ul	     /* the first thread's */
#define MK_ROOT_STACK 0x20000ul	     /* its stack ends here */
#define MK_ROOT_ARCHIVE 0x40000000ul /* the boot archive, read only */
#define MK_ROOT_MEMORY 0x100000000ul /* all free memory: + physical address */

#define MK_BOOT_REGIONS 16u
#define MK_BOOT_COMMAND 1024u

struct mk_boot_region {
	uint64_t first; /* address in the root task, superpages only */
	uint64_t bytes;
};

struct mk_boot_info {
	uint64_t archive_bytes;
	uint64_t tsc_khz;
	uint32_t cpus;
	uint32_t regions;
	struct mk_boot_region region[MK_BOOT_REGIONS];
	char command[MK_BOOT_COMMAND];
};

#endif
