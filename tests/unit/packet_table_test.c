/* SPDX-License-Identifier: MIT */
/* packet_table_test.c - taking, putting, and telling foreign pointers. */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dsi/data_plane.h"

static void set_up(struct dsi_packet_table *table, uint32_t count,
		   uint32_t max_sg)
{
	memset(table, 0, sizeof(*table));
	assert_int_equal(dsi__packet_table_init(table, NULL, count, max_sg), 0);
}

/* It must be there. */
static struct dsi_packet *taken(struct dsi_packet *pkt)
{
	if (!pkt)
		abort();
	return pkt;
}

static void each_packet_once(void **user)
{
	static const uint32_t counts[] = {1, 2, 3, 4, 5, 63, 64, 65, 1000};

	(void)user;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct dsi_packet_table table;
		uint32_t sum = 0;

		set_up(&table, counts[i], 3);
		assert_int_equal(dsi__packet_table_free(&table), counts[i]);
		while (dsi__packet_table_free(&table)) {
			struct dsi_packet *pkt =
				taken(dsi__packet_table_newest(&table));

			assert_ptr_equal(pkt, &table.packets[pkt->entry.token]);
			assert_ptr_equal(pkt->sg,
					 &table.sg[pkt->entry.token * 3]);
			assert_int_equal(pkt->owners, 0);
			pkt->owners = DSI_OWNER_US;
			sum += pkt->entry.token;
		}
		assert_int_equal(sum, counts[i] * (counts[i] - 1) / 2);
		assert_null(dsi__packet_table_newest(&table));
		assert_null(dsi__packet_table_oldest(&table));
		dsi__packet_table_fini(&table);
	}
}

static void newest_is_the_last_put(void **user)
{
	struct dsi_packet_table table;
	struct dsi_packet *a;
	struct dsi_packet *b;

	(void)user;
	set_up(&table, 5, 1);
	a = taken(dsi__packet_table_newest(&table));
	b = taken(dsi__packet_table_newest(&table));
	dsi__packet_table_put(&table, a);
	dsi__packet_table_put(&table, b);
	assert_ptr_equal(taken(dsi__packet_table_newest(&table)), b);
	assert_ptr_equal(taken(dsi__packet_table_newest(&table)), a);
	dsi__packet_table_fini(&table);
}

/* First in, first out: with all packets in turn, far more often than there
 * are places, and over the wrap of the free-running ends. */
static void oldest_goes_round(void **user)
{
	struct dsi_packet_table table;

	(void)user;
	for (uint32_t count = 1; count <= 5; count++) {
		set_up(&table, count, 1);
		for (uint32_t i = 0; i < count; i++)
			table.packets[i].number = UINT64_MAX;
		/* Both ends just below the wrap; the places stay the same. */
		table.free_head -= 8u * (table.free_mask + 1u);
		table.free_tail -= 8u * (table.free_mask + 1u);
		for (uint64_t i = 0; i < 100; i++) {
			struct dsi_packet *pkt =
				taken(dsi__packet_table_oldest(&table));

			if (i >= count)
				assert_int_equal(pkt->number, i - count);
			pkt->number = i;
			dsi__packet_table_put(&table, pkt);
			assert_int_equal(dsi__packet_table_free(&table), count);
		}
		dsi__packet_table_fini(&table);
	}
}

static void every_byte_of_the_array(void **user)
{
	struct dsi_packet_table table;
	const char *first;
	size_t bytes;

	(void)user;
	set_up(&table, 3, 1);
	first = (const char *)table.packets;
	bytes = 3 * sizeof(*table.packets);
	for (size_t i = 0; i < bytes; i++) {
		/* The alignment is what the function has to find out. */
		const void *pointer = first + i;

		assert_int_equal(dsi__packet_table_has(&table, pointer),
				 i % sizeof(struct dsi_packet) == 0);
	}
	assert_false(dsi__packet_table_has(&table, table.packets + 3));
	dsi__packet_table_fini(&table);
}

static void foreign_pointers(void **user)
{
	struct dsi_packet_table table;
	struct dsi_packet_table other;
	struct dsi_packet mine = {.owners = 0};

	(void)user;
	set_up(&table, 3, 1);
	set_up(&other, 3, 1);
	assert_false(dsi__packet_table_has(&table, NULL));
	assert_false(dsi__packet_table_has(&table, &mine));
	assert_false(dsi__packet_table_has(&table, &other.packets[0]));
	assert_false(dsi__packet_table_has(
		&table, (const struct dsi_packet *)(uintptr_t)64));
	assert_false(dsi__packet_table_has(
		&table, (const struct dsi_packet *)UINTPTR_MAX));
	dsi__packet_table_fini(&other);
	dsi__packet_table_fini(&table);
	/* After fini it has none. */
	assert_false(dsi__packet_table_has(&table, NULL));
	assert_false(dsi__packet_table_has(&table, &mine));
	dsi__packet_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_once),
		cmocka_unit_test(newest_is_the_last_put),
		cmocka_unit_test(oldest_goes_round),
		cmocka_unit_test(every_byte_of_the_array),
		cmocka_unit_test(foreign_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
