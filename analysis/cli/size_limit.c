// SPDX-License-Identifier: MIT
/*
 * size_limit.c - the inverse questions of `dsi size`: how far may one value
 * go until the slots there are no longer do?
 *
 * With ties in the worst order a value must stay below an edge that it
 * reaches with closed ties; both are asked for, so that the answer is the
 * edge itself and not one tick less.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/version.h>

#include "cli.h"
#include "message.h"
#include "describe/nearest.h"
#include "size_json.h"

const struct size_parameter size_parameters[] = {
	[DSI_LIMIT_WRITER_JITTER] = {"jitter-in", "jitter of the producer"},
	[DSI_LIMIT_WRITER_HOLD] = {"hold-in", "hold of the producer"},
	[DSI_LIMIT_READER_JITTER] = {"jitter-out", "jitter of the consumer"},
	[DSI_LIMIT_READER_HOLD] = {"hold-out", "hold of the consumer"},
	[DSI_LIMIT_WAKE] = {"wake", "wake-up time of the consumer"},
	[DSI_LIMIT_SERVICE] = {"work", "work of the consumer for a packet"},
	[DSI_LIMIT_RESPONSE] = {"response", "response time of the consumer"},
	[DSI_LIMIT_START] = {"start", "start of the consumer"},
	[DSI_LIMIT_PERIOD] = {"period", "period"},
};

const uint32_t size_n_parameters =
	sizeof(size_parameters) / sizeof(size_parameters[0]);

uint32_t size_spare_parameter(uint32_t pace)
{
	if (pace == DSI_PACE_RESPONSE)
		return DSI_LIMIT_RESPONSE;
	return pace == DSI_PACE_SERVICE ? DSI_LIMIT_WAKE
					: DSI_LIMIT_READER_JITTER;
}

/* The place of a parameter. */
static uint64_t *place(struct dsi_sizing_writer *w, struct dsi_sizing_reader *r,
		       uint32_t parameter)
{
	switch (parameter) {
	case DSI_LIMIT_WRITER_JITTER:
		return &w->stream.jitter;
	case DSI_LIMIT_WRITER_HOLD:
		return &w->hold;
	case DSI_LIMIT_READER_JITTER:
		return &r->jitter;
	case DSI_LIMIT_READER_HOLD:
		return &r->hold;
	case DSI_LIMIT_WAKE:
		return &r->wake;
	case DSI_LIMIT_SERVICE:
		return &r->service;
	case DSI_LIMIT_RESPONSE:
		return &r->response;
	case DSI_LIMIT_START:
		return &r->start;
	default:
		return &w->stream.period;
	}
}

uint64_t size_parameter_now(const struct size_question *q, uint32_t reader,
			    uint32_t parameter)
{
	struct dsi_sizing_writer w = q->p.writer;
	struct dsi_sizing_reader r = q->p.readers[reader];

	return *place(&w, &r, parameter);
}

/* An inverse question. */
struct asked {
	struct dsi_sizing_writer w;
	struct dsi_sizing_reader r;
	uint64_t slots;
	uint32_t parameter;
};

/* Are the slots enough if the parameter has this value? */
static bool enough(const struct asked *asked, uint32_t ties, uint64_t value)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_sizing_writer w = asked->w;
	struct dsi_sizing_reader r = asked->r;

	w.ties = ties;
	if (asked->parameter == DSI_LIMIT_START)
		r.flags |= DSI_READER_START_GIVEN;
	*place(&w, &r, asked->parameter) = value;
	return !dsi_size_reader(&w, &r, &need, NULL, 0) &&
	       need.slots <= asked->slots;
}

/* With ties in the worst order: is the edge reached, or left by one tick? */
static int look_at_edge(const struct asked *asked, uint64_t *edge,
			bool *reached, char why[DSI_SIZING_WHY_BYTES])
{
	bool least = asked->parameter == DSI_LIMIT_PERIOD;
	uint64_t next = least ? *edge + 1 : *edge - 1;

	if (*edge != UINT64_MAX) {
		*reached = enough(asked, DSI_TIES_STRICT, *edge);
		if (*reached || (*edge && enough(asked, DSI_TIES_STRICT, next)))
			return 0;
	}
	*reached = true;
	return dsi_size_limit(&asked->w, &asked->r, asked->slots,
			      asked->parameter, edge, why,
			      DSI_SIZING_WHY_BYTES);
}

int size_limit(const struct size_question *q, uint32_t reader, uint64_t slots,
	       uint32_t parameter, uint64_t *out_edge, bool *out_reached,
	       char why[DSI_SIZING_WHY_BYTES])
{
	struct asked asked = {q->p.writer, q->p.readers[reader], slots,
			      parameter};
	struct dsi_sizing_writer closed = q->p.writer;
	int err;

	closed.ties = DSI_TIES_CLOSED;
	*out_reached = true;
	err = dsi_size_limit(&closed, &asked.r, slots, parameter, out_edge, why,
			     DSI_SIZING_WHY_BYTES);
	if (err || q->p.writer.ties == DSI_TIES_CLOSED)
		return err;
	return look_at_edge(&asked, out_edge, out_reached, why);
}

