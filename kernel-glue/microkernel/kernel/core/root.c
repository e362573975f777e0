/* SPDX-License-Identifier: MIT */
/*
 * root.c - make the root task: its program is the first file of the boot
 * archive, it gets all free memory, that of devices, all I/O ports, all the
 * kernel's quota, and a page that says so.  Then the kernel never decides anything again.
 *
 * The archive is one that ar(1) makes: "!<arch>\n", then for each file a header
 * of 60 bytes and its contents, on even offsets.
 */
#include <karch.h>
#include <kmap.h>
#include <kmem.h>
#include <kroot.h>
#include <ksched.h>
#include <paging.h>

#define AR_START 8u
#define AR_HEADER 60u
#define AR_SIZE 48u
#define ELF_LOAD 1u
#define ELF_EXECUTE 1u
#define ELF_WRITE 2u
#define STACK_ORDER 15u

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t header_bytes, program_bytes, program_count;
	uint16_t rest[3];
};

struct elf_program {
	uint32_t type, flags;
	uint64_t offset, va, pa, file_bytes, memory_bytes, align;
};

static struct object sched_object, icu_object, log_object;

static void must(int error, const char *what)
{
	if (error)
		panic(what, (uint64_t)-error);
}

static const uint8_t *first_file(const struct machine *m, uint64_t *out_bytes)
{
	const char *header = (const char *)direct(m->archive) + AR_START;
	uint64_t bytes = 0;

	if (m->archive_bytes < AR_START + AR_HEADER)
		panic("no boot archive", m->archive_bytes);
	for (const char *p = header + AR_SIZE; *p >= '0' && *p <= '9'; p++)
		bytes = bytes * 10 + (uint64_t)(*p - '0');
	if (bytes > m->archive_bytes - AR_START - AR_HEADER)
		panic("boot archive is cut", bytes);
	*out_bytes = bytes;
	return (const uint8_t *)header + AR_HEADER;
}

/* Fresh memory at @va, with @bytes of @from in it. */
static void fill(struct task *t, uint64_t va, const uint8_t *from,
		 uint64_t file_bytes, uint64_t bytes, unsigned rights)
{
	for (uint64_t at = 0; at < bytes; at += MK_PAGE_BYTES) {
		uint64_t part = file_bytes > at ? file_bytes - at : 0;

		must(task_add_ku_memory(t, va + at, MK_PAGE_ORDER, rights),
		     "root task does not fit");
		memcpy(task_ku_address(t, va + at, MK_PAGE_BYTES), from + at,
		       part < MK_PAGE_BYTES ? part : MK_PAGE_BYTES);
	}
}

static uint64_t load(struct task *t, const uint8_t *file, uint64_t bytes)
{
	struct elf_header h;

	memcpy(&h, file, sizeof(h));
	if (bytes < sizeof(h) || h.ident[0] != 0x7f || h.ident[4] != 2)
		panic("the first file of the boot archive is no program", 0);
	for (unsigned i = 0; i < h.program_count; i++) {
		struct elf_program p;

		memcpy(&p, file + h.program_headers + i * sizeof(p), sizeof(p));
		if (p.type != ELF_LOAD)
			continue;
		if (p.va & (MK_PAGE_BYTES - 1) ||
		    p.offset + p.file_bytes > bytes)
			panic("root task is not page-aligned", p.va);
		fill(t, p.va, file + p.offset, p.file_bytes, p.memory_bytes,
		     MK_R | ((p.flags & ELF_WRITE) ? MK_W : 0) |
			     ((p.flags & ELF_EXECUTE) ? MK_X : 0));
	}
	return h.entry;
}

static void give_archive(struct task *t, const struct machine *m)
{
	uint64_t end = m->archive + m->archive_bytes;
	uint64_t first = m->archive & ~(MK_PAGE_BYTES - 1);

	/* The archive begins where its first page does; loaders see to that. */
	for (uint64_t at = first; at < end; at += MK_PAGE_BYTES)
		must(map_root_memory(t, MK_ROOT_ARCHIVE + at - first, at,
				     MK_PAGE_ORDER, MK_R),
		     "archive");
}

