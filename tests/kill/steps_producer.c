/* SPDX-License-Identifier: MIT */
/*
 * steps_producer.c - the producer is killed or stopped, in each of its calls.
 *
 * What survives: one or two consumers, and sometimes a third that joins or
 * leaves.  Each gets all that was committed, is told of the death, and nothing
 * of the dead is left.
 */
#define _GNU_SOURCE
#include <string.h>

#include "tests/kill/kill_readers.h"

#define READERS 3u
#define TAIL (2u * KILL_PACKETS)

/* A second consumer, and its policy. */
#define ALONE UINT32_MAX

/* ---- the victim ---------------------------------------------------------- */

void kill_producer_options(struct dsi_stream_desc *desc,
			   struct dsi_producer_options *options,
			   uint32_t consumers)
{
	*desc = (struct dsi_stream_desc){
		.size = sizeof(*desc),
		.packets = KILL_PACKETS,
		.packet_bytes = KILL_BYTES,
	};
	*options = (struct dsi_producer_options){
		.size = sizeof(*options),
		.wait_consumers = consumers,
	};
}

struct dsi_socket *kill_make_producer(uint32_t consumers)
{
	struct dsi_producer_options options;
	struct dsi_stream_desc desc;
	struct dsi_socket *sock;

	kill_producer_options(&desc, &options, consumers);
	MUST_BE(dsi_producer_create(&desc, &options, &sock), 0);
	return sock;
}

static uint32_t readers_of(const struct kill_step *step)
{
	return step->policy == ALONE ? 1u : 2u;
}

static void get(struct kill_victim *v, uint64_t deadline_ns)
{
	MUST_BE(dsi_packet_get(v->sock, deadline_ns, &v->held[v->n_held]), 0);
	v->n_held++;
}

static void fill(struct kill_victim *v)
{
	for (uint32_t i = 0; i < v->n_held; i++)
		kill_fill(v->held[i], v->number + i);
	atomic_store(&kill_page->begun, v->number + v->n_held);
}

static void committed(struct kill_victim *v, uint32_t n)
{
	v->number += n;
	v->n_held -= n;
	memmove(v->held, v->held + n, v->n_held * sizeof(v->held[0]));
	atomic_store(&kill_page->committed, v->number);
}

static void commit_one(struct kill_victim *v)
{
	MUST_BE(dsi_packet_commit(v->sock, v->held[0]), 0);
	committed(v, 1);
}

static void send(struct kill_victim *v, uint32_t n)
{
	while (n-- > 0) {
		get(v, DSI_FOREVER);
		fill(v);
		commit_one(v);
	}
}

/* All that are there have got and given back everything. */
static void await_readers(const struct kill_victim *v)
{
	for (uint32_t i = 0; i < readers_of(v->step); i++)
		if (i == 0 || v->step->policy == DSI_POLICY_BLOCK)
			await_count(&kill_page->got[i], v->number);
}

static int live(struct kill_victim *v)
{
	const struct kill_step *step = v->step;
	uint32_t third = (step->flags & (KILL_THIRD | KILL_LEAVES)) ==
			 (KILL_THIRD | KILL_LEAVES);

	v->sock = kill_make_producer(readers_of(step) + third);
	MUST_BE(dsi_socket_listen(v->sock, KILL_NAME, NULL), 0);
	kill_go_through(v);
	/* It was stopped, and goes on. */
	if (!v->sock)
		return 0;
	fill(v);
	while (v->n_held)
		commit_one(v);
	send(v, TAIL);
	dsi_socket_destroy(v->sock);
	return 0;
}

static void start(struct kill_victim *v)
{
	MUST_BE(dsi_socket_start(v->sock), 0);
}

static void start_and_send(struct kill_victim *v)
{
	start(v);
	send(v, v->step->feed);
}

static void prepare_one(struct kill_victim *v)
{
	start_and_send(v);
	get(v, DSI_FOREVER);
	fill(v);
}

static void prepare_batch(struct kill_victim *v)
{
	start_and_send(v);
	for (uint32_t i = 0; i < KILL_PACKETS / 2u; i++)
		get(v, DSI_FOREVER);
	fill(v);
}

/* Its descriptor alone does not say all. */
static void prepare_row(struct kill_victim *v)
{
	prepare_one(v);
	MUST_BE(dsi_packet_set_number(v->held[0], v->number), 0);
	MUST_BE(dsi_packet_set_expiry(v->held[0], DSI_FOREVER - 1u), 0);
}

static void prepare_returned(struct kill_victim *v)
{
	start_and_send(v);
	await_readers(v);
}

static void get_now(struct kill_victim *v)
{
	get(v, 0);
}

static void get_patiently(struct kill_victim *v)
{
	get(v, DSI_FOREVER);
}

static void get_batch(struct kill_victim *v)
{
	int32_t n = dsi_packet_get_many(v->sock, DSI_FOREVER, v->held,
					KILL_PACKETS / 2u);

	MUST(n > 0);
	v->n_held = (uint32_t)n;
}

