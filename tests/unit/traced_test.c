/* SPDX-License-Identifier: MIT */
/*
 * traced_test.c - which events a trace provider is told, with which numbers:
 * packets, links, waits, ends that die, and times that were declared.
 *
 * The provider is here; it wants what a scene says, and keeps all it is told.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>
#include <dsi/trace.h>

#include "dsi/socket_private.h"
#include "tests/unit/must.h"

#define NAME "traced"
#define PATIENCE_NS UINT64_C(60000000000)
#define HOUR 3600u

/* ---- the provider -------------------------------------------------------- */

#define EVENTS_MAX 512u

struct event {
	uint32_t what; /* number of the event */
	uint64_t a, b, c;
};

static struct event events[EVENTS_MAX];
static uint32_t n_events;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for both */
static struct dsi_trace_open opened;			 /* the last one */
static int wanted[DSI_TRACE_EVENTS];

/* Of several threads. */
static void note(uint32_t what, uint64_t a, uint64_t b, uint64_t c)
{
	pthread_mutex_lock(&lock);
	MUST(n_events < EVENTS_MAX);
	events[n_events++] = (struct event){what, a, b, c};
	pthread_mutex_unlock(&lock);
}

static void put_open(const struct dsi_trace_open *end)
{
	opened = *end;
	note(0, end->role, end->period_ns, end->jitter_ns);
}

static void put_close(uint64_t stream, uint64_t endpoint, uint32_t reason)
{
	(void)stream;
	(void)endpoint;
	note(1, reason, 0, 0);
}

static void put_attach(uint64_t stream, uint64_t endpoint, uint32_t reader,
		       uint32_t mode, uint64_t seq)
{
	(void)stream;
	(void)endpoint;
	note(2, reader, mode, seq);
}

static void put_detach(uint64_t stream, uint64_t endpoint, uint32_t reader,
		       uint32_t mode, uint64_t seq)
{
	(void)stream;
	(void)endpoint;
	note(3, reader, mode, seq);
}

static void put_state(uint64_t stream, uint64_t endpoint, uint32_t from,
		      uint32_t to)
{
	(void)stream;
	(void)endpoint;
	note(4, from, to, 0);
}

static void put_dead(uint64_t stream, uint64_t endpoint, uint32_t peer_pid,
		     uint32_t held)
{
	(void)stream;
	(void)endpoint;
	note(5, peer_pid, held, 0);
}

static void put_format(uint64_t stream, uint32_t generation, uint32_t bytes,
		       uint64_t hash)
{
	(void)stream;
	note(6, generation, bytes, hash);
}

static void put_link(uint64_t in_stream, uint64_t in_seq, uint64_t out_stream,
		     uint64_t out_seq)
{
	MUST(in_stream && out_stream && in_stream != out_stream);
	note(7, in_seq, out_seq, 0);
}

static void put_violation(uint64_t stream, uint64_t seq, uint32_t kind,
			  uint64_t declared_ns, uint64_t actual_ns)
{
	(void)stream;
	MUST(actual_ns > declared_ns);
	note(8, seq, kind, declared_ns);
}

static void put_need(uint64_t stream, uint64_t endpoint, uint32_t reader,
		     uint64_t packets, uint64_t get_max_ns,
		     uint64_t release_max_ns)
{
	(void)stream;
	(void)endpoint;
	(void)reader;
	note(9, packets, get_max_ns, release_max_ns);
}

static void put_reserve(uint64_t stream, uint64_t seq, uint64_t offset,
			uint32_t bytes, uint32_t free)
{
	(void)stream;
	(void)offset;
	note(10, seq, bytes, free);
}

static void put_commit(uint64_t stream, uint64_t seq, uint32_t bytes,
		       uint32_t occupancy, uint64_t pts)
{
	(void)stream;
	(void)pts;
	note(11, seq, bytes, occupancy);
}

static void put_get(uint64_t stream, uint64_t seq, uint32_t reader,
		    uint64_t commit_ns, uint32_t backlog)
{
	(void)stream;
	(void)reader;
	note(12, seq, commit_ns, backlog);
}

