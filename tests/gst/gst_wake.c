/* SPDX-License-Identifier: MIT */
/*
 * gst_wake.c - what one way from process to process costs with nothing but the
 * wake-up: the floor under gst_bench.py's latencies.
 *
 *   gst_wake futex|socket PACKETS
 *
 * One process sleeps until the next sixtieth of a second, writes as much as a
 * frame, notes the time and wakes the other; that notes when it is awake.
 * futex: as dsisink wakes; socket: a message and poll(), as shmsink does.
 * Prints the nanoseconds of each.
 */
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAME_BYTES 3110400u
#define PERIOD_NS 16666667u
#define SECOND_NS 1000000000u
#define MESSAGE_BYTES 32u

struct shared {
	_Atomic uint32_t sent;
	_Atomic uint64_t at_ns; /* of the last one */
};

static struct shared *shared;
static int by_socket, ends[2];

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void wait_for(uint32_t seen)
{
	char message[MESSAGE_BYTES];
	struct pollfd fd = {.fd = ends[1], .events = POLLIN};

	if (by_socket) {
		(void)poll(&fd, 1, -1);
		if (recv(ends[1], message, sizeof(message), 0) <= 0)
			exit(1);
		return;
	}
	while (atomic_load(&shared->sent) == seen)
		(void)syscall(SYS_futex, &shared->sent, FUTEX_WAIT, seen, NULL,
			      NULL, 0);
}

static void wake(void)
{
	const char message[MESSAGE_BYTES] = {0};

	(void)atomic_fetch_add(&shared->sent, 1);
	if (!by_socket)
		(void)syscall(SYS_futex, &shared->sent, FUTEX_WAKE, INT_MAX,
			      NULL, NULL, 0);
	else if (send(ends[0], message, sizeof(message), 0) < 0)
		exit(1);
}

static int reader(uint32_t packets)
{
	uint64_t *took = calloc(packets, sizeof(*took));

	for (uint32_t i = 0; took && i < packets; i++) {
		wait_for(i);
		took[i] = now_ns() - atomic_load(&shared->at_ns);
	}
	for (uint32_t i = 0; took && i < packets; i++)
		printf("%" PRIu64 "\n", took[i]);
	(void)fflush(stdout);
	return took ? 0 : 1;
}

static int writer(uint32_t packets)
{
	uint64_t next = now_ns() + SECOND_NS / 4;
	char *frame = malloc(FRAME_BYTES);

	for (uint32_t i = 0; frame && i < packets; i++) {
		const struct timespec until = {
			.tv_sec = (time_t)(next / SECOND_NS),
			.tv_nsec = (long)(next % SECOND_NS),
		};

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until,
				      NULL);
		memset(frame, (int)(i & 0xff), FRAME_BYTES);
		/* The compiler is to leave it. */
		__asm__ volatile("" : : "r"(frame) : "memory");
		atomic_store(&shared->at_ns, now_ns());
		wake();
		next += PERIOD_NS;
	}
	free(frame);
	return frame ? 0 : 1;
}

int main(int argc, char **argv)
{
	int packets = argc == 3 ? atoi(argv[2]) : 0;
	int status = 1, failed;
	pid_t child;

	if (packets <= 0 ||
	    (strcmp(argv[1], "futex") != 0 && strcmp(argv[1], "socket") != 0)) {
		fprintf(stderr, "usage: gst_wake futex|socket PACKETS\n");
		return 2;
	}
	by_socket = strcmp(argv[1], "socket") == 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		perror("gst_wake");
		return 1;
	}
	child = fork();
	if (child == 0)
		_exit(reader((uint32_t)packets));
	failed = child < 0 || writer((uint32_t)packets) != 0;
	return failed || waitpid(child, &status, 0) != child || status != 0;
}
