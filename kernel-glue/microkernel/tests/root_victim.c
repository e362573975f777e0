/* SPDX-License-Identifier: MIT */
/*
 * root_victim.c - a program for the tests of the root task: says who it is and
 * what it may do, and then dies as `do=` of the command line says.
 *
 * In the boot archive its name is `names`, so that root_witness.c has a gate
 * to it.
 */
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/program.h>
#include <mklib/start.h>

#define NOWHERE 0x123456780ul
#define FIRST_SLOT 64u

static char data[64];

static void read_nowhere(void)
{
	(void)*(volatile char *)NOWHERE;
}

static void write_code(void)
{
	*(volatile char *)mk_image_start = 0;
}

static void run_data(void)
{
	((void (*)(void))(uintptr_t)data)();
}

static void bad_instruction(void)
{
	__asm__ volatile("ud2");
}

static void use_port(void)
{
	__asm__ volatile("outb %0, %1"
			 :
			 : "a"((uint8_t)0), "Nd"((uint16_t)0x80));
}

static void use_up_quota(void)
{
	uint64_t slot = FIRST_SLOT;

	while (!mk_create_event(MK_CAP_FACTORY, slot, MK_EVENT_BITS))
		slot++;
	*(volatile char *)MK_HEAP = 0;
}

static void fill_heap(void)
{
	for (uint64_t at = 0; at < MK_HEAP_BYTES; at += MK_SUPERPAGE_BYTES)
		*(volatile char *)(MK_HEAP + at) = 0;
}

static void end(void)
{
	mk_end(3);
}

static const struct {
	const char *name;
	void (*run)(void);
} deaths[] = {
	{"read", read_nowhere}, {"write", write_code},
	{"jump", run_data},	{"bad", bad_instruction},
	{"port", use_port},	{"quota", use_up_quota},
	{"heap", fill_heap},	{"end", end},
};

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

/* Ending the machine is refused, or nobody would read this. */
static void say_rights(void)
{
	uint64_t leave[2] = {MK_LOG_EXIT, 1};
	int error = mk_object_call(MK_CAP_LOG, MK_PROTO_LOG, 2, leave);

	mk_print("names: rights: sched %lu, icu %lu, log %lu, pager %lu, "
		 "exit says %d\n",
		 mk_cap_rights(MK_CAP_TASK, MK_CAP_SCHED),
		 mk_cap_rights(MK_CAP_TASK, MK_CAP_ICU),
		 mk_cap_rights(MK_CAP_TASK, MK_CAP_LOG),
		 mk_cap_rights(MK_CAP_TASK, MK_CAP_PAGER), error);
}

void mk_main(void)
{
	struct mk_message m = {0};
	char name[MK_NAME_BYTES], way[8];

	(void)mk_wait(MK_FOREVER, &m);
	(void)mk_program_name(m.label, name);
	mk_print("names: I am %u, and asked by %lu, %s\n",
		 mk_boot_info()->program, m.label, name);
	say_rights();
	m.tag = mk_tag(0, 0, 0, 0);
	(void)mk_reply_wait(MK_FOREVER, &m);
	(void)mk_option(mk_boot_info()->command, "do", way, sizeof(way));
	for (unsigned i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++)
		if (same(deaths[i].name, way))
			deaths[i].run();
	mk_print("names: I live\n");
	mk_end(1);
}