static void put_release(uint64_t stream, uint64_t seq, uint32_t reader)
{
	(void)stream;
	note(13, seq, reader, 0);
}

static void put_reclaim(uint64_t stream, uint64_t seq, uint32_t free)
{
	(void)stream;
	note(14, seq, free, 0);
}

static void put_wait(uint64_t stream, uint64_t endpoint, uint32_t side,
		     uint64_t seq, uint32_t method)
{
	(void)stream;
	(void)endpoint;
	note(15, side, seq, method);
}

static void put_waited(uint64_t stream, uint64_t endpoint, uint32_t side,
		       uint64_t seq, int32_t result, uint32_t spins)
{
	(void)stream;
	(void)endpoint;
	(void)seq;
	note(16, side, (uint64_t)(int64_t)result, spins);
}

static void put_wake(uint64_t stream, uint64_t endpoint, uint32_t waiters)
{
	(void)stream;
	(void)endpoint;
	note(17, waiters, 0, 0);
}

static void put_drop(uint64_t stream, uint64_t seq, uint32_t count,
		     uint32_t reason, uint32_t reader)
{
	(void)stream;
	(void)reader;
	note(18, seq, count, reason);
}

#define WANTED(event, number) &wanted[number],

static const struct dsi_trace_provider provider = {
	.size = sizeof(provider),
	.version = DSI_TRACE_VERSION,
	.name = "kept",
	.wanted = {DSI_TRACE_MAP(WANTED)},
	.stream_open = put_open,
	.stream_close = put_close,
	.reader_attach = put_attach,
	.reader_detach = put_detach,
	.state = put_state,
	.peer_dead = put_dead,
	.format = put_format,
	.link = put_link,
	.violation = put_violation,
	.need = put_need,
	.reserve = put_reserve,
	.commit = put_commit,
	.get = put_get,
	.release = put_release,
	.reclaim = put_reclaim,
	.wait_begin = put_wait,
	.wait_end = put_waited,
	.wake = put_wake,
	.drop = put_drop,
};

/* ---- scenes -------------------------------------------------------------- */

#define WANT(event) 1u << DSI_TRACE_AT_##event

/* From here on these are wanted, and nothing has been told. */
static void want(uint32_t mask)
{
	for (uint32_t i = 0; i < DSI_TRACE_EVENTS; i++)
		/* The library's threads look at it. */
		__atomic_store_n(&wanted[i], (int)(mask >> i & 1u),
				 __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock);
	n_events = 0;
	pthread_mutex_unlock(&lock);
}

static uint32_t told(uint32_t what)
{
	uint32_t n = 0;

	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < n_events; i++)
		n += events[i].what == what;
	pthread_mutex_unlock(&lock);
	return n;
}

/* The n-th event of a kind, from 0. */
static struct event nth(uint32_t what, uint32_t n)
{
	uint32_t i = 0;

	pthread_mutex_lock(&lock);
	while (i < n_events && (events[i].what != what || n-- > 0))
		i++;
	MUST(i < n_events); /* it was told so often */
	pthread_mutex_unlock(&lock);
	return events[i];
}

#define TOLD(event, n) MUST_BE(told(DSI_TRACE_AT_##event), n)

static void is(uint32_t what, uint32_t n, uint64_t a, uint64_t b, uint64_t c)
{
	struct event event = nth(what, n);

	MUST_BE(event.a, a);
	MUST_BE(event.b, b);
	MUST_BE(event.c, c);
}

#define IS(event, n, a, b, c) is(DSI_TRACE_AT_##event, n, a, b, c)

