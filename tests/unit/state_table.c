/* SPDX-License-Identifier: MIT */
/*
 * state_table.c - print the block of docs/design/40-states.md that is made
 * from the state table.
 */
#include "tests/unit/state_print.h"

int main(void)
{
	state_print(stdout);
	return 0;
}
