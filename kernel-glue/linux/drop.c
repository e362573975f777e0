/* SPDX-License-Identifier: MIT */
/*
 * drop.c - get rid of descriptors that a peer sent.
 *
 * Place in the data flow: control plane, below conn.c.
 *
 * close() can sleep: a TCP socket with SO_LINGER waits for its peer, a file of
 * a FUSE file system for its server, and the peer who sent us such a thing
 * chooses for how long.  So what is not known to close at once is closed by a
 * thread that may be kept waiting.  There are few such threads; when all of
 * them wait, descriptors are left open, and the peer has won a place in our
 * table instead of our time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux.h"

#define DROP_THREADS 16

static _Atomic int dropping;

/* UNIX sockets, sealable memory, pipes, and what has no file system behind it:
 * closing them waits for nobody.  Nothing is asked of the file itself, because
 * that can take as long. */
static int drop_is_quick(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);
	char link[32], target[16] = "";

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0)
		return domain == AF_UNIX;
	if (fcntl(fd, F_GET_SEALS) >= 0)
		return 1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return 0;
	return strncmp(target, "pipe:", 5) == 0 ||
	       strncmp(target, "anon_inode:", 11) == 0 ||
	       strcmp(target, "/dev/null") == 0;
}

static void *drop_slowly(void *arg)
{
	sigset_t all;

	(void)sigfillset(&all); /* the application's signals are not for us */
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	(void)close((int)(intptr_t)arg);
	/* relaxed: a count. */
	atomic_fetch_sub_explicit(&dropping, 1, memory_order_relaxed);
	return NULL;
}

void dsi_port_handle_drop(int32_t handle)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	if (handle < 0)
		return;
	if (drop_is_quick(handle)) {
		(void)close(handle);
		return;
	}
	/* relaxed: a count. */
	if (atomic_fetch_add_explicit(&dropping, 1, memory_order_relaxed) >=
	    DROP_THREADS) {
		/* relaxed: a count. */
		atomic_fetch_sub_explicit(&dropping, 1, memory_order_relaxed);
		return;
	}
	err = pthread_attr_init(&attr);
	if (err == 0) {
		(void)pthread_attr_setdetachstate(&attr,
						  PTHREAD_CREATE_DETACHED);
		err = pthread_create(&thread, &attr, drop_slowly,
				     (void *)(intptr_t)handle);
		(void)pthread_attr_destroy(&attr);
	}
	if (err != 0)
		/* relaxed: a count. */
		atomic_fetch_sub_explicit(&dropping, 1, memory_order_relaxed);
}
