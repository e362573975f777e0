/* SPDX-License-Identifier: MIT */
/* shm_check_test.c - ranges, counters and entries that a peer wrote. */
#include <cmocka.h>

#include "dsi/shm_check.h"

static void ranges_by_brute_force(void **user)
{
	(void)user;
	for (uint64_t area = 0; area < 12; area++)
		for (uint64_t offset = 0; offset < 14; offset++)
			for (uint64_t size = 0; size < 14; size++)
				assert_int_equal(
					dsi__range_inside(offset, size, area),
					offset + size <= area);
}

static void ranges_do_not_wrap(void **user)
{
	const uint64_t max = UINT64_MAX;

	(void)user;
	assert_true(dsi__range_inside(0, max, max));
	assert_true(dsi__range_inside(max, 0, max));
	assert_true(dsi__range_inside(1, max - 1, max));
	assert_false(dsi__range_inside(1, max, max));
	assert_false(dsi__range_inside(max, 1, max));
	assert_false(dsi__range_inside(max, 2, 4096)); /* sum is 1 */
	assert_false(dsi__range_inside(2, max, 4096)); /* likewise */
	assert_false(dsi__range_inside(4097, 0, 4096));
	assert_true(dsi__range_inside(4096, 0, 4096));
}

static void elements(void **user)
{
	const uint32_t phys = DSI_PACKET_PHYS;
	const uint64_t at = 0xfd000000u, max = UINT64_MAX;

	(void)user;
	assert_true(dsi__element_inside(0, 0, 8, 0, 8));
	assert_true(dsi__element_inside(0, 0, 8, at, 8));
	assert_false(dsi__element_inside(0, at, 8, at, 8));
	assert_true(dsi__element_inside(phys, at, 8, at, 8));
	assert_true(dsi__element_inside(phys, at + 8, 0, at, 8));
	assert_false(dsi__element_inside(phys, at + 1, 8, at, 8));
	assert_false(dsi__element_inside(phys, at + 9, 0, at, 8));
	assert_false(dsi__element_inside(phys, at - 1, 1, at, 8));
	assert_false(dsi__element_inside(phys, 0, 8, at, 8));
	assert_false(dsi__element_inside(phys, max, 8, at, 8));
	assert_false(dsi__element_inside(phys, at, max, at, 8));
	/* Over the end of all addresses and round again. */
	assert_false(dsi__element_inside(phys, 4, 1, max - 3, 16));
	/* Of which nobody knows where it lies. */
	assert_false(dsi__element_inside(phys, 0, 0, 0, 8));
	assert_false(dsi__element_inside(phys, 4, 1, 0, 8));
}

static void counters_move_forward_only(void **user)
{
	(void)user;
	assert_true(dsi__counter_possible(5, 5, 5));
	assert_true(dsi__counter_possible(5, 5, 9));
	assert_true(dsi__counter_possible(9, 5, 9));
	assert_false(dsi__counter_possible(10, 5, 9));
	assert_false(dsi__counter_possible(4, 5, 9));
	assert_false(dsi__counter_possible(0, 5, 9));
	assert_false(dsi__counter_possible(UINT64_MAX, 5, 9));
	/* Over the wrap. */
	assert_true(dsi__counter_possible(1, UINT64_MAX, 3));
	assert_true(dsi__counter_possible(UINT64_MAX, UINT64_MAX, 3));
	assert_false(dsi__counter_possible(UINT64_MAX - 1, UINT64_MAX, 3));
	assert_false(dsi__counter_possible(4, UINT64_MAX, 3));
}

static void tokens(void **user)
{
	struct dsi_ring_entry entry = {.token = 7};

	(void)user;
	assert_true(dsi__entry_possible(&entry, 0, 8));
	assert_false(dsi__entry_possible(&entry, 0, 7));
	assert_false(dsi__entry_possible(&entry, 0, 0));
	entry.token = UINT16_MAX;
	assert_false(dsi__entry_possible(&entry, 0, DSI_MAX_PACKETS));
	entry.token = UINT16_MAX - 1;
	assert_true(dsi__entry_possible(&entry, 0, DSI_MAX_PACKETS));
}

static void every_flag_alone(void **user)
{
	const uint32_t always = DSI_PACKET_GAP | DSI_PACKET_EOS |
				DSI_PACKET_DROPPED_BEFORE | DSI_PACKET_USER |
				DSI_DESC_STAMPED | DSI_DESC_EXT;

	(void)user;
	for (uint32_t bit = 1; bit <= 0x8000u; bit <<= 1) {
		struct dsi_ring_entry entry = {.flags = (uint16_t)bit};
		int phys = bit == DSI_PACKET_PHYS;

		assert_int_equal(dsi__entry_possible(&entry, 0, 1),
				 (bit & always) != 0);
		assert_int_equal(
			dsi__entry_possible(&entry, DSI_STREAM_PHYS, 1),
			(bit & always) != 0 || phys);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_by_brute_force),
		cmocka_unit_test(ranges_do_not_wrap),
		cmocka_unit_test(elements),
		cmocka_unit_test(counters_move_forward_only),
		cmocka_unit_test(tokens),
		cmocka_unit_test(every_flag_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
