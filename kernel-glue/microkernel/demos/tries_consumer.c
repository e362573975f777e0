/* SPDX-License-Identifier: MIT */
/*
 * tries_consumer.c - the consumer of the three tries; see tries_channel.h.
 *
 * The boot archive has it twice, as `consumer` and as `guest`.  What they may
 * do is a matter of the reference monitor's policy alone: the guest is refused.
 */
#include <stdatomic.h>

#include <mklib/clock.h>
#include <mklib/monitor.h>
#include <mklib/names.h>
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/program.h>
#include <mklib/start.h>

#include "tries_channel.h"

#define SLOT_EVENT 32u
#define SLOT_READY 33u
#define SLOT_PRODUCER 34u
#define SLOT_WAKE 35u /* our gate */
#define DATA 0x50000000ul
#define WORD 0x50001000ul
/* Only what has gone wrong lasts so long. */
#define PATIENCE_S 100u
/* How long the consumer of try 2 sleeps before it looks. */
#define NAP_US 200000u

static union channel_data *const data = (union channel_data *)DATA;
static union channel_word *const shared = (union channel_word *)WORD;
static char name[MK_NAME_BYTES];
static uint64_t consumed;

static _Noreturn void fail(const char *what, int64_t error)
{
	mk_print("%s: %s: error %ld\n", name, what, error);
	mk_end(1);
}

static void must(int error, const char *what)
{
	if (error)
		fail(what, error);
}

/* ---- the connection -------------------------------------------------- */

/* One call to the producer; the status. */
static int producer(struct mk_message *m, unsigned words, unsigned items)
{
	m->tag = mk_tag(CHANNEL_PROTO, words, items, 0);
	if (!mk_call(SLOT_PRODUCER, MK_FOREVER, m))
		fail("call to the producer", (int64_t)mk_error());
	return (int)m->word[0];
}

static void order(uint64_t operation, uint64_t a, uint64_t b)
{
	struct mk_message m = {.word = {operation, a, b}};

	must(producer(&m, 3, 0), "order to the producer");
}

static int producer_state(void)
{
	struct mk_message m = {.word = {CHANNEL_STATE}};

	must(producer(&m, 1, 0), "state of the producer");
	return (int)m.word[1];
}

/* A window for each page; what came must have the rights that it should. */
static void open_memory(void)
{
	struct mk_message m = {
		.word = {CHANNEL_OPEN, 0, mk_cap_page(SLOT_WAKE, MK_CAP_SEND)}};
	struct mk_utcb *u = mk_utcb();
	unsigned rights[2];

	must(mk_create_gate(MK_CAP_FACTORY, SLOT_WAKE, 0, MK_CAP_THREAD),
	     "gate");
	u->windows = 2;
	u->window[0] = mk_flexpage(MK_MEMORY, DATA, MK_PAGE_ORDER, MK_R | MK_W);
	u->window[1] = mk_flexpage(MK_MEMORY, WORD, MK_PAGE_ORDER, MK_R | MK_W);
	must(producer(&m, 1, 1), "memory of the producer");
	u->windows = 0;
	if (mk_tag_items(m.tag) != 2 || m.word[1] != MK_ITEM_MAPPED ||
	    m.word[3] != MK_ITEM_MAPPED)
		fail("memory did not come", (int64_t)m.tag);
	rights[0] = mk_flexpage_rights(m.word[2]);
	rights[1] = mk_flexpage_rights(u->mr[4]);
	mk_print("%s: shared memory: data %s, word %s\n", name,
		 rights[0] & MK_W ? "writable" : "read only",
		 rights[1] & MK_W ? "writable" : "read only");
}

/* Twice, so that the record says how often. */
static _Noreturn void be_refused(void)
{
	uint64_t session;

	mk_print("%s: the reference monitor refuses '%s'; I ask again\n", name,
		 CHANNEL_SERVICE);
	if (mk_monitor_open(MK_CAP_MONITOR, MK_FOREVER, CHANNEL_SERVICE,
			    &session, SLOT_PRODUCER) != -MK_EPERM)
		fail("asked again, and was not refused", 0);
	mk_end(MK_STATUS_GOOD);
}

static void connect(void)
{
	char who[MK_NAME_BYTES] = "?";
	uint64_t session;
	int error;

	must(mk_names_wait(MK_CAP_NAMES, CHANNEL_NAME, PATIENCE_S * 1000000u,
			   SLOT_EVENT, SLOT_READY),
	     "wait for " CHANNEL_NAME);
	error = mk_monitor_open(MK_CAP_MONITOR, MK_FOREVER, CHANNEL_SERVICE,
				&session, SLOT_PRODUCER);
	if (error == -MK_EPERM)
		be_refused();
	must(error, "connection");
	(void)mk_program_name(mk_session_program(session), who);
	mk_print("%s: the reference monitor gives me a gate to '%s'; its label "
		 "stands for '%s'\n",
		 name, CHANNEL_SERVICE, who);
}

