/* SPDX-License-Identifier: MIT */
/*
 * scenarios.c - the shipped data plane under the explorer.
 *
 * Each scenario is a few packets through the real producer.c, consumer.c,
 * data_plane.c, packet.c and select.c, and what must hold whatever the
 * threads do: every wait ends, data arrives whole, once and in order.
 *
 *   scenarios                 all of the default set
 *   scenarios --long          the long set
 *   scenarios NAME...         only these
 *   --bound N                 at most N preemptions instead of all orders
 *   --seconds S               for each scenario; not done by then is a failure
 *   --brief                   no schedule of a failure
 *   --save FILE               write the schedule of a failure
 *   --replay FILE NAME        run it again
 *   --list                    names
 * Exit status: 0 all hold, 1 one fails, 2 not finished or not possible.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsi/usual_consumer.h"
#include "rig.h"

/* ---- threads that several scenarios use --------------------------------------- */

static struct dsi_packet *get(struct dsi_socket *sock)
{
	struct dsi_packet *pkt = NULL;
	int err = dsi_packet_get(sock, DSI_FOREVER, &pkt);

	mc_check(err == 0, "get() without limit fails");
	return pkt;
}

static uint64_t *payload(const struct dsi_packet *pkt)
{
	void *data = NULL;
	uint32_t size = 0;

	mc_check(dsi_packet_data(pkt, 0, &data, &size) == 0, "packet is empty");
	mc_check(size == RIG_PAYLOAD * sizeof(uint64_t), "packet has its size");
	return data;
}

/* What a packet carries. */
static uint64_t content(uint64_t number)
{
	return 1000 + number;
}

static void send(uint64_t number, uint32_t flags)
{
	struct dsi_packet *pkt = get(rig.socket);
	uint64_t *data = payload(pkt);

	for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
		data[i] = content(number);
	mc_check(dsi_packet_set_flags(pkt, flags) == 0, "flags");
	mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
}

static void producer(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < rig.options.total; i++)
		send(i, i + 1u == rig.options.total ? DSI_PACKET_EOS : 0);
}

static void check_packet(const struct dsi_packet *pkt, uint64_t number)
{
	const uint64_t *data = payload(pkt);

	mc_check(dsi_packet_number(pkt) == number, "packet is out of order");
	for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
		mc_check(data[i] == content(number), "data is wrong");
}

/* Takes all packets, in order. */
static void consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkt = get(reader->socket);

		check_packet(pkt, i);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

static void add_consumers(void (*run)(void *))
{
	static const char *const names[RIG_READERS] = {"consumer", "consumer2"};

	for (uint32_t i = 0; i < rig.options.readers; i++)
		mc_thread(names[i], run, &rig.readers[i]);
}

/* ---- BLOCK: nothing is lost, both sides sleep ----------------------------------- */

static void block(uint32_t slots, uint32_t packets, uint32_t total,
		  uint32_t readers)
{
	rig_build(&(struct rig_options){.ring_slots = slots,
					.packets = packets,
					.total = total,
					.readers = readers,
					.wait_for = readers});
	mc_thread("producer", producer, NULL);
	add_consumers(consumer);
}

static void block_ring1(void)
{
	block(1, 2, 2, 1);
}

static void block_packet1(void)
{
	block(2, 1, 2, 1);
}

static void block_ring2(void)
{
	block(2, 2, 2, 1);
}

static void block_ring1_long(void)
{
	block(1, 2, 3, 1);
}

static void block_packet1_long(void)
{
	block(2, 1, 3, 1);
}

static void block_ring2_long(void)
{
	block(2, 2, 3, 1);
}

static void block_two(void)
{
	block(1, 1, 1, 2);
}

static void block_two_long(void)
{
	block(1, 1, 2, 2);
}

/* Both ends hand on and take the next in one call. */
static void joined_producer(void *arg)
{
	struct dsi_packet *pkt = get(rig.socket);

	(void)arg;
	for (uint64_t i = 0; i < rig.options.total; i++) {
		uint64_t *data = payload(pkt);
		int last = i + 1u == rig.options.total;

		for (uint32_t k = 0; k < RIG_PAYLOAD; k++)
			data[k] = content(i);
		mc_check((last ? dsi_packet_commit(rig.socket, pkt)
			       : dsi_packet_commit_get(rig.socket, pkt,
						       DSI_FOREVER, &pkt)) == 0,
			 "commit and get fails");
	}
}

static void joined_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt = get(reader->socket);

	for (uint64_t i = 0; i < rig.options.total; i++) {
		int last = i + 1u == rig.options.total;

		check_packet(pkt, i);
		mc_check((last ? dsi_packet_commit(reader->socket, pkt)
			       : dsi_packet_commit_get(reader->socket, pkt,
						       DSI_FOREVER, &pkt)) == 0,
			 "commit and get fails");
	}
}

