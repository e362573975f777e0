/* SPDX-License-Identifier: MIT */
/*
 * scene_lies.c - scenarios of a producer that gives up or goes round, and of
 * consumers that lie to it.
 */
#include <string.h>

#include "dsi/usual_consumer.h"
#include "scene.h"

/* ---- a producer that gives up, and consumers that lie ------------------------------------ */

/* All are with the consumer, and it may take too long. */
static void hasty_producer(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < rig.options.total;) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(rig.socket, 2, &pkt);

		if (err == -DSI_ETIMEDOUT)
			continue;
		mc_check(err == 0, "get() with a deadline fails");
		for (uint32_t k = 0; k < RIG_PAYLOAD; k++)
			scene_payload(pkt)[k] = scene_content(i);
		i++;
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
}

enum lie { LIE_MORE, LIE_BACK, LIE_TWICE, LIE_TOKEN, LIE_TAKEN };
static enum lie lie;

/* Takes one, and says something else of it. */
static void liar(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_consumer *c = &reader->plane->as.consumer;
	struct dsi_packet *pkt = scene_get(reader->socket);
	uint64_t returned = lie == LIE_MORE    ? 3
			    : lie == LIE_BACK  ? UINT64_MAX
			    : lie == LIE_TWICE ? 2
					       : 1;

	for (uint32_t i = 0; i < 2; i++)
		/* relaxed: T2 carries it. */
		atomic_store_explicit(&c->returns[i],
				      lie == LIE_TOKEN ? 77u : pkt->entry.token,
				      memory_order_relaxed);
	if (lie == LIE_TAKEN)
		/* T1: as a consumer does. */
		atomic_store_explicit(&c->page->taken, 9, memory_order_release);
	else
		/* T2: likewise. */
		atomic_store_explicit(&c->page->returned, returned,
				      memory_order_release);
	(void)dsi__consumer_tell(reader->plane, 0);
}

/* Sends as long as there is something to send with. */
static void lied_to_producer(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkts[2];
		int32_t n = dsi_packet_get_many(rig.socket, 2, pkts, 1 + i % 2);

		if (n == -DSI_ETIMEDOUT)
			break;
		mc_check(n > 0, "get_many() with a deadline fails");
		mc_check(n < 2 || pkts[0] != pkts[1],
			 "a packet is taken twice");
		mc_check(dsi_packet_commit_many(rig.socket, pkts,
						(uint32_t)n) == 0,
			 "commit_many");
	}
}

static void begin_lie(enum lie what)
{
	lie = what;
	(void)dsi__producer_look(rig.plane); /* admitted */
}

static void lie_more(void)
{
	begin_lie(LIE_MORE);
}

static void lie_back(void)
{
	begin_lie(LIE_BACK);
}

static void lie_twice(void)
{
	begin_lie(LIE_TWICE);
}

static void lie_token(void)
{
	begin_lie(LIE_TOKEN);
}

static void lie_taken(void)
{
	begin_lie(LIE_TAKEN);
}

/* The lie is there already; and the control plane lets the liar go, while the
 * producer finds it out.  Whoever is second ends the use of the liar's pages. */
static void lie_waits(void)
{
	(void)dsi__producer_look(rig.plane); /* admitted */
	atomic_init(&rig.readers[0].page->returned, 77);
}

static void control_liar(void *arg)
{
	(void)arg;
	scene_leave(0);
	scene_finish();
}

/* Each packet is free, once, or somebody's. */
static void check_sane(void)
{
	const struct dsi_packet_table *table = &rig.plane->table;
	uint32_t seen = 0;

	for (uint32_t i = table->free_head; i != table->free_tail; i++) {
		uint32_t token = (uint32_t)(table->free[i & table->free_mask] -
					    table->packets);

		mc_check(!(seen >> token & 1u), "a packet is free twice");
		mc_check(!table->packets[token].owners,
			 "a free packet has owners");
		seen |= 1u << token;
	}
	for (uint32_t i = 0; i < table->count; i++)
		mc_check((seen >> i & 1u) || table->packets[i].owners,
			 "a packet is lost");
}

/* ---- who plays what ---------------------------------------------------------------------- */

#define LIE(label, before)                                           \
	SCENE(label, 2, lied_to_producer, liar), STREAM(2, 2, 3, 1), \
		.prepare = before, .end = check_sane, .timeouts = 1

const struct scene scene_lies[] = {
	{SCENE("deadline-space", 1, hasty_producer, scene_consumer),
	 STREAM(1, 1, 2, 1), .timeouts = 1},
	/* More packets than the return ring has places, and some are never returned
	 * in order: it wraps while the producer takes. */
	{SCENE("many-usual-returns", 1, scene_many_producer,
	       scene_many_consumer),
	 STREAM(2, 2, 5, 1), .stream.ordinary = 1},
	{LIE("lie-more", lie_more)},
	{LIE("lie-back", lie_back)},
	{LIE("lie-twice", lie_twice)},
	{LIE("lie-token", lie_token)},
	{LIE("lie-taken", lie_taken)},
	{SCENE("lie-leave", ALL, scene_attentive_producer, NULL),
	 STREAM(1, 1, 1, 1), .prepare = lie_waits,
	 .other = {"control", control_liar}, .end = check_sane},
	{.name = NULL},
};
