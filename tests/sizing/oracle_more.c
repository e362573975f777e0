/* SPDX-License-Identifier: MIT */
/* oracle_more.c - see oracle_more.h */
#include <stdio.h>
#include <string.h>

#include "oracle_more.h"

#define SHOWN 5

static const struct more more[] = {
	{"limits", 15000, ask_limit},	      {"too few slots", 2000, ask_loss},
	{"fan-out", 3000, ask_fan_out},	      {"merge", 5000, ask_merge},
	{"self-timed", 3000, ask_self_timed}, {"bytes", 1500, ask_area},
	{"spans, windows", 5000, ask_spans},  {"other forms", 5000, ask_forms},
};

static uint64_t run(const struct more *m, uint64_t seed, uint64_t times,
		    uint64_t *compared)
{
	uint64_t count[WRONG + 1] = {0};
	uint64_t done = 0;
	char text[MORE_TEXT];

	for (uint64_t i = 0; i < m->count * times; i++) {
		enum verdict verdict = m->ask(&seed, text);

		if (verdict == WRONG && count[WRONG] < SHOWN)
			printf("  FAIL %s\n", text);
		count[verdict]++;
	}
	done = m->count * times - count[OUTSIDE];
	printf("%-22s %8llu compared %8llu least %6u refused %6llu outside "
	       "%6llu wrong\n",
	       m->name, (unsigned long long)done,
	       (unsigned long long)count[LEAST], 0u,
	       (unsigned long long)count[OUTSIDE],
	       (unsigned long long)count[WRONG]);
	fflush(stdout);
	*compared += done;
	return count[WRONG] + (done == 0);
}

uint64_t oracle_more(const char *only, uint64_t seed, uint64_t times,
		     uint64_t *compared)
{
	uint64_t wrong = 0;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (!only || strstr(more[i].name, only))
			wrong += run(&more[i], seed + i, times, compared);
	return wrong;
}
