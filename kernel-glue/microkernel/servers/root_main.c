/* SPDX-License-Identifier: MIT */
/*
 * root_main.c - the root task: starts the program that the command line names
 * (run=NAME), and is its pager and exception handler from then on.
 *
 * Pages are given when they are first touched.  All memory of the machine is
 * the root task's at its start; it cuts frames from it and never takes them
 * back, because what it starts lives as long as the machine.
 */
#include <mk/bootinfo.h>
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/program.h>
#include <mklib/start.h>

#define REGIONS 16u
#define SLOT_TASK 32u
#define SLOT_THREAD 33u
#define SLOT_GATE 34u
#define SLOT_FACTORY 35u
#define PROGRAM_PRIORITY 100u
/* In the new task: the gate to its pager. */
#define PROGRAM_PAGER 8u
#define PROGRAM_STACK_BYTES 0x10000ul
#define PROGRAM_QUOTA (12ul << 20)

/* A piece of the program's address space and where we have it. */
struct region {
	uint64_t va, bytes, ours;
	unsigned rights, order;
};

static struct region regions[REGIONS];
static unsigned region_count;
static uint64_t memory_next, memory_end;

static _Noreturn void fail(const char *what, int64_t value)
{
	mk_print("root: %s: %ld\n", what, value);
	mk_exit(MK_CAP_LOG, 0x7e);
}

static void must(int error, const char *what)
{
	if (error)
		fail(what, error);
}

/* ---- memory ---------------------------------------------------------- */

/* The largest piece; that is enough for what runs here. */
static void find_memory(void)
{
	const struct mk_boot_info *info = mk_boot_info();
	uint64_t largest = 0;

	for (unsigned i = 0; i < info->regions; i++) {
		if (info->region[i].bytes <= largest)
			continue;
		largest = info->region[i].bytes;
		memory_next = info->region[i].first;
		memory_end = memory_next + largest;
	}
}

static uint64_t take_memory(uint64_t bytes, uint64_t align)
{
	uint64_t at = (memory_next + align - 1) & ~(align - 1);

	if (bytes > memory_end - at)
		fail("out of memory", (int64_t)bytes);
	memory_next = at + bytes;
	return at;
}

static struct region *add_region(uint64_t va, uint64_t bytes, unsigned rights,
				 unsigned order)
{
	struct region *r = &regions[region_count++];

	if (region_count > REGIONS)
		fail("too many regions", region_count);
	r->va = va;
	r->bytes = bytes;
	r->rights = rights;
	r->order = order;
	r->ours = take_memory(bytes, 1ul << order);
	return r;
}

static void add_segment(const struct mk_segment *s)
{
	struct region *r =
		add_region(s->va, s->bytes, s->rights, MK_PAGE_ORDER);

	__builtin_memcpy((void *)r->ours, s->contents, s->file_bytes);
}

/* ---- the program ----------------------------------------------------- */

static uint64_t load(const char *name)
{
	const uint8_t *archive = (const uint8_t *)MK_ROOT_ARCHIVE;
	struct mk_program program;
	struct mk_file file;

	if (!mk_file_find(archive, mk_boot_info()->archive_bytes, name, &file))
		fail("no such file in the boot archive", 0);
	if (!mk_program_read(&file, MK_HEAP, &program))
		fail("not a program", 0);
	for (unsigned i = 0; i < program.segments; i++)
		add_segment(&program.segment[i]);
	(void)add_region(MK_ROOT_STACK - PROGRAM_STACK_BYTES,
			 PROGRAM_STACK_BYTES, MK_R | MK_W, MK_PAGE_ORDER);
	(void)add_region(MK_HEAP, MK_HEAP_BYTES, MK_R | MK_W | MK_X,
			 MK_SUPERPAGE_ORDER);
	return program.entry;
}

static void give_boot_info(void)
{
	struct region *r =
		add_region(MK_BOOT_INFO, MK_PAGE_BYTES, MK_R, MK_PAGE_ORDER);

	__builtin_memcpy((void *)r->ours, mk_boot_info(),
			 sizeof(struct mk_boot_info));
}

static void give(uint64_t to, uint64_t from)
{
	must(mk_map_cap(SLOT_TASK, to, from, MK_ALL_RIGHTS), "capability");
}

