// SPDX-License-Identifier: MIT
/*
 * size_plot.c - pictures of an answer: above the arrival curves of both ends,
 * below how many packets live, and how many wait to be read, in the schedule
 * that needs all the slots.
 *
 * Numbers become doubles here and only here: nothing is decided by them.
 */
#include <stdlib.h>

#include <dsi/types.h>

#include "cli.h"
#include "plot/plot.h"
#include "size_command.h"

#define MOST_PACKETS 10000u
#define MARGIN 3u /* packets drawn beside those that are needed */
#define MOST_STEPS 400u

struct event {
	struct exact time;
	int alive;   /* +1 slot taken, -1 released */
	int waiting; /* +1 committed, -1 read */
};

struct picture {
	struct plot *plot;
	const struct size_question *q;
	const struct size_answer *a;
	bool good;
};

static double milliseconds(struct exact seconds)
{
	return 1000.0 * exact_double(seconds);
}

static double milliseconds_of(const struct picture *p, uint64_t ticks)
{
	return milliseconds(size_seconds_of(p->q, ticks));
}

static void point(struct picture *p, double x, double y)
{
	p->good = p->good && plot_point(p->plot, x, y);
}

static void series(struct picture *p, const char *name, enum plot_style style)
{
	p->good = p->good && plot_series(p->plot, name, style);
}

/* A closed window as long as the least span of n packets may have n of them,
 * one of n T + tau must have n. */
static void add_curve(struct picture *p, const struct dsi_jcs *jcs, bool most,
		      uint64_t window)
{
	uint64_t n = most ? 1 : 0;
	uint64_t length = 0;

	for (; n <= MOST_STEPS && length <= window && p->good; n++) {
		if (most && dsi_jcs_span(jcs, n, &length, NULL))
			return;
		if (!most && n)
			length = n * jcs->period + jcs->jitter;
		if (length <= window)
			point(p, milliseconds_of(p, length), (double)n);
	}
	point(p, milliseconds_of(p, window), (double)(n > 2 ? n - 2 : 0));
}

static void add_curves(struct picture *p, uint64_t window)
{
	const struct dsi_sizing_reader *r = &p->q->p.readers[p->a->decides];
	struct dsi_jcs jcs = p->q->p.writer.stream;
	struct dsi_jcs reader = {
		.size = sizeof(reader),
		.period = jcs.period,
		.jitter = r->jitter,
	};

	series(p, "most that may be committed in a window", PLOT_STEPS);
	add_curve(p, &jcs, true, window);
	series(p, "least that is committed", PLOT_STEPS);
	add_curve(p, &jcs, false, window);
	if (r->pace != DSI_PACE_GRID || r->units || r->batch > 1)
		return;
	series(p, "least that the consumer reads", PLOT_STEPS);
	add_curve(p, &reader, false, window);
}

/* Arrivals before departures at the same instant: the worst order, or with
 * closed ties the other one. */
static int compare_strict(const void *a, const void *b)
{
	const struct event *e = a;
	const struct event *f = b;
	int order = exact_cmp(e->time, f->time);

	return order ? order
		     : (f->alive + f->waiting) - (e->alive + e->waiting);
}

static int compare_closed(const void *a, const void *b)
{
	const struct event *e = a;
	const struct event *f = b;
	int order = exact_cmp(e->time, f->time);

	return order ? order
		     : (e->alive + e->waiting) - (f->alive + f->waiting);
}

/* The packets that are drawn: those of the worst moment, and some around. */
struct part {
	uint64_t first;
	uint64_t n;
	struct exact zero; /* time from which on all that live are drawn */
	struct exact end;
};

static bool choose_part(const struct size_schedule *s, struct part *part)
{
	uint64_t slots = s->need->slots;
	uint64_t last = s->need->last;
	uint64_t n = s->w->packets;

	if (slots > MOST_PACKETS || last > DSI_TICKS_MAX)
		return false;
	part->first = last > 3 * slots + MARGIN ? last - 3 * slots - MARGIN : 0;
	last += slots + MARGIN;
	part->zero = exact_int(0);
	if (part->first)
		part->zero = size_schedule_packet(s, s->need->first).slot;
	part->end = size_schedule_packet(s, last).slot;
	if (n && last >= n) {
		last = n - 1;
		part->end = size_schedule_packet(s, last).release;
	}
	part->n = last + 1 - part->first;
	return true;
}

