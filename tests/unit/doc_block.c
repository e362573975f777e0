/* SPDX-License-Identifier: MIT */
/* doc_block.c - compare a generated block of a document; see doc_block.h. */
#define _GNU_SOURCE
#include "tests/unit/doc_block.h"

#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t got;

	if (!file)
		return NULL;
	got = getdelim(&text, &size, '\0', file);
	(void)fclose(file);
	if (got < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static char *print_all(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print(out);
	(void)fclose(out);
	return text;
}

/* The text between the markers, cut out in place. */
static char *cut_block(char *text, const char *name)
{
	char marker[64];
	char *begin;
	char *end;

	(void)snprintf(marker, sizeof(marker), "<!-- %s:begin -->\n", name);
	begin = strstr(text, marker);
	if (!begin)
		return NULL;
	begin += strlen(marker);
	(void)snprintf(marker, sizeof(marker), "<!-- %s:end -->", name);
	end = strstr(begin, marker);
	if (!end)
		return NULL;
	*end = '\0';
	return begin;
}

static void show_difference(const char *have, const char *want)
{
	size_t i = 0;
	size_t line = 1;
	size_t start = 0;

	for (; have[i] && have[i] == want[i]; i++) {
		if (have[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	fprintf(stderr, "line %zu of the block\n  document: %.*s\n", line,
		(int)strcspn(have + start, "\n"), have + start);
	fprintf(stderr, "  code:     %.*s\n", (int)strcspn(want + start, "\n"),
		want + start);
}

int doc_block_compare(const char *path, const char *name,
		      void (*print)(FILE *out))
{
	char *text = read_all(path);
	char *want = print_all(print);
	char *have = text ? cut_block(text, name) : NULL;
	int equal = have && want && strcmp(have, want) == 0;

	if (!have)
		fprintf(stderr, "%s: no block '%s'\n", path, name);
	else if (want && !equal)
		show_difference(have, want);
	if (!equal)
		fprintf(stderr, "put this between the markers of %s:\n%s", path,
			want ? want : "");
	free(text);
	free(want);
	return equal ? 0 : -1;
}
