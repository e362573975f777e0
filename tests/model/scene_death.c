/* SPDX-License-Identifier: MIT */
/*
 * scene_death.c - scenarios in which the producer or a consumer is killed, after any
 * step.
 */
#include <string.h>

#include "dsi/usual_consumer.h"
#include "scene.h"

/* ---- death of the producer ------------------------------------------------------------- */

static void monitor(void *arg)
{
	(void)arg;
	mc_await_death();
	*rig.plain = 1; /* why: carried by P1 */
	dsi__plane_tell(rig.readers[0].plane, DSI_PLANE_GONE, 0);
}

/* Everything that was committed arrives, and then the news. */
static void surviving_consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0;; i++) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(reader->socket, DSI_FOREVER, &pkt);

		if (err == -DSI_EPIPE)
			break;
		mc_check(err == 0, "get() without limit fails");
		scene_check_packet(pkt, i);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
	mc_check(*rig.plain == 1, "the reason is not seen");
}

/* In the memory as it is in the end nothing more is committed. */
static void check_drained(void)
{
	const struct dsi_consumer *c = &rig.readers[0].plane->as.consumer;

	scene_check_honest();
	if (c->started)
		mc_check(dsi__ring_look(&c->ring, c->position) !=
				 DSI_RING_READY,
			 "a committed packet is lost");
}

/* ---- death of a consumer --------------------------------------------------------------- */

/* What the monitor does for a consumer whose connection has ended: see
 * handshake_producer.c, parted() and dsi__producer_reap(). */
static void undertaker(void *arg)
{
	(void)arg;
	mc_await_death();
	dsi__plane_raise(rig.plane, DSI_EVENT_PEER_GONE, 1);
	scene_leave(0);
	scene_finish();
}

/* Until the dead has been let go of, and the others have given all back. */
static void attend(void)
{
	/* acquire: the scenario's own word. */
	while (!atomic_load_explicit(rig.over, memory_order_acquire)) {
		dsi__producer_adopt(rig.plane);
		mc_poll();
	}
	while (dsi__producer_drained(rig.plane))
		mc_poll();
}

/* Sends ordinary packets, so that all goes the usual way as long as it can. */
static void bereaved_producer(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkt = scene_get(rig.socket);
		uint64_t *data = scene_payload(pkt);

		for (uint32_t k = 0; k < RIG_PAYLOAD; k++)
			data[k] = scene_content(i);
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
	attend();
}

static void bereaved_dropper(void *arg)
{
	scene_producer(arg);
	attend();
}

static void bereaved_many(void *arg)
{
	scene_many_producer(arg);
	attend();
}

static void bereaved_joined(void *arg)
{
	scene_joined_producer(arg);
	attend();
}

/* An event loop waits, not the library. */
static void bereaved_loop(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < rig.options.total;) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(rig.socket, 0, &pkt);

		if (err == -DSI_EAGAIN) {
			mc_bell_wait(0);
			continue;
		}
		mc_check(err == 0, "get() without waiting fails");
		scene_payload(pkt)[0] = scene_content(i++);
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
	attend();
}

/* Waits for the news itself, and then has all its packets. */
static void bereaved_selector(void *arg)
{
	struct dsi_event_source source = {.socket = rig.socket,
					  .mask = DSI_EVENT_PEER_GONE};
	struct dsi_packet *pkt = scene_get(rig.socket);

	(void)arg;
	mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	mc_check(dsi_select(&source, 1, DSI_FOREVER) == 1, "select() fails");
	mc_check(source.events == DSI_EVENT_PEER_GONE, "not that event");
	pkt = scene_get(rig.socket);
	mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	attend();
}

/* Looks at no payload, for a producer that writes none, and ends before the
 * last packet. */
static void blind_consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0; i + 1u < rig.options.total; i++) {
		struct dsi_packet *pkt = scene_get(reader->socket);

		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

/* Takes one, and ends. */
static void single_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt = scene_get(reader->socket);

	scene_check_packet(pkt, 0);
	mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
}

/* Takes what there is when it looks. */
static void passing_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt;
	int err = dsi_packet_get(reader->socket, 0, &pkt);

	if (err == -DSI_EAGAIN)
		return;
	mc_check(err == 0, "get() without waiting fails");
	mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
}

/* It dies while it is let in. */
static void admitter(void *arg)
{
	rig_set_up_peer(0);
	dsi__producer_join(rig.plane, rig.readers[0].peer);
	undertaker(arg);
}

static uint64_t told(const _Atomic uint64_t *count)
{
	return atomic_load(count);
}

