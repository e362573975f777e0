// SPDX-License-Identifier: MIT
/*
 * fit_command.c - `dsi fit`: period, jitter and distance of recorded time
 * stamps.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "describe/quantity.h"
#include "fit_command.h"
#include "fit_options.h"
#include "fit_trace.h"
#include "message.h"

static int run(int argc, char **argv);

const struct cli_command cli_fit = {
	.name = "fit",
	.summary = "period, jitter and distance of recorded time stamps",
	.run = run,
};

static void guess_format(struct fit_options *o)
{
	const char *dot = strrchr(o->source.name, '.');

	if (o->format_given || !dot)
		return;
	if (strcmp(dot, ".csv") == 0)
		o->source.format = FIT_CSV;
	else if (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonl") == 0)
		o->source.format = FIT_JSON_LINES;
}

static int exit_code(enum fit_status status)
{
	switch (status) {
	case FIT_OK:
		return CLI_OK;
	case FIT_BAD:
		return CLI_USAGE;
	case FIT_RANGE:
		return FIT_EXIT_RANGE;
	case FIT_NO_MEMORY:
	default:
		return CLI_FAILURE;
	}
}

static int report(const struct fit_options *o, enum fit_status status,
		  const char *why)
{
	if (status != FIT_OK)
		message_error(o->source.name, "%s", why);
	return exit_code(status);
}

/* Options that say how a file is written are not for traces. */
static int read_folder(const struct fit_options *o, struct fit_points *points)
{
	if (!o->format_given && !o->source.column && !o->source.seq &&
	    !exact_ok(o->source.unit))
		return fit_trace_read(o, points);
	message_error(o->source.name,
		      "is a trace: leave out --format, --column, --seq and "
		      "--unit");
	return CLI_USAGE;
}

static int read_file(const struct fit_options *o, struct fit_points *points)
{
	bool is_stdin = strcmp(o->source.name, "-") == 0;
	char why[FIT_WHY_BYTES] = "";
	enum fit_status status;
	int fd = is_stdin ? STDIN_FILENO
			  : open(o->source.name, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		message_error(o->source.name, "cannot open: %s",
			      strerror(errno));
		return CLI_USAGE;
	}
	if ((o->source.column || o->source.seq) &&
	    o->source.format == FIT_TEXT) {
		message_error("--column", "plain text has none; say --format "
					  "csv or --format json");
		if (!is_stdin)
			close(fd);
		return CLI_USAGE;
	}
	status = fit_read(&o->source, fd, points, why);
	if (!is_stdin)
		close(fd);
	return report(o, status, why);
}

static int read_points(const struct fit_options *o, struct fit_points *points)
{
	if (fit_trace_is(o->source.name))
		return read_folder(o, points);
	if (!o->stream)
		return read_file(o, points);
	message_error("--stream", "'%s' is no folder with a trace",
		      o->source.name);
	return CLI_USAGE;
}

static bool read_time(const char *option, const char *text,
		      const struct exact *period, struct exact *out)
{
	char why[QUANTITY_WHY_BYTES] = "";

	if (!text || quantity_time(text, period, out, why))
		return true;
	message_error(option, "%s", why);
	return false;
}

static bool read_margin(const char *text, const struct fit_answer *a,
			struct exact *jitter, struct exact *distance)
{
	struct exact by = exact_int(0);
	char why[QUANTITY_WHY_BYTES] = "";
	bool percent = text && text[0] && text[strlen(text) - 1] == '%';

	if (percent && !quantity_drift(text, &by, why)) {
		message_error("--margin", "%s", why);
		return false;
	}
	if (!percent && !read_time("--margin", text, &a->nominal, &by))
		return false;
	*jitter = exact_add(*jitter, percent ? exact_mul(*jitter, by) : by);
	*distance =
		exact_sub(*distance, percent ? exact_mul(*distance, by) : by);
	if (exact_ok(*distance))
		*distance = exact_max(*distance, exact_int(0));
	return true;
}

