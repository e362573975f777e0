/* SPDX-License-Identifier: MIT */
/* family.c - see family.h */
#include <stdio.h>

#include "family.h"

uint64_t draw(uint64_t *seed, uint64_t most)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % (most + 1);
}

/* Mostly nothing, which is where the smallest answers are. */
static uint64_t often_0(uint64_t *seed, uint64_t most)
{
	return draw(seed, 2) ? draw(seed, most) : 0;
}

static void begin(uint64_t *seed, uint32_t pace, uint64_t period,
		  struct question *q)
{
	struct dsi_jcs *jcs = &q->writer.stream;

	*q = (struct question){.writer.size = sizeof(q->writer),
			       .reader.size = sizeof(q->reader)};
	jcs->size = sizeof(*jcs);
	jcs->period = period;
	jcs->jitter =
		draw(seed, 2) ? draw(seed, period) : draw(seed, 2 * period + 2);
	if (jcs->jitter > 12)
		jcs->jitter = 12;
	jcs->distance = draw(seed, 3) ? draw(seed, period) : 0;
	q->writer.ties = draw(seed, 1) ? DSI_TIES_CLOSED : DSI_TIES_STRICT;
	q->writer.hold = often_0(seed, 2 * period);
	q->reader.pace = pace;
	q->reader.jitter = often_0(seed, period + 2);
	q->reader.hold = often_0(seed, 2 * period);
}

static void give_start(uint64_t *seed, struct question *q)
{
	if (draw(seed, 2))
		return;
	q->reader.flags |= DSI_READER_START_GIVEN;
	q->reader.start = q->writer.stream.jitter + draw(seed, 6);
}

static void end_it(uint64_t *seed, struct question *q)
{
	if (draw(seed, 1))
		q->writer.packets = 1 + draw(seed, 8);
}

static void two_grids(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_GRID, 1 + draw(seed, 7), q);
	give_start(seed, q);
	end_it(seed, q);
}

/* Small enough for all schedules at once. */
static void joint(uint64_t *seed, struct question *q)
{
	uint32_t what = (uint32_t)draw(seed, 3);
	uint32_t a = what == 1 ? 1 + (uint32_t)draw(seed, 2) : 1;

	begin(seed, DSI_PACE_GRID, a * (1 + draw(seed, 2)), q);
	q->writer.units = a;
	q->writer.stream.jitter = draw(seed, 2);
	q->writer.hold = draw(seed, 1);
	q->reader.jitter = draw(seed, 2);
	q->reader.hold = draw(seed, 2 - q->reader.jitter);
	q->writer.packets = 1 + draw(seed, what ? 4 : 3);
	if (what == 1)
		q->reader.units = 1 + (uint32_t)draw(seed, 2);
	if (what == 2) {
		q->writer.batch = 1 + (uint32_t)draw(seed, 2);
		q->reader.batch = 1 + (uint32_t)draw(seed, 2);
		q->writer.stream.distance = 0;
	}
	if (what == 3) {
		q->writer.stream.drift_ppb = 125000000u;
		q->reader.drift_ppb = (uint32_t)draw(seed, 1) * 250000000u;
		q->writer.stream.distance = 0;
		q->writer.packets = 1 + draw(seed, 2);
	}
	give_start(seed, q);
}

static void units(uint64_t *seed, struct question *q)
{
	uint32_t a = 1 + (uint32_t)draw(seed, 6);

	begin(seed, DSI_PACE_GRID, a * (1 + draw(seed, 2)), q);
	q->writer.units = a;
	q->reader.units = 1 + (uint32_t)draw(seed, 6);
	give_start(seed, q);
	if (draw(seed, 1))
		q->writer.packets =
			(q->reader.units + a - 1) / a + draw(seed, 9);
}

static void batches(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_GRID, 1 + draw(seed, 5), q);
	q->writer.batch = 1 + (uint32_t)draw(seed, 5);
	q->reader.batch = 1 + (uint32_t)draw(seed, 5);
	give_start(seed, q);
	if (draw(seed, 1))
		q->writer.packets = q->reader.batch + draw(seed, 12);
}

static void units_batches(uint64_t *seed, struct question *q)
{
	units(seed, q);
	q->writer.batch = 1 + (uint32_t)draw(seed, 3);
	q->reader.batch = 1 + (uint32_t)draw(seed, 3);
	if (q->writer.packets)
		q->writer.packets += 2ull * q->reader.units;
}

static void add_drift(uint64_t *seed, struct question *q)
{
	static const uint32_t rates[] = {0,	   50000,     1000000,
					 40000000, 125000000, 250000000};

	q->writer.stream.drift_ppb = rates[draw(seed, 5)];
	q->reader.drift_ppb = rates[draw(seed, 5)];
	if (!q->writer.packets)
		q->writer.packets = 18 + draw(seed, 12);
	q->writer.stream.distance = 0;
}

static void drift(uint64_t *seed, struct question *q)
{
	two_grids(seed, q);
	add_drift(seed, q);
	q->writer.packets += draw(seed, 9);
}

