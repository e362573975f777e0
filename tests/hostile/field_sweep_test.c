/* SPDX-License-Identifier: MIT */
/*
 * field_sweep_test.c - every shared word, every kind of bad value, at every step
 * of a packet's way: (field, value, moment).
 *
 * The stream is wired by hand, so that each word can be written between two
 * calls; what changes within a call is a matter of tests/fuzz and tests/frama.
 * A consumer that is lied to gets documented errors and data that lies inside the
 * area.  A producer that is lied to goes on, its honest consumer gets everything,
 * and when the liar has left all packets are there.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/event.h>
#include <dsi/packet.h>

#include "tests/stress/hand_wired.h"
#include "tests/unit/must.h"

enum { PACKETS = 4, BYTES = 64, MAX_SG = 3, ROW = DSI_EXT_WORDS(MAX_SG) };

/* After so many packets the victim is lied to, at one of the steps. */
enum { WARM_UP = 3, AFTER = 3 * PACKETS };

enum moment {
	ADMITTED,
	BEFORE_COMMIT,
	COMMITTED,
	TAKEN,
	GIVEN_BACK,
	RING_FULL,
	MOMENTS
};
static const char *const moments[MOMENTS] = {"admitted",   "before a commit",
					     "committed",  "taken",
					     "given back", "ring full"};
static const char *const policies[] = {"BLOCK", "DROP_NEW", "RECLAIM"};

struct word {
	char name[24];
	void *at;
	uint32_t bytes;
};

struct world {
	struct hand_stream stream;
	struct hand_consumer liar; /* or the victim of a producer that lies */
	struct hand_consumer honest;
	uint32_t policy;
	uint32_t special; /* packets have extension rows */
	uint64_t sent, honest_got;
};

static struct world world;
static uint32_t n_cases, n_wrong;
static uint32_t n_refused, n_exposed, n_unharmed;
static char at_work[2048];

/* ---- values --------------------------------------------------------------- */

#define VALUES 16u

static uint64_t random_state = 15;

static uint64_t bad_value(uint32_t which, uint64_t old)
{
	const uint64_t values[VALUES] = {
		0,
		old + 1,
		old - 1,
		~old,
		UINT64_MAX,
		UINT64_C(1) << 63,
		UINT64_C(1) << 62,
		UINT64_C(1) << 32,
		UINT32_MAX,
		old + PACKETS,
		old ^ (UINT64_C(1) << 50), /* a descriptor's token */
		old ^ (UINT64_C(1) << 47), /* its flags: an extension row */
		(uint64_t)PACKETS * BYTES + 1,
		old | DSI_SLEEP_ASLEEP,
		old - PACKETS, /* what it was a round ago */
		must_random(&random_state),
	};

	return values[which];
}

static void write_bad(const struct word *word, uint32_t which)
{
	uint64_t old = 0;
	uint64_t value;

	memcpy(&old, word->at, word->bytes);
	value = bad_value(which, old);
	memcpy(word->at, &value, word->bytes);
}

/* ---- the stream ------------------------------------------------------------ */

static struct dsi_socket *producer(void)
{
	return hand_socket(&world.stream.plane);
}

static void set_up(uint32_t policy, uint32_t special)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = BYTES,
		.max_sg = MAX_SG,
	};

	memset(&world, 0, sizeof(world));
	world.policy = policy;
	world.special = special;
	hand_stream_init(&world.stream, &desc, 100);
	hand_join(&world.stream, &world.liar, policy, 2);
	hand_join(&world.stream, &world.honest, DSI_POLICY_BLOCK, 0);
	MUST_BE(dsi__producer_look(&world.stream.plane), 0);
}

static void tear_down(void)
{
	hand_leave(&world.stream, &world.liar);
	hand_leave(&world.stream, &world.honest);
	(void)dsi__producer_look(&world.stream.plane);
	hand_consumer_fini(&world.liar);
	hand_consumer_fini(&world.honest);
	hand_stream_fini(&world.stream);
}

static void wrong(const char *what, long long value)
{
	printf("NOT AS IT SHOULD: %s: %s (%lld)\n", at_work, what, value);
	n_wrong++;
}

/* 0, or there is none to send. */
static int send_one(void)
{
	struct dsi_packet *pkt;
	int err = dsi_packet_get(producer(), 0, &pkt);

	if (err)
		return err;
	if (world.special) {
		MUST_BE(dsi_packet_set_number(pkt, 1000 + world.sent), 0);
		MUST_BE(dsi_packet_set_flags(pkt, DSI_PACKET_USER), 0);
	}
	MUST_BE(dsi_packet_commit(producer(), pkt), 0);
	world.sent++;
	return 0;
}

