/* SPDX-License-Identifier: MIT */
/*
 * describe.h - the description of one stream, as `dsi size`, `dsi simulate`
 * and their files take it.
 *
 * A description is a list of keys and values.  The keys are the long options
 * of the commands ("period", "jitter-in", ...), the members of a JSON line and
 * the parts of a --reader text; there is one table of them, describe_keys.
 * Values are texts with units (quantity.h).
 *
 * In a --reader text the consumer's keys may be short: jitter, hold, drift and
 * batch are jitter-out, hold-out, drift-out and batch-out there.  "for" S has
 * the packets that are due within [0, S]: floor(S / T) + 1.  A profile gives
 * only what was not given otherwise.
 *
 *   describe_init -> describe_set ... -> describe_finish -> describe_problem
 *
 * describe_finish() checks what belongs together, applies the profile, and
 * turns everything into exact seconds; describe_problem() finds the common
 * tick and makes the question that <dsi/sizing.h> answers.
 */
#ifndef DSI_DESCRIBE_H
#define DSI_DESCRIBE_H

#include <dsi/sizing.h>

#include "describe/quantity.h"

#define DESCRIBE_MAX_READERS 16u
#define DESCRIBE_WHY_BYTES 512u
#define DESCRIBE_WARNINGS 8u

/* Where a value comes from: every assumption in a result says it. */
enum describe_origin {
	DESCRIBE_DEFAULT, /* not given: 0, printed as an assumption */
	DESCRIBE_GIVEN,
	DESCRIBE_PROFILE, /* of the named profile */
	DESCRIBE_DERIVED, /* follows from others, e.g. period from rate */
};

/* A time, ratio or byte count with its origin.  Times in seconds. */
struct describe_value {
	struct exact value;
	enum describe_origin origin;
};

struct describe_count {
	uint64_t value;
	enum describe_origin origin;
};

struct describe_reader {
	char name[32];	 /* "" for the only one */
	uint32_t pace;	 /* DSI_PACE_* */
	uint32_t policy; /* DSI_POLICY_* */
	struct describe_value jitter, hold, wake, service, response, start;
	struct describe_value drift, coalesce_wait;
	struct describe_count prefill, batch, units, early, late, coalesce;
	struct describe_count queue;
};

struct describe {
	/* the producer */
	struct describe_value period, jitter, distance, hold, drift;
	struct describe_value offset; /* t0: -EARLY if early-late is given */
	struct describe_count packets, batch, units;
	struct describe_value span; /* "for": length in time, 0 = not given */
	uint32_t ties;
	/* bytes */
	struct describe_value packet, packet_min, align, page, control;
	struct describe_value mean, burst;
	uint32_t layout; /* DSI_AREA_* */
	uint64_t *pattern;
	uint64_t n_pattern;
	/* the consumers; at least one after describe_finish() */
	struct describe_reader readers[DESCRIBE_MAX_READERS];
	uint32_t n_readers;
	/* more questions */
	struct describe_count slots; /* a ring that is there: 0 = not given */
	const char *profile;	     /* name of the one used, or NULL */
	const char *warnings[DESCRIBE_WARNINGS]; /* constant sentences */
	uint32_t n_warnings;
	/* raw texts, until describe_finish() */
	struct describe_raw *raw;
};

void describe_init(struct describe *d);
void describe_free(struct describe *d);

/**
 * describe_set - one key with its value.
 * @d:     description being made
 * @key:   a key of the table, without "--"
 * @value: its text; copied
 * @why:   the reason of a failure
 *
 * Return: true, or false: unknown key (with the nearest one) or one given
 *         twice.  Values are looked at by describe_finish().
 */
bool describe_set(struct describe *d, const char *key, const char *value,
		  char why[DESCRIBE_WHY_BYTES]);

/* All is set.  False with @why naming key, value and what is accepted, or the
 * two keys that contradict each other. */
bool describe_finish(struct describe *d, char why[DESCRIBE_WHY_BYTES]);

/**
 * struct describe_problem - the question in ticks.
 * @tick:    seconds of one tick, exact: a time in seconds is ticks x tick
 * @writer:  for dsi_size_*()
 * @readers: likewise
 */
struct describe_problem {
	struct exact tick;
	struct dsi_sizing_writer writer;
	struct dsi_sizing_reader readers[DESCRIBE_MAX_READERS];
	uint32_t n_readers;
	struct dsi_sizing_area area; /* slots not set; max_bytes 0: no sizes */
};

/* False with @why: the times have no common tick in 2^62 of it. */
bool describe_problem(const struct describe *d, struct describe_problem *out,
		      char why[DESCRIBE_WHY_BYTES]);

/* The table, for option parsers and manual checks. */
struct describe_key {
	const char *name;
	const char *arg;  /* metavariable, e.g. "TIME" */
	const char *help; /* one line */
	bool reader;	  /* may also be used in a --reader text */
};
extern const struct describe_key describe_keys[];
extern const size_t describe_n_keys;

/* The profiles, for `--profile help`. */
struct describe_profile {
	const char *name;     /* as typed, or its form: "alsa:FRAMESxN@RATE" */
	const char *what;     /* one line */
	const char *settings; /* "key=value,...", NULL if made from the name */
	const char *source;   /* where the numbers are from */
};
extern const struct describe_profile describe_profiles[];
extern const size_t describe_n_profiles;

#endif /* DSI_DESCRIBE_H */
