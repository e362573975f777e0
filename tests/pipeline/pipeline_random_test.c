// SPDX-License-Identifier: MIT
/*
 * pipeline_random_test.c - graphs that are too large to try all runs of:
 * fan-out, joins of both kinds, batches, grids, processors of their own.
 *
 * Random graphs, always the same ones, are run with times that are mostly the
 * shortest or the longest there are.  No run may need more slots, or come
 * earlier or later, than the analysis says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph_builder.h"

#define MOST_NODES 8
#define PACKETS 48
#define MOST_EVENTS (PACKETS * 8)
#define GRAPHS 1500
#define RUNS 12

/* One packet at one node. */
struct event {
	int64_t begun;	/* activation: the slot of its ring is taken */
	int64_t done;	/* what it read is given back */
	int64_t commit; /* with its batch */
	int64_t born;	/* commit of the source, of several the first */
	int64_t born_last;
	int index; /* packet of its part */
	int part;
	int edge;   /* by which it came */
	int source; /* event of the writer that it read, for OR */
};

struct run {
	struct event events[MOST_NODES][MOST_EVENTS];
	int n[MOST_NODES];
};

static uint64_t seed = 1;
static struct run run;
static unsigned compared;

static int pick(int below)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (int)((seed >> 33) % (uint64_t)below);
}

/* Mostly one of both ends. */
static int64_t between(uint64_t low, uint64_t high, int mood)
{
	int kind = mood < 3 ? mood : pick(4);

	if (kind == 0)
		return (int64_t)low;
	if (kind == 1)
		return (int64_t)high;
	return (int64_t)low + pick((int)(high - low) + 1);
}

static void run_source(const struct pipeline_node *node, struct event *events,
		       int *n)
{
	int64_t last = -1000;
	int mood = pick(6);
	int i;

	for (i = 0; i < PACKETS; i++) {
		int64_t due = (int64_t)node->offset + i * (int64_t)node->period;
		int64_t at = due + between(0, node->jitter, mood);

		if (at < last + (int64_t)node->distance)
			at = last + (int64_t)node->distance;
		last = at;
		events[i] = (struct event){
			.begun = at - (int64_t)node->hold,
			.done = at,
			.born = at,
			.born_last = at,
			.index = i,
		};
	}
	*n = PACKETS;
}

static int earlier(const void *a, const void *b)
{
	const struct event *x = a;
	const struct event *y = b;

	if (x->begun != y->begun)
		return x->begun < y->begun ? -1 : 1;
	return x->edge != y->edge ? x->edge - y->edge : x->index - y->index;
}

/* A reader waits for packet @other, too. */
static void wait_for(struct event *e, const struct event *other)
{
	if (other->begun > e->begun)
		e->begun = other->begun;
	if (other->born < e->born)
		e->born = other->born;
	if (other->born_last > e->born_last)
		e->born_last = other->born_last;
}

/* What comes to a reader, in order. */
static int arrivals(const struct pipeline *p, const struct pipeline_node *node,
		    struct event *events)
{
	bool all = node->n_in > 1 && node->join == PIPELINE_AND;
	int n = 0, part = 0;
	uint32_t i;
	int k;

	for (i = 0; i < node->n_in; i++) {
		uint32_t edge = p->ins[node->first_in + i];
		uint32_t from = p->edges[edge].from;

		if (all && i && run.n[from] < n)
			n = run.n[from];
		assert_true(n + run.n[from] <= MOST_EVENTS || (all && i));
		for (k = 0; k < run.n[from]; k++) {
			struct event e = run.events[from][k];

			e.begun = e.commit;
			e.edge = (int)edge;
			e.source = k;
			e.part += part;
			if (!all || i == 0)
				events[n++] = e;
			else if (k < n)
				wait_for(&events[k], &e);
		}
		part += (int)p->nodes[from].out.n_parts;
	}
	qsort(events, (size_t)n, sizeof(*events), earlier);
	return n;
}

static void run_reader(const struct pipeline *p,
		       const struct pipeline_node *node, struct event *events,
		       int *n)
{
	int64_t last = -1000;
	int mood = pick(6), wake_mood = pick(6);
	int i;

	*n = arrivals(p, node, events);
	for (i = 0; i < *n; i++) {
		struct event *e = &events[i];
		int64_t begin = e->begun;

		if (node->grid) {
			int64_t read =
				(int64_t)node->grid_start +
				e->index *
					(int64_t)node->in.arrivals[0].period +
				between(0, node->jitter, wake_mood);

			assert_true(read >= e->begun);
			e->begun = begin = read;
		} else if (node->service == PIPELINE_OWN_CPU && begin < last) {
			begin = last;
		} else {
			begin += between(0, node->wake, wake_mood);
		}
		e->done = begin + between(node->best, node->worst, mood);
		if (e->done < last)
			e->done = last;
		last = e->done;
	}
}

/* A batch is there when its last packet is done. */
static void commit(const struct pipeline_node *node, struct event *events,
		   int *n)
{
	int batch = (int)node->batch;
	int i;

	*n -= *n % batch;
	for (i = 0; i < *n; i++)
		events[i].commit = events[i - i % batch + batch - 1].done;
}

