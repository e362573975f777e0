/* SPDX-License-Identifier: MIT */
/*
 * lied_to_test.c - what a consumer does with descriptors that cannot be: each word
 * at the last value that is possible, which it takes, and one beyond, which breaks
 * the socket.
 *
 * The stream is wired by hand: a packet is committed, and its descriptor changed
 * before the consumer looks.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "dsi/shm_check.h"
#include "tests/stress/hand_wired.h"

#define PACKETS 4u
#define BYTES 64u
#define AREA ((uint64_t)PACKETS * BYTES)
/* A bit that is no flag. */
#define NO_FLAG                                \
	((uint64_t)(uint16_t)~DSI_DESC_FLAGS & \
	 -(uint64_t)(uint16_t)~DSI_DESC_FLAGS)

/* What a descriptor and its extension row say. */
struct lie {
	uint64_t token, flags, offset, size;
	uint64_t count, more_offset, more_size; /* if flags has EXT */
	int answer;
};

static const struct lie lies[] = {
	{.token = 3, .size = BYTES},
	{.token = 3},
	{.token = 4, .answer = -DSI_EPROTO},
	{.token = 4, .size = BYTES, .answer = -DSI_EPROTO},
	{.token = 0xffff, .size = BYTES, .answer = -DSI_EPROTO},
	{.offset = AREA - BYTES, .size = BYTES},
	{.offset = AREA - BYTES + 1, .size = BYTES, .answer = -DSI_EPROTO},
	{.offset = AREA, .size = 1, .answer = -DSI_EPROTO},
	{.offset = UINT64_MAX, .size = BYTES, .answer = -DSI_EPROTO},
	{.size = AREA},
	{.size = AREA + 1, .answer = -DSI_EPROTO},
	{.size = UINT32_MAX, .answer = -DSI_EPROTO},
	{.flags = DSI_PACKET_GAP, .size = BYTES},
	{.flags = NO_FLAG, .size = BYTES, .answer = -DSI_EPROTO},
	{.flags = DSI_PACKET_PHYS, .size = BYTES, .answer = -DSI_EPROTO},
	{.flags = DSI_DESC_EXT, .size = BYTES, .count = 1},
	{.flags = DSI_DESC_EXT, .count = 0},
	{.flags = DSI_DESC_EXT, .size = BYTES, .count = 2, .more_size = AREA},
	{.flags = DSI_DESC_EXT,
	 .size = BYTES,
	 .count = 2,
	 .more_offset = AREA - 1,
	 .more_size = 1},
	{.flags = DSI_DESC_EXT,
	 .size = BYTES,
	 .count = 2,
	 .more_offset = AREA,
	 .more_size = 1,
	 .answer = -DSI_EPROTO},
	{.flags = DSI_DESC_EXT,
	 .size = BYTES,
	 .count = 2,
	 .more_size = UINT64_C(1) << 32,
	 .answer = -DSI_EPROTO},
	{.flags = DSI_DESC_EXT,
	 .size = BYTES,
	 .count = 3,
	 .answer = -DSI_EPROTO},
	{.flags = DSI_DESC_EXT,
	 .size = BYTES,
	 .count = UINT64_MAX,
	 .answer = -DSI_EPROTO},
};

struct world {
	struct hand_stream stream;
	struct hand_consumer consumer;
	struct dsi_socket *from, *to;
};

static void set_up(struct world *world, uint32_t flags)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = flags,
		.packets = PACKETS,
		.packet_bytes = BYTES,
		.max_sg = 2,
	};

	memset(world, 0, sizeof(*world));
	hand_stream_init(&world->stream, &desc, 0);
	hand_join(&world->stream, &world->consumer, DSI_POLICY_BLOCK, 0);
	world->from = hand_socket(&world->stream.plane);
	world->to = hand_socket(&world->consumer.plane);
	assert_int_equal(dsi__producer_look(&world->stream.plane), 0);
	assert_true(world->consumer.plane.data_bytes == AREA);
}

static void tear_down(struct world *world)
{
	hand_leave(&world->stream, &world->consumer);
	(void)dsi__producer_look(&world->stream.plane);
	hand_consumer_fini(&world->consumer);
	hand_stream_fini(&world->stream);
}