static void check_inside(const struct dsi_packet *pkt)
{
	const char *data = world.stream.data;
	uint64_t bytes = world.stream.desc.data_bytes;
	int32_t n = dsi_packet_count(pkt);

	if (n < 0 || n > MAX_SG)
		wrong("number of elements", n);
	for (int32_t i = 0; i < n; i++) {
		uint32_t size;
		void *at;

		if (dsi_packet_data(pkt, (uint32_t)i, &at, &size))
			continue;
		if ((uintptr_t)at < (uintptr_t)data ||
		    (uintptr_t)at - (uintptr_t)data > bytes ||
		    size > bytes - ((uintptr_t)at - (uintptr_t)data))
			wrong("data lies outside", (long long)size);
	}
}

static int is_documented(int err)
{
	return err == 0 || err == -DSI_EAGAIN || err == -DSI_EPROTO ||
	       err == -DSI_ENOBUFS || err == -DSI_ESTALE;
}

/* One get of @consumer; commit is 0 while it only holds. */
static int get_one(struct hand_consumer *consumer, struct dsi_packet **out)
{
	int err = dsi_packet_get(hand_socket(&consumer->plane), 0, out);

	if (!is_documented(err))
		wrong("get answers", err);
	if (!err)
		check_inside(*out);
	return err;
}

static int give_back(struct hand_consumer *consumer, struct dsi_packet *pkt)
{
	int err = dsi_packet_commit(hand_socket(&consumer->plane), pkt);

	if (err && err != -DSI_EPROTO)
		wrong("commit answers", err);
	return err;
}

static int take_one(struct hand_consumer *consumer)
{
	struct dsi_packet *pkt;
	int err = get_one(consumer, &pkt);

	return err ? err : give_back(consumer, pkt);
}

/* The consumer that nobody lies to, and that does not lie. */
static void honest_takes_all(void)
{
	while (world.honest_got < world.sent && !take_one(&world.honest))
		world.honest_got++;
}

static void pass_one(void)
{
	(void)send_one();
	(void)take_one(&world.liar);
	honest_takes_all();
}

/* Up to the moment; a packet that the liar holds then is in *@held. */
static void lead_up(enum moment moment, struct dsi_packet **held)
{
	*held = NULL;
	if (moment == ADMITTED) {
		(void)send_one();
		return;
	}
	for (uint32_t i = 0; i < WARM_UP; i++)
		pass_one();
	if (moment == RING_FULL) {
		/* Only BLOCK makes the producer stop. */
		for (uint32_t i = 0; i < 2 * PACKETS && !send_one(); i++)
			honest_takes_all();
		return;
	}
	if (moment >= COMMITTED)
		(void)send_one();
	if (moment >= TAKEN && get_one(&world.liar, held))
		*held = NULL;
	if (moment >= GIVEN_BACK && *held) {
		(void)give_back(&world.liar, *held);
		*held = NULL;
	}
}

/* ---- a producer that lies ---------------------------------------------------- */

static void add(struct word *words, uint32_t *n, const char *name, void *at,
		uint32_t bytes)
{
	struct word *word = &words[(*n)++];

	(void)snprintf(word->name, sizeof(word->name), "%s", name);
	word->at = at;
	word->bytes = bytes;
}

/* Its words, as the consumer comes to them next. */
static uint32_t producer_words(struct word *words)
{
	const struct dsi_consumer *end = &world.liar.plane.as.consumer;
	struct dsi_shm_signal *page = world.liar.signal;
	struct dsi_shm_desc *desc = dsi__ring_desc(&end->ring, end->position);
	_Atomic uint64_t *row = dsi__ring_row(&end->ring, end->position);
	char name[24];
	uint32_t n = 0;

	add(words, &n, "commit", &desc->commit, 8);
	add(words, &n, "time", &desc->time_ns, 8);
	add(words, &n, "offset", &desc->offset, 8);
	add(words, &n, "place", &desc->place, 8);
	add(words, &n, "signal", &page->signal, 4);
	add(words, &n, "start", &page->start, 8);
	add(words, &n, "dropped", &page->dropped, 8);
	add(words, &n, "sleep", &page->sleep, 8);
	add(words, &n, "cpu", &page->cpu, 4);
	for (uint32_t i = 0; i < ROW; i++) {
		(void)snprintf(name, sizeof(name), "row word %u", i);
		add(words, &n, name, &row[i], 8);
	}
	return n;
}

static void lied_to(const struct word *word, uint32_t value,
		    struct dsi_packet *held)
{
	int refused = 0;

	write_bad(word, value);
	if (held)
		refused |= give_back(&world.liar, held) == -DSI_EPROTO;
	for (uint32_t i = 0; i < AFTER; i++) {
		/* The liar's own side is spoilt: it may well fail. */
		if (!refused && i < PACKETS)
			(void)send_one();
		refused |= take_one(&world.liar) == -DSI_EPROTO;
	}
	if (refused)
		n_refused++;
	else
		n_unharmed++;
}

