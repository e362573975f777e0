// SPDX-License-Identifier: MIT
/*
 * fuzz_describe.c - descriptions of streams, as `dsi size` takes them: a line
 * "key=value" each.
 *
 * Each failure has a sentence, and what was accepted has a tick.
 */
#include "describe/describe.h"
#include "fuzz.h"

#define MOST_LINES 24

static bool set_line(struct describe *d, char *line,
		     char why[DESCRIBE_WHY_BYTES])
{
	char *value = strchr(line, '=');

	if (!value)
		return true;
	*value++ = '\0';
	return describe_set(d, line, value, why);
}

static bool set_all(struct describe *d, char *text,
		    char why[DESCRIBE_WHY_BYTES])
{
	char *next = text;

	for (int i = 0; next && i < MOST_LINES; i++) {
		char *line = next;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!set_line(d, line, why))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char why[DESCRIBE_WHY_BYTES] = "";
	struct describe_problem problem;
	char text[2048];
	struct describe d;
	bool good;

	if (bytes >= sizeof(text))
		return 0;
	memcpy(text, data, bytes);
	text[bytes] = '\0';
	describe_init(&d);
	good = set_all(&d, text, why) && describe_finish(&d, why);
	if (good) {
		FUZZ_MUST(d.n_readers >= 1 &&
			  d.n_readers <= DESCRIBE_MAX_READERS);
		good = describe_problem(&d, &problem, why);
	}
	if (good)
		fuzz_sink(&problem.tick, sizeof(problem.tick));
	else
		FUZZ_MUST(why[0] && memchr(why, '\0', sizeof(why)));
	describe_free(&d);
	return 0;
}
