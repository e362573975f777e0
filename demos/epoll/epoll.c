/* SPDX-License-Identifier: MIT */
/*
 * epoll.c - a consumer in an event loop, beside other descriptors.
 *
 *   dsi_socket_fd() --\
 *   timerfd ----------- epoll_wait() -> whatever is ready
 *   standard input ---/    (a terminal only: "q" ends the loop)
 *
 * The rule of the descriptor: get packets with deadline 0 until there are
 * none (-DSI_EAGAIN), only then wait.  A producer that commits in between
 * rings the bell again, so no packet is overlooked.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>

#define PACKETS 3000u
#define PAUSE_NS 1000000l /* between two packets */
#define TICK_NS 200000000l
#define SECOND_NS 1000000000ull

struct loop {
	int epoll_fd;
	int timer_fd;
	int quit;
	struct dsi_socket *sock;
	uint64_t packets;
	uint64_t wakes; /* times the socket's descriptor was ready */
	uint64_t ticks;
};

/* --- a producer to listen to --- */

static void *producer_thread(void *arg)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct dsi_socket *sock = arg;
	struct dsi_packet *pkt;
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		if (dsi_packet_get(sock, DSI_FOREVER, &pkt) != 0)
			break;
		if (i == PACKETS - 1)
			dsi_packet_set_flags(pkt, DSI_PACKET_EOS);
		dsi_packet_commit(sock, pkt);
		/* Sometimes three at once. */
		if (i % 3 == 0)
			nanosleep(&pause, NULL);
	}
	return NULL;
}

static int producer_begin(const char *name, struct dsi_socket **sock)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_producer_options opts = {.size = sizeof(opts)};
	int err;

	desc.packets = 16;
	desc.packet_bytes = 256;
	opts.wait_consumers = 1;
	err = dsi_producer_create(&desc, &opts, sock);
	if (err == 0)
		err = dsi_socket_listen(*sock, name, NULL);
	if (err == 0)
		err = dsi_socket_start(*sock);
	return err;
}

/* --- the loop --- */

static int watch_fd(struct loop *loop, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int on_packets(struct loop *loop)
{
	struct dsi_packet *pkt;
	int err;

	loop->wakes++;
	while ((err = dsi_packet_get(loop->sock, 0, &pkt)) == 0) {
		loop->packets++;
		if (dsi_packet_flags(pkt) & DSI_PACKET_EOS)
			loop->quit = 1;
		dsi_packet_commit(loop->sock, pkt);
	}
	return err == -DSI_EAGAIN || loop->quit ? 0 : err;
}

static void on_timer(struct loop *loop)
{
	uint64_t expired;

	if (read(loop->timer_fd, &expired, sizeof(expired)) > 0)
		loop->ticks += expired;
	printf("timer: %" PRIu64 " packets so far\n", loop->packets);
}

static void on_input(struct loop *loop)
{
	char text[64];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));

	if (n > 0 && text[0] == 'q')
		loop->quit = 1;
}

static int loop_run(struct loop *loop, int sock_fd)
{
	struct epoll_event event;
	int n, err = 0;

	while (err == 0 && !loop->quit) {
		n = epoll_wait(loop->epoll_fd, &event, 1, 5000);
		if (n <= 0)
			return -DSI_ETIMEDOUT;
		if (event.data.fd == sock_fd)
			err = on_packets(loop);
		else if (event.data.fd == loop->timer_fd)
			on_timer(loop);
		else
			on_input(loop);
	}
	return err;
}

static int loop_begin(struct loop *loop, const char *name)
{
	const struct itimerspec tick = {.it_interval.tv_nsec = TICK_NS,
					.it_value.tv_nsec = TICK_NS};
	int err = dsi_consumer_create(NULL, &loop->sock);

	if (err == 0)
		err = dsi_socket_connect(loop->sock, name,
					 dsi_now() + 5 * SECOND_NS);
	if (err == 0)
		err = dsi_socket_start(loop->sock);
	if (err != 0)
		return err;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (timerfd_settime(loop->timer_fd, 0, &tick, NULL) != 0 ||
	    watch_fd(loop, loop->timer_fd) != 0)
		return -DSI_EIO;
	if (isatty(STDIN_FILENO) && watch_fd(loop, STDIN_FILENO) != 0)
		return -DSI_EIO;
	return 0;
}

static int demo(struct loop *loop, struct dsi_socket **producer,
		const char *name)
{
	pthread_t thread;
	int fd;
	int err = producer_begin(name, producer);

	if (err == 0)
		err = loop_begin(loop, name);
	if (err != 0)
		return err;
	fd = dsi_socket_fd(loop->sock);
	if (fd < 0)
		return fd;
	if (watch_fd(loop, fd) != 0 ||
	    pthread_create(&thread, NULL, producer_thread, *producer) != 0)
		return -DSI_EIO;
	err = loop_run(loop, fd);
	dsi_socket_close(loop->sock);
	dsi_socket_stop(*producer);
	pthread_join(thread, NULL);
	return err;
}

int main(void)
{
	static struct loop loop;
	struct dsi_socket *producer = NULL;
	char name[DSI_NAME_BYTES];
	int err;

	snprintf(name, sizeof(name), "epoll-%ld", (long)getpid());
	err = demo(&loop, &producer, name);
	if (err != 0)
		fprintf(stderr, "dsi-demo-epoll: %s\n", dsi_strerror(err));
	dsi_socket_destroy(loop.sock);
	dsi_socket_destroy(producer);
	printf("%" PRIu64 " of %u packets in %" PRIu64 " wake-ups, %" PRIu64
	       " timer ticks\n",
	       loop.packets, PACKETS, loop.wakes, loop.ticks);
	return err == 0 && loop.packets == PACKETS && loop.ticks > 0 ? 0 : 1;
}
