// SPDX-License-Identifier: MIT
/*
 * bench_options.c - the options of `dsi bench`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "option.h"
#include "progress.h"
#include "units.h"

#define WORD_BYTES 32u
#define MOST_NS UINT64_C(600000000000)
#define MOST_SPIN_NS UINT64_C(4000000000)

enum {
	KEY_MEASURE = 256,
	KEY_MODE,
	KEY_ON,
	KEY_PAYLOAD,
	KEY_TOUCH,
	KEY_RING,
	KEY_BATCH,
	KEY_CONSUMERS,
	KEY_STREAMS,
	KEY_ACTIVE,
	KEY_STRESS,
	KEY_PRIORITY,
	KEY_STUDY,
	KEY_CHANNEL,
	KEY_THREADS,
	KEY_CPUS,
	KEY_NO_PIN,
	KEY_RUNS,
	KEY_TIME,
	KEY_PACKETS,
	KEY_INTERVAL,
	KEY_SPIN,
	KEY_QUICK,
	KEY_LIST,
	KEY_JSON,
	KEY_HTML,
	KEY_COMPARE,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0,
	 "What to measure (lists are separated by commas; default: a choice of "
	 "cases that --list shows):",
	 1},
	{"study", KEY_STUDY, "LIST", 0,
	 "built-in lists of cases: basic (the default), scale (more streams, "
	 "more "
	 "consumers), real-time (beside load), copy (against references)",
	 0},
	{"measure", KEY_MEASURE, "LIST", 0,
	 "round-trip, one-way, rate, timed (one way, from when it was due), "
	 "select "
	 "(one of many streams), join (while others join and leave)",
	 0},
	{"mode", KEY_MODE, "LIST", 0,
	 "how both ends wait: poll, sleep, spin (poll for --spin, then sleep)",
	 0},
	{"on", KEY_ON, "LIST", 0, "two (CPUs), same (CPU)", 0},
	{"payload", KEY_PAYLOAD, "LIST", 0, "bytes of a packet, 0 to 4MiB", 0},
	{"touch", KEY_TOUCH, "LIST", 0,
	 "yes: each payload is written and read; no: handed over as it is", 0},
	{"ring", KEY_RING, "LIST", 0, "packets, powers of two from 1 to 4096",
	 0},
	{"batch", KEY_BATCH, "LIST", 0, "packets with one call, 1 to 64", 0},
	{"consumers", KEY_CONSUMERS, "LIST", 0, "1 to 16", 0},
	{"streams", KEY_STREAMS, "LIST", 0, "select: 1 to 1000", 0},
	{"active", KEY_ACTIVE, "LIST", 0,
	 "select: one or all of them carry packets", 0},
	{"stress", KEY_STRESS, "LIST", 0,
	 "what runs beside the ends: no, own (computes, and takes memory), "
	 "stress-ng",
	 0},
	{"priority", KEY_PRIORITY, "LIST", 0,
	 "normal, fifo (real-time priority 80, memory locked)", 0},
	{"channel", KEY_CHANNEL, "LIST", 0,
	 "dsi, dsi-stamped, and what --list shows", 0},
	{"threads", KEY_THREADS, NULL, 0, "the ends are threads of one process",
	 0},
	{NULL, 0, NULL, 0, "How:", 2},
	{"cpus", KEY_CPUS, "LIST", 0,
	 "CPUs to keep the ends on, the producer's first", 0},
	{"no-pin", KEY_NO_PIN, NULL, 0, "leave the ends where they are put", 0},
	{"runs", KEY_RUNS, "N", 0, "times that all is done, 1 to 100 (10)", 0},
	{"time", KEY_TIME, "TIME", 0, "how long each case runs (100ms)", 0},
	{"packets", KEY_PACKETS, "N", 0, "at most so many packets of it", 0},
	{"interval", KEY_INTERVAL, "TIME", 0,
	 "one-way: from packet to packet (100us)", 0},
	{"spin", KEY_SPIN, "TIME", 0, "mode spin: how long (50us)", 0},
	{"quick", KEY_QUICK, NULL, 0,
	 "some seconds: few cases, 3 runs of 20ms; to see if it works", 0},
	{"list", KEY_LIST, NULL, 0, "say what would be measured, and end", 0},
	{NULL, 0, NULL, 0, "The answer:", 3},
	{"json", KEY_JSON, "FILE", 0, "write it as JSON as well", 0},
	{"html", KEY_HTML, "FILE", 0,
	 "write a page with pictures, one file that needs no other", 0},
	{"compare", KEY_COMPARE, "OLD", 0,
	 "compare with an earlier --json; exit with 1 if a row is slower. With "
	 "FILE, compare that and measure nothing",
	 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {
	{&progress_argp, 0, NULL, 0},
	{NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state);

const struct argp bench_argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "[FILE]",
	.doc = "Measure how fast packets are handed over here, beside what "
	       "this machine can do at best."
	       "\vEvery figure is the median of all runs, and comes with the "
	       "part by which half of the runs differ, and with how many times "
	       "the limit it is. dsi-bench(1) says what is measured and how.",
};

/* The next word of a list, or false at its end. */
static bool next_word(struct argp_state *state, const char *option,
		      const char **at, char word[WORD_BYTES])
{
	size_t n;

	if (!*at)
		return false;
	n = strcspn(*at, ",");
	if (n == 0 || n >= WORD_BYTES)
		argp_error(state, "%s: a word of the list is %s", option,
			   n ? "too long" : "missing");
	memcpy(word, *at, n);
	word[n] = '\0';
	*at = (*at)[n] ? *at + n + 1 : NULL;
	return true;
}

