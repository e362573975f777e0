/* SPDX-License-Identifier: MIT */
/*
 * stress_real.c - the stress body over the library as it is: a named stream,
 * its consumers connected by the handshake, all in threads of one process.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/stress/stress.h"
#include "tests/unit/must.h"

#define NAME "stress"

static uint32_t spin_of(const struct stress_config *config)
{
	return config->waiting == STRESS_SPIN ? STRESS_SPIN_NS : 0;
}

static struct dsi_socket *connect_one(const struct stress_config *config,
				      uint32_t policy)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy,
		.spin_ns = spin_of(config),
	};
	struct dsi_socket *sock;
	int err;

	if (policy == DSI_POLICY_DROP_NEW)
		options.queue_packets = stress_quota(config);
	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	err = dsi_socket_connect(sock, NAME, dsi_now() + STRESS_PATIENCE_NS);
	if (err)
		fprintf(stderr, "%s\n", dsi_socket_error(sock));
	MUST_BE(err, 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static struct dsi_socket *join(struct stress *stress)
{
	return connect_one(&stress->config, DSI_POLICY_BLOCK);
}

static void leave(struct stress *stress, struct dsi_socket *sock)
{
	(void)stress;
	dsi_socket_destroy(sock);
}

static void idle(struct stress *stress)
{
	(void)!dsi_socket_drain(stress->producer, 0);
}

static void set_up(struct stress *stress)
{
	const struct stress_config *config = &stress->config;
	struct dsi_stream_desc desc = stress_desc(config);
	struct dsi_producer_options options = {
		.size = sizeof(options),
		.spin_ns = spin_of(config),
		.wait_consumers = config->consumers,
	};

	MUST_BE(dsi_producer_create(&desc, &options, &stress->producer), 0);
	MUST_BE(dsi_socket_listen(stress->producer, NAME, NULL), 0);
	MUST_BE(dsi_socket_start(stress->producer), 0);
	for (uint32_t i = 0; i < config->consumers; i++)
		stress->consumers[i] =
			connect_one(config, stress_policy(config, i));
}

int main(int argc, char **argv)
{
	static struct stress stress;
	char folder[] = "/tmp/dsi-stress-XXXXXX";

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	stress.config = stress_options(argc, argv);
	stress.join = join;
	stress.leave = leave;
	stress.idle = idle;
	set_up(&stress);
	stress_run(&stress);
	for (uint32_t i = 0; i < stress.config.consumers; i++)
		dsi_socket_destroy(stress.consumers[i]);
	dsi_socket_destroy(stress.producer);
	/* No name is left behind: the folder is empty. */
	MUST_BE(rmdir(folder), 0);
	return 0;
}
