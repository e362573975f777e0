/* SPDX-License-Identifier: MIT */
/* evil_guest.c - what an evil consumer does with words and capabilities; see
 * evil_guest.h. */
#include <string.h>

#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "port_notify.h"

#include "dsi/notify.h"
#include "dsi/ring.h"
#include "tests/evil/evil_guest.h"
#include "tests/evil/evil_scene.h"
#include "tests/hostile/victim_stream.h"
#include "tests/unit/must.h"

#define PRIORITY 80u
#define BIT 1u
#define SYNC_PROTO 11 /* of notify_sync_thread.c */

void moment(void)
{
	mk_sleep_us(100);
}

int guest_is(const char *notify)
{
	return !strcmp(mk_port_notify->name, notify);
}

static void lower(uint64_t thread)
{
	uint64_t word[4] = {MK_THREAD_INFO};

	MUST_BE(mk_object_call(thread, MK_PROTO_THREAD, 1, word), 0);
	MUST_BE(mk_sched_run(MK_CAP_SCHED, thread, PRIORITY, (unsigned)word[1],
			     0),
		0);
}

void guest_lower(void)
{
	lower(MK_CAP_THREAD);
}

void guest_rests(void)
{
	mk_sleep_us(5);
}

static void place_of(const void *word, struct mk_port_place *out)
{
	MUST(mk_port_word_find(word, &out->mapping, &out->offset));
}

void guest_places(struct guest *guest)
{
	place_of(&evil_signal(&guest->evil)->signal, &guest->sleeps_on);
	place_of(&evil_page(&guest->evil)->signal, &guest->wakes);
}

void guest_join(struct guest *guest, uint32_t policy)
{
	memset(guest, 0, sizeof(*guest));
	evil_join(&guest->evil, SCENE_NAME, policy,
		  policy == DSI_POLICY_DROP_NEW ? SCENE_QUEUE : 0);
	guest_places(guest);
}

/* ---- asleep, or not ------------------------------------------------------ */

/* The exchange's number for a new event or gate of ours. */
static uint64_t known(uint64_t slot)
{
	uint64_t number;

	MUST_BE(mk_exchange_event_add(
			mk_port_exchange(), MK_FOREVER,
			mk_cap_page(slot, MK_CAP_SEND | MK_CAP_PASS), &number),
		0);
	return number;
}

/* Made once; the exchange forgets them with the task. */
static uint64_t event_number(uint32_t i)
{
	static uint64_t numbers[GUEST_EVENTS];

	if (!numbers[i]) {
		MUST_BE(mk_create_event(MK_CAP_FACTORY, GUEST_SLOT_EVENTS + i,
					MK_EVENT_BITS),
			0);
		numbers[i] = known(GUEST_SLOT_EVENTS + i) + 1;
	}
	return numbers[i] - 1;
}

static uint64_t gate_number(void)
{
	static uint64_t number;

	if (!number) {
		MUST_BE(mk_create_gate(MK_CAP_FACTORY, GUEST_SLOT_GATE, 1,
				       MK_CAP_THREAD),
			0);
		number = known(GUEST_SLOT_GATE) + 1;
	}
	return number - 1;
}

int guest_register(struct guest *guest, uint32_t i, int message)
{
	const struct mk_port_place at = guest->sleeps_on;
	int error = mk_exchange_word_wait(mk_port_exchange(), MK_FOREVER,
					  at.mapping, at.offset,
					  event_number(i), BIT);

	if (!error && message)
		error = mk_exchange_word_message(
			mk_port_exchange(), MK_FOREVER, at.mapping, at.offset,
			event_number(i), gate_number());
	return error;
}

void guest_unregister(struct guest *guest, uint32_t i)
{
	(void)mk_exchange_word_forget(mk_port_exchange(), MK_FOREVER,
				      guest->sleeps_on.mapping,
				      guest->sleeps_on.offset, event_number(i));
}

void guest_claims_sleep(struct guest *guest, uint64_t bell)
{
	uint32_t seen = atomic_load(&evil_signal(&guest->evil)->signal);

	guest->index += DSI_SLEEP_COUNT;
	atomic_store(&evil_page(&guest->evil)->sleep,
		     guest->index | bell | DSI_SLEEP_ASLEEP | seen);
}

void guest_sleeps(struct guest *guest)
{
	const _Atomic uint32_t *word = &evil_signal(&guest->evil)->signal;
	uint32_t seen = atomic_load(word);
	uint64_t limit = mk_timeouts(1000, 1000), there;
	struct mk_message m = {0};

	guest_claims_sleep(guest, 0);
	if (guest_is("event")) {
		(void)mk_ipc(GUEST_SLOT_EVENTS, MK_RECV, limit, &m);
	} else if (guest_is("flagged")) {
		m.word[1] = (uintptr_t)word;
		m.word[2] = (uint64_t)seen << 32 | seen;
		(void)mk_ipc(0, MK_RECV | MK_OPEN | MK_FLAGGED, limit, &m);
	} else {
		guest_finds_sync(guest, &there);
		m.tag = mk_tag(SYNC_PROTO, 3, 0, 0);
		m.word[0] = there;
		m.word[1] = guest->sleeps_on.offset;
		m.word[2] = seen;
		(void)mk_ipc(GUEST_SLOT_SYNC, MK_SEND | MK_RECV | MK_OPEN,
			     limit, &m);
	}
	atomic_store(&evil_page(&guest->evil)->sleep, 0);
}

/* ---- giving back --------------------------------------------------------- */

int guest_gives_back(struct guest *guest)
{
	struct evil_consumer *evil = &guest->evil;
	const struct dsi_stream_desc *desc = &evil->offer.desc;
	uint64_t first = atomic_load(&evil_signal(evil)->start) - 1u;
	uint32_t there = atomic_load(&evil_signal(evil)->signal);
	struct dsi_ring_entry entry;
	struct dsi_ring ring;

	if ((uint32_t)guest->given == there)
		return 0;
	dsi__ring_attach(&ring, (char *)evil->control.addr + DSI_SHM_PAGE_HEAD,
			 desc->ring_slots, desc->max_sg);
	dsi__ring_copy(&ring, first + guest->given, &entry);
	atomic_store(&evil_returns(evil)[guest->given % desc->packets],
		     entry.token);
	guest->given++;
	atomic_store(&evil_page(evil)->taken, first + guest->given);
	atomic_store(&evil_page(evil)->returned, guest->given);
	atomic_fetch_add(&evil_page(evil)->signal, 1);
	return 1;
}

int guest_finds_sleeper(struct guest *guest, uint64_t *out_bits)
{
	uint64_t waiter;

	return mk_exchange_word_waiter(
		mk_port_exchange(), MK_FOREVER, guest->wakes.mapping,
		guest->wakes.offset, 0, out_bits, &waiter, GUEST_SLOT_WAKES);
}

void guest_finds_sync(struct guest *guest, uint64_t *out_there)
{
	static uint64_t found;

	if (!found) {
		MUST_BE(mk_exchange_word_sync(mk_port_exchange(), MK_FOREVER,
					      guest->sleeps_on.mapping, &found,
					      GUEST_SLOT_SYNC),
			0);
		found++;
	}
	*out_there = found - 1;
}

/* ---- many ---------------------------------------------------------------- */

void guest_crowd(void (*body)(void *arg), void *arg, uint32_t n)
{
	while (n--) {
		struct mk_port_thread *thread;

		MUST_BE(mk_port_thread_start(body, arg, MK_PORT_CPU_SAME,
					     &thread),
			0);
		lower(thread->thread);
	}
}
