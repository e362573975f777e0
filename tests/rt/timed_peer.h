/* SPDX-License-Identifier: MIT */
/*
 * timed_peer.h - one side of a time-triggered stream that is late on purpose.
 *
 * Packet i is got at one planned instant and committed at another, both of
 * which a pattern draws from what was declared.  What the machine adds is
 * measured: a peer whose declaration the machine broke says so, because
 * nothing follows from a run in which that happened.
 */
#ifndef DSI_TEST_TIMED_PEER_H
#define DSI_TEST_TIMED_PEER_H

#include <stdatomic.h>
#include <stdint.h>

#include <dsi/dsi.h>

#define TIMED_MS UINT64_C(1000000)

enum timed_pattern {
	TIMED_RANDOM, /* each time anew, evenly between none and all */
	TIMED_WORST,  /* in turns: the longest life of packets (early producer,
		       * late consumer), and the tightest start (the reverse) */
};

/* What one side does on purpose, ns.  It declares @allowance more of each. */
struct timed_delays {
	uint64_t jitter;
	uint64_t hold;
	uint64_t allowance;
};

#define TIMED_LOG 1024u

/* Numbers of packets, as many as there is room for. */
struct timed_log {
	uint32_t count;
	uint64_t at[TIMED_LOG];
};

struct timed_outcome {
	uint64_t packets;      /* got and committed */
	struct timed_log lost; /* producer: no free packet; consumer: no packet
				* at its time, and it comes later or never */
	uint64_t missing; /* consumer: not there because the producer lost it */
	struct timed_log broken; /* the machine broke the declaration */
	uint64_t broken_by;	 /* the worst of those, ns too late */
	uint64_t late;		 /* latest wake-up, ns */
	uint32_t fifo;		 /* 1: ran with real-time priority */
};

struct timed_peer {
	uint32_t role; /* DSI_ROLE_* */
	enum timed_pattern pattern;
	struct timed_delays delays;
	uint64_t period;
	uint64_t begin; /* when packet 0 is due here, CLOCK_MONOTONIC, ns */
	uint64_t packets;
	uint64_t seed;
	struct dsi_socket *sock;
	struct timed_outcome outcome;
};

/* Do it all, on the calling thread. */
void timed_peer_run(struct timed_peer *peer);

/* One line or more about a peer that ran. */
void timed_print(const struct timed_peer *peer);
/* Of a producer and a consumer: packets that are not near one for which a
 * declaration was broken, and losses and underruns among these. */
uint64_t timed_undisturbed(const struct timed_peer *peers);
uint32_t timed_losses(const struct timed_peer *peers);

#endif /* DSI_TEST_TIMED_PEER_H */
