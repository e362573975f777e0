/* SPDX-License-Identifier: MIT */
/*
 * oracle_api.c - dsi_size_*() against the oracles.
 *
 * usage: oracle_api [--long] [--seed N] [--family NAME]
 *
 * Never too small, and where an answer claims to be the least, not larger
 * either.  Prints for each family how many questions were compared and how
 * many of the answers were claimed to be the least; the first differences in
 * full.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>

#include "compare.h"
#include "oracle_more.h"

#define SHOWN 5

struct tally {
	uint64_t compared, exact, refused, outside, wrong;
};

static void report(const struct question *q, struct tally *t,
		   const struct difference *d, const struct oracle_need *o,
		   const struct dsi_sizing_need *need)
{
	char text[QUESTION_TEXT];

	if (t->wrong++ >= SHOWN)
		return;
	printf("  FAIL %s\n    %s: answer %lld, least %lld (of 1/%lld; "
	       "exact %x; slots %llu/%llu)\n",
	       question_text(q, text), d->what, d->num, d->oracle,
	       (long long)o->den, need->exact, (unsigned long long)need->slots,
	       (unsigned long long)o->slots);
}

static void ask(const struct family *f, const struct question *q,
		struct tally *t)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct oracle_need o;
	struct difference d;
	char why[DSI_SIZING_WHY_BYTES] = "";
	char text[QUESTION_TEXT];
	int err = 0;

	if (!f->oracle(&q->writer, &q->reader, &o)) {
		t->outside++;
		return;
	}
	err = dsi_size_reader(&q->writer, &q->reader, &need, why, sizeof(why));
	if (err == -DSI_ENOTSUP) {
		if (!t->refused++)
			printf("  refused: %s\n    %s\n",
			       question_text(q, text), why);
		return;
	}
	if (err) {
		if (t->wrong++ < SHOWN)
			printf("  FAIL %s\n    error %d: %s\n",
			       question_text(q, text), err, why);
		return;
	}
	t->compared++;
	t->exact += need.exact == DSI_EXACT_ALL;
	if (need_differs(f, q, &need, &o, &d))
		report(q, t, &d, &o, &need);
}

static uint64_t run_family(const struct family *f, uint64_t seed,
			   uint64_t times, uint64_t *compared)
{
	struct tally t = {0};
	struct question q;

	for (uint64_t i = 0; i < f->count * times; i++) {
		f->draw(&seed, &q);
		ask(f, &q, &t);
	}
	printf("%-22s %8llu compared %8llu least %6llu refused %6llu outside "
	       "%6llu wrong\n",
	       f->name, (unsigned long long)t.compared,
	       (unsigned long long)t.exact, (unsigned long long)t.refused,
	       (unsigned long long)t.outside, (unsigned long long)t.wrong);
	fflush(stdout);
	*compared += t.compared;
	return t.wrong + (t.compared == 0);
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	uint64_t times = 1;
	uint64_t seed = 1;
	uint64_t compared = 0;
	uint64_t wrong = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--long"))
			times = 20;
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--family") && i + 1 < argc)
			only = argv[++i];
	}
	for (uint32_t i = 0; i < n_families; i++)
		if (!only || strstr(families[i].name, only))
			wrong += run_family(&families[i], seed + i, times,
					    &compared);
	wrong += oracle_more(only, seed, times, &compared);
	printf("%llu compared, %llu wrong\n", (unsigned long long)compared,
	       (unsigned long long)wrong);
	return wrong || (!only && compared < 100000);
}
