/* SPDX-License-Identifier: MIT */
/*
 * bootinfo.h - what a program finds at its start: its capabilities, and a page
 * at MK_BOOT_INFO that says what the machine has.  The kernel makes them for
 * the root task, the root task for all programs that it starts.
 */
#ifndef MK_BOOTINFO_H
#define MK_BOOTINFO_H

#include <stdint.h>

/* Slots of a program's first capabilities. */
#define MK_CAP_TASK 1u	  /* the task itself */
#define MK_CAP_THREAD 2u  /* its first thread */
#define MK_CAP_FACTORY 3u /* root: all of the kernel's memory; else a quota */
#define MK_CAP_SCHED 4u
#define MK_CAP_ICU 5u
#define MK_CAP_LOG 6u
/* Not in the root task: a gate to it, with the program's number as label.  It
 * is the program's pager, handles its exceptions, and takes MK_ROOT_END. */
#define MK_CAP_PAGER 8u
/* Gates to the first threads of the programs `names` and `monitor`, if they
 * were started and are not the program itself: the label is the number of the
 * program that has the capability.  The right is MK_CAP_SEND alone, so a
 * program cannot give its number to others. */
#define MK_CAP_NAMES 9u
#define MK_CAP_MONITOR 10u
#define MK_CAP_FIRST_FREE 16u

#define MK_BOOT_INFO 0x1000ul	     /* this structure */
#define MK_ROOT_UTCB 0x4000ul	     /* the first thread's */
#define MK_ROOT_STACK 0x20000ul	     /* its stack ends here */
#define MK_ROOT_ARCHIVE 0x40000000ul /* the boot archive, read only */
#define MK_ARCHIVE 0x80000000ul	     /* the same in all other programs */
#define MK_POOL 0x600000000ul	     /* in programs with memory=N */
#define MK_DEVICE 0xe00000000ul /* in programs with device=...: the first */
#define MK_DEVICE_APART 0x100000000ul /* and from each to the next */
#define MK_DEVICES 2u
#define MK_ROOT_MEMORY 0x100000000ul /* all free memory: + physical address */
/* Physical addresses where devices have memory; of the root task, as above. */
#define MK_DEVICES_FIRST 0xc0000000ul
#define MK_DEVICES_END 0xfec00000ul

#define MK_BOOT_REGIONS 16u
#define MK_BOOT_COMMAND 1024u

/* `run=a,b,c` starts up to MK_PROGRAMS programs; a has the number 1.  A name
 * has up to MK_NAME_BYTES - 1 characters. */
#define MK_PROGRAMS 16u
#define MK_NAME_BYTES 16u

/* Protocol of a message to MK_CAP_PAGER: this program has come to its end; the
 * word is a status as in MK_LOG_EXIT. */
#define MK_ROOT_END 1
/* Statuses with which the machine ends. */
#define MK_STATUS_GOOD 0x10u
#define MK_STATUS_STOPPED 0x7du /* the last program of run= was stopped */
#define MK_STATUS_NO_START 0x7eu

struct mk_boot_region {
	uint64_t first; /* address in the root task, superpages only */
	uint64_t bytes;
};

/* Memory of a device; 0 bytes: there is none. */
struct mk_boot_device {
	uint64_t first; /* physical address */
	uint64_t bytes;
};

struct mk_boot_info {
	uint64_t archive_bytes;
	uint64_t tsc_khz;
	uint32_t cpus;
	uint32_t regions;
	uint32_t program; /* the number of the one that reads this; root is 0 */
	uint32_t pool_pages; /* of 4 KiB each, from MK_POOL on (memory=) */
	struct mk_boot_device device[MK_DEVICES]; /* in the order of device= */
	struct mk_boot_region region[MK_BOOT_REGIONS];
	/* In programs it always begins with run=, even if nobody typed that. */
	char command[MK_BOOT_COMMAND];
};

#endif
