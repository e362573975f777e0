// SPDX-License-Identifier: MIT
/*
 * schedule.c - when a producer and a consumer act within their descriptions.
 *
 * The worst of the producer is one trace that is late by tau up to a packet
 * and from there on as dense as its distance and jitter allow: its lateness
 * falls by T - D a packet.  The worst of a consumer is to be late always.
 */
#include "simulate/schedule.h"

static dsi_wide times(struct schedule *s, dsi_wide a, dsi_wide b)
{
	return wide_mul(a, b, &s->over);
}

static dsi_wide plus(struct schedule *s, dsi_wide a, dsi_wide b)
{
	return wide_add(a, b, &s->over);
}

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014; Vigna's public code) */
static uint64_t next_random(struct schedule *s)
{
	uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0..most, the two ends a quarter of the time each: bounds are reached by
 * extremes. */
static dsi_wide random_up_to(struct schedule *s, dsi_wide most)
{
	uint64_t choice = next_random(s) & 3;
	dsi_uwide value;

	if (most <= 0 || choice == 0)
		return 0;
	if (choice == 1)
		return most;
	value = ((dsi_uwide)next_random(s) << 64) | next_random(s);
	return (dsi_wide)(value % ((dsi_uwide)most + 1));
}

dsi_wide schedule_delay(struct schedule *s, dsi_wide most)
{
	if (s->kind.slowness == SLOWNESS_RANDOM)
		return random_up_to(s, most);
	return s->kind.slowness == SLOWNESS_FULL ? most : 0;
}

static void set_clocks(struct schedule *s, dsi_wide drift, dsi_wide drift_c)
{
	if (s->kind.lateness == LATENESS_RANDOM) {
		drift = random_up_to(s, 2 * drift) - drift;
		drift_c = random_up_to(s, 2 * drift_c) - drift_c;
	} else if (s->kind.fast_writer) {
		drift = -drift;
	} else {
		drift_c = -drift_c;
	}
	s->pace = s->scale + drift;
	s->pace_c = s->scale + drift_c;
}

void schedule_init(struct schedule *s, const struct schedule_kind *kind,
		   const struct dsi_sizing_writer *writer,
		   const struct dsi_sizing_reader *reader, uint64_t packets,
		   uint64_t seed)
{
	const struct dsi_jcs *stream = &writer->stream;
	bool drifts = stream->drift_ppb || reader->drift_ppb;

	*s = (struct schedule){.kind = *kind, .random = seed};
	s->scale = drifts ? DSI_PPB : 1;
	s->packets = packets;
	s->a = writer->units ? writer->units : 1;
	s->b = reader->units ? reader->units : s->a;
	s->batch = writer->batch ? writer->batch : 1;
	s->batch_c = reader->batch ? reader->batch : 1;
	s->early = reader->early;
	s->late = reader->late;
	s->period = (dsi_wide)stream->period;
	s->unit = s->period / (dsi_wide)s->a;
	s->tau = (dsi_wide)stream->jitter * s->scale;
	s->distance = (dsi_wide)stream->distance * s->scale;
	s->hold = (dsi_wide)writer->hold * s->scale;
	s->tau_c = (dsi_wide)reader->jitter * s->scale;
	s->hold_c = (dsi_wide)reader->hold * s->scale;
	s->wake = (dsi_wide)reader->wake * s->scale;
	s->service = (dsi_wide)reader->service * s->scale;
	s->response = (dsi_wide)reader->response * s->scale;
	set_clocks(s, stream->drift_ppb, reader->drift_ppb);
	s->last_get = s->last_commit = -DSI_WIDE_MAX;
	s->last_take = s->last_free = -DSI_WIDE_MAX;
}

/* tau - (j - turn) (T - D), not below 0 */
static dsi_wide falling(struct schedule *s, uint64_t since)
{
	dsi_wide fall = s->period * s->pace - s->distance;

	if (fall <= 0 || since == 0)
		return s->tau;
	return wide_max(0, s->tau - times(s, (dsi_wide)since, fall));
}

static dsi_wide lateness(struct schedule *s, uint64_t j, dsi_wide due)
{
	dsi_wide least;

	switch (s->kind.lateness) {
	case LATENESS_NONE:
		return 0;
	case LATENESS_FULL:
		return s->tau;
	case LATENESS_BURST:
		return j <= s->kind.turn ? s->tau
					 : falling(s, j - s->kind.turn);
	case LATENESS_RISE:
		return j <= s->kind.turn ? 0 : s->tau;
	case LATENESS_RANDOM:
	default:
		if (j == 0)
			return random_up_to(s, s->tau);
		least = s->last_commit + s->distance - due;
		least = wide_min(wide_max(least, 0), s->tau);
		return least + random_up_to(s, s->tau - least);
	}
}

void schedule_batch(struct schedule *s, uint64_t j, dsi_wide *out_get,
		    dsi_wide *out_commit)
{
	dsi_wide step = times(s, s->unit, s->pace);
	dsi_wide units = (dsi_wide)(s->batch * s->a);
	dsi_wide begin = times(s, times(s, units, (dsi_wide)j), step);
	dsi_wide due = plus(s, begin, times(s, units - (dsi_wide)s->a, step));
	dsi_wide late = lateness(s, j, due);
	dsi_wide hold = s->hold;

	if (s->kind.lateness == LATENESS_RANDOM)
		hold = random_up_to(s, hold);
	*out_commit = plus(s, due, late);
	*out_get = wide_max(s->last_get, plus(s, begin, late - hold));
	s->last_get = *out_get;
	s->last_commit = *out_commit;
}

uint64_t schedule_portions(const struct schedule *s)
{
	dsi_wide units = (dsi_wide)s->packets * (dsi_wide)s->a;
	dsi_wide portion = (dsi_wide)s->batch_c * (dsi_wide)s->b;

	return (uint64_t)(units / portion);
}

/* Reordering: blocks in which one packet comes `late` places late and the
 * others one place early, or one comes `early` places early and the others
 * one late. */
bool schedule_reorders(const struct schedule *s)
{
	return s->early && s->late;
}

static uint64_t reordered(const struct schedule *s, uint64_t m)
{
	bool late = s->kind.slowness == SLOWNESS_FULL;
	uint64_t block = (late ? s->late : s->early) + 1;
	uint64_t at = m % block;

	if (m - at + block > s->packets)
		return m;
	if (late)
		return at + 1 == block ? m - at : m + 1;
	return at == 0 ? m + block - 1 : m - 1;
}

uint64_t schedule_first_packet(const struct schedule *s, uint64_t m)
{
	dsi_wide units = (dsi_wide)m * (dsi_wide)(s->batch_c * s->b);

	if (schedule_reorders(s))
		return reordered(s, m);
	return (uint64_t)(units / (dsi_wide)s->a);
}

uint64_t schedule_end_packet(const struct schedule *s, uint64_t m)
{
	dsi_wide units = ((dsi_wide)m + 1) * (dsi_wide)(s->batch_c * s->b);

	if (schedule_reorders(s))
		return reordered(s, m) + 1;
	return (uint64_t)wide_ceil(units, (dsi_wide)s->a);
}

uint64_t schedule_used_packets(const struct schedule *s, uint64_t m)
{
	dsi_wide units = ((dsi_wide)m + 1) * (dsi_wide)(s->batch_c * s->b);

	return (uint64_t)(units / (dsi_wide)s->a);
}

void schedule_portion(struct schedule *s, dsi_wide base, uint64_t m,
		      dsi_wide *out_take, dsi_wide *out_free)
{
	dsi_wide step = times(s, s->unit, s->pace_c);
	dsi_wide units = (dsi_wide)(s->batch_c * s->b);
	dsi_wide begin =
		plus(s, base, times(s, times(s, units, (dsi_wide)m), step));
	dsi_wide last = times(s, units - (dsi_wide)s->b, step);
	dsi_wide late = schedule_delay(s, s->tau_c);
	dsi_wide hold = schedule_delay(s, s->hold_c);
	dsi_wide take = plus(s, begin, late);

	/* The one before may have been later by chance. */
	*out_take = wide_max(take, s->last_take);
	*out_free =
		wide_max(plus(s, *out_take, plus(s, last, hold)), s->last_free);
	s->last_take = *out_take;
	s->last_free = *out_free;
}
