// SPDX-License-Identifier: MIT
/*
 * latency_missing.c - `dsi latency` where it could not be built.
 */
#include "cli.h"
#include "message.h"

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	message_error(NULL, "this dsi was built without libbabeltrace2-dev, "
			    "which reading traces needs");
	return CLI_FAILURE;
}

const struct cli_command cli_latency = {
	.name = "latency",
	.summary = "where the time went, from a trace (not built)",
	.run = run,
};
