// SPDX-License-Identifier: MIT
/*
 * bench_html.c - `dsi bench --html`: the report as a page with pictures.  Its
 * data are those of --json.
 */
#include "bench_report.h"
#include "page/page.h"

bool bench_html_ready(void)
{
	return true;
}

static bool put_page(FILE *file, const char *text, size_t bytes)
{
	return page_write(file, PAGE_OF_BENCH, text, bytes);
}

int bench_html_write(const struct bench_report *report, const char *path)
{
	return bench_write(report, path, put_page);
}