static void put(struct world *world)
{
	struct dsi_packet *pkt;

	assert_int_equal(dsi_packet_get(world->from, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(world->from, pkt), 0);
}

static void tell(struct world *world, const struct lie *lie)
{
	const struct dsi_ring *ring = &world->stream.plane.as.producer.ring;
	uint64_t position = world->stream.plane.as.producer.position - 1;
	struct dsi_shm_desc *desc = dsi__ring_desc(ring, position);

	atomic_store(&desc->offset, lie->offset);
	atomic_store(&desc->place,
		     lie->token << 48 | lie->flags << 32 | lie->size);
	dsi__ring_put_ext(ring, position, DSI_EXT_EXPIRES, DSI_FOREVER);
	dsi__ring_put_ext(ring, position, DSI_EXT_COUNT, lie->count);
	dsi__ring_put_ext(ring, position, DSI_EXT_SG, lie->more_offset);
	dsi__ring_put_ext(ring, position, DSI_EXT_SG + 1, lie->more_size);
}

static uint64_t errors(const struct world *world)
{
	return dsi_socket_event_count(world->to, DSI_EVENT_ERROR);
}

/* As the @passed packet, by one call or the other. */
static void judge(const struct lie *lie, uint32_t passed, int many)
{
	struct world world;
	struct dsi_packet *pkt;
	int err;

	set_up(&world, DSI_STREAM_NO_STAMP);
	for (uint32_t i = 0; i < passed; i++) {
		put(&world);
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	}
	put(&world);
	tell(&world, lie);
	err = many ? dsi_packet_get_many(world.to, 0, &pkt, 1)
		   : dsi_packet_get(world.to, 0, &pkt);
	if (many && err == 1)
		err = 0;
	if (err != lie->answer)
		fail_msg("lie %d, packet %u: %d instead of %d",
			 (int)(lie - lies), passed, err, lie->answer);
	assert_int_equal(errors(&world), err ? 1 : 0);
	if (err)
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt),
				 -DSI_EPROTO);
	else
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
	assert_int_equal(errors(&world), err ? 1 : 0);
	tear_down(&world);
}

static void descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		for (uint32_t passed = 0; passed <= PACKETS; passed++)
			for (int many = 0; many <= 1; many++)
				judge(&lies[i], passed, many);
}

/* Where to begin: the last position that can be, and the one behind it. */
static void beginnings(void **state)
{
	struct world world;
	struct dsi_packet *pkt;

	(void)state;
	for (int beyond = 0; beyond <= 1; beyond++) {
		set_up(&world, DSI_STREAM_NO_STAMP);
		atomic_store(&world.consumer.signal->start,
			     DSI_POSITION_MAX + (uint64_t)beyond);
		assert_int_equal(dsi__consumer_look(&world.consumer.plane),
				 beyond ? -DSI_EPROTO : -DSI_EAGAIN);
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt),
				 beyond ? -DSI_EPROTO : -DSI_EAGAIN);
		assert_int_equal(errors(&world), beyond);
		tear_down(&world);
	}
}

/* A time stamp of the future: then it took no time. */
static void from_the_future(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		const uint64_t times[] = {DSI_FOREVER, DSI_FOREVER / 2,
					  dsi_port_now() + DSI_FOREVER / 4};
		const struct dsi_shm_stats *stats;
		const struct dsi_ring *ring;
		struct dsi_packet *pkt;
		struct world world;

		set_up(&world, 0);
		ring = &world.stream.plane.as.producer.ring;
		stats = world.consumer.plane.stats;
		put(&world);
		atomic_store(&dsi__ring_desc(ring, 0)->time_ns, times[i]);
		assert_int_equal(dsi_packet_get(world.to, 0, &pkt), 0);
		assert_true(atomic_load(&stats->latency[0]) == 1);
		assert_true(atomic_load(&stats->latency_max_ns) == 0);
		assert_true(atomic_load(&stats->latency_sum_ns) == 0);
		assert_int_equal(dsi_packet_commit(world.to, pkt), 0);
		tear_down(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors),
		cmocka_unit_test(beginnings),
		cmocka_unit_test(from_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
