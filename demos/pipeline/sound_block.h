/* SPDX-License-Identifier: MIT */
/*
 * sound_block.h - what the programs of the pipeline agree on: what is in a
 * packet, how components are named, and what their events mean.
 */
#ifndef DEMO_SOUND_BLOCK_H
#define DEMO_SOUND_BLOCK_H

#include <stdint.h>

#define SOURCE_NAME "pipeline.source"
#define FILTER_NAME "pipeline.filter"
#define SINK_NAME "pipeline.sink"

/* A packet is due every 1/128 s. */
#define BLOCKS_A_SECOND 128u
#define SECOND_NS 1000000000ull
#define PERIOD_NS (SECOND_NS / BLOCKS_A_SECOND)

/* A packet begins with this; the samples follow. */
struct sound_block {
	uint32_t number; /* 0, 1, 2, ... */
	uint32_t bytes;	 /* of the samples */
	uint32_t check;	 /* CRC-32 of these samples, by the source */
	uint32_t total;	 /* CRC-32 of all samples up to the last of these */
};

/* Events that the source raises at its end: did it keep to what it declared? */
#define SOURCE_IN_TIME 0x010000u
#define SOURCE_LATE 0x020000u
/* Events of the sink: did it get all that the source sent? */
#define SINK_WHOLE 0x010000u
#define SINK_DAMAGED 0x020000u
/* Of all: it cannot go on. */
#define PART_FAILED 0x080000u

/* CRC-32 as in zip files and zlib.  @sum: of what was before, 0 at the begin. */
uint32_t sound_check(uint32_t sum, const uint8_t *bytes, uint32_t n);

/* Turn the polarity of 16-bit samples.  Twice, and they are as they were. */
void sound_turn(uint8_t *to, const uint8_t *from, uint32_t n);

#endif /* DEMO_SOUND_BLOCK_H */
