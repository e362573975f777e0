/* SPDX-License-Identifier: MIT */
/*
 * trace_model.h - what the events of a trace say, stream by stream.
 *
 *   trace_read -> trace_model_take -> packets in flight -> metrics, breaches
 *
 * The memory depends on the streams, their readers and the packets that are
 * in flight at once, not on the length of the trace.  A packet is found by
 * (stream, number).
 *
 * Words: a packet is *live* from its reserve (or its commit, if that is the
 * first one hears of it) to its last release; so the number of live packets is
 * what the sizing functions call slots.
 */
#ifndef DSI_TRACE_MODEL_H
#define DSI_TRACE_MODEL_H

#include <stddef.h>

#include <dsi/types.h>

#include "trace/trace_event.h"
#include "trace/trace_gaps.h"
#include "trace/trace_jitter.h"
#include "trace/trace_metric.h"
#include "trace/trace_series.h"
#include "trace/trace_worst.h"

#define TRACE_NAME_BYTES 128u
#define TRACE_PLACES 16u /* readers of one stream at a time */
#define TRACE_ENDS 32u
#define TRACE_RESERVES 64u /* slots taken and not yet committed */
#define TRACE_REASONS 6u   /* of drops; the last one: any other */
#define TRACE_LEVELS 4096u /* occupancies that are told apart, minus 1 */
#define TRACE_SLOTS 4096u  /* offsets whose last release is remembered */
#define TRACE_BREACH_SEQS 8u

/* X(constant, key, the assumption that is broken) */
#define TRACE_BREACHES_MAP(X)                                               \
	X(JITTER, "jitter", "period and jitter of the commits")             \
	X(FILL, "producer_hold", "hold of the producer")                    \
	X(HOLD, "reader_hold", "hold of the reader")                        \
	X(LATENCY, "reader_latency", "commit to get, by what was declared") \
	X(RESPONSE, "reader_response",                                      \
	  "commit to release, by what was declared")                        \
	X(PACKETS, "packets", "number of packets")                          \
	X(LOSS, "no_loss", "a reader that blocks loses nothing")            \
	X(GAPS, "gaps", "gaps in the numbers are those of drops")           \
	X(REPORTED_PERIOD, "reported_period",                               \
	  "period and jitter, as the library measured")                     \
	X(REPORTED_LATENCY, "reported_latency",                             \
	  "latency, as the library measured")                               \
	X(REPORTED_HOLD, "reported_hold", "hold, as the library measured")

#define TRACE_BREACH_CONSTANT(constant, key, text) TRACE_BROKEN_##constant,
enum trace_breach_id {
	TRACE_BREACHES_MAP(TRACE_BREACH_CONSTANT) TRACE_BREACHES
};
#undef TRACE_BREACH_CONSTANT

const char *trace_breach_key(enum trace_breach_id id);
const char *trace_breach_text(enum trace_breach_id id);
/* Its numbers are times, not packets. */
bool trace_breach_is_time(enum trace_breach_id id);

/**
 * struct trace_breach - an assumption, and the packets that broke it.
 * @n:        how often; 0: it was kept
 * @seqs:     the first packets of those
 * @first_ns, @last_ns: when
 * @since:    JITTER: the earlier packet that the first one is in conflict with
 * @late:     JITTER: the first one is too late, else too early
 * @declared: what was assumed
 * @actual:   what the first one was
 * @worst:    the largest that was seen, and the packet
 */
struct trace_breach {
	uint64_t n;
	uint64_t seqs[TRACE_BREACH_SEQS];
	uint64_t first_ns, last_ns;
	uint64_t since;
	bool late;
	uint64_t declared;
	uint64_t actual;
	uint64_t worst;
	uint64_t worst_seq;
};

/**
 * struct trace_declared - what one end says of itself.
 * @need_packets: of a reader: packets that the stream must have for it, by
 *           the sizing functions; 0: not known
 * @get_max_ns, @release_max_ns: its longest times after the commit, likewise
 */
struct trace_declared {
	bool known;
	uint64_t packets_max;
	uint64_t data_bytes;
	uint64_t policy;
	uint64_t period_ns;
	uint64_t jitter_ns;
	uint64_t hold_ns;
	uint64_t need_packets;
	uint64_t get_max_ns;
	uint64_t release_max_ns;
};

/* What the consumer at an endpoint said before it said which reader it is. */
struct trace_end {
	uint64_t endpoint;
	struct trace_event opened; /* but for the name */
};

/* Someone who waits: the producer or a reader. */
struct trace_waiter {
	uint64_t endpoint; /* 0: not known */
	bool waiting;
	uint64_t since_ns;
	uint64_t woken_ns;  /* 0: not yet */
	uint64_t asleep_ns; /* sum */
};

/**
 * struct trace_reader - one consumer of a stream.
 * @place:  its bit in masks while it is attached
 * @late:   gets of packets whose commit comes later in the trace
 * @origin: END_TO_END: the stream that its packets began in
 */
struct trace_reader {
	uint64_t id;
	bool attached;
	unsigned int place;
	struct trace_declared declared;
	struct trace_waiter waiter;
	uint64_t gets;
	uint64_t releases;
	uint64_t bytes;
	uint64_t drops[TRACE_REASONS];
	uint64_t unmatched;
	uint64_t late;
	uint64_t backlog_max;
	struct trace_gaps gaps;
	uint64_t gap_seq; /* the packet at the first gap */
	const struct trace_stream *origin;
	struct trace_metric metrics[TRACE_METRICS];
	struct trace_breach breaches[TRACE_BREACHES];
	struct trace_worst worst;
	struct trace_series latency;
};

