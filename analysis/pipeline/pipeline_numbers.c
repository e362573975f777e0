// SPDX-License-Identifier: MIT
/*
 * pipeline_numbers.c - whole numbers of a pipeline file that libconfig would
 * not read as they are.
 *
 * It keeps 32 bits of a whole number and says nothing about the rest, and
 * afterwards nobody can tell.  So the file is looked through beforehand; texts
 * with a unit ("5000000000B") have no such limit.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/pipeline_reader.h"

struct scan {
	const char *at;
	int line;
};

/* The next character, '\0' at the end. */
static char next(struct scan *s)
{
	if (!*s->at)
		return '\0';
	if (*s->at == '\n')
		s->line++;
	return *s->at++;
}

static void skip_text(struct scan *s)
{
	char c;

	while ((c = next(s)) && c != '"') {
		if (c == '\\')
			(void)next(s);
	}
}

static void skip_line(struct scan *s)
{
	char c;

	do
		c = next(s);
	while (c && c != '\n');
}

/* Behind a slash: is it a comment? */
static void skip_comment(struct scan *s)
{
	char c = next(s);
	char before = '\0';

	if (c == '/') {
		skip_line(s);
	} else if (c == '*') {
		while ((c = next(s)) && !(before == '*' && c == '/'))
			before = c;
	}
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* A name or a number from its first character on. */
static void take_word(struct scan *s, char *word, size_t bytes)
{
	size_t n = 0;

	for (; in_word(*s->at); s->at++) {
		if (n + 1 < bytes)
			word[n++] = *s->at;
	}
	word[n] = '\0';
}

static bool fits(const char *word)
{
	char *end;
	unsigned long long value = strtoull(word, &end, 0);

	return *end == '.' || value <= INT32_MAX;
}

bool pipeline_numbers_fit(const char *path, const char *text,
			  char why[PIPELINE_WHY_BYTES])
{
	struct scan s = {text, 1};
	char word[64];

	while (*s.at) {
		if (in_word(*s.at)) {
			take_word(&s, word, sizeof(word));
			if (!isdigit((unsigned char)word[0]) || fits(word))
				continue;
			snprintf(why, PIPELINE_WHY_BYTES,
				 "%s:%d: %s: whole numbers go up to %" PRId32
				 "; write a size as a text with its unit, for "
				 "example \"5000000000B\"",
				 path, s.line, word, INT32_MAX);
			return false;
		}
		switch (next(&s)) {
		case '"':
			skip_text(&s);
			break;
		case '#':
			skip_line(&s);
			break;
		case '/':
			skip_comment(&s);
			break;
		default:
			break;
		}
	}
	return true;
}
