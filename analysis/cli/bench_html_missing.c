// SPDX-License-Identifier: MIT
/*
 * bench_html_missing.c - `dsi bench --html` where it could not be built.
 */
#include "bench_report.h"
#include "cli.h"
#include "message.h"

bool bench_html_ready(void)
{
	message_error("--html", "this dsi was built without libjs-chart.js, "
				"which the pictures need; --json has the "
				"numbers");
	return false;
}

int bench_html_write(const struct bench_report *report, const char *path)
{
	(void)report;
	(void)path;
	return CLI_FAILURE;
}
