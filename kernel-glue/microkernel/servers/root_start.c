/* SPDX-License-Identifier: MIT */
/*
 * root_start.c - tasks and threads, their first capabilities, and the gates
 * between them.
 *
 * All that a program makes is paid for by its quota, and so are its task and
 * its thread: who deletes the quota ends the program.  The gates are ours.
 */
#include "root_task.h"

static void must(const struct program *p, int error, const char *what)
{
	if (error == -MK_ENOMEM)
		fail("%s: %s: no kernel memory left, of its quota of %lu bytes "
		     "or of all (kmem=)\n",
		     p->name, what, p->policy.quota);
	if (error)
		fail("%s: %s: error %d\n", p->name, what, error);
}

static void give(const struct program *p, uint64_t to, uint64_t from,
		 unsigned rights)
{
	must(p, mk_map_cap(slot_of(p, SLOT_TASK), to, from, rights),
	     "capability");
}

/* As few pieces as there can be: each has a power of two of ports and begins at
 * a multiple of that. */
static void give_ports(const struct program *p)
{
	uint32_t at = p->policy.io_first, end = p->policy.io_last + 1;

	while (at < end) {
		unsigned order = 0;

		while (!(at >> order & 1) && order < 16 &&
		       at + (2u << order) <= end)
			order++;
		must(p,
		     mk_map(slot_of(p, SLOT_TASK), 0,
			    mk_flexpage(MK_IO, at, order, MK_ALL_RIGHTS)),
		     "I/O ports");
		at += 1u << order;
	}
}

static void give_privileges(const struct program *p)
{
	const struct policy *may = &p->policy;

	if (may->sched)
		give(p, MK_CAP_SCHED, MK_CAP_SCHED, MK_ALL_RIGHTS);
	if (may->icu)
		give(p, MK_CAP_ICU, MK_CAP_ICU, MK_ALL_RIGHTS);
	/* Ending the machine needs the right to control the log. */
	if (may->log || may->exit)
		give(p, MK_CAP_LOG, MK_CAP_LOG,
		     may->exit ? MK_ALL_RIGHTS : MK_CAP_SEND | MK_CAP_PASS);
	if (may->io)
		give_ports(p);
}

/* All of it at once: who passes it on does not touch it first. */
static void give_devices(const struct program *p)
{
	for (unsigned i = 0; i < MK_DEVICES; i++) {
		const struct mk_boot_device *d = &p->device[i];

		if (!d->bytes)
			continue;
		must(p,
		     mk_map(slot_of(p, SLOT_TASK),
			    MK_DEVICE + i * MK_DEVICE_APART,
			    mk_flexpage(MK_MEMORY, MK_ROOT_MEMORY + d->first,
					(unsigned)__builtin_ctzl(d->bytes),
					MK_R | MK_W)),
		     "memory of a device");
	}
}

static void make(const struct program *p)
{
	uint64_t factory = slot_of(p, SLOT_FACTORY);

	must(p, mk_create_factory(MK_CAP_FACTORY, factory, p->policy.quota),
	     "quota");
	must(p, mk_create_task(factory, slot_of(p, SLOT_TASK)), "task");
	must(p, mk_create_thread(factory, slot_of(p, SLOT_THREAD)), "thread");
	must(p,
	     mk_create_gate(MK_CAP_FACTORY, slot_of(p, SLOT_PAGER), p->number,
			    MK_CAP_THREAD),
	     "gate");
}

void start_prepare(const struct program *p)
{
	uint64_t thread = slot_of(p, SLOT_THREAD);

	make(p);
	give(p, MK_CAP_TASK, slot_of(p, SLOT_TASK), MK_ALL_RIGHTS);
	give(p, MK_CAP_THREAD, thread, MK_ALL_RIGHTS);
	give(p, MK_CAP_FACTORY, slot_of(p, SLOT_FACTORY), MK_ALL_RIGHTS);
	give(p, MK_CAP_PAGER, slot_of(p, SLOT_PAGER), MK_CAP_SEND);
	give_privileges(p);
	give_devices(p);
	must(p,
	     mk_ku_memory(slot_of(p, SLOT_TASK), MK_ROOT_UTCB, MK_PAGE_ORDER),
	     "UTCB");
	must(p,
	     mk_thread_control(thread, slot_of(p, SLOT_TASK), MK_ROOT_UTCB,
			       MK_CAP_PAGER, MK_CAP_PAGER),
	     "thread");
	if (p->policy.limited)
		must(p,
		     mk_sched_limit(MK_CAP_SCHED, thread, p->policy.priority),
		     "priority");
	must(p,
	     mk_sched_run(MK_CAP_SCHED, thread, p->policy.priority,
			  p->policy.cpu, 0),
	     "priority");
}

/* ---- connections ----------------------------------------------------- */

static const struct program *first_named(const char *name)
{
	for (unsigned i = 0; i < program_count; i++) {
		const char *a = programs[i].name, *b = name;

		for (; *a && *a == *b; a++)
			b++;
		if (*a == *b)
			return &programs[i];
	}
	return NULL;
}

/* Everybody else gets a gate to @server that says who it is. */
static void connect(const struct program *server, uint64_t to, unsigned slot)
{
	for (unsigned i = 0; server && i < program_count; i++) {
		const struct program *p = &programs[i];

		if (p == server)
			continue;
		must(p,
		     mk_create_gate(MK_CAP_FACTORY, slot_of(p, slot), p->number,
				    slot_of(server, SLOT_THREAD)),
		     "gate");
		give(p, to, slot_of(p, slot), MK_CAP_SEND);
	}
}

void start_connect(void)
{
	connect(first_named("names"), MK_CAP_NAMES, SLOT_NAMES);
	connect(first_named("monitor"), MK_CAP_MONITOR, SLOT_MONITOR);
}

void start_run(const struct program *p)
{
	must(p,
	     mk_thread_registers(
		     slot_of(p, SLOT_THREAD), p->entry, MK_ROOT_STACK,
		     MK_REGISTERS_IP | MK_REGISTERS_SP | MK_REGISTERS_START, 0),
	     "start");
}
