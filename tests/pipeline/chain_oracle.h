/* SPDX-License-Identifier: MIT */
/*
 * chain_oracle.h - what a few stages can do at worst, by trying it all.
 *
 * A source and up to three stages, in a row or with a stage that waits for two
 * others, perhaps for one behind it, in whole small times.  Every
 * trace of the source and every response of every stage is followed, packet by
 * packet, until no new situation comes up: so runs of any length are covered.
 * It works from what a slot is: taken at the activation of its writer, free
 * again at the end of its reader's work; and knows none of the formulas.
 */
#ifndef DSI_CHAIN_ORACLE_H
#define DSI_CHAIN_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define CHAIN_MAX 3
#define CHAIN_KEPT 5	 /* earlier packets looked at */
#define CHAIN_LONGEST 63 /* longest time from due to done */

/* How a reader takes its time. */
enum chain_kind {
	CHAIN_GIVEN,   /* best..worst after its packet came, in order */
	CHAIN_OWN_CPU, /* one after the other, best..worst each, and up to
			 * wake before the first */
	CHAIN_GRID     /* reads at start + 0..wake, holds best..worst */
};

/* Inputs are 0 for the source and s + 1 for stage s; @second is -1 if there is
 * none.  With @tokens (0 or 1) it waits for the second's packet before. */
struct chain_stage {
	enum chain_kind kind;
	int best, worst, wake, start;
	int input, second, tokens;
};

/* @hold is less than @period. */
struct chain {
	int period, jitter, distance, hold;
	int stages;
	struct chain_stage stage[CHAIN_MAX];
};

struct chain_truth {
	/* for each input of a stage; [0] strict ties, [1] closed */
	int slots[CHAIN_MAX][2][2];
	int latency_best[CHAIN_MAX]; /* commit of the source -> end of stage */
	int latency_worst[CHAIN_MAX];
	int low[CHAIN_MAX], high[CHAIN_MAX]; /* end of stage after due */
	int gap[CHAIN_MAX];	  /* least time between two ends in a row */
	bool underrun[CHAIN_MAX]; /* read before it was there */
};

/* False: too many situations, or more than CHAIN_KEPT packets alive. */
bool chain_explore(const struct chain *chain, struct chain_truth *truth);

#endif /* DSI_CHAIN_ORACLE_H */
