/* SPDX-License-Identifier: MIT */
/*
 * conf_posix.c - what the runners have in common that run on a POSIX system.
 */
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "conf.h"

static sigjmp_buf faulted;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(faulted, 1);
}

__attribute__((no_sanitize("address", "thread"))) int conf_store_faults(
	void *addr)
{
	_Atomic unsigned char *byte = addr;
	struct sigaction action, old_segv, old_bus;
	volatile int fault = 1;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_fault;
	action.sa_flags = SA_NODEFER;
	sigaction(SIGSEGV, &action, &old_segv);
	sigaction(SIGBUS, &action, &old_bus);
	if (sigsetjmp(faulted, 1) == 0) {
		atomic_store(byte, atomic_load(byte));
		fault = 0;
	}
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return fault;
}
