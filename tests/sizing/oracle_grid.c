/* SPDX-License-Identifier: MIT */
/*
 * oracle_grid.c - both peers on a time base of their own: units, batches,
 * clocks that are off, finite streams.
 *
 * What the producer does and what the consumer does are independent here, and
 * each condition (this packet is there when that portion is read; this slot is
 * free when that packet needs it) joins one instant of the one with one of the
 * other.  A single packet may take every jitter, whatever the distance, as all
 * packets may have the same one.  So the extremes of single instants, put
 * into each condition, decide as all schedules do; oracle_joint.c, which has
 * all schedules, confirms it.
 *
 * Without an end all conditions repeat after a common multiple of packets and
 * portions; one such span is walked.
 */
#include <dsi/types.h>

#include "oracle.h"

struct grid {
	const struct dsi_sizing_writer *writer;
	const struct dsi_sizing_reader *reader;
	int64_t den;   /* of all times */
	int64_t unit;  /* ticks between two units */
	int64_t a, b;  /* units of a packet, of a portion */
	int64_t kp;    /* packets got and committed together */
	int64_t kc;    /* portions read and released together */
	int64_t rho_p; /* of den */
	int64_t rho_c;
	int64_t packets; /* INT64_MAX: without end */
	int64_t repeat;	 /* packets after which all is as before */
	int64_t start;	 /* of den */
	bool closed;
};

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* When unit x is due: on a clock that is too fast, and on one too slow. */
static int64_t soon(const struct grid *grid, int64_t x, int64_t rho)
{
	return x * grid->unit * (grid->den - rho);
}

static int64_t slow(const struct grid *grid, int64_t x, int64_t rho)
{
	return x * grid->unit * (grid->den + rho);
}

/* First and last packet of the producer's batch that packet i is in. */
static int64_t batch_first(const struct grid *grid, int64_t i)
{
	return i / grid->kp * grid->kp;
}

static int64_t batch_last(const struct grid *grid, int64_t i)
{
	return batch_first(grid, i) + grid->kp - 1;
}

static int64_t slot_got(const struct grid *grid, int64_t i)
{
	return soon(grid, batch_first(grid, i) * grid->a, grid->rho_p) -
	       (int64_t)grid->writer->hold * grid->den;
}

static int64_t commit_min(const struct grid *grid, int64_t i)
{
	return soon(grid, batch_last(grid, i) * grid->a, grid->rho_p);
}

static int64_t commit_max(const struct grid *grid, int64_t i)
{
	return slow(grid, batch_last(grid, i) * grid->a, grid->rho_p) +
	       (int64_t)grid->writer->stream.jitter * grid->den;
}

/* The reading, kc portions at once, that uses unit x. */
static int64_t reading_of(const struct grid *grid, int64_t x)
{
	return x / (grid->b * grid->kc);
}

static int64_t reading_got(const struct grid *grid, int64_t i)
{
	return reading_of(grid, i * grid->a);
}

static int64_t reading_released(const struct grid *grid, int64_t i)
{
	return reading_of(grid, (i + 1) * grid->a - 1);
}

/* The last packet that a reading needs. */
static int64_t last_packet(const struct grid *grid, int64_t reading)
{
	return ((reading + 1) * grid->kc * grid->b - 1) / grid->a;
}

static bool is_read(const struct grid *grid, int64_t reading)
{
	return last_packet(grid, reading) < grid->packets;
}

static int64_t read_min(const struct grid *grid, int64_t reading)
{
	return grid->start +
	       soon(grid, reading * grid->kc * grid->b, grid->rho_c);
}

static int64_t read_max(const struct grid *grid, int64_t reading)
{
	return grid->start +
	       slow(grid, reading * grid->kc * grid->b, grid->rho_c) +
	       (int64_t)grid->reader->jitter * grid->den;
}

static int64_t release_max(const struct grid *grid, int64_t reading)
{
	int64_t last = (reading + 1) * grid->kc - 1;

	return grid->start + slow(grid, last * grid->b, grid->rho_c) +
	       (int64_t)(grid->reader->jitter + grid->reader->hold) * grid->den;
}

static int64_t end_of(const struct grid *grid, int64_t from)
{
	return grid->packets == INT64_MAX ? from + grid->repeat : grid->packets;
}

/*
 * Is the reading over when packet i asks for its slot?  Not if it is never
 * read, or if it waits for a packet that comes with i or after it: no tie
 * helps then.
 */
static bool over_before(const struct grid *grid, int64_t reading, int64_t i)
{
	int64_t free = release_max(grid, reading);
	int64_t got = slot_got(grid, i);

	if (!is_read(grid, reading) ||
	    batch_last(grid, last_packet(grid, reading)) >= batch_last(grid, i))
		return false;
	return grid->closed ? free <= got : free < got;
}

static bool slots_suffice(const struct grid *grid, int64_t slots)
{
	for (int64_t i = slots; i < end_of(grid, slots); i++)
		if (!over_before(grid, reading_released(grid, i - slots), i))
			return false;
	return true;
}

