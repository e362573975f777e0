/* SPDX-License-Identifier: MIT */
/* serve_never.c - the part of a server's loop that enters the kernel, for
 * tests that only dispatch. */
#include <stdlib.h>

#include <mklib/message_stream.h>

bool mk_serve_next(struct mk_message *m, bool answer, const uint64_t *slots,
		   unsigned count)
{
	(void)m, (void)answer, (void)slots, (void)count;
	abort();
}
