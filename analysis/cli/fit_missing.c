// SPDX-License-Identifier: MIT
/*
 * fit_missing.c - `dsi fit` where it could not be built.
 */
#include "cli.h"
#include "message.h"

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	message_error(NULL, "this dsi was built without libcsv-dev, which "
			    "recordings need");
	return CLI_FAILURE;
}

const struct cli_command cli_fit = {
	.name = "fit",
	.summary = "period, jitter and distance of recorded times (not built)",
	.run = run,
};
