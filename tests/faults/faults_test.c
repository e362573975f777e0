/* SPDX-License-Identifier: MIT */
/*
 * faults_test.c - each call of the system fails once at each place, in each way
 * that it can, and nothing is lost by it.
 *
 *   faults_test [--scene WORDS] [--function NAME] [--must-find TEXT] [--verbose]
 *
 * A scene is run without a fault, which shows its places.  Then each place
 * fails the first time it is passed, the second, and so on until a run ends
 * without having come that far; with each error in turn.  Places that only
 * failures lead to are found on the way, and get their turn.  Then each call
 * fails for good from a place on.
 *
 * --must-find: succeed only if a failure is found that has these words in it,
 * for a library with a mistake in it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "tests/faults/fault_calls.h"
#include "tests/faults/fault_limits.h"
#include "tests/faults/fault_runs.h"
#include "tests/unit/must.h"

/* How often a place fails at most: all that are passed so many times.  What
 * waits is passed as often as it has to wait. */
#define TIMES_MAX 60u
#define TIMES_OTHER_ERRORS 2u
#define TIMES_WAITING 2u
#define TIMES_KNOWN 3u

struct tally {
	uint32_t injected;
	uint32_t absorbed; /* the attempt succeeded nevertheless */
	uint32_t reported; /* it returned a documented error */
};

static const char *only_scene;
static const char *only_function;
static const char *must_find;
static int verbose;
static uint32_t failures;
static uint64_t slowest_ns;
static char slowest[200];

extern char __executable_start;

static void describe(char *text, size_t bytes, const struct fault_scene *scene)
{
	const struct fault_place *place = &faults->places[faults->place];

	(void)snprintf(
		text, bytes, "%s: %s() at %#jx%s, time %u: %s%s", scene->name,
		fault_function(place->function),
		(uintmax_t)(place->address - (uintptr_t)&__executable_start),
		place->elsewhere ? " in another thread" : "", faults->nth,
		fault_error_name(faults->error),
		faults->lasting ? ", for good" : "");
}

static _Noreturn void is_found(void)
{
	(void)fault_end_peer();
	(void)rmdir(getenv("DSI_RUNTIME_DIR"));
	printf("faults: found, as it should be\n");
	exit(0);
}

static void note(const struct fault_scene *scene,
		 const struct fault_outcome *outcome, struct tally *tally)
{
	char text[200];

	describe(text, sizeof(text), scene);
	if (outcome->took_ns > slowest_ns) {
		slowest_ns = outcome->took_ns;
		(void)snprintf(slowest, sizeof(slowest), "%s", text);
	}
	if (!faults->injected && !outcome->failure[0])
		return;
	tally->injected++;
	if (outcome->first)
		tally->reported++;
	else
		tally->absorbed++;
	if (verbose)
		printf("%s -> %s, %u us\n", text,
		       outcome->first ? dsi_strerror(outcome->first) : "done",
		       (unsigned int)(outcome->took_ns / 1000u));
	if (!outcome->failure[0])
		return;
	failures++;
	printf("FAILED: %s: %s\n", text, outcome->failure);
	if (must_find && strstr(outcome->failure, must_find))
		is_found();
}

/* Places that an earlier scene had fail in all their ways; the first one does
 * in the others. */
static uintptr_t known[FAULT_PLACES_MAX];
static uint32_t n_known;

static int is_known(uintptr_t address)
{
	for (uint32_t i = 0; i < n_known; i++)
		if (known[i] == address)
			return 1;
	return 0;
}

static void note_known(void)
{
	for (uint32_t i = 0; i < faults->n_places; i++)
		if (!is_known(faults->places[i].address) &&
		    n_known < FAULT_PLACES_MAX)
			known[n_known++] = faults->places[i].address;
}

/* How often at most? */
static uint32_t times(const struct fault_place *place, uint32_t error_index)
{
	static const char *const waiting[] = {"ppoll", "epoll_wait", "syscall",
					      "clock_nanosleep", "__getdelim"};
	const char *name = fault_function(place->function);

	for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		if (strcmp(name, waiting[i]) == 0)
			return TIMES_WAITING;
	if (is_known(place->address))
		return TIMES_KNOWN;
	return error_index ? TIMES_OTHER_ERRORS : TIMES_MAX;
}

static int is_interrupted(int error)
{
	return error == EINTR || error == EAGAIN || error == ECONNABORTED ||
	       error == EWOULDBLOCK;
}

