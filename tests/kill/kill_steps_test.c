/* SPDX-License-Identifier: MIT */
/*
 * kill_steps_test.c - kill and stop a process at every step of what the library
 * does for it.
 *
 * usage: kill.steps [STEP...]        or the beginning of names: 'producer.*'
 *
 * Each step has a process of its own with what survives (steps_*.c), which
 * starts one victim after the other.  A window that ends within EVERY
 * instructions is gone through instruction by instruction.  Of a longer one the
 * points are all halts before and after its system calls, and as many again, at
 * least AT_RANDOM, that lie up to 2^DEPTH_BITS instructions behind one of those,
 * by the seed, most of them near it.  Of so many points a budget takes one out of
 * each equal part, by the seed.
 *
 * DSI_KILL_SEED: replay.  DSI_KILL_KILLS, DSI_KILL_STOPS: budgets for each step,
 * 0 = all points.  DSI_KILL_POINT=CALLS,STEPS or asleep: this point only.
 *
 * The last line is "kills: N, stops: N, failures: N".
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/kill/kill_steps.h"

#define EVERY 5000u
#define DEPTH_BITS 12u
#define AT_RANDOM 64u
#define HANG_S 60
/* Nothing comes to its end by a deadline before. */
#define PATIENCE_S "600"

struct kill_page *kill_page;

void kill_go_through(struct kill_victim *victim)
{
	kill_obey();
	if (victim->step->prepare)
		victim->step->prepare(victim);
	kill_mark();
	victim->step->window(victim);
	kill_mark();
}

/* What a step's process tells. */
static struct tally {
	uint32_t kills;
	uint32_t stops;
	uint32_t told;	       /* of those stopped: how many were left behind */
	uint32_t instructions; /* of the window, 0: too many */
	uint32_t calls;
	struct kill_point at; /* where it is just now */
	uint32_t stopping;
	char folder[64];
} * tally;

static const struct kill_step *const tables[] = {
	kill_steps_producer, kill_steps_name,	   kill_steps_consumer,
	kill_steps_control,  kill_steps_component, kill_steps_watch,
};

static const struct kill_step *step_of(uint32_t index)
{
	for (uint32_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct kill_step *step = tables[i]; step->name;
		     step++)
			if (index-- == 0)
				return step;
	return NULL;
}

/* ---- a step's process ---------------------------------------------------- */

static uint32_t spawned;
static const struct kill_step *present;

void kill_say_where(void)
{
	char point[32] = "asleep";

	if (!tally || !present)
		return;
	if (!tally->at.asleep)
		(void)snprintf(point, sizeof(point), "%u,%u", tally->at.calls,
			       tally->at.steps);
	(void)fprintf(stderr,
		      "%s: %s at DSI_KILL_POINT=%s (window: %u instructions, "
		      "%u halts at calls)\n",
		      present->name, tally->stopping ? "stopped" : "killed",
		      point, tally->instructions, tally->calls);
}

/* Seconds in which somebody must have been told.  Seconds that we have seen: one
 * in which the whole machine stood still is none of them. */
static volatile sig_atomic_t seconds_left;

/* Whoever waits does so in vain: with a deadline or without. */
static void second(int sig)
{
	static const char text[] = "a survivor is stuck\n";

	(void)sig;
	if (--seconds_left > 0)
		return;
	(void)!write(2, text, sizeof(text) - 1u);
	kill_say_where();
	_exit(1);
}

static void tick(time_t every)
{
	const struct itimerval when = {{every, 0}, {every, 0}};

	MUST_BE(setitimer(ITIMER_REAL, &when, NULL), 0);
}

static void watch_for_hangs(void)
{
	uint64_t seconds = 2u * kill_patience_ns() / 1000000000u;

	seconds_left = seconds < HANG_S ? (int)seconds : HANG_S;
	tick(1);
}

static int kept(const struct kill_scene *scene, const struct kill_step *step,
		struct kill_walk *walk)
{
	int status;

	if (scene->stopped)
		scene->stopped(step, walk->pid);
	kill_walk_continue(walk);
	if (scene->continued)
		scene->continued(step);
	status = kill_await(walk->pid);
	if (status != KILL_TOLD)
		MUST_BE(status, 0);
	return status == KILL_TOLD;
}

