// SPDX-License-Identifier: MIT
/* top_screen_missing.c - `dsi top` without libncurses-dev prints only once. */
#include "message.h"
#include "top.h"

int top_screen(struct top *top, uint64_t interval_ns)
{
	(void)top;
	(void)interval_ns;
	message_note(NULL, "this dsi was built without libncurses-dev, which "
			   "the live view needs");
	return -1;
}
