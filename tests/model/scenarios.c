/* SPDX-License-Identifier: MIT */
/*
 * scenarios.c - the shipped data plane under the explorer.
 *
 * Each scenario is a few packets through the real producer.c, consumer.c,
 * data_plane.c, packet.c and select.c, and what must hold whatever the
 * threads do: every wait ends, data arrives whole, once and in order.
 *
 *   scenarios                 all of the default set
 *   scenarios --long          the long set
 *   scenarios NAME...         only these
 *   --bound N                 at most N preemptions instead of all orders
 *   --seconds S               for each scenario; not done by then is a failure
 *   --brief                   no schedule of a failure
 *   --save FILE               write the schedule of a failure
 *   --replay FILE NAME        run it again
 *   --list                    names
 * Exit status: 0 all hold, 1 one fails, 2 not finished or not possible.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static const struct scene *const sets[] = {scene_packets, scene_words,
					   scene_death, scene_lies};
#define SETS (sizeof(sets) / sizeof(sets[0]))

static struct {
	struct mc_options explorer;
	int is_long;
	int bound;
	int n_names;
	const char *names[64];
} options = {.bound = ALL};

static int is_wanted(const struct scene *scene)
{
	for (int i = 0; i < options.n_names; i++)
		if (!strcmp(options.names[i], scene->name))
			return 1;
	return !options.n_names && scene->is_long == options.is_long;
}

/* What set_up() sets up. */
static const struct scene *playing;

static void set_up(void)
{
	static const char *const names[RIG_READERS] = {"consumer", "consumer2"};

	rig_build(&playing->stream);
	if (playing->prepare)
		playing->prepare();
	if (playing->send)
		mc_thread("producer", playing->send, NULL);
	for (uint32_t i = 0; playing->take && i < playing->stream.readers; i++)
		mc_thread(names[i], playing->take, &rig.readers[i]);
	if (playing->other.run)
		mc_thread(playing->other.name, playing->other.run, NULL);
}

static int run(const struct scene *scene)
{
	static const char *const verdicts[] = {"holds", "FAILS", "NOT FINISHED",
					       "NOT POSSIBLE"};
	struct mc_options how = options.explorer;
	int bound = options.bound != ALL ? options.bound : scene->bound;
	const struct mc_scenario scenario = {
		.name = scene->name,
		.set_up = set_up,
		.end = scene->end ? scene->end : scene_check_honest,
		.victim = scene->victim,
		.kill = scene->kill,
		.spurious = scene->spurious,
		.timeouts = scene->timeouts,
	};
	struct mc_result result;

	playing = scene;
	if (bound != ALL) {
		how.bounded = 1;
		how.preemptions = (uint32_t)bound;
	}
	mc_explore(&scenario, &how, &result);
	printf("%-18s %s: ", scene->name, verdicts[result.verdict]);
	if (bound == ALL)
		printf("all orders; ");
	else
		printf("at most %d preemptions; ", bound);
	printf("%llu executions, %llu states, %llu steps, %.2f s%s%s\n",
	       (unsigned long long)result.executions,
	       (unsigned long long)result.states,
	       (unsigned long long)result.steps, result.seconds,
	       *result.why ? ": " : "", result.why);
	fflush(stdout);
	if (result.verdict == MC_HOLDS)
		return 0;
	return result.verdict == MC_FAILS ? 1 : 2;
}

static void list(void)
{
	for (size_t i = 0; i < SETS; i++)
		for (const struct scene *s = sets[i]; s->name; s++)
			puts(s->name);
}

static int parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--long"))
			options.is_long = 1;
		else if (!strcmp(argv[i], "--brief"))
			options.explorer.quiet = 1;
		else if (!strcmp(argv[i], "--bound") && ++i)
			options.bound = atoi(value);
		else if (!strcmp(argv[i], "--seconds") && ++i)
			options.explorer.seconds = atof(value);
		else if (!strcmp(argv[i], "--save") && ++i)
			options.explorer.save = value;
		else if (!strcmp(argv[i], "--replay") && ++i)
			options.explorer.replay = value;
		else if (argv[i][0] == '-' || options.n_names == 64)
			return -1;
		else
			options.names[options.n_names++] = argv[i];
	}
	return 0;
}

/* Those of @set that are wanted.  How many there were, and the worst status. */
static int run_set(const struct scene *set, int *worst)
{
	int found = 0;

	for (; set->name; set++) {
		int status;

		if (!is_wanted(set))
			continue;
		found++;
		status = run(set);
		if (*worst < status)
			*worst = status;
	}
	return found;
}

int main(int argc, char **argv)
{
	int worst = 0;
	int found = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	if (parse(argc, argv)) {
		fprintf(stderr, "usage: see scenarios.c\n");
		return 2;
	}
	for (size_t i = 0; i < SETS; i++)
		found += run_set(sets[i], &worst);
	if (options.n_names && found != options.n_names) {
		fprintf(stderr, "no such scenario\n");
		return 2;
	}
	return worst;
}
