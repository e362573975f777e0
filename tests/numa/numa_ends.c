// SPDX-License-Identifier: MIT
/*
 * numa_ends.c - a producer and a consumer, processes of their own.
 *
 * The producer sends as soon as somebody has joined, a packet each
 * millisecond, until its input ends; nothing may be lost, for the consumer
 * BLOCKs.  Every page of a packet has its number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "numa_guest.h"
#include "tests/unit/must.h"

#define PACKETS 16u
#define PACKET_BYTES 16384u
#define STEP 4096u
#define SHOWN 50u /* packets between two lines */
#define PATIENCE_NS UINT64_C(60000000000)
#define PATIENCE_MS 60000

/* ---- in the process of an end -------------------------------------------- */

static void produce(uint32_t placement, uint32_t placement_of)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = PACKETS,
				       .packet_bytes = PACKET_BYTES};
	struct dsi_producer_options options = {.size = sizeof(options),
					       .wait_consumers = 1,
					       .placement = placement,
					       .placement_of = placement_of};
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	uint64_t sent = 0;

	MUST_BE(dsi_producer_create(&desc, &options, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, GUEST_STREAM, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	printf("ready\n");
	while (poll(&input, 1, 1) == 0) {
		uint32_t size;
		void *to;

		MUST_BE(dsi_packet_get(sock, dsi_now() + PATIENCE_NS, &pkt), 0);
		MUST_BE(dsi_packet_data(pkt, 0, &to, &size), 0);
		MUST(size == PACKET_BYTES);
		for (uint32_t i = 0; i < PACKET_BYTES; i += STEP)
			memcpy((char *)to + i, &sent, sizeof(sent));
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
		sent++;
	}
	MUST_BE(dsi_socket_stop(sock), 0);
	printf("sent %llu\n", (unsigned long long)sent);
	dsi_socket_destroy(sock);
}

static void check_packet(const struct dsi_packet *pkt, uint64_t number)
{
	uint32_t size;
	void *from;

	MUST_BE(dsi_packet_data(pkt, 0, &from, &size), 0);
	MUST(size == PACKET_BYTES);
	for (uint32_t i = 0; i < PACKET_BYTES; i += STEP)
		MUST(memcmp((char *)from + i, &number, sizeof(number)) == 0);
}

static void consume(uint32_t placement, uint32_t placement_of)
{
	struct dsi_consumer_options options = {.size = sizeof(options),
					       .policy = DSI_POLICY_BLOCK,
					       .placement = placement,
					       .placement_of = placement_of};
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	uint64_t got = 0;
	int err;

	strcpy(options.label, "guest");
	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, GUEST_STREAM, dsi_now() + PATIENCE_NS),
		0);
	MUST_BE(dsi_socket_start(sock), 0);
	printf("ready\n");
	while (!(err = dsi_packet_get(sock, dsi_now() + PATIENCE_NS, &pkt))) {
		check_packet(pkt, got);
		MUST_BE(dsi_packet_commit(sock, pkt), 0);
		if (++got % SHOWN == 0)
			printf("at %llu\n", (unsigned long long)got);
	}
	MUST_BE(err, -DSI_EPIPE);
	printf("got %llu\n", (unsigned long long)got);
	dsi_socket_destroy(sock);
}

/* What a container does that lets nobody choose nodes. */
static void forbid_mbind(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_get_mempolicy, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_mempolicy, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_move_pages, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]),
					   filter};

	MUST_BE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	MUST_BE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* producer|consumer PLACEMENT OF */
int guest_ends_main(int argc, char **argv)
{
	uint32_t placement, of;

	if (argc != 4)
		return -1;
	placement = (uint32_t)strtoul(argv[2], NULL, 10);
	of = (uint32_t)strtoul(argv[3], NULL, 10);
	setlinebuf(stdout);
	if (strcmp(argv[1], "producer") == 0)
		produce(placement, of);
	else
		consume(placement, of);
	return 0;
}

/* ---- in the process of the tests ----------------------------------------- */

static void join_cgroup(const char *folder)
{
	char path[128];
	FILE *procs;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	procs = fopen(path, "w");
	MUST(procs);
	MUST(fprintf(procs, "%d", (int)getpid()) > 0);
	MUST_BE(fclose(procs), 0);
}

void guest_confine(const struct guest_start *start)
{
	if (start->cgroup)
		join_cgroup(start->cgroup);
	if (start->node >= 0)
		guest_pin(getpid(), start->node);
	if (start->preload)
		MUST_BE(setenv("LD_PRELOAD", start->preload, 1), 0);
	if (start->uid) {
		MUST_BE(setgroups(0, NULL), 0);
		MUST_BE(setgid(start->uid), 0);
		MUST_BE(setuid(start->uid), 0);
	}
	if (start->no_mbind)
		forbid_mbind();
}

