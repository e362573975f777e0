/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - rings, start offsets and latencies of whole pipelines.
 *
 * A pipeline is a graph.  A source sends packets, a stage reads some and
 * writes others, a sink only reads.  Each source and stage writes one ring,
 * which any number of readers share; an edge leads from the writer to one
 * reader.
 *
 *   pipeline_create -> pipeline_add ... -> pipeline_link ...
 *       -> pipeline_analyse -> results in nodes and edges
 *
 * pipeline_file.h makes one from a file.  All times are whole ticks of
 * pipeline->tick seconds; time 0 is when a source of offset 0 is first due.
 */
#ifndef DSI_PIPELINE_H
#define DSI_PIPELINE_H

#include <stddef.h>

#include <dsi/sizing.h>
#include <dsi/types.h>

#include "exact/exact.h"
#include "pipeline/arrival.h"

#define PIPELINE_WHY_BYTES 512u
#define PIPELINE_MAX_PARTS 64u /* streams merged in one */
#define PIPELINE_MAX_BATCHES 16u
#define PIPELINE_MAX_WARNINGS 8u /* more are not kept */
#define PIPELINE_NONE UINT32_MAX

enum pipeline_kind {
	PIPELINE_SOURCE,
	PIPELINE_STAGE,
	PIPELINE_SINK,
};

/* How long does a reader take from the moment its packet is there? */
enum pipeline_service {
	PIPELINE_GIVEN,	       /* best..worst, as told */
	PIPELINE_OWN_CPU,      /* nobody else needs its processor */
	PIPELINE_PRIORITY,     /* fixed priorities on a shared processor */
	PIPELINE_RESERVATION,  /* runtime in every budget_period */
	PIPELINE_BOUNDED_DELAY /* after delay at a rate; execution is at it */
};

enum pipeline_join {
	PIPELINE_AND, /* one packet of each input */
	PIPELINE_OR,  /* one packet of any */
};

/* One stream at one place: times of packet i relative to i T. */
struct pipeline_part {
	dsi_wide low;	   /* earliest */
	dsi_wide high;	   /* latest; high - low is the jitter */
	dsi_wide age_low;  /* shortest time since its source committed */
	dsi_wide age_high; /* longest */
	dsi_wide born_low; /* when its source committed, at the earliest */
	dsi_wide born_high;
	uint32_t source; /* PIPELINE_NONE: several */
};

/* Streams merged at one place; arrivals[i] belongs to parts[i]. */
struct pipeline_flow {
	struct pipeline_part *parts;
	struct arrival_part *arrivals;
	uint32_t n_parts;
	uint32_t room;
};

/* A processor with fixed priorities. */
struct pipeline_cpu {
	char *name;
	bool non_preemptive;
	uint32_t line;
};

/**
 * struct pipeline_node - source, stage or sink, and what was found.
 * @name:          unique
 * @line:          in its file, 0 = none
 * @kind:          PIPELINE_*
 * @service:       how the response time follows (stages, sinks)
 * @join:          how several inputs are combined
 * @grid:          reads at start + i T + 0..jitter, not when a packet comes
 * @start_given:   @start was given; otherwise the least is found
 * @period:        T of a source
 * @jitter:        of a source, or of a grid
 * @distance:      least time between two commits; 0 = unknown
 * @offset:        of a source
 * @hold:          source: how long before the commit it takes the slot
 * @start:         grid: when packet 0 is read
 * @drift:         grid: how far its clock and that of the sources can come
 *                 apart before they are set again, either way
 * @wake:          longest wake-up latency, if driven by data
 * @best, @worst:  response time (GIVEN), else execution time.  A sink on a
 *                 grid holds its packet for @worst
 * @blocking:      PRIORITY: longest time that lower priorities keep the cpu
 * @runtime, @budget_period: RESERVATION
 * @delay:         BOUNDED_DELAY
 * @cpu:           PRIORITY: index into cpus
 * @priority:      higher is more urgent
 * @batch:         commits so many packets at once; at least 1
 * @area:          how its packets lie in the ring; max_bytes 0: not known
 * @batches:       what @batch may be if memory is shared out
 *
 * Results:
 * @in, @out:      activations; commits
 * @response:      worst response time found
 * @grid_start, @grid_need: first read of a grid, and the least it may be; with
 *                 strict ties it must be later than that
 * @fresh:         RESERVATION: the form with a fresh budget was used
 * @slots:         of its ring, for readers that block
 * @slots_exact:   one slot fewer fails in some run
 * @bytes:         of its ring; size 0: not known
 * @latency_exact: the longest @out age happens in some run
 * @critical:      edge on which the longest latency comes, PIPELINE_NONE
 */
