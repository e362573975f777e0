/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - when a producer and a consumer act within their descriptions.
 *
 * Times are parts of a tick, `scale` of them in a tick: 10^9 if clocks drift,
 * else 1.  The producer's first packet is due at 0.
 */
#ifndef DSI_SCHEDULE_H
#define DSI_SCHEDULE_H

#include <dsi/sizing.h>

#include "dsi/sizing/wide.h"

/* How late the producer is with packet i. */
enum lateness {
	LATENESS_NONE,	/* always early */
	LATENESS_FULL,	/* always as late as it may */
	LATENESS_BURST, /* late up to packet `turn`, then as dense as can be */
	LATENESS_RISE,	/* early up to packet `turn`, then late */
	LATENESS_RANDOM,
};

/* How slow the consumer is. */
enum slowness {
	SLOWNESS_NONE,
	SLOWNESS_FULL,
	SLOWNESS_RANDOM,
};

/**
 * struct schedule_kind - one way to act.
 * @name, @what: for people
 * @fast_writer: the producer's clock is as fast as it may be, the consumer's
 *               as slow; else the other way round
 */
struct schedule_kind {
	const char *name;
	const char *what;
	enum lateness lateness;
	enum slowness slowness;
	bool fast_writer;
	uint64_t turn;
};

struct schedule {
	struct schedule_kind kind;
	uint64_t random; /* state of the generator */
	bool over;
	dsi_wide scale;
	dsi_wide period, unit; /* ticks; the period is a units */
	dsi_wide tau, distance, hold;
	dsi_wide tau_c, hold_c, wake, service, response;
	dsi_wide pace, pace_c; /* parts that a tick of each clock lasts */
	uint64_t packets;      /* of the stream */
	uint64_t batch, a;     /* packets in a batch, units in a packet */
	uint64_t batch_c, b;
	uint64_t early, late; /* reordering */
	/* what was made last, to keep the order */
	dsi_wide last_get, last_commit;
	dsi_wide last_take, last_free;
};

void schedule_init(struct schedule *s, const struct schedule_kind *kind,
		   const struct dsi_sizing_writer *writer,
		   const struct dsi_sizing_reader *reader, uint64_t packets,
		   uint64_t seed);

/* When batch j gets its slots, and commits.  In order of j. */
void schedule_batch(struct schedule *s, uint64_t j, dsi_wide *out_get,
		    dsi_wide *out_commit);

/* Portions that the stream has in all. */
uint64_t schedule_portions(const struct schedule *s);
/* When portion m is taken and freed by a consumer whose grid begins at @base.
 * In order of m. */
void schedule_portion(struct schedule *s, dsi_wide base, uint64_t m,
		      dsi_wide *out_take, dsi_wide *out_free);
/* First unit of portion m, and the end of it. */
uint64_t schedule_first_packet(const struct schedule *s, uint64_t m);
uint64_t schedule_end_packet(const struct schedule *s, uint64_t m);
/* Packets used up by portions 0..m. */
uint64_t schedule_used_packets(const struct schedule *s, uint64_t m);
/* Are packets taken in another order than they come? */
bool schedule_reorders(const struct schedule *s);

/* How long a consumer takes this time, of at most so long. */
dsi_wide schedule_delay(struct schedule *s, dsi_wide most);

#endif /* DSI_SCHEDULE_H */