static void give_ports(void)
{
	must(mk_map(SLOT_TASK, 0, mk_flexpage(MK_IO, 0, 16, MK_ALL_RIGHTS)),
	     "ports");
}

static void start(uint64_t entry)
{
	must(mk_create_factory(MK_CAP_FACTORY, SLOT_FACTORY, PROGRAM_QUOTA),
	     "factory");
	must(mk_create_task(SLOT_FACTORY, SLOT_TASK), "task");
	must(mk_create_thread(SLOT_FACTORY, SLOT_THREAD), "thread");
	must(mk_create_gate(MK_CAP_FACTORY, SLOT_GATE, 1, MK_CAP_THREAD),
	     "gate");
	give(MK_CAP_TASK, SLOT_TASK);
	give(MK_CAP_THREAD, SLOT_THREAD);
	give(MK_CAP_FACTORY, SLOT_FACTORY);
	give(MK_CAP_SCHED, MK_CAP_SCHED);
	give(MK_CAP_ICU, MK_CAP_ICU);
	give(MK_CAP_LOG, MK_CAP_LOG);
	give(PROGRAM_PAGER, SLOT_GATE);
	give_ports();
	must(mk_ku_memory(SLOT_TASK, MK_ROOT_UTCB, MK_PAGE_ORDER), "UTCB");
	must(mk_thread_control(SLOT_THREAD, SLOT_TASK, MK_ROOT_UTCB,
			       PROGRAM_PAGER, PROGRAM_PAGER),
	     "thread");
	must(mk_sched_run(MK_CAP_SCHED, SLOT_THREAD, PROGRAM_PRIORITY, 0, 0),
	     "priority");
	must(mk_thread_registers(
		     SLOT_THREAD, entry, MK_ROOT_STACK,
		     MK_REGISTERS_IP | MK_REGISTERS_SP | MK_REGISTERS_START, 0),
	     "start");
}

/* ---- pager ----------------------------------------------------------- */

static const struct region *region_at(uint64_t va)
{
	for (unsigned i = 0; i < region_count; i++)
		if (va >= regions[i].va &&
		    va - regions[i].va < regions[i].bytes)
			return &regions[i];
	return NULL;
}

/* The answer to a fault: the page around it, as an item. */
static bool answer_fault(struct mk_message *m)
{
	uint64_t address = m->word[0];
	const struct region *r = region_at(address);
	bool write = m->word[2] & 2;
	uint64_t page;

	if (!r || (write && !(r->rights & MK_W))) {
		mk_print("root: page fault at %lx, ip %lx, error %lx\n",
			 m->word[0], m->word[1], m->word[2]);
		return false;
	}
	page = address & ~((1ul << r->order) - 1);
	m->tag = mk_tag(0, 0, 1, 0);
	m->word[0] = page;
	m->word[1] = mk_flexpage(MK_MEMORY, r->ours + (page - r->va), r->order,
				 r->rights);
	return true;
}

static void report_exception(const struct mk_message *m)
{
	const uint64_t *word = mk_utcb()->mr;

	(void)m;
	mk_print("root: exception %lu, error %lx, ip %lx, sp %lx\n", word[15],
		 word[16], word[17], word[20]);
}

static _Noreturn void serve(void)
{
	struct mk_message m = {0};
	bool answer = false;

	for (;;) {
		if (!(answer ? mk_reply_wait(MK_FOREVER, &m)
			     : mk_wait(MK_FOREVER, &m))) {
			answer = false;
			continue;
		}
		answer = false;
		if (mk_tag_proto(m.tag) == MK_PROTO_FAULT)
			answer = answer_fault(&m);
		else if (mk_tag_proto(m.tag) == MK_PROTO_EXCEPTION)
			report_exception(&m);
		if (!answer)
			mk_exit(MK_CAP_LOG, 0x7d);
	}
}

void mk_main(void)
{
	char name[16];

	if (!mk_option(mk_boot_info()->command, "run", name, sizeof(name)))
		fail("say run=NAME on the command line", 0);
	mk_print("root: %u CPUs, TSC %lu kHz, run %s\n", mk_boot_info()->cpus,
		 mk_boot_info()->tsc_khz, name);
	find_memory();
	give_boot_info();
	start(load(name));
	serve();
}