static void make_events(const struct size_schedule *s, const struct part *part,
			struct event *events)
{
	for (uint64_t i = 0; i < part->n; i++) {
		struct size_packet at =
			size_schedule_packet(s, part->first + i);

		events[4 * i] = (struct event){at.slot, 1, 0};
		events[4 * i + 1] = (struct event){at.commit, 0, 1};
		events[4 * i + 2] = (struct event){at.get, 0, -1};
		events[4 * i + 3] = (struct event){at.release, -1, 0};
	}
	qsort(events, 4 * part->n, sizeof(*events),
	      s->w->ties == DSI_TIES_STRICT ? compare_strict : compare_closed);
}

static double milliseconds_in(const struct part *part, struct exact time)
{
	return milliseconds(exact_sub(time, part->zero));
}

/* The run goes on after the picture, and had begun before it. */
static void add_run(struct picture *p, const struct event *events,
		    const struct part *part, bool alive)
{
	long value = 0;

	for (uint64_t i = 0; i < 4 * part->n; i++) {
		int change = alive ? events[i].alive : events[i].waiting;
		int order = exact_cmp(events[i].time, part->end);

		if (order > 0 || (order == 0 && change > 0))
			break;
		value += change;
		if ((change || !i) &&
		    (!part->first ||
		     exact_cmp(events[i].time, part->zero) >= 0))
			point(p, milliseconds_in(part, events[i].time),
			      (double)value);
	}
	point(p, milliseconds_in(part, part->end), (double)value);
}

static void add_schedule(struct picture *p, const struct size_schedule *s,
			 const struct part *part)
{
	struct event *events = calloc(4 * part->n, sizeof(*events));
	struct exact peak = size_schedule_packet(s, s->need->last).slot;
	char text[64];

	if (!events) {
		p->good = false;
		return;
	}
	make_events(s, part, events);
	series(p, "slots in use", PLOT_FILL_STEPS);
	add_run(p, events, part, true);
	series(p, "committed, not yet read", PLOT_STEPS);
	add_run(p, events, part, false);
	snprintf(text, sizeof(text), "packet %llu takes its slot",
		 (unsigned long long)s->need->last);
	series(p, "all slots in use", PLOT_POINTS);
	p->good = p->good && plot_label(p->plot, milliseconds_in(part, peak),
					(double)s->need->slots, text);
	free(events);
}

static void add_bound(struct picture *p, const struct size_schedule *s)
{
	char name[64];

	snprintf(name, sizeof(name), "N = %llu slots",
		 (unsigned long long)s->need->slots);
	series(p, name, PLOT_BOUND);
	point(p, 0.0, (double)s->need->slots);
}

static void add_panel(struct picture *p, const struct size_schedule *s,
		      const struct part *part)
{
	char title[96] = "The schedule that needs all slots";

	if (part->first)
		snprintf(title, sizeof(title),
			 "The schedule that needs all slots, from the slot of "
			 "packet %llu on",
			 (unsigned long long)s->need->first);
	p->good = p->good && plot_panel(p->plot, title, "packets");
	add_schedule(p, s, part);
	add_bound(p, s);
}

static bool draw(struct picture *p, const struct size_schedule *s,
		 struct size_failure *f)
{
	struct part part;
	uint64_t shown;

	if (!choose_part(s, &part))
		return size_refuse(f, CLI_FAILURE, "too-many",
				   "--plot: %llu slots are too many for a "
				   "picture; at most %u can be drawn",
				   (unsigned long long)s->need->slots,
				   MOST_PACKETS);
	shown = part.first ? 2 * s->need->slots + MARGIN : part.n;
	if (shown > DSI_TICKS_MAX / s->w->stream.period)
		shown = 1;
	add_curves(p, shown * s->w->stream.period);
	add_panel(p, s, &part);
	return p->good || size_refuse(f, CLI_FAILURE, "failure",
				      "--plot: no memory for the picture");
}

bool size_plot(const struct size_question *q, const struct size_answer *a,
	       const char *path, struct size_failure *f)
{
	struct picture p = {.q = q, .a = a, .good = true};
	struct size_schedule s;
	char why[PLOT_WHY_BYTES];
	bool good;

	if (!size_schedule(q, a->decides, &a->needs[a->decides], &s))
		return size_refuse(f, CLI_FAILURE, "no-schedule",
				   "--plot: the number of slots is safe, but "
				   "no schedule that needs all of them is "
				   "known that could be drawn");
	p.plot = plot_create("Packets in a window of time", "time, ms",
			     "packets");
	if (!p.plot)
		return size_refuse(f, CLI_FAILURE, "failure",
				   "--plot: no memory for the picture");
	good = draw(&p, &s, f);
	if (good && !plot_write(p.plot, path, why))
		good = size_refuse(f, CLI_FAILURE, "failure", "%s", why);
	plot_destroy(p.plot);
	return good;
}
