// SPDX-License-Identifier: MIT
/*
 * pipeline_missing.c - `dsi pipeline` where it could not be built.
 */
#include "cli.h"
#include "message.h"

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	message_error(NULL, "this dsi was built without libconfig-dev and "
			    "libgraphviz-dev, which pipelines need");
	return CLI_FAILURE;
}

const struct cli_command cli_pipeline = {
	.name = "pipeline",
	.summary = "size a whole pipeline of streams (not built)",
	.run = run,
};
