/* SPDX-License-Identifier: MIT */
/*
 * test_region.c - the port's memory, regions, clock and lock.
 */
#include <string.h>

#include <dsi/port.h>

#include "conf.h"

/* ---- memory, clock, lock ------------------------------------------------ */

static int alloc_is_zeroed_and_aligned(void)
{
	static const size_t sizes[] = {1, 63, 64, 65, 4096, 100000};

	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned char *memory = dsi_port_alloc(sizes[i]);

		conf_check(memory);
		conf_equal((uintptr_t)memory % 64, 0);
		for (size_t k = 0; k < sizes[i]; k++)
			conf_equal(memory[k], 0);
		memset(memory, 0xff, sizes[i]);
		dsi_port_free(memory);
	}
	dsi_port_free(NULL);
	return 0;
}

static int now_is_monotonic(void)
{
	uint64_t last = dsi_port_now();

	conf_check(last > 0 && last < DSI_FOREVER / 2);
	for (uint32_t i = 0; i < 1000; i++) {
		uint64_t now = dsi_port_now();

		conf_check(now >= last);
		last = now;
		dsi_port_relax();
	}
	return 0;
}

static int read_clock(uint64_t before)
{
	uint64_t now = dsi_port_now();

	conf_check(now >= before);
	atomic_store(&conf_shared->values[0], now);
	return 0;
}

static int now_is_equal_in_all_processes(void)
{
	int peer = conf_spawn_process(read_clock, dsi_port_now());

	conf_equal(conf_join(peer), 0);
	conf_check(atomic_load(&conf_shared->values[0]) <= dsi_port_now());
	return 0;
}

static int add_locked(void *arg)
{
	uint32_t *counter = arg;

	for (uint32_t i = 0; i < CONF_ROUNDS; i++) {
		uint32_t seen;

		dsi_port_lock();
		seen = *counter;
		dsi_port_relax();
		*counter = seen + 1;
		dsi_port_unlock();
	}
	return 0;
}

static int lock_excludes(void)
{
	uint32_t counter = 0;
	int peers[3];

	for (uint32_t i = 0; i < 3; i++)
		peers[i] = conf_spawn_thread(add_locked, &counter);
	for (uint32_t i = 0; i < 3; i++)
		conf_equal(conf_join(peers[i]), 0);
	conf_equal(counter, 3 * CONF_ROUNDS);
	return 0;
}

static int close_of_no_handle(void)
{
	dsi_port_handle_close(-1);
	return 0;
}

/* ---- regions ------------------------------------------------------------ */

static int page_is_power_of_two(void)
{
	uint64_t page = dsi_port_page_bytes();

	conf_check(page >= 4096 && (page & (page - 1)) == 0);
	return 0;
}

static int region_create(void)
{
	static const uint64_t sizes[] = {1, 4096, 4097, 1000000};
	uint64_t page = dsi_port_page_bytes();
	struct dsi_port_region region;

	for (uint32_t i = 0; i < 4; i++) {
		unsigned char *byte;

		conf_equal(dsi_port_region_create(&region, sizes[i],
						  DSI_PORT_READ),
			   0);
		conf_check(region.handle >= 0);
		conf_check(region.bytes >= sizes[i]);
		conf_check(region.bytes < sizes[i] + page);
		conf_equal(region.bytes % page, 0);
		byte = region.addr;
		for (uint64_t k = 0; k < region.bytes; k++)
			conf_equal(byte[k], 0);
		memset(byte, 0xa5, region.bytes);
		dsi_port_region_fini(&region);
	}
	return 0;
}

static int region_fini_of_nothing(void)
{
	struct dsi_port_region region;

	memset(&region, 0, sizeof(region));
	dsi_port_region_fini(&region);
	region.handle = -1;
	dsi_port_region_fini(&region);
	return 0;
}

/* Create one with two pages and attach it a second time. */
static int create_and_attach(struct dsi_port_region *own,
			     struct dsi_port_region *view, uint32_t share,
			     uint32_t access)
{
	int32_t handle;

	conf_equal(
		dsi_port_region_create(own, 2 * dsi_port_page_bytes(), share),
		0);
	conf_try(conf_duplicate(own->handle, &handle));
	conf_equal(dsi_port_region_attach(view, handle, own->bytes, access), 0);
	conf_equal(view->bytes, own->bytes);
	return 0;
}

static int region_attach_sees_writes(void)
{
	struct dsi_port_region own, view;
	unsigned char *from, *to;

	conf_try(create_and_attach(&own, &view, DSI_PORT_READ, DSI_PORT_READ));
	from = own.addr;
	to = view.addr;
	for (uint64_t i = 0; i < own.bytes; i += 1000) {
		from[i] = (unsigned char)(i + 1);
		conf_equal(to[i], from[i]);
	}
	dsi_port_region_fini(&view);
	dsi_port_region_fini(&own);
	return 0;
}

