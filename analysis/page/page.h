/* SPDX-License-Identifier: MIT */
/*
 * page.h - the pages of `dsi latency --html` and `dsi bench --html`, with the
 * plotting library and its licence, as they were when this program was built.
 */
#ifndef DSI_PAGE_H
#define DSI_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum page_kind { PAGE_OF_LATENCY, PAGE_OF_BENCH };

/* Writes the page with @json as its data.  False: see errno. */
bool page_write(FILE *file, enum page_kind kind, const char *json,
		size_t bytes);

#endif /* DSI_PAGE_H */
