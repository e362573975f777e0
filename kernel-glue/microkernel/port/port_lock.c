/* SPDX-License-Identifier: MIT */
/*
 * port_lock.c - the one lock of the control plane, and the end of a task whose
 * own logic is broken.
 *
 * Place in the data flow: beside it; nothing on the data path locks.
 */
#include <mklib/print.h>
#include <mklib/start.h>

#include "port_thread.h"

#define STATUS_BROKEN 0x7cu

static struct mk_port_mutex process_lock;

void dsi_port_lock(void)
{
	mk_port_mutex_lock(&process_lock);
}

void dsi_port_unlock(void)
{
	mk_port_mutex_unlock(&process_lock);
}

_Noreturn void dsi_port_assert_failed(const char *what, const char *file,
				      int line)
{
	mk_print("dsi: %s:%d: broken assumption: %s\n", file, line, what);
	mk_end(STATUS_BROKEN);
}