static int region_read_attach_cannot_write(void)
{
	struct dsi_port_region own, view;

	conf_try(create_and_attach(&own, &view, DSI_PORT_READ, DSI_PORT_READ));
	conf_check(!conf_store_faults(own.addr));
	conf_check(conf_store_faults(view.addr));
	conf_check(conf_store_faults((char *)view.addr + view.bytes - 1));
	dsi_port_region_fini(&view);
	dsi_port_region_fini(&own);
	/* Less than what is permitted is permitted too. */
	conf_try(create_and_attach(&own, &view, DSI_PORT_WRITE, DSI_PORT_READ));
	conf_check(conf_store_faults(view.addr));
	dsi_port_region_fini(&view);
	dsi_port_region_fini(&own);
	return 0;
}

static int region_write_attach(void)
{
	struct dsi_port_region own, view;

	conf_try(
		create_and_attach(&own, &view, DSI_PORT_WRITE, DSI_PORT_WRITE));
	memset(view.addr, 0x77, view.bytes);
	conf_equal(((unsigned char *)own.addr)[own.bytes - 1], 0x77);
	dsi_port_region_fini(&view);
	dsi_port_region_fini(&own);
	return 0;
}

/* Attach a duplicate of @handle; it must fail so, and take it over. */
static int attach_fails(int32_t handle, uint64_t bytes, uint32_t access,
			int expected)
{
	struct dsi_port_region view;
	int32_t copy;

	conf_try(conf_duplicate(handle, &copy));
	conf_equal(dsi_port_region_attach(&view, copy, bytes, access),
		   expected);
	conf_check(!conf_handle_open(copy));
	return 0;
}

static int region_write_attach_denied(void)
{
	struct dsi_port_region own;

	conf_equal(dsi_port_region_create(&own, 1, DSI_PORT_READ), 0);
	conf_try(attach_fails(own.handle, own.bytes, DSI_PORT_WRITE,
			      -DSI_EACCES));
	dsi_port_region_fini(&own);
	return 0;
}

static int region_attach_other_size(void)
{
	uint64_t page = dsi_port_page_bytes();
	struct dsi_port_region own;

	conf_equal(dsi_port_region_create(&own, 3 * page, DSI_PORT_READ), 0);
	conf_try(
		attach_fails(own.handle, 2 * page, DSI_PORT_READ, -DSI_EPROTO));
	conf_try(
		attach_fails(own.handle, 4 * page, DSI_PORT_READ, -DSI_EPROTO));
	conf_try(attach_fails(own.handle, (uint64_t)1 << 46, DSI_PORT_READ,
			      -DSI_EPROTO));
	dsi_port_region_fini(&own);
	return 0;
}

static int region_attach_not_a_region(void)
{
	uint64_t page = dsi_port_page_bytes();
	int32_t bells[2], conns[2];

	conf_equal(dsi_port_bell_pair(bells), 0);
	conf_equal(dsi_port_conn_pair(conns), 0);
	conf_try(attach_fails(bells[0], page, DSI_PORT_READ, -DSI_EPROTO));
	conf_try(attach_fails(conns[0], page, DSI_PORT_READ, -DSI_EPROTO));
	conf_try(attach_fails(bells[0], page, DSI_PORT_READ | DSI_PORT_UNSEALED,
			      -DSI_EPROTO));
	for (uint32_t i = 0; i < 2; i++) {
		dsi_port_handle_close(bells[i]);
		dsi_port_handle_close(conns[i]);
	}
	return 0;
}

static int region_attach_unsealed(void)
{
	uint64_t page = dsi_port_page_bytes();
	struct dsi_port_region view;
	int32_t memory, copy;

	for (uint32_t sealable = 0; sealable < 2; sealable++) {
		memory = conf_memory(page, sealable);
		conf_check(memory >= 0);
		conf_try(
			attach_fails(memory, page, DSI_PORT_READ, -DSI_EPROTO));
		conf_try(conf_duplicate(memory, &copy));
		conf_equal(dsi_port_region_attach(&view, copy, page,
						  DSI_PORT_READ |
							  DSI_PORT_UNSEALED),
			   0);
		conf_equal(((unsigned char *)view.addr)[page - 1], 0);
		dsi_port_region_fini(&view);
		dsi_port_handle_close(memory);
	}
	return 0;
}

static int region_import(void)
{
	uint64_t page = dsi_port_page_bytes();
	struct dsi_port_region own, view;
	int32_t memory = conf_memory(2 * page, 1);
	int32_t copy;

	conf_check(memory >= 0);
	conf_equal(dsi_port_region_import(&own, memory, 2 * page + 1,
					  DSI_PORT_READ),
		   -DSI_ENOSPC);
	conf_check(conf_handle_open(memory));
	conf_equal(
		dsi_port_region_import(&own, memory, page + 1, DSI_PORT_READ),
		0);
	conf_check(conf_handle_open(memory));
	conf_check(own.handle != memory);
	conf_equal(own.bytes, 2 * page);
	/* Ours now, as good as one that was created. */
	dsi_port_handle_close(memory);
	conf_try(conf_duplicate(own.handle, &copy));
	conf_equal(
		dsi_port_region_attach(&view, copy, own.bytes, DSI_PORT_READ),
		0);
	memset(own.addr, 0x3c, own.bytes);
	conf_equal(((unsigned char *)view.addr)[own.bytes - 1], 0x3c);
	dsi_port_region_fini(&view);
	dsi_port_region_fini(&own);
	return 0;
}

