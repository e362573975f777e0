/* SPDX-License-Identifier: MIT */
/*
 * comeback.c - a consumer that hangs, is killed with SIGKILL and comes back.
 *
 *   producer (this process) ===stream===> consumer (this program again)
 *
 *   1. The consumer takes some packets and hangs, holding one.  Its policy
 *      is BLOCK, so the producer has to wait.
 *   2. It is killed.  The kernel tells the library, which frees what the
 *      dead one held: the producer goes on at once.
 *   3. A second consumer joins the running stream and reads to the end.
 *
 * Each consumer writes the numbers it sees to a pipe.  In the end every
 * packet must be accounted for: seen by the first, seen by the second, or
 * committed between the first one's last and the second one's first.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>

#define PACKETS 2000u
#define HANG_AFTER 500u /* packets the first consumer takes */
#define REST_NS 500000l /* producer: a packet every half millisecond */
#define SECOND_NS 1000000000ull

struct child {
	pid_t pid;
	int seen_fd; /* packet numbers arrive here */
};

/* What one consumer saw. */
struct seen {
	uint64_t first;
	uint64_t last;
	uint64_t count;
	int contiguous;
};

/* --- the consumer process --- */

static int consume(struct dsi_socket *sock, uint64_t hang_after, int seen_fd)
{
	struct dsi_packet *pkt;
	uint64_t number, n;
	int last = 0;

	for (n = 1; !last; n++) {
		if (dsi_packet_get(sock, DSI_FOREVER, &pkt) != 0)
			return 1;
		number = dsi_packet_number(pkt);
		last = (dsi_packet_flags(pkt) & DSI_PACKET_EOS) != 0;
		if (write(seen_fd, &number, sizeof(number)) !=
		    (ssize_t)sizeof(number))
			return 1;
		while (n == hang_after)
			pause();
		if (dsi_packet_commit(sock, pkt) != 0)
			return 1;
	}
	return 0;
}

static int consumer_main(const char *name, uint64_t hang_after, int seen_fd)
{
	struct dsi_socket *sock = NULL;
	int err = dsi_consumer_create(NULL, &sock);

	if (err == 0)
		err = dsi_socket_connect(sock, name, dsi_now() + 5 * SECOND_NS);
	if (err == 0)
		err = dsi_socket_start(sock);
	if (err != 0)
		fprintf(stderr, "consumer: %s\n", dsi_strerror(err));
	else
		err = consume(sock, hang_after, seen_fd);
	dsi_socket_destroy(sock);
	return err == 0 ? 0 : 1;
}

/* --- the producer process --- */

static int start_consumer(struct child *child, const char *name,
			  const char *hang_after)
{
	char fd[16];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	fcntl(fds[1], F_SETPIPE_SZ, 1 << 16);
	child->seen_fd = fds[0];
	snprintf(fd, sizeof(fd), "%d", fds[1]);
	child->pid = fork();
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fcntl(fds[1], F_SETFD, 0);
		execl("/proc/self/exe", "dsi-demo-comeback", name, hang_after,
		      fd, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	return child->pid < 0 ? -1 : 0;
}

static struct seen read_seen(const struct child *child)
{
	struct seen seen = {.contiguous = 1};
	uint64_t number;

	while (read(child->seen_fd, &number, sizeof(number)) ==
	       (ssize_t)sizeof(number)) {
		if (seen.count == 0)
			seen.first = number;
		else if (number != seen.last + 1)
			seen.contiguous = 0;
		seen.last = number;
		seen.count++;
	}
	close(child->seen_fd);
	return seen;
}

static int send_one(struct dsi_socket *sock, uint64_t wait_ns)
{
	const struct timespec rest = {.tv_nsec = REST_NS};
	static uint64_t sent;
	struct dsi_packet *pkt;
	int err = dsi_packet_get(sock, dsi_now() + wait_ns, &pkt);

	if (err != 0)
		return err;
	if (++sent == PACKETS)
		dsi_packet_set_flags(pkt, DSI_PACKET_EOS);
	err = dsi_packet_commit(sock, pkt);
	nanosleep(&rest, NULL);
	return err;
}

static uint64_t committed(const struct dsi_socket *sock)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	return dsi_socket_stats(sock, &stats) == 0 ? stats.committed : 0;
}

/* Send until the consumer hangs and the producer has to wait for it. */
static int until_blocked(struct dsi_socket *sock)
{
	int err = 0;

	while (err == 0 && committed(sock) < PACKETS)
		err = send_one(sock, SECOND_NS / 2);
	if (err != -DSI_ETIMEDOUT)
		return err == 0 ? -DSI_EPROTO : err;
	printf("%5" PRIu64 " sent: the consumer hangs, the producer waits\n",
	       committed(sock));
	return 0;
}

