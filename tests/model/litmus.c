/* SPDX-License-Identifier: MIT */
/*
 * litmus.c - is the explorer right?  Programs whose outcomes are known.
 *
 * Each litmus test is a few loads and stores, and the set of all results that
 * C11 (as repaired in RC11) permits.  The explorer must find exactly these:
 * one too few, and it would miss bugs; one too many, and it would cry wolf.
 * The names are those of the literature; herd7 with rc11.cat gives the same
 * sets.  Each is run three times: as always, without any reduction, and
 * without recognising states - what is left out must not matter.
 *
 * Then programs with one answer each: a race, a deadlock, a use after unmap.
 * Among them are the four ways to combine a flag and a futex, of which two
 * lose wake-ups.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "explorer/explorer.h"

/* ---- the words --------------------------------------------------------------- */

static struct words {
	_Alignas(64) _Atomic uint32_t x;
	_Alignas(64) _Atomic uint32_t y;
	_Alignas(64) _Atomic uint32_t z;
	_Alignas(64) uint64_t plain;
	uint64_t r[4]; /* results, each of one thread */
} * w;

#define LOAD(word, order) atomic_load_explicit(&w->word, memory_order_##order)
#define STORE(word, value, order) \
	atomic_store_explicit(&w->word, value, memory_order_##order)
#define FENCE(order) atomic_thread_fence(memory_order_##order)
#define THREAD(name, ...)           \
	static void name(void *arg) \
	{                           \
		(void)arg;          \
		__VA_ARGS__;        \
	}

/* Store buffering: each stores its own word and loads the other's. */
THREAD(sb0, STORE(x, 1, relaxed); w->r[0] = LOAD(y, relaxed))
THREAD(sb1, STORE(y, 1, relaxed); w->r[1] = LOAD(x, relaxed))
THREAD(sbf0, STORE(x, 1, relaxed); FENCE(seq_cst); w->r[0] = LOAD(y, relaxed))
THREAD(sbf1, STORE(y, 1, relaxed); FENCE(seq_cst); w->r[1] = LOAD(x, relaxed))
THREAD(sba0, STORE(x, 1, relaxed); FENCE(acq_rel); w->r[0] = LOAD(y, relaxed))
THREAD(sba1, STORE(y, 1, relaxed); FENCE(acq_rel); w->r[1] = LOAD(x, relaxed))
/* The same where one word is only changed by updates (edge P3). */
THREAD(sbu0, atomic_fetch_or_explicit(&w->x, 1, memory_order_acq_rel);
       w->r[0] = LOAD(y, acquire))
THREAD(sbu1, STORE(y, 1, relaxed);
       w->r[1] = atomic_exchange_explicit(&w->x, 0, memory_order_acq_rel))
THREAD(sbr0, atomic_fetch_or_explicit(&w->x, 1, memory_order_relaxed);
       w->r[0] = LOAD(y, acquire))
/* Message passing: data, then a flag. */
THREAD(mp0, STORE(x, 1, relaxed); STORE(y, 1, relaxed))
THREAD(mp1, w->r[0] = LOAD(y, relaxed); w->r[1] = LOAD(x, relaxed))
THREAD(mpr0, STORE(x, 1, relaxed); STORE(y, 1, release))
THREAD(mpr1, w->r[0] = LOAD(y, acquire); w->r[1] = LOAD(x, relaxed))
THREAD(mpf0, STORE(x, 1, relaxed); FENCE(release); STORE(y, 1, relaxed))
THREAD(mpf1, w->r[0] = LOAD(y, relaxed); FENCE(acquire);
       w->r[1] = LOAD(x, relaxed))
/* Coherence: one word does not go backwards. */
THREAD(co0, STORE(x, 1, relaxed); STORE(x, 2, relaxed))
THREAD(co1, w->r[0] = LOAD(x, relaxed); w->r[1] = LOAD(x, relaxed))
/* Load buffering. */
THREAD(lb0, w->r[0] = LOAD(x, relaxed); STORE(y, 1, relaxed))
THREAD(lb1, w->r[1] = LOAD(y, relaxed); STORE(x, 1, relaxed))
/* Independent reads of independent writes. */
THREAD(iw0, STORE(x, 1, release))
THREAD(iw1, STORE(y, 1, release))
THREAD(ir0, w->r[0] = LOAD(x, acquire); w->r[1] = LOAD(y, acquire))
THREAD(ir1, w->r[2] = LOAD(y, acquire); w->r[3] = LOAD(x, acquire))
THREAD(irf0, w->r[0] = LOAD(x, relaxed); FENCE(seq_cst);
       w->r[1] = LOAD(y, relaxed))
THREAD(irf1, w->r[2] = LOAD(y, relaxed); FENCE(seq_cst);
       w->r[3] = LOAD(x, relaxed))
/* Write-to-read causality. */
THREAD(wr0, STORE(x, 1, relaxed))
THREAD(wr1, w->r[0] = LOAD(x, relaxed); STORE(y, 1, release))
THREAD(wrx1, w->r[0] = LOAD(x, relaxed); STORE(y, 1, relaxed))
THREAD(wr2, w->r[1] = LOAD(y, acquire); w->r[2] = LOAD(x, relaxed))
/* A release sequence: an update passes on what it did not see itself. */
THREAD(rs0, STORE(x, 1, relaxed);
       atomic_fetch_add_explicit(&w->y, 1, memory_order_release))
THREAD(rs1, atomic_fetch_add_explicit(&w->y, 2, memory_order_relaxed))
THREAD(rs2, w->r[0] = LOAD(y, acquire); w->r[1] = LOAD(x, relaxed))
/* One of two wins. */
static void swap(uint64_t *out)
{
	uint32_t zero = 0;

	*out = (uint64_t)atomic_compare_exchange_strong_explicit(
		&w->x, &zero, 1, memory_order_relaxed, memory_order_relaxed);
}
THREAD(ca0, swap(&w->r[0]))
THREAD(ca1, swap(&w->r[1]))

struct litmus {
	const char *name;
	void (*threads[4])(void *);
	uint32_t n_results;
	const char *outcomes; /* all, sorted */
};

static const struct litmus tests[] = {
	{"SB", {sb0, sb1}, 2, "00 01 10 11"},
	{"SB+fence.sc", {sbf0, sbf1}, 2, "01 10 11"},
	{"SB+fence.sc+none", {sbf0, sb1}, 2, "00 01 10 11"},
	{"SB+fence.acq_rel", {sba0, sba1}, 2, "00 01 10 11"},
	{"SB+update.acq_rel", {sbu0, sbu1}, 2, "01 10 11"},
	{"SB+update.relaxed", {sbr0, sbu1}, 2, "00 01 10 11"},
	{"MP", {mp0, mp1}, 2, "00 01 10 11"},
	{"MP+rel+acq", {mpr0, mpr1}, 2, "00 01 11"},
	{"MP+rel+rlx", {mpr0, mp1}, 2, "00 01 10 11"},
	{"MP+rlx+acq", {mp0, mpr1}, 2, "00 01 10 11"},
	{"MP+fences", {mpf0, mpf1}, 2, "00 01 11"},
	{"MP+fence+acq", {mpf0, mpr1}, 2, "00 01 11"},
	{"CoRR", {co0, co1}, 2, "00 01 02 11 12 22"},
	{"LB", {lb0, lb1}, 2, "00 01 10"},
	{"IRIW+rel+acq",
	 {iw0, iw1, ir0, ir1},
	 4,
	 "0000 0001 0010 0011 0100 0101 0110 0111 "
	 "1000 1001 1010 1011 1100 1101 1110 1111"},
	{"IRIW+fence.sc",
	 {iw0, iw1, irf0, irf1},
	 4,
	 "0000 0001 0010 0011 0100 0101 0110 0111 "
	 "1000 1001 1011 1100 1101 1110 1111"},
	{"WRC+rlx", {wr0, wrx1, wr2}, 3, "000 001 010 011 100 101 110 111"},
	{"WRC+rel+acq", {wr0, wr1, wr2}, 3, "000 001 010 011 100 101 111"},
	{"release sequence", {rs0, rs1, rs2}, 2, "00 01 11 20 21 31"},
	{"CAS", {ca0, ca1}, 2, "01 10"},
};

static const struct litmus *test;
static char found[1024];

static void set_up(void)
{
	w = mc_alloc(sizeof(*w));
	mc_name(&w->x, "x");
	mc_name(&w->y, "y");
	mc_name(&w->z, "z");
	mc_name(&w->plain, "plain");
	mc_name(&w->r[0], "r");
	for (uint32_t i = 0; i < 4 && test->threads[i]; i++)
		mc_thread((const char *[]){"P0", "P1", "P2", "P3"}[i],
			  test->threads[i], NULL);
}

/* Insert the outcome of this execution into the sorted list. */
static void note_outcome(void)
{
	char outcome[8] = "";
	char *at = found;
	uint32_t n = test->n_results;
	size_t rest;

	for (uint32_t i = 0; i < n; i++)
		outcome[i] = (char)('0' + w->r[i]);
	outcome[n] = ' ';
	while (*at && memcmp(at, outcome, n) < 0)
		at += n + 1u;
	if (*at && memcmp(at, outcome, n) == 0)
		return;
	rest = strlen(at) + 1u;
	memmove(at + n + 1u, at, rest);
	memcpy(at, outcome, n + 1u);
}

static int run_litmus(void)
{
	static const struct mc_options ways[] = {
		{.quiet = 1},
		{.quiet = 1, .plain_search = 1},
		{.quiet = 1, .no_memory = 1},
		{.quiet = 1, .no_memory = 1, .plain_search = 1},
	};
	const struct mc_scenario scenario = {
		.name = test->name, .set_up = set_up, .end = note_outcome};
	int bad = 0;

	for (uint32_t i = 0; i < 4; i++) {
		struct mc_result result;

		/* Four threads without any reduction: long, and nothing new. */
		if (i == 3 && test->threads[3])
			continue;
		memset(found, 0, sizeof(found));
		mc_explore(&scenario, &ways[i], &result);
		if (*found)
			found[strlen(found) - 1u] = '\0';
		if (result.verdict != MC_HOLDS ||
		    strcmp(found, test->outcomes)) {
			printf("FAIL %s (way %u): %s\n   found    %s\n"
			       "   expected %s\n",
			       test->name, i, result.why, found,
			       test->outcomes);
			bad = 1;
		} else if (i == 0) {
			printf("ok   %-20s %6llu executions: %s\n", test->name,
			       (unsigned long long)result.executions, found);
		}
	}
	return bad;
}

/* ---- programs with one answer --------------------------------------------------- */

/* Plain data behind a flag. */
THREAD(pr0, w->plain = 1; STORE(y, 1, release))
THREAD(px0, w->plain = 1; STORE(y, 1, relaxed))
THREAD(pr1, if (LOAD(y, acquire)) w->r[1] = w->plain)
THREAD(px1, if (LOAD(y, relaxed)) w->r[1] = w->plain)
/* Ownership back and forth. */
THREAD(own0, w->plain = 1; STORE(y, 1, release);
       while (!LOAD(x, acquire)) mc_poll(); w->plain = 2)
THREAD(own1, while (!LOAD(y, acquire)) mc_poll(); w->r[1] = w->plain;
       STORE(x, 1, release))
THREAD(own1x, while (!LOAD(y, acquire)) mc_poll(); w->r[1] = w->plain;
       STORE(x, 1, relaxed))
/* Two stores that nothing orders: not for this explorer, and it must say so. */
THREAD(ww0, STORE(x, 1, relaxed))
THREAD(ww1, STORE(x, 2, relaxed))
/* Memory that is unmapped under a user. */
THREAD(um0, STORE(x, 1, relaxed); STORE(y, 1, release))
THREAD(umx0, STORE(y, 1, release); STORE(x, 1, relaxed))
THREAD(um1, while (!LOAD(y, acquire)) mc_poll();
       mc_unmap(&w->x, sizeof(w->x), 0))
THREAD(umx1, while (!LOAD(y, relaxed)) mc_poll();
       mc_unmap(&w->x, sizeof(w->x), 0))
/* Nobody will ever answer. */
THREAD(dl0, while (!LOAD(y, acquire)) mc_poll())
THREAD(dl1, STORE(x, 1, release))

/*
 * Flag and futex.  x: there is something; y: "I sleep".  The waiter sleeps on
 * one of the two, the flag is cleared by one side or the other.
 */
static void sleep_on(_Atomic uint32_t *word, uint32_t expected)
{
	struct mc_word wait = {word, expected};

	(void)mc_wait(&wait, 1, 0);
}

/* The result is used: otherwise clang makes a mere store of it, and stores by
 * two threads that nothing orders the explorer refuses. */
static uint32_t set_flag(uint32_t value)
{
	return atomic_exchange_explicit(&w->y, value, memory_order_relaxed);
}

static void waiter(int on_flag, int waiter_clears, int fence)
{
	uint32_t got = 0;

	while (got < 2) {
		uint32_t seen = LOAD(x, acquire);

		if (seen > got) {
			got = seen;
			continue;
		}
		w->r[1] += set_flag(1);
		if (fence)
			FENCE(seq_cst);
		seen = LOAD(x, acquire);
		if (seen == got)
			sleep_on(on_flag ? &w->y : &w->x, on_flag ? 1 : seen);
		if (waiter_clears)
			w->r[1] += set_flag(0);
	}
}

static void waker(int on_flag, int waker_clears, int fence)
{
	for (uint32_t i = 1; i <= 2; i++) {
		STORE(x, i, release);
		if (fence)
			FENCE(seq_cst);
		if (!LOAD(y, relaxed))
			continue;
		if (waker_clears)
			w->r[0] += set_flag(0);
		mc_wake(on_flag ? &w->y : &w->x);
	}
}

THREAD(ff_waker, waker(1, 1, 1))
THREAD(ff_waiter, waiter(1, 0, 1))
THREAD(fw_waker, waker(1, 0, 1))
THREAD(fw_waiter, waiter(1, 1, 1))
THREAD(iw_waker, waker(0, 0, 1))
THREAD(iw_waiter, waiter(0, 1, 1))
THREAD(ii_waker, waker(0, 1, 1))
THREAD(ii_waiter, waiter(0, 0, 1))
THREAD(nf_waker, waker(0, 0, 0))
THREAD(nf_waiter, waiter(0, 1, 0))

static const struct answer {
	struct litmus litmus;
	enum mc_verdict verdict;
	const char *why;
} answers[] = {
	{{"payload, release/acquire", {pr0, pr1}, 0, ""}, MC_HOLDS, ""},
	{{"payload, relaxed store", {px0, pr1}, 0, ""}, MC_FAILS, "data race"},
	{{"payload, relaxed load", {pr0, px1}, 0, ""}, MC_FAILS, "data race"},
	{{"ownership and back", {own0, own1}, 0, ""}, MC_HOLDS, ""},
	{{"... given back relaxed", {own0, own1x}, 0, ""},
	 MC_FAILS,
	 "data race"},
	{{"unordered stores", {ww0, ww1}, 0, ""}, MC_BROKEN, "nothing orders"},
	{{"unmap after use", {um0, um1}, 0, ""}, MC_HOLDS, ""},
	{{"unmap during use", {umx0, um1}, 0, ""}, MC_FAILS, "unmapped"},
	{{"unmap, relaxed", {um0, umx1}, 0, ""}, MC_FAILS, "unmapped"},
	{{"nobody answers", {dl0, dl1}, 0, ""}, MC_FAILS, "waiting for ever"},
	{{"futex on flag, waker clears", {ff_waker, ff_waiter}, 0, ""},
	 MC_HOLDS,
	 ""},
	{{"futex on flag, waiter clears", {fw_waker, fw_waiter}, 0, ""},
	 MC_FAILS,
	 "waiting for ever"},
	{{"futex on index, waiter clears", {iw_waker, iw_waiter}, 0, ""},
	 MC_HOLDS,
	 ""},
	{{"futex on index, waker clears", {ii_waker, ii_waiter}, 0, ""},
	 MC_FAILS,
	 "waiting for ever"},
	{{"futex on index, no waker's fence", {nf_waker, iw_waiter}, 0, ""},
	 MC_FAILS,
	 "waiting for ever"},
	/* The wait is a fence itself, see port.h. */
	{{"futex on index, no waiter's fence", {iw_waker, nf_waiter}, 0, ""},
	 MC_HOLDS,
	 ""},
};

static int run_answer(const struct answer *answer)
{
	static const char *const texts[] = {"holds", "fails", "unfinished",
					    "refused"};
	const struct mc_scenario scenario = {.name = answer->litmus.name,
					     .set_up = set_up};
	int bad = 0;

	test = &answer->litmus;
	for (uint32_t way = 0; way < 2; way++) {
		struct mc_options options = {.quiet = 1, .plain_search = way};
		struct mc_result result;

		mc_explore(&scenario, &options, &result);
		if (result.verdict != answer->verdict ||
		    !strstr(result.why, answer->why)) {
			printf("FAIL %s (way %u): %s: %s\n", test->name, way,
			       texts[result.verdict], result.why);
			bad = 1;
		} else if (way == 0) {
			printf("ok   %-34s %6llu executions: %s %s\n",
			       test->name,
			       (unsigned long long)result.executions,
			       texts[result.verdict], result.why);
		}
	}
	return bad;
}

int main(void)
{
	int bad = 0;

	for (uint32_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		test = &tests[i];
		bad |= run_litmus();
	}
	for (uint32_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		bad |= run_answer(&answers[i]);
	return bad;
}
