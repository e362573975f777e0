/* SPDX-License-Identifier: MIT */
/*
 * stress_hand.c - the stress body over a stream that is wired by hand: both
 * ends share one mapping, and counters may begin just before their wrap.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>

#include "tests/stress/hand_wired.h"
#include "tests/stress/stress.h"
#include "tests/unit/must.h"

/* Steps before the wrap: the streams are longer. */
#define BEFORE 5000u

static struct hand_stream stream;
static struct hand_consumer consumers[DSI_MAX_CONSUMERS];
static struct hand_consumer visitor;

/* Positions have 63 bits; those that cross bit 32 are made here. */
static uint64_t first_position(const struct stress_config *config)
{
	return config->wrap ? (UINT64_C(1) << 32) - BEFORE : 0;
}

/* The account at the end asks a socket; the data plane is all there is. */
static struct dsi_socket *join(struct stress *stress)
{
	hand_join(&stream, &visitor, DSI_POLICY_BLOCK, 0);
	if (stress->config.waiting == STRESS_SPIN)
		visitor.plane.spin_ns = STRESS_SPIN_NS;
	return hand_socket(&visitor.plane);
}

static void leave(struct stress *stress, struct dsi_socket *sock)
{
	(void)stress;
	(void)sock;
	hand_leave(&stream, &visitor);
	while (!dsi__producer_left(visitor.peer))
		(void)sched_yield();
	hand_consumer_fini(&visitor);
}

static void idle(struct stress *stress)
{
	(void)stress;
	(void)dsi__producer_drained(&stream.plane);
}

static void set_up(struct stress *stress)
{
	const struct stress_config *config = &stress->config;
	struct dsi_stream_desc desc = stress_desc(config);
	uint32_t spin_ns = config->waiting == STRESS_SPIN ? STRESS_SPIN_NS : 0;

	stress->first = first_position(config);
	hand_stream_init(&stream, &desc, stress->first);
	stream.plane.spin_ns = spin_ns;
	stress->producer = hand_socket(&stream.plane);
	for (uint32_t i = 0; i < config->consumers; i++) {
		hand_join(&stream, &consumers[i], stress_policy(config, i),
			  stress_quota(config));
		consumers[i].plane.spin_ns = spin_ns;
		stress->consumers[i] = hand_socket(&consumers[i].plane);
	}
	MUST_BE(dsi__producer_look(&stream.plane), 0);
	for (uint32_t i = 0; config->wrap && i < config->consumers; i++)
		hand_wind_up(&stream, &consumers[i], BEFORE);
}

/* The words that should have wrapped did. */
static void check_wrap(const struct stress_config *config)
{
	if (!config->wrap || config->total <= BEFORE)
		return;
	for (uint32_t i = 0; i < config->consumers; i++) {
		struct dsi_data_plane *plane = &consumers[i].plane;
		uint32_t signal = atomic_load(&consumers[i].signal->signal);

		if (consumers[i].policy == DSI_POLICY_DROP_NEW)
			continue; /* it may have got less */
		MUST(plane->as.consumer.position > UINT64_C(1) << 32);
		MUST(signal == (uint32_t)(config->total - BEFORE));
	}
}

int main(int argc, char **argv)
{
	static struct stress stress;

	stress.config = stress_options(argc, argv);
	stress.join = join;
	stress.leave = leave;
	stress.idle = idle;
	set_up(&stress);
	stress_run(&stress);
	check_wrap(&stress.config);
	for (uint32_t i = 0; i < stress.config.consumers; i++)
		hand_leave(&stream, &consumers[i]);
	(void)dsi__producer_look(&stream.plane);
	MUST_BE(atomic_load(&stream.plane.as.producer.present), 0);
	MUST_BE(dsi__producer_drained(&stream.plane), 0);
	MUST_BE(dsi__packet_table_free(&stream.plane.table),
		stress.config.packets);
	for (uint32_t i = 0; i < stress.config.consumers; i++)
		hand_consumer_fini(&consumers[i]);
	hand_stream_fini(&stream);
	return 0;
}