static void commit_get(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.total = 2,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", joined_producer, NULL);
	add_consumers(joined_consumer);
}

/* Likewise with a consumer that is off the usual way, so that it sleeps as those
 * do. */
static void commit_get_timed(void)
{
	commit_get();
	rig.readers[0].plane->as.consumer.apart = DSI_CONSUMER_TIME_HOLD;
}

/* The consumer keeps a packet while it gets the next (see consumer.h: when
 * the producer learns of it). */
static void holding_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *held = NULL;

	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkt = get(reader->socket);

		check_packet(pkt, i);
		if (held)
			mc_check(dsi_packet_commit(reader->socket, held) == 0,
				 "commit");
		held = pkt;
	}
}

static void block_holding(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 2,
					.total = 2,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", producer, NULL);
	add_consumers(holding_consumer);
}

/* The second packet is back before the descriptor of the first is free; the
 * first is held while the third is waited for. */
static void early_consumer(void *arg)
{
	struct dsi_socket *socket = ((struct rig_reader *)arg)->socket;
	struct dsi_packet *pkt = NULL, *first;

	mc_check(dsi_packet_get_nr(socket, 1, DSI_FOREVER, &pkt) == 0,
		 "get_nr() without limit fails");
	check_packet(pkt, 1);
	mc_check(dsi_packet_commit(socket, pkt) == 0, "commit");
	first = get(socket);
	check_packet(first, 0);
	pkt = get(socket);
	check_packet(pkt, 2);
	mc_check(dsi_packet_commit(socket, first) == 0, "commit");
	mc_check(dsi_packet_commit(socket, pkt) == 0, "commit");
}

static void block_early(void)
{
	rig_build(&(struct rig_options){.ring_slots = 2,
					.packets = 2,
					.total = 3,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", producer, NULL);
	add_consumers(early_consumer);
}

/* With a deadline: either a packet or -DSI_ETIMEDOUT, and it may be tried
 * again. */
static void hasty_consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0; i < rig.options.total;) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(reader->socket, 2, &pkt);

		if (err == -DSI_ETIMEDOUT)
			continue;
		mc_check(err == 0, "get() with a deadline fails");
		check_packet(pkt, i++);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

static void deadline(void)
{
	rig_build(&(struct rig_options){.ring_slots = 2,
					.packets = 2,
					.total = 2,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", producer, NULL);
	add_consumers(hasty_consumer);
}

/* ---- the bell: an event loop waits, not the library ------------------------------ */

static void loop_consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0; i < rig.options.total;) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(reader->socket, 0, &pkt);

		if (err == -DSI_EAGAIN) {
			mc_bell_wait(1);
			continue;
		}
		mc_check(err == 0, "get() without waiting fails");
		check_packet(pkt, i++);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

static void bell(uint32_t slots, uint32_t total)
{
	rig_build(&(struct rig_options){.ring_slots = slots,
					.packets = slots,
					.total = total,
					.readers = 1,
					.wait_for = 1});
	atomic_init(&rig.readers[0].plane->bells, rig_loop_of(1));
	mc_thread("producer", producer, NULL);
	add_consumers(loop_consumer);
}

static void bell_ring1(void)
{
	bell(1, 2);
}

static void bell_ring2(void)
{
	bell(2, 3);
}

/* ---- DROP_NEW: the producer never waits for it, and says what is missing ---------- */

static void dropping_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint64_t next = 0;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		struct dsi_packet *pkt = get(reader->socket);
		uint64_t number = dsi_packet_number(pkt);

		flags = dsi_packet_flags(pkt);
		mc_check(number >= next, "packet is out of order");
		check_packet(pkt, number);
		mc_check((number > next) ==
				 !!(flags & DSI_PACKET_DROPPED_BEFORE),
			 "a gap and its mark do not match");
		next = number + 1u;
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
	mc_check(next == rig.options.total, "the end is missing");
}

static void drop(uint32_t total)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 3,
					.policy = DSI_POLICY_DROP_NEW,
					.quota = 1,
					.total = total,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", producer, NULL);
	add_consumers(dropping_consumer);
}

static void drop_new(void)
{
	drop(3);
}

static void drop_new_long(void)
{
	drop(4);
}

/* ---- RECLAIM: overwritten under the reader, who must notice ------------------------- */

/* Payload that is read while it may be written: relaxed atomics stand for
 * the application's plain accesses, which would be a race by intention. */
