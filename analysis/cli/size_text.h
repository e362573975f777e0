/* SPDX-License-Identifier: MIT */
/* size_text.h - the parts of the answer of `dsi size` for people. */
#ifndef DSI_SIZE_TEXT_H
#define DSI_SIZE_TEXT_H

#include "size_command.h"

/* The lines from "start" to "wanted less". */
void size_print_result(const struct size_question *q,
		       const struct size_answer *a);

char *size_show_ticks(const struct size_question *q, struct dsi_ticks t,
		      char text[QUANTITY_TEXT_BYTES]);

#endif /* DSI_SIZE_TEXT_H */
