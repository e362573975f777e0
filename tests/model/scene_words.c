/* SPDX-License-Identifier: MIT */
/*
 * scene_words.c - a scenario with policy RECLAIM in which each word of a descriptor
 * tells which packet it is of: none may be of the packet that comes next.
 *
 * The data is neither written nor read, so there are few orders to try.
 */
#include "scene.h"

static uint64_t time_of(uint64_t number)
{
	return 500 + number;
}

static uint32_t size_of(uint64_t number)
{
	return (uint32_t)sizeof(uint64_t) * (1u + (uint32_t)number % 2u);
}

static void telling_producer(void *arg)
{
	(void)arg;
	for (uint64_t number = 0; number < rig.options.total; number++) {
		struct dsi_packet *pkt = scene_get(rig.socket);

		mc_check(dsi_packet_set_time(pkt, time_of(number)) == 0,
			 "time");
		mc_check(dsi_packet_set_size(pkt, size_of(number)) == 0,
			 "size");
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
}

static void doubting_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint64_t next = 0;

	while (next < rig.options.total) {
		struct dsi_packet *pkt = scene_get(reader->socket);
		uint64_t number = dsi_packet_number(pkt);
		void *data = NULL;
		uint32_t size = 0;

		mc_check(number >= next, "packet is out of order");
		mc_check(dsi_packet_time(pkt) == time_of(number),
			 "the time is that of another packet");
		mc_check(dsi_packet_data(pkt, 0, &data, &size) == 0,
			 "packet is empty");
		mc_check(size == size_of(number),
			 "the size is that of another packet");
		next = number + 1u;
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

const struct scene scene_words[] = {
	/* The next packet has the same slot, and another place for its data. */
	{SCENE("fields", ALL, telling_producer, doubting_consumer),
	 STREAM(1, 2, 2, 1), .stream.policy = DSI_POLICY_RECLAIM},
	{.name = NULL},
};