static void overwriting_producer(void *arg)
{
	(void)arg;
	for (uint64_t number = 0; number < rig.options.total; number++) {
		struct dsi_packet *pkt = get(rig.socket);
		_Atomic uint64_t *data =
			(_Atomic uint64_t *)(void *)payload(pkt);

		for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
			atomic_store_explicit(&data[i], content(number),
					      memory_order_relaxed);
		if (rig.options.numbered)
			mc_check(!dsi_packet_set_number(pkt, 7 * number),
				 "number");
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
}

/* Nothing is in flight, and the packet free for longest is taken first, so
 * the number decides where the data lies. */
static uint64_t *place_of(uint64_t number)
{
	uint64_t packets = rig.options.packets;

	return rig.data + (packets - 1u - number % packets) * RIG_PAYLOAD;
}

static void reclaim_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint64_t factor = rig.options.numbered ? 7 : 1;
	uint64_t next = 0;

	while (next < rig.options.total) {
		struct dsi_packet *pkt = get(reader->socket);
		uint64_t number = dsi_packet_number(pkt) / factor;
		_Atomic uint64_t *data =
			(_Atomic uint64_t *)(void *)payload(pkt);
		int right = 1;

		mc_check(dsi_packet_number(pkt) % factor == 0,
			 "number is torn");
		mc_check(number >= next, "packet is out of order");
		mc_check(payload(pkt) == place_of(number),
			 "a descriptor is mixed of two packets");
		for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
			right &= atomic_load_explicit(&data[i],
						      memory_order_relaxed) ==
				 content(number);
		if (dsi_packet_valid(pkt) == 1)
			mc_check(right, "valid, but the data is not whole");
		next = number + 1u;
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

static void reclaim(uint32_t slots, uint32_t packets, uint32_t total,
		    uint32_t numbered)
{
	rig_build(&(struct rig_options){.ring_slots = slots,
					.packets = packets,
					.policy = DSI_POLICY_RECLAIM,
					.total = total,
					.numbered = numbered,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", overwriting_producer, NULL);
	add_consumers(reclaim_consumer);
}

/* The smallest stream there can be: its only packet is always new. */
static void reclaim_one(void)
{
	reclaim(1, 1, 2, 0);
}

/* More packets than slots: a slot's fields change with each lap. */
static void reclaim_ring(void)
{
	reclaim(2, 3, 3, 1);
}

/* Likewise, and the descriptor says all: what consumer.c takes first. */
static void reclaim_ordinary(void)
{
	reclaim(2, 3, 3, 0);
}

static void reclaim_both(void)
{
	reclaim(2, 2, 3, 0);
}

static void reclaim_long(void)
{
	reclaim(2, 2, 4, 0);
}

/* ---- joining and leaving while packets flow -------------------------------------------- */

static void leave(uint32_t reader)
{
	struct rig_reader *r = &rig.readers[reader];

	if (!dsi__producer_leave(rig.plane, r->peer))
		while (!dsi__producer_left(r->peer))
			mc_poll();
	mc_unmap(r->page, r->page_bytes, 0);
	mc_unmap(r->signal_page, r->signal_bytes, 0);
	dsi__producer_vacate(r->peer);
}

static void finish(void)
{
	/* release: the scenario's own word. */
	atomic_store_explicit(rig.over, 1, memory_order_release);
}

/* A consumer that never takes anything comes, and leaves again. */
static void control_visit(void *arg)
{
	(void)arg;
	rig_set_up_peer(0);
	dsi__producer_join(rig.plane, rig.readers[0].peer);
	leave(0);
	finish();
}

/* The producer goes on taking notice, as one does that waits in select(). */
static void attentive_producer(void *arg)
{
	producer(arg);
	/* acquire: the scenario's own word. */
	while (!atomic_load_explicit(rig.over, memory_order_acquire)) {
		(void)dsi__producer_drained(rig.plane);
		mc_poll();
	}
}

static void visit(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.total = 2,
					.readers = 1,
					.join_late = 1});
	mc_thread("producer", attentive_producer, NULL);
	mc_thread("control", control_visit, NULL);
}

/* Two come: the second while the producer looks at the first. */
static void control_two_visit(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < 2; i++) {
		rig_set_up_peer(i);
		dsi__producer_join(rig.plane, rig.readers[i].peer);
	}
	leave(0);
	leave(1);
	finish();
}

static void two_visit(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.policy = DSI_POLICY_RECLAIM,
					.total = 1,
					.readers = 2,
					.join_late = 1});
	mc_thread("producer", attentive_producer, NULL);
	mc_thread("control", control_two_visit, NULL);
}

/* Two consumers that take nothing leave, one after the other. */
static void control_two_leave(void *arg)
{
	(void)arg;
	leave(0);
	leave(1);
	finish();
}

