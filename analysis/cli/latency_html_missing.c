// SPDX-License-Identifier: MIT
/*
 * latency_html_missing.c - `dsi latency --html` where it could not be built.
 */
#include "cli.h"
#include "latency_report.h"
#include "message.h"

bool latency_html_ready(void)
{
	message_error("--html", "this dsi was built without libjs-chart.js, "
				"which the pictures need; --json and --csv "
				"have the numbers");
	return false;
}

int latency_html_write(struct latency_report *report)
{
	(void)report;
	return CLI_FAILURE;
}