/* One victim; how far it went, and whether it sleeps there. */
static struct kill_point one_round(const struct kill_step *step,
				   const struct kill_point *point, int stop)
{
	const struct kill_scene *scene = step->scene;
	struct kill_walk walk;
	pid_t victim;

	tally->at = *point;
	tally->stopping = (uint32_t)stop;
	watch_for_hangs();
	memset(kill_page, 0, sizeof(*kill_page));
	if (scene->before)
		scene->before(step);
	victim = kill_spawn("victim", spawned);
	if (scene->meet)
		scene->meet(step, victim);
	kill_walk_begin(&walk, victim);
	if (step->flags & KILL_MONITOR) {
		kill_walk_other_thread(&walk);
		walk.over = scene->over;
	}
	if (step->flags & KILL_SLEEPS)
		walk.rouse = scene->rouse;
	if (scene->ready)
		scene->ready(step, victim);
	/* However long that takes: each instruction is a turn of two processes. */
	tick(0);
	(void)kill_walk_to(&walk, point);
	watch_for_hangs();
	if (stop) {
		int told;

		kill_walk_stop(&walk);
		tally->stops++;
		told = kept(scene, step, &walk);
		tally->told += (uint32_t)told;
		scene->ended(step, told);
	} else {
		kill_walk_kill(&walk);
		tally->kills++;
		scene->killed(step);
	}
	scene->settle(step);
	return walk.at;
}

/* ---- which points -------------------------------------------------------- */

struct points {
	struct kill_point *at;
	uint32_t n;
};

static void add_point(struct points *points, uint32_t calls, uint32_t steps,
		      uint32_t asleep)
{
	points->at =
		realloc(points->at, (points->n + 1u) * sizeof(points->at[0]));
	MUST(points->at);
	points->at[points->n++] = (struct kill_point){calls, steps, asleep};
}

/* At each halt, and behind each. */
static void add_halts(struct points *points, uint32_t halts, uint64_t *random)
{
	for (uint32_t i = 0; i <= halts; i++) {
		add_point(points, i, 0, 0);
		for (uint32_t k = 0; k <= AT_RANDOM / (halts + 1u); k++) {
			uint64_t bits = must_random(random) % DEPTH_BITS;

			add_point(points, i,
				  1u + (uint32_t)(must_random(random) >>
						  (63u - bits)),
				  0);
		}
	}
}

/* Go through the window twice to see how long it is. */
static struct points measure(const struct kill_step *step, uint64_t *random)
{
	const struct kill_point by_steps = {0, EVERY, 0};
	const struct kill_point by_calls = {UINT32_MAX, 0, 0};
	struct points points = {NULL, 0};
	struct kill_point at = {0, EVERY, 0};

	tally->calls = one_round(step, &by_calls, 0).calls;
	if (!(step->flags & KILL_MONITOR))
		at = one_round(step, &by_steps, 0);
	if (at.steps < EVERY) {
		tally->instructions = at.steps;
		for (uint32_t i = 0; i <= at.steps; i++)
			add_point(&points, 0, i, 0);
	} else {
		add_halts(&points, tally->calls, random);
	}
	if (step->flags & KILL_SLEEPS)
		add_point(&points, 0, 0, 1);
	return points;
}

/* As many as the budget allows, spread over the window; the last one is where it
 * sleeps, if it does. */
static void run_points(const struct kill_step *step,
		       const struct points *points, uint32_t budget, int stop,
		       uint64_t *random)
{
	uint32_t n = budget && budget < points->n ? budget : points->n;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t first = (uint64_t)i * points->n / n;
		uint64_t next = (uint64_t)(i + 1u) * points->n / n;
		uint64_t at = first + must_random(random) % (next - first);

		if ((step->flags & KILL_SLEEPS) && i + 1u == n)
			at = points->n - 1u;
		(void)one_round(step, &points->at[at], stop);
	}
}