static void two_leave(void)
{
	rig_build(&(struct rig_options){
		.ring_slots = 1, .packets = 2, .total = 2, .readers = 2});
	mc_thread("producer", attentive_producer, NULL);
	mc_thread("control", control_two_leave, NULL);
}

/* A consumer comes while the producer runs, and gets the rest. */
static void late_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint32_t flags = 0;
	uint64_t next = 0;

	rig_set_up_peer(0);
	dsi__producer_join(rig.plane, reader->peer);
	while (!(flags & DSI_PACKET_EOS)) {
		struct dsi_packet *pkt = get(reader->socket);
		uint64_t number = dsi_packet_number(pkt);

		mc_check(next == 0 || number == next, "packet is out of order");
		check_packet(pkt, number);
		next = number + 1u;
		flags = dsi_packet_flags(pkt);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

/* Sends the last packet only when somebody is there. */
static void late_producer(void *arg)
{
	(void)arg;
	send(0, 0);
	while ((void)dsi__producer_look(rig.plane),
	       !rig.plane->as.producer.joined)
		mc_poll();
	send(1, DSI_PACKET_EOS);
}

static void join_late(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.total = 2,
					.readers = 1,
					.join_late = 1});
	mc_thread("producer", late_producer, NULL);
	add_consumers(late_consumer);
}

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
		check_packet(pkt, i);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
	mc_check(*rig.plain == 1, "the reason is not seen");
}

/* After every execution: nobody was taken for a liar. */
static void check_honest(void)
{
	uint32_t index = 0;

	while (DSI_EVENT_ERROR >> (index + 1u))
		index++;
	mc_check(atomic_load(&rig.plane->event_counts[index]) == 0,
		 "the producer says that a consumer lied");
	for (uint32_t i = 0; i < rig.options.readers; i++)
		mc_check(atomic_load(
				 &rig.readers[i].plane->event_counts[index]) ==
				 0,
			 "a consumer says that the producer lied");
}

/* In the memory as it is in the end nothing more is committed. */
static void check_drained(void)
{
	const struct dsi_consumer *c = &rig.readers[0].plane->as.consumer;

	check_honest();
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
	mc_thread("producer", producer, NULL);
	add_consumers(surviving_consumer);
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

/* ---- flags and events from other threads ------------------------------------------------- */

static void aborter(void *arg)
{
	(void)arg;
	*rig.plain = 1;
	(void)dsi_packet_get_abort(rig.readers[0].socket);
}

static void aborted_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt;

	mc_check(dsi_packet_get(reader->socket, DSI_FOREVER, &pkt) ==
			 -DSI_ECANCELED,
		 "get() was not cancelled");
	mc_check(*rig.plain == 1, "the reason is not seen");
}

static void cancel(void)
{
	rig_build(&(struct rig_options){
		.ring_slots = 1, .packets = 1, .readers = 1, .join_late = 1});
	add_consumers(aborted_consumer);
	mc_thread("aborter", aborter, NULL);
}

static void raiser(void *arg)
{
	(void)arg;
	(void)dsi_socket_raise(rig.readers[0].socket, 0x10000u);
}

static void selector(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_event_source source = {.socket = reader->socket,
					  .mask = DSI_EVENT_USER};

	mc_check(dsi_select(&source, 1, DSI_FOREVER) == 1, "select() fails");
	mc_check(source.events == 0x10000u, "not the event that was raised");
}

static void event(void)
{
	rig_build(&(struct rig_options){
		.ring_slots = 1, .packets = 1, .readers = 1, .join_late = 1});
	add_consumers(selector);
	mc_thread("raiser", raiser, NULL);
}

