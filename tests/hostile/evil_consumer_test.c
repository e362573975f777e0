/* SPDX-License-Identifier: MIT */
/*
 * evil_consumer_test.c - a consumer that writes into its page whatever it
 * likes: each word, with each kind of bad value.
 *
 * It must cost the liar its connection, with DSI_EVENT_ERROR, and nobody
 * else anything; and where a value is not a lie that can be told from a slow
 * consumer, it must be harmless.
 */
#include <string.h>

#include "dsi/notify.h"
#include "dsi/ring.h"
#include "tests/hostile/evil_peer.h"
#include "tests/hostile/outcomes.h"
#include "tests/hostile/victim_stream.h"
#include "tests/unit/must.h"

#define QUOTA 4u
/* What the producer commits before a BLOCK consumer that took 2 stops it. */
#define STALLED (VICTIM_SLOTS + 2u)

static const char *const policy_names[] = {"block", "drop", "reclaim"};

/* ---- joining, up to the point where the lie is told ---------------------- */

static uint32_t signal_now(struct evil_consumer *evil)
{
	return atomic_load(&evil_signal(evil)->signal);
}

static void await_signal(struct evil_consumer *evil, uint32_t value)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;

	while (signal_now(evil) < value) {
		MUST(dsi_now() < deadline);
		moment();
	}
}

static uint64_t first_of(struct evil_consumer *evil)
{
	return atomic_load(&evil_signal(evil)->start) - 1u;
}

/* A joined consumer that has taken two packets and holds all it got; the
 * producer has seen that and can give it no more. */
static void join_and_stall(struct evil_consumer *evil, uint32_t policy)
{
	evil_join(evil, VICTIM_NAME, policy,
		  policy == DSI_POLICY_DROP_NEW ? QUOTA : 0);
	await_signal(evil, 2);
	atomic_store(&evil_page(evil)->taken, first_of(evil) + 2u);
	if (policy == DSI_POLICY_BLOCK)
		await_signal(evil, STALLED);
	else if (policy == DSI_POLICY_DROP_NEW)
		await_signal(evil, QUOTA);
	victim_await_rounds(4);
}

/* The token of a packet it was given. */
static uint32_t token_at(struct evil_consumer *evil, uint64_t position)
{
	struct dsi_ring ring;
	struct dsi_ring_entry entry;
	char *base =
		evil->offer.own_slots ? evil->signal.addr : evil->control.addr;
	uint32_t slots =
		evil->offer.own_slots ? evil->offer.own_slots : VICTIM_SLOTS;

	dsi__ring_attach(&ring, base + DSI_SHM_PAGE_HEAD, slots, 2);
	dsi__ring_copy(&ring, position, &entry);
	return entry.token;
}

static void give_back(struct evil_consumer *evil, uint64_t index,
		      uint32_t token)
{
	atomic_store(&evil_returns(evil)[index % VICTIM_PACKETS], token);
	atomic_store(&evil_page(evil)->returned, index + 1u);
}

/* ---- what follows -------------------------------------------------------- */

static uint64_t errors(void)
{
	return dsi_socket_event_count(victim_producer(), DSI_EVENT_ERROR);
}

/* It must be thrown out, once. */
static void expect_broken(struct evil_consumer *evil, uint64_t errors_before)
{
	struct dsi_wire_in in;
	int type = evil_hear(evil->conn, &in);

	victim_await_consumers(1);
	victim_await_received(50);
	outcome(type == -DSI_EPIPE && errors() == errors_before + 1u,
		"hung up, %ju error event(s), the others go on",
		(uintmax_t)(errors() - errors_before));
	evil_hang_up(evil);
}

/* It is as good as a slow one; nobody else is hurt once it goes. */
static void expect_harmless(struct evil_consumer *evil, uint64_t errors_before)
{
	struct dsi_wire_in in;
	int type;

	victim_await_rounds(20);
	type = dsi__wire_recv(evil->conn, &in);
	evil_hang_up(evil);
	victim_await_consumers(1);
	victim_await_received(50);
	outcome(type == -DSI_EAGAIN && errors() == errors_before,
		"no harm, %ju error event(s), the others go on",
		(uintmax_t)(errors() - errors_before));
}

/* ---- counters ------------------------------------------------------------ */

struct value {
	const char *name;
	uint64_t value;
};

/* Values that are impossible for a counter that was @last and may be at
 * most @most. */
static uint32_t bad_values(uint64_t last, uint64_t most, uint64_t *random,
			   struct value *out)
{
	const struct value all[] = {
		{"one too many", most + 1u},
		{"decreasing", last - 1u},
		{"zero again", 0},
		{"one", 1},
		{"max", UINT64_MAX},
		{"sign bit", UINT64_C(1) << 63},
		{"largest position", DSI_POSITION_MAX},
		{"wrapped at 2^32", last + (UINT64_C(1) << 32)},
		{"a ring too far", most + VICTIM_SLOTS},
		{"random", must_random(random) | UINT64_C(1) << 50},
		{"random", must_random(random) | UINT64_C(1) << 50},
	};
	uint32_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].value - last > most - last)
			out[n++] = all[i];
	return n;
}