/* Nothing is sent before @n consumers are there. */
static struct dsi_socket *produce_for(uint32_t n, const char *name,
				      const struct dsi_stream_desc *desc)
{
	const struct dsi_producer_options options = {.size = sizeof(options),
						     .wait_consumers = n};
	struct dsi_socket *sock;

	MUST_BE(dsi_producer_create(desc, &options, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, name, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static struct dsi_socket *produce(const char *name,
				  const struct dsi_stream_desc *desc)
{
	return produce_for(0, name, desc);
}

static struct dsi_socket *consume(const char *name,
				  const struct dsi_consumer_options *options)
{
	struct dsi_socket *sock;

	MUST_BE(dsi_consumer_create(options, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, name, dsi_now() + PATIENCE_NS), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static struct dsi_packet *get(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	MUST_BE(dsi_packet_get(sock, dsi_now() + PATIENCE_NS, &pkt), 0);
	return pkt;
}

static void put(struct dsi_socket *sock)
{
	MUST_BE(dsi_packet_commit(sock, get(sock)), 0);
}

static const struct dsi_stream_desc small = {
	.size = sizeof(small), .packets = 4, .packet_bytes = 64};

static struct dsi_consumer_options policy(uint32_t number)
{
	return (struct dsi_consumer_options){
		.size = sizeof(struct dsi_consumer_options), .policy = number};
}

/* ---- declared times ------------------------------------------------------ */

static uint64_t period_ns(uint64_t tick_hz, uint64_t period)
{
	struct dsi_stream_desc desc = small;

	desc.traffic = (struct dsi_traffic){
		.tick_hz = tick_hz, .period = period, .jitter = period};
	want(WANT(stream_open) | WANT(stream_close));
	dsi_socket_destroy(produce(NAME, &desc));
	TOLD(stream_open, 1);
	TOLD(stream_close, 1);
	IS(stream_close, 0, DSI_TRACE_CLOSED, 0, 0);
	MUST_BE(opened.jitter_ns, opened.period_ns);
	MUST_BE(opened.role, DSI_ROLE_PRODUCER);
	MUST_BE(opened.packets_max, 4);
	return opened.period_ns;
}

static void nanoseconds(void)
{
	const uint64_t many = UINT64_C(1000000000000);

	MUST_BE(period_ns(1000, 40), 40000000);
	MUST_BE(period_ns(30000, 1001), 33366667);
	MUST_BE(period_ns(many, 3 * many), UINT64_C(3000000000));
	/* Rounded up, and not too far. */
	MUST_BE(period_ns(many, many - 1), 1000000000);
	MUST_BE(period_ns(many, many / 2 + 1), 500000001);
	MUST_BE(period_ns(DSI_TICKS_MAX, DSI_TICKS_MAX - 1), 1000000000);
	/* Six centuries are for ever. */
	MUST_BE(period_ns(1, UINT64_C(18446744072)),
		UINT64_C(18446744072000000000));
	MUST(period_ns(1, UINT64_C(18446744073)) == UINT64_MAX);
	MUST(period_ns(1, DSI_TICKS_MAX) == UINT64_MAX);
}

/* ---- packets ------------------------------------------------------------- */

static void await_consumers(struct dsi_socket *sock, int32_t n)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	const struct timespec nap = {.tv_nsec = 1000000};

	for (;;) {
		struct dsi_packet *pkt = get(sock);

		/* It looks who is there. */
		MUST_BE(dsi_packet_discard(sock, pkt), 0);
		if (__builtin_popcount(sock->plane.as.producer.active_mask) ==
		    n)
			return;
		MUST(dsi_now() < deadline);
		(void)nanosleep(&nap, NULL);
	}
}

static void packets(void)
{
	const struct dsi_stream_desc desc = {.size = sizeof(desc),
					     .packets = 4,
					     .max_sg = 3,
					     .data_bytes = 65536};
	struct dsi_consumer_options options = policy(DSI_POLICY_BLOCK);
	struct dsi_socket *producer = produce(NAME, &desc);
	struct dsi_socket *first = consume(NAME, &options);
	struct dsi_socket *second = consume(NAME, &options);
	struct dsi_packet *pkt, *held;

	want(WANT(reserve) | WANT(commit) | WANT(get) | WANT(release) |
	     WANT(reclaim));
	pkt = get(producer);
	IS(reserve, 0, 0, 0, 3);
	MUST_BE(dsi_packet_add_data(pkt, 0, 100), 0);
	MUST_BE(dsi_packet_add_data(pkt, 1000, 20), 0);
	MUST_BE(dsi_packet_add_data(pkt, 2000, 3), 0);
	MUST_BE(dsi_packet_commit(producer, pkt), 0);
	IS(commit, 0, 0, 123, 1);
	/* Nothing in it. */
	put(producer);
	IS(reserve, 1, 1, 0, 2);
	IS(commit, 1, 1, 0, 2);
	held = get(first);
	IS(get, 0, 0, nth(DSI_TRACE_AT_get, 0).b, 1);
	MUST(nth(DSI_TRACE_AT_get, 0).b > 0);
	MUST_BE(dsi_packet_commit(first, held), 0);
	TOLD(release, 1);
	MUST_BE(nth(DSI_TRACE_AT_release, 0).a, 0);
	/* Who has not given back counts, also when the first one has left, as
	 * soon as that has been noticed. */
	dsi_socket_destroy(first);
	await_consumers(producer, 1);
	put(producer);
	IS(commit, 2, 2, 0, 3);
	MUST_BE(dsi_packet_commit(second, get(second)), 0);
	MUST_BE(dsi_packet_commit(second, get(second)), 0);
	put(producer);
	IS(commit, 3, 3, 0, 2);
	/* There is none left but what it gave back. */
	put(producer);
	IS(commit, 4, 4, 0, 3);
	TOLD(reclaim, 2);
	MUST_BE(nth(DSI_TRACE_AT_reclaim, 0).a, 0);
	MUST_BE(nth(DSI_TRACE_AT_reclaim, 1).a, 1);
	dsi_socket_destroy(second);
	dsi_socket_destroy(producer);
}

static void links(void)
{
	struct dsi_consumer_options options = policy(DSI_POLICY_BLOCK);
	struct dsi_socket *from = produce("from", &small);
	struct dsi_socket *to = produce("to", &small);
	struct dsi_socket *reader = consume("from", &options);
	struct dsi_packet *in, *out;

	want(0);
	put(from);
	put(from);
	in = get(reader);
	out = get(to);
	/* Nobody wants to know: nothing is kept. */
	MUST_BE(dsi_packet_link(out, in), 0);
	MUST_BE(dsi_packet_commit(to, out), 0);
	want(WANT(link));
	out = get(to);
	MUST_BE(dsi_packet_link(NULL, in), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(out, NULL), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(in, in), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(out, out), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(out, in), 0);
	MUST_BE(dsi_packet_commit(reader, in), 0);
	MUST_BE(dsi_packet_link(out, in), -DSI_EINVAL);
	in = get(reader);
	MUST_BE(dsi_packet_link(out, in), 0);
	MUST_BE(dsi_packet_link(out, in), -DSI_ENOSPC);
	MUST_BE(dsi_packet_commit(to, out), 0);
	MUST_BE(dsi_packet_link(out, in), -DSI_EINVAL);
	TOLD(link, 2);
	IS(link, 0, 0, 1, 0);
	IS(link, 1, 1, 1, 0);
	TOLD(commit, 0);
	MUST_BE(dsi_packet_commit(reader, in), 0);
	/* The next one has none. */
	put(to);
	TOLD(link, 2);
	dsi_socket_destroy(reader);
	dsi_socket_destroy(from);
	dsi_socket_destroy(to);
}

/* ---- what was declared, and is not kept ---------------------------------- */

/* A packet each hour, which may be early by two: however slow the machine, the
 * second is early by one, the third by two, the fourth by too much. */
static void too_early(uint32_t batch)
{
	struct dsi_stream_desc desc = small;
	struct dsi_socket *sock;

	desc.traffic = (struct dsi_traffic){.tick_hz = 1,
					    .period = HOUR,
					    .jitter = 2 * HOUR + 1,
					    .batch = batch};
	sock = produce(NAME, &desc);
	want(WANT(violation));
	for (uint32_t i = 0; i < 3 * batch; i++)
		put(sock);
	TOLD(violation, batch > 1 ? batch : 0);
	for (uint32_t i = 0; i < batch; i++)
		put(sock);
	TOLD(violation, batch > 1 ? 2 * batch : 1);
	IS(violation, 0, batch > 1 ? 2 * batch : 3, DSI_TRACE_PERIOD,
	   (2 * HOUR + 1) * UINT64_C(1000000000));
	dsi_socket_destroy(sock);
}

/* Nobody gets, holds and gives back within a nanosecond. */
static void too_late(uint32_t flags)
{
	struct dsi_stream_desc desc = small;
	struct dsi_consumer_options options = policy(DSI_POLICY_BLOCK);
	struct dsi_socket *producer, *consumer;

	desc.flags = flags;
	desc.traffic = (struct dsi_traffic){
		.tick_hz = 1000000000, .period = 4, .hold = 1};
	options.usage = (struct dsi_usage){
		.tick_hz = 1000000000, .hold = 1, .pace = DSI_PACE_ANCHORED};
	want(WANT(need) | WANT(stream_open));
	producer = produce(NAME, &desc);
	consumer = consume(NAME, &options);
	TOLD(stream_open, 2);
	TOLD(need, 1);
	MUST(nth(DSI_TRACE_AT_need, 0).a > 0);
	want(WANT(violation));
	put(producer);
	TOLD(violation, 1);
	IS(violation, 0, 0, DSI_TRACE_HOLD, 1);
	MUST_BE(dsi_packet_commit(consumer, get(consumer)), 0);
	TOLD(violation, flags & DSI_STREAM_NO_STAMP ? 2 : 3);
	if (!(flags & DSI_STREAM_NO_STAMP))
		MUST_BE(nth(DSI_TRACE_AT_violation, 1).b, DSI_TRACE_LATENCY);
	MUST_BE(nth(DSI_TRACE_AT_violation, told(DSI_TRACE_AT_violation) - 1).b,
		DSI_TRACE_HOLD);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
}

/* ---- waiting ------------------------------------------------------------- */

static void waits(uint32_t spin_ns)
{
	struct dsi_consumer_options options = policy(DSI_POLICY_BLOCK);
	struct dsi_socket *producer = produce(NAME, &small);
	struct dsi_socket *consumer;
	struct dsi_packet *pkt;
	struct event end;

	options.spin_ns = spin_ns;
	consumer = consume(NAME, &options);
	/* The one thread of both ends spins for who is elsewhere. */
	atomic_store(
		&dsi__plane(producer)->as.producer.peers[0].signal_page->cpu,
		UINT32_MAX);
	want(WANT(wait_begin) | WANT(wait_end));
	MUST_BE(dsi_packet_get(consumer, dsi_now() + 2000000, &pkt),
		-DSI_ETIMEDOUT);
	TOLD(wait_begin, 1);
	TOLD(wait_end, 1);
	MUST_BE(nth(DSI_TRACE_AT_wait_begin, 0).a, DSI_ROLE_CONSUMER);
	MUST_BE(nth(DSI_TRACE_AT_wait_begin, 0).c,
		spin_ns ? DSI_TRACE_SPIN : DSI_TRACE_SLEEP);
	end = nth(DSI_TRACE_AT_wait_end, 0);
	MUST_BE(end.a, DSI_ROLE_CONSUMER);
	MUST_BE((int64_t)end.b, -DSI_ETIMEDOUT);
	/* Who wants to know only how a wait ends is told of those whose begin
	 * was told. */
	want(WANT(wait_end));
	MUST_BE(dsi_packet_get(consumer, dsi_now() + 1000000, &pkt),
		-DSI_ETIMEDOUT);
	TOLD(wait_end, 0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
}

/* Two threads that wait for each other, each on its CPU, with one packet that
 * goes there and back.  Returns how many of their waits were begun by polling. */
#define TRIPS 100u

static int on_cpus[2];

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	MUST_BE(pthread_setaffinity_np(pthread_self(), sizeof(set), &set), 0);
}

static void *takes(void *arg)
{
	struct dsi_socket *consumer = arg;

	stay_on(on_cpus[1]);
	for (uint32_t i = 0; i < TRIPS; i++)
		MUST_BE(dsi_packet_commit(consumer, get(consumer)), 0);
	return NULL;
}

static uint32_t trips(int from, int to)
{
	const struct dsi_stream_desc one = {
		.size = sizeof(one), .packets = 1, .packet_bytes = 64};
	const struct dsi_producer_options eager = {.size = sizeof(eager),
						   .wait_consumers = 1,
						   .spin_ns = UINT32_MAX};
	struct dsi_consumer_options options = policy(DSI_POLICY_BLOCK);
	struct dsi_socket *producer, *consumer;
	uint32_t polled = 0;
	pthread_t thread;
	cpu_set_t before;

	MUST_BE(pthread_getaffinity_np(pthread_self(), sizeof(before), &before),
		0);
	on_cpus[0] = from;
	on_cpus[1] = to;
	MUST_BE(dsi_producer_create(&one, &eager, &producer), 0);
	MUST_BE(dsi_socket_listen(producer, NAME, NULL), 0);
	MUST_BE(dsi_socket_start(producer), 0);
	options.spin_ns = UINT32_MAX;
	consumer = consume(NAME, &options);
	want(WANT(wait_begin));
	MUST_BE(pthread_create(&thread, NULL, takes, consumer), 0);
	stay_on(on_cpus[0]);
	for (uint32_t i = 0; i < TRIPS; i++)
		put(producer);
	MUST_BE(pthread_join(thread, NULL), 0);
	for (uint32_t i = 0; i < told(DSI_TRACE_AT_wait_begin); i++)
		polled += nth(DSI_TRACE_AT_wait_begin, i).c == DSI_TRACE_SPIN;
	want(0);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	MUST_BE(pthread_setaffinity_np(pthread_self(), sizeof(before), &before),
		0);
	return polled;
}

/* Who spun on the CPU of the other end would keep it from running. */
static void spins_apart(void)
{
	cpu_set_t may;
	int cpus[2], n = 0;

	MUST_BE(pthread_getaffinity_np(pthread_self(), sizeof(may), &may), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++)
		if (CPU_ISSET((size_t)cpu, &may))
			cpus[n++] = cpu;
	MUST_BE(trips(cpus[0], cpus[0]), 0);
	if (n > 1)
		MUST(trips(cpus[0], cpus[1]) > 0);
}

/* ---- ends that die ------------------------------------------------------- */

/* A process that connects, does something with what it gets, and is killed when
 * it has said so. */
struct mortal {
	pid_t pid;
	int begin[2], done[2];
};

static void say(int fd)
{
	MUST_BE(write(fd, "x", 1), 1);
}

static void hear(int fd)
{
	char c;

	MUST_BE(read(fd, &c, 1), 1);
}

static void live(struct mortal *mortal, void (*life)(void *, int), void *arg)
{
	MUST_BE(pipe(mortal->begin), 0);
	MUST_BE(pipe(mortal->done), 0);
	mortal->pid = fork();
	MUST(mortal->pid >= 0);
	if (mortal->pid)
		return;
	(void)close(mortal->begin[1]);
	(void)close(mortal->done[0]);
	hear(mortal->begin[0]);
	life(arg, mortal->begin[0]);
	say(mortal->done[1]);
	for (;;)
		(void)pause();
}

static void die(struct mortal *mortal)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	const struct timespec nap = {.tv_nsec = 1000000};

	MUST_BE(kill(mortal->pid, SIGKILL), 0);
	MUST_BE(waitpid(mortal->pid, NULL, 0), mortal->pid);
	for (int i = 0; i < 2; i++) {
		(void)close(mortal->begin[i]);
		(void)close(mortal->done[i]);
	}
	while (!told(DSI_TRACE_AT_peer_dead)) {
		MUST(dsi_now() < deadline);
		(void)nanosleep(&nap, NULL);
	}
}

struct reader {
	uint32_t policy, packets;
	uint32_t lies; /* of what it has taken, when the producer is done */
};

/* Gets packets and gives the first one back. */
static void read_some(void *arg, int begin)
{
	const struct reader *reader = arg;
	struct dsi_consumer_options options = policy(reader->policy);
	struct dsi_socket *sock;
	struct dsi_packet *pkt = NULL;

	if (reader->policy == DSI_POLICY_DROP_NEW)
		options.queue_packets = 2;
	sock = consume(NAME, &options);
	for (uint32_t i = 0; i < reader->packets; i++) {
		pkt = get(sock);
		if (i == 0)
			MUST_BE(dsi_packet_commit(sock, pkt), 0);
	}
	if (!reader->lies)
		return;
	hear(begin);
	atomic_fetch_add(&sock->plane.as.consumer.page->taken, 1000);
}

static void reader_dies(uint32_t number, uint32_t some, uint32_t lies,
			uint32_t held)
{
	struct reader reader = {number, some, lies};
	struct dsi_socket *producer;
	struct mortal mortal;

	live(&mortal, read_some, &reader);
	producer = produce_for(1, NAME, &small);
	want(WANT(peer_dead));
	say(mortal.begin[1]);
	for (uint32_t i = 0; some && i < 4; i++)
		put(producer);
	if (lies)
		say(mortal.begin[1]);
	hear(mortal.done[0]);
	TOLD(peer_dead, 0);
	die(&mortal);
	TOLD(peer_dead, 1);
	IS(peer_dead, 0, (uint64_t)mortal.pid, held, 0);
	dsi_socket_destroy(producer);
}

static void write_some(void *arg, int begin)
{
	struct dsi_socket *sock = produce_for(1, NAME, &small);

	(void)arg;
	(void)begin;
	for (uint32_t i = 0; i < 4; i++)
		put(sock);
}

static void writer_dies(void)
{
	struct dsi_consumer_options options = policy(DSI_POLICY_BLOCK);
	struct dsi_packet *kept[2];
	struct dsi_socket *sock;
	struct mortal mortal;

	live(&mortal, write_some, NULL);
	say(mortal.begin[1]);
	sock = consume(NAME, &options);
	want(WANT(peer_dead));
	hear(mortal.done[0]);
	kept[0] = get(sock);
	kept[1] = get(sock);
	die(&mortal);
	IS(peer_dead, 0, (uint64_t)mortal.pid, 2, 0);
	MUST_BE(dsi_packet_commit(sock, kept[0]), 0);
	MUST_BE(dsi_packet_commit(sock, kept[1]), 0);
	dsi_socket_destroy(sock);
}

/* ---- a trace that begins later ------------------------------------------- */

/* Its ends are described at the next packet, and half a second later once more;
 * no matter how long this machine takes for a packet. */
static void begins_later(void)
{
	const struct timespec nap = {.tv_nsec = 600000000};
	struct dsi_socket *sock;

	want(0);
	sock = produce(NAME, &small);
	put(sock);
	TOLD(stream_open, 0);
	want(WANT(stream_open));
	put(sock);
	MUST(told(DSI_TRACE_AT_stream_open) == 1);
	put(sock);
	MUST(told(DSI_TRACE_AT_stream_open) <= 2);
	(void)nanosleep(&nap, NULL);
	for (int i = 0; i < 3; i++)
		put(sock);
	TOLD(stream_open, 2);
	want(0);
	put(sock);
	want(WANT(stream_open));
	put(sock);
	TOLD(stream_open, 1);
	dsi_socket_destroy(sock);
}

int main(void)
{
	char folder[] = "/tmp/dsi-traced-XXXXXX";

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	MUST_BE(dsi_trace_attach(&provider, NULL, 0), 0);
	reader_dies(DSI_POLICY_BLOCK, 3, 0, 2);
	reader_dies(DSI_POLICY_BLOCK, 0, 0, 0);
	reader_dies(DSI_POLICY_BLOCK, 3, 1, 0);
	reader_dies(DSI_POLICY_DROP_NEW, 2, 0, 1);
	reader_dies(DSI_POLICY_RECLAIM, 3, 0, 0);
	writer_dies();
	nanoseconds();
	packets();
	links();
	too_early(1);
	too_early(2);
	too_late(0);
	too_late(DSI_STREAM_NO_STAMP);
	waits(0);
	waits(100000);
	spins_apart();
	begins_later();
	MUST_BE(rmdir(folder), 0);
	return 0;
}