/* Nobody has a packet any more, and each came back once. */
static void check_returned(void)
{
	const struct dsi_packet_table *table = &rig.plane->table;
	uint32_t seen = 0;

	scene_check_honest();
	mc_check(rig.plane->held == 0, "the application has a packet");
	mc_check(dsi__packet_table_free(table) == table->count,
		 "a packet is lost, or free twice");
	for (uint32_t i = table->free_head; i != table->free_tail; i++)
		seen |= UINT32_C(1)
			<< (table->free[i & table->free_mask] - table->packets);
	mc_check(seen == (UINT32_C(1) << table->count) - 1u,
		 "a packet is free twice, and another one lost");
	for (uint32_t i = 0; i < table->count; i++)
		mc_check(!table->packets[i].owners, "a free packet has owners");
	mc_check(told(&rig.plane->stats->committed) == rig.options.total,
		 "not all is committed");
	mc_check(told(&rig.plane->stats->released) == rig.options.total,
		 "what came back is counted wrong");
	mc_check(dsi__producer_left(rig.readers[0].peer) ||
			 atomic_load(&rig.readers[0].peer->state) ==
				 DSI_PEER_EMPTY,
		 "the dead is still there");
}

/* ---- who plays what ---------------------------------------------------------------------- */

/* The first consumer is the one that dies; it is admitted already. */
static void admit(void)
{
	(void)dsi__producer_look(rig.plane);
}

static void admit_and_hang_bell(void)
{
	admit();
	atomic_init(&rig.plane->bells, rig_loop_of(0));
}

#define KILLED(label, most)                                     \
	SCENE(label, most, scene_producer, surviving_consumer), \
		.other = {"monitor", monitor}, .end = check_drained, .kill = 1
#define VICTIM .end = check_returned, .victim = 1, .kill = 1
#define DIES_AFTER(before, label, most, put, get)        \
	SCENE(label, most, put, get), .prepare = before, \
				      .other = {"monitor", undertaker}, VICTIM
#define DIES(label, most, put, get) DIES_AFTER(admit, label, most, put, get)

const struct scene scene_death[] = {
	{KILLED("killed-one", ALL), STREAM(1, 1, 1, 1)},
	{KILLED("killed-ring1", 1), STREAM(1, 1, 2, 1)},
	{KILLED("killed-ring2", 2), STREAM(2, 2, 2, 1)},
	/* The least there can be: the producer waits for its only packet. */
	{DIES("dies-one", ALL, bereaved_producer, single_consumer),
	 STREAM(1, 1, 2, 1)},
	/* The producer waits for the one packet, which the dead may have. */
	{DIES("dies-packet1", 1, bereaved_producer, scene_consumer),
	 STREAM(2, 1, 2, 1)},
	/* It waits for the one descriptor, which the dead may not have taken. */
	{DIES("dies-ring1", 0, bereaved_producer, scene_consumer),
	 STREAM(1, 2, 2, 1)},
	{DIES("dies-ring2", 0, bereaved_producer, scene_consumer),
	 STREAM(2, 2, 3, 1)},
	/* It has a packet while it waits for the next. */
	{DIES("dies-holding", 1, bereaved_producer, scene_holding_consumer),
	 STREAM(1, 2, 2, 1)},
	{DIES_AFTER(admit_and_hang_bell, "dies-bell", 1, bereaved_loop,
		    blind_consumer),
	 STREAM(1, 1, 2, 1)},
	/* The wake-up that a commit owes it is still due. */
	{DIES("dies-owed", 1, bereaved_joined, single_consumer),
	 STREAM(1, 1, 2, 1)},
	/* Another one has the same packets. */
	{DIES("dies-two", 0, bereaved_producer, scene_consumer),
	 STREAM(1, 1, 1, 2)},
	{DIES("dies-many", 0, bereaved_many, scene_many_consumer),
	 STREAM(2, 2, 4, 1), .stream.ordinary = 1},
	{DIES("dies-drop-new", 1, bereaved_dropper, scene_dropping_consumer),
	 STREAM(1, 3, 2, 1), .stream.policy = DSI_POLICY_DROP_NEW,
	 .stream.quota = 1},
	{DIES("dies-selected", 1, bereaved_selector, blind_consumer),
	 STREAM(1, 1, 2, 1)},
	/* It dies while it is let in. */
	{SCENE("dies-joining", 2, bereaved_producer, passing_consumer),
	 .other = {"monitor", admitter}, VICTIM, LATE_STREAM(1, 1, 2, 1)},
	/* The long set. */
	{DIES("dies-packet1-all", ALL, bereaved_producer, scene_consumer),
	 STREAM(2, 1, 2, 1), .is_long = 1},
	{DIES("dies-two-deep", 1, bereaved_producer, scene_consumer),
	 STREAM(1, 1, 1, 2), .is_long = 1},
	{DIES("dies-ring2-deep", 1, bereaved_producer, scene_consumer),
	 STREAM(2, 2, 3, 1), .is_long = 1},
	{DIES("dies-ring1-deep", 1, bereaved_producer, scene_consumer),
	 STREAM(1, 2, 2, 1), .is_long = 1},
	{DIES("dies-many-deep", 1, bereaved_many, scene_many_consumer),
	 STREAM(2, 2, 4, 1), .stream.ordinary = 1, .is_long = 1},
	{DIES("dies-two-more", 1, bereaved_producer, scene_consumer),
	 STREAM(1, 1, 2, 2), .is_long = 1},
	{KILLED("killed-ring2-long", 3), STREAM(2, 2, 2, 1), .is_long = 1},
	{KILLED("killed-ring1-long", 2), STREAM(1, 1, 2, 1), .is_long = 1},
	{.name = NULL},
};
