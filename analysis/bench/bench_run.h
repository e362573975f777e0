/* SPDX-License-Identifier: MIT */
/*
 * bench_run.h - a side while it runs: what the measures are made of.
 *
 * Only for bench_side.c, which runs one, bench_run.c, which has the usual measures,
 * and the files that have one each.
 */
#ifndef DSI_BENCH_RUN_H
#define DSI_BENCH_RUN_H

#include "bench/bench_side.h"

/* A side's end of one link. */
struct bench_end {
	const struct bench_channel *channel;
	void *side;
	bool yield; /* the other end needs this CPU */
	uint64_t yields;
};

/**
 * struct bench_run - a side.
 * @many, @n_many: BENCH_SELECT: its ends of all streams; @out or @in is the one
 *            that is used now
 * @set:      what side 1 waits for them with
 */
struct bench_run {
	const struct bench_side *me;
	const struct bench_case *what;
	struct bench_account *account;
	uint64_t *samples;
	struct bench_meter meter;
	struct bench_end out;
	struct bench_end in;
	bool has_out;
	bool has_in;
	bool measuring;
	void **many;
	uint32_t n_many;
	void *set;
};

/* It cannot go on: say why, and end the process. */
_Noreturn void bench_run_fail(struct bench_run *r, const char *text, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void bench_run_fail_call(struct bench_run *r, const char *call,
				   int err);

/* Join @link as the producer (0) or as a consumer. */
void bench_run_join(struct bench_run *r, struct bench_end *end, uint32_t link,
		    uint32_t number);

/* All that this side has to do of the measure, if it stays from the beginning to the
 * end. */
void bench_run_work(struct bench_run *r);

/* One message, written and sent, or received and read. */
void bench_run_send(struct bench_run *r, uint64_t number);
void bench_run_receive(struct bench_run *r, uint64_t number);
/* Messages that were received already. */
void bench_run_read(struct bench_run *r, const void **payloads, uint32_t n,
		    uint64_t number);

/* What is between the two is measured. */
void bench_run_begin(struct bench_run *r);
void bench_run_finish(struct bench_run *r, uint64_t packets);

/* Say that message @number is the last one, before it is sent.  Is it? */
void bench_run_announce(const struct bench_run *r, uint64_t number);
bool bench_run_is_last(const struct bench_run *r, uint64_t number);

/* Enough, after @n messages, at @now_ns? */
bool bench_run_enough(const struct bench_run *r, uint64_t n, uint64_t now_ns);

/* BENCH_SELECT: the links are the answers' and one for each stream. */
void bench_select_join(struct bench_run *r);
void bench_select_leave(struct bench_run *r);
/* Side 0: message @number goes over its stream. */
void bench_select_aim(struct bench_run *r, uint64_t number);
/* Side 1: the next message, which must be @number and come over its stream. */
void bench_select_receive(struct bench_run *r, uint64_t number);

/* BENCH_JOIN: what those do that join and leave. */
void bench_join_come_and_go(struct bench_run *r);
/* May the producer end now? */
bool bench_join_all_gone(const struct bench_run *r);

#endif /* DSI_BENCH_RUN_H */