static void parse_numbers(struct argp_state *state, const char *option,
			  const char *arg, uint32_t least, uint32_t most,
			  struct bench_list *out)
{
	char why[UNITS_WHY_BYTES];
	char word[WORD_BYTES];
	uint64_t value = 0;

	out->n = 0;
	while (next_word(state, option, &arg, word)) {
		bool good = least ? units_count(word, least, most, &value, why)
				  : units_size(word, least, most, &value, why);

		if (!good)
			argp_error(state, "%s: %s", option, why);
		if (out->n == BENCH_LIST)
			argp_error(state, "%s: at most %u values", option,
				   BENCH_LIST);
		out->values[out->n++] = (uint32_t)value;
	}
}

static void parse_rings(struct argp_state *state, const char *arg,
			struct bench_list *out)
{
	parse_numbers(state, "--ring", arg, 1, BENCH_RING, out);
	for (uint32_t i = 0; i < out->n; i++)
		if (out->values[i] & (out->values[i] - 1))
			argp_error(state,
				   "--ring: %u is no power of two; give 1, 2, "
				   "4, ... 4096",
				   out->values[i]);
}

static _Noreturn void refuse_word(struct argp_state *state, const char *option,
				  const char *word, const char *const *names,
				  uint32_t n)
{
	char known[256] = "";

	for (uint32_t i = 0; i < n; i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s",
			 i ? ", " : "", names[i]);
	}
	argp_error(state, "%s: '%s' is none; there are: %s", option, word,
		   known);
	abort();
}

/* Words of a list, as bits of @names. */
static void parse_words(struct argp_state *state, const char *option,
			const char *arg, const char *const *names, uint32_t n,
			uint32_t *out)
{
	char word[WORD_BYTES];
	uint32_t i;

	*out = 0;
	while (next_word(state, option, &arg, word)) {
		for (i = 0; i < n && strcmp(names[i], word) != 0; i++)
			;
		if (i == n)
			refuse_word(state, option, word, names, n);
		*out |= 1u << i;
	}
}

static void parse_channels(struct argp_state *state, const char *arg)
{
	struct bench_options *o = state->input;
	char known[512] = "";
	char word[WORD_BYTES];

	for (size_t i = 0; i < bench_channels_count; i++) {
		strncat(known, i ? ", " : "",
			sizeof(known) - strlen(known) - 1);
		strncat(known, bench_channels[i]->name,
			sizeof(known) - strlen(known) - 1);
	}
	o->n_channels = 0;
	o->channels_given = true;
	while (next_word(state, "--channel", &arg, word)) {
		const struct bench_channel *channel = bench_channel_find(word);

		if (!channel)
			argp_error(state,
				   "--channel: '%s' is none; there are: %s",
				   word, known);
		if (o->n_channels == BENCH_LIST)
			argp_error(state, "--channel: at most %u", BENCH_LIST);
		o->channels[o->n_channels++] = channel;
	}
}

static void parse_cpus(struct argp_state *state, const char *arg)
{
	struct bench_options *o = state->input;
	struct bench_settings *s = &o->settings;
	char why[UNITS_WHY_BYTES];
	char word[WORD_BYTES];
	uint64_t cpu = 0;

	o->cpus_given = true;
	s->n_cpus = 0;
	while (next_word(state, "--cpus", &arg, word)) {
		if (!units_count(word, 0, BENCH_CPUS - 1, &cpu, why))
			argp_error(state, "--cpus: %s", why);
		if (s->n_cpus == BENCH_SIDES)
			argp_error(state, "--cpus: at most %u", BENCH_SIDES);
		for (uint32_t i = 0; i < s->n_cpus; i++)
			if (s->cpus[i] == (int)cpu)
				argp_error(state, "--cpus: %s is there twice",
					   word);
		s->cpus[s->n_cpus++] = (int)cpu;
	}
}

static uint64_t parse_time(struct argp_state *state, const char *option,
			   const char *arg, uint64_t most_ns)
{
	char why[UNITS_WHY_BYTES];
	uint64_t ns = 0;

	if (!units_duration(arg, false, most_ns, &ns, why))
		argp_error(state, "%s: %s", option, why);
	if (!ns)
		argp_error(state, "%s: '%s' is no time", option, arg);
	return ns;
}

