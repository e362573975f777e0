// SPDX-License-Identifier: MIT
/*
 * page.c - puts a page together: page.html, and at its marks <!--@name--> the
 * title, the data, the scripts, the plotting library and its licence.
 */
#include <string.h>

#include "page/page.h"

/* The bytes of a file, into the program. */
#define EMBED(name, path)                                       \
	__asm__(".pushsection .rodata\n"                        \
		"page_" #name ":\n.incbin \"" path "\"\n"       \
		"page_" #name "_end:\n.byte 0\n.popsection\n"); \
	extern const char page_##name[];                        \
	extern const char page_##name##_end[]

EMBED(html, PAGE_HTML);
EMBED(parts, PAGE_PARTS);
EMBED(latency, PAGE_LATENCY);
EMBED(bench, PAGE_BENCH);
EMBED(library, PAGE_LIBRARY);
EMBED(licence, PAGE_LICENCE);

struct piece {
	const char *mark;
	const char *begin;
	const char *end;
};

static bool put(FILE *file, const char *begin, const char *end)
{
	size_t bytes = (size_t)(end - begin);

	return fwrite(begin, 1, bytes, file) == bytes;
}

/* Nothing in a text may end the element that it is in. */
static bool put_safe(FILE *file, const char *begin, const char *end)
{
	const char *at;

	while ((at = memchr(begin, '<', (size_t)(end - begin)))) {
		if (!put(file, begin, at) || fputs("\\u003c", file) == EOF)
			return false;
		begin = at + 1;
	}
	return put(file, begin, end);
}

static bool put_piece(FILE *file, const struct piece *pieces, size_t n,
		      const char *mark, size_t bytes)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strlen(pieces[i].mark) != bytes ||
		    strncmp(pieces[i].mark, mark, bytes) != 0)
			continue;
		if (strcmp(pieces[i].mark, "data") == 0)
			return put_safe(file, pieces[i].begin, pieces[i].end);
		return put(file, pieces[i].begin, pieces[i].end);
	}
	return true;
}

bool page_write(FILE *file, enum page_kind kind, const char *json, size_t bytes)
{
	static const char latency[] = "dsi latency";
	static const char bench[] = "dsi bench";
	const struct piece scripts[] = {
		[PAGE_OF_LATENCY] = {"script", page_latency, page_latency_end},
		[PAGE_OF_BENCH] = {"script", page_bench, page_bench_end},
	};
	const struct piece titles[] = {
		[PAGE_OF_LATENCY] = {"title", latency,
				     latency + sizeof(latency) - 1},
		[PAGE_OF_BENCH] = {"title", bench, bench + sizeof(bench) - 1},
	};
	const struct piece pieces[] = {
		titles[kind],
		{"data", json, json + bytes},
		{"parts", page_parts, page_parts_end},
		scripts[kind],
		{"library", page_library, page_library_end},
		{"licence", page_licence, page_licence_end},
	};
	const char *at = page_html;
	const char *mark;

	while ((mark = strstr(at, "<!--@"))) {
		const char *end = strstr(mark, "-->");

		if (!end || !put(file, at, mark) ||
		    !put_piece(file, pieces, sizeof(pieces) / sizeof(pieces[0]),
			       mark + 5, (size_t)(end - mark - 5)))
			return false;
		at = end + 3;
	}
	return put(file, at, page_html_end);
}