struct pipeline_node {
	char *name;
	uint32_t line;
	enum pipeline_kind kind;
	enum pipeline_service service;
	enum pipeline_join join;
	bool grid;
	bool start_given;
	uint64_t period, jitter, distance, offset, hold, start, wake;
	uint64_t best, worst, blocking, runtime, budget_period, delay;
	uint64_t drift;
	uint32_t cpu;
	int32_t priority;
	uint32_t batch;
	struct dsi_sizing_area area;
	uint64_t given; /* bit i: pipeline_keys[i] was in the file */
	uint32_t batches[PIPELINE_MAX_BATCHES], n_batches;
	/* edges, after pipeline_prepare() */
	uint32_t first_in, n_in; /* pipeline->ins */
	uint32_t first_out, n_out;
	/* results */
	struct pipeline_flow in, out;
	dsi_wide response;
	dsi_wide grid_start, grid_need;
	bool fresh, simple, slots_exact, latency_exact, underrun;
	uint64_t slots;
	struct dsi_sizing_bytes bytes;
	uint32_t critical;
	/* chain of stages with processors of their own: bursts are paid once */
	uint32_t chain_first;
	dsi_wide chain_work, chain_wake, chain_longest, chain_best;
};

enum pipeline_bound {
	PIPELINE_BY_LIFE_TIME,
	PIPELINE_BY_EVENTS,
	PIPELINE_BY_SERVICE
};

/**
 * struct pipeline_edge - a reader of a ring, and what it needs.
 * @from, @to: nodes
 * @policy:    DSI_POLICY_*
 * @tokens:    packets that are in the ring at the start: packet i of the
 *             reader is packet i - tokens of the writer
 * @slots:     packets this reader needs
 * @lifetime:  longest time from get to release; 0 for a merged stream
 * @bound:     which bound was the least
 * @exact:     one slot fewer fails in some run
 */
struct pipeline_edge {
	uint32_t from, to, line;
	uint32_t policy;
	uint32_t tokens;
	uint64_t slots;
	dsi_wide lifetime;
	enum pipeline_bound bound;
	bool exact;
};

enum pipeline_status {
	PIPELINE_OK,
	PIPELINE_BAD,	   /* contradiction in the description */
	PIPELINE_NO_BOUND, /* no finite bound, or none below the cap */
	PIPELINE_RANGE,	   /* exact arithmetic does not suffice */
	PIPELINE_NO_MEMORY,
};

struct pipeline {
	char *name;
	char *file;
	struct exact tick; /* seconds */
	uint32_t ties;	   /* DSI_TIES_* */
	dsi_wide cap;	   /* longest response looked for; 0 = 1000 periods */
	struct pipeline_node *nodes;
	struct pipeline_edge *edges;
	struct pipeline_cpu *cpus;
	uint32_t n_nodes, n_edges, n_cpus;
	uint32_t room_nodes, room_edges, room_cpus;
	/* after pipeline_prepare() */
	uint32_t *order;     /* nodes, writers before readers */
	uint32_t *ins;	     /* edges by reader */
	uint32_t *outs;	     /* edges by writer */
	uint32_t *by_cpu;    /* PRIORITY nodes by cpu, the most urgent first */
	uint32_t *cpu_first; /* n_cpus + 1 */
	/* results */
	uint32_t rounds;
	uint64_t total_bytes;
	char why[PIPELINE_WHY_BYTES];
	/* of the file: legal, but looks wrong */
	char *warnings[PIPELINE_MAX_WARNINGS];
	uint32_t n_warnings;
};

/* NULL: no memory. */
struct pipeline *pipeline_create(const char *name);
void pipeline_destroy(struct pipeline *p);
/* Index of the new node, edge or cpu; PIPELINE_NONE: no memory.  What is not
 * set is 0; set it in p->nodes[...]. */
uint32_t pipeline_add(struct pipeline *p, enum pipeline_kind kind,
		      const char *name);
uint32_t pipeline_link(struct pipeline *p, uint32_t from, uint32_t to);
uint32_t pipeline_add_cpu(struct pipeline *p, const char *name);

/* Check the graph and find the order; part of pipeline_analyse(). */
enum pipeline_status pipeline_prepare(struct pipeline *p);
/* Find everything.  Not PIPELINE_OK: p->why says what and where.  May be
 * called again after a change of values. */
enum pipeline_status pipeline_analyse(struct pipeline *p);

/* Names, for people. */
const char *pipeline_service_name(enum pipeline_service service);
const char *pipeline_bound_name(enum pipeline_bound bound);

/* Longest time from a commit of its source to the end of the node's work,
 * over all its streams; and the shortest. */
dsi_wide pipeline_latency_worst(const struct pipeline_node *node);
dsi_wide pipeline_latency_best(const struct pipeline_node *node);
/* What the node adds to the worst latency on its critical path. */
dsi_wide pipeline_latency_share(const struct pipeline *p, uint32_t node);
/* Seconds. */
struct exact pipeline_seconds(const struct pipeline *p, dsi_wide ticks);

#endif /* DSI_PIPELINE_H */
