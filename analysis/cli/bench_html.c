// SPDX-License-Identifier: MIT
/*
 * bench_html.c - `dsi bench --html`: the report as a page with pictures.  Its
 * data are those of --json.
 */
#include <errno.h>
#include <string.h>

#include "bench_report.h"
#include "cli.h"
#include "message.h"
#include "page/page.h"

bool bench_html_ready(void)
{
	return true;
}

int bench_html_write(const struct bench_report *report, const char *path)
{
	struct size_writer w = {.pretty = false};
	FILE *file = NULL;
	bool good;

	bench_json(report, &w);
	if (w.no_memory)
		errno = ENOMEM;
	else
		file = fopen(path, "we");
	good = file && page_write(file, PAGE_OF_BENCH, w.text, w.used);
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		message_error(path, "cannot write: %s", strerror(errno));
	size_write_free(&w);
	return good ? CLI_OK : CLI_FAILURE;
}
