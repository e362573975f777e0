/* SPDX-License-Identifier: MIT */
/*
 * test_physical.c - packets that carry physical addresses: of the memory of a
 * device, and only there.
 *
 * The hostile producer writes into its packets what the library would refuse.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/packet.h>

#include "dsi/socket_private.h"

#include "conf.h"

#define NAME "conf.physical"

static struct dsi_stream_desc physical(void)
{
	return (struct dsi_stream_desc){.size = sizeof(struct dsi_stream_desc),
					.flags = DSI_STREAM_PHYS,
					.packets = 4,
					.max_sg = 2,
					.data_bytes = 8192};
}

/* A stream in the memory of a device, where there are such. */
struct pair {
	struct dsi_socket *producer, *consumer;
	uint64_t first, bytes;
};

static int can(void)
{
	return dsi_port_physical_possible() == 0;
}

static int produce(struct dsi_socket **out_sock)
{
	struct dsi_stream_desc desc = physical();
	struct dsi_producer_options opts = {.size = sizeof(opts),
					    .flags = DSI_PRODUCER_DATA_FD,
					    .wait_consumers = 1,
					    .data_fd = conf_device()};

	conf_check(opts.data_fd >= 0);
	conf_equal(dsi_producer_create(&desc, &opts, out_sock), 0);
	dsi_port_handle_close(opts.data_fd);
	conf_equal(dsi_socket_listen(*out_sock, NAME, NULL), 0);
	conf_equal(dsi_socket_start(*out_sock), 0);
	return 0;
}

static int pair_begin(struct pair *pair)
{
	conf_try(produce(&pair->producer));
	conf_try(conf_consume(NAME, NULL, &pair->consumer));
	conf_equal(
		dsi_socket_physical(pair->producer, &pair->first, &pair->bytes),
		0);
	return 0;
}

static void pair_end(struct pair *pair)
{
	dsi_socket_destroy(pair->consumer);
	dsi_socket_destroy(pair->producer);
}

static int get(struct dsi_socket *sock, struct dsi_packet **out_pkt)
{
	conf_equal(dsi_packet_get(sock, conf_later(), out_pkt), 0);
	return 0;
}

/* ---- tests -------------------------------------------------------------- */

static int physical_only_where_known(void)
{
	struct dsi_stream_desc desc = physical();
	struct dsi_socket *producer;
	char why[200] = "";

	conf_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
		   can() ? 0 : -DSI_ENOTSUP);
	conf_check(can() || strstr(why, "PHYS"));
	/* Nobody knows where ordinary memory lies. */
	conf_equal(dsi_producer_create(&desc, NULL, &producer), -DSI_ENOTSUP);
	if (!can())
		conf_equal(conf_device(), -DSI_ENOTSUP);
	desc.packet_bytes = 64;
	conf_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), -DSI_EINVAL);
	conf_check(strstr(why, "packet_bytes"));
	return 0;
}

/* Both ends hear the same from the system; of other streams, nothing. */
static int physical_address_of_the_area(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer;
	uint64_t first, bytes;
	struct pair pair;

	conf_try(conf_produce(NAME, &desc, 0, &producer));
	conf_equal(dsi_socket_physical(producer, &first, &bytes), -DSI_ENOTSUP);
	conf_equal(dsi_socket_physical(NULL, &first, &bytes), -DSI_EINVAL);
	dsi_socket_destroy(producer);
	if (!can())
		return 0;
	conf_try(pair_begin(&pair));
	conf_equal(dsi_socket_physical(pair.consumer, &first, &bytes), 0);
	conf_check(first && first == pair.first);
	conf_check(bytes >= 8192 && bytes == pair.bytes);
	pair_end(&pair);
	return 0;
}

/* Two elements; each names the bytes that dsi_packet_data() finds. */
static int send(const struct pair *pair, uint32_t flags, uint64_t base)
{
	const uint64_t at[2] = {base + pair->bytes - 4, base + 64};
	struct dsi_packet *pkt;
	uint64_t offset;
	uint32_t size;
	void *addr;

	conf_try(get(pair->producer, &pkt));
	conf_equal(dsi_packet_set_flags(pkt, flags), 0);
	for (uint32_t i = 0; i < 2; i++) {
		conf_equal(dsi_packet_add_data(pkt, at[i], 4), 0);
		conf_equal(dsi_packet_data(pkt, i, &addr, &size), 0);
		memset(addr, (int)(flags + i + 1), 4);
	}
	conf_equal(dsi_packet_set_flags(pkt, flags ^ DSI_PACKET_PHYS),
		   -DSI_EINVAL);
	conf_equal(dsi_packet_commit(pair->producer, pkt), 0);
	conf_try(get(pair->consumer, &pkt));
	conf_equal(dsi_packet_flags(pkt), flags);
	conf_equal(dsi_packet_count(pkt), 2);
	for (uint32_t i = 0; i < 2; i++) {
		conf_equal(dsi_packet_element(pkt, i, &offset, &size), 0);
		conf_check(offset == at[i]);
		conf_equal(size, 4);
		conf_equal(dsi_packet_data(pkt, i, &addr, &size), 0);
		conf_equal(*(uint8_t *)addr, flags + i + 1);
		conf_check(
			(uint8_t *)addr -
				(uint8_t *)dsi__plane(pair->consumer)->data ==
			(int64_t)(at[i] - base));
	}
	conf_equal(dsi_packet_commit(pair->consumer, pkt), 0);
	return 0;
}

