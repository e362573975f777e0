// SPDX-License-Identifier: MIT
/*
 * size_json.c - the answer of `dsi size` for programs.
 */
#include <dsi/types.h>
#include <dsi/version.h>

#include "size_json.h"

void size_write_seconds(struct size_writer *w, const char *key,
			struct exact seconds)
{
	size_write_exact(w, key, exact_mul(seconds, exact_int(SIZE_NS_PER_S)));
}

/* Most questions have a tick of 1 ns: then no fraction is reduced. */
static bool plain_ns(const struct size_question *q)
{
	return q->ns_per_tick.num == 1 && q->ns_per_tick.den == 1;
}

void size_write_time(struct size_writer *w, const char *key,
		     const struct size_question *q, struct dsi_ticks t)
{
	if (t.num == 0 && t.whole >= 0 && plain_ns(q))
		size_write_u64(w, key, (uint64_t)t.whole);
	else
		size_write_seconds(w, key, size_seconds(q, t));
}

void size_write_ticks(struct size_writer *w, const char *key,
		      const struct size_question *q, uint64_t ticks)
{
	if (plain_ns(q))
		size_write_u64(w, key, ticks);
	else
		size_write_exact(w, key,
				 exact_mul(q->ns_per_tick,
					   exact_make((dsi_wide)ticks, 1)));
}

static void write_latency(struct size_writer *w, const struct size_question *q,
			  const struct dsi_sizing_need *need)
{
	size_write_open(w, "latency", '{');
	size_write_time(w, "get_min_ns", q, need->get_min);
	size_write_time(w, "get_max_ns", q, need->get_max);
	size_write_time(w, "release_max_ns", q, need->release_max);
	size_write_close(w, '}');
}

static void write_exact(struct size_writer *w,
			const struct dsi_sizing_need *need)
{
	size_write_open(w, "exact", '{');
	size_write_bool(w, "slots", need->exact & DSI_EXACT_SLOTS);
	size_write_bool(w, "start", need->exact & DSI_EXACT_START);
	size_write_bool(w, "latency", need->exact & DSI_EXACT_LATENCY);
	size_write_bool(w, "backlog", need->exact & DSI_EXACT_BACKLOG);
	size_write_close(w, '}');
}

static void write_loss(struct size_writer *w, const struct size_question *q,
		       const struct size_answer *a, uint32_t reader)
{
	const struct dsi_sizing_loss *loss = &a->losses[reader];

	if (!a->has_loss[reader]) {
		size_write_null(w, "loss");
		return;
	}
	size_write_open(w, "loss", '{');
	size_write_u64(w, "lost", loss->lost);
	size_write_u64(w, "of", loss->of);
	if (q->p.readers[reader].policy == DSI_POLICY_BLOCK && !loss->exact)
		size_write_null(w, "wait_ns");
	else
		size_write_time(w, "wait_ns", q, loss->wait);
	size_write_bool(w, "exact", loss->exact);
	size_write_close(w, '}');
}

/* What only a reader with a grid has. */
static void write_start(struct size_writer *w, const struct size_question *q,
			uint32_t reader, const struct dsi_sizing_need *need)
{
	const struct dsi_sizing_reader *r = &q->p.readers[reader];
	bool least = !(r->flags & DSI_READER_START_GIVEN) &&
		     need->get_min.whole == 0 && need->get_min.num == 0;

	if (r->pace > DSI_PACE_STALL)
		size_write_null(w, "start_offset_ns");
	else
		size_write_time(w, "start_offset_ns", q, need->start);
	size_write_bool(w, "start_offset_strict",
			r->pace < DSI_PACE_STALL && least &&
				q->p.writer.ties == DSI_TIES_STRICT);
	if (need->prefill)
		size_write_u64(w, "prefill", need->prefill);
	else
		size_write_null(w, "prefill");
}

static void write_need(struct size_writer *w, const struct size_question *q,
		       const struct size_answer *a, uint32_t reader,
		       uint64_t slots, uint64_t closed)
{
	const struct dsi_sizing_need *need = &a->needs[reader];

	size_write_u64(w, "slots", slots);
	size_write_u64(w, "slots_closed", closed);
	write_start(w, q, reader, need);
	size_write_time(w, "lifetime_ns", q, need->lifetime);
	write_latency(w, q, need);
	size_write_u64(w, "backlog", need->backlog);
	if (need->units)
		size_write_u64(w, "units", need->units);
	else
		size_write_null(w, "units");
	size_write_bool(w, "underrun", need->underrun);
	write_exact(w, need);
	write_loss(w, q, a, reader);
}