static uint32_t number_in(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

/* 1 if only one point is asked for. */
static int replay(const struct kill_step *step)
{
	const char *text = getenv("DSI_KILL_POINT");
	struct kill_point point = {0, 0, 0};
	char *end;

	if (!text)
		return 0;
	point.asleep = strcmp(text, "asleep") == 0;
	point.calls = (uint32_t)strtoul(text, &end, 0);
	if (*end == ',')
		point.steps = (uint32_t)strtoul(end + 1, NULL, 0);
	(void)one_round(step, &point, 0);
	(void)one_round(step, &point, 1);
	return 1;
}

static void run_step(const struct kill_step *step)
{
	const char *seed = getenv("DSI_KILL_SEED");
	uint64_t random = seed ? strtoull(seed, NULL, 0) : 1u;

	MUST(signal(SIGALRM, second) != SIG_ERR);
	kill_page = kill_begin();
	/* Who fails leaves it to the first process. */
	(void)snprintf(tally->folder, sizeof(tally->folder), "%s",
		       getenv("DSI_RUNTIME_DIR"));
	present = step;
	watch_for_hangs();
	step->scene->begin(step);
	if (!replay(step)) {
		struct points points = measure(step, &random);

		run_points(step, &points, number_in("DSI_KILL_KILLS", 0), 0,
			   &random);
		run_points(step, &points, number_in("DSI_KILL_STOPS", 0), 1,
			   &random);
		free(points.at);
	}
	step->scene->end(step);
	kill_end();
}

/* ---- the first process --------------------------------------------------- */

static void remove_folder(const char *folder)
{
	const char *argv[] = {"rm", "-rf", folder, NULL};
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)kill_await(pid);
}

static int one_step(const struct kill_step *step, uint32_t index)
{
	int status;
	pid_t pid;

	memset(tally, 0, sizeof(*tally));
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		spawned = index;
		run_step(step);
		exit(0);
	}
	status = kill_await(pid);
	printf("%-26s kills %5u  stops %5u  ", step->name, tally->kills,
	       tally->stops);
	if (tally->instructions)
		printf("instructions %5u  ", tally->instructions);
	else
		printf("halts at calls %3u  ", tally->calls);
	if (tally->told)
		printf("left behind %u  ", tally->told);
	printf("%s\n", status ? "FAILED" : "ok");
	(void)fflush(stdout);
	if (status && tally->folder[0])
		remove_folder(tally->folder);
	return status != 0;
}

static int wanted(const struct kill_step *step, int n, char **names)
{
	for (int i = 0; i < n; i++) {
		size_t length = strcspn(names[i], "*");

		if (strncmp(step->name, names[i], length) == 0 &&
		    (names[i][length] || !step->name[length]))
			return 1;
	}
	return n == 0;
}

static int live(char **argv)
{
	struct kill_victim victim = {
		.step = step_of((uint32_t)strtoul(argv[2], NULL, 0)),
	};

	kill_page = kill_attach(argv);
	return victim.step->scene->live(&victim);
}

int main(int argc, char **argv)
{
	const struct kill_step *step;
	uint32_t kills = 0, stops = 0, failures = 0;
	uint32_t rounds;
	uint64_t random;
	char seed[32];

	if (argc == 4 && strcmp(argv[1], "victim") == 0)
		return live(argv);
	if (!kill_walk_possible()) {
		printf("ptrace is forbidden here\n");
		return 77;
	}
	MUST_BE(setenv("DSI_KILL_PATIENCE_S", PATIENCE_S, 0), 0);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(tally != MAP_FAILED);
	kill_draw(&random, &rounds);
	(void)snprintf(seed, sizeof(seed), "%ju", (uintmax_t)random);
	/* Of all steps the same, so that each can be replayed alone. */
	MUST_BE(setenv("DSI_KILL_SEED", seed, 1), 0);
	for (uint32_t i = 0; (step = step_of(i)); i++) {
		if (!wanted(step, argc - 1, argv + 1))
			continue;
		failures += (uint32_t)one_step(step, i);
		kills += tally->kills;
		stops += tally->stops;
	}
	MUST(kills);
	printf("kills: %u, stops: %u, failures: %u\n", kills, stops, failures);
	return failures != 0;
}
