/* SPDX-License-Identifier: MIT */
/*
 * root_main.c - the root task: starts the programs that the command line names
 * (run=a,b,c), or boot.conf, and is their pager and exception handler from
 * then on.  See root_task.h.
 */
#include "root_task.h"

struct program programs[MK_PROGRAMS];
unsigned program_count;

/* What programs find at MK_BOOT_INFO. */
static struct mk_boot_info info;

/* The command line, beginning with run= whoever said it. */
static void copy_command(void)
{
	const char *typed = mk_boot_info()->command,
		   *part[] = {"run=", policy_run(), " ", typed};
	char word[2];
	unsigned first = mk_option(typed, "run", word, sizeof(word)) ? 3 : 0;
	unsigned n = 0;

	for (unsigned i = first; i < sizeof(part) / sizeof(part[0]); i++)
		for (const char *p = part[i]; *p && n < MK_BOOT_COMMAND - 1;)
			info.command[n++] = *p++;
	info.command[n] = 0;
}

static void read_names(void)
{
	program_count = mk_program_count(info.command);
	if (!program_count) {
		mk_print("root: say run=NAME or run=NAME,NAME... on the "
			 "command line\n");
		archive_fail();
	}
	if (program_count > MK_PROGRAMS)
		fail("run=: %u programs, but %u is the most\n", program_count,
		     MK_PROGRAMS);
	for (unsigned i = 0; i < program_count; i++) {
		programs[i].number = i + 1;
		if (!mk_program_in(info.command, i + 1, programs[i].name))
			fail("run=: name %u is empty or longer than %u\n",
			     i + 1, MK_NAME_BYTES - 1);
	}
}

static void find_devices(struct program *p)
{
	for (unsigned i = 0; i < MK_DEVICES; i++) {
		const struct device *d = &p->policy.device[i];

		p->device[i] = (struct mk_boot_device){0};
		if (d->given)
			p->device[i] = device_find(p, d);
		info.device[i] = p->device[i];
	}
}

static void start_all(void)
{
	for (unsigned i = 0; i < program_count; i++)
		load_check(&programs[i]);
	memory_find();
	for (unsigned i = 0; i < program_count; i++) {
		struct program *p = &programs[i];

		p->policy = policy_of(p->name, program_count);
		info.program = (uint32_t)p->number;
		info.pool_pages = (uint32_t)(p->policy.memory >> MK_PAGE_ORDER);
		find_devices(p);
		load(p, &info);
		start_prepare(p);
	}
	start_connect();
	for (unsigned i = 0; i < program_count; i++)
		start_run(&programs[i]);
}

static _Noreturn void serve(void)
{
	struct mk_message m = {0};
	bool answer = false;

	for (;;) {
		answer = answer ? mk_reply_wait(MK_FOREVER, &m)
				: mk_wait(MK_FOREVER, &m);
		/* If it failed, who waited is gone; wait for the next. */
		if (answer)
			answer = pager_serve(&programs[m.label - 1], &m);
	}
}

void mk_main(void)
{
	const struct mk_boot_info *machine = mk_boot_info();
	char names[MK_BOOT_COMMAND];

	policy_read();
	info = *machine;
	copy_command();
	read_names();
	(void)mk_option(info.command, "run", names, sizeof(names));
	mk_print("root: %u CPUs, TSC %lu kHz, run %s\n", machine->cpus,
		 machine->tsc_khz, names);
	start_all();
	serve();
}
