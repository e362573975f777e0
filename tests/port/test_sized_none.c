/* SPDX-License-Identifier: MIT */
/*
 * test_sized_none.c - where there is no calculator, streams that need it are
 * refused with the reason; all others are as everywhere.
 */
#include <string.h>

#include <dsi/dsi.h>

#include "conf.h"

#define NAME "conf.sized.none"

static const struct dsi_traffic camera = {
	.tick_hz = 200, .period = 8, .jitter = 3, .hold = 8};
static const struct dsi_usage screen = {.tick_hz = 200, .period = 8, .hold = 8};

static int sized_refused(void)
{
	struct dsi_producer_options opts = {
		.size = sizeof(opts), .readers = &screen, .n_readers = 1};
	struct dsi_stream_desc desc = conf_desc(0);
	struct dsi_socket *sock;

	desc.traffic = camera;
	conf_equal(dsi_producer_create(&desc, &opts, &sock), -DSI_ENOTSUP);
	return 0;
}

/* A consumer is told why. */
static int declared_refused(void)
{
	struct dsi_consumer_options opts = conf_policy(DSI_POLICY_BLOCK);
	struct dsi_stream_desc desc = conf_desc(4);
	struct dsi_socket *producer, *consumer;

	desc.traffic = camera;
	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_socket_listen(producer, NAME, NULL), 0);
	conf_equal(dsi_socket_start(producer), 0);
	opts.usage = screen;
	conf_equal(dsi_consumer_create(&opts, &consumer), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, conf_later()),
		   -DSI_ENOTSUP);
	if (!strstr(dsi_socket_error(consumer), "128-bit"))
		conf_fail(__FILE__, __LINE__, "\"%s\" does not say why",
			  dsi_socket_error(consumer));
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

const struct conf_test conf_sized_tests[] = {
	{"sized_refused", sized_refused},
	{"declared_refused", declared_refused},
	{NULL, NULL},
};