static void drift_all(uint64_t *seed, struct question *q)
{
	units_batches(seed, q);
	add_drift(seed, q);
}

static void anchored(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_ANCHORED, 1 + draw(seed, 6), q);
	q->reader.wake = often_0(seed, 4);
	q->reader.prefill = (uint32_t)draw(seed, 4);
	if (draw(seed, 1)) {
		q->reader.flags |= DSI_READER_START_GIVEN;
		q->reader.start = draw(seed, 8);
	}
	end_it(seed, q);
	if (q->writer.packets)
		q->writer.packets += q->reader.prefill;
}

static void anchored_drift(uint64_t *seed, struct question *q)
{
	anchored(seed, q);
	add_drift(seed, q);
	q->writer.stream.jitter /= 2;
	q->writer.stream.drift_ppb -= q->writer.stream.drift_ppb % 1000000;
	q->reader.drift_ppb -= q->reader.drift_ppb % 1000000;
}

static void stall(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_STALL, 1 + draw(seed, 6), q);
	q->reader.wake = often_0(seed, 6);
	if (draw(seed, 1)) {
		q->reader.flags |= DSI_READER_START_GIVEN;
		q->reader.start = draw(seed, 10);
	}
	end_it(seed, q);
}

static void service(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_SERVICE, 1 + draw(seed, 6), q);
	q->reader.jitter = q->reader.hold = 0;
	q->reader.wake = often_0(seed, 4);
	q->reader.service = draw(seed, q->writer.stream.period);
	end_it(seed, q);
	if (q->writer.packets && !draw(seed, 3))
		q->reader.service += draw(seed, 4); /* more than T */
}

static void coalesced(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_SERVICE, 1 + draw(seed, 3), q);
	q->reader.jitter = q->reader.hold = 0;
	q->reader.coalesce = 2 + (uint32_t)draw(seed, 1);
	q->writer.stream.jitter = draw(seed, 4 - q->reader.coalesce);
	q->reader.wake = draw(seed, 1);
	q->reader.service = draw(seed, 4 - q->reader.coalesce);
	if (q->reader.service > q->writer.stream.period)
		q->reader.service = 1;
	q->reader.coalesce_wait = draw(seed, 4);
}

static void response(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_RESPONSE, 1 + draw(seed, 6), q);
	q->reader.jitter = q->reader.hold = 0;
	q->reader.response = draw(seed, 20);
	end_it(seed, q);
	if (!q->writer.stream.distance && draw(seed, 3))
		q->writer.stream.distance = 1;
}

static void reordered(uint64_t *seed, struct question *q)
{
	begin(seed, DSI_PACE_GRID, 1 + draw(seed, 5), q);
	q->reader.early = (uint32_t)draw(seed, 2);
	q->reader.late = (uint32_t)draw(seed, 2);
}

const struct family families[] = {
	{"two grids", 20000, two_grids, oracle_need},
	{"all schedules", 1500, joint, oracle_joint},
	{"m:n", 20000, units, oracle_need},
	{"batches", 15000, batches, oracle_need},
	{"m:n, batches", 15000, units_batches, oracle_need},
	{"drift", 10000, drift, oracle_need},
	{"drift, m:n, batches", 10000, drift_all, oracle_need},
	{"anchored", 15000, anchored, oracle_need},
	{"anchored, drift", 3000, anchored_drift, oracle_need},
	{"stalling grid", 10000, stall, oracle_need},
	{"service", 10000, service, oracle_need},
	{"service, coalesced", 150, coalesced, oracle_need},
	{"response", 5000, response, oracle_need},
	{"reordered", 200, reordered, oracle_reordered},
};

const uint32_t n_families = sizeof(families) / sizeof(families[0]);

const char *question_text(const struct question *question,
			  char text[QUESTION_TEXT])
{
	const struct dsi_sizing_writer *w = &question->writer;
	const struct dsi_sizing_reader *r = &question->reader;

	snprintf(text, QUESTION_TEXT,
		 "%s pace=%u T=%llu tau=%llu D=%llu rho=%u Hp=%llu n=%llu "
		 "kp=%u a=%u | tau_c=%llu Hc=%llu W=%llu C=%llu R=%llu "
		 "start=%s%llu k=%u kc=%u b=%u e=%u l=%u coalesce=%u/%llu "
		 "rho_c=%u",
		 w->ties == DSI_TIES_CLOSED ? "closed" : "strict", r->pace,
		 (unsigned long long)w->stream.period,
		 (unsigned long long)w->stream.jitter,
		 (unsigned long long)w->stream.distance, w->stream.drift_ppb,
		 (unsigned long long)w->hold, (unsigned long long)w->packets,
		 w->batch, w->units, (unsigned long long)r->jitter,
		 (unsigned long long)r->hold, (unsigned long long)r->wake,
		 (unsigned long long)r->service,
		 (unsigned long long)r->response,
		 r->flags & DSI_READER_START_GIVEN ? "" : "least ",
		 (unsigned long long)r->start, r->prefill, r->batch, r->units,
		 r->early, r->late, r->coalesce,
		 (unsigned long long)r->coalesce_wait, r->drift_ppb);
	return text;
}
