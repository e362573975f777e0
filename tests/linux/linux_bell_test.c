/* SPDX-License-Identifier: MIT */
/* linux_bell_test.c - bells, and a peer that wants them to block. */
#define _GNU_SOURCE
#include "linux_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

static int readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void rings_and_falls_silent(void **state)
{
	int32_t ends[2];

	(void)state;
	assert_int_equal(dsi_port_bell_pair(ends), 0);
	for (int i = 0; i < 2; i++) {
		assert_false(readable(ends[i]));
		dsi_port_bell_ring(ends[1 - i]);
		dsi_port_bell_ring(ends[1 - i]);
		assert_true(readable(ends[i]));
		assert_false(readable(ends[1 - i]));
		dsi_port_bell_silence(ends[i]);
		assert_false(readable(ends[i]));
		assert_int_equal(fcntl(ends[i], F_GETFD) & FD_CLOEXEC,
				 FD_CLOEXEC);
	}
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

static void make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	assert_int_equal(fcntl(fd, F_SETFL, flags & ~O_NONBLOCK), 0);
}

static void never_blocks(void **state)
{
	int32_t ends[2];

	(void)state;
	assert_int_equal(dsi_port_bell_pair(ends), 0);
	make_blocking(ends[0]);
	make_blocking(ends[1]);
	for (int i = 0; i < 1000; i++)
		dsi_port_bell_ring(ends[0]);
	assert_true(readable(ends[1]));
	while (readable(ends[1]))
		dsi_port_bell_silence(ends[1]);
	dsi_port_bell_silence(ends[1]); /* empty */
	dsi_port_handle_close(ends[1]);
	dsi_port_bell_ring(ends[0]); /* nobody there: no signal either */
	dsi_port_bell_silence(ends[0]);
	dsi_port_handle_close(ends[0]);
}

static _Atomic int flooding;

static void *flood(void *argument)
{
	while (atomic_load(&flooding))
		(void)send(*(int32_t *)argument, "longer than a ring", 18,
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	return NULL;
}

static void flood_does_not_hold_us(void **state)
{
	pthread_t thread;
	int32_t ends[2];

	(void)state;
	assert_int_equal(dsi_port_bell_pair(ends), 0);
	atomic_store(&flooding, 1);
	assert_int_equal(pthread_create(&thread, NULL, flood, &ends[1]), 0);
	for (int i = 0; i < 1000; i++)
		dsi_port_bell_silence(ends[0]);
	atomic_store(&flooding, 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

/* Refused where the kernel can, dropped elsewhere; never ours to keep. */
static void handles_do_not_get_in(void **state)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec part = {(char[1]){1}, 1};
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
	int fd = 0, before;
	int32_t ends[2];

	(void)state;
	assert_int_equal(dsi_port_bell_pair(ends), 0);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	before = test_open_fds();
	if (sendmsg(ends[1], &header, MSG_DONTWAIT) < 0)
		assert_int_equal(errno, EPERM);
	dsi_port_bell_silence(ends[0]);
	assert_false(readable(ends[0]));
	assert_int_equal(test_open_fds(), before);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

static void hostile_handles(void **state)
{
	int pipes[2], streams[2];

	(void)state;
	/* A broken stream answers with SIGPIPE, unless told not to. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, streams), 0);
	(void)close(streams[1]);
	dsi_port_bell_ring(streams[0]);
	dsi_port_bell_silence(streams[0]);
	(void)close(streams[0]);

	assert_int_equal(pipe(pipes), 0);
	dsi_port_bell_ring(pipes[1]);
	dsi_port_bell_silence(pipes[0]); /* would block in read() */
	assert_false(readable(pipes[0]));
	dsi_port_bell_ring(-1);
	dsi_port_bell_silence(-1);
	dsi_port_handle_close(-1);
	dsi_port_handle_close(pipes[0]);
	dsi_port_handle_close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_and_falls_silent),
		cmocka_unit_test(never_blocks),
		cmocka_unit_test(flood_does_not_hold_us),
		cmocka_unit_test(handles_do_not_get_in),
		cmocka_unit_test(hostile_handles),
	};

	(void)alarm(TEST_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
