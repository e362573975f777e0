/* SPDX-License-Identifier: MIT */
/*
 * peer_iceoryx.c - iceoryx: loan, publish, take, release; who sleeps does so in a
 * WaitSet.  A publisher waits for a subscriber that has no room, so that nothing
 * is lost.
 *
 * Its daemon runs while there is a link, with memory for what the links need.
 * A publisher may hold eight chunks, so there are no batches.  The library does
 * not say what calls of the kernel it makes.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <iceoryx_binding_c/log.h>
#include <iceoryx_binding_c/publisher.h>
#include <iceoryx_binding_c/runtime.h>
#include <iceoryx_binding_c/subscriber.h>
#include <iceoryx_binding_c/wait_set.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"

#define DAEMON "iox-roudi"
#define CHUNKS_BESIDE 64u /* of both links: held, loaned, in the daemon */
#define QUEUE_MOST 256u
#define NAME_BYTES 64u

struct iceoryx_link {
	struct bench_setup setup;
	char name[NAME_BYTES];
};

struct iceoryx_side {
	const struct iceoryx_link *link;
	iox_pub_storage_t publisher_memory;
	iox_sub_storage_t subscriber_memory;
	iox_ws_storage_t waits_memory;
	iox_pub_t publisher;
	iox_sub_t subscriber;
	iox_ws_t waits;
	void *loaned;
	const void *held[BENCH_BATCH];
	uint32_t first;
	uint32_t payload;
	bool subscribed;
};

/* ---- the daemon ----------------------------------------------------------- */

static struct {
	pid_t pid;
	uint32_t links;
	char config[NAME_BYTES];
} the_daemon;

static int write_config(const struct bench_setup *setup)
{
	uint32_t bytes = (setup->payload + 128u + 31u) & ~31u;
	FILE *file;
	int fd;

	snprintf(the_daemon.config, sizeof(the_daemon.config),
		 "/tmp/dsi-bench-iceoryx-XXXXXX");
	fd = mkstemp(the_daemon.config);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return -errno;
	fprintf(file,
		"[general]\nversion = 1\n[[segment]]\n[[segment.mempool]]\n"
		"size = %u\ncount = %u\n",
		bytes, 2u * setup->ring + CHUNKS_BESIDE);
	return fclose(file) ? -errno : 0;
}

/* It ends with us, whatever we die of, and says nothing. */
static _Noreturn void daemon_be(void)
{
	int fd = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	execlp(DAEMON, DAEMON, "-c", the_daemon.config, "-m", "off", "-l",
	       "off", (char *)NULL);
	_exit(127);
}

static int daemon_start(const struct bench_setup *setup)
{
	int err = write_config(setup);

	if (err)
		return err;
	the_daemon.pid = fork();
	if (the_daemon.pid == 0)
		daemon_be();
	if (the_daemon.pid < 0) {
		unlink(the_daemon.config);
		return -EAGAIN;
	}
	return 0;
}

static void daemon_stop(void)
{
	kill(the_daemon.pid, SIGTERM);
	waitpid(the_daemon.pid, NULL, 0);
	unlink(the_daemon.config);
}

/* ---- open and close ------------------------------------------------------- */

static int iceoryx_open(const struct bench_setup *setup, void **out_link)
{
	struct iceoryx_link *link = calloc(1, sizeof(*link));
	int err = 0;

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	snprintf(link->name, sizeof(link->name), "%s", setup->name);
	link->setup.name = link->name;
	if (the_daemon.links == 0)
		err = daemon_start(setup);
	if (err) {
		free(link);
		return err;
	}
	the_daemon.links++;
	*out_link = link;
	return 0;
}

static void iceoryx_close(void *raw)
{
	if (--the_daemon.links == 0)
		daemon_stop();
	free(raw);
}

static void join_producer(struct iceoryx_side *side)
{
	iox_pub_options_t options;

	iox_pub_options_init(&options);
	options.historyCapacity = 0;
	options.subscriberTooSlowPolicy =
		ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	side->publisher = iox_pub_init(&side->publisher_memory, "dsi", "bench",
				       side->link->name, &options);
}

static void join_consumer(struct iceoryx_side *side)
{
	uint32_t ring = side->link->setup.ring;
	iox_sub_options_t options;

	iox_sub_options_init(&options);
	options.queueCapacity = ring < QUEUE_MOST ? ring : QUEUE_MOST;
	options.historyRequest = 0;
	options.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	side->subscriber = iox_sub_init(&side->subscriber_memory, "dsi",
					"bench", side->link->name, &options);
	if (side->link->setup.wait == BENCH_POLL)
		return;
	side->waits = iox_ws_init(&side->waits_memory);
	iox_ws_attach_subscriber_state(side->waits, side->subscriber,
				       SubscriberState_HAS_DATA, 0, NULL);
}

