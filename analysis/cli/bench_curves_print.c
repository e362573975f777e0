// SPDX-License-Identifier: MIT
/*
 * bench_curves_print.c - curves as tables, and where two of them cross: to read,
 * and as JSON.
 */
#include <stdio.h>

#include "bench_curves.h"
#include "bench_report.h"

#define WIDE 6u /* channels side by side */
#define CELL 16u

static const char *const titles[BENCH_AXES] = {
	[BENCH_AXIS_PAYLOAD] = "Over the payload",
	[BENCH_AXIS_CONSUMERS] = "Over the number of consumers",
	[BENCH_AXIS_STREAMS] = "Over the number of streams",
};

static const char *const heads[BENCH_AXES] = {
	[BENCH_AXIS_PAYLOAD] = "PAYLOAD",
	[BENCH_AXIS_CONSUMERS] = "TO",
	[BENCH_AXIS_STREAMS] = "STREAMS",
};

static const char *number_text(enum bench_axis axis, uint32_t number,
			       char out[CELL])
{
	const struct bench_case c = {.payload = number, .touched = true};

	if (axis == BENCH_AXIS_PAYLOAD)
		return bench_payload_text(&c, out);
	snprintf(out, CELL, "%u", number);
	return out;
}

static void print_point(const struct bench_plan *plan, size_t row)
{
	struct bench_spread s;
	char text[CELL] = "-";

	if (row != BENCH_NO_ROW &&
	    bench_row_value(&plan->rows[row],
			    bench_key_value(plan->rows[row].what.measure), &s))
		bench_time_text(s.median, text);
	printf("%12s", text);
}

static void print_part(const struct bench_plan *plan,
		       const struct bench_curves *c, uint32_t from, uint32_t to)
{
	char text[CELL];

	printf("%-8s", heads[c->axis]);
	for (uint32_t k = from; k < to; k++)
		printf("%12s", c->channels[k]->name);
	printf("\n");
	for (uint32_t i = 0; i < c->n_at; i++) {
		printf("%-8s", number_text(c->axis, c->at[i], text));
		for (uint32_t k = from; k < to; k++)
			print_point(plan, c->rows[k][i]);
		printf("\n");
	}
}

static void print_crossing(const struct bench_curves *c,
			   const struct bench_crossing *x)
{
	char text[CELL];

	printf("%s beside %s: ", c->channels[x->channel]->name,
	       c->channels[x->beside]->name);
	if (x->is_faster)
		printf("faster up to %s",
		       number_text(c->axis, x->faster, text));
	else
		printf("faster at no size");
	if (x->is_slower)
		printf(", slower from %s on",
		       number_text(c->axis, x->slower, text));
	printf("\n");
}

static void print_curves(const struct bench_plan *plan,
			 const struct bench_curves *c)
{
	struct bench_crossing x;

	printf("\n%s: %s, %s, %s%s%s\n", titles[c->axis],
	       bench_measure_names[c->what.measure],
	       bench_wait_names[c->what.wait],
	       c->what.same_cpu ? "on one CPU" : "on different CPUs",
	       c->axis == BENCH_AXIS_STREAMS ? c->what.active
						       ? ", all carry packets"
						       : ", one carries packets"
					     : "",
	       c->what.fifo ? ", real-time" : "");
	for (uint32_t k = 0; k < c->n_channels; k += WIDE)
		print_part(plan, c, k,
			   k + WIDE < c->n_channels ? k + WIDE : c->n_channels);
	for (uint32_t k = 0; k < c->n_channels; k++)
		if (bench_crossing_of(plan, c, k, &x))
			print_crossing(c, &x);
}

static void each_curves(const struct bench_plan *plan, void *to,
			void (*visit)(void *to, const struct bench_plan *plan,
				      const struct bench_curves *c))
{
	struct bench_curves c;

	for (unsigned int axis = 0; axis < BENCH_AXES; axis++)
		for (size_t i = 0; i < plan->n; i++)
			if (bench_curves_of(plan, i, (enum bench_axis)axis, &c))
				visit(to, plan, &c);
}

static void visit_print(void *to, const struct bench_plan *plan,
			const struct bench_curves *c)
{
	(void)to;
	print_curves(plan, c);
}

void bench_curves_print(const struct bench_plan *plan)
{
	each_curves(plan, NULL, visit_print);
}

/* ---- JSON ---------------------------------------------------------------------- */

static void put_channel(struct size_writer *w, const struct bench_curves *c,
			uint32_t k)
{
	size_write_open(w, NULL, '{');
	size_write_text(w, "channel", c->channels[k]->name);
	size_write_open(w, "rows", '[');
	for (uint32_t i = 0; i < c->n_at; i++) {
		if (c->rows[k][i] == BENCH_NO_ROW)
			size_write_null(w, NULL);
		else
			size_write_u64(w, NULL, c->rows[k][i]);
	}
	size_write_close(w, ']');
	size_write_close(w, '}');
}

static void put_bound(struct size_writer *w, const char *key, bool there,
		      uint32_t number)
{
	if (there)
		size_write_u64(w, key, number);
	else
		size_write_null(w, key);
}

static void put_crossing(struct size_writer *w, const struct bench_curves *c,
			 const struct bench_crossing *x)
{
	size_write_open(w, NULL, '{');
	size_write_text(w, "channel", c->channels[x->channel]->name);
	size_write_text(w, "beside", c->channels[x->beside]->name);
	put_bound(w, "faster_up_to", x->is_faster, x->faster);
	put_bound(w, "slower_from", x->is_slower, x->slower);
	size_write_open(w, "ratios", '[');
	for (uint32_t i = 0; i < c->n_at; i++)
		bench_json_spread(w, NULL, x->there[i], &x->ratio[i]);
	size_write_close(w, ']');
	size_write_close(w, '}');
}

static void visit_json(void *to, const struct bench_plan *plan,
		       const struct bench_curves *c)
{
	struct size_writer *w = to;
	struct bench_crossing x;

	size_write_open(w, NULL, '{');
	size_write_text(w, "over", bench_axis_name(c->axis));
	size_write_open(w, "at", '[');
	for (uint32_t i = 0; i < c->n_at; i++)
		size_write_u64(w, NULL, c->at[i]);
	size_write_close(w, ']');
	size_write_open(w, "channels", '[');
	for (uint32_t k = 0; k < c->n_channels; k++)
		put_channel(w, c, k);
	size_write_close(w, ']');
	size_write_open(w, "crossings", '[');
	for (uint32_t k = 0; k < c->n_channels; k++)
		if (bench_crossing_of(plan, c, k, &x))
			put_crossing(w, c, &x);
	size_write_close(w, ']');
	size_write_close(w, '}');
}

void bench_curves_json(const struct bench_plan *plan, struct size_writer *w)
{
	size_write_open(w, "curves", '[');
	each_curves(plan, w, visit_json);
	size_write_close(w, ']');
}
