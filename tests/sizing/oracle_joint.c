/* SPDX-License-Identifier: MIT */
/*
 * oracle_joint.c - a few packets between two grids, with all choices at once.
 *
 * Every trace of the producer (jitter and hold of each batch, each period at
 * either rate of its clock) with every trace of the consumer: the slots of a
 * ring are counted for each pair.  Nothing is projected, which is why it is
 * only for a handful of packets.
 */
#include <stdlib.h>

#include "oracle.h"

#define PACKETS 6
#define TRACES 4096

struct trace {
	int64_t begin[PACKETS]; /* slot got, or packets got */
	int64_t end[PACKETS];	/* committed, or released */
};

struct joint {
	const struct dsi_sizing_writer *writer;
	const struct dsi_sizing_reader *reader;
	struct trace producers[TRACES];
	struct trace consumers[TRACES];
	int n_producers, n_consumers;
	int packets, readings;
	int64_t den, rho_p, rho_c;
	int a, b, kp, kc;
	int64_t unit;
	bool full;
};

/* One more batch of the producer; due: of packet i. */
static void produce(struct joint *j, struct trace *trace, int i, int64_t due,
		    int64_t before);

static void produce_batch(struct joint *j, struct trace *trace, int i,
			  int64_t due, int64_t last_due, int64_t before)
{
	const struct dsi_jcs *jcs = &j->writer->stream;

	for (int64_t jit = 0; jit <= (int64_t)jcs->jitter; jit++) {
		int64_t commit = last_due + jit * j->den;

		if (i && commit - before < (int64_t)jcs->distance * j->den)
			continue;
		for (int64_t h = 0; h <= (int64_t)j->writer->hold; h++) {
			for (int k = i; k < i + j->kp && k < j->packets; k++) {
				trace->begin[k] = due + (jit - h) * j->den;
				trace->end[k] = commit;
			}
			for (int64_t rho = -j->rho_p; rho <= j->rho_p;
			     rho += j->rho_p ? 2 * j->rho_p : 1)
				produce(j, trace, i + j->kp,
					last_due +
						j->unit * j->a * (j->den + rho),
					commit);
		}
	}
}

static void produce(struct joint *j, struct trace *trace, int i, int64_t due,
		    int64_t before)
{
	if (i >= j->packets) {
		if (j->n_producers == TRACES)
			j->full = true;
		else
			j->producers[j->n_producers++] = *trace;
		return;
	}
	for (int64_t rho = -j->rho_p; rho <= j->rho_p;
	     rho += j->rho_p ? 2 * j->rho_p : 1) {
		produce_batch(j, trace, i, due,
			      due + (j->kp - 1) * j->unit * j->a *
					      (j->den + rho),
			      before);
		if (j->kp == 1)
			break;
	}
}

static void consume(struct joint *j, struct trace *trace, int r, int64_t due)
{
	int64_t portion = j->unit * j->b;

	if (r >= j->readings) {
		if (j->n_consumers == TRACES)
			j->full = true;
		else
			j->consumers[j->n_consumers++] = *trace;
		return;
	}
	for (int64_t late = 0; late <= (int64_t)j->reader->jitter; late++)
		for (int64_t h = 0; h <= (int64_t)j->reader->hold; h++)
			for (int64_t rho = -j->rho_c; rho <= j->rho_c;
			     rho += j->rho_c ? 2 * j->rho_c : 1) {
				int64_t rate = j->den + rho;

				trace->begin[r] = due + late * j->den;
				trace->end[r] = due +
						(j->kc - 1) * portion * rate +
						(late + h) * j->den;
				consume(j, trace, r + 1,
					due + j->kc * portion * rate);
			}
}

static int last_packet(const struct joint *j, int reading)
{
	return ((reading + 1) * j->kc * j->b - 1) / j->a;
}

static int batch_of(const struct joint *j, int packet)
{
	return packet / j->kp;
}

