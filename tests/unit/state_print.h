/* SPDX-License-Identifier: MIT */
/*
 * state_print.h - the state table of dsi/state.h as a picture and a table.
 */
#ifndef DSI_TEST_STATE_PRINT_H
#define DSI_TEST_STATE_PRINT_H

#include <stdio.h>

/* A Mermaid state diagram, then a Markdown table of the answers. */
void state_print(FILE *out);

#endif /* DSI_TEST_STATE_PRINT_H */
