// SPDX-License-Identifier: MIT
/*
 * simulate_plot.c - the slots in use over time, with the ring as a bound.
 *
 * Drawn is the schedule that used most, of the reader that needs most.  Of a
 * long replay only the part around its peak is drawn: more steps than pixels
 * show nothing.
 */
#include <stdlib.h>

#include "message.h"
#include "plot/plot.h"
#include "simulate_command.h"

#define STEPS_BEFORE 2000u
#define STEPS_AFTER 500u
#define MOST_STEPS (1u << 22)

struct step {
	double ms;
	uint64_t occupied;
};

struct steps {
	struct step *step;
	size_t n, room;
	size_t peak; /* the first of the highest */
	bool no_memory;
};

static void remember(void *user, struct exact at, uint64_t occupied)
{
	struct steps *steps = user;

	if (steps->n == MOST_STEPS)
		return;
	if (steps->n == steps->room) {
		size_t room = steps->room ? 2 * steps->room : 1024;
		void *grown =
			reallocarray(steps->step, room, sizeof(*steps->step));

		if (!grown) {
			steps->no_memory = true;
			return;
		}
		steps->step = grown;
		steps->room = room;
	}
	steps->step[steps->n].ms = exact_double(at) * 1000.0;
	steps->step[steps->n].occupied = occupied;
	if (occupied > steps->step[steps->peak].occupied)
		steps->peak = steps->n;
	steps->n++;
}

/* The worst schedule again, watched. */
static bool replay_again(const struct simulate_run *run, uint32_t reader,
			 struct steps *steps)
{
	const struct simulate_outcome *out = &run->outcomes[reader];
	struct simulate_options options = {
		.slots = out->slots,
		.random = run->random,
		.seed = run->seed,
		.watch = remember,
		.user = steps,
		.watched = out->worst,
	};
	struct simulate_result again[SIMULATE_MOST_SCHEDULES];
	char why[SIMULATE_WHY_BYTES];
	uint32_t n;

	if (simulate_reader(&run->q.p.writer, &run->q.p.readers[reader],
			    &run->a.needs[reader], run->q.p.tick, &options,
			    again, &n, why)) {
		message_error("--plot", "%s", why);
		return false;
	}
	if (steps->no_memory)
		message_error("--plot", "no memory");
	return !steps->no_memory;
}

static bool draw(struct plot *plot, const struct steps *steps, uint64_t slots)
{
	size_t from =
		steps->peak > STEPS_BEFORE ? steps->peak - STEPS_BEFORE : 0;
	size_t end = steps->peak + STEPS_AFTER;
	bool good = plot_series(plot, "slots in use", PLOT_FILL_STEPS);

	if (end > steps->n)
		end = steps->n;
	for (size_t i = from; i < end; i++)
		good &= plot_point(plot, steps->step[i].ms,
				   (double)steps->step[i].occupied);
	good &= plot_series(plot, "slots of the ring", PLOT_BOUND);
	good &= plot_point(plot, 0.0, (double)slots);
	return good;
}

bool simulate_plot(const struct simulate_run *run, const char *path)
{
	uint32_t reader = run->a.decides;
	const struct simulate_outcome *out = &run->outcomes[reader];
	struct steps steps = {0};
	char title[160];
	char why[PLOT_WHY_BYTES] = "no memory";
	struct plot *plot;
	bool good;

	if (!replay_again(run, reader, &steps)) {
		free(steps.step);
		return false;
	}
	snprintf(title, sizeof(title), "%s: %s",
		 out->results[out->worst].schedule,
		 out->results[out->worst].what);
	plot = plot_create(title, "time (ms)", "slots");
	good = plot && draw(plot, &steps, out->slots) &&
	       plot_write(plot, path, why);
	if (!good)
		message_error("--plot", "%s", why);
	if (plot)
		plot_destroy(plot);
	free(steps.step);
	return good;
}