static void taken(uint32_t policy, uint64_t *random)
{
	struct value values[16];
	uint32_t n = 1;

	for (uint32_t i = 0; i < n; i++) {
		struct evil_consumer evil;
		uint64_t before = errors();
		uint64_t first;

		join_and_stall(&evil, policy);
		first = first_of(&evil);
		n = bad_values(
			first + 2u,
			first + (policy == DSI_POLICY_BLOCK ? STALLED : QUOTA),
			random, values);
		outcome_case("%s: taken: %s", policy_names[policy],
			     values[i].name);
		atomic_store(&evil_page(&evil)->taken, values[i].value);
		expect_broken(&evil, before);
	}
}

static void returned(uint32_t policy, uint64_t *random)
{
	struct value values[16];
	uint32_t most = policy == DSI_POLICY_BLOCK ? STALLED : QUOTA;
	/* It gives one back first, and gets one more for it (DROP_NEW). */
	uint32_t n =
		bad_values(1, policy == DSI_POLICY_BLOCK ? most : most + 1u,
			   random, values);

	for (uint32_t i = 0; i < n; i++) {
		struct evil_consumer evil;
		uint64_t before = errors();

		join_and_stall(&evil, policy);
		give_back(&evil, 0, token_at(&evil, first_of(&evil)));
		if (policy == DSI_POLICY_DROP_NEW)
			await_signal(&evil, QUOTA + 1u);
		victim_await_rounds(4);
		outcome_case("%s: returned: %s", policy_names[policy],
			     values[i].name);
		atomic_store(&evil_page(&evil)->returned, values[i].value);
		expect_broken(&evil, before);
	}
}

/* ---- tokens -------------------------------------------------------------- */

/* One that it does not have. */
static uint32_t absent_token(struct evil_consumer *evil, uint32_t have)
{
	uint32_t mask = 0;
	uint32_t token = 0;

	for (uint32_t i = 0; i < have; i++)
		mask |= 1u << token_at(evil, first_of(evil) + i);
	/* The oldest two of a stalled BLOCK consumer are not in the ring any
	 * more, but in flight; skip what could be them. */
	while (token < VICTIM_PACKETS && (mask >> token & 1u))
		token++;
	return token;
}

static void tokens(uint32_t policy)
{
	static const struct value values[] = {
		{"just out of range", VICTIM_PACKETS},
		{"16 bits of ones", UINT16_MAX},
		{"beyond 16 bits", UINT64_C(1) << 16},
		{"max", UINT32_MAX},
		{"sign bit", UINT64_C(1) << 31},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct evil_consumer evil;
		uint64_t before = errors();

		join_and_stall(&evil, policy);
		outcome_case("%s: token: %s", policy_names[policy],
			     values[i].name);
		give_back(&evil, 0, (uint32_t)values[i].value);
		expect_broken(&evil, before);
	}
}

static void token_twice(uint32_t policy)
{
	struct evil_consumer evil;
	uint64_t before = errors();
	uint32_t token;

	join_and_stall(&evil, policy);
	token = token_at(&evil, first_of(&evil) + 3u);
	outcome_case("%s: token: twice", policy_names[policy]);
	atomic_store(&evil_returns(&evil)[0], token);
	atomic_store(&evil_returns(&evil)[1], token);
	atomic_store(&evil_page(&evil)->returned, 2);
	expect_broken(&evil, before);
}

/* DROP_NEW: the packets in its own queue are all it has. */
static void token_of_others(void)
{
	struct evil_consumer evil;
	uint64_t before = errors();

	join_and_stall(&evil, DSI_POLICY_DROP_NEW);
	outcome_case("drop: token: of a packet it never got");
	give_back(&evil, 0, absent_token(&evil, QUOTA));
	expect_broken(&evil, before);
}

/* ---- what cannot be a lie ------------------------------------------------ */

static void words_without_meaning(uint64_t *random)
{
	const struct value values[] = {
		{"zero", 0},
		{"max", UINT64_MAX},
		{"asleep, has seen nothing", DSI_SLEEP_ASLEEP},
		{"asleep, wants the bell", DSI_SLEEP_ASLEEP | DSI_SLEEP_BELL},
		{"asleep, has seen all", DSI_SLEEP_ASLEEP | UINT32_MAX},
		{"random", must_random(random)},
	};

	for (uint32_t policy = 0; policy < 3; policy++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]);
		     i++) {
			struct evil_consumer evil;
			uint64_t before = errors();

			join_and_stall(&evil, policy);
			outcome_case("%s: sleep and signal: %s",
				     policy_names[policy], values[i].name);
			atomic_store(&evil_page(&evil)->sleep, values[i].value);
			atomic_store(&evil_page(&evil)->signal,
				     (uint32_t)values[i].value);
			expect_harmless(&evil, before);
		}
	}
}

