/* SPDX-License-Identifier: MIT */
/*
 * scene_packets.c - scenarios in which everybody lives and is honest: each policy,
 * joining and leaving, flags and events, batches; and what other scenes share.
 */
#include <string.h>

#include "dsi/usual_consumer.h"
#include "scene.h"

/* ---- threads that several scenarios use --------------------------------------- */

struct dsi_packet *scene_get(struct dsi_socket *sock)
{
	struct dsi_packet *pkt = NULL;
	int err = dsi_packet_get(sock, DSI_FOREVER, &pkt);

	mc_check(err == 0, "get() without limit fails");
	return pkt;
}

uint64_t *scene_payload(const struct dsi_packet *pkt)
{
	void *data = NULL;
	uint32_t size = 0;

	mc_check(dsi_packet_data(pkt, 0, &data, &size) == 0, "packet is empty");
	mc_check(size == RIG_PAYLOAD * sizeof(uint64_t), "packet has its size");
	return data;
}

/* What a packet carries. */
uint64_t scene_content(uint64_t number)
{
	return 1000 + number;
}

static void send(uint64_t number, uint32_t flags)
{
	struct dsi_packet *pkt = scene_get(rig.socket);
	uint64_t *data = scene_payload(pkt);

	for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
		data[i] = scene_content(number);
	mc_check(dsi_packet_set_flags(pkt, flags) == 0, "flags");
	mc_check(dsi_packet_commit(rig.socket, pkt) == 0, "commit");
}

void scene_producer(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < rig.options.total; i++)
		send(i, i + 1u == rig.options.total ? DSI_PACKET_EOS : 0);
}

void scene_check_packet(const struct dsi_packet *pkt, uint64_t number)
{
	const uint64_t *data = scene_payload(pkt);

	mc_check(dsi_packet_number(pkt) == number, "packet is out of order");
	for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
		mc_check(data[i] == scene_content(number), "data is wrong");
}

/* Takes all packets, in order. */
void scene_consumer(void *arg)
{
	struct rig_reader *reader = arg;

	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkt = scene_get(reader->socket);

		scene_check_packet(pkt, i);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

/* After every execution: nobody was taken for a liar. */
void scene_check_honest(void)
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

/* ---- BLOCK: nothing is lost, both sides sleep ----------------------------------- */

/* Both ends hand on and take the next in one call. */
void scene_joined_producer(void *arg)
{
	struct dsi_packet *pkt = scene_get(rig.socket);

	(void)arg;
	for (uint64_t i = 0; i < rig.options.total; i++) {
		uint64_t *data = scene_payload(pkt);
		int last = i + 1u == rig.options.total;

		for (uint32_t k = 0; k < RIG_PAYLOAD; k++)
			data[k] = scene_content(i);
		mc_check((last ? dsi_packet_commit(rig.socket, pkt)
			       : dsi_packet_commit_get(rig.socket, pkt,
						       DSI_FOREVER, &pkt)) == 0,
			 "commit and get fails");
	}
}

static void joined_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkt = scene_get(reader->socket);

	for (uint64_t i = 0; i < rig.options.total; i++) {
		int last = i + 1u == rig.options.total;

		scene_check_packet(pkt, i);
		mc_check((last ? dsi_packet_commit(reader->socket, pkt)
			       : dsi_packet_commit_get(reader->socket, pkt,
						       DSI_FOREVER, &pkt)) == 0,
			 "commit and get fails");
	}
}

/* That consumer is off the usual way, so that it sleeps as those do. */
static void time_hold(void)
{
	rig.readers[0].plane->as.consumer.apart = DSI_CONSUMER_TIME_HOLD;
}

/* The consumer keeps a packet while it gets the next (see consumer.h: when
 * the producer learns of it). */
void scene_holding_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *held = NULL;

	for (uint64_t i = 0; i < rig.options.total; i++) {
		struct dsi_packet *pkt = scene_get(reader->socket);

		scene_check_packet(pkt, i);
		if (held)
			mc_check(dsi_packet_commit(reader->socket, held) == 0,
				 "commit");
		held = pkt;
	}
}

/* The second packet is back before the descriptor of the first is free; the
 * first is held while the third is waited for. */
