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

#include <dsi/event.h>
#include <dsi/packet.h>

#include "dsi/shm_check.h"
#include "hand_pair.h"

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

static void set_up(struct hand_pair *pair, uint32_t flags)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = flags,
		.packets = PACKETS,
		.packet_bytes = BYTES,
		.max_sg = 2,
	};

	hand_pair_init(pair, &desc, 0, DSI_POLICY_BLOCK);
	assert_true(pair->consumer.plane.data_bytes == AREA);
}

static void tell(struct hand_pair *pair, const struct lie *lie)
{
	const struct dsi_ring *ring = &pair->stream.plane.as.producer.ring;
	uint64_t position = pair->stream.plane.as.producer.position - 1;
	struct dsi_shm_desc *desc = dsi__ring_desc(ring, position);

	atomic_store(&desc->offset, lie->offset);
	atomic_store(&desc->place,
		     lie->token << 48 | lie->flags << 32 | lie->size);
	dsi__ring_put_ext(ring, position, DSI_EXT_EXPIRES, DSI_FOREVER);
	dsi__ring_put_ext(ring, position, DSI_EXT_COUNT, lie->count);
	dsi__ring_put_ext(ring, position, DSI_EXT_SG, lie->more_offset);
	dsi__ring_put_ext(ring, position, DSI_EXT_SG + 1, lie->more_size);
}

static uint64_t errors(const struct hand_pair *pair)
{
	return dsi_socket_event_count(pair->to, DSI_EVENT_ERROR);
}

/* As the @passed packet, by one call or the other. */
static void judge(const struct lie *lie, uint32_t passed, int many)
{
	struct hand_pair pair;
	struct dsi_packet *pkt;
	int err;

	set_up(&pair, DSI_STREAM_NO_STAMP);
	for (uint32_t i = 0; i < passed; i++) {
		hand_put(&pair, 1);
		hand_take(&pair, 1);
	}
	hand_put(&pair, 1);
	tell(&pair, lie);
	err = many ? dsi_packet_get_many(pair.to, 0, &pkt, 1)
		   : dsi_packet_get(pair.to, 0, &pkt);
	if (many && err == 1)
		err = 0;
	if (err != lie->answer)
		fail_msg("lie %d, packet %u: %d instead of %d",
			 (int)(lie - lies), passed, err, lie->answer);
	assert_int_equal(errors(&pair), err ? 1 : 0);
	if (err)
		assert_int_equal(dsi_packet_get(pair.to, 0, &pkt), -DSI_EPROTO);
	else
		assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
	assert_int_equal(errors(&pair), err ? 1 : 0);
	hand_pair_fini(&pair);
}

static void descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		for (uint32_t passed = 0; passed <= PACKETS; passed++)
			for (int many = 0; many <= 1; many++)
				judge(&lies[i], passed, many);
}

/* The largest size that can be, of an area that is large enough, and the one beyond.
 * Nobody reads the data. */
static void largest_element(void **state)
{
	(void)state;
	for (int beyond = 0; beyond <= 1; beyond++) {
		const struct lie lie = {
			.flags = DSI_DESC_EXT,
			.size = BYTES,
			.count = 2,
			.more_size = UINT32_MAX + (uint64_t)beyond,
		};
		struct hand_pair pair;
		struct dsi_packet *pkt;
		uint64_t offset;
		uint32_t size;

		set_up(&pair, DSI_STREAM_NO_STAMP);
		pair.consumer.plane.data_bytes = UINT64_C(1) << 33;
		hand_put(&pair, 1);
		tell(&pair, &lie);
		assert_int_equal(dsi_packet_get(pair.to, 0, &pkt),
				 beyond ? -DSI_EPROTO : 0);
		if (!beyond) {
			assert_int_equal(
				dsi_packet_element(pkt, 1, &offset, &size), 0);
			assert_true(size == UINT32_MAX);
		}
		hand_pair_fini(&pair);
	}
}

/* Where to begin: the last position that can be, and the one behind it. */
static void beginnings(void **state)
{
	struct hand_pair pair;
	struct dsi_packet *pkt;

	(void)state;
	for (int beyond = 0; beyond <= 1; beyond++) {
		set_up(&pair, DSI_STREAM_NO_STAMP);
		atomic_store(&pair.consumer.signal->start,
			     DSI_POSITION_MAX + (uint64_t)beyond);
		assert_int_equal(dsi__consumer_look(&pair.consumer.plane),
				 beyond ? -DSI_EPROTO : -DSI_EAGAIN);
		assert_int_equal(dsi_packet_get(pair.to, 0, &pkt),
				 beyond ? -DSI_EPROTO : -DSI_EAGAIN);
		assert_int_equal(errors(&pair), beyond);
		hand_pair_fini(&pair);
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
		struct hand_pair pair;

		set_up(&pair, 0);
		ring = &pair.stream.plane.as.producer.ring;
		stats = pair.consumer.plane.stats;
		hand_put(&pair, 1);
		atomic_store(&dsi__ring_desc(ring, 0)->time_ns, times[i]);
		assert_int_equal(dsi_packet_get(pair.to, 0, &pkt), 0);
		assert_true(atomic_load(&stats->latency[0]) == 1);
		assert_true(atomic_load(&stats->latency_max_ns) == 0);
		assert_true(atomic_load(&stats->latency_sum_ns) == 0);
		assert_int_equal(dsi_packet_commit(pair.to, pkt), 0);
		hand_pair_fini(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors),
		cmocka_unit_test(largest_element),
		cmocka_unit_test(beginnings),
		cmocka_unit_test(from_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