static void become(const struct guest_start *start, const char *what)
{
	char placement[16], of[16];

	guest_confine(start);
	snprintf(placement, sizeof(placement), "%u", start->placement);
	snprintf(of, sizeof(of), "%u", start->placement_of);
	execl("/proc/self/exe", "numa_guest", what, placement, of,
	      (char *)NULL);
	_exit(127);
}

/* Where it complains. */
static void errors_of(const char *what, char *path, size_t bytes)
{
	snprintf(path, bytes, "/tmp/%s.err", what);
}

static int open_errors(const char *what)
{
	char path[64];
	int fd;

	errors_of(what, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	return fd;
}

static bool start_end(const struct guest_start *start, const char *what,
		      struct guest_end *end)
{
	int errors = open_errors(what);
	int in[2], out[2];

	MUST_BE(pipe2(in, O_CLOEXEC), 0);
	MUST_BE(pipe2(out, O_CLOEXEC), 0);
	end->pid = fork();
	MUST(end->pid >= 0);
	if (end->pid == 0) {
		MUST_BE(dup2(in[0], STDIN_FILENO), STDIN_FILENO);
		MUST_BE(dup2(out[1], STDOUT_FILENO), STDOUT_FILENO);
		MUST_BE(dup2(errors, STDERR_FILENO), STDERR_FILENO);
		become(start, what);
	}
	close(errors);
	close(in[0]);
	close(out[1]);
	end->in = in[1];
	end->out = out[0];
	return true;
}

unsigned int guest_complaints(const char *what, const char *text)
{
	char path[64], line[512];
	unsigned int n = 0;
	FILE *errors;

	errors_of(what, path, sizeof(path));
	errors = fopen(path, "r");
	MUST(errors);
	while (fgets(line, sizeof(line), errors)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "dsi: placement: ", 16) != 0 ||
		    !strstr(line, text))
			guest_wrong("the %s said: %s", what, line);
		n++;
	}
	fclose(errors);
	return n;
}

/* A line of an end, without its newline. */
static bool read_line(const struct guest_end *end, char *line, size_t bytes)
{
	struct pollfd input = {.fd = end->out, .events = POLLIN};
	size_t n = 0;

	while (n + 1 < bytes) {
		if (poll(&input, 1, PATIENCE_MS) <= 0 ||
		    read(end->out, &line[n], 1) != 1)
			return false;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	return true;
}

static bool await_ready(const struct guest_end *end, const char *what)
{
	char line[64];

	if (read_line(end, line, sizeof(line)) && strcmp(line, "ready") == 0)
		return true;
	guest_wrong("the %s did not begin", what);
	(void)guest_complaints(what, "");
	return false;
}

bool guest_produce(const struct guest_start *start, struct guest_end *end)
{
	return start_end(start, "producer", end) &&
	       await_ready(end, "producer");
}

bool guest_consume(const struct guest_start *start, struct guest_end *end)
{
	return start_end(start, "consumer", end) &&
	       await_ready(end, "consumer");
}

bool guest_flows(const struct guest_end *consumer)
{
	struct pollfd input = {.fd = consumer->out, .events = POLLIN};
	char line[64];

	while (poll(&input, 1, 0) > 0)
		if (!read_line(consumer, line, sizeof(line)))
			return false;
	for (uint32_t i = 0; i < 2; i++)
		if (!read_line(consumer, line, sizeof(line)) ||
		    strncmp(line, "at ", 3) != 0)
			return false;
	return true;
}

/* The number in its last line. */
static bool read_count(const struct guest_end *end, const char *word,
		       unsigned long long *out)
{
	size_t length = strlen(word);
	char line[64];

	while (read_line(end, line, sizeof(line)))
		if (strncmp(line, word, length) == 0)
			return sscanf(line + length, "%llu", out) == 1;
	return false;
}

static void reap(struct guest_end *end, const char *what)
{
	int status = -1;

	if (waitpid(end->pid, &status, 0) != end->pid || status != 0) {
		guest_wrong("the %s failed, status %#x", what,
			    (unsigned int)status);
		(void)guest_complaints(what, "");
	}
	close(end->out);
}

void guest_finish(struct guest_end *producer, struct guest_end *consumer)
{
	unsigned long long sent = 0, got = 0;

	close(producer->in);
	if (!read_count(producer, "sent ", &sent) ||
	    !read_count(consumer, "got ", &got)) {
		guest_wrong("an end does not end");
		kill(producer->pid, SIGKILL);
		kill(consumer->pid, SIGKILL);
	}
	if (sent != got || sent == 0)
		guest_wrong("%llu packets sent, %llu received", sent, got);
	close(consumer->in);
	reap(producer, "producer");
	reap(consumer, "consumer");
	guest_say("%llu packets", got);
}