static void early_consumer(void *arg)
{
	struct dsi_socket *socket = ((struct rig_reader *)arg)->socket;
	struct dsi_packet *pkt = NULL, *first;

	mc_check(dsi_packet_get_nr(socket, 1, DSI_FOREVER, &pkt) == 0,
		 "get_nr() without limit fails");
	scene_check_packet(pkt, 1);
	mc_check(dsi_packet_commit(socket, pkt) == 0, "commit");
	first = scene_get(socket);
	scene_check_packet(first, 0);
	pkt = scene_get(socket);
	scene_check_packet(pkt, 2);
	mc_check(dsi_packet_commit(socket, first) == 0, "commit");
	mc_check(dsi_packet_commit(socket, pkt) == 0, "commit");
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
		scene_check_packet(pkt, i++);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
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
		scene_check_packet(pkt, i++);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

static void hang_bell(void)
{
	atomic_init(&rig.readers[0].plane->bells, rig_loop_of(1));
}

/* ---- DROP_NEW: the producer never waits for it, and says what is missing ---------- */

void scene_dropping_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint64_t next = 0;
	uint32_t flags = 0;

	while (!(flags & DSI_PACKET_EOS)) {
		struct dsi_packet *pkt = scene_get(reader->socket);
		uint64_t number = dsi_packet_number(pkt);

		flags = dsi_packet_flags(pkt);
		mc_check(number >= next, "packet is out of order");
		scene_check_packet(pkt, number);
		mc_check((number > next) ==
				 !!(flags & DSI_PACKET_DROPPED_BEFORE),
			 "a gap and its mark do not match");
		next = number + 1u;
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
	mc_check(next == rig.options.total, "the end is missing");
}

/* ---- RECLAIM: overwritten under the reader, who must notice ------------------------- */

/* Payload that is read while it may be written: relaxed atomics stand for
 * the application's plain accesses, which would be a race by intention. */
static void overwriting_producer(void *arg)
{
	(void)arg;
	for (uint64_t number = 0; number < rig.options.total; number++) {
		struct dsi_packet *pkt = scene_get(rig.socket);
		_Atomic uint64_t *data =
			(_Atomic uint64_t *)(void *)scene_payload(pkt);

		for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
			atomic_store_explicit(&data[i], scene_content(number),
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
		struct dsi_packet *pkt = scene_get(reader->socket);
		uint64_t number = dsi_packet_number(pkt) / factor;
		_Atomic uint64_t *data =
			(_Atomic uint64_t *)(void *)scene_payload(pkt);
		int right = 1;

		mc_check(dsi_packet_number(pkt) % factor == 0,
			 "number is torn");
		mc_check(number >= next, "packet is out of order");
		mc_check(scene_payload(pkt) == place_of(number),
			 "a descriptor is mixed of two packets");
		for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
			right &= atomic_load_explicit(&data[i],
						      memory_order_relaxed) ==
				 scene_content(number);
		if (dsi_packet_valid(pkt) == 1)
			mc_check(right, "valid, but the data is not whole");
		next = number + 1u;
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

/* ---- joining and leaving while packets flow -------------------------------------------- */

void scene_leave(uint32_t reader)
{
	struct rig_reader *r = &rig.readers[reader];

	if (!dsi__producer_leave(rig.plane, r->peer))
		while (!dsi__producer_left(r->peer))
			mc_poll();
	mc_unmap(r->page, r->page_bytes, 0);
	mc_unmap(r->signal_page, r->signal_bytes, 0);
	dsi__producer_vacate(r->peer);
}

void scene_finish(void)
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
	scene_leave(0);
	scene_finish();
}

/* The producer goes on taking notice, as one does that waits in select(). */
static void attend(void)
{
	/* acquire: the scenario's own word. */
	while (!atomic_load_explicit(rig.over, memory_order_acquire)) {
		(void)dsi__producer_drained(rig.plane);
		mc_poll();
	}
}

void scene_attentive_producer(void *arg)
{
	scene_producer(arg);
	attend();
}

/* Two come: the second while the producer looks at the first. */
static void control_two_visit(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < 2; i++) {
		rig_set_up_peer(i);
		dsi__producer_join(rig.plane, rig.readers[i].peer);
	}
	scene_leave(0);
	scene_leave(1);
	scene_finish();
}

/* Two consumers that take nothing leave, one after the other. */
static void control_two_leave(void *arg)
{
	(void)arg;
	scene_leave(0);
	scene_leave(1);
	scene_finish();
}

/* Waits for space with select(), and has the same socket there twice. */
static void leavers_selector(void *arg)
{
	struct dsi_event_source sources[2] = {
		{.socket = rig.socket, .mask = DSI_EVENT_SPACE},
		{.socket = rig.socket, .mask = DSI_EVENT_SPACE}};

	(void)arg;
	send(0, DSI_PACKET_EOS);
	mc_check(dsi_select(sources, 2, DSI_FOREVER) > 0, "select() fails");
	attend();
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
		struct dsi_packet *pkt = scene_get(reader->socket);
		uint64_t number = dsi_packet_number(pkt);

		mc_check(next == 0 || number == next, "packet is out of order");
		scene_check_packet(pkt, number);
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
		scene_check_packet(pkt, i);
		mc_check(dsi_packet_commit(reader->socket, pkt) == 0, "commit");
	}
}

/* ---- batches ----------------------------------------------------------------------------- */

static void fill_for(struct dsi_packet *pkt, uint64_t number)
{
	uint64_t *data = scene_payload(pkt);
	uint32_t flags = number + 1u == rig.options.total ? DSI_PACKET_EOS : 0;

	for (uint32_t i = 0; i < RIG_PAYLOAD; i++)
		data[i] = scene_content(number);
	if (!rig.options.ordinary)
		mc_check(dsi_packet_set_flags(pkt, flags) == 0, "flags");
}

void scene_many_producer(void *arg)
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

void scene_many_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	uint64_t at = 0;

	while (at < rig.options.total) {
		struct dsi_packet *pkts[2];
		int32_t n = dsi_packet_get_many(reader->socket, DSI_FOREVER,
						pkts, 2);

		mc_check(n > 0, "get_many() without limit fails");
		for (int32_t k = 0; k < n; k++)
			scene_check_packet(pkts[k], at++);
		mc_check(dsi_packet_commit_many(reader->socket, pkts,
						(uint32_t)n) == 0,
			 "commit_many");
	}
}

