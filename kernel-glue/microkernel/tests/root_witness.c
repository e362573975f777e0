/* SPDX-License-Identifier: MIT */
/*
 * root_witness.c - a program for the tests of the root task: waits in a call
 * for root_victim.c while that dies, and must live on.
 */
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/start.h>

static void call(const char *when)
{
	struct mk_message m = {0};

	if (mk_call(MK_CAP_NAMES, MK_FOREVER, &m))
		mk_print("witness: %s: answered\n", when);
	else
		mk_print("witness: %s: error %lu\n", when, mk_error());
}

static void say_place(void)
{
	uint64_t word[4] = {MK_THREAD_INFO};

	(void)mk_object_call(MK_CAP_THREAD, MK_PROTO_THREAD, 1, word);
	mk_print("witness: CPU %lu, priority %lu, a better one %d, this %d\n",
		 word[1], word[2],
		 mk_sched_run(MK_CAP_SCHED, MK_CAP_THREAD,
			      (unsigned)word[2] + 1, 0, 0),
		 mk_sched_run(MK_CAP_SCHED, MK_CAP_THREAD, (unsigned)word[2],
			      (unsigned)word[1], 0));
}

/* The registers of the standard VGA: its identity is there, and nothing is
 * behind them. */
static void use_device(const struct mk_boot_device *device)
{
	volatile uint16_t *id = (volatile uint16_t *)(MK_DEVICE + 0x500);

	mk_print("witness: %lx bytes of a device at %lx, which is %lx\n",
		 device->bytes, device->first, (unsigned long)*id);
	mk_print("witness: %lx\n",
		 (unsigned long)*(volatile uint8_t *)(MK_DEVICE +
						      device->bytes));
}

void mk_main(void)
{
	if (mk_boot_info()->device[0].bytes)
		use_device(&mk_boot_info()->device[0]);
	if (!mk_cap_rights(MK_CAP_TASK, MK_CAP_NAMES)) {
		mk_print("witness: alone\n");
		*(volatile char *)0x123456780ul = 0;
	}
	say_place();
	call("before");
	call("during");
	call("after");
	mk_end(MK_STATUS_GOOD);
}