/* select() for data, then get(). */
static void data_selector(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_event_source source = {.socket = reader->socket,
					  .mask = DSI_EVENT_DATA};

	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkt = NULL;

		mc_check(dsi_select(&source, 1, DSI_FOREVER) == 1,
			 "select() fails");
		mc_check(dsi_packet_get(reader->socket, 0, &pkt) == 0,
			 "select() said that there is data");
		check_packet(pkt, i);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

static void select_data(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.total = 2,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", producer, NULL);
	add_consumers(data_selector);
}

/* ---- batches ----------------------------------------------------------------------------- */

static void fill_for(struct dsi_packet *pkt, uint64_t number)
{
	uint64_t *data = payload(pkt);
	uint32_t flags = number + 1u == rig.options.total ? DSI_PACKET_EOS : 0;

	for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
		data[i] = content(number);
	if (!rig.options.ordinary)
		mc_check(dsi_packet_set_flags(pkt, flags) == 0, "flags");
}

static void many_producer(void *arg)
{
	uint64_t at = 0;

	(void)arg;
	while (at < rig.options.total) {
		struct dsi_packet *pkts[2];
		uint32_t left = (uint32_t)(rig.options.total - at);
		int32_t n = dsi_packet_get_many(rig.socket, DSI_FOREVER, pkts,
						left < 2 ? left : 2);

		mc_check(n > 0, "get_many() without limit fails");
		for (int32_t k = 0; k < n; k++)
			fill_for(pkts[k], at++);
		mc_check(dsi_packet_commit_many(rig.socket, pkts,
						(uint32_t)n) == 0,
			 "commit_many");
	}
}

static void many_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint64_t at = 0;

	while (at < rig.options.total) {
		struct dsi_packet *pkts[2];
		int32_t n = dsi_packet_get_many(reader->socket, DSI_FOREVER,
						pkts, 2);

		mc_check(n > 0, "get_many() without limit fails");
		for (int32_t k = 0; k < n; k++)
			check_packet(pkts[k], at++);
		mc_check(dsi_packet_commit_many(reader->socket, pkts,
						(uint32_t)n) == 0,
			 "commit_many");
	}
}

static void many(uint32_t slots, uint32_t packets, uint32_t total,
		 uint32_t readers)
{
	rig_build(&(struct rig_options){.ring_slots = slots,
					.packets = packets,
					.total = total,
					.readers = readers,
					.wait_for = readers});
	mc_thread("producer", many_producer, NULL);
	add_consumers(many_consumer);
}

static void many_both(void)
{
	many(2, 2, 3, 1);
}

static void many_ring1(void)
{
	many(1, 2, 2, 1);
}

static void many_packet1(void)
{
	many(2, 1, 2, 1);
}

static void many_two(void)
{
	many(2, 2, 2, 2);
}

/* Likewise, and all goes the usual way (usual_producer.h, usual_consumer.h) from
 * the second get on. */
static void many_ordinary(uint32_t slots, uint32_t packets, uint32_t total)
{
	rig_build(&(struct rig_options){.ring_slots = slots,
					.packets = packets,
					.total = total,
					.ordinary = 1,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", many_producer, NULL);
	add_consumers(many_consumer);
}

static void many_usual(void)
{
	many_ordinary(2, 2, 4);
}

static void many_usual_ring1(void)
{
	many_ordinary(1, 1, 3);
}

/* Three packets in a ring of two: batches cross its end. */
static void many_usual_wraps(void)
{
	many_ordinary(2, 3, 5);
}

/* Asks for two and gets the one there is.  The producer, which may sleep
 * because the ring was full, must go on without any further call. */
static void short_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkts[2];

	mc_check(dsi_packet_get_many(reader->socket, DSI_FOREVER, pkts, 2) == 1,
		 "the ring has one place");
	check_packet(pkts[0], 0);
	/* acquire: the scenario's own word. */
	while (!atomic_load_explicit(rig.over, memory_order_acquire))
		mc_poll();
	mc_check(dsi_packet_commit(reader->socket, pkts[0]) == 0, "commit");
}

static void finishing_producer(void *arg)
{
	producer(arg);
	finish();
}

static void many_short(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 2,
					.total = 2,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", finishing_producer, NULL);
	add_consumers(short_consumer);
}

/* A packet lends its slot to another one, which came back from all consumers
 * but one, and that one leaves.  The lender, committed then, may not be free
 * before the other consumer has given it back.  One thread, step by step. */
static void lending(void *arg)
{
	struct rig_reader *reader = &rig.readers[0];
	struct dsi_packet *borrower, *owner, *pkts[3];

	(void)arg;
	borrower = get(rig.socket);
	owner = get(rig.socket);
	fill_for(borrower, 0);
	fill_for(owner, 1);
	mc_check(dsi_packet_add_shared(borrower, owner, 0, 8) == 0, "share");
	mc_check(dsi_packet_commit(rig.socket, borrower) == 0, "commit");
	check_packet(pkts[0] = get(reader->socket), 0);
	mc_check(dsi_packet_commit(reader->socket, pkts[0]) == 0, "commit");
	mc_check(dsi__producer_drained(rig.plane) != 0, "one has it still");
	(void)dsi__producer_leave(rig.plane, rig.readers[1].peer);
	mc_check(dsi_packet_commit(rig.socket, owner) == 0, "commit");
	mc_check(dsi_packet_get_many(rig.socket, 0, pkts, 3) == 1,
		 "a packet is lost, or free too early");
	check_packet(pkts[1] = get(reader->socket), 1);
	mc_check(dsi_packet_commit(reader->socket, pkts[1]) == 0, "commit");
	mc_check(dsi_packet_get_many(rig.socket, 0, pkts + 1, 2) == 1,
		 "a packet is lost, or free twice");
	mc_check(pkts[0] == borrower && pkts[1] == owner, "each once");
}

static void lender(void)
{
	rig_build(&(struct rig_options){.ring_slots = 4,
					.packets = 2,
					.max_sg = 2,
					.total = 2,
					.readers = 2,
					.wait_for = 2});
	mc_thread("all", lending, NULL);
}

/* ---- death of a consumer --------------------------------------------------------------- */

/* What the monitor does for a consumer whose connection has ended: see
 * handshake_producer.c, parted() and dsi__producer_reap(). */
static void undertaker(void *arg)
{
	(void)arg;
	mc_await_death();
	dsi__plane_raise(rig.plane, DSI_EVENT_PEER_GONE, 1);
	leave(0);
	finish();
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
		struct dsi_packet *pkt = get(rig.socket);
		uint64_t *data = payload(pkt);

		for (uint32_t k = 0; k < RIG_PAYLOAD; k++)
			data[k] = content(i);
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
	attend();
}

static void bereaved_dropper(void *arg)
{
	producer(arg);
	attend();
}

static void bereaved_many(void *arg)
{
	many_producer(arg);
	attend();
}

static void bereaved_joined(void *arg)
{
	joined_producer(arg);
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
		payload(pkt)[0] = content(i++);
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
	attend();
}

/* Waits for the news itself, and then has all its packets. */
static void bereaved_selector(void *arg)
{
	struct dsi_event_source source = {.socket = rig.socket,
					  .mask = DSI_EVENT_PEER_GONE};
	struct dsi_packet *pkt = get(rig.socket);

	(void)arg;
	mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	mc_check(dsi_select(&source, 1, DSI_FOREVER) == 1, "select() fails");
	mc_check(source.events == DSI_EVENT_PEER_GONE, "not that event");
	pkt = get(rig.socket);
	mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	attend();
}

/* Looks at no payload, for a producer that writes none, and ends before the
 * last packet. */
static void blind_consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0; i + 1u < rig.options.total; i++) {
		struct dsi_packet *pkt = get(reader->socket);

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
	add_consumers(take_all);
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
		bereaved_producer, consumer);
}

