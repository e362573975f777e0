// SPDX-License-Identifier: MIT
/*
 * interrupt.c - SIGINT and SIGTERM end a command in order.
 *
 * A command waits in three places: in dsi_packet_get(), which the handler
 * ends with dsi_packet_get_abort() (RT-safe, so safe in a handler); in
 * poll(), which a pipe ends that was written to, whenever the signal came;
 * and in write(), which returns because the handler is installed without
 * SA_RESTART.  A signal between the last look at the flag and the entry of a
 * write() that then blocks is not seen before that write ends.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <dsi/packet.h>

#include "interrupt.h"

/* Signals this close together are one: timeout(1) sends its signal to the
 * process and to its group, and we pass ours on to the worker. */
#define SAME_NS UINT64_C(300000000)

static atomic_int caught;
static _Atomic uint64_t caught_ns;
static _Atomic(struct dsi_socket *) watched;
static pthread_t worker;
static int wake_pipe[2] = {-1, -1};

static void wake_worker(int number)
{
	struct dsi_socket *sock = atomic_load(&watched);
	ssize_t ignored;

	if (sock)
		dsi_packet_get_abort(sock);
	ignored = write(wake_pipe[1], "", 1);
	(void)ignored; /* the pipe is full: it is readable, as wanted */
	if (!pthread_equal(worker, pthread_self()))
		pthread_kill(worker, number);
}

static void handle(int number)
{
	uint64_t now = dsi_now();
	int saved = errno;
	int none = 0;

	if (atomic_compare_exchange_strong(&caught, &none, number)) {
		atomic_store(&caught_ns, now);
		wake_worker(number);
	} else if (now - atomic_load(&caught_ns) > SAME_NS) {
		signal(number, SIG_DFL);
		raise(number);
	}
	errno = saved;
}

int interrupt_install(void)
{
	static const int signals[] = {SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = handle};
	struct sigaction before;
	size_t i;

	if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	worker = pthread_self();
	sigfillset(&action.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* A shell's background job ignores SIGINT: leave it so. */
		if (sigaction(signals[i], NULL, &before) < 0)
			return -1;
		if (before.sa_handler == SIG_IGN)
			continue;
		if (sigaction(signals[i], &action, NULL) < 0)
			return -1;
	}
	return 0;
}

void interrupt_watch(struct dsi_socket *sock)
{
	atomic_store(&watched, sock);
}

int interrupt_signal(void)
{
	return atomic_load(&caught);
}

int interrupt_fd(void)
{
	return wake_pipe[0];
}