static void commit_batch(struct kill_victim *v)
{
	MUST_BE(dsi_packet_commit_many(v->sock, v->held, v->n_held), 0);
	committed(v, v->n_held);
}

static void commit_get(struct kill_victim *v)
{
	struct dsi_packet *next;

	MUST_BE(dsi_packet_commit_get(v->sock, v->held[0], DSI_FOREVER, &next),
		0);
	committed(v, 1);
	v->held[v->n_held++] = next;
}

static void discard(struct kill_victim *v)
{
	MUST_BE(dsi_packet_discard(v->sock, v->held[0]), 0);
	v->n_held = 0;
}

static void drain(struct kill_victim *v)
{
	MUST_BE(dsi_socket_drain(v->sock, DSI_FOREVER), 0);
}

static void stop_and_start(struct kill_victim *v)
{
	MUST_BE(dsi_socket_stop(v->sock), 0);
	MUST_BE(dsi_socket_start(v->sock), 0);
}

static void leave(struct kill_victim *v)
{
	dsi_socket_destroy(v->sock);
	v->sock = NULL;
}

static void nothing(struct kill_victim *v)
{
	(void)v;
}

/* ---- who survives -------------------------------------------------------- */

static struct kill_reader readers[READERS];
static struct dsi_socket *third; /* without a thread */
static struct dsi_packet *third_pkt;
static uint32_t rounds;
static uint32_t fds;
static pid_t present;
static uint32_t descriptors; /* of the victim, with the third */

static void begin(const struct kill_step *step)
{
	(void)step;
	fds = count_descriptors();
}

static void end(const struct kill_step *step)
{
	(void)step;
	kill_no_names();
}

/* The others get what the victim needs for its preparation. */
static uint64_t allowance(const struct kill_step *step, uint32_t i)
{
	if (step->flags & KILL_GATED)
		return 0;
	return i == 1u && step->policy == DSI_POLICY_RECLAIM ? 0 : UINT64_MAX;
}

static void meet(const struct kill_step *step, pid_t victim)
{
	uint32_t bell = step->flags & KILL_BELL;

	(void)victim;
	for (uint32_t i = 0; i < readers_of(step); i++)
		kill_reader_begin(&readers[i],
				  i ? step->policy : DSI_POLICY_BLOCK, bell,
				  allowance(step, i), &kill_page->got[i]);
	if (!(step->flags & KILL_LEAVES) || !(step->flags & KILL_THIRD))
		return;
	third = kill_make_consumer(DSI_POLICY_BLOCK);
	kill_connect(third);
	MUST_BE(dsi_socket_start(third), 0);
	MUST_BE(dsi_packet_get(third, kill_deadline(), &third_pkt), 0);
}

/* The one that holds a packet hangs up. */
static void leave_third(pid_t victim)
{
	descriptors = kill_count_descriptors(victim);
	present = victim;
	dsi_socket_destroy(third);
	third = NULL;
}

static int has_heard(void)
{
	return kill_count_descriptors(present) < descriptors;
}

static void ready(const struct kill_step *step, pid_t victim)
{
	if (step->flags & KILL_WAKES)
		for (uint32_t i = 0; i < readers_of(step); i++)
			if (allowance(step, i))
				kill_reader_await_asleep(&readers[i]);
	if (!(step->flags & KILL_THIRD))
		return;
	if (step->flags & KILL_JOINS) {
		kill_reader_begin(&readers[2], DSI_POLICY_BLOCK, 0, UINT64_MAX,
				  &kill_page->got[2]);
		return;
	}
	leave_third(victim);
	if (!(step->flags & KILL_MONITOR)) {
		uint64_t deadline = kill_deadline();

		while (!has_heard()) {
			MUST(dsi_now() < deadline);
			sleep_us(50);
		}
	}
}

static void open_gates(const struct kill_step *step)
{
	for (uint32_t i = 0; i < readers_of(step); i++)
		atomic_store(&readers[i].allowed, UINT64_MAX);
}

static void rouse(void)
{
	for (uint32_t i = 0; i < READERS; i++)
		atomic_store(&readers[i].allowed, UINT64_MAX);
}

/* Between what was committed for certain and what was begun; to the packet, if
 * it was not killed. */
static void check_reader(const struct kill_reader *reader, int all)
{
	uint64_t got = atomic_load(reader->got) + reader->first;
	uint64_t committed = atomic_load(&kill_page->committed);
	uint64_t begun = atomic_load(&kill_page->begun);

	MUST(got <= begun);
	if (reader->policy != DSI_POLICY_BLOCK)
		return;
	/* Who joined late may have missed all. */
	MUST(got >= committed || (!all && reader == &readers[2] && got == 0));
	MUST(!all || committed == begun);
}

static void part(const struct kill_step *step, int all)
{
	uint32_t n = readers_of(step);

	open_gates(step);
	if ((step->flags & KILL_THIRD) && (step->flags & KILL_JOINS)) {
		kill_reader_await_end(&readers[2]);
		check_reader(&readers[2], all);
	}
	for (uint32_t i = 0; i < n; i++) {
		kill_reader_await_end(&readers[i]);
		check_reader(&readers[i], all);
	}
}

