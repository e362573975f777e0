/* SPDX-License-Identifier: MIT */
/*
 * oracle_self_timed.c - both sides work as fast as they can and block.
 *
 * The slowest run is played packet by packet until it repeats: the rate is
 * that of the second half of a long run, whose length is a multiple of every
 * cycle there can be (one packet, or one round of the ring).
 */
#include "oracle.h"

#define SLOTS 64

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When the last of so many packets is committed. */
static uint64_t play(uint64_t write, uint64_t write_wake, uint64_t read,
		     uint64_t read_wake, uint64_t slots, uint64_t packets)
{
	uint64_t released[SLOTS] = {0};
	uint64_t written = 0;
	uint64_t freed = 0;

	for (uint64_t i = 0; i < packets; i++) {
		uint64_t slot = released[i % slots];

		if (slot > written)
			written = slot + write_wake;
		written += write;
		if (written > freed)
			freed = written + read_wake;
		freed += read;
		released[i % slots] = freed;
	}
	return later(written, freed);
}

bool oracle_self_timed(uint64_t period, uint64_t write, uint64_t write_wake,
		       uint64_t read, uint64_t read_wake, uint64_t slots)
{
	uint64_t half = 100 * slots;
	uint64_t slack = write_wake || read_wake
				 ? write + write_wake + read + read_wake
				 : 0;

	if (slots > SLOTS)
		return true;
	return play(write, write_wake, read, read_wake, slots, 2 * half) -
		       play(write, write_wake, read, read_wake, slots, half) <=
	       half * period + slack;
}