/* What the formulas of grids and responses say is left, in most cases. */
static bool guess(const struct asked *asked, const struct dsi_sizing_need *need,
		  uint64_t *out)
{
	uint64_t used = asked->w.hold + asked->w.stream.jitter;
	uint64_t room;

	if (need->lifetime.num || need->lifetime.whole < 0 ||
	    __builtin_mul_overflow(asked->slots, asked->w.stream.period, &room))
		return false;
	if (asked->parameter == DSI_LIMIT_READER_JITTER)
		used = (uint64_t)need->lifetime.whole - asked->r.jitter;
	*out = room - used;
	return room > used && room - used < DSI_TICKS_MAX;
}

int size_spare(const struct size_question *q, uint32_t reader,
	       const struct dsi_sizing_need *need, uint64_t *out_edge,
	       bool *out_reached)
{
	uint32_t parameter = size_spare_parameter(q->p.readers[reader].pace);
	struct asked asked = {q->p.writer, q->p.readers[reader], need->slots,
			      parameter};
	char why[DSI_SIZING_WHY_BYTES];

	if (parameter == DSI_LIMIT_WAKE || !guess(&asked, need, out_edge) ||
	    !enough(&asked, DSI_TIES_CLOSED, *out_edge) ||
	    enough(&asked, DSI_TIES_CLOSED, *out_edge + 1))
		return size_limit(q, reader, need->slots, parameter, out_edge,
				  out_reached, why);
	*out_reached = true;
	if (q->p.writer.ties == DSI_TIES_CLOSED)
		return 0;
	return look_at_edge(&asked, out_edge, out_reached, why);
}

static bool find(const char *name, uint32_t *out)
{
	const char *names[16];
	const char *near;
	char all[160] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < size_n_parameters; i++) {
		names[i] = size_parameters[i].name;
		*out = i;
		if (strcmp(names[i], name) == 0)
			return true;
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
					 i ? ", " : "", names[i]);
	}
	near = nearest_word(name, names, size_n_parameters);
	message_error("--limit", "'%s' has no limit%s%s%s; write one of %s",
		      name, near ? "; did you mean '" : "", near ? near : "",
		      near ? "'?" : "", all);
	return false;
}

static void print_json(const struct size_question *q, uint32_t parameter,
		       uint64_t edge, bool reached)
{
	struct size_writer w = {.pretty = true};

	size_write_open(&w, NULL, '{');
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_input(&w, q);
	size_write_open(&w, "limit", '{');
	size_write_text(&w, "parameter", size_parameters[parameter].name);
	size_write_text(&w, "kind",
			parameter == DSI_LIMIT_PERIOD ? "least" : "most");
	size_write_u64(&w, "slots", q->d.slots.value);
	if (edge == UINT64_MAX)
		size_write_null(&w, "edge_ns");
	else
		size_write_ticks(&w, "edge_ns", q, edge);
	size_write_bool(&w, "reached", reached && edge != UINT64_MAX);
	size_write_bool(&w, "unlimited", edge == UINT64_MAX);
	size_write_ticks(&w, "now_ns", q, size_parameter_now(q, 0, parameter));
	size_write_close(&w, '}');
	size_write_assumptions(&w, q);
	size_write_text(&w, "status", "proved");
	size_write_close(&w, '}');
	size_write_out(&w);
	size_write_free(&w);
}

static void print_text(const struct size_question *q, uint32_t parameter,
		       uint64_t edge, bool reached)
{
	const char *name = size_parameters[parameter].name;
	bool least = parameter == DSI_LIMIT_PERIOD;
	char value[QUANTITY_TEXT_BYTES];
	char now[QUANTITY_TEXT_BYTES];
	uint64_t slots = q->d.slots.value;

	quantity_show_time(
		size_seconds_of(q, size_parameter_now(q, 0, parameter)), now);
	if (edge == UINT64_MAX) {
		printf("limit       %s: any value will do with %llu slots\n",
		       name, (unsigned long long)slots);
		return;
	}
	if (parameter == DSI_LIMIT_START &&
	    !(q->p.readers[0].flags & DSI_READER_START_GIVEN))
		snprintf(now, sizeof(now), "not given");
	quantity_show_time(size_seconds_of(q, edge), value);
	printf("limit       %s: %s %s with %llu slots\n", name,
	       reached ? least ? "at least" : "at most"
	       : least ? "more than"
		       : "less than",
	       value, (unsigned long long)slots);
	printf("now         %s\n", now);
	printf("status      proved from the other values given; whole ticks "
	       "of 1 ns or less\n");
}

int size_print_limit(const struct size_question *q, const char *name, bool json)
{
	char why[DSI_SIZING_WHY_BYTES] = "";
	struct size_failure f;
	uint32_t parameter;
	uint64_t edge;
	bool reached;
	int err;

	if (!find(name, &parameter))
		return CLI_USAGE;
	if (!q->d.slots.value) {
		message_error("--limit", "of how many slots? Give --slots N");
		return CLI_USAGE;
	}
	if (q->p.n_readers != 1) {
		message_error("--limit",
			      "is answered for one reader; give "
			      "each of the %u alone",
			      q->p.n_readers);
		return CLI_USAGE;
	}
	err = size_limit(q, 0, q->d.slots.value, parameter, &edge, &reached,
			 why);
	if (err == -DSI_ENOTSUP) {
		message_error("--limit",
			      "with consumer=%s there is no limit of %s",
			      size_pace(q->p.readers[0].pace), name);
		return CLI_USAGE;
	}
	if (err) {
		size_fail(&f, err);
		message_error(name, "%s", why);
		return f.exit_code;
	}
	if (json)
		print_json(q, parameter, edge, reached);
	else
		print_text(q, parameter, edge, reached);
	return CLI_OK;
}
