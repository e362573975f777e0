/* SPDX-License-Identifier: MIT */
/*
 * need_test.c - how many packets a stream needs by what its ends declare, and
 * with which sentence it is refused.  The numbers are worked out by hand, from
 * N = floor((O + tau_c + Hp + Hc) / T) + 1 for two grids, O being the first
 * tick after tau_p.
 */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>

#include "dsi/need.h"

#define MS UINT64_C(1000000)
#define HZ UINT64_C(1000000000)
#define LONG_BYTES 256u

/* 25 a second, up to 15 ms late, each packet filled for a whole period. */
static const struct dsi_traffic camera = {
	.tick_hz = HZ,
	.period = 40 * MS,
	.jitter = 15 * MS,
	.hold = 40 * MS,
};
/* On time, holds each packet for a period: 95 ms = 2.375 periods. */
static const struct dsi_usage screen = {
	.tick_hz = HZ,
	.period = 40 * MS,
	.hold = 40 * MS,
};

static struct dsi_stream_desc describe(const struct dsi_traffic *traffic)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.packet_bytes = 100,
		.traffic = *traffic,
	};
}

/* Size for one reader: the number, or the error. */
static int size_one(const struct dsi_traffic *traffic,
		    const struct dsi_usage *usage, char *why)
{
	struct dsi_stream_desc desc = describe(traffic);
	int err = dsi_stream_desc_size(&desc, usage, 1, why, LONG_BYTES);

	return err ? err : (int)desc.packets;
}

static void expect_begin(const char *why, const char *begin)
{
	if (strncmp(why, begin, strlen(begin)) != 0)
		fail_msg("'%s' does not begin with '%s'", why, begin);
}

/* ---- sizes --------------------------------------------------------------- */

static void one_reader(void **user)
{
	char why[LONG_BYTES];
	struct dsi_traffic traffic = camera;
	struct dsi_usage usage = screen;

	(void)user;
	assert_int_equal(size_one(&traffic, &usage, why), 3);
	assert_string_equal(why, "");
	/* The start takes a tick more than the jitter: 24.999998 ms of hold are
	 * left for two packets. */
	usage.hold = 25 * MS - 2;
	assert_int_equal(size_one(&traffic, &usage, why), 2);
	usage.hold = 25 * MS - 1;
	assert_int_equal(size_one(&traffic, &usage, why), 3);
	traffic.ties = DSI_TIES_CLOSED;
	usage.hold = 25 * MS;
	assert_int_equal(size_one(&traffic, &usage, why), 2);
	usage.hold++;
	assert_int_equal(size_one(&traffic, &usage, why), 3);
}

/* The same in other ticks: 1/25 s, and 1/200 s. */
static void each_end_has_its_tick(void **user)
{
	const struct dsi_traffic traffic = {
		.tick_hz = 200, .period = 8, .jitter = 3, .hold = 8};
	const struct dsi_usage usage = {.tick_hz = 25, .period = 1, .hold = 1};
	/* 1001/30000 s; reader in ns, which has no whole number of that. */
	const struct dsi_traffic ntsc = {
		.tick_hz = 30000, .period = 1001, .hold = 1001};
	struct dsi_usage ns = {.tick_hz = HZ, .hold = 33366666};
	char why[LONG_BYTES];

	(void)user;
	assert_int_equal(size_one(&traffic, &usage, why), 3);
	assert_int_equal(size_one(&traffic, &screen, why), 3);
	assert_int_equal(size_one(&camera, &usage, why), 3);
	assert_int_equal(size_one(&ntsc, &ns, why), 2);
	ns.hold = 33366667; /* a third of a nanosecond more than a period */
	assert_int_equal(size_one(&ntsc, &ns, why), 3);
}

/* All of a small range, against the formula. */
static void two_grids(void **user)
{
	char why[LONG_BYTES];

	(void)user;
	for (uint64_t period = 1; period < 5; period++)
		for (uint64_t x = 0; x < 256; x++) {
			const struct dsi_traffic traffic = {
				.tick_hz = 1,
				.period = period,
				.jitter = x & 3,
				.hold = x >> 2 & 3,
			};
			const struct dsi_usage usage = {
				.tick_hz = 1,
				.jitter = x >> 4 & 3,
				.hold = x >> 6 & 3,
			};
			uint64_t life = traffic.jitter + traffic.hold +
					usage.jitter + usage.hold;

			assert_int_equal(size_one(&traffic, &usage, why),
					 (life + 1) / period + 1);
		}
}

