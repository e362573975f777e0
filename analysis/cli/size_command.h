/* SPDX-License-Identifier: MIT */
/*
 * size_command.h - what the files of `dsi size` share.
 *
 *   texts -> describe.h -> size_question -> size_ask() -> size_answer
 *         -> size_text.c, size_explain.c, size_json.c, size_plot.c
 *
 * One stream is one question.  The answers come from <dsi/sizing.h>; here
 * they are asked for and shown.
 */
#ifndef DSI_SIZE_COMMAND_H
#define DSI_SIZE_COMMAND_H

#include <stdio.h>

#include "describe/describe.h"

/* Exit codes of the calculator beside CLI_OK, CLI_FAILURE (a check failed)
 * and CLI_USAGE (bad or contradictory input). */
#define SIZE_NO_BOUND 3
#define SIZE_OUT_OF_RANGE 4

#define SIZE_MAX_KEYS 64u
#define SIZE_NS_PER_S INT64_C(1000000000)

/* Why there is no answer. */
struct size_failure {
	int exit_code;
	const char *code; /* for programs */
	char why[DESCRIBE_WHY_BYTES + 64u];
};

struct size_question {
	struct describe d;
	struct describe_problem p;
	struct exact ns_per_tick;
	bool given[SIZE_MAX_KEYS]; /* by place in describe_keys */
};

struct size_headroom {
	bool known;
	bool unlimited;
	bool less_than;	    /* the value itself is already too much */
	uint32_t parameter; /* DSI_LIMIT_* */
	uint64_t ticks;
};

struct size_answer {
	uint64_t slots;	  /* of the ring */
	uint32_t decides; /* the reader that needs them */
	bool underrun;	  /* of any reader */
	bool short_of;	  /* --slots, or a queue, is less than needed */
	bool has_bytes;
	bool has_loss[DESCRIBE_MAX_READERS];
	struct dsi_sizing_need needs[DESCRIBE_MAX_READERS];
	struct dsi_sizing_loss losses[DESCRIBE_MAX_READERS];
	struct dsi_sizing_bytes bytes;
	struct size_headroom headroom;
};

/* size_answer.c */
void size_question_init(struct size_question *q);
void size_question_free(struct size_question *q);
bool size_set(struct size_question *q, const char *key, const char *value,
	      struct size_failure *f);
/* All keys are set. */
bool size_question_read(struct size_question *q, struct size_failure *f);
/* With @strict: a jitter, hold or drift that was not given is a failure. */
bool size_check_given(const struct size_question *q, struct size_failure *f);
bool size_ask(const struct size_question *q, struct size_answer *a,
	      struct size_failure *f);
/* @err: negative code of the library, its sentence being in @f->why */
bool size_fail(struct size_failure *f, int err);
bool size_refuse(struct size_failure *f, int exit_code, const char *code,
		 const char *text, ...) __attribute__((format(printf, 4, 5)));

/* Times of a question, in seconds. */
struct exact size_seconds(const struct size_question *q, struct dsi_ticks t);
struct exact size_seconds_of(const struct size_question *q, uint64_t ticks);

/* size_limit.c: the inverse questions */
struct size_parameter {
	const char *name; /* as of --limit: a key of the description */
	const char *what; /* for people */
};
extern const struct size_parameter size_parameters[];
extern const uint32_t size_n_parameters;
/* The value that is given for a parameter, ticks. */
uint64_t size_parameter_now(const struct size_question *q, uint32_t reader,
			    uint32_t parameter);
/* Which one says how much room there is left. */
uint32_t size_spare_parameter(uint32_t pace);
/**
 * size_limit - how far may a value go?
 * @out_edge: the value that no smaller (for the period: larger) one reaches
 * @out_reached: it may have that value itself; with ties in the worst order
 *               it mostly may not
 *
 * Return: as dsi_size_limit(); UINT64_MAX in *@out_edge: any value.
 */
int size_limit(const struct size_question *q, uint32_t reader, uint64_t slots,
	       uint32_t parameter, uint64_t *out_edge, bool *out_reached,
	       char why[DSI_SIZING_WHY_BYTES]);
/* Likewise for size_spare_parameter() with the slots that are needed. */
int size_spare(const struct size_question *q, uint32_t reader,
	       const struct dsi_sizing_need *need, uint64_t *out_edge,
	       bool *out_reached);
int size_print_limit(const struct size_question *q, const char *name,
		     bool json);

/* size_fields.c: every value of a description, with its key */
enum size_kind {
	SIZE_TIME,
	SIZE_COUNT,
	SIZE_BYTES,
	SIZE_RATIO,
	SIZE_WORD,
};

struct size_field {
	const char *key;
	enum size_kind kind;
	bool assumed; /* the answer holds only if this is true */
	bool silent;  /* 0 if not given, and that would be said by nobody */
	enum describe_origin origin;
	struct exact value; /* TIME: seconds */
	const char *word;
};

#define SIZE_MAX_FIELDS 32u
/* Return their number. */
uint32_t size_stream_fields(const struct size_question *q,
			    struct size_field fields[SIZE_MAX_FIELDS]);
uint32_t size_reader_fields(const struct size_question *q, uint32_t reader,
			    struct size_field fields[SIZE_MAX_FIELDS]);
const char *size_origin(enum describe_origin origin);
const char *size_pace(uint32_t pace);
const char *size_policy(uint32_t policy);

/* size_witness.c: the schedule that needs all the slots */
struct size_packet {
	struct exact slot, commit, get, release; /* seconds */
};

struct size_schedule {
	const struct size_question *q;
	const struct dsi_sizing_writer *w;
	const struct dsi_sizing_reader *r;
	const struct dsi_sizing_need *need;
	uint64_t base;	  /* packet with which a burst begins */
	bool burst;	  /* late at first, then as fast as possible */
	const char *rule; /* for people */
};

/* False: the number of slots is safe, but no schedule that reaches it is
 * known. */
bool size_schedule(const struct size_question *q, uint32_t reader,
		   const struct dsi_sizing_need *need,
		   struct size_schedule *schedule);
struct size_packet size_schedule_packet(const struct size_schedule *schedule,
					uint64_t i);

/* size_compare.c */
#define SIZE_MAX_ROWS 8u
struct size_row {
	const char *name;
	uint64_t slots;
	const char *verdict; /* "least", "safe", "enough", "too small", ... */
	char reason[160];
};
uint32_t size_compare(const struct size_question *q,
		      const struct size_answer *a,
		      struct size_row rows[SIZE_MAX_ROWS]);

/* What is to be printed. */
struct size_show {
	bool compare;
	bool brief; /* JSON: without input, assumptions, and schedule */
};

void size_print_text(const struct size_question *q, const struct size_answer *a,
		     const struct size_show *show);
void size_print_explain(const struct size_question *q,
			const struct size_answer *a);
bool size_print_json(const struct size_question *q, const struct size_answer *a,
		     const struct size_show *show);
bool size_plot(const struct size_question *q, const struct size_answer *a,
	       const char *path, struct size_failure *f);

/* Return the exit code. */
struct size_batch {
	const char *path; /* "-": standard input */
	const char *budget;
	struct size_show show;
	bool stats;
	bool strict;
};
int size_run_batch(const struct size_batch *batch);
int size_run_budget(const struct size_batch *batch);

#endif /* DSI_SIZE_COMMAND_H */
