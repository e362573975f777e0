/* SPDX-License-Identifier: MIT */
/*
 * conf_main.c - run the suite, or one group of it, or the tests whose name is
 * given, and print one line for each.
 *
 *   runner [--list] [--group NAME] [--seed N] [--seeds N] [name]
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"

struct conf_shared *conf_shared;

static const char *only_group; /* NULL: all */

void conf_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	size_t room = sizeof(conf_shared->reason);
	va_list args;
	int n;

	/* The first failure is the cause, others follow from it. */
	if (atomic_exchange(&conf_shared->failed, 1))
		return;
	n = snprintf(conf_shared->reason, room,
		     "%s:%d: ", base ? base + 1 : file, line);
	va_start(args, format);
	vsnprintf(conf_shared->reason + n, room - (size_t)n, format, args);
	va_end(args);
}

static int wanted(const struct conf_suite *suite, const struct conf_test *test,
		  const char *name)
{
	if (only_group && strcmp(suite->name, only_group) != 0)
		return 0;
	return !name || !strcmp(test->name, name);
}

/* Visit all tests that are wanted. */
static unsigned int run_all(const char *name, int list, unsigned int *out_bad)
{
	unsigned int n = 0;

	for (const struct conf_suite *s = conf_suites; s->name; s++) {
		for (const struct conf_test *t = s->tests; t->name; t++) {
			if (!wanted(s, t, name))
				continue;
			n++;
			if (list) {
				printf("%s\n", t->name);
			} else if (conf_run(t)) {
				++*out_bad;
				printf("not ok %u - %s\n# %s%s\n", n, t->name,
				       conf_shared->reason, conf_hint());
			} else {
				printf("ok %u - %s\n", n, t->name);
			}
			fflush(stdout);
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *name = NULL;
	unsigned int n, bad = 0;
	int list = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--list")) {
			list = 1;
		} else if (argv[i][0] != '-') {
			name = argv[i];
		} else if (!strcmp(argv[i], "--group") && i + 1 < argc) {
			only_group = argv[++i];
		} else if (i + 1 < argc) {
			conf_option(argv[i], argv[i + 1]);
			i++;
		} else {
			fprintf(stderr, "%s: unknown option %s\n", argv[0],
				argv[i]);
			return 2;
		}
	}
	n = run_all(name, list, &bad);
	if (n == 0) {
		fprintf(stderr, "%s: no test of this name\n", argv[0]);
		return 2;
	}
	if (!list)
		printf("1..%u\n# %u passed, %u failed\n", n, n - bad, bad);
	return bad ? 1 : 0;
}
