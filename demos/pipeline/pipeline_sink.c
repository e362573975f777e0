/* SPDX-License-Identifier: MIT */
/*
 * pipeline_sink.c - takes the blocks: is each there, in order, as the source
 * sent it?  Then out with the samples.
 *
 * Its argument is the name of the output, "" for none.  At the end it raises
 * an event that says what it found.
 */
#include <stdio.h>
#include <string.h>

#include "pipeline_part.h"
#include "pipeline_system.h"
#include "sound_block.h"

/* The largest block: 192000 frames a second of 8 channels. */
#define SAMPLES_MAX (192000u / BLOCKS_A_SECOND * 16u)

struct found {
	uint32_t packets;
	uint32_t next; /* number that comes next */
	uint32_t out_of_order;
	uint32_t damaged;
	uint32_t total; /* checksum of what came */
	uint32_t said;	/* checksum by the source, up to the last block */
	uint32_t unwritten;
};

static int sink_prepare(struct part *part)
{
	const char *why;

	if (!part->argument[0] || !sound_output_begin(part->argument, &why))
		return 0;
	part_fail(part, part->argument, why);
	return -DSI_EINVAL;
}

/* Once from the shared memory, then only our copy of it counts. */
static void take_block(struct part *part, const struct dsi_packet *pkt,
		       struct found *found)
{
	static uint8_t samples[SAMPLES_MAX];
	struct sound_block block;
	uint32_t size = 0;
	void *data;

	found->packets++;
	if (dsi_packet_data(pkt, 0, &data, &size) || size < sizeof(block) ||
	    size - sizeof(block) > SAMPLES_MAX) {
		found->damaged++;
		return;
	}
	memcpy(&block, data, sizeof(block));
	size -= (uint32_t)sizeof(block);
	sound_turn(samples, (uint8_t *)data + sizeof(block), size);
	found->total = sound_check(found->total, samples, size);
	found->damaged += block.bytes != size ||
			  block.check != sound_check(0, samples, size);
	found->out_of_order += block.number != found->next ||
			       dsi_packet_number(pkt) != block.number;
	found->next = block.number + 1;
	found->said = block.total;
	if (part->argument[0] && sound_output_put(samples, size))
		found->unwritten++;
}

static void sink_judge(struct part *part, const struct found *found)
{
	int whole = found->total == found->said && !found->damaged &&
		    !found->out_of_order && !found->unwritten;

	printf("sink: %u packets received, %u damaged, %u out of order\n",
	       found->packets, found->damaged, found->out_of_order);
	printf("sink: checksum %08x, the source's %08x: %s\n", found->total,
	       found->said, found->total == found->said ? "equal" : "differs");
	if (found->unwritten)
		printf("sink: %u packets could not be written to %s\n",
		       found->unwritten, part->argument);
	(void)fflush(stdout);
	(void)dsi_socket_raise(part->in, whole ? SINK_WHOLE : SINK_DAMAGED);
}

static void sink_run(struct part *part)
{
	struct found found = {0};
	struct dsi_packet *pkt;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		if (part_get(part, part->in, &pkt))
			return;
		flags = dsi_packet_flags(pkt);
		take_block(part, pkt, &found);
		(void)dsi_packet_commit(part->in, pkt);
	}
	if (part->argument[0] && sound_output_end())
		found.unwritten++;
	sink_judge(part, &found);
}

int main(void)
{
	static struct part part = {
		.name = SINK_NAME,
		.title = "sink",
		.sockets = 1,
		.prepare = sink_prepare,
		.run = sink_run,
	};

	return part_main(&part);
}