static void the_neediest_counts(void **user)
{
	struct dsi_stream_desc desc = describe(&camera);
	struct dsi_usage readers[DSI_MAX_CONSUMERS];
	char why[LONG_BYTES];

	(void)user;
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		readers[i] = screen;
	readers[7].hold = 400 * MS;
	assert_int_equal(dsi_stream_desc_size(&desc, readers, DSI_MAX_CONSUMERS,
					      why, sizeof(why)),
			 0);
	assert_int_equal(desc.packets, 12); /* 455 ms = 11.4 periods */
	assert_int_equal(dsi_stream_desc_check(&desc, NULL, 0), 0);
	/* An odd clock needs a tick of its own; it must not matter to others
	 * that all of them have no common one. */
	readers[0] = (struct dsi_usage){.tick_hz = 999999937};
	readers[1] = (struct dsi_usage){.tick_hz = 999999929};
	readers[2] = (struct dsi_usage){.tick_hz = 999999893};
	assert_int_equal(dsi_stream_desc_size(&desc, readers, DSI_MAX_CONSUMERS,
					      why, sizeof(why)),
			 0);
	assert_int_equal(desc.packets, 12);
}

/* ---- refusals ------------------------------------------------------------ */

static void nothing_to_size(void **user)
{
	struct dsi_stream_desc desc = describe(&camera);
	struct dsi_usage usage = {0};
	char why[LONG_BYTES];

	(void)user;
	desc.packets = 77;
	assert_int_equal(
		dsi_stream_desc_size(&desc, &screen, 0, why, sizeof(why)),
		-DSI_EINVAL);
	expect_begin(why, "n_readers: 0 ");
	assert_int_equal(
		dsi_stream_desc_size(&desc, &screen, 17, why, sizeof(why)),
		-DSI_EINVAL);
	assert_int_equal(dsi_stream_desc_size(&desc, NULL, 1, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_int_equal(
		dsi_stream_desc_size(NULL, &screen, 1, why, sizeof(why)),
		-DSI_EINVAL);
	expect_begin(why, "size: ");
	assert_int_equal(
		dsi_stream_desc_size(&desc, &usage, 1, why, sizeof(why)),
		-DSI_EINVAL);
	expect_begin(why, "usage: is not declared");
	usage.wake = 1;
	assert_int_equal(
		dsi_stream_desc_size(&desc, &usage, 1, why, sizeof(why)),
		-DSI_EINVAL);
	expect_begin(why, "usage.tick_hz: 0 ");
	desc.traffic = (struct dsi_traffic){0};
	assert_int_equal(
		dsi_stream_desc_size(&desc, &screen, 1, why, sizeof(why)),
		-DSI_EINVAL);
	expect_begin(why, "traffic: is not declared");
	desc.traffic = camera;
	desc.size = offsetof(struct dsi_stream_desc, traffic);
	assert_int_equal(
		dsi_stream_desc_size(&desc, &screen, 1, why, sizeof(why)),
		-DSI_EINVAL);
	assert_int_equal(desc.packets, 77);
}

static void refusals_are_named(void **user)
{
	struct dsi_traffic traffic = camera;
	struct dsi_usage usage = screen;
	char why[LONG_BYTES];

	(void)user;
	usage.period = 20 * MS;
	assert_int_equal(size_one(&camera, &usage, why), -DSI_ENOMATCH);
	assert_string_equal(why, "period: the stream has 40 ms, the consumer "
				 "expects 20 ms");
	usage = screen;
	usage.hold = UINT64_C(70000) * 40 * MS;
	assert_int_equal(size_one(&camera, &usage, why), -DSI_ERANGE);
	assert_string_equal(why, "packets: 70002 would be needed, 65535 are "
				 "possible");
	usage = screen;
	usage.drift_ppb = 50000;
	assert_int_equal(size_one(&camera, &usage, why), -DSI_EDOM);
	expect_begin(why, "drift: ");
	traffic.span = 90;
	usage.batch = 2;
	assert_int_equal(size_one(&traffic, &usage, why), -DSI_ENOTSUP);
	expect_begin(why, "batch: ");
	usage.batch = 0;
	traffic.span = 3;
	assert_int_equal(size_one(&traffic, &usage, why), -DSI_ENOTSUP);
	expect_begin(why, "traffic.span: 3 packets are too few");
	traffic.span = 90000; /* an hour: +-50 ppm are 180 ms, twice */
	assert_int_equal(size_one(&traffic, &usage, why),
			 (15 + 80 + 360) / 40 + 1);
	usage = (struct dsi_usage){
		.tick_hz = HZ, .pace = DSI_PACE_SERVICE, .service = 41 * MS};
	assert_int_equal(size_one(&camera, &usage, why), -DSI_EDOM);
	expect_begin(why, "service: ");
}

static void no_common_tick(void **user)
{
	struct dsi_traffic traffic = camera;
	struct dsi_usage usage = {.tick_hz = (UINT64_C(1) << 61) - 1};
	char why[LONG_BYTES];

	(void)user;
	assert_int_equal(size_one(&traffic, &usage, why), -DSI_EOVERFLOW);
	expect_begin(why, "tick_hz: the producer's 1000000000 and the "
			  "consumer's 2305843009213693951 have no common");
	/* A common tick, but then a time is too long. */
	usage = (struct dsi_usage){.tick_hz = 3, .hold = DSI_TICKS_MAX};
	assert_int_equal(size_one(&traffic, &usage, why), -DSI_EOVERFLOW);
	expect_begin(why, "tick_hz: a time is more than 2^62 of the "
			  "3000000000 ticks");
}

static void a_start_that_is_too_early(void **user)
{
	struct dsi_traffic traffic = camera;
	struct dsi_usage usage = screen;
	char why[LONG_BYTES];

	(void)user;
	usage.flags = DSI_READER_START_GIVEN;
	usage.start = 15 * MS;
	assert_int_equal(size_one(&traffic, &usage, why), -DSI_ENOMATCH);
	assert_string_equal(
		why, "start: after 15 ms the consumer may find no "
		     "packet; it must start no earlier than 15000001 ns");
	usage.start++;
	assert_int_equal(size_one(&traffic, &usage, why), 3);
	usage.start = 15 * MS - 1;
	traffic.ties = DSI_TIES_CLOSED;
	assert_int_equal(size_one(&traffic, &usage, why), -DSI_ENOMATCH);
	assert_string_equal(why, "start: after 14999999 ns the consumer may "
				 "find no packet; it must start no earlier "
				 "than 15 ms");
	usage.start++;
	assert_int_equal(size_one(&traffic, &usage, why), 3);
}

/* ---- is it enough? ------------------------------------------------------- */

static void enough_or_not(void **user)
{
	struct dsi_usage none = {0};
	uint32_t need = 9;
	char why[LONG_BYTES];
	struct dsi_text text = dsi__text(why, sizeof(why));

	(void)user;
	assert_int_equal(dsi__need_match(&camera, &screen, DSI_POLICY_BLOCK, 3,
					 &need, &text),
			 0);
	assert_int_equal(need, 3);
	assert_int_equal(dsi__need_match(&camera, &screen, DSI_POLICY_BLOCK, 2,
					 &need, &text),
			 -DSI_ENOMATCH);
	expect_begin(why, "packets: by what both ends declare the consumer "
			  "needs 3, the stream has 2 for it;");
	text = dsi__text(why, sizeof(why));
	assert_int_equal(dsi__need_match(&camera, &screen, DSI_POLICY_DROP_NEW,
					 2, &need, &text),
			 -DSI_ENOMATCH);
	expect_begin(why, "queue_packets: by what both ends declare the "
			  "consumer needs 3, its queue takes 2;");
	/* As many as it needs. */
	assert_int_equal(dsi__need_match(&camera, &screen, DSI_POLICY_DROP_NEW,
					 0, &need, &text),
			 0);
	assert_int_equal(need, 3);
	/* Nothing is known. */
	assert_int_equal(dsi__need_match(&camera, &none, DSI_POLICY_BLOCK, 1,
					 &need, &text),
			 0);
	assert_int_equal(need, 0);
}

static void several_policies(void **user)
{
	struct dsi_stream_desc desc = describe(&camera);
	struct dsi_need_sum sum = {0};
	struct dsi_wish wish = {.policy = DSI_POLICY_DROP_NEW, .usage = screen};
	char why[LONG_BYTES];
	struct dsi_text text = dsi__text(why, sizeof(why));
	uint32_t packets;

	(void)user;
	/* Alone: 3 and the place for the end, and what the producer holds
	 * itself: 55 ms = 1.4 periods. */
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	assert_int_equal(dsi__need_total(&sum, &desc, &packets, &text), 0);
	assert_int_equal(packets, 3 + 1 + 2);
	/* What a reader wishes to hold does not make the producer's less. */
	wish.hold_packets = 1;
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	assert_int_equal(dsi__need_total(&sum, &desc, &packets, &text), 0);
	assert_int_equal(packets, 2 * (3 + 1) + 2);
	wish.hold_packets = 0;
	sum = (struct dsi_need_sum){.pinned = 3 + 1};
	wish.policy = DSI_POLICY_BLOCK;
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	assert_int_equal(dsi__need_total(&sum, &desc, &packets, &text), 0);
	assert_int_equal(packets, 3 + 1 + 3);
	wish.policy = DSI_POLICY_RECLAIM;
	wish.usage.hold = 80 * MS;
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	wish.policy = DSI_POLICY_DROP_NEW;
	wish.queue_packets = 10;
	wish.usage = (struct dsi_usage){0};
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	assert_int_equal(dsi__need_total(&sum, &desc, &packets, &text), 0);
	assert_int_equal(packets, 3 + 1 + 10 + 1 + 4);
	wish.policy = DSI_POLICY_RECLAIM;
	wish.hold_packets = 6;
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	assert_int_equal(dsi__need_total(&sum, &desc, &packets, &text), 0);
	assert_int_equal(packets, 3 + 1 + 10 + 1 + 6);
	/* A queue that was given and is too small; one that was not. */
	wish = (struct dsi_wish){.policy = DSI_POLICY_DROP_NEW,
				 .queue_packets = 2,
				 .usage = screen};
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text),
			 -DSI_ENOMATCH);
	wish = (struct dsi_wish){.policy = DSI_POLICY_DROP_NEW};
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text),
			 -DSI_EINVAL);
	wish.queue_packets = DSI_MAX_PACKETS - 16;
	assert_int_equal(dsi__need_add(&sum, &camera, &wish, &text), 0);
	text = dsi__text(why, sizeof(why));
	assert_int_equal(dsi__need_total(&sum, &desc, &packets, &text),
			 -DSI_ERANGE);
	expect_begin(why, "packets: 65541 would be needed");
}