static void write_bytes(struct size_writer *w, const struct size_answer *a)
{
	const struct dsi_sizing_bytes *bytes = &a->bytes;

	if (!a->has_bytes) {
		size_write_null(w, "bytes");
		return;
	}
	size_write_open(w, "bytes", '{');
	size_write_u64(w, "payload", bytes->payload);
	size_write_u64(w, "live", bytes->live);
	size_write_u64(w, "padding", bytes->padding);
	size_write_u64(w, "area", bytes->area);
	size_write_u64(w, "control", bytes->control);
	size_write_u64(w, "total", bytes->total);
	size_write_bool(w, "exact", bytes->exact);
	size_write_close(w, '}');
}

static void write_headroom(struct size_writer *w, const struct size_question *q,
			   const struct size_headroom *h)
{
	if (!h->known || h->unlimited)
		size_write_null(w, "headroom_ns");
	else
		size_write_ticks(w, "headroom_ns", q, h->ticks);
	size_write_bool(w, "headroom_strict", h->known && h->less_than);
	size_write_bool(w, "headroom_unlimited", h->known && h->unlimited);
	size_write_text(w, "headroom_of", size_parameters[h->parameter].name);
}

static void write_result(struct size_writer *w, const struct size_question *q,
			 const struct size_answer *a, bool brief)
{
	const struct dsi_sizing_need *need = &a->needs[a->decides];
	uint64_t closed = need->slots_closed;

	for (uint32_t i = 0; i < q->p.n_readers; i++) {
		if (q->p.readers[i].policy == q->p.readers[a->decides].policy &&
		    a->needs[i].slots_closed > closed)
			closed = a->needs[i].slots_closed;
	}
	size_write_open(w, "result", '{');
	write_need(w, q, a, a->decides, a->slots, closed);
	write_bytes(w, a);
	write_headroom(w, q, &a->headroom);
	size_write_witness(w, q, a->decides, need, brief);
	size_write_close(w, '}');
}

static void write_readers(struct size_writer *w, const struct size_question *q,
			  const struct size_answer *a)
{
	size_write_open(w, "readers", '[');
	for (uint32_t i = 0; i < q->p.n_readers && q->p.n_readers > 1; i++) {
		size_write_open(w, NULL, '{');
		size_write_text(w, "name", q->d.readers[i].name);
		size_write_text(w, "consumer", size_pace(q->d.readers[i].pace));
		size_write_text(w, "policy",
				size_policy(q->d.readers[i].policy));
		size_write_bool(w, "decides", i == a->decides);
		write_need(w, q, a, i, a->needs[i].slots,
			   a->needs[i].slots_closed);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

static void write_compare(struct size_writer *w, const struct size_question *q,
			  const struct size_answer *a)
{
	struct size_row rows[SIZE_MAX_ROWS];
	uint32_t n = size_compare(q, a, rows);

	size_write_open(w, "compare", '[');
	for (uint32_t i = 0; i < n; i++) {
		size_write_open(w, NULL, '{');
		size_write_text(w, "name", rows[i].name);
		size_write_u64(w, "slots", rows[i].slots);
		size_write_text(w, "verdict", rows[i].verdict);
		size_write_text(w, "reason", rows[i].reason);
		size_write_close(w, '}');
	}
	size_write_close(w, ']');
}

static void write_warnings(struct size_writer *w, const struct size_question *q,
			   const struct size_answer *a)
{
	size_write_open(w, "warnings", '[');
	for (uint32_t i = 0; i < q->d.n_warnings; i++)
		size_write_text(w, NULL, q->d.warnings[i]);
	if (a->underrun)
		size_write_text(w, NULL,
				"an underrun is possible: the start that is "
				"given is too early");
	if (a->short_of)
		size_write_text(w, NULL,
				"the slots that are given are fewer than "
				"needed");
	size_write_close(w, ']');
}

void size_write_answer(struct size_writer *w, const struct size_question *q,
		       const struct size_answer *a,
		       const struct size_show *show)
{
	size_write_text(w, "version", DSI_VERSION_TEXT);
	if (!show->brief)
		size_write_input(w, q);
	write_result(w, q, a, show->brief);
	write_readers(w, q, a);
	if (!show->brief)
		size_write_assumptions(w, q);
	if (show->compare)
		write_compare(w, q, a);
	size_write_text(w, "status", "proved");
	write_warnings(w, q, a);
}

bool size_print_json(const struct size_question *q, const struct size_answer *a,
		     const struct size_show *show)
{
	struct size_writer w = {.pretty = true};
	bool good;

	size_write_open(&w, NULL, '{');
	size_write_answer(&w, q, a, show);
	size_write_close(&w, '}');
	good = size_write_out(&w);
	size_write_free(&w);
	return good;
}

void size_write_error(struct size_writer *w, const char *id, uint64_t line,
		      const struct size_failure *f)
{
	size_write_open(w, NULL, '{');
	if (id)
		size_write_raw(w, "id", id);
	if (line)
		size_write_u64(w, "line", line);
	size_write_open(w, "error", '{');
	size_write_text(w, "code", f->code);
	size_write_text(w, "message", f->why);
	size_write_close(w, '}');
	size_write_close(w, '}');
}
