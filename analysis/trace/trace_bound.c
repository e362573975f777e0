// SPDX-License-Identifier: MIT
/*
 * trace_bound.c - how many packets the ring must hold, by what both ends
 * declared.
 *
 * All times are in nanoseconds.  The trace has rounded the period down and
 * all others up, so the bound is not too small.
 */
#include <stdio.h>

#include <dsi/sizing.h>

#include "trace/trace_bound.h"

static struct dsi_sizing_reader ask(const struct trace_declared *d)
{
	return (struct dsi_sizing_reader){
		.size = sizeof(struct dsi_sizing_reader),
		.pace = (uint32_t)d->pace,
		.policy = (uint32_t)d->policy,
		.jitter = d->jitter_ns,
		.hold = d->hold_ns,
		.wake = d->wake_ns,
		.service = d->service_ns,
		.response = d->response_ns,
	};
}

/* Return: how many readers make the ring larger. */
static uint32_t ask_all(const struct trace_stream *s,
			struct dsi_sizing_reader *readers,
			const struct trace_reader **out_silent)
{
	uint32_t n = 0;
	size_t i;

	*out_silent = NULL;
	for (i = 0; i < s->n_readers && n < TRACE_PLACES; i++) {
		const struct trace_declared *d = &s->readers[i]->declared;

		if (d->known && d->policy != DSI_POLICY_BLOCK)
			continue;
		if (d->has_usage)
			readers[n++] = ask(d);
		else if (!*out_silent)
			*out_silent = s->readers[i];
	}
	return n;
}

void trace_bound_of(const struct trace_stream *s, struct trace_bound *out)
{
	struct dsi_sizing_writer writer = {
		.size = sizeof(writer),
		.stream = {.size = sizeof(writer.stream),
			   .period = s->declared.period_ns,
			   .jitter = s->declared.jitter_ns},
		.hold = s->declared.hold_ns,
	};
	struct dsi_sizing_reader readers[TRACE_PLACES] = {0};
	struct dsi_sizing_need needs[TRACE_PLACES];
	const struct trace_reader *silent;
	uint32_t n = ask_all(s, readers, &silent);
	uint32_t i;

	*out = (struct trace_bound){0};
	for (i = 0; i < n; i++)
		needs[i].size = sizeof(needs[i]);
	if (!s->declared.period_ns)
		snprintf(out->why, sizeof(out->why),
			 "its producer declared no period");
	else if (silent)
		snprintf(out->why, sizeof(out->why),
			 "reader %u declared no usage", (unsigned)silent->id);
	else if (n == 0)
		snprintf(out->why, sizeof(out->why),
			 "it has no reader that blocks");
	else
		out->known = dsi_size_fan_out(&writer, readers, n, needs,
					      &out->slots, out->why,
					      sizeof(out->why)) == 0;
}
