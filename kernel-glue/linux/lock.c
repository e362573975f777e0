/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the one lock of the control plane.
 *
 * Place in the data flow: beside it; nothing on the data path locks.
 *
 * fork() copies a locked lock but not the thread that would unlock it.  The
 * library has a thread of its own (monitor.c), so even a program that thinks
 * of itself as single-threaded could hit that moment.  Therefore fork()
 * waits for the lock, and both sides release their copy.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "linux.h"

static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;

void dsi_port_lock(void)
{
	int err = pthread_mutex_lock(&process_lock);

	DSI__ASSERT(err == 0);
}

void dsi_port_unlock(void)
{
	int err = pthread_mutex_unlock(&process_lock);

	DSI__ASSERT(err == 0);
}

__attribute__((constructor)) static void lock_survive_fork(void)
{
	(void)pthread_atfork(dsi_port_lock, dsi_port_unlock, dsi_port_unlock);
}