/* ---- for the application ------------------------------------------------- */

static void told(void **user)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	const struct dsi_traffic no_traffic = {0};
	const struct dsi_usage no_usage = {0};
	const struct dsi_usage other = {.tick_hz = 30000};
	uint64_t hz;

	(void)user;
	assert_int_equal(dsi__need_tell(&camera, &screen, 0, &need, &hz), 0);
	assert_true(hz == HZ);
	assert_true(need.slots == 3);
	assert_true(need.start.whole == (int64_t)(15 * MS + 1));
	assert_true(need.lifetime.whole == (int64_t)(95 * MS + 1));
	assert_true(need.get_max.whole == (int64_t)(15 * MS + 1));
	assert_true(need.release_max.whole == (int64_t)(55 * MS + 1));
	assert_int_equal(dsi__need_tell(&camera, &other, 0, &need, &hz), 0);
	assert_true(hz == 3 * HZ);
	assert_true(need.start.whole == (int64_t)(45 * MS + 1));
	need.size = offsetof(struct dsi_sizing_need, units);
	need.units = 12345;
	assert_int_equal(dsi__need_tell(&camera, &screen, 0, &need, &hz), 0);
	assert_true(need.units == 12345);
	assert_int_equal(need.size, offsetof(struct dsi_sizing_need, units));
	need.size = sizeof(need) + 1;
	assert_int_equal(dsi__need_tell(&camera, &screen, 0, &need, &hz),
			 -DSI_EINVAL);
	need.size = 3;
	assert_int_equal(dsi__need_tell(&camera, &screen, 0, &need, &hz),
			 -DSI_EINVAL);
	need.size = sizeof(need);
	assert_int_equal(dsi__need_tell(&camera, &screen, 0, NULL, &hz),
			 -DSI_EINVAL);
	assert_int_equal(dsi__need_tell(&camera, &screen, 0, &need, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi__need_tell(&no_traffic, &screen, 0, &need, &hz),
			 -DSI_EDOM);
	assert_int_equal(dsi__need_tell(&camera, &no_usage, 0, &need, &hz),
			 -DSI_EDOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_reader),
		cmocka_unit_test(each_end_has_its_tick),
		cmocka_unit_test(two_grids),
		cmocka_unit_test(the_neediest_counts),
		cmocka_unit_test(nothing_to_size),
		cmocka_unit_test(refusals_are_named),
		cmocka_unit_test(no_common_tick),
		cmocka_unit_test(a_start_that_is_too_early),
		cmocka_unit_test(enough_or_not),
		cmocka_unit_test(several_policies),
		cmocka_unit_test(told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