/* RECLAIM gives nothing back, so its counters mean nothing. */
static void reclaim_counters(uint64_t *random)
{
	struct evil_consumer evil;
	uint64_t before = errors();

	join_and_stall(&evil, DSI_POLICY_RECLAIM);
	outcome_case("reclaim: all words random, all the time");
	for (uint32_t i = 0; i < 20000; i++) {
		struct dsi_shm_consumer *page = evil_page(&evil);

		atomic_store(&page->taken, must_random(random));
		atomic_store(&page->returned, must_random(random));
		atomic_store(&page->signal, (uint32_t)must_random(random));
		atomic_store(&page->sleep, must_random(random));
		atomic_store(&page->cpu, (uint32_t)must_random(random));
		atomic_store(&evil_returns(&evil)[i % VICTIM_PACKETS],
			     (uint32_t)must_random(random));
	}
	expect_harmless(&evil, before);
}

/* The whole cost of it: one wake, never blocking, for each change. */
static void asleep_all_the_time(uint32_t bell)
{
	struct evil_consumer evil;
	uint64_t before = errors();
	uint64_t received;
	uint64_t index = DSI_SLEEP_ASLEEP | (bell ? DSI_SLEEP_BELL : 0);

	join_and_stall(&evil, DSI_POLICY_RECLAIM);
	outcome_case("reclaim: asleep%s, with a new index for each commit",
		     bell ? " on a bell it never hears" : "");
	received = victim_received();
	while (victim_received() < received + 500u)
		atomic_store(&evil_page(&evil)->sleep,
			     index += DSI_SLEEP_COUNT);
	expect_harmless(&evil, before);
}

/* BLOCK: random words are found out sooner or later, at the latest when the
 * producer has to look. */
static void random_page(uint32_t policy, uint64_t *random)
{
	struct evil_consumer evil;
	uint64_t before = errors();
	struct dsi_wire_in in;
	int type;

	join_and_stall(&evil, policy);
	outcome_case("%s: all words random, all the time",
		     policy_names[policy]);
	do {
		for (uint32_t i = 0; i < 100; i++) {
			atomic_store(&evil_page(&evil)->taken,
				     must_random(random) >> (i % 64));
			atomic_store(&evil_page(&evil)->returned,
				     must_random(random) >> (i % 64));
			atomic_store(&evil_page(&evil)->sleep,
				     must_random(random));
		}
		type = dsi__wire_recv(evil.conn, &in);
	} while (type == -DSI_EAGAIN);
	victim_await_consumers(1);
	victim_await_received(50);
	outcome(type == -DSI_EPIPE && errors() == before + 1u,
		"hung up, %ju error event(s), the others go on",
		(uintmax_t)(errors() - before));
	evil_hang_up(&evil);
}

/* ---- several ------------------------------------------------------------- */

static void two_at_once(uint32_t policy)
{
	struct evil_consumer one, two;
	struct dsi_wire_in in;
	uint64_t before = errors();
	int types[2];

	/* Neither stalls the stream before both are there. */
	evil_join(&one, VICTIM_NAME, policy, QUOTA);
	evil_join(&two, VICTIM_NAME, policy, QUOTA);
	outcome_case("%s: two lie at once", policy_names[policy]);
	atomic_store(&evil_page(&one)->taken, UINT64_MAX);
	atomic_store(&evil_page(&two)->taken, UINT64_MAX);
	types[0] = evil_hear(one.conn, &in);
	types[1] = evil_hear(two.conn, &in);
	evil_hang_up(&one);
	evil_hang_up(&two);
	victim_await_consumers(1);
	victim_await_received(50);
	outcome(types[0] == -DSI_EPIPE && types[1] == -DSI_EPIPE &&
			errors() == before + 2u,
		"%s, %s, %ju error event(s)", dsi_strerror(types[0]),
		dsi_strerror(types[1]), (uintmax_t)(errors() - before));
}

/* More liars than a stream has places, one after the other. */
static void many(void)
{
	uint64_t before = errors();
	uint64_t deadline = dsi_now() + PATIENCE_NS;

	outcome_case("block: 100 liars one after the other");
	for (uint32_t i = 0; i < 100; i++) {
		struct evil_consumer evil;
		struct dsi_wire_in in;

		evil_join(&evil, VICTIM_NAME, DSI_POLICY_BLOCK, 0);
		atomic_store(&evil_page(&evil)->returned, UINT64_MAX);
		MUST_BE(evil_hear(evil.conn, &in), -DSI_EPIPE);
		evil_hang_up(&evil);
	}
	victim_await_consumers(1);
	victim_await_received(50);
	MUST(dsi_now() < deadline);
	outcome(errors() == before + 100u,
		"each hung up, %ju error event(s), the others go on",
		(uintmax_t)(errors() - before));
}

int main(void)
{
	uint64_t random = 20010520;

	victim_begin();
	for (uint32_t policy = 0; policy < 2; policy++) {
		taken(policy, &random);
		returned(policy, &random);
		tokens(policy);
		token_twice(policy);
		random_page(policy, &random);
	}
	token_of_others();
	words_without_meaning(&random);
	reclaim_counters(&random);
	asleep_all_the_time(0);
	asleep_all_the_time(1);
	many();
	two_at_once(DSI_POLICY_BLOCK);
	two_at_once(DSI_POLICY_DROP_NEW);
	victim_end();
	return outcome_print() ? 1 : 0;
}