static error_t parse_how(int key, char *arg, struct argp_state *state)
{
	struct bench_options *o = state->input;
	struct bench_settings *s = &o->settings;

	switch (key) {
	case KEY_CPUS:
		parse_cpus(state, arg);
		return 0;
	case KEY_NO_PIN:
		s->pin = false;
		return 0;
	case KEY_RUNS:
		option_count32(state, "--runs", arg, 1, BENCH_RUNS, &s->runs);
		return 0;
	case KEY_TIME:
		s->time_ns = parse_time(state, "--time", arg, MOST_NS);
		return 0;
	case KEY_PACKETS:
		option_count(state, "--packets", arg, 1, UINT32_MAX,
			     &s->packets);
		return 0;
	case KEY_INTERVAL:
		s->interval_ns = parse_time(state, "--interval", arg, MOST_NS);
		return 0;
	case KEY_SPIN:
		s->spin_ns = (uint32_t)parse_time(state, "--spin", arg,
						  MOST_SPIN_NS);
		return 0;
	case KEY_QUICK:
		o->quick = true;
		return 0;
	case KEY_LIST:
		o->list = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_answer(int key, char *arg, struct argp_state *state)
{
	struct bench_options *o = state->input;

	switch (key) {
	case KEY_JSON:
		o->json = arg;
		return 0;
	case KEY_HTML:
		o->html = arg;
		return 0;
	case KEY_COMPARE:
		o->compare = arg;
		return 0;
	default:
		return parse_how(key, arg, state);
	}
}

static error_t parse_study(int key, char *arg, struct argp_state *state)
{
	static const char *const studies[] = {"basic", "scale", "real-time",
					      "copy"};
	struct bench_options *o = state->input;

	if (key != KEY_STUDY)
		return parse_answer(key, arg, state);
	parse_words(state, "--study", arg, studies, BENCH_STUDIES, &o->studies);
	return 0;
}

/* What is beside the ends, and how many there are. */
static error_t parse_around(int key, char *arg, struct argp_state *state)
{
	static const char *const priorities[] = {"normal", "fifo"};
	static const char *const actives[] = {"one", "all"};
	struct bench_options *o = state->input;

	switch (key) {
	case KEY_STRESS:
		parse_words(state, "--stress", arg, bench_stress_names,
			    BENCH_STRESSES, &o->stresses);
		break;
	case KEY_PRIORITY:
		parse_words(state, "--priority", arg, priorities, 2,
			    &o->priorities);
		break;
	case KEY_ACTIVE:
		parse_words(state, "--active", arg, actives, 2, &o->actives);
		break;
	case KEY_STREAMS:
		parse_numbers(state, "--streams", arg, 1, BENCH_STREAMS,
			      &o->streams);
		break;
	default:
		return parse_study(key, arg, state);
	}
	o->chosen = true;
	return 0;
}

static error_t parse_case(int key, char *arg, struct argp_state *state)
{
	static const char *const places[] = {"two", "same"};
	static const char *const touches[] = {"yes", "no"};
	struct bench_options *o = state->input;

	switch (key) {
	case KEY_MEASURE:
		parse_words(state, "--measure", arg, bench_measure_names,
			    BENCH_MEASURES, &o->measures);
		break;
	case KEY_MODE:
		parse_words(state, "--mode", arg, bench_wait_names, BENCH_WAITS,
			    &o->waits);
		break;
	case KEY_ON:
		parse_words(state, "--on", arg, places, 2, &o->places);
		break;
	case KEY_TOUCH:
		parse_words(state, "--touch", arg, touches, 2, &o->touches);
		break;
	case KEY_PAYLOAD:
		parse_numbers(state, "--payload", arg, 0, BENCH_PAYLOAD,
			      &o->payloads);
		break;
	case KEY_RING:
		parse_rings(state, arg, &o->rings);
		break;
	case KEY_BATCH:
		parse_numbers(state, "--batch", arg, 1, BENCH_BATCH,
			      &o->batches);
		break;
	case KEY_CONSUMERS:
		parse_numbers(state, "--consumers", arg, 1, BENCH_CONSUMERS,
			      &o->consumers);
		break;
	default:
		return parse_around(key, arg, state);
	}
	o->chosen = true;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bench_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->progress;
		return 0;
	case KEY_CHANNEL:
		parse_channels(state, arg);
		return 0;
	case KEY_THREADS:
		o->threads = true;
		return 0;
	case ARGP_KEY_ARG:
		option_name_file(state, arg, &o->with, NULL);
		return 0;
	case ARGP_KEY_END:
		if (o->with && !o->compare)
			argp_error(state,
				   "'%s': a file is compared with another; "
				   "give --compare OLD",
				   o->with);
		if (o->studies && o->chosen)
			argp_error(state, "--study has its own cases: give it, "
					  "or choose cases by options");
		if (o->with && (o->json || o->html || o->list))
			argp_error(state, "--compare OLD FILE measures "
					  "nothing, so there is nothing to "
					  "write");
		return 0;
	default:
		return parse_case(key, arg, state);
	}
}