/* As the firmware and whoever was here before left it. */
static void give_memory(struct task *t, const struct machine *m,
			struct mk_boot_info *info)
{
	for (uint32_t i = 0; i < m->ranges; i++) {
		uint64_t first = m->range[i].first + MK_SUPERPAGE_BYTES - 1;
		uint64_t end = m->range[i].end & ~(MK_SUPERPAGE_BYTES - 1);
		struct mk_boot_region *region = &info->region[info->regions];

		first &= ~(MK_SUPERPAGE_BYTES - 1);
		if (first >= end || info->regions == MK_BOOT_REGIONS)
			continue;
		info->regions++;
		region->first = MK_ROOT_MEMORY + first;
		region->bytes = end - first;
		for (uint64_t at = first; at < end; at += MK_SUPERPAGE_BYTES)
			must(map_root_memory(t, MK_ROOT_MEMORY + at, at,
					     MK_SUPERPAGE_ORDER,
					     MK_R | MK_W | MK_X),
			     "memory");
	}
}

/* Where firmware puts what devices have, below the interrupt controllers. */
static void give_devices(struct task *t)
{
	for (uint64_t at = MK_DEVICES_FIRST; at < MK_DEVICES_END;
	     at += MK_SUPERPAGE_BYTES)
		must(map_root_memory(t, MK_ROOT_MEMORY + at, at,
				     MK_SUPERPAGE_ORDER, MK_R | MK_W),
		     "memory of devices");
}

static void give_cap(struct task *t, uint64_t index, struct object *o,
		     unsigned kind)
{
	int error;
	struct node *slot = cap_slot_make(t, index, &error);

	must(error, "capability");
	o->kind = (uint8_t)kind;
	cap_insert(t, slot, index, o, MK_ALL_RIGHTS);
}

static struct thread *make_thread(struct task *t, uint64_t entry)
{
	struct thread *thread = thread_create(&root_factory, NULL);

	must(!thread, "thread");
	must(task_add_ku_memory(t, MK_ROOT_UTCB, MK_PAGE_ORDER, MK_R | MK_W),
	     "UTCB");
	must(task_add_ku_memory(t, MK_ROOT_STACK - (1ul << STACK_ORDER),
				STACK_ORDER, MK_R | MK_W),
	     "stack");
	thread->task = t;
	thread->utcb = task_ku_address(t, MK_ROOT_UTCB, MK_UTCB_BYTES);
	thread->utcb->self = MK_ROOT_UTCB;
	thread->utcb_address = MK_ROOT_UTCB;
	list_add_before(&t->threads, &thread->of_task);
	thread->priority = 128;
	thread->regs.rip = entry;
	thread->regs.rsp = MK_ROOT_STACK - 8;
	thread->state = MK_STATE_READY;
	return thread;
}

void root_start(struct machine *m)
{
	struct task *t = task_create(&root_factory);
	struct mk_boot_info *info;
	struct thread *thread;
	uint64_t bytes;
	const uint8_t *file = first_file(m, &bytes);

	must(!t, "root task");
	thread = make_thread(t, load(t, file, bytes));
	must(task_add_ku_memory(t, MK_BOOT_INFO, MK_PAGE_ORDER, MK_R | MK_W),
	     "boot info");
	info = task_ku_address(t, MK_BOOT_INFO, sizeof(*info));
	info->archive_bytes = m->archive_bytes;
	info->tsc_khz = tsc_khz;
	info->cpus = cpu_count;
	memcpy(info->command, m->command, MK_BOOT_COMMAND);
	machine_reserve(m, m->archive, m->archive + m->archive_bytes);
	give_archive(t, m);
	give_memory(t, m, info);
	give_devices(t);
	must(map_root_io(t, 0, 16), "ports");
	give_cap(t, MK_CAP_TASK, &t->object, OBJECT_TASK);
	give_cap(t, MK_CAP_THREAD, &thread->object, OBJECT_THREAD);
	give_cap(t, MK_CAP_FACTORY, &root_factory.object, OBJECT_FACTORY);
	give_cap(t, MK_CAP_SCHED, &sched_object, OBJECT_SCHED);
	give_cap(t, MK_CAP_ICU, &icu_object, OBJECT_ICU);
	give_cap(t, MK_CAP_LOG, &log_object, OBJECT_LOG);
	sched_ready(thread);
}
