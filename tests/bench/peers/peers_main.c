/* SPDX-License-Identifier: MIT */
/* peers_main.c - `dsi bench`, with what libdsi is compared with. */
#include "cli.h"

int main(int argc, char **argv)
{
	return cli_bench.run(argc, argv);
}
