// SPDX-License-Identifier: MIT
/* topology_missing.c - `dsi topology` without hwloc or libnuma. */
#include "cli.h"
#include "message.h"

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	message_error(NULL, "this dsi was built without libhwloc-dev or "
			    "libnuma-dev, which it needs");
	return CLI_FAILURE;
}

const struct cli_command cli_topology = {
	.name = "topology",
	.summary = "show where the memory of streams is (not built in)",
	.run = run,
};
