// SPDX-License-Identifier: MIT
/*
 * trace_flight.c - the packets in flight, by number.
 *
 * The place of a packet is its number modulo the table's size.  A live packet
 * in the way makes the table grow; at its largest, packets whose end the trace
 * does not tell are pushed out and counted.
 */
#include <stdlib.h>

#include "trace/trace_private.h"

#define FIRST_PACKETS UINT64_C(64)
#define MOST_PACKETS UINT64_C(65536)

struct trace_packet *trace_flight_find(const struct trace_flight *f,
				       uint64_t seq)
{
	struct trace_packet *p = f->at ? &f->at[seq & f->mask] : NULL;

	return p && p->life != TRACE_NONE && p->seq == seq ? p : NULL;
}

static bool resize(struct trace_flight *f, uint64_t packets)
{
	struct trace_packet *at = calloc(packets, sizeof(*at));
	uint64_t i;

	if (!at)
		return false;
	/* Different places before are different places in twice as many. */
	for (i = 0; f->at && i <= f->mask; i++) {
		if (f->at[i].life != TRACE_NONE)
			at[f->at[i].seq & (packets - 1)] = f->at[i];
	}
	free(f->at);
	f->at = at;
	f->mask = packets - 1;
	return true;
}

struct trace_packet *trace_flight_put(struct trace_flight *f, uint64_t seq)
{
	struct trace_packet *p = trace_flight_find(f, seq);

	if (p)
		return p;
	if (!f->at && !resize(f, FIRST_PACKETS))
		return NULL;
	p = &f->at[seq & f->mask];
	while (p->life == TRACE_LIVE && f->mask + 1 < MOST_PACKETS) {
		if (!resize(f, 2 * (f->mask + 1)))
			return NULL;
		p = &f->at[seq & f->mask];
	}
	if (p->life == TRACE_LIVE) {
		f->live--;
		f->lost++;
	}
	*p = (struct trace_packet){.seq = seq};
	return p;
}