static void check_times(const struct pipeline_node *node, const struct event *e)
{
	const struct pipeline_part *part = &node->out.parts[e->part];
	int64_t late = e->commit -
		       e->index * (int64_t)node->out.arrivals[e->part].period;

	assert_true(late >= part->low && late <= part->high);
	assert_true(e->commit - e->born_last >= part->age_low);
	assert_true(e->commit - e->born <= part->age_high);
	compared += 4;
}

/* When the reader gave back event @k of the writer; -1: did not come there. */
static int64_t released(const struct pipeline_node *node, int reader, int edge,
			int k)
{
	bool all = node->n_in > 1 && node->join == PIPELINE_AND;
	int i;

	if (node->n_in == 1 || all)
		return k < run.n[reader] ? run.events[reader][k].done : -1;
	for (i = 0; i < run.n[reader]; i++) {
		if (run.events[reader][i].edge == edge &&
		    run.events[reader][i].source == k)
			return run.events[reader][i].done;
	}
	return -1;
}

static void check_ring(const struct pipeline *p, int edge)
{
	const struct pipeline_edge *e = &p->edges[edge];
	const struct event *taken = run.events[e->from];
	int64_t back[MOST_EVENTS];
	uint64_t most = 0;
	int n = run.n[e->from];
	int i, j;

	for (i = 0; i < n; i++)
		back[i] = released(&p->nodes[e->to], (int)e->to, edge, i);
	for (i = 0; i < n && back[i] >= 0; i++) {
		uint64_t alive = 0;

		for (j = 0; j < n; j++) {
			if (taken[j].begun > taken[i].begun)
				break;
			alive += back[j] > taken[i].begun ||
				 (p->ties == DSI_TIES_STRICT &&
				  back[j] == taken[i].begun);
		}
		most = alive > most ? alive : most;
	}
	assert_true(most <= e->slots);
	compared++;
}

static void run_once(const struct pipeline *p)
{
	uint32_t i;
	int k;

	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];
		struct event *events = run.events[i];

		if (node->kind == PIPELINE_SOURCE)
			run_source(node, events, &run.n[i]);
		else
			run_reader(p, node, events, &run.n[i]);
		commit(node, events, &run.n[i]);
		for (k = 0; k < run.n[i]; k++)
			check_times(node, &events[k]);
	}
	for (i = 0; i < p->n_edges; i++)
		check_ring(p, (int)i);
}

static void random_reader(struct pipeline *p, bool same_period)
{
	uint32_t first = (uint32_t)pick((int)p->n_nodes);
	uint32_t best = (uint32_t)pick(4);
	uint32_t node =
		add_stage(p, "stage", first, best, best + (uint32_t)pick(6));
	struct pipeline_node *n = &p->nodes[node];
	int kind = pick(8);

	n->wake = (uint64_t)pick(2);
	if (kind < 3)
		n->service = PIPELINE_OWN_CPU;
	if (kind == 3 && same_period) {
		n->grid = true;
		n->jitter = (uint64_t)pick(4);
	}
	if (kind == 4)
		n->batch = 1 + (uint32_t)pick(3);
	if (pick(3) == 0) {
		uint32_t second = (uint32_t)pick((int)node);

		if (second != first)
			pipeline_link(p, second, node);
		n->join = same_period && pick(2) ? PIPELINE_AND : PIPELINE_OR;
	}
}

static struct pipeline *random_graph(void)
{
	struct pipeline *p = pipeline_create("random");
	bool same_period = pick(2);
	int sources = 1 + pick(2);
	int i;

	p->ties = pick(2) ? DSI_TIES_STRICT : DSI_TIES_CLOSED;
	for (i = 0; i < sources; i++) {
		uint64_t period = 10 + (same_period ? 0 : (uint64_t)pick(6));
		uint32_t s =
			add_source(p, "source", period, (uint64_t)pick(25));

		p->nodes[s].distance = (uint64_t)pick((int)period + 1);
		p->nodes[s].offset = (uint64_t)pick(12);
		p->nodes[s].hold = (uint64_t)pick(12);
		p->nodes[s].batch = pick(6) ? 1 : 2;
	}
	while (p->n_nodes < MOST_NODES)
		random_reader(p, same_period);
	return p;
}

static void random_graphs(void **state)
{
	unsigned good = 0, refused = 0;
	int i, k;

	(void)state;
	for (i = 0; i < GRAPHS; i++) {
		uint64_t at = seed;
		struct pipeline *p = random_graph();

		/* merged twice over, a graph may have too many events */
		if (pipeline_analyse(p) != PIPELINE_OK) {
			refused++;
		} else {
			good++;
			for (k = 0; k < RUNS; k++)
				run_once(p);
		}
		pipeline_destroy(p);
		assert_true(at != seed);
	}
	printf("%u graphs, %u refused, %u comparisons\n", good, refused,
	       compared);
	assert_true(good > GRAPHS / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
