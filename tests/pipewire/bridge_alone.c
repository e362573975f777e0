// SPDX-License-Identifier: MIT
/* bridge_alone.c - `dsi pipewire` and no other sub-command of dsi. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "pipewire") != 0) {
		fprintf(stderr, "usage: bridge_alone pipewire ARGUMENT...\n");
		return CLI_USAGE;
	}
	return cli_pipewire.run(argc - 1, argv + 1);
}
