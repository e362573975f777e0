/* SPDX-License-Identifier: MIT */
/*
 * conn.c - connections: messages that carry handles.
 *
 * Place in the data flow: the handshake before the first packet, and the
 * hang-up that tells of a peer's death after the last.  Control plane.
 *
 * SOCK_SEQPACKET keeps messages whole, so a handshake needs no parser for
 * halves of messages, and one that is too long is seen as such.  When a
 * process dies, however it dies, the kernel closes its end: that is how
 * death is found out, without heart-beats that would call a slow peer dead.
 *
 * What arrives is a stranger's: descriptors that are too many, or of a
 * message that is refused, are closed at once, else a peer could fill our
 * table of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "linux.h"

/* SO_PASSPIDFD of somebody who shares our end could make the kernel put a
 * process descriptor in. */
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

union conn_control {
	char bytes[CMSG_SPACE(DSI_PORT_MSG_HANDLES * sizeof(int))];
	struct cmsghdr align;
};

int dsi_port_conn_pair(int32_t out_ends[2])
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0, ends) < 0)
		return dsi__error_from(errno);
	out_ends[0] = ends[0];
	out_ends[1] = ends[1];
	return 0;
}

/* A socket of the network can make close() wait for its peer. */
int dsi_port_conn_check(int32_t conn)
{
	int domain = 0, type = 0;
	socklen_t size = sizeof(domain);

	if (getsockopt(conn, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
	    domain != AF_UNIX)
		return -DSI_EPROTO;
	size = sizeof(type);
	if (getsockopt(conn, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    type != SOCK_SEQPACKET)
		return -DSI_EPROTO;
	return 0;
}

int dsi_port_send(int32_t conn, const void *msg, uint32_t bytes,
		  const int32_t *handles, uint32_t n_handles)
{
	/* sendmsg() does not write, its type just cannot say so. */
	struct iovec part = {
		.iov_base = (void *)(uintptr_t)msg,
		.iov_len = bytes,
	};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	union conn_control control;
	ssize_t sent;

	/* An empty message could not be told from the end. */
	if (bytes == 0 || n_handles > DSI_PORT_MSG_HANDLES)
		return -DSI_EINVAL;
	if (bytes > DSI_PORT_MSG_BYTES)
		return -DSI_EMSGSIZE;
	if (n_handles > 0) {
		size_t size = n_handles * sizeof(*handles);
		struct cmsghdr *cmsg;

		memset(&control, 0, sizeof(control));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(size);
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(cmsg), handles, size);
	}
	do
		sent = sendmsg(conn, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	return errno == ENOTCONN ? -DSI_EPIPE : dsi__error_from(errno);
}

/* Take the descriptors out of a message.  Returns how many. */
static uint32_t conn_handles(struct msghdr *header, int32_t *out_handles)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);
	uint32_t n = 0;

	for (; cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		const unsigned char *at = CMSG_DATA(cmsg);
		size_t left = cmsg->cmsg_len - CMSG_LEN(0);
		int32_t fd;

		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		if (cmsg->cmsg_type != SCM_RIGHTS &&
		    cmsg->cmsg_type != SCM_PIDFD)
			continue;
		for (; left >= sizeof(fd); left -= sizeof(fd)) {
			memcpy(&fd, at, sizeof(fd));
			at += sizeof(fd);
			if (cmsg->cmsg_type == SCM_RIGHTS &&
			    n < DSI_PORT_MSG_HANDLES)
				out_handles[n++] = fd;
			else
				dsi_port_handle_drop(fd);
		}
	}
	return n;
}

/* What is wrong with a received message?  0: nothing. */
static int conn_verdict(ssize_t bytes, int flags, uint32_t n_handles)
{
	if (bytes == 0)
		return -DSI_EPIPE;
	if (flags & MSG_TRUNC)
		return -DSI_EPROTO;
	/* Cut off at our limit: the peer sent too many.  Cut off before: our
	 * own table is full, and the peer is not to blame. */
	if (flags & MSG_CTRUNC)
		return n_handles < DSI_PORT_MSG_HANDLES ? -DSI_EMFILE
							: -DSI_EPROTO;
	return 0;
}

/* A peer that closed with messages of ours unread leaves ECONNRESET, which is
 * told once and before the messages that it sent us. */
static ssize_t conn_take(int32_t conn, struct msghdr *header)
{
	size_t room = header->msg_controllen;
	int resets = 0;
	ssize_t bytes;

	do {
		header->msg_controllen = room;
		bytes = recvmsg(conn, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (bytes < 0 &&
		 (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
	return bytes;
}

/* The kernel looks for a message, and then for the end.  A peer that sends its
 * last one and closes in between seems to have ended without it.  No other can
 * follow, so the second answer is right. */
static ssize_t conn_take_last(int32_t conn, struct msghdr *header)
{
	ssize_t bytes = conn_take(conn, header);

	/* An empty message of a stranger is as good as the end. */
	return bytes < 0 && errno == EAGAIN ? 0 : bytes;
}

int32_t dsi_port_recv(int32_t conn, void *buffer, uint32_t capacity,
		      int32_t *out_handles, uint32_t *out_n_handles)
{
	struct iovec part = {.iov_base = buffer, .iov_len = capacity};
	union conn_control control;
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	uint32_t n;
	ssize_t bytes;
	int verdict;

	*out_n_handles = 0;
	bytes = conn_take(conn, &header);
	if (bytes == 0 && header.msg_controllen == 0) {
		header.msg_controllen = sizeof(control);
		bytes = conn_take_last(conn, &header);
	}
	if (bytes < 0)
		return errno == ENOTCONN ? -DSI_EPIPE : dsi__error_from(errno);

	n = conn_handles(&header, out_handles);
	verdict = conn_verdict(bytes, header.msg_flags, n);
	if (verdict < 0) {
		while (n > 0)
			dsi_port_handle_drop(out_handles[--n]);
		return verdict;
	}
	*out_n_handles = n;
	return (int32_t)bytes;
}

int dsi_port_conn_wait(int32_t conn, uint64_t deadline_ns)
{
	struct pollfd fd = {.fd = conn, .events = POLLIN};

	return dsi__poll_until(&fd, 1, deadline_ns) == 0 ? -DSI_ETIMEDOUT : 0;
}
