/* SPDX-License-Identifier: MIT */
/* outcomes.c - a table of cases and outcomes; see outcomes.h. */
#define _GNU_SOURCE
#include "tests/hostile/outcomes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/must.h"

#define MAX_CASES 1024u

static struct {
	char name[96];
	char what[96];
	int right;
} cases[MAX_CASES];
static uint32_t n_cases;
static int is_open;

static void say_where(void)
{
	if (is_open)
		fprintf(stderr, "ended in the case: %s\n", cases[n_cases].name);
}

void outcome_case(const char *format, ...)
{
	va_list args;

	if (!n_cases && !is_open)
		(void)atexit(say_where);
	MUST(n_cases < MAX_CASES && !is_open);
	is_open = 1;
	va_start(args, format);
	(void)vsnprintf(cases[n_cases].name, sizeof(cases[0].name), format,
			args);
	va_end(args);
	if (getenv("DSI_TEST_VERBOSE"))
		fprintf(stderr, "%s\n", cases[n_cases].name);
}

void outcome(int as_expected, const char *format, ...)
{
	va_list args;

	MUST(is_open);
	is_open = 0;
	cases[n_cases].right = as_expected;
	va_start(args, format);
	(void)vsnprintf(cases[n_cases].what, sizeof(cases[0].what), format,
			args);
	va_end(args);
	if (!as_expected)
		fprintf(stderr, "NOT AS IT SHOULD: %s -> %s\n",
			cases[n_cases].name, cases[n_cases].what);
	n_cases++;
}

uint32_t outcome_print(void)
{
	uint32_t wrong = 0;

	printf("%-58s    outcome\n", "case");
	for (uint32_t i = 0; i < n_cases; i++) {
		printf("%-58s %s %s\n", cases[i].name,
		       cases[i].right ? "->" : "!>", cases[i].what);
		wrong += !cases[i].right;
	}
	printf("%u cases, %u not as they should be\n", n_cases, wrong);
	return wrong;
}