/* A ring of single units, of which a batch takes kp a, a reading frees kc b. */
static bool units_suffice(const struct grid *grid, int64_t units)
{
	int64_t end = end_of(grid, units / grid->a + grid->kp);

	for (int64_t i = 0; i < end; i++) {
		int64_t used = batch_last(grid, i) + 1;
		int64_t reading = 0;

		if (used > grid->packets)
			used = grid->packets;
		if (used * grid->a <= units)
			continue;
		reading = reading_of(grid, used * grid->a - units - 1);
		if (!over_before(grid, reading, i))
			return false;
	}
	return true;
}

static int64_t least_start(const struct grid *grid)
{
	int64_t start = 0;
	int64_t readings = grid->repeat * grid->a / (grid->b * grid->kc);

	for (int64_t r = 0;
	     grid->packets == INT64_MAX ? r < readings : is_read(grid, r);
	     r++) {
		int64_t need = commit_max(grid, last_packet(grid, r)) -
			       soon(grid, r * grid->kc * grid->b, grid->rho_c);

		start = need > start ? need : start;
	}
	return start;
}

static void latencies(const struct grid *grid, struct oracle_need *need)
{
	need->get_min = INT64_MAX;
	need->get_max = INT64_MIN;
	need->release_max = INT64_MIN;
	for (int64_t i = 0; i < end_of(grid, 0); i++) {
		int64_t got = reading_got(grid, i);
		int64_t freed = reading_released(grid, i);
		int64_t time = 0;

		if (is_read(grid, got)) {
			time = read_min(grid, got) - commit_max(grid, i);
			if (time < need->get_min)
				need->get_min = time;
			time = read_max(grid, got) - commit_min(grid, i);
			if (time > need->get_max)
				need->get_max = time;
		}
		time = release_max(grid, freed) - commit_min(grid, i);
		if (is_read(grid, freed) && time > need->release_max)
			need->release_max = time;
	}
}

/* Committed and not got at the commit of packet i. */
static int64_t backlog_at(const struct grid *grid, int64_t i)
{
	int64_t now = commit_min(grid, i);
	int64_t last = batch_last(grid, i);
	int64_t oldest = i;

	if (last >= grid->packets)
		last = grid->packets - 1;
	for (; oldest > 0; oldest--) {
		int64_t got = reading_got(grid, oldest - 1);
		int64_t time = read_max(grid, got);

		if (is_read(grid, got) &&
		    (grid->closed ? time <= now : time < now))
			break;
	}
	if (is_read(grid, reading_got(grid, oldest)) && oldest == i &&
	    grid->closed && read_max(grid, reading_got(grid, i)) <= now)
		return 0;
	return last - oldest + 1;
}

static uint64_t backlog(const struct grid *grid, uint64_t slots)
{
	int64_t most = 0;

	for (int64_t i = 0; i < end_of(grid, (int64_t)slots + grid->repeat);
	     i++) {
		int64_t count = backlog_at(grid, i);

		most = count > most ? count : most;
	}
	return (uint64_t)most;
}

static bool describe(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *reader, struct grid *grid)
{
	int64_t common =
		gcd(DSI_PPB, gcd(writer->stream.drift_ppb, reader->drift_ppb));
	int64_t producer = 0;
	int64_t consumer = 0;

	*grid = (struct grid){.writer = writer, .reader = reader};
	grid->closed = writer->ties == DSI_TIES_CLOSED;
	grid->den = DSI_PPB / common;
	grid->rho_p = writer->stream.drift_ppb / common;
	grid->rho_c = reader->drift_ppb / common;
	grid->a = writer->units ? writer->units : 1;
	grid->b = reader->units ? reader->units : grid->a;
	grid->kp = writer->batch ? writer->batch : 1;
	grid->kc = reader->batch ? reader->batch : 1;
	grid->unit = (int64_t)writer->stream.period / grid->a;
	grid->packets = writer->packets ? (int64_t)writer->packets : INT64_MAX;
	producer = grid->a * grid->kp;
	consumer = grid->b * grid->kc;
	grid->repeat = consumer / gcd(producer, consumer) * grid->kp;
	return (int64_t)writer->stream.period == grid->unit * grid->a &&
	       (writer->packets || (!grid->rho_p && !grid->rho_c)) &&
	       !reader->early && !reader->late && is_read(grid, 0);
}

bool oracle_grid(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader,
		 struct oracle_need *need)
{
	struct grid grid;

	*need = (struct oracle_need){0};
	if (!describe(writer, reader, &grid))
		return false;
	need->den = grid.den;
	need->start = least_start(&grid);
	if (reader->flags & DSI_READER_START_GIVEN) {
		int64_t given = (int64_t)reader->start * grid.den;

		need->underrun = grid.closed ? given < need->start
					     : given <= need->start;
		need->start = given;
	}
	grid.start = need->start;
	while (!slots_suffice(&grid, (int64_t)++need->slots))
		;
	if (grid.a != grid.b)
		while (!units_suffice(&grid, (int64_t)++need->units))
			;
	latencies(&grid, need);
	need->backlog = backlog(&grid, need->slots);
	return true;
}
