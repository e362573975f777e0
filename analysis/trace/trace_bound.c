// SPDX-License-Identifier: MIT
/*
 * trace_bound.c - how many packets the ring must hold, by what both ends
 * declared: the most that one of the readers that block needs.
 *
 * The sizing functions were asked by the library when each reader connected:
 * it knows all that was declared, of which the trace has only a part.  This is
 * dsi_size_fan_out() of their answers.
 */
#include <inttypes.h>
#include <stdio.h>

#include "trace/trace_bound.h"

void trace_bound_of(const struct trace_stream *s, struct trace_bound *out)
{
	const struct trace_reader *silent = NULL;
	size_t i;

	*out = (struct trace_bound){0};
	for (i = 0; i < s->n_readers; i++) {
		const struct trace_declared *d = &s->readers[i]->declared;

		if (d->known && d->policy != DSI_POLICY_BLOCK)
			continue;
		if (d->need_packets > out->slots)
			out->slots = d->need_packets;
		if (!d->need_packets && !silent)
			silent = s->readers[i];
	}
	out->known = out->slots && !silent && s->declared.period_ns;
	if (out->known)
		return;
	if (!s->declared.period_ns)
		snprintf(out->why, sizeof(out->why),
			 "its producer declared no period");
	else if (silent)
		snprintf(out->why, sizeof(out->why),
			 "reader %" PRIu64 " did not declare how it works",
			 silent->id);
	else
		snprintf(out->why, sizeof(out->why),
			 "it has no reader that blocks");
}
