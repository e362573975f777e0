// SPDX-License-Identifier: MIT
/*
 * bench_curves.c - rows that differ in one number only, and where two of their
 * curves cross.
 *
 * A copy is faster than the reference at a size if it is in three quarters of the
 * runs, slower likewise, and otherwise nothing is said of that size.
 */
#include "bench_curves.h"

static const char *const axes[BENCH_AXES] = {
	[BENCH_AXIS_PAYLOAD] = "payload",
	[BENCH_AXIS_CONSUMERS] = "consumers",
	[BENCH_AXIS_STREAMS] = "streams",
};

const char *bench_axis_name(enum bench_axis axis)
{
	return axes[axis];
}

static uint32_t number_of(const struct bench_case *c, enum bench_axis axis)
{
	if (axis == BENCH_AXIS_PAYLOAD)
		return c->payload;
	return axis == BENCH_AXIS_CONSUMERS ? c->consumers : c->streams;
}

/* The case without that number, and what follows from it: nothing can be
 * touched in no bytes, and all of the streams are as many as there are. */
static struct bench_case without(const struct bench_case *what,
				 enum bench_axis axis)
{
	struct bench_case c = *what;

	if (axis == BENCH_AXIS_PAYLOAD) {
		c.touched = c.touched || c.payload == 0;
		c.payload = 0;
	} else if (axis == BENCH_AXIS_CONSUMERS) {
		c.consumers = 0;
	} else {
		c.active = c.active > 1;
		c.streams = 0;
	}
	return c;
}

static bool is_of(const struct bench_row *row, const struct bench_curves *c)
{
	struct bench_case rest = without(&row->what, c->axis);

	return bench_case_equal(&rest, &c->what);
}

/* Where @number is in @list, or goes to. */
static uint32_t place(const uint32_t *list, uint32_t n, uint32_t number)
{
	uint32_t i = 0;

	while (i < n && list[i] < number)
		i++;
	return i;
}

static void add_number(struct bench_curves *c, uint32_t number)
{
	uint32_t i = place(c->at, c->n_at, number);

	if ((i < c->n_at && c->at[i] == number) ||
	    c->n_at == BENCH_CURVE_POINTS)
		return;
	for (uint32_t k = c->n_at++; k > i; k--)
		c->at[k] = c->at[k - 1];
	c->at[i] = number;
}

static uint32_t channel_of(struct bench_curves *c,
			   const struct bench_channel *channel)
{
	uint32_t i = 0;

	while (i < c->n_channels && c->channels[i] != channel)
		i++;
	if (i == c->n_channels && i < BENCH_CURVE_CHANNELS)
		c->channels[c->n_channels++] = channel;
	return i;
}

static void put_rows(const struct bench_plan *plan, struct bench_curves *c)
{
	for (uint32_t k = 0; k < BENCH_CURVE_CHANNELS; k++)
		for (uint32_t i = 0; i < BENCH_CURVE_POINTS; i++)
			c->rows[k][i] = BENCH_NO_ROW;
	for (size_t r = 0; r < plan->n; r++) {
		uint32_t number = number_of(&plan->rows[r].what, c->axis);
		uint32_t i = place(c->at, c->n_at, number);
		uint32_t k;

		if (!is_of(&plan->rows[r], c) || i == c->n_at ||
		    c->at[i] != number)
			continue;
		k = channel_of(c, plan->rows[r].channel);
		if (k < BENCH_CURVE_CHANNELS)
			c->rows[k][i] = r;
	}
}

static uint32_t points(const struct bench_curves *c, uint32_t channel)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_at; i++)
		n += c->rows[channel][i] != BENCH_NO_ROW;
	return n;
}

/* What has two points only, like a limit that needs no more, is no curve. */
static void drop_short(struct bench_curves *c)
{
	uint32_t kept = 0;

	for (uint32_t k = 0; k < c->n_channels; k++) {
		if (points(c, k) < BENCH_CURVE_LEAST && !c->channels[k]->beside)
			continue;
		c->channels[kept] = c->channels[k];
		for (uint32_t i = 0; i < BENCH_CURVE_POINTS; i++)
			c->rows[kept][i] = c->rows[k][i];
		kept++;
	}
	c->n_channels = kept;
}

static bool has_long(const struct bench_curves *c)
{
	for (uint32_t k = 0; k < c->n_channels; k++)
		if (points(c, k) >= BENCH_CURVE_LEAST)
			return true;
	return false;
}

bool bench_curves_of(const struct bench_plan *plan, size_t row,
		     enum bench_axis axis, struct bench_curves *out)
{
	*out = (struct bench_curves){
		.axis = axis,
		.what = without(&plan->rows[row].what, axis),
	};
	for (size_t r = 0; r < plan->n; r++) {
		if (!is_of(&plan->rows[r], out))
			continue;
		if (r < row)
			return false;
		add_number(out, number_of(&plan->rows[r].what, axis));
	}
	put_rows(plan, out);
	drop_short(out);
	return has_long(out);
}

/* ---- crossings -------------------------------------------------------------- */

static void judge(const struct bench_curves *c, struct bench_crossing *x)
{
	bool always = true;

	for (uint32_t i = 0; i < c->n_at; i++) {
		if (!x->there[i])
			continue;
		/* Nothing is neither copied nor referred to. */
		always = always && (x->ratio[i].high < 1 || c->at[i] == 0);
		if (always && c->at[i]) {
			x->is_faster = true;
			x->faster = c->at[i];
		}
		/* One that is not slower begins anew. */
		if (x->ratio[i].low <= 1) {
			x->is_slower = false;
		} else if (!x->is_slower) {
			x->is_slower = true;
			x->slower = c->at[i];
		}
	}
}

bool bench_crossing_of(const struct bench_plan *plan,
		       const struct bench_curves *c, uint32_t channel,
		       struct bench_crossing *out)
{
	const struct bench_channel *beside = c->channels[channel]->beside;
	bool any = false;

	*out = (struct bench_crossing){.channel = channel};
	while (out->beside < c->n_channels &&
	       c->channels[out->beside] != beside)
		out->beside++;
	if (!beside || out->beside == c->n_channels ||
	    c->axis != BENCH_AXIS_PAYLOAD)
		return false;
	for (uint32_t i = 0; i < c->n_at; i++) {
		size_t row = c->rows[channel][i];
		size_t to = c->rows[out->beside][i];

		if (row == BENCH_NO_ROW || to == BENCH_NO_ROW)
			continue;
		out->there[i] = bench_row_ratio(plan, &plan->rows[row], to,
						&out->ratio[i]);
		any = any || out->there[i];
	}
	judge(c, out);
	return any;
}
