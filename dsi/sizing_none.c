/* SPDX-License-Identifier: MIT */
/*
 * sizing_none.c - in place of the calculator, where the compiler has no integers of
 * 128 bits: a stream with declared ends is refused, with the reason.
 */
#include <dsi/errno.h>
#include <dsi/sizing.h>

#include "dsi/text.h"

int dsi_size_reader(const struct dsi_sizing_writer *writer,
		    const struct dsi_sizing_reader *reader,
		    struct dsi_sizing_need *out_need, char *why,
		    uint32_t why_bytes)
{
	struct dsi_text text = dsi__text(why, why_bytes);

	(void)writer;
	(void)reader;
	(void)out_need;
	dsi__text_add(&text,
		      "this processor has no 128-bit integers to size a "
		      "stream with; declare no traffic and give the packets");
	return -DSI_ENOTSUP;
}
