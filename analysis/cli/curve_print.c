// SPDX-License-Identifier: MIT
/*
 * curve_print.c - curves and numbers, for people and in JSON, and drawn.
 */
#include <stdio.h>

#include <dsi/version.h>

#include "curve_command.h"
#include "message.h"
#include "plot/plot.h"
#include "size_writer.h"

static void cell(struct exact value, const char *after)
{
	char text[EXACT_TEXT_BYTES];

	printf("%-16s%s", exact_text(value, text), after);
}

void curve_print_table(const struct curve *f)
{
	char text[EXACT_TEXT_BYTES];
	size_t i;

	printf("%-16s %-16s %-16s %s\n", "x", "value", "right", "slope");
	for (i = 0; i < f->n; i++) {
		cell(f->at[i].x, " ");
		cell(f->at[i].value, " ");
		cell(f->at[i].right, " ");
		printf("%s\n", exact_text(f->at[i].slope, text));
	}
	printf("from %s: every ", exact_text(f->from, text));
	printf("%s more by ", exact_text(f->period, text));
	printf("%s\n", exact_text(f->increment, text));
}

static bool finish(struct size_writer *w)
{
	bool good = size_write_out(w);

	size_write_free(w);
	return good;
}

bool curve_print_json(const struct curve *f)
{
	struct size_writer w = {.pretty = true};
	size_t i;

	size_write_open(&w, NULL, '{');
	size_write_open(&w, "pieces", '[');
	for (i = 0; i < f->n; i++) {
		size_write_open(&w, NULL, '{');
		size_write_exact(&w, "x", f->at[i].x);
		size_write_exact(&w, "value", f->at[i].value);
		size_write_exact(&w, "right", f->at[i].right);
		size_write_exact(&w, "slope", f->at[i].slope);
		size_write_close(&w, '}');
	}
	size_write_close(&w, ']');
	size_write_exact(&w, "from", f->from);
	size_write_exact(&w, "period", f->period);
	size_write_exact(&w, "increment", f->increment);
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_close(&w, '}');
	return finish(&w);
}

bool curve_print_value(const char *key, struct exact value, bool json)
{
	struct size_writer w = {.pretty = true};
	char text[EXACT_TEXT_BYTES];

	if (!json) {
		printf("%s\n", exact_text(value, text));
		return true;
	}
	size_write_open(&w, NULL, '{');
	size_write_exact(&w, key, value);
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_close(&w, '}');
	return finish(&w);
}

bool curve_print_limits(const struct curve *f, struct exact t, bool json)
{
	struct size_writer w = {.pretty = true};
	char text[EXACT_TEXT_BYTES];
	struct exact left;
	struct exact value;
	struct exact right;

	curve_eval(f, t, &left, &value, &right);
	if (!json) {
		printf("left %s", exact_text(left, text));
		printf(" value %s", exact_text(value, text));
		printf(" right %s\n", exact_text(right, text));
		return true;
	}
	size_write_open(&w, NULL, '{');
	size_write_exact(&w, "t", t);
	size_write_exact(&w, "left", left);
	size_write_exact(&w, "value", value);
	size_write_exact(&w, "right", right);
	size_write_text(&w, "version", DSI_VERSION_TEXT);
	size_write_close(&w, '}');
	return finish(&w);
}

/* Where each of them has repeated once. */
static struct exact default_end(const struct curve *curves, size_t n)
{
	struct exact end = exact_int(0);
	size_t i;

	for (i = 0; i < n; i++)
		end = exact_max(end, exact_add(curves[i].from,
					       exact_mul(curves[i].period,
							 exact_int(2))));
	return end;
}

/* The ends of each piece's line: jumps are drawn as upright lines. */
static bool put_curve(struct plot *plot, const struct curve *f,
		      struct exact end, const char **why)
{
	size_t drawn = 0;
	struct exact shift = exact_int(0);
	struct exact rise = exact_int(0);
	size_t first = 0;
	size_t i = 0;
	bool good = true;

	while (exact_cmp(f->at[first].x, f->from) < 0)
		first++;
	while (good) {
		const struct curve_piece *p = &f->at[i];
		struct exact x = exact_add(p->x, shift);
		struct exact next =
			i + 1 < f->n ? p[1].x : exact_add(f->from, f->period);
		struct exact to = exact_min(exact_add(next, shift), end);
		struct exact left;

		if (!exact_ok(x) || !exact_ok(to) || exact_cmp(x, end) >= 0)
			return true;
		if (++drawn > CURVE_MAX_SEGMENTS) {
			*why = "too many segments to draw; give a smaller "
			       "--until";
			return false;
		}
		left = exact_add(p->right,
				 exact_mul(p->slope, exact_sub(to, x)));
		good = plot_point(plot, exact_double(x),
				  exact_double(exact_add(p->value, rise))) &&
		       plot_point(plot, exact_double(x),
				  exact_double(exact_add(p->right, rise))) &&
		       plot_point(plot, exact_double(to),
				  exact_double(exact_add(left, rise)));
		if (++i == f->n) {
			i = first;
			shift = exact_add(shift, f->period);
			rise = exact_add(rise, f->increment);
		}
	}
	return false;
}

bool curve_plot(const struct curve *curves, const char *const *names, size_t n,
		struct exact until, const char *path)
{
	char reason[PLOT_WHY_BYTES] = "";
	const char *why = "out of memory";
	struct plot *plot = plot_create("Curves", "t", "amount");
	bool good = plot != NULL;
	size_t i;

	if (exact_sign(until) == 0)
		until = default_end(curves, n);
	for (i = 0; good && i < n; i++)
		good = plot_series(plot, names[i], PLOT_LINE) &&
		       put_curve(plot, &curves[i], until, &why);
	if (good && !plot_write(plot, path, reason)) {
		why = reason;
		good = false;
	}
	plot_destroy(plot);
	if (!good)
		message_error("--plot", "%s", why);
	return good;
}
