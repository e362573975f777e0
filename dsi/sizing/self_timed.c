/* SPDX-License-Identifier: MIT */
/*
 * self_timed.c - both sides work and block, nobody has a clock; and the
 * number of packets that the original DSI would have taken.
 */
#include <dsi/errno.h>
#include <dsi/sizing.h>

#include "dsi/sizing/wide.h"

/* N slots sustain T >= max(Cp, Cc, (Cp + Cc) / N). */
int dsi_size_self_timed(uint64_t period, uint64_t write, uint64_t write_wake,
			uint64_t read, uint64_t read_wake, uint64_t *out_slots)
{
	dsi_wide round;

	if (!out_slots || period == 0 || period > DSI_TICKS_MAX ||
	    write > DSI_TICKS_MAX || write_wake > DSI_TICKS_MAX ||
	    read > DSI_TICKS_MAX || read_wake > DSI_TICKS_MAX)
		return -DSI_EINVAL;
	if (write > period || read > period)
		return -DSI_EDOM;
	round = (dsi_wide)write + (dsi_wide)write_wake + (dsi_wide)read +
		(dsi_wide)read_wake;
	*out_slots = (uint64_t)wide_max(1, wide_ceil(round, (dsi_wide)period));
	return 0;
}

/* floor(tau pps + 2) with pps = ceil(bandwidth / packet) + 1 */
int dsi_size_original(uint64_t bandwidth, uint64_t jitter_us,
		      uint64_t packet_bytes, uint64_t *out_packets)
{
	dsi_wide pps, packets;
	bool over = false;

	if (!out_packets || packet_bytes == 0)
		return -DSI_EINVAL;
	pps = wide_ceil((dsi_wide)bandwidth, (dsi_wide)packet_bytes) + 1;
	packets = wide_mul(pps, (dsi_wide)jitter_us, &over);
	packets = wide_floor(packets, 1000000) + 2;
	if (over || packets > UINT64_MAX)
		return -DSI_EOVERFLOW;
	*out_packets = (uint64_t)packets;
	return 0;
}