static int physical_packets(void)
{
	struct pair pair;

	if (!can())
		return 0;
	conf_try(pair_begin(&pair));
	conf_try(send(&pair, DSI_PACKET_PHYS, pair.first));
	conf_try(send(&pair, 0, 0));
	conf_try(send(&pair, DSI_PACKET_PHYS, pair.first));
	pair_end(&pair);
	return 0;
}

/* What lies outside: just before, over the end, behind, at the end of all
 * addresses, and offsets where addresses are meant. */
#define LIES 7u

static struct dsi_sg_element lie(const struct pair *pair, uint32_t i)
{
	const struct dsi_sg_element lies[LIES] = {
		{pair->first - 1, 1, DSI_NO_OWNER},
		{pair->first + pair->bytes - 1, 2, DSI_NO_OWNER},
		{pair->first + pair->bytes, 4, DSI_NO_OWNER},
		{pair->first + pair->bytes + 1, 0, DSI_NO_OWNER},
		{UINT64_MAX - 1, 4, DSI_NO_OWNER},
		{0, 4, DSI_NO_OWNER},
		{pair->first, UINT32_MAX, DSI_NO_OWNER},
	};

	return lies[i];
}

static int physical_outside_is_no_space(void)
{
	struct dsi_packet *pkt;
	struct pair pair;

	if (!can())
		return 0;
	conf_try(pair_begin(&pair));
	conf_try(get(pair.producer, &pkt));
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_PHYS), 0);
	for (uint32_t i = 0; i < LIES; i++) {
		struct dsi_sg_element sg = lie(&pair, i);

		conf_equal(dsi_packet_add_data(pkt, sg.offset, sg.size),
			   -DSI_ENOSPC);
	}
	conf_equal(dsi_packet_count(pkt), 0);
	conf_equal(dsi_packet_discard(pair.producer, pkt), 0);
	pair_end(&pair);
	return 0;
}

/* The element of the descriptor itself, and the one in its row. */
static int lie_to(const struct pair *pair, uint32_t element, uint32_t i)
{
	struct dsi_packet *pkt;
	struct dsi_sg_element sg;

	conf_try(get(pair->producer, &pkt));
	conf_equal(dsi_packet_set_flags(pkt, DSI_PACKET_PHYS), 0);
	for (uint32_t k = 0; k <= element; k++)
		conf_equal(dsi_packet_add_data(pkt, pair->first, 4), 0);
	sg = lie(pair, i);
	if (element) {
		pkt->sg[element] = sg;
	} else {
		pkt->entry.offset = sg.offset;
		pkt->entry.size = sg.size;
	}
	conf_equal(dsi_packet_commit(pair->producer, pkt), 0);
	conf_equal(dsi_packet_get(pair->consumer, conf_later(), &pkt),
		   -DSI_EPROTO);
	conf_equal(dsi_packet_get(pair->consumer, 0, &pkt), -DSI_EPROTO);
	return 0;
}

static int physical_lies_are_found(void)
{
	struct pair pair;

	for (uint32_t i = 0; can() && i < 2 * LIES; i++) {
		conf_try(pair_begin(&pair));
		conf_try(lie_to(&pair, i % 2, i / 2));
		pair_end(&pair);
	}
	return 0;
}

/* A stream that says it may carry physical addresses, over ordinary memory. */
static int physical_needs_a_device(void)
{
	struct dsi_stream_desc desc = physical();
	struct dsi_socket *producer, *consumer;

	desc.flags = 0;
	conf_try(conf_produce(NAME, &desc, 0, &producer));
	producer->desc.flags |= DSI_STREAM_PHYS;
	conf_equal(dsi_consumer_create(NULL, &consumer), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()),
		   -DSI_EPROTO);
	conf_check(strstr(dsi_socket_error(consumer), "physical"));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

/* What nobody here could copy. */
static int physical_is_not_copied(void)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts),
					    .flags = DSI_CONSUMER_COPY,
					    .max_packet_bytes = 64};
	struct dsi_socket *producer, *consumer;

	if (!can())
		return 0;
	conf_try(produce(&producer));
	conf_equal(dsi_consumer_create(&opts, &consumer), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()),
		   -DSI_ENOMATCH);
	conf_check(!strncmp(dsi_socket_error(consumer), "copy: ", 6));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

const struct conf_test conf_physical_tests[] = {
	{"physical_only_where_known", physical_only_where_known},
	{"physical_address_of_the_area", physical_address_of_the_area},
	{"physical_packets", physical_packets},
	{"physical_outside_is_no_space", physical_outside_is_no_space},
	{"physical_lies_are_found", physical_lies_are_found},
	{"physical_needs_a_device", physical_needs_a_device},
	{"physical_is_not_copied", physical_is_not_copied},
	{NULL, NULL},
};