enum trace_life { TRACE_NONE, TRACE_LIVE, TRACE_RELEASED };

/**
 * struct trace_packet - one that is in flight.
 * @place: of the commits of the stream that are in the trace it is number
 *         @place, from 0; its own number is the application's choice
 * @due: places of the readers that have not given it back
 * @got: places of those that got it
 * @back: how many gave it back
 */
struct trace_packet {
	uint64_t seq;
	uint64_t place;
	enum trace_life life;
	uint32_t due;
	uint32_t got;
	uint32_t back;
	bool reserved;
	bool committed;
	bool has_offset;
	uint64_t reserve_ns;
	uint64_t commit_ns;
	uint64_t released_ns;
	uint64_t bytes;
	uint64_t offset;
	const struct trace_stream *origin; /* NULL: it begins here */
	uint64_t origin_ns;
	uint64_t get_ns[TRACE_PLACES];
};

/* When the reader at @place got it; a get that the trace has before the commit
 * counts as one at the same time. */
static inline uint64_t trace_packet_get_ns(const struct trace_packet *p,
					   unsigned int place)
{
	return p->get_ns[place] > p->commit_ns ? p->get_ns[place]
					       : p->commit_ns;
}

/* A slot that the producer took; its number is only what it will be unless the
 * application gives the packet another one. */
struct trace_reserve {
	uint64_t seq;
	uint64_t at_ns;
	uint64_t offset;
};

/* Packets by number; a power of two of them. */
struct trace_flight {
	struct trace_packet *at;
	uint64_t mask;
	uint64_t live;
	uint64_t
		lost; /* pushed out: the trace never said what became of them */
};

struct trace_slot {
	bool used;
	uint64_t offset;
	uint64_t released_ns;
};

/* Time-weighted: how long so many packets were live. */
struct trace_occupancy {
	uint64_t since_ns;
	uint64_t level;
	uint64_t high;
	uint64_t high_seq, high_ns;
	uint64_t *dwell_ns; /* TRACE_LEVELS + 1 */
};

struct trace_stream {
	uint64_t id;
	char name[TRACE_NAME_BYTES];
	struct trace_declared declared;
	struct trace_waiter producer;
	struct trace_reader **readers;
	size_t n_readers;
	struct trace_reader *by_place[TRACE_PLACES];
	struct trace_end ends[TRACE_ENDS]; /* the last ones that opened */
	unsigned int next_end;
	struct trace_flight flight;
	struct trace_slot *slots;
	struct trace_reserve reserves[TRACE_RESERVES]; /* oldest first */
	unsigned int n_reserves;
	uint64_t commits;
	uint64_t bytes;
	uint64_t first_commit_ns, last_commit_ns;
	uint64_t first_seq;
	uint64_t places;       /* commits, also before the window */
	bool renumbered;       /* numbers are not first_seq + place */
	uint64_t reported_max; /* commit.occupancy */
	bool died;
	struct trace_occupancy occupancy;
	struct trace_series live;
	struct trace_jitter jitter;
	struct trace_metric metrics[TRACE_METRICS];
	struct trace_breach breaches[TRACE_BREACHES];
	struct trace_worst worst;
};

/**
 * struct trace_watch - who wants to see packets as they pass.
 * @released: a reader gave @p back; the times are in @p, and @p->back is how
 *            many did so before
 * @level:    so many packets are live now
 */
struct trace_watch {
	void *data;
	void (*released)(void *data, const struct trace_stream *s,
			 const struct trace_reader *r,
			 const struct trace_packet *p, uint64_t release_ns);
	void (*level)(void *data, const struct trace_stream *s, uint64_t at_ns,
		      uint64_t level);
};

/**
 * struct trace_model - all streams.
 * @after_begin_ns, @after_end_ns: what is measured ends in this window, after
 *             the first event; @after_end_ns 0: to the end
 * @worst_of: metric whose worst packets are kept, and how many
 * @want_series: keep what is drawn over time
 */
struct trace_model {
	uint64_t after_begin_ns, after_end_ns;
	enum trace_metric_id worst_of;
	size_t worst_room;
	bool want_series;
	struct trace_watch watch;

	struct trace_stream **streams;
	size_t n_streams;
	struct trace_stream *last; /* that was asked for */
	uint64_t start_ns;	   /* of the first event */
	uint64_t begin_ns, end_ns; /* the window */
	uint64_t now_ns;
	uint64_t kinds[TRACE_KINDS];
	bool no_memory;
};

/* Set the options before; all else zero. */
void trace_model_init(struct trace_model *m);
/* False: no memory, or the window has ended. */
bool trace_model_take(struct trace_model *m, const struct trace_event *e);
/* After the last event. */
void trace_model_finish(struct trace_model *m);
void trace_model_fini(struct trace_model *m);

/* The time-weighted mean, and the level that so much of the time is not
 * above. */
double trace_occupancy_mean(const struct trace_occupancy *o);
uint64_t trace_occupancy_percentile(const struct trace_occupancy *o,
				    uint32_t per_million);

#endif /* DSI_TRACE_MODEL_H */
