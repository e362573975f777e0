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

static void killed(uint32_t slots, uint32_t packets, uint32_t total)
{
	rig_build(&(struct rig_options){.ring_slots = slots,
					.packets = packets,
					.total = total,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", scene_producer, NULL);
	scene_add_consumers(surviving_consumer);
	mc_thread("monitor", monitor, NULL);
}

static void killed_one(void)
{
	killed(1, 1, 1);
}

static void killed_ring1(void)
{
	killed(1, 1, 2);
}

static void killed_ring2(void)
{
	killed(2, 2, 2);
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

/* The first consumer is the one that dies. */
static void bereave(const struct rig_options *options, void (*send_all)(void *),
		    void (*take_all)(void *))
{
	rig_build(options);
	(void)dsi__producer_look(rig.plane); /* admitted */
	mc_thread("producer", send_all, NULL);
	scene_add_consumers(take_all);
	mc_thread("monitor", undertaker, NULL);
}

static void dies(uint32_t slots, uint32_t packets, uint32_t total,
		 uint32_t readers)
{
	bereave(&(struct rig_options){.ring_slots = slots,
				      .packets = packets,
				      .total = total,
				      .readers = readers,
				      .wait_for = readers},
		bereaved_producer, scene_consumer);
}

/* Takes one, and ends. */
static void single_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt = scene_get(reader->socket);

	scene_check_packet(pkt, 0);
	mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
}

/* The least there can be: the producer waits for its only packet. */
static void dies_one(void)
{
	bereave(&(struct rig_options){.ring_slots = 1,
				      .packets = 1,
				      .total = 2,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_producer, single_consumer);
}

/* The producer waits for the one packet, which the dead may have. */
static void dies_packet1(void)
{
	dies(2, 1, 2, 1);
}

/* It waits for the one descriptor, which the dead may not have taken. */
static void dies_ring1(void)
{
	dies(1, 2, 2, 1);
}

static void dies_ring2(void)
{
	dies(2, 2, 3, 1);
}

/* Another one has the same packets. */
static void dies_two(void)
{
	dies(1, 1, 1, 2);
}

static void dies_two_more(void)
{
	dies(1, 1, 2, 2);
}

/* The wake-up that a commit owes it is still due. */
static void dies_owed(void)
{
	bereave(&(struct rig_options){.ring_slots = 1,
				      .packets = 1,
				      .total = 2,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_joined, single_consumer);
}

static void dies_bell(void)
{
	bereave(&(struct rig_options){.ring_slots = 1,
				      .packets = 1,
				      .total = 2,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_loop, blind_consumer);
	atomic_init(&rig.plane->bells, rig_loop_of(0));
}

/* It has a packet while it waits for the next. */
static void dies_holding(void)
{
	bereave(&(struct rig_options){.ring_slots = 1,
				      .packets = 2,
				      .total = 2,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_producer, scene_holding_consumer);
}

static void dies_many(void)
{
	bereave(&(struct rig_options){.ring_slots = 2,
				      .packets = 2,
				      .total = 4,
				      .ordinary = 1,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_many, scene_many_consumer);
}

static void dies_drop(void)
{
	bereave(&(struct rig_options){.ring_slots = 1,
				      .packets = 3,
				      .policy = DSI_POLICY_DROP_NEW,
				      .quota = 1,
				      .total = 2,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_dropper, scene_dropping_consumer);
}

static void dies_selected(void)
{
	bereave(&(struct rig_options){.ring_slots = 1,
				      .packets = 1,
				      .total = 2,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_selector, blind_consumer);
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

static void dies_joining(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.total = 2,
					.readers = 1,
					.join_late = 1});
	mc_thread("producer", bereaved_producer, NULL);
	scene_add_consumers(passing_consumer);
	mc_thread("monitor", admitter, NULL);
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

const struct scene scene_death[] = {
	{{.name = "killed-one",
	  .set_up = killed_one,
	  .end = check_drained,
	  .kill = 1},
	 0,
	 ALL},
	{{.name = "killed-ring1",
	  .set_up = killed_ring1,
	  .end = check_drained,
	  .kill = 1},
	 0,
	 1},
	{{.name = "killed-ring2",
	  .set_up = killed_ring2,
	  .end = check_drained,
	  .kill = 1},
	 0,
	 2},
	{{.name = "dies-one",
	  .set_up = dies_one,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 ALL},
	{{.name = "dies-packet1",
	  .set_up = dies_packet1,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 1},
	{{.name = "dies-ring1",
	  .set_up = dies_ring1,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 0},
	{{.name = "dies-ring2",
	  .set_up = dies_ring2,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 0},
	{{.name = "dies-holding",
	  .set_up = dies_holding,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 1},
	{{.name = "dies-bell",
	  .set_up = dies_bell,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 1},
	{{.name = "dies-owed",
	  .set_up = dies_owed,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 1},
	{{.name = "dies-two",
	  .set_up = dies_two,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 0},
	{{.name = "dies-many",
	  .set_up = dies_many,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 0},
	{{.name = "dies-drop-new",
	  .set_up = dies_drop,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 1},
	{{.name = "dies-selected",
	  .set_up = dies_selected,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 1},
	{{.name = "dies-joining",
	  .set_up = dies_joining,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 0,
	 2},
	{{.name = "dies-packet1-all",
	  .set_up = dies_packet1,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 1,
	 ALL},
	{{.name = "dies-two-deep",
	  .set_up = dies_two,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 1,
	 1},
	{{.name = "dies-ring2-deep",
	  .set_up = dies_ring2,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 1,
	 1},
	{{.name = "dies-ring1-deep",
	  .set_up = dies_ring1,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 1,
	 1},
	{{.name = "dies-many-deep",
	  .set_up = dies_many,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 1,
	 1},
	{{.name = "dies-two-more",
	  .set_up = dies_two_more,
	  .end = check_returned,
	  .victim = 1,
	  .kill = 1},
	 1,
	 1},
	{{.name = "killed-ring2-long",
	  .set_up = killed_ring2,
	  .end = check_drained,
	  .kill = 1},
	 1,
	 3},
	{{.name = "killed-ring1-long",
	  .set_up = killed_ring1,
	  .end = check_drained,
	  .kill = 1},
	 1,
	 2},
	{{.name = NULL}, 0, 0},
};
