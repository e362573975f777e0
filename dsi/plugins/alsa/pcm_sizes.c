/* SPDX-License-Identifier: MIT */
/*
 * pcm_sizes.c - periods and buffers, by the calculator of dsi/sizing.h.
 *
 * A packet is a period.  Whoever plays says how: a packet every period, got as
 * early as the buffer is long.  Whoever records gives each back within a buffer:
 * pace RESPONSE.  So from a buffer follows how many packets there must be, and
 * from the packets of a stream how long a buffer may be.
 */
#include <errno.h>

#include "pcm_dsi.h"

/* So many programs can record a stream at once, with buffers as long as the
 * player's.  The library, too, leaves a quarter to each if nothing is said. */
#define RECORDERS 4u
#define PERIODS_LEAST 2u

struct dsi_usage pcm_usage(const struct dsi_traffic *traffic, uint64_t periods)
{
	return (struct dsi_usage){
		.tick_hz = traffic->tick_hz,
		.pace = DSI_PACE_RESPONSE,
		.response = periods * traffic->period,
	};
}

/* Each queue has a place more for the end of the stream, and one packet is
 * nobody's. */
int pcm_packets(struct dsi_stream_desc *desc, const char *stream,
		uint32_t periods)
{
	const struct dsi_usage reader = pcm_usage(&desc->traffic, periods);
	char why[DSI_SIZING_WHY_BYTES];

	if (dsi_stream_desc_size(desc, &reader, 1, why, sizeof(why)) != 0) {
		SNDERR("dsi: stream '%s': %s", stream, why);
		return -EINVAL;
	}
	desc->packets = RECORDERS * (desc->packets + 1) + 1;
	return 0;
}

/* The largest response with which so many packets are enough, in periods. */
static uint32_t periods_for(const struct dsi_traffic *traffic, uint64_t packets)
{
	const struct dsi_sizing_reader reader = {.size = sizeof(reader),
						 .pace = DSI_PACE_RESPONSE};
	struct dsi_sizing_writer writer;
	uint64_t response;

	dsi_size_writer_of(traffic, &writer);
	if (dsi_size_limit(&writer, &reader, packets, DSI_LIMIT_RESPONSE,
			   &response, NULL, 0) != 0)
		return 0;
	response /= traffic->period;
	return response < PCM_PERIODS_MOST ? (uint32_t)response
					   : PCM_PERIODS_MOST;
}

/* Without a declared traffic packets are only counted. */
static uint32_t periods_of(const struct dsi_stream_desc *desc, uint32_t packets)
{
	if (desc->traffic.tick_hz && desc->traffic.period)
		return packets ? periods_for(&desc->traffic, packets) : 0;
	return packets < PCM_PERIODS_MOST ? packets : PCM_PERIODS_MOST;
}

uint32_t pcm_periods_most(const struct dsi_stream_desc *desc)
{
	uint32_t most = periods_of(desc, desc->packets / RECORDERS);

	if (most >= PERIODS_LEAST)
		return most;
	/* All but what pcm_packets() adds. */
	most = periods_of(desc, desc->packets > 2 ? desc->packets - 2 : 0);
	return most < PERIODS_LEAST ? 0 : PERIODS_LEAST;
}
