/* SPDX-License-Identifier: MIT */
/*
 * linux_conn_test.c - connections: whole messages, handles that do not leak,
 * and peers that die.
 */
#define _GNU_SOURCE
#include "linux_test.h"

#include <errno.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static int32_t ends[2];
static int end_first; /* the kernel's next answer is the end */

/* In place of the C library's, for the library as well. */
ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
	if (!end_first)
		return syscall(SYS_recvmsg, fd, header, flags);
	end_first = 0;
	header->msg_controllen = 0;
	header->msg_flags = 0;
	return 0;
}

static int make_pair(void **state)
{
	(void)state;
	return dsi_port_conn_pair(ends);
}

static int drop_pair(void **state)
{
	(void)state;
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

/* What dsi_port_send() would never send. */
static void send_raw(const void *bytes, size_t n, int n_fds)
{
	union {
		char bytes[CMSG_SPACE(32 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec part = {(void *)(uintptr_t)bytes, n};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *cmsg;

	if (n_fds > 0) {
		size_t size = (size_t)n_fds * sizeof(int);

		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(size);
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(size);
		memset(CMSG_DATA(cmsg), 0, size); /* descriptor 0, often */
	}
	assert_int_equal(sendmsg(ends[0], &header, MSG_DONTWAIT), n);
}

static int32_t receive(uint32_t capacity, uint32_t *n)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	char buffer[DSI_PORT_MSG_BYTES];
	int32_t result = dsi_port_recv(ends[1], buffer, capacity, handles, n);

	for (uint32_t i = 0; result > 0 && i < *n; i++) {
		assert_int_equal(fcntl(handles[i], F_GETFD) & FD_CLOEXEC,
				 FD_CLOEXEC);
		dsi_port_handle_close(handles[i]);
	}
	return result;
}

static void whole_messages_with_handles(void **state)
{
	int32_t handles[DSI_PORT_MSG_HANDLES] = {0};
	char big[DSI_PORT_MSG_BYTES + 1] = {0};
	int before = test_open_fds();
	uint32_t n;

	(void)state;
	assert_int_equal(receive(64, &n), -DSI_EAGAIN);
	assert_int_equal(dsi_port_send(ends[0], "one", 3, NULL, 0), 0);
	for (uint32_t i = 0; i <= DSI_PORT_MSG_HANDLES; i++)
		assert_int_equal(dsi_port_send(ends[0], big, i + 1, handles, i),
				 0);
	assert_int_equal(receive(64, &n), 3);
	assert_int_equal(n, 0);
	for (uint32_t i = 0; i <= DSI_PORT_MSG_HANDLES; i++) {
		assert_int_equal(receive(64, &n), i + 1);
		assert_int_equal(n, i);
	}
	assert_int_equal(receive(64, &n), -DSI_EAGAIN);
	assert_int_equal(dsi_port_send(ends[0], big, sizeof(big), NULL, 0),
			 -DSI_EMSGSIZE);
	assert_int_equal(dsi_port_send(ends[0], big, 1, handles, 9),
			 -DSI_EINVAL);
	assert_int_equal(dsi_port_send(ends[0], big, 0, NULL, 0), -DSI_EINVAL);
	assert_int_equal(test_open_fds(), before);
}

#define CUT_OFF                                                         \
	"QEMU receives more handles than there is room for, keeps the " \
	"rest open and does not say so"

static void too_many_handles(void **state)
{
	int before = test_open_fds();
	uint32_t n;

	(void)state;
	TEST_NOT_EMULATED(CUT_OFF);
	send_raw("x", 1, 9);
	send_raw("x", 1, 32);
	send_raw("x", 1, 8);
	assert_int_equal(receive(64, &n), -DSI_EPROTO);
	assert_int_equal(n, 0);
	assert_int_equal(receive(64, &n), -DSI_EPROTO);
	assert_int_equal(test_open_fds(), before);
	assert_int_equal(receive(64, &n), 1);
	assert_int_equal(n, 8);
	assert_int_equal(test_open_fds(), before);
}

static void too_long(void **state)
{
	int before = test_open_fds();
	uint32_t n;

	(void)state;
	TEST_NOT_EMULATED(CUT_OFF);
	send_raw("0123456789", 10, 8);
	send_raw("0123456789", 10, 9);
	send_raw("0123456789", 10, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(receive(9, &n), -DSI_EPROTO);
	assert_int_equal(n, 0);
	send_raw("0123456789", 10, 1);
	assert_int_equal(receive(10, &n), 10);
	assert_int_equal(test_open_fds(), before);
}

/* It looks like the end of the connection and is treated as that. */
static void empty_message(void **state)
{
	int before = test_open_fds();
	uint32_t n;

	(void)state;
	send_raw("", 0, 8);
	assert_int_equal(receive(64, &n), -DSI_EPIPE);
	assert_int_equal(test_open_fds(), before);
}

/* Our own table is full: not the peer's fault. */
static void no_descriptors_left(void **state)
{
	struct rlimit old, low;
	int last = dup(0);
	uint32_t n;

	(void)state;
	send_raw("x", 1, 4);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)last + 2; /* room for two */
	(void)close(last);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(receive(64, &n), -DSI_EMFILE);
	assert_int_equal(n, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(dup(0), last);
	(void)close(last);
}

static void never_blocks(void **state)
{
	char message[1000] = {0};
	int sent = 0, got = 0, result;
	uint32_t n;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(fcntl(ends[i], F_SETFL, 0), 0);
	assert_int_equal(receive(64, &n), -DSI_EAGAIN);
	while ((result = dsi_port_send(ends[0], message, 1000, NULL, 0)) == 0)
		sent++;
	assert_int_equal(result, -DSI_EAGAIN);
	while (receive(1000, &n) == 1000)
		got++;
	assert_int_equal(got, sent);
}

static void the_end(void **state)
{
	uint32_t n;

	(void)state;
	assert_int_equal(dsi_port_send(ends[0], "last", 4, NULL, 0), 0);
	dsi_port_handle_close(ends[0]);
	assert_int_equal(dsi_port_conn_wait(ends[1], DSI_FOREVER), 0);
	assert_int_equal(receive(64, &n), 4);
	assert_int_equal(dsi_port_conn_wait(ends[1], DSI_FOREVER), 0);
	assert_int_equal(receive(64, &n), -DSI_EPIPE);
	assert_int_equal(receive(64, &n), -DSI_EPIPE);
	assert_int_equal(dsi_port_send(ends[1], "x", 1, NULL, 0), -DSI_EPIPE);
	ends[0] = -1;
}

/* The kernel found no message, then the peer sent one and closed, and then the
 * kernel saw the end. */
static void end_overtakes_message(void **state)
{
	int before = test_open_fds();
	uint32_t n;

	(void)state;
	send_raw("last", 4, 2);
	dsi_port_handle_close(ends[0]);
	ends[0] = -1;
	end_first = 1;
	assert_int_equal(receive(64, &n), 4);
	assert_int_equal(n, 2);
	end_first = 1;
	assert_int_equal(receive(64, &n), -DSI_EPIPE);
	assert_int_equal(test_open_fds(), before - 1);
}

static void unread_end(void **state)
{
	uint32_t n;

	(void)state;
	/* The peer closes without reading what we sent: ECONNRESET. */
	assert_int_equal(dsi_port_send(ends[1], "unread", 6, NULL, 0), 0);
	dsi_port_handle_close(ends[0]);
	ends[0] = -1;
	assert_int_equal(receive(64, &n), -DSI_EPIPE);
}

static void peer_is_killed(void **state)
{
	uint32_t n;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[1]);
		TEST_CHILD(dsi_port_send(ends[0], "x", 1, NULL, 0) == 0);
		for (;;)
			(void)pause();
	}
	dsi_port_handle_close(ends[0]);
	ends[0] = -1;
	assert_int_equal(dsi_port_conn_wait(ends[1], DSI_FOREVER), 0);
	assert_int_equal(receive(64, &n), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(dsi_port_conn_wait(ends[1], DSI_FOREVER), 0);
	assert_int_equal(receive(64, &n), -DSI_EPIPE);
	assert_int_equal(test_reap(child), 128 + SIGKILL);
}

static void wait_until_deadline(void **state)
{
	uint64_t deadline_ns = test_in_ms(10);

	(void)state;
	assert_int_equal(dsi_port_conn_wait(ends[1], 0), -DSI_ETIMEDOUT);
	assert_int_equal(dsi_port_conn_wait(ends[1], deadline_ns),
			 -DSI_ETIMEDOUT);
	assert_true(dsi_port_now() >= deadline_ns);
}

static void not_a_connection(void **state)
{
	int32_t handles[DSI_PORT_MSG_HANDLES];
	struct dsi_peer peer;
	char buffer[8];
	int pipes[2];
	uint32_t n;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(dsi_port_send(pipes[1], "x", 1, NULL, 0), -DSI_EPROTO);
	assert_int_equal(
		dsi_port_recv(pipes[0], buffer, sizeof(buffer), handles, &n),
		-DSI_EPROTO);
	assert_true(dsi_port_peer(pipes[0], &peer) < 0);
	assert_int_equal(dsi_port_peer_in_group(pipes[0], getegid()), 0);
	assert_true(dsi_port_send(-1, "x", 1, NULL, 0) < 0);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

static void who_is_it(void **state)
{
	struct dsi_peer self, peer;

	(void)state;
	dsi_port_self(&self);
	assert_int_equal(self.pid, getpid());
	assert_int_equal(self.uid, geteuid());
	assert_int_equal(self.gid, getegid());
	assert_int_equal(dsi_port_peer(ends[0], &peer), 0);
	assert_memory_equal(&peer, &self, sizeof(peer));
	assert_int_equal(dsi_port_peer_in_group(ends[0], getegid()), 1);
	assert_int_equal(dsi_port_peer_in_group(ends[0], 424242), 0);
}

/* Supplementary groups, few and more than fit on the stack. */
static void groups_of_a_peer(void **state)
{
	pid_t child;
	int status;

	(void)state;
	TEST_NOT_EMULATED("QEMU does not know SO_PEERGROUPS");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static const size_t counts[] = {3, 64, 200};
		gid_t groups[200];
		int32_t pair[2];

		for (size_t i = 0; i < 200; i++)
			groups[i] = (gid_t)(50000 + i);
		for (size_t i = 0; i < 3; i++) {
			uint32_t last = (uint32_t)(50000 + counts[i] - 1);

			if (setgroups(counts[i], groups) < 0)
				_exit(77);
			TEST_CHILD(dsi_port_conn_pair(pair) == 0);
			TEST_CHILD(dsi_port_peer_in_group(pair[0], last) == 1);
			TEST_CHILD(dsi_port_peer_in_group(pair[0], last + 1) ==
				   0);
		}
		_exit(0);
	}
	status = test_reap(child);
	if (status == 77)
		TEST_SKIP("groups can be set by root only");
	assert_int_equal(status, 0);
}

#define CONN_TEST(f) cmocka_unit_test_setup_teardown(f, make_pair, drop_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONN_TEST(whole_messages_with_handles),
		CONN_TEST(too_many_handles),
		CONN_TEST(too_long),
		CONN_TEST(empty_message),
		CONN_TEST(no_descriptors_left),
		CONN_TEST(never_blocks),
		CONN_TEST(the_end),
		CONN_TEST(end_overtakes_message),
		CONN_TEST(unread_end),
		CONN_TEST(peer_is_killed),
		CONN_TEST(wait_until_deadline),
		CONN_TEST(not_a_connection),
		CONN_TEST(who_is_it),
		CONN_TEST(groups_of_a_peer),
	};

	(void)alarm(TEST_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