/* Asks for two and gets the one there is.  The producer, which may sleep
 * because the ring was full, must go on without any further call. */
static void short_consumer(void *arg)
{
	struct rig_reader *reader = arg;
	struct dsi_packet *pkts[2];

	mc_check(dsi_packet_get_many(reader->socket, DSI_FOREVER, pkts, 2) == 1,
		 "the ring has one place");
	scene_check_packet(pkts[0], 0);
	/* acquire: the scenario's own word. */
	while (!atomic_load_explicit(rig.over, memory_order_acquire))
		mc_poll();
	mc_check(dsi_packet_commit(reader->socket, pkts[0]) == 0, "commit");
}

static void finishing_producer(void *arg)
{
	scene_producer(arg);
	scene_finish();
}

/* A packet lends its slot to another one, which came back from all consumers
 * but one, and that one leaves.  The lender, committed then, may not be free
 * before the other consumer has given it back.  One thread, step by step. */
static void lending(void *arg)
{
	struct rig_reader *reader = &rig.readers[0];
	struct dsi_packet *borrower, *owner, *pkts[3];

	(void)arg;
	borrower = scene_get(rig.socket);
	owner = scene_get(rig.socket);
	fill_for(borrower, 0);
	fill_for(owner, 1);
	mc_check(dsi_packet_add_shared(borrower, owner, 0, 8) == 0, "share");
	mc_check(dsi_packet_commit(rig.socket, borrower) == 0, "commit");
	scene_check_packet(pkts[0] = scene_get(reader->socket), 0);
	mc_check(dsi_packet_commit(reader->socket, pkts[0]) == 0, "commit");
	mc_check(dsi__producer_drained(rig.plane) != 0, "one has it still");
	(void)dsi__producer_leave(rig.plane, rig.readers[1].peer);
	mc_check(dsi_packet_commit(rig.socket, owner) == 0, "commit");
	mc_check(dsi_packet_get_many(rig.socket, 0, pkts, 3) == 1,
		 "a packet is lost, or free too early");
	scene_check_packet(pkts[1] = scene_get(reader->socket), 1);
	mc_check(dsi_packet_commit(reader->socket, pkts[1]) == 0, "commit");
	mc_check(dsi_packet_get_many(rig.socket, 0, pkts + 1, 2) == 1,
		 "a packet is lost, or free twice");
	mc_check(pkts[0] == borrower && pkts[1] == owner, "each once");
}

