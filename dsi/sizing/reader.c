/* SPDX-License-Identifier: MIT */
/*
 * reader.c - a question about one writer and one reader: check it, hand it to
 * the pace that answers it, finish the answer.
 */
#include <dsi/errno.h>
#include <dsi/types.h>

#include "dsi/desc.h"
#include "dsi/sizing/sizing_private.h"

int sizing_refuse(struct sizing *s, int err, const char *sentence)
{
	dsi__text_add(&s->why, sentence);
	return err;
}

static int bad(struct sizing *s, const char *field, uint64_t value,
	       const char *sentence)
{
	dsi__text_field(&s->why, field, value, sentence);
	return -DSI_EINVAL;
}

struct dsi_ticks sizing_ticks(struct sizing *s, dsi_wide parts)
{
	dsi_wide whole = wide_floor(parts, s->scale);
	dsi_wide rest = parts - whole * s->scale;
	dsi_wide g = wide_gcd(rest, s->scale);

	if (whole > INT64_MAX || whole < INT64_MIN) {
		s->over = true;
		whole = 0;
	}
	return (struct dsi_ticks){(int64_t)whole, (uint32_t)(rest / g),
				  (uint32_t)(s->scale / g)};
}

uint64_t sizing_count(struct sizing *s, dsi_wide count)
{
	if (count < 0 || count > UINT64_MAX)
		s->over = true;
	return (uint64_t)count;
}

void sizing_slots(struct sizing *s, struct dsi_sizing_need *need,
		  dsi_wide strict, dsi_wide closed)
{
	need->slots = sizing_count(s, s->strict ? strict : closed);
	need->slots_closed = sizing_count(s, closed);
}

static int read_writer(struct sizing *s, const struct dsi_sizing_writer *from)
{
	struct dsi_sizing_writer w;
	int err;

	if (!from || dsi__options_copy(&w, from, sizeof(w)))
		return sizing_refuse(s, -DSI_EINVAL,
				     "size: is not the size of a known struct "
				     "dsi_sizing_writer");
	err = dsi__jcs_read(&s->stream, &w.stream, &s->why);
	if (err)
		return err;
	if (w.ties > DSI_TIES_CLOSED)
		return bad(s, "ties", w.ties, "is no DSI_TIES_*");
	if (w.hold > DSI_TICKS_MAX)
		return bad(s, "hold", w.hold, "is more than 2^62");
	if (w.batch > DSI_SIZING_MAX_BATCH)
		return bad(s, "batch", w.batch, "is more than 2^20");
	if (w.units > DSI_SIZING_MAX_BATCH)
		return bad(s, "units", w.units, "is more than 2^20");
	s->strict = w.ties == DSI_TIES_STRICT;
	s->T = (dsi_wide)s->stream.period;
	s->tau = (dsi_wide)s->stream.jitter;
	s->D = (dsi_wide)s->stream.distance;
	s->Hp = (dsi_wide)w.hold;
	s->n = (dsi_wide)w.packets;
	s->kp = w.batch ? w.batch : 1;
	s->a = w.units ? w.units : 1;
	return 0;
}

static int check_reader(struct sizing *s, const struct dsi_sizing_reader *r)
{
	const struct {
		const char *name;
		uint64_t value;
	} times[] = {
		{"jitter", r->jitter},
		{"hold", r->hold},
		{"wake", r->wake},
		{"service", r->service},
		{"response", r->response},
		{"start", r->start},
		{"coalesce_wait", r->coalesce_wait},
	};
	const struct {
		const char *name;
		uint32_t value;
	} counts[] = {
		{"batch", r->batch},	 {"units", r->units},
		{"early", r->early},	 {"late", r->late},
		{"prefill", r->prefill}, {"coalesce", r->coalesce},
	};

	for (uint32_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i].value > DSI_TICKS_MAX)
			return bad(s, times[i].name, times[i].value,
				   "is more than 2^62");
	for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].value > DSI_SIZING_MAX_BATCH)
			return bad(s, counts[i].name, counts[i].value,
				   "is more than 2^20");
	if (r->flags & ~DSI_READER_START_GIVEN)
		return bad(s, "flags", r->flags,
			   "has bits that are not "
			   "DSI_READER_*");
	if (r->policy > DSI_POLICY_RECLAIM)
		return bad(s, "policy", r->policy, "is no DSI_POLICY_*");
	if (r->pace > DSI_PACE_RESPONSE)
		return bad(s, "pace", r->pace, "is no DSI_PACE_*");
	if (r->drift_ppb >= DSI_PPB)
		return bad(s, "drift_ppb", r->drift_ppb,
			   "is not less than 10^9");
	return 0;
}

static int read_reader(struct sizing *s, struct dsi_sizing_reader *r,
		       const struct dsi_sizing_reader *from)
{
	int err;

	if (!from || dsi__options_copy(r, from, sizeof(*r)))
		return sizing_refuse(s, -DSI_EINVAL,
				     "size: is not the size of a known struct "
				     "dsi_sizing_reader");
	err = check_reader(s, r);
	if (err)
		return err;
	s->tau_c = (dsi_wide)r->jitter;
	s->Hc = (dsi_wide)r->hold;
	s->W = (dsi_wide)r->wake;
	s->C = (dsi_wide)r->service;
	s->R = (dsi_wide)r->response;
	s->start = (dsi_wide)r->start;
	s->start_given = r->flags & DSI_READER_START_GIVEN;
	s->kc = r->batch ? r->batch : 1;
	s->b = r->units;
	s->prefill = r->prefill;
	s->early = r->early;
	s->late = r->late;
	s->coalesce = r->coalesce ? r->coalesce : 1;
	s->coalesce_wait = (dsi_wide)r->coalesce_wait;
	return 0;
}