/* ---- the tries ------------------------------------------------------- */

static void say(const char *text)
{
	mk_print("%s: %s\n", name, text);
}

/* Everything that was published so far. */
static bool take(void)
{
	if (atomic_exchange(&shared->word, CHANNEL_NOTHING) != CHANNEL_TOKEN)
		return false;
	consumed = data->produced;
	return true;
}

static void check(bool good, const char *what)
{
	if (!good)
		fail(what, (int64_t)consumed);
}

/* Until it is so, or for much too long. */
#define WAIT_FOR(condition)                                                \
	do {                                                               \
		uint64_t end_ = mk_clock_ns() + PATIENCE_S * 1000000000ul; \
		while (!(condition)) {                                     \
			check(mk_clock_ns() < end_, "no " #condition);     \
			mk_sleep_us(100);                                  \
		}                                                          \
	} while (0)

static void first_try(void)
{
	say("try 1: the producer wakes me with an infinite timeout; I say that "
	    "I sleep, and do not");
	order(CHANNEL_START, 1, 1000);
	atomic_store(&shared->word, CHANNEL_ASLEEP);
	WAIT_FOR(producer_state() == MK_STATE_SENDING);
	mk_sleep_us(NAP_US);
	check(producer_state() == MK_STATE_SENDING, "try 1: not blocked");
	mk_print("%s: try 1: after %lu packet the producer waits for me, as "
		 "long as I like\n",
		 name, data->produced);
	order(CHANNEL_STOP, 0, 0);
}

static void second_try(void)
{
	struct mk_message m = {0};

	say("try 2: it wakes me with timeout 0; I say that I sleep, and am "
	    "preempted before I do");
	order(CHANNEL_START, 2, 10);
	consumed = 0;
	check(!take(), "try 2: a packet too early");
	atomic_store(&shared->word, CHANNEL_ASLEEP);
	/* Preempted here, until the producer has done its part. */
	WAIT_FOR(data->done);
	check(!mk_wait(mk_timeouts(0, NAP_US), &m), "try 2: woken");
	mk_print("%s: try 2: %lu packets are there, %lu wake-up was lost, and "
		 "I slept until I gave up\n",
		 name, data->produced, data->lost);
	check(data->lost == 1 && data->woken == 0, "try 2: nothing lost");
	order(CHANNEL_STOP, 0, 0);
}

static uint64_t rounds(void)
{
	char text[12];
	uint64_t n = 0;

	if (mk_option(mk_boot_info()->command, "rounds", text, sizeof(text)))
		for (const char *p = text; *p >= '0' && *p <= '9'; p++)
			n = n * 10 + (uint64_t)(*p - '0');
	return n ? n : 100000;
}

static void third_try(void)
{
	const uint64_t patience = mk_timeouts(0, PATIENCE_S * 1000000u);
	uint64_t packets = rounds();
	struct mk_message m = {0};

	say("try 3: timeout 0, and the kernel says that I sleep in one step "
	    "with my receive");
	consumed = 0;
	order(CHANNEL_START, 3, packets);
	while (consumed < packets) {
		if (take())
			continue;
		if (!mk_receive_flagged(0, (uint32_t *)WORD, CHANNEL_NOTHING,
					CHANNEL_ASLEEP, patience, &m))
			check(mk_error() == (MK_IPC_CHANGED | MK_IPC_RECEIVE),
			      "try 3: never woken");
	}
	WAIT_FOR(data->done);
	mk_print("%s: try 3: %lu packets, woken %lu times, %lu wake-ups lost\n",
		 name, consumed, data->woken, data->lost);
	check(data->lost == 0 && data->woken > 0, "try 3: a wake-up was lost");
	order(CHANNEL_STOP, 0, 0);
}

/* ---- the audit ------------------------------------------------------- */

/* The record of somebody who was refused twice; false: not there yet. */
static bool find_refusal(void)
{
	uint64_t at = 0, time_ns, who, what, result, session, count;
	char service[32], client[MK_NAME_BYTES] = "?";

	while (!mk_monitor_audit(MK_CAP_MONITOR, MK_FOREVER, at, &at, &time_ns,
				 &who, &what, &result, &session, &count,
				 service)) {
		if (what != MK_AUDIT_OPEN || !result || count < 2)
			continue;
		(void)mk_program_name(who, client);
		mk_print("%s: the monitor's record: '%s' asked for '%s' %lu "
			 "times and was refused, error %lu\n",
			 name, client, service, count, result);
		return true;
	}
	return false;
}

void mk_main(void)
{
	(void)mk_program_name(mk_boot_info()->program, name);
	connect();
	open_memory();
	first_try();
	second_try();
	third_try();
	WAIT_FOR(find_refusal());
	mk_end(MK_STATUS_GOOD);
}
