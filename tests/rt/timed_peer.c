/* SPDX-License-Identifier: MIT */
/* timed_peer.c - see timed_peer.h. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "tests/rt/timed_peer.h"
#include "tests/unit/must.h"

#define NS_PER_S UINT64_C(1000000000)
#define MOST_HELD 64u /* more than a stream here ever has */
#define PHASE 40u     /* packets of the worst pattern before it turns */
#define PRIORITY 50
#define NONE UINT64_MAX

/* A packet between its get and its commit. */
struct held {
	struct dsi_packet *pkt; /* NULL: there was none */
	uint64_t got;
	uint64_t close; /* planned commit */
};

struct work {
	struct timed_peer *peer;
	struct held held[MOST_HELD];
	uint64_t opened; /* packets for which a get was tried */
	uint64_t closed;
	struct dsi_packet *next; /* consumer: got, but of a later number */
	uint64_t next_number;
};

/* ---- the plan ------------------------------------------------------------ */

/* Evenly in 0..@most, the same each time for one packet. */
static uint64_t draw(const struct timed_peer *peer, uint64_t i, uint64_t what,
		     uint64_t most)
{
	uint64_t state = (peer->seed + 1u) * 0x9e3779b97f4a7c15u +
			 (4u * i + what) * 0xd1342543de82ef95u + 1u;

	(void)must_random(&state);
	return must_random(&state) % (most + 1u);
}

/* Is this packet's turn the one for the longest life? */
static int long_life(uint64_t i)
{
	return i / PHASE % 2u == 0;
}

static uint64_t jitter_of(const struct timed_peer *peer, uint64_t i)
{
	int late = long_life(i) == (peer->role == DSI_ROLE_CONSUMER);

	if (peer->pattern == TIMED_RANDOM)
		return draw(peer, i, 0, peer->delays.jitter);
	return late ? peer->delays.jitter : 0;
}

static uint64_t hold_of(const struct timed_peer *peer, uint64_t i)
{
	if (peer->pattern == TIMED_RANDOM)
		return draw(peer, i, 1, peer->delays.hold);
	return peer->delays.hold;
}

/* When packet @i is got and committed.  A producer is due with the commit, a
 * consumer with the get. */
static void plan(const struct timed_peer *peer, uint64_t i, uint64_t *open,
		 uint64_t *close)
{
	uint64_t due = peer->begin + i * peer->period + jitter_of(peer, i);

	if (peer->role == DSI_ROLE_PRODUCER) {
		*close = due;
		*open = due - hold_of(peer, i);
	} else {
		*open = due;
		*close = due + hold_of(peer, i);
	}
}

/* ---- the clock ----------------------------------------------------------- */

static void sleep_until(struct timed_peer *peer, uint64_t when)
{
	struct timespec at = {.tv_sec = (time_t)(when / NS_PER_S),
			      .tv_nsec = (long)(when % NS_PER_S)};
	uint64_t now = dsi_now();

	if (now >= when)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
		;
	now = dsi_now();
	if (now - when > peer->outcome.late)
		peer->outcome.late = now - when;
}

static void note(struct timed_log *log, uint64_t i)
{
	if (log->count < TIMED_LOG)
		log->at[log->count] = i;
	log->count++;
}

/* @value may be at most @limit, or the declaration is void. */
static void keep_to(struct timed_peer *peer, uint64_t i, uint64_t value,
		    uint64_t limit)
{
	if (value <= limit)
		return;
	if (peer->outcome.broken_by < value - limit)
		peer->outcome.broken_by = value - limit;
	note(&peer->outcome.broken, i);
}

/* ---- get ----------------------------------------------------------------- */

static struct dsi_packet *get_free(struct timed_peer *peer, uint64_t i)
{
	struct dsi_packet *pkt = NULL;
	int err = dsi_packet_get(peer->sock, 0, &pkt);

	MUST(err == 0 || err == -DSI_EAGAIN || err == -DSI_ENOBUFS);
	if (err)
		note(&peer->outcome.lost, i);
	return err ? NULL : pkt;
}

/* Packet @i and no other one.  After a loss a later one may come in its
 * place, which then waits for its turn. */
static struct dsi_packet *get_number(struct work *work, uint64_t i)
{
	struct timed_peer *peer = work->peer;
	struct dsi_packet *pkt = work->next;

	while (!pkt) {
		int err = dsi_packet_get(peer->sock, 0, &pkt);

		MUST(err == 0 || err == -DSI_EAGAIN);
		if (err) {
			note(&peer->outcome.lost, i);
			return NULL;
		}
		work->next_number = dsi_packet_number(pkt);
		if (work->next_number >= i)
			break;
		/* It came after its time, and was counted then. */
		MUST_BE(dsi_packet_commit(peer->sock, pkt), 0);
		pkt = NULL;
	}
	work->next = work->next_number > i ? pkt : NULL;
	peer->outcome.missing += work->next != NULL;
	return work->next ? NULL : pkt;
}

static void open_next(struct work *work)
{
	struct timed_peer *peer = work->peer;
	uint64_t i = work->opened++;
	struct held *held = &work->held[i % MOST_HELD];
	uint64_t open;

	plan(peer, i, &open, &held->close);
	sleep_until(peer, open);
	held->got = dsi_now();
	if (peer->role == DSI_ROLE_PRODUCER) {
		held->pkt = get_free(peer, i);
		return;
	}
	held->pkt = get_number(work, i);
	keep_to(peer, i, dsi_now() - (peer->begin + i * peer->period),
		peer->delays.jitter + peer->delays.allowance);
}

/* ---- commit -------------------------------------------------------------- */

static void close_next(struct work *work)
{
	struct timed_peer *peer = work->peer;
	uint64_t i = work->closed++;
	struct held *held = &work->held[i % MOST_HELD];
	uint64_t now;

	sleep_until(peer, held->close);
	if (!held->pkt)
		return;
	if (peer->role == DSI_ROLE_PRODUCER)
		MUST_BE(dsi_packet_set_number(held->pkt, i), 0);
	MUST_BE(dsi_packet_commit(peer->sock, held->pkt), 0);
	now = dsi_now();
	peer->outcome.packets++;
	keep_to(peer, i, now - held->got,
		peer->delays.hold + peer->delays.allowance);
	if (peer->role == DSI_ROLE_PRODUCER)
		keep_to(peer, i, now - (peer->begin + i * peer->period),
			peer->delays.jitter + peer->delays.allowance);
}

/* ---- all of it ----------------------------------------------------------- */

static uint64_t next_open(const struct work *work)
{
	uint64_t open, close;

	if (work->opened == work->peer->packets)
		return NONE;
	plan(work->peer, work->opened, &open, &close);
	return open;
}

/* In the order of packets: what is held longer than a later one may be holds
 * that up, which makes it no later than was declared for it. */
static uint64_t next_close(const struct work *work)
{
	return work->closed == work->opened
		       ? NONE
		       : work->held[work->closed % MOST_HELD].close;
}

void timed_peer_run(struct timed_peer *peer)
{
	const struct sched_param param = {.sched_priority = PRIORITY};
	struct work work = {.peer = peer};

	memset(&peer->outcome, 0, sizeof(peer->outcome));
	peer->outcome.fifo =
		pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0;
	while (work.closed < peer->packets) {
		if (next_open(&work) <= next_close(&work))
			open_next(&work);
		else
			close_next(&work);
		MUST(work.opened - work.closed < MOST_HELD);
	}
}
