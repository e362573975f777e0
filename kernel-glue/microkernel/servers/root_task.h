/* SPDX-License-Identifier: MIT */
/*
 * root_task.h - what the files of the root task know of each other.
 *
 *   root_main.c    which programs; the loop that serves them
 *   root_policy.c  boot.conf: who may do what
 *   root_load.c    a program from the archive becomes regions of memory
 *   root_device.c  memory of devices
 *   root_start.c   tasks, threads, capabilities, connections
 *   root_pager.c   a fault becomes a page, or the end of the program
 */
#ifndef MK_ROOT_TASK_H
#define MK_ROOT_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include <mk/bootinfo.h>
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/program.h>
#include <mklib/start.h>

#define ROOT_PRIORITY 128u
#define REGIONS 16u

/* Capabilities of the root task for program `number`. */
#define SLOTS_FIRST 32u
#define SLOTS_EACH 8u
#define SLOT_FACTORY 0u
#define SLOT_TASK 1u
#define SLOT_THREAD 2u
#define SLOT_PAGER 3u
#define SLOT_NAMES 4u
#define SLOT_MONITOR 5u

#define fail(...)                                        \
	do {                                             \
		mk_print("root: " __VA_ARGS__);          \
		mk_exit(MK_CAP_LOG, MK_STATUS_NO_START); \
	} while (0)

/* One memory of a PCI device, as boot.conf names it. */
struct device {
	bool given;
	uint16_t vendor, number;
	unsigned bar;
};

/* A line of boot.conf. */
struct policy {
	uint64_t quota;	 /* of the kernel's memory, bytes */
	uint64_t memory; /* its own, at MK_POOL, bytes */
	unsigned priority, cpu;
	bool limited; /* may give no better priority than its own */
	uint32_t io_first, io_last; /* ports, with io */
	bool io, icu, sched, log, exit;
	struct device device[MK_DEVICES];
};

/* A piece of a program's address space and where we have it; 0: nowhere yet,
 * it is taken when it is touched first, and then @given says with a bit for each
 * page which of them were.  (NULL: all are clean.) */
struct region {
	uint64_t va, bytes, ours;
	unsigned rights, order;
	uint8_t *given;
};

struct program {
	char name[MK_NAME_BYTES];
	uint64_t number;
	struct policy policy;
	uint64_t entry;
	struct mk_boot_device device[MK_DEVICES];
	unsigned regions;
	struct region region[REGIONS];
};

extern struct program programs[MK_PROGRAMS];
extern unsigned program_count;

static inline uint64_t slot_of(const struct program *p, unsigned slot)
{
	return SLOTS_FIRST + p->number * SLOTS_EACH + slot;
}

/* The boot archive; false: no such file. */
bool archive_find(const char *name, struct mk_file *out);
/* Say what is in it, and end the machine. */
_Noreturn void archive_fail(void);

/* Reads boot.conf, if there is one, and ends the machine if it has a mistake.
 */
void policy_read(void);
/* What boot.conf would run; "" if it does not say. */
const char *policy_run(void);
/* By the line of the program; else everything, and an equal part of what the
 * kernel has to give. */
struct policy policy_of(const char *name, unsigned count);

void memory_find(void);
/* Not cleared.  0: there is no more. */
uint64_t memory_take(uint64_t bytes, unsigned order);
/* Take what the region needs; false: there is no more. */
bool memory_reserve(struct region *r);
/* Where we have the page at @va of the region, clean if nobody had it. */
uint64_t memory_give(struct region *r, uint64_t va);

/* Where its memory lies, in physical addresses; ends the machine if there is no
 * such device, or if its memory cannot be given. */
struct mk_boot_device device_find(const struct program *p,
				  const struct device *d);

/* Look at the file, then copy it; both end the machine if it cannot be. */
void load_check(const struct program *p);
void load(struct program *p, const struct mk_boot_info *info);

/* Task, thread, quota and capabilities of one program. */
void start_prepare(const struct program *p);
/* Gates to the programs with well-known names. */
void start_connect(void);
void start_run(const struct program *p);

/* True: the message is the answer.  False: the program is at its end. */
bool pager_serve(struct program *p, struct mk_message *m);
/* Take back all that it has. */
void program_stop(struct program *p, uint8_t status);

#endif