static int fit_all(const struct fit_options *o, struct fit_answer *a)
{
	char why[FIT_WHY_BYTES] = "";
	struct fit tightest;
	enum fit_status status;

	if (!read_time("--period", o->period, NULL, &a->nominal))
		return CLI_USAGE;
	if (!o->period)
		return report(o, fit_tightest(a->points, &a->fit, why), why);
	if (exact_sign(a->nominal) <= 0) {
		message_error("--period", "'%s' is not more than 0", o->period);
		return CLI_USAGE;
	}
	status = fit_known(a->points, exact_div(a->nominal, a->tick), &a->fit,
			   why);
	if (status == FIT_OK &&
	    fit_tightest(a->points, &tightest, why) == FIT_OK)
		a->tightest = tightest.period;
	return report(o, status, why);
}

static int add_margin(const struct fit_options *o, struct fit_answer *a)
{
	struct exact period = fit_seconds(a, a->fit.period);

	a->margin_text = o->margin;
	a->jitter_used = fit_seconds(a, a->fit.jitter);
	a->distance_used = fit_seconds(a, exact_int(a->fit.distance));
	if (!read_margin(o->margin, a, &a->jitter_used, &a->distance_used))
		return CLI_USAGE;
	if (exact_ok(a->jitter_used) && exact_ok(a->distance_used) &&
	    exact_ok(period)) {
		a->distance_used = exact_min(a->distance_used, period);
		return CLI_OK;
	}
	message_error(o->source.name, "the result does not fit in 128 bits");
	return FIT_EXIT_RANGE;
}

static int check(const struct fit_options *o, struct fit_answer *a)
{
	char why[FIT_WHY_BYTES] = "";
	enum fit_status status = FIT_OK;

	a->checked = true;
	a->has_jitter = o->jitter != NULL;
	a->has_distance = o->distance != NULL;
	if (!read_time("--jitter", o->jitter, &a->nominal, &a->jitter) ||
	    !read_time("--distance", o->distance, &a->nominal, &a->distance))
		return CLI_USAGE;
	if (o->jitter)
		status = fit_check_jitter(a->points, a->fit.period,
					  exact_div(a->jitter, a->tick),
					  &a->jitter_breach, why);
	if (o->distance)
		fit_check_distance(a->points, exact_div(a->distance, a->tick),
				   &a->distance_breach);
	return report(o, status, why);
}

static int show(const struct fit_options *o, const struct fit_answer *a)
{
	bool good = true;

	if (o->json)
		good = fit_print_json(a);
	else if (o->emit)
		good = fit_print_keys(a);
	else if (o->check)
		fit_print_check(a);
	else
		fit_print_text(a);
	if (!good) {
		message_error(o->source.name, "out of memory");
		return CLI_FAILURE;
	}
	if (message_output() != CLI_OK)
		return CLI_FAILURE;
	if ((o->plot && !fit_plot_lateness(a, o->plot)) ||
	    (o->plot_curves && !fit_plot_curves(a, o->plot_curves)))
		return CLI_FAILURE;
	return a->checked && (a->jitter_breach.what || a->distance_breach.what)
		       ? CLI_FAILURE
		       : CLI_OK;
}

static int answer(const struct fit_options *o, const struct fit_points *points)
{
	struct fit_answer a = {.name = o->source.name, .points = points};
	int code;

	a.tick = fit_tick(points);
	code = fit_all(o, &a);
	if (code == CLI_OK)
		code = add_margin(o, &a);
	if (code == CLI_OK && o->check)
		code = check(o, &a);
	if (code != CLI_OK)
		return code;
	fit_spans(points, &a.spans);
	return show(o, &a);
}

static int run(int argc, char **argv)
{
	struct fit_options o = {.source = {.format = FIT_TEXT}};
	struct fit_points points = {0};
	int code;

	if (argp_parse(&fit_argp, argc, argv, 0, NULL, &o))
		return CLI_USAGE;
	guess_format(&o);
	code = read_points(&o, &points);
	if (code == CLI_OK)
		code = answer(&o, &points);
	fit_points_free(&points);
	return code;
}
