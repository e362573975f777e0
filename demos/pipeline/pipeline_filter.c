/* SPDX-License-Identifier: MIT */
/*
 * pipeline_filter.c - turns the polarity of each sample: reads packets of one
 * stream where they lie, and writes packets of another one.
 *
 * Its argument is for tests: damage=N changes one bit of block N, lose=N does
 * not hand it on.
 */
#include <stdio.h>
#include <string.h>

#include "pipeline_part.h"
#include "sound_block.h"

static int64_t damage_block = -1, lose_block = -1;

static int filter_prepare(struct part *part)
{
	const char *text = part->argument;

	if (strncmp(text, "damage=", 7) == 0)
		damage_block = part_number(text + 7);
	else if (strncmp(text, "lose=", 5) == 0)
		lose_block = part_number(text + 5);
	if (!*text || damage_block >= 0 || lose_block >= 0)
		return 0;
	part_fail(part, text, "the argument is damage=N, lose=N, or nothing");
	return -DSI_EINVAL;
}

/* Its packets are as large as those that come in. */
static int filter_describe(struct part *part, struct dsi_stream_desc *desc)
{
	struct dsi_stream_desc in = {.size = sizeof(in)};
	int err = part->in ? dsi_socket_desc(part->in, &in) : -DSI_ENOTCONN;

	if (err)
		return err;
	desc->packet_bytes = in.packet_bytes;
	memcpy(desc->format, in.format, sizeof(desc->format));
	return 0;
}

/* What the source says of its block is checked once, in our copy: it is its
 * memory. */
static int filter_block(struct dsi_packet *in, struct dsi_packet *out)
{
	struct sound_block block;
	uint32_t size, room;
	uint8_t *from, *to;
	void *data;

	if (dsi_packet_data(in, 0, &data, &size) || size < sizeof(block))
		return -1;
	from = data;
	if (dsi_packet_data(out, 0, &data, &room) || room < size)
		return -1;
	to = data;
	memcpy(&block, from, sizeof(block));
	if (block.bytes != size - sizeof(block))
		return -1;
	memcpy(to, &block, sizeof(block));
	sound_turn(to + sizeof(block), from + sizeof(block), block.bytes);
	if (block.number == (uint64_t)damage_block && block.bytes)
		to[sizeof(block) + block.bytes / 2] ^= 4;
	return dsi_packet_set_size(out, size);
}

/* Hand it on with the number and the end of what came in. */
static int pass_on(struct part *part, struct dsi_packet *in,
		   struct dsi_packet *out)
{
	uint64_t number = dsi_packet_number(in);

	(void)dsi_packet_set_number(out, number);
	(void)dsi_packet_set_flags(out, dsi_packet_flags(in) & DSI_PACKET_EOS);
	if (number == (uint64_t)lose_block)
		return dsi_packet_discard(part->out, out);
	return dsi_packet_commit(part->out, out);
}

static void filter_run(struct part *part)
{
	struct dsi_packet *in, *out;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		if (part_get(part, part->in, &in))
			return;
		flags = dsi_packet_flags(in);
		if (part_get(part, part->out, &out))
			return;
		if (filter_block(in, out)) {
			part_fail(part, "a packet", "is no block of sound");
			return;
		}
		(void)pass_on(part, in, out);
		(void)dsi_packet_commit(part->in, in);
	}
}

int main(void)
{
	static struct part part = {
		.name = FILTER_NAME,
		.title = "filter",
		.sockets = 2,
		.describe = filter_describe,
		.prepare = filter_prepare,
		.run = filter_run,
	};

	return part_main(&part);
}
