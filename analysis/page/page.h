/* SPDX-License-Identifier: MIT */
/*
 * page.h - the page of `dsi latency --html`, with the plotting library and
 * its licence, as they were when this program was built.
 */
#ifndef DSI_PAGE_H
#define DSI_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes the page with @json as its data.  False: see errno. */
bool page_write(FILE *file, const char *json, size_t bytes);

#endif /* DSI_PAGE_H */