/* ---- who plays what ---------------------------------------------------------------------- */

#define DROP .stream.policy = DSI_POLICY_DROP_NEW, .stream.quota = 1
#define OVERWRITE .stream.policy = DSI_POLICY_RECLAIM

const struct scene scene_packets[] = {
	{SCENE("many", 2, scene_many_producer, scene_many_consumer),
	 STREAM(2, 2, 3, 1)},
	{SCENE("many-ring1", ALL, scene_many_producer, scene_many_consumer),
	 STREAM(1, 2, 2, 1)},
	{SCENE("many-packet1", ALL, scene_many_producer, scene_many_consumer),
	 STREAM(2, 1, 2, 1)},
	{SCENE("many-two", 1, scene_many_producer, scene_many_consumer),
	 STREAM(2, 2, 2, 2)},
	/* Likewise, and all goes the usual way (usual_producer.h, usual_consumer.h)
	 * from the second get on. */
	{SCENE("many-usual", 2, scene_many_producer, scene_many_consumer),
	 STREAM(2, 2, 4, 1), .stream.ordinary = 1},
	{SCENE("many-usual-ring1", 2, scene_many_producer, scene_many_consumer),
	 STREAM(1, 1, 3, 1), .stream.ordinary = 1},
	/* Three packets in a ring of two: batches cross its end. */
	{SCENE("many-usual-wraps", 1, scene_many_producer, scene_many_consumer),
	 STREAM(2, 3, 5, 1), .stream.ordinary = 1},
	/* Who has free packets leaves one that came back where it is. */
	{SCENE("many-usual-cool", 2, scene_many_producer, scene_many_consumer),
	 STREAM(4, 4, 8, 1), .stream.ordinary = 1, .stream.cool = 1},
	{SCENE("many-short", ALL, finishing_producer, short_consumer),
	 STREAM(1, 2, 2, 1)},
	{SCENE("lender", ALL, NULL, NULL), .other = {"all", lending},
	 STREAM(4, 2, 2, 2), .stream.max_sg = 2},
	{SCENE("event", ALL, NULL, selector), .other = {"raiser", raiser},
	 LATE_STREAM(1, 1, 0, 1)},
	{SCENE("cancel", ALL, NULL, aborted_consumer),
	 .other = {"aborter", aborter}, LATE_STREAM(1, 1, 0, 1)},
	{SCENE("block-ring1", ALL, scene_producer, scene_consumer),
	 STREAM(1, 2, 2, 1)},
	{SCENE("block-packet1", ALL, scene_producer, scene_consumer),
	 STREAM(2, 1, 2, 1)},
	{SCENE("block-ring2", ALL, scene_producer, scene_consumer),
	 STREAM(2, 2, 2, 1)},
	{SCENE("commit-get", ALL, scene_joined_producer, joined_consumer),
	 STREAM(1, 1, 2, 1)},
	{SCENE("commit-get-two", 1, scene_joined_producer, joined_consumer),
	 STREAM(2, 2, 3, 1)},
	{SCENE("commit-get-timed", ALL, scene_joined_producer, joined_consumer),
	 STREAM(1, 1, 2, 1), .prepare = time_hold},
	{SCENE("block-holding", ALL, scene_producer, scene_holding_consumer),
	 STREAM(1, 2, 2, 1)},
	{SCENE("block-early", 2, scene_producer, early_consumer),
	 STREAM(2, 2, 3, 1)},
	{SCENE("block-two", 2, scene_producer, scene_consumer),
	 STREAM(1, 1, 1, 2)},
	{SCENE("spurious", ALL, scene_producer, scene_consumer),
	 STREAM(2, 2, 2, 1), .spurious = 1},
	{SCENE("deadline", ALL, scene_producer, hasty_consumer),
	 STREAM(2, 2, 2, 1), .timeouts = 1},
	{SCENE("select-data", ALL, scene_producer, data_selector),
	 STREAM(1, 1, 2, 1)},
	{SCENE("bell", ALL, scene_producer, loop_consumer), STREAM(1, 1, 2, 1),
	 .prepare = hang_bell},
	{SCENE("drop-new", ALL, scene_producer, scene_dropping_consumer),
	 STREAM(1, 3, 3, 1), DROP},
	/* The smallest stream there can be: its only packet is always new. */
	{SCENE("reclaim-one", ALL, overwriting_producer, reclaim_consumer),
	 STREAM(1, 1, 2, 1), OVERWRITE},
	/* More packets than slots: a slot's fields change with each lap. */
	{SCENE("reclaim-ring", ALL, overwriting_producer, reclaim_consumer),
	 STREAM(2, 3, 3, 1), OVERWRITE, .stream.numbered = 1},
	/* Likewise, and the descriptor says all: what consumer.c takes first. */
	{SCENE("reclaim-ordinary", ALL, overwriting_producer, reclaim_consumer),
	 STREAM(2, 3, 3, 1), OVERWRITE},
	{SCENE("reclaim", ALL, overwriting_producer, reclaim_consumer),
	 STREAM(2, 2, 3, 1), OVERWRITE},
	{SCENE("join-late", ALL, late_producer, late_consumer),
	 LATE_STREAM(1, 1, 2, 1)},
	{SCENE("visit", ALL, scene_attentive_producer, NULL),
	 .other = {"control", control_visit}, LATE_STREAM(1, 1, 2, 1)},
	{SCENE("two-visit", ALL, scene_attentive_producer, NULL),
	 .other = {"control", control_two_visit}, LATE_STREAM(1, 1, 1, 2),
	 OVERWRITE},
	{SCENE("two-leave", ALL, scene_attentive_producer, NULL),
	 .other = {"control", control_two_leave},
	 .stream = {.ring_slots = 1, .packets = 2, .total = 2, .readers = 2}},
	{SCENE("select-leave", ALL, leavers_selector, NULL),
	 .other = {"control", control_two_leave},
	 .stream = {.ring_slots = 1, .packets = 2, .total = 1, .readers = 2}},
	/* The long set. */
	{SCENE("many-long", ALL, scene_many_producer, scene_many_consumer),
	 STREAM(2, 2, 3, 1), .is_long = 1},
	{SCENE("many-usual-deep", 3, scene_many_producer, scene_many_consumer),
	 STREAM(2, 2, 4, 1), .stream.ordinary = 1, .is_long = 1},
	{SCENE("many-two-deep", 2, scene_many_producer, scene_many_consumer),
	 STREAM(2, 2, 2, 2), .is_long = 1},
	{SCENE("block-ring2-long", ALL, scene_producer, scene_consumer),
	 STREAM(2, 2, 3, 1), .is_long = 1},
	{SCENE("bell-long", ALL, scene_producer, loop_consumer),
	 STREAM(2, 2, 3, 1), .prepare = hang_bell, .is_long = 1},
	{SCENE("drop-new-long", ALL, scene_producer, scene_dropping_consumer),
	 STREAM(1, 3, 4, 1), DROP, .is_long = 1},
	{SCENE("reclaim-long", ALL, overwriting_producer, reclaim_consumer),
	 STREAM(2, 2, 4, 1), OVERWRITE, .is_long = 1},
	{SCENE("block-two-deep", 3, scene_producer, scene_consumer),
	 STREAM(1, 1, 1, 2), .is_long = 1},
	{SCENE("spurious-ring1", ALL, scene_producer, scene_consumer),
	 STREAM(1, 2, 2, 1), .spurious = 1, .is_long = 1},
	{SCENE("block-ring1-long", 3, scene_producer, scene_consumer),
	 STREAM(1, 2, 3, 1), .is_long = 1},
	{SCENE("block-packet1-long", 3, scene_producer, scene_consumer),
	 STREAM(2, 1, 3, 1), .is_long = 1},
	{SCENE("block-two-long", 1, scene_producer, scene_consumer),
	 STREAM(1, 1, 2, 2), .is_long = 1},
	{.name = NULL},
};