/* Takes one, and ends. */
static void single_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt = get(reader->socket);

	check_packet(pkt, 0);
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
		bereaved_producer, holding_consumer);
}

static void dies_many(void)
{
	bereave(&(struct rig_options){.ring_slots = 2,
				      .packets = 2,
				      .total = 4,
				      .ordinary = 1,
				      .readers = 1,
				      .wait_for = 1},
		bereaved_many, many_consumer);
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
		bereaved_dropper, dropping_consumer);
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
	add_consumers(passing_consumer);
	mc_thread("monitor", admitter, NULL);
}

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
			payload(pkt)[k] = content(i);
		i++;
		mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
	}
}

static void deadline_space(void)
{
	rig_build(&(struct rig_options){.ring_slots = 1,
					.packets = 1,
					.total = 2,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", hasty_producer, NULL);
	add_consumers(consumer);
}

/* More packets than the return ring has places, and some are never returned in
 * order: it wraps while the producer takes. */
static void usual_wraps_returns(void)
{
	rig_build(&(struct rig_options){.ring_slots = 2,
					.packets = 2,
					.total = 5,
					.ordinary = 1,
					.readers = 1,
					.wait_for = 1});
	mc_thread("producer", many_producer, NULL);
	add_consumers(many_consumer);
}

enum lie { LIE_MORE, LIE_BACK, LIE_TWICE, LIE_TOKEN, LIE_TAKEN };
static enum lie lie;

/* Takes one, and says something else of it. */
static void liar(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_consumer *c = &reader->plane->as.consumer;
	struct dsi_packet *pkt = get(reader->socket);
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
	(void)dsi__consumer_tell(reader->plane);
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

static void lied_to(enum lie what)
{
	lie = what;
	rig_build(&(struct rig_options){.ring_slots = 2,
					.packets = 2,
					.total = 3,
					.readers = 1,
					.wait_for = 1});
	(void)dsi__producer_look(rig.plane); /* admitted */
	mc_thread("producer", lied_to_producer, NULL);
	add_consumers(liar);
}

static void lie_more(void)
{
	lied_to(LIE_MORE);
}

static void lie_back(void)
{
	lied_to(LIE_BACK);
}

static void lie_twice(void)
{
	lied_to(LIE_TWICE);
}

static void lie_token(void)
{
	lied_to(LIE_TOKEN);
}

static void lie_taken(void)
{
	lied_to(LIE_TAKEN);
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

static uint64_t told(const _Atomic uint64_t *count)
{
	return atomic_load(count);
}

/* Nobody has a packet any more, and each came back once. */
static void check_returned(void)
{
	const struct dsi_packet_table *table = &rig.plane->table;
	uint32_t seen = 0;

	check_honest();
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

/* ---- running ----------------------------------------------------------------------------------- */

struct entry {
	struct mc_scenario scenario;
	int is_long;
	int bound; /* most preemptions, or -1: all orders */
};

#define ALL (-1)

static const struct entry entries[] = {
	{{.name = "many", .set_up = many_both, .end = check_honest}, 0, 2},
	{{.name = "many-ring1", .set_up = many_ring1, .end = check_honest},
	 0,
	 ALL},
	{{.name = "many-packet1", .set_up = many_packet1, .end = check_honest},
	 0,
	 ALL},
	{{.name = "many-two", .set_up = many_two, .end = check_honest}, 0, 1},
	{{.name = "many-usual", .set_up = many_usual, .end = check_honest},
	 0,
	 2},
	{{.name = "many-usual-ring1",
	  .set_up = many_usual_ring1,
	  .end = check_honest},
	 0,
	 2},
	{{.name = "many-usual-wraps",
	  .set_up = many_usual_wraps,
	  .end = check_honest},
	 0,
	 1},
	{{.name = "many-short", .set_up = many_short, .end = check_honest},
	 0,
	 ALL},
	{{.name = "lender", .set_up = lender, .end = check_honest}, 0, ALL},
	{{.name = "event", .set_up = event, .end = check_honest}, 0, ALL},
	{{.name = "cancel", .set_up = cancel, .end = check_honest}, 0, ALL},
	{{.name = "block-ring1", .set_up = block_ring1, .end = check_honest},
	 0,
	 ALL},
	{{.name = "block-packet1",
	  .set_up = block_packet1,
	  .end = check_honest},
	 0,
	 ALL},
	{{.name = "block-ring2", .set_up = block_ring2, .end = check_honest},
	 0,
	 ALL},
	{{.name = "commit-get", .set_up = commit_get, .end = check_honest},
	 0,
	 ALL},
	{{.name = "commit-get-timed",
	  .set_up = commit_get_timed,
	  .end = check_honest},
	 0,
	 ALL},
	{{.name = "block-holding",
	  .set_up = block_holding,
	  .end = check_honest},
	 0,
	 ALL},
	{{.name = "block-early", .set_up = block_early, .end = check_honest},
	 0,
	 2},
	{{.name = "block-two", .set_up = block_two, .end = check_honest}, 0, 2},
	{{.name = "spurious",
	  .set_up = block_ring2,
	  .end = check_honest,
	  .spurious = 1},
	 0,
	 ALL},
	{{.name = "deadline",
	  .set_up = deadline,
	  .end = check_honest,
	  .timeouts = 1},
	 0,
	 ALL},
	{{.name = "select-data", .set_up = select_data, .end = check_honest},
	 0,
	 ALL},
	{{.name = "bell", .set_up = bell_ring1, .end = check_honest}, 0, ALL},
	{{.name = "drop-new", .set_up = drop_new, .end = check_honest}, 0, ALL},
	{{.name = "reclaim-one", .set_up = reclaim_one, .end = check_honest},
	 0,
	 ALL},
	{{.name = "reclaim-ring", .set_up = reclaim_ring, .end = check_honest},
	 0,
	 ALL},
	{{.name = "reclaim-ordinary",
	  .set_up = reclaim_ordinary,
	  .end = check_honest},
	 0,
	 ALL},
	{{.name = "reclaim", .set_up = reclaim_both, .end = check_honest},
	 0,
	 ALL},
	{{.name = "join-late", .set_up = join_late, .end = check_honest},
	 0,
	 ALL},
	{{.name = "visit", .set_up = visit, .end = check_honest}, 0, ALL},
	{{.name = "two-visit", .set_up = two_visit, .end = check_honest},
	 0,
	 ALL},
	{{.name = "two-leave", .set_up = two_leave, .end = check_honest},
	 0,
	 ALL},
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
	{{.name = "deadline-space",
	  .set_up = deadline_space,
	  .end = check_honest,
	  .timeouts = 1},
	 0,
	 1},
	{{.name = "many-usual-returns",
	  .set_up = usual_wraps_returns,
	  .end = check_honest},
	 0,
	 1},
	{{.name = "lie-more",
	  .set_up = lie_more,
	  .end = check_sane,
	  .timeouts = 1},
	 0,
	 2},
	{{.name = "lie-back",
	  .set_up = lie_back,
	  .end = check_sane,
	  .timeouts = 1},
	 0,
	 2},
	{{.name = "lie-twice",
	  .set_up = lie_twice,
	  .end = check_sane,
	  .timeouts = 1},
	 0,
	 2},
	{{.name = "lie-token",
	  .set_up = lie_token,
	  .end = check_sane,
	  .timeouts = 1},
	 0,
	 2},
	{{.name = "lie-taken",
	  .set_up = lie_taken,
	  .end = check_sane,
	  .timeouts = 1},
	 0,
	 2},
	{{.name = "many-long", .set_up = many_both, .end = check_honest},
	 1,
	 ALL},
	{{.name = "many-usual-deep", .set_up = many_usual, .end = check_honest},
	 1,
	 3},
	{{.name = "many-two-deep", .set_up = many_two, .end = check_honest},
	 1,
	 2},
	{{.name = "block-ring2-long",
	  .set_up = block_ring2_long,
	  .end = check_honest},
	 1,
	 ALL},
	{{.name = "bell-long", .set_up = bell_ring2, .end = check_honest},
	 1,
	 ALL},
	{{.name = "drop-new-long",
	  .set_up = drop_new_long,
	  .end = check_honest},
	 1,
	 ALL},
	{{.name = "reclaim-long", .set_up = reclaim_long, .end = check_honest},
	 1,
	 ALL},
	{{.name = "block-two-deep", .set_up = block_two, .end = check_honest},
	 1,
	 3},
	{{.name = "spurious-ring1",
	  .set_up = block_ring1,
	  .end = check_honest,
	  .spurious = 1},
	 1,
	 ALL},
	{{.name = "block-ring1-long",
	  .set_up = block_ring1_long,
	  .end = check_honest},
	 1,
	 3},
	{{.name = "block-packet1-long",
	  .set_up = block_packet1_long,
	  .end = check_honest},
	 1,
	 3},
	{{.name = "block-two-long",
	  .set_up = block_two_long,
	  .end = check_honest},
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
};

static struct {
	struct mc_options explorer;
	int is_long;
	int bound;
	int n_names;
	const char *names[64];
} options = {.bound = ALL};

static int is_wanted(const struct entry *entry)
{
	for (int i = 0; i < options.n_names; i++)
		if (!strcmp(options.names[i], entry->scenario.name))
			return 1;
	return !options.n_names && entry->is_long == options.is_long;
}

static int run(const struct entry *entry)
{
	static const char *const verdicts[] = {"holds", "FAILS", "NOT FINISHED",
					       "NOT POSSIBLE"};
	struct mc_options how = options.explorer;
	int bound = options.bound != ALL ? options.bound : entry->bound;
	struct mc_result result;

	if (bound != ALL) {
		how.bounded = 1;
		how.preemptions = (uint32_t)bound;
	}
	mc_explore(&entry->scenario, &how, &result);
	printf("%-18s %s: ", entry->scenario.name, verdicts[result.verdict]);
	if (bound == ALL)
		printf("all orders; ");
	else
		printf("at most %d preemptions; ", bound);
	printf("%llu executions, %llu states, %llu steps, %.2f s%s%s\n",
	       (unsigned long long)result.executions,
	       (unsigned long long)result.states,
	       (unsigned long long)result.steps, result.seconds,
	       *result.why ? ": " : "", result.why);
	fflush(stdout);
	if (result.verdict == MC_HOLDS)
		return 0;
	return result.verdict == MC_FAILS ? 1 : 2;
}

static void list(void)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		puts(entries[i].scenario.name);
}

static int parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--long"))
			options.is_long = 1;
		else if (!strcmp(argv[i], "--brief"))
			options.explorer.quiet = 1;
		else if (!strcmp(argv[i], "--bound") && ++i)
			options.bound = atoi(value);
		else if (!strcmp(argv[i], "--seconds") && ++i)
			options.explorer.seconds = atof(value);
		else if (!strcmp(argv[i], "--save") && ++i)
			options.explorer.save = value;
		else if (!strcmp(argv[i], "--replay") && ++i)
			options.explorer.replay = value;
		else if (argv[i][0] == '-' || options.n_names == 64)
			return -1;
		else
			options.names[options.n_names++] = argv[i];
	}
	return 0;
}

int main(int argc, char **argv)
{
	int worst = 0;
	int found = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	if (parse(argc, argv)) {
		fprintf(stderr, "usage: see scenarios.c\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		int status;

		if (!is_wanted(&entries[i]))
			continue;
		found++;
		status = run(&entries[i]);
		if (worst < status)
			worst = status;
	}
	if (options.n_names && found != options.n_names) {
		fprintf(stderr, "no such scenario\n");
		return 2;
	}
	return worst;
}