static bool free_at(const struct joint *j, const struct trace *p,
		    const struct trace *c, int64_t start, int packet, int i)
{
	int reading = ((packet + 1) * j->a - 1) / (j->b * j->kc);
	int64_t freed = 0;

	if (reading >= j->readings ||
	    batch_of(j, last_packet(j, reading)) >= batch_of(j, i))
		return false;
	freed = start + c->end[reading];
	return j->writer->ties == DSI_TIES_CLOSED ? freed <= p->begin[i]
						  : freed < p->begin[i];
}

static void slots_of(const struct joint *j, const struct trace *p,
		     const struct trace *c, struct oracle_need *need)
{
	for (int i = (int)need->slots; i < j->packets; i++)
		while (i >= (int)need->slots &&
		       !free_at(j, p, c, need->start, i - (int)need->slots, i))
			need->slots++;
}

static void latency_of(const struct joint *j, const struct trace *p,
		       const struct trace *c, struct oracle_need *need)
{
	for (int i = 0; i < j->packets; i++) {
		int got = i * j->a / (j->b * j->kc);
		int freed = ((i + 1) * j->a - 1) / (j->b * j->kc);
		int64_t time = 0;

		if (got < j->readings) {
			time = need->start + c->begin[got] - p->end[i];
			if (time < need->get_min)
				need->get_min = time;
			if (time > need->get_max)
				need->get_max = time;
		}
		if (freed >= j->readings)
			continue;
		time = need->start + c->end[freed] - p->end[i];
		if (time > need->release_max)
			need->release_max = time;
	}
}

static int64_t start_of(const struct joint *j, const struct trace *p,
			const struct trace *c)
{
	int64_t start = 0;

	for (int r = 0; r < j->readings; r++) {
		int64_t need = p->end[last_packet(j, r)] - c->begin[r];

		start = need > start ? need : start;
	}
	return start;
}

static void try_all(const struct joint *j, struct oracle_need *need)
{
	int64_t least = 0;

	for (int p = 0; p < j->n_producers; p++)
		for (int c = 0; c < j->n_consumers; c++) {
			int64_t start =
				start_of(j, &j->producers[p], &j->consumers[c]);

			least = start > least ? start : least;
		}
	need->start = least;
	if (j->reader->flags & DSI_READER_START_GIVEN) {
		need->start = (int64_t)j->reader->start * j->den;
		need->underrun = j->writer->ties == DSI_TIES_CLOSED
					 ? need->start < least
					 : need->start <= least;
	}
	for (int p = 0; p < j->n_producers; p++)
		for (int c = 0; c < j->n_consumers; c++) {
			slots_of(j, &j->producers[p], &j->consumers[c], need);
			latency_of(j, &j->producers[p], &j->consumers[c], need);
		}
}

bool oracle_joint(const struct dsi_sizing_writer *writer,
		  const struct dsi_sizing_reader *reader,
		  struct oracle_need *need)
{
	static struct joint j;
	struct trace trace = {0};

	j.writer = writer;
	j.reader = reader;
	j.n_producers = j.n_consumers = 0;
	j.full = false;
	j.den = writer->stream.drift_ppb || reader->drift_ppb ? 1000 : 1;
	j.rho_p = writer->stream.drift_ppb / 1000000;
	j.rho_c = reader->drift_ppb / 1000000;
	j.a = writer->units ? (int)writer->units : 1;
	j.b = reader->units ? (int)reader->units : j.a;
	j.kp = writer->batch ? (int)writer->batch : 1;
	j.kc = reader->batch ? (int)reader->batch : 1;
	j.unit = (int64_t)writer->stream.period / j.a;
	j.packets = (int)writer->packets;
	*need = (struct oracle_need){.den = j.den,
				     .get_min = INT64_MAX,
				     .get_max = INT64_MIN,
				     .release_max = INT64_MIN,
				     .slots = 1};
	if (!j.packets || j.packets > PACKETS)
		return false;
	for (j.readings = 0; last_packet(&j, j.readings) < j.packets;)
		j.readings++;
	if (!j.readings || j.readings > PACKETS)
		return false;
	produce(&j, &trace, 0, 0, 0);
	consume(&j, &trace, 0, 0);
	if (j.full || (int64_t)j.n_producers * j.n_consumers > 200000)
		return false;
	try_all(&j, need);
	return true;
}