static void killed(const struct kill_step *step)
{
	part(step, 0);
}

/* Everybody has got what there is, and sleeps. */
static void stopped(const struct kill_step *step, pid_t victim)
{
	(void)victim;
	open_gates(step);
	await_count(&kill_page->got[0], atomic_load(&kill_page->committed));
	if (step->flags & KILL_LEAVES && !(step->flags & KILL_THIRD))
		return; /* they may have heard of it */
	for (uint32_t i = 0; i < readers_of(step); i++)
		kill_reader_await_asleep(&readers[i]);
}

static void ended(const struct kill_step *step, int told)
{
	MUST(!told);
	part(step, 1);
}

/* The dead one's name goes with whoever meets it: the next producer, or who
 * asks for names. */
static void settle(const struct kill_step *step)
{
	(void)step;
	await_no_growth(fds, 0);
	if (rounds++ % 2u)
		kill_no_names();
}

static const struct kill_scene scene = {
	.live = live,
	.begin = begin,
	.end = end,
	.meet = meet,
	.ready = ready,
	.rouse = rouse,
	.over = has_heard,
	.killed = killed,
	.stopped = stopped,
	.ended = ended,
	.settle = settle,
};

#define DROP DSI_POLICY_DROP_NEW
#define RECLAIM DSI_POLICY_RECLAIM
#define BLOCK DSI_POLICY_BLOCK
#define ALL KILL_PACKETS

const struct kill_step kill_steps_producer[] = {
	{"producer.start", &scene, NULL, start, 0, BLOCK, 0},
	/* One consumer, and ordinary packets. */
	{"producer.get", &scene, start_and_send, get_now, 0, ALONE, 1},
	{"producer.get-returned", &scene, prepare_returned, get_now, 0, ALONE,
	 ALL},
	{"producer.get-many", &scene, prepare_returned, get_batch, 0, ALONE,
	 ALL},
	{"producer.get-wait", &scene, start_and_send, get_patiently,
	 KILL_SLEEPS | KILL_GATED, ALONE, ALL},
	{"producer.commit", &scene, prepare_one, commit_one, KILL_GATED, ALONE,
	 1},
	{"producer.commit-wake", &scene, prepare_one, commit_one, KILL_WAKES,
	 ALONE, 1},
	{"producer.commit-bell", &scene, prepare_one, commit_one,
	 KILL_WAKES | KILL_BELL, ALONE, 1},
	{"producer.commit-many", &scene, prepare_batch, commit_batch,
	 KILL_GATED, ALONE, ALL / 2u},
	{"producer.commit-many-wake", &scene, prepare_batch, commit_batch,
	 KILL_WAKES, ALONE, ALL - 2u},
	{"producer.commit-row", &scene, prepare_row, commit_one, KILL_GATED,
	 ALONE, 1},
	{"producer.commit-get", &scene, prepare_one, commit_get, KILL_WAKES,
	 ALONE, 1},
	{"producer.commit-wait", &scene, prepare_one, commit_get,
	 KILL_SLEEPS | KILL_GATED, ALONE, ALL - 1u},
	{"producer.discard", &scene, prepare_one, discard, 0, ALONE, 1},
	/* Several consumers. */
	{"producer.two.get", &scene, prepare_returned, get_now, 0, BLOCK, ALL},
	{"producer.two.get-wait", &scene, start_and_send, get_patiently,
	 KILL_SLEEPS | KILL_GATED, BLOCK, ALL},
	{"producer.two.commit", &scene, prepare_one, commit_one, KILL_GATED,
	 BLOCK, 1},
	{"producer.two.commit-wake", &scene, prepare_one, commit_one,
	 KILL_WAKES, BLOCK, 1},
	{"producer.drop.commit", &scene, prepare_one, commit_one, KILL_GATED,
	 DROP, 1},
	{"producer.drop.full", &scene, prepare_one, commit_one, KILL_GATED,
	 DROP, 4},
	{"producer.reclaim.get", &scene, prepare_returned, get_now, 0, RECLAIM,
	 ALL},
	{"producer.reclaim.commit", &scene, prepare_one, commit_one, 0, RECLAIM,
	 ALL},
	/* Consumers that come and go. */
	{"producer.admit", &scene, start_and_send, get_now,
	 KILL_JOINS | KILL_THIRD, BLOCK, 1},
	{"producer.retire", &scene, start_and_send, get_now,
	 KILL_LEAVES | KILL_THIRD, BLOCK, 1},
	{"producer.monitor-bury", &scene, start_and_send, nothing,
	 KILL_LEAVES | KILL_THIRD | KILL_MONITOR, BLOCK, 1},
	{"producer.drain", &scene, start_and_send, drain,
	 KILL_SLEEPS | KILL_GATED, BLOCK, 3},
	{"producer.stop", &scene, start_and_send, stop_and_start, 0, BLOCK, 1},
	{"producer.close", &scene, start_and_send, leave, KILL_LEAVES, BLOCK,
	 3},
	{NULL, NULL, NULL, NULL, 0, 0, 0},
};
