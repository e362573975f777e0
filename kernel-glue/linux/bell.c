/* SPDX-License-Identifier: MIT */
/*
 * bell.c - a wake-up that an event loop can see.
 *
 * Place in the data flow: notification, for those who wait in epoll or poll
 * instead of on a word.  Work threads; RT-safe.
 *
 * Why not an eventfd, which is made for this?  Because the two ends distrust
 * each other.  An eventfd is one file for both: the peer can take away
 * O_NONBLOCK, fill the counter, and our next write() sleeps for as long as
 * it likes; no flag of write() prevents that.  A socket pair has a queue per
 * direction and a flag per call:
 *
 *   MSG_DONTWAIT  never sleep, whatever the description says.  A full queue
 *                 is fine: then the other end is readable already.
 *   MSG_NOSIGNAL  no SIGPIPE when the peer is gone.
 *
 * Whoever listens should make the pair and send the other end away: between
 * the holders of one end the kernel has a lock that is held while a message
 * is copied out, so only an end that never left us is free of strangers.
 *
 * A handle from a peer can be anything, and other kinds of sockets have locks
 * that MSG_DONTWAIT does wait for: dsi_port_bell_check() comes before the
 * first ring.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>

#include "linux.h"

/* A queue holds some rings; a peer that keeps it full while we empty it
 * must not keep us here.  What is left makes the end readable again. */
#define BELL_SILENCE_MAX 64u

/* Linux 6.16.  The number differs on some architectures. */
#if !defined(SO_PASSRIGHTS) && (defined(__x86_64__) || defined(__i386__) || \
				defined(__aarch64__) || defined(__riscv))
#define SO_PASSRIGHTS 83
#endif

/* Rings carry no descriptors.  A peer that attaches some would have us close
 * them, and closing a stranger's file can take long (a TCP socket that
 * lingers).  Kernels that can refuse them shall; others drop them in recv. */
static void bell_refuse_handles(int end)
{
#ifdef SO_PASSRIGHTS
	int off = 0;

	(void)setsockopt(end, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
#else
	(void)end;
#endif
}

int dsi_port_bell_pair(int32_t out_ends[2])
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       ends) < 0)
		return dsi__error_from(errno);
	for (int i = 0; i < 2; i++) {
		bell_refuse_handles(ends[i]);
		out_ends[i] = ends[i];
	}
	return 0;
}

/* Other sockets have locks that a stranger can hold while send() waits for
 * them, whatever its flags say; a UNIX datagram socket has none. */
int dsi_port_bell_check(int32_t end)
{
	int domain = 0, type = 0;
	socklen_t size = sizeof(domain);

	if (getsockopt(end, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
	    domain != AF_UNIX)
		return -DSI_EPROTO;
	size = sizeof(type);
	if (getsockopt(end, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    type != SOCK_DGRAM)
		return -DSI_EPROTO;
	return 0;
}

void dsi_port_bell_ring(int32_t end)
{
	char ring = 1;

	(void)send(end, &ring, sizeof(ring), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void dsi_port_bell_silence(int32_t end)
{
	char ring;

	for (uint32_t i = 0; i < BELL_SILENCE_MAX; i++)
		if (recv(end, &ring, sizeof(ring), MSG_DONTWAIT) < 0)
			return;
}