/* ---- a consumer that lies ----------------------------------------------------- */

static uint32_t consumer_words(struct word *words)
{
	struct dsi_shm_consumer *page = world.liar.page;
	_Atomic uint32_t *returns = world.liar.plane.as.consumer.returns;
	char name[24];
	uint32_t n = 0;

	add(words, &n, "taken", &page->taken, 8);
	add(words, &n, "returned", &page->returned, 8);
	add(words, &n, "signal", &page->signal, 4);
	add(words, &n, "sleep", &page->sleep, 8);
	add(words, &n, "cpu", &page->cpu, 4);
	for (uint32_t i = 0; i < PACKETS; i++) {
		(void)snprintf(name, sizeof(name), "returned token %u", i);
		add(words, &n, name, &returns[i], 4);
	}
	return n;
}

/* All packets are there once the liar is gone, each once. */
static void check_all_back(void)
{
	struct dsi_packet *pkts[PACKETS + 1];
	int32_t n;

	honest_takes_all();
	(void)dsi__producer_leave(&world.stream.plane, world.liar.peer);
	honest_takes_all();
	n = dsi_packet_get_many(producer(), 0, pkts, PACKETS + 1u);
	if (n != PACKETS)
		wrong("packets that are there at the end", n);
	for (int32_t i = 0; i < n; i++)
		for (int32_t k = 0; k < i; k++)
			if (pkts[i] == pkts[k])
				wrong("a packet is there twice", k);
	for (int32_t i = 0; i < n; i++)
		MUST_BE(dsi_packet_commit(producer(), pkts[i]), 0);
	world.sent += n > 0 ? (uint64_t)n : 0;
	honest_takes_all();
}

static void liar_lies(const struct word *word, uint32_t value)
{
	uint64_t before;

	write_bad(word, value);
	honest_takes_all();
	before = world.sent;
	for (uint32_t i = 0; i < AFTER; i++) {
		(void)send_one();
		honest_takes_all();
	}
	if (dsi__producer_broken(world.liar.peer))
		n_exposed++;
	else
		n_unharmed++;
	/* Exposed, nobody is in the honest consumer's way. */
	if (dsi__producer_broken(world.liar.peer) &&
	    world.sent < before + AFTER - PACKETS)
		wrong("the stream stands still", (long long)world.sent);
	check_all_back();
	if (world.honest_got != world.sent)
		wrong("the honest consumer misses packets",
		      (long long)(world.sent - world.honest_got));
	if (dsi__producer_left(world.honest.peer))
		wrong("the honest consumer is taken for the liar", 0);
}

/* ---- all of it ------------------------------------------------------------------ */

struct sweep {
	const char *who;
	uint32_t (*words)(struct word *words);
	int is_producer;
};

static void one_case(const struct sweep *sweep, uint32_t policy,
		     uint32_t special, enum moment moment, uint32_t which_word,
		     uint32_t value)
{
	struct dsi_packet *held;
	struct word words[32];

	set_up(policy, special);
	lead_up(moment, &held);
	(void)sweep->words(words);
	(void)snprintf(at_work, sizeof(at_work), "%s, %s%s, %s, %s, value %u",
		       sweep->who, policies[policy],
		       special ? ", with rows" : "", moments[moment],
		       words[which_word].name, value);
	if (sweep->is_producer)
		lied_to(&words[which_word], value, held);
	else
		liar_lies(&words[which_word], value);
	tear_down();
	n_cases++;
}

static void run(const struct sweep *sweep)
{
	struct word words[32];
	uint32_t n;

	set_up(DSI_POLICY_BLOCK, 0);
	n = sweep->words(words);
	tear_down();
	for (uint32_t policy = 0; policy < 3; policy++)
		for (uint32_t special = 0; special < 2; special++)
			for (uint32_t m = 0; m < MOMENTS; m++)
				for (uint32_t w = 0; w < n; w++)
					for (uint32_t v = 0; v < VALUES; v++)
						one_case(sweep, policy, special,
							 (enum moment)m, w, v);
	printf("%s: %u words, %u values, %u moments, 3 policies, with rows and "
	       "without\n",
	       sweep->who, n, VALUES, (unsigned)MOMENTS);
}

int main(void)
{
	static const struct sweep sweeps[] = {
		{"a producer that lies", producer_words, 1},
		{"a consumer that lies", consumer_words, 0},
	};

	_Static_assert(DSI_POLICY_BLOCK < 3 && DSI_POLICY_DROP_NEW < 3 &&
			       DSI_POLICY_RECLAIM < 3,
		       "each is an index");
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		run(&sweeps[i]);
	printf("%u refused, %u exposed, %u without harm\n", n_refused,
	       n_exposed, n_unharmed);
	printf("%u cases, %u not as they should be\n", n_cases, n_wrong);
	return n_wrong || !n_refused || !n_exposed;
}
