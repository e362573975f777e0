/* SPDX-License-Identifier: MIT */
/*
 * exchange_life.c - the end of clients.
 *
 * A thread for each client waits to receive from the client's thread, which
 * cannot send to it: nobody has a gate.  The wait ends when that thread does,
 * and every thread ends with its task, however that ends.  Then it tells the
 * main thread by a bit of one event, and waits for its next client.
 */
#include <mklib/print.h>

#include "exchange_state.h"

#define UTCBS 0x700000000ul
#define STACK_BYTES 4096u

/* A watcher's slots. */
#define THREAD 0u
#define BEGIN 1u /* event: there is a client */
#define SLOTS 2u

static _Alignas(16) uint8_t stacks[CLIENTS][STACK_BYTES];
static uint64_t watched[CLIENTS]; /* slot of the client's thread */
static bool made[CLIENTS];

_Static_assert(CLIENTS <= 64, "a bit for each");

static uint64_t slot(uint64_t place, uint64_t which)
{
	return SLOT_WATCHERS + place * SLOTS + which;
}

static _Noreturn void watcher(uint64_t place)
{
	struct mk_message m;

	for (;;) {
		(void)mk_event_wait(slot(place, BEGIN), MK_NEVER);
		m = (struct mk_message){0};
		(void)mk_receive(
			__atomic_load_n(&watched[place], __ATOMIC_ACQUIRE),
			MK_FOREVER, &m);
		(void)mk_signal(SLOT_DEATHS, 1ul << place);
	}
}

static void must(int error, const char *what)
{
	if (!error)
		return;
	mk_print("exchange: %s: error %d: it needs more quota= or sched in "
		 "boot.conf\n",
		 what, error);
	mk_end(MK_STATUS_NO_START);
}

/* Of the main thread's priority and on its CPU. */
static void make(uint64_t place)
{
	uint64_t info[4] = {MK_THREAD_INFO};
	uint64_t thread = slot(place, THREAD);
	uint64_t utcb = UTCBS + place * MK_PAGE_BYTES;

	must(mk_create_event(MK_CAP_FACTORY, slot(place, BEGIN), MK_EVENT_BITS),
	     "event");
	must(mk_create_thread(MK_CAP_FACTORY, thread), "thread");
	must(mk_ku_memory(MK_CAP_TASK, utcb, MK_PAGE_ORDER), "UTCB");
	must(mk_thread_control(thread, MK_CAP_TASK, utcb, MK_CAP_PAGER,
			       MK_CAP_PAGER),
	     "thread");
	must(mk_object_call(MK_CAP_THREAD, MK_PROTO_THREAD, 1, info), "thread");
	must(mk_sched_run(MK_CAP_SCHED, thread, (unsigned)info[2],
			  (unsigned)info[1], 0),
	     "priority");
	must(mk_thread_registers(thread, (uint64_t)watcher,
				 ((uint64_t)stacks[place] + STACK_BYTES) - 8,
				 MK_REGISTERS_IP | MK_REGISTERS_SP |
					 MK_REGISTERS_ARGUMENT |
					 MK_REGISTERS_START,
				 place),
	     "start");
}

void life_begin(void)
{
	must(mk_create_event(MK_CAP_FACTORY, SLOT_DEATHS, MK_EVENT_BITS),
	     "event");
	must(mk_event_bind(SLOT_DEATHS, MK_CAP_THREAD, 0), "event");
}

void life_watch(unsigned place, uint64_t thread)
{
	if (!made[place])
		make(place);
	made[place] = true;
	__atomic_store_n(&watched[place], thread, __ATOMIC_RELEASE);
	(void)mk_signal(slot(place, BEGIN), 1);
}

bool life_event(const struct mk_message *m, uint64_t *out_ended)
{
	if (!(mk_tag_flags(m->tag) & MK_TAG_EVENT))
		return false;
	*out_ended = m->label;
	return true;
}
