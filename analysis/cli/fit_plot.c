// SPDX-License-Identifier: MIT
/*
 * fit_plot.c - pictures of `dsi fit`: lateness over time, and arrival curves.
 */
#include <stdio.h>

#include "describe/quantity.h"
#include "fit_command.h"
#include "message.h"
#include "plot/plot.h"

#define BUCKETS 2000u
#define WINDOW_GAPS 12u

/* One unit for an axis: no number above 10,000. */
struct axis {
	double factor;
	const char *unit;
};

static struct axis choose(double most_s)
{
	static const struct axis axes[] = {
		{1e9, "ns"}, {1e6, "us"}, {1e3, "ms"}, {1, "s"}};
	size_t i = 0;

	while (i < 3 && most_s * axes[i].factor > 10000)
		i++;
	return axes[i];
}

static double late_s(const struct fit_answer *a, size_t i)
{
	return exact_double(
		fit_seconds(a, fit_lateness(&a->fit, a->points, i)));
}

static bool put_late(const struct fit_answer *a, struct plot *plot, size_t i,
		     const struct axis *x, const struct axis *y)
{
	double s = (double)a->points->at[i].time * exact_double(a->tick);

	return plot_point(plot, s * x->factor, late_s(a, i) * y->factor);
}

/* Of each bucket the earliest and the latest: the extremes are all there. */
static bool put_lateness(const struct fit_answer *a, struct plot *plot,
			 const struct axis *x, const struct axis *y)
{
	size_t n = a->points->n;
	size_t step = n / BUCKETS + 1;
	size_t first;
	size_t i;

	for (first = 0; first < n; first += step) {
		size_t low = first;
		size_t high = first;

		for (i = first; i < n && i < first + step; i++) {
			if (late_s(a, i) < late_s(a, low))
				low = i;
			if (late_s(a, i) > late_s(a, high))
				high = i;
		}
		if (!put_late(a, plot, low, x, y) ||
		    (low != high && !put_late(a, plot, high, x, y)))
			return false;
	}
	return true;
}

static bool finish(struct plot *plot, bool good, const char *path)
{
	char why[PLOT_WHY_BYTES] = "out of memory";

	if (good)
		good = plot_write(plot, path, why);
	plot_destroy(plot);
	if (!good)
		message_error("--plot", "%s", why);
	return good;
}

bool fit_plot_lateness(const struct fit_answer *a, const char *path)
{
	double jitter = exact_double(fit_seconds(a, a->fit.jitter));
	struct axis x = choose(exact_double(fit_length(a)));
	struct axis y = choose(jitter);
	char title[256];
	char x_label[64];
	char y_label[64];
	char shown[QUANTITY_TEXT_BYTES];
	struct plot *plot;

	snprintf(title, sizeof(title), "%.80s: %zu packets, period %s", a->name,
		 a->points->n,
		 quantity_show_time(fit_seconds(a, a->fit.period), shown));
	snprintf(x_label, sizeof(x_label), "time since the first packet / %s",
		 x.unit);
	snprintf(y_label, sizeof(y_label), "lateness / %s", y.unit);
	plot = plot_create(title, x_label, y_label);
	return finish(plot,
		      plot && plot_series(plot, "observed", PLOT_POINTS) &&
			      put_lateness(a, plot, &x, &y) &&
			      plot_series(plot, "jitter", PLOT_BOUND) &&
			      plot_point(plot, 0, jitter * y.factor),
		      path);
}

/* Spans of the fitted description: (n-1) gaps. */
static double fitted_min(const struct fit_answer *a, double gaps)
{
	double by_period = gaps * exact_double(fit_seconds(a, a->fit.period)) -
			   exact_double(fit_seconds(a, a->fit.jitter));
	double by_distance =
		a->fit.has_distance
			? gaps * (double)a->fit.distance * exact_double(a->tick)
			: 0;
	double most = by_period > by_distance ? by_period : by_distance;

	return most > 0 ? most : 0;
}

static double fitted_max(const struct fit_answer *a, double gaps)
{
	return gaps * exact_double(fit_seconds(a, a->fit.period)) +
	       exact_double(fit_seconds(a, a->fit.jitter));
}

/* @upper: n packets fit in a window longer than the least span of n - 1 gaps;
 * else: n are there in one that is not shorter than the largest of n + 1. */
static bool put_curve(const struct fit_answer *a, struct plot *plot, bool upper,
		      bool observed, double factor)
{
	const struct fit_spans *s = &a->spans;
	bool good = plot_point(plot, 0, upper);
	size_t i;

	for (i = 0; good && i < s->n && s->gaps[i] <= WINDOW_GAPS && s->seen[i];
	     i++) {
		double gaps = (double)s->gaps[i];
		double x = upper ? fitted_min(a, gaps) : fitted_max(a, gaps);

		if (observed)
			x = (double)(upper ? s->min[i] : s->max[i]) *
			    exact_double(a->tick);
		good = plot_point(plot, x * factor, gaps + upper);
	}
	return good;
}

/* Observed corners are points on the fitted steps: one sees both where they
 * are the same. */
bool fit_plot_curves(const struct fit_answer *a, const char *path)
{
	struct axis x = choose((double)WINDOW_GAPS *
			       exact_double(fit_seconds(a, a->fit.period)));
	char label[64];
	char title[256];
	struct plot *plot;

	snprintf(title, sizeof(title), "%.80s: packets in any window", a->name);
	snprintf(label, sizeof(label), "length of the window / %s", x.unit);
	plot = plot_create(title, label, "packets");
	return finish(
		plot,
		plot && plot_series(plot, "fitted, at most", PLOT_STEPS) &&
			put_curve(a, plot, true, false, x.factor) &&
			plot_series(plot, "observed, at most", PLOT_POINTS) &&
			put_curve(a, plot, true, true, x.factor) &&
			plot_series(plot, "observed, at least", PLOT_POINTS) &&
			put_curve(a, plot, false, true, x.factor) &&
			plot_series(plot, "fitted, at least", PLOT_STEPS) &&
			put_curve(a, plot, false, false, x.factor),
		path);
}
