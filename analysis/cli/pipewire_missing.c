// SPDX-License-Identifier: MIT
/* pipewire_missing.c - `dsi pipewire` without libpipewire. */
#include "cli.h"
#include "message.h"

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	message_error(NULL, "this dsi was built without libpipewire-0.3-dev, "
			    "which it needs");
	return CLI_FAILURE;
}

const struct cli_command cli_pipewire = {
	.name = "pipewire",
	.summary = "bridge PipeWire and a stream (not built in)",
	.run = run,
};