/* A process says its name to the daemon once, however many links it has.  It
 * waits for the daemon. */
static int iceoryx_join(void *raw, uint32_t number, void **out_side, char *why,
			size_t why_bytes)
{
	static bool named;
	const struct iceoryx_link *link = raw;
	struct iceoryx_side *side = calloc(1, sizeof(*side));
	char name[NAME_BYTES];

	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->link = link;
	side->payload = link->setup.payload ? link->setup.payload : 1u;
	if (!named) {
		snprintf(name, sizeof(name), "dsi-bench-%ld", (long)getpid());
		iox_set_loglevel(Iceoryx_LogLevel_Off);
		iox_runtime_init(name);
		named = true;
	}
	if (number == 0)
		join_producer(side);
	else
		join_consumer(side);
	*out_side = side;
	return 0;
}

static void iceoryx_leave(void *raw)
{
	struct iceoryx_side *side = raw;

	if (side->waits)
		iox_ws_deinit(side->waits);
	if (side->subscriber)
		iox_sub_deinit(side->subscriber);
	if (side->publisher)
		iox_pub_deinit(side->publisher);
	free(side);
}

/* ---- messages ------------------------------------------------------------- */

/* What is published before there is a subscriber is lost. */
static void wait_for_subscriber(struct iceoryx_side *side)
{
	const struct timespec while_ns = {.tv_nsec = 200000};

	while (!iox_pub_has_subscribers(side->publisher))
		nanosleep(&while_ns, NULL);
	side->subscribed = true;
}

static int32_t iceoryx_take(void *raw, void **places, uint32_t n)
{
	struct iceoryx_side *side = raw;
	enum iox_AllocationResult result;

	(void)n;
	if (!side->subscribed)
		wait_for_subscriber(side);
	result = iox_pub_loan_chunk(side->publisher, &side->loaned,
				    side->payload);
	/* The subscriber has them all. */
	if (result == AllocationResult_RUNNING_OUT_OF_CHUNKS)
		return 0;
	if (result != AllocationResult_SUCCESS)
		return -ENOMEM;
	places[0] = side->loaned;
	return 1;
}

static int iceoryx_send(void *raw, uint32_t n)
{
	struct iceoryx_side *side = raw;

	(void)n;
	iox_pub_publish_chunk(side->publisher, side->loaned);
	return 0;
}

static int32_t take_chunks(struct iceoryx_side *side, const void **payloads,
			   uint32_t n)
{
	uint32_t got;

	side->first = 0;
	for (got = 0; got < n; got++) {
		enum iox_ChunkReceiveResult result =
			iox_sub_take_chunk(side->subscriber, &side->held[got]);

		if (result == ChunkReceiveResult_NO_CHUNK_AVAILABLE)
			break;
		if (result != ChunkReceiveResult_SUCCESS)
			return -EIO;
		payloads[got] = side->held[got];
	}
	return (int32_t)got;
}

static int32_t iceoryx_receive(void *raw, const void **payloads, uint32_t n)
{
	struct iceoryx_side *side = raw;
	iox_notification_info_t info[1];
	uint64_t missed;
	int32_t got = take_chunks(side, payloads, n);

	while (got == 0 && side->waits) {
		iox_ws_wait(side->waits, info, 1, &missed);
		got = take_chunks(side, payloads, n);
	}
	return got;
}

static int iceoryx_release(void *raw, uint32_t n)
{
	struct iceoryx_side *side = raw;

	for (uint32_t i = 0; i < n; i++)
		iox_sub_release_chunk(side->subscriber,
				      side->held[side->first++]);
	return 0;
}

const struct bench_channel peer_iceoryx = {
	.name = "iceoryx",
	.text = "iceoryx 2.0: loan, publish, take; WaitSet to sleep",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_ZERO_COPY,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = QUEUE_MOST,
	.consumers_max = 1,
	.open = iceoryx_open,
	.join = iceoryx_join,
	.take = iceoryx_take,
	.send = iceoryx_send,
	.receive = iceoryx_receive,
	.release = iceoryx_release,
	.calls = NULL,
	.leave = iceoryx_leave,
	.close = iceoryx_close,
};