static int kill_and_go_on(struct dsi_socket *sock, const struct child *child)
{
	uint64_t begin_ns = dsi_now();
	int err, i;

	kill(child->pid, SIGKILL);
	err = send_one(sock, 5 * SECOND_NS);
	if (err != 0)
		return err;
	printf("%5" PRIu64 " sent: it was killed; the producer was free "
	       "%.1f ms later\n",
	       committed(sock), (double)(dsi_now() - begin_ns) / 1e6);
	waitpid(child->pid, NULL, 0);
	for (i = 0; err == 0 && i < 200; i++)
		err = send_one(sock, SECOND_NS);
	return err;
}

/* Wait for a consumer to join; the stream runs meanwhile. */
static int until_joined(struct dsi_socket *sock, uint64_t joins)
{
	uint64_t deadline_ns = dsi_now() + 5 * SECOND_NS;
	int err = 0;

	while (err == 0 &&
	       dsi_socket_event_count(sock, DSI_EVENT_PEER_JOINED) < joins)
		err = dsi_now() > deadline_ns ? -DSI_ETIMEDOUT
					      : send_one(sock, SECOND_NS);
	return err;
}

static int to_the_end(struct dsi_socket *sock, const struct child *child)
{
	int status, err = 0;

	printf("%5" PRIu64 " sent: a new consumer has joined\n",
	       committed(sock));
	while (err == 0 && committed(sock) < PACKETS)
		err = send_one(sock, SECOND_NS);
	waitpid(child->pid, &status, 0);
	return err == 0 && status != 0 ? -DSI_EPIPE : err;
}

static int judge(const struct dsi_socket *sock, const struct child *children)
{
	struct seen one = read_seen(&children[0]);
	struct seen two = read_seen(&children[1]);
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	uint64_t between = two.first - one.last - 1;
	int good;

	if (dsi_socket_stats(sock, &stats) != 0)
		return 0;
	printf("\nfirst consumer saw     %6" PRIu64 "  (%" PRIu64 "..%" PRIu64
	       ")\n",
	       one.count, one.first, one.last);
	printf("nobody saw             %6" PRIu64 "  (%" PRIu64
	       " of them sent while there was no consumer)\n",
	       between, stats.unclaimed);
	printf("second consumer saw    %6" PRIu64 "  (%" PRIu64 "..%" PRIu64
	       ")\n",
	       two.count, two.first, two.last);
	printf("sent                   %6" PRIu64 "\n", stats.committed);
	good = one.contiguous && two.contiguous && one.first == 0 &&
	       one.count == HANG_AFTER && two.last == PACKETS - 1 &&
	       one.count + between + two.count == stats.committed &&
	       stats.committed == PACKETS && stats.unclaimed <= between &&
	       dsi_socket_event_count(sock, DSI_EVENT_PEER_GONE) == 1 &&
	       dsi_socket_event_count(sock, DSI_EVENT_PEER_JOINED) == 2;
	printf("%s\n", good ? "it adds up" : "IT DOES NOT ADD UP");
	return good;
}

static int producer_begin(const char *name, struct dsi_socket **sock)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_producer_options opts = {.size = sizeof(opts)};
	int err;

	desc.packets = 16;
	desc.packet_bytes = 1024;
	opts.wait_consumers = 1;
	err = dsi_producer_create(&desc, &opts, sock);
	if (err == 0)
		err = dsi_socket_listen(*sock, name, NULL);
	if (err == 0)
		err = dsi_socket_start(*sock);
	return err;
}

static int producer_main(void)
{
	struct child children[2];
	struct dsi_socket *sock = NULL;
	char name[DSI_NAME_BYTES], hang_after[16];
	int good = 0, err;

	snprintf(name, sizeof(name), "comeback-%ld", (long)getpid());
	snprintf(hang_after, sizeof(hang_after), "%u", HANG_AFTER);
	err = producer_begin(name, &sock);
	if (err == 0 && start_consumer(&children[0], name, hang_after) != 0)
		err = -DSI_EIO;
	if (err == 0)
		err = send_one(sock, 5 * SECOND_NS);
	if (err == 0)
		err = until_blocked(sock);
	if (err == 0)
		err = kill_and_go_on(sock, &children[0]);
	if (err == 0 && start_consumer(&children[1], name, "0") != 0)
		err = -DSI_EIO;
	if (err == 0)
		err = until_joined(sock, 2);
	if (err == 0)
		err = to_the_end(sock, &children[1]);
	if (err == 0)
		good = judge(sock, children);
	else
		fprintf(stderr, "dsi-demo-comeback: %s\n", dsi_strerror(err));
	dsi_socket_destroy(sock);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4)
		return consumer_main(argv[1], strtoull(argv[2], NULL, 10),
				     atoi(argv[3]));
	return producer_main();
}