/* What only a reader on a common grid can do. */
static int check_grid_only(struct sizing *s, uint32_t pace)
{
	if (pace == DSI_PACE_GRID)
		return 0;
	if (s->kp != 1 || s->kc != 1)
		return sizing_refuse(s, -DSI_ENOTSUP,
				     "batch: is answered for the pace GRID "
				     "only; describe the batches as a stream "
				     "with jitter + (batch - 1) periods");
	if (s->b && s->b != s->a)
		return sizing_refuse(s, -DSI_ENOTSUP,
				     "units: other portions than the writer's "
				     "are answered for the pace GRID only");
	if (s->early || s->late)
		return sizing_refuse(s, -DSI_ENOTSUP,
				     "early, late: reordering is answered for "
				     "the pace GRID only");
	return 0;
}

static int set_drift(struct sizing *s, uint32_t pace, uint32_t reader_ppb)
{
	uint32_t writer_ppb = s->stream.drift_ppb;

	s->scale = writer_ppb || reader_ppb ? DSI_PPB : 1;
	s->fast = s->scale - writer_ppb;
	s->slow = s->scale + writer_ppb;
	s->fast_c = s->scale - reader_ppb;
	s->slow_c = s->scale + reader_ppb;
	if (s->scale == 1)
		return 0;
	if (pace != DSI_PACE_GRID && pace != DSI_PACE_ANCHORED)
		return sizing_refuse(s, -DSI_ENOTSUP,
				     "drift: matters to the paces GRID and "
				     "ANCHORED only; for a reader that takes "
				     "packets as they come give the fastest "
				     "period");
	if (!s->n)
		return sizing_refuse(s, -DSI_EDOM,
				     "drift: without a length the clocks drift "
				     "apart without end; give the packets from "
				     "one synchronisation to the next, or use "
				     "a common clock");
	return 0;
}

static int check_upper_only(struct sizing *s, uint32_t pace)
{
	if (!(s->stream.flags & DSI_JCS_UPPER_ONLY) ||
	    pace == DSI_PACE_SERVICE || pace == DSI_PACE_RESPONSE)
		return 0;
	return sizing_refuse(s, -DSI_EDOM,
			     "a stream of which only the most is known (token "
			     "bucket, GCRA) may pause for any time: a reader "
			     "on a grid needs a period and a jitter");
}

static int answer(struct sizing *s, uint32_t pace, struct dsi_sizing_need *need)
{
	switch (pace) {
	case DSI_PACE_GRID:
		return sizing_grid(s, need);
	case DSI_PACE_ANCHORED:
		return sizing_anchored(s, need);
	case DSI_PACE_STALL:
		return sizing_stall(s, need);
	case DSI_PACE_SERVICE:
		return sizing_service(s, need);
	default:
		return sizing_response(s, need);
	}
}

int dsi_size_reader(const struct dsi_sizing_writer *writer,
		    const struct dsi_sizing_reader *reader,
		    struct dsi_sizing_need *out_need, char *why,
		    uint32_t why_bytes)
{
	struct sizing s = {.why = dsi__text(why, why_bytes)};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_sizing_reader r;
	int err;

	if (!out_need || out_need->size != sizeof(need))
		return sizing_refuse(&s, -DSI_EINVAL,
				     "size: is not the size of struct "
				     "dsi_sizing_need");
	err = read_writer(&s, writer);
	if (!err)
		err = read_reader(&s, &r, reader);
	if (!err)
		err = check_upper_only(&s, r.pace);
	if (!err)
		err = check_grid_only(&s, r.pace);
	if (!err)
		err = set_drift(&s, r.pace, r.drift_ppb);
	if (err)
		return err;
	need.start = need.get_min = sizing_ticks(&s, 0);
	err = answer(&s, r.pace, &need);
	if (err)
		return err;
	if (s.over)
		return sizing_refuse(&s, -DSI_EOVERFLOW,
				     "the exact range is exceeded; shorten the "
				     "span, or choose a coarser tick");
	*out_need = need;
	return 0;
}

int dsi_size_fan_out(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *readers,
		     uint32_t n_readers, struct dsi_sizing_need *out_needs,
		     uint64_t *out_slots, char *why, uint32_t why_bytes)
{
	struct dsi_text text = dsi__text(why, why_bytes);
	uint64_t slots = 1;

	if (!readers || n_readers == 0 || !out_needs || !out_slots) {
		dsi__text_add(&text, "readers: at least one is needed");
		return -DSI_EINVAL;
	}
	for (uint32_t i = 0; i < n_readers; i++) {
		int err;

		/* Of other sizes, the next one would lie elsewhere. */
		if (readers[i].size != sizeof(readers[i])) {
			dsi__text_field(&text, "size", readers[i].size,
					"is not that of this library's struct "
					"dsi_sizing_reader, as in an array it "
					"must be");
			return -DSI_EINVAL;
		}
		err = dsi_size_reader(writer, &readers[i], &out_needs[i], why,
				      why_bytes);

		if (err)
			return err;
		/* A reader that may lose packets holds up nobody. */
		if (readers[i].policy == DSI_POLICY_BLOCK &&
		    out_needs[i].slots > slots)
			slots = out_needs[i].slots;
	}
	*out_slots = slots;
	return 0;
}