static int region_import_all(void)
{
	uint64_t page = dsi_port_page_bytes();
	struct dsi_port_region own;
	int32_t memory = conf_memory(5 * page, 1);

	conf_check(memory >= 0);
	conf_equal(dsi_port_region_import(&own, memory, 0, DSI_PORT_READ), 0);
	conf_equal(own.bytes, 5 * page);
	dsi_port_region_fini(&own);
	conf_check(conf_handle_open(memory));
	dsi_port_handle_close(memory);
	return 0;
}

static int region_import_unsealable(void)
{
	uint64_t page = dsi_port_page_bytes();
	int32_t memory = conf_memory(page, 0);
	struct dsi_port_region own, view;
	int32_t copy;

	conf_check(memory >= 0);
	conf_equal(dsi_port_region_import(&own, memory, 0, DSI_PORT_READ), 0);
	conf_try(attach_fails(own.handle, own.bytes, DSI_PORT_READ,
			      -DSI_EPROTO));
	conf_try(conf_duplicate(own.handle, &copy));
	conf_equal(dsi_port_region_attach(&view, copy, own.bytes,
					  DSI_PORT_READ | DSI_PORT_UNSEALED),
		   0);
	dsi_port_region_fini(&view);
	dsi_port_region_fini(&own);
	dsi_port_handle_close(memory);
	return 0;
}

/* ---- between processes -------------------------------------------------- */

static int lend_region(uint64_t die)
{
	struct dsi_port_region own;
	int32_t conn;

	conf_try(conf_connect("conf.region", &conn));
	conf_equal(dsi_port_region_create(&own, 100000, DSI_PORT_READ), 0);
	memset(own.addr, 1, own.bytes);
	conf_try(conf_send(conn, own.bytes, own.handle));
	conf_try(conf_await(0, 1));
	memset(own.addr, 2, own.bytes);
	conf_step(1);
	if (die)
		conf_die();
	dsi_port_region_fini(&own);
	dsi_port_handle_close(conn);
	return 0;
}

static int borrow_region(uint64_t die)
{
	struct dsi_port_listener *listener;
	struct dsi_port_region view;
	const unsigned char *byte;
	int32_t conn, handle;
	uint64_t bytes;
	int peer;

	peer = conf_spawn_process(lend_region, die);
	conf_try(conf_offer("conf.region", &listener));
	conf_try(conf_accept(listener, &conn));
	conf_try(conf_recv(conn, &bytes, &handle));
	conf_equal(dsi_port_region_attach(&view, handle, bytes, DSI_PORT_READ),
		   0);
	byte = view.addr;
	conf_equal(byte[99999], 1);
	conf_step(0);
	conf_try(conf_await(1, 1));
	conf_equal(byte[99999], 2);
	conf_equal(conf_join(peer), die ? CONF_KILLED : 0);
	/* Still there, though its owner is not. */
	for (uint64_t i = 0; i < bytes; i++)
		conf_equal(byte[i], 2);
	dsi_port_region_fini(&view);
	dsi_port_handle_close(conn);
	dsi_port_listener_close(listener);
	return 0;
}

static int region_between_processes(void)
{
	return borrow_region(0);
}

static int region_outlives_killed_owner(void)
{
	return borrow_region(1);
}

const struct conf_test conf_region_tests[] = {
	{"alloc_is_zeroed_and_aligned", alloc_is_zeroed_and_aligned},
	{"now_is_monotonic", now_is_monotonic},
	{"now_is_equal_in_all_processes", now_is_equal_in_all_processes},
	{"lock_excludes", lock_excludes},
	{"close_of_no_handle", close_of_no_handle},
	{"page_is_power_of_two", page_is_power_of_two},
	{"region_create", region_create},
	{"region_fini_of_nothing", region_fini_of_nothing},
	{"region_attach_sees_writes", region_attach_sees_writes},
	{"region_read_attach_cannot_write", region_read_attach_cannot_write},
	{"region_write_attach", region_write_attach},
	{"region_write_attach_denied", region_write_attach_denied},
	{"region_attach_other_size", region_attach_other_size},
	{"region_attach_not_a_region", region_attach_not_a_region},
	{"region_attach_unsealed", region_attach_unsealed},
	{"region_import", region_import},
	{"region_import_all", region_import_all},
	{"region_import_unsealable", region_import_unsealable},
	{"region_between_processes", region_between_processes},
	{"region_outlives_killed_owner", region_outlives_killed_owner},
	{NULL, NULL},
};