static void fail_place(const struct fault_scene *scene, uint32_t kept,
		       uint32_t index, struct tally *tallies)
{
	const struct fault_place place = faults->places[index];
	const int *errors = fault_errors(place.function);
	struct tally *tally = &tallies[place.function];
	struct fault_outcome outcome;

	faults->place = index;
	for (uint32_t e = 0; errors[e]; e++) {
		uint32_t most = times(&place, e);

		faults->error = errors[e];
		faults->lasting = 0;
		for (faults->nth = 1; faults->nth <= most; faults->nth++) {
			fault_run(scene, kept, NULL, NULL, 0, &outcome);
			note(scene, &outcome, tally);
			if (!faults->injected)
				break;
		}
		if (is_known(place.address))
			break;
	}
	/* A signal does not come for ever, and who waits for a moment that is
	 * better waits. */
	faults->nth = 1;
	faults->error = errors[0];
	faults->lasting = 1;
	if (is_interrupted(errors[0]))
		return;
	fault_run(scene, kept, NULL, NULL, 0, &outcome);
	note(scene, &outcome, tally);
}

/* Without a fault: it works, and its places are known.  How many pieces of
 * memory are kept for good? */
static uint32_t learn(const struct fault_scene *scene)
{
	struct fault_outcome outcome;
	uint32_t kept = 0;

	faults->place = FAULT_PLACES_MAX;
	faults->lasting = 0;
	faults->error = 0;
	for (uint32_t i = 0; i < 3; i++) {
		fault_run(scene, i ? kept : UINT32_MAX / 2u, NULL, NULL, 0,
			  &outcome);
		if (must_find && strstr(outcome.failure, must_find))
			is_found();
		if (outcome.failure[0] || outcome.first) {
			printf("FAILED: %s: without a fault: %s %s\n",
			       scene->name, dsi_strerror(outcome.first),
			       outcome.failure);
			exit(1);
		}
		kept = outcome.after.memory - outcome.before.memory;
	}
	return kept;
}

static uint32_t print_row(const char *scene, const char *function,
			  const struct tally *tally)
{
	if (tally->injected)
		printf("%-26s %-18s %8u %8u %8u\n", scene, function,
		       tally->injected, tally->absorbed, tally->reported);
	return tally->injected;
}

static uint32_t run_scene(const struct fault_scene *scene)
{
	struct tally *tallies = calloc(fault_functions(), sizeof(*tallies));
	struct tally limits = {0};
	uint32_t injected = 0;
	uint32_t kept;

	MUST(tallies);
	faults->n_places = 0;
	(void)fault_begin_peer(scene);
	kept = learn(scene);
	for (uint32_t i = 0; i < faults->n_places; i++) {
		const char *name = fault_function(faults->places[i].function);

		if (!only_function || strstr(name, only_function))
			fail_place(scene, kept, i, tallies);
	}
	note_known();
	faults->place = FAULT_PLACES_MAX;
	faults->lasting = 0;
	faults->error = 0;
	if (!only_function)
		failures += fault_few_descriptors(scene, kept, &limits.injected,
						  &limits.absorbed,
						  &limits.reported);
	failures += (uint32_t)fault_end_peer();
	for (uint32_t i = 0; i < fault_functions(); i++)
		injected +=
			print_row(scene->name, fault_function(i), &tallies[i]);
	injected += print_row(scene->name, "(RLIMIT_NOFILE)", &limits);
	free(tallies);
	return injected;
}

static void options(int argc, char **argv)
{
	static const struct option names[] = {
		{"scene", required_argument, NULL, 's'},
		{"function", required_argument, NULL, 'f'},
		{"must-find", required_argument, NULL, 'm'},
		{"verbose", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's')
			only_scene = optarg;
		else if (c == 'f')
			only_function = optarg;
		else if (c == 'm')
			must_find = optarg;
		else if (c == 'v')
			verbose = 1;
		else
			exit(2);
	}
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-faults-XXXXXX";
	uint32_t injected = 0;

	options(argc, argv);
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(faults != MAP_FAILED);
	printf("%-26s %-18s %8s %8s %8s\n", "scene", "call", "faults",
	       "absorbed", "reported");
	for (uint32_t i = 0; i < fault_n_scenes; i++)
		if (!only_scene || strstr(fault_scenes[i].name, only_scene))
			injected += run_scene(&fault_scenes[i]);
	if (!only_scene && !only_function) {
#ifndef FAULT_SANITIZED /* it locks nothing, and needs a thread itself */
		failures += fault_other_limits(&injected);
#endif
		failures += fault_full_folder(folder, &injected);
	}
	MUST_BE(rmdir(folder), 0);
	if (verbose)
		printf("slowest: %s: %u ms\n", slowest,
		       (unsigned int)(slowest_ns / 1000000u));
	printf("faults: %u injected, %u failures\n", injected, failures);
	return must_find || failures || !injected ? 1 : 0;
}
