/* SPDX-License-Identifier: MIT */
/*
 * tries_producer.c - the producer of the three tries; see tries_channel.h.
 *
 * The first thread serves the consumer: the session, the memory, the orders.
 * It sends nothing but answers.  The second one produces, and it is that one
 * that the consumer of the first try blocks.
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

#define SLOT_READY 32u	/* the gate that the name server has */
#define SLOT_WAKE 33u	/* the consumer's gate */
#define SLOT_WORKER 34u /* our second thread */
#define WORKER_UTCB 0x10000000ul
#define WORKER_PRIORITY 80u
#define STACK_BYTES 8192u
#define BURST 16u
#define REST_NS 200000u
/* A label that is no session: the monitor's are above 1 << 48. */
#define READY_LABEL 1u

static _Alignas(4096) union channel_data data;
static _Alignas(4096) union channel_word shared;
static _Alignas(16) uint8_t stack[STACK_BYTES];

static uint64_t session;
static uint64_t packets, which;

static _Noreturn void fail(const char *what, int error)
{
	mk_print("producer: %s: error %d\n", what, error);
	mk_end(1);
}

static void must(int error, const char *what)
{
	if (error)
		fail(what, error);
}

/* ---- the thread that produces ---------------------------------------- */

/* Publish, and learn whether somebody sleeps. */
static bool put(void)
{
	atomic_fetch_add(&data.produced, 1);
	return atomic_exchange(&shared.word, CHANNEL_TOKEN) == CHANNEL_ASLEEP;
}

static bool wake(uint32_t timeout_us)
{
	struct mk_message m = {0};

	return mk_send(SLOT_WAKE, mk_timeouts(timeout_us, 0), &m);
}

/* Each try begins with a consumer that says that it sleeps. */
static void wait_for_asleep(void)
{
	while (atomic_load(&shared.word) != CHANNEL_ASLEEP)
		mk_sleep_us(50);
}

static void produce_waiting(void)
{
	while (data.produced < packets)
		if (put() && !wake(MK_NEVER))
			break;
}

/* Bursts, slower and slower, and after each a time to fall asleep. */
static void pace(void)
{
	uint64_t n = data.produced % BURST;
	uint64_t end = mk_clock_ns() + REST_NS;

	for (uint64_t i = 0; i < n * 16; i++)
		__asm__ volatile("");
	while (n == 0 && mk_clock_ns() < end &&
	       atomic_load(&shared.word) != CHANNEL_ASLEEP)
		;
}

static void produce_polling(void)
{
	while (data.produced < packets) {
		if (put())
			atomic_fetch_add(wake(0) ? &data.woken : &data.lost, 1);
		pace();
	}
}

static void worker_main(void)
{
	wait_for_asleep();
	if (which == 1)
		produce_waiting();
	else
		produce_polling();
	atomic_store(&data.done, 1);
	for (;;)
		mk_sleep_us(MK_NEVER);
}

static void worker_make(void)
{
	must(mk_create_thread(MK_CAP_FACTORY, SLOT_WORKER), "thread");
	must(mk_ku_memory(MK_CAP_TASK, WORKER_UTCB, MK_PAGE_ORDER), "UTCB");
	must(mk_thread_control(SLOT_WORKER, MK_CAP_TASK, WORKER_UTCB,
			       MK_CAP_PAGER, MK_CAP_PAGER),
	     "thread");
	must(mk_sched_run(MK_CAP_SCHED, SLOT_WORKER, WORKER_PRIORITY, 0, 0),
	     "priority");
}

/* ---- what the consumer asks for -------------------------------------- */

static bool consumer_lives(void)
{
	uint64_t label, state;

	return session && !mk_gate_info(SLOT_WAKE, &label, &state) &&
	       state == 1;
}

static int take_back(void *page)
{
	return mk_unmap(MK_CAP_TASK,
			mk_flexpage(MK_MEMORY, (uint64_t)page, MK_PAGE_ORDER,
				    MK_R | MK_W),
			MK_UNMAP_OTHERS);
}

static void put_page(uint64_t *item, void *page, unsigned rights)
{
	item[0] = 0;
	item[1] = mk_flexpage(MK_MEMORY, (uint64_t)page, MK_PAGE_ORDER, rights);
}

/* The answer has the pages as items: the data to be read only. */
static void add_pages(struct mk_message *m)
{
	uint64_t item[4];

	put_page(&item[0], &data, MK_R);
	put_page(&item[2], &shared, MK_R | MK_W);
	m->tag = mk_tag(CHANNEL_PROTO, 1, 2, 0);
	m->word[1] = item[0];
	m->word[2] = item[1];
	m->word[3] = item[2];
	mk_utcb()->mr[4] = item[3];
}

/* @gate_came: to SLOT_WAKE, which had been empty. */
static int open(uint64_t label, bool gate_came)
{
	char name[MK_NAME_BYTES] = "?";

	if (!gate_came)
		return -MK_EBUSY;
	session = label;
	if (!consumer_lives())
		return -MK_EINVAL;
	/* Whoever was here before has nothing left. */
	must(take_back(&data), "take back");
	must(take_back(&shared), "take back");
	(void)mk_program_name(mk_session_program(label), name);
	mk_print("producer: session of '%s', by the reference monitor\n", name);
	return 0;
}

static int start(uint64_t number, uint64_t count)
{
	if (number < 1 || number > 3 || !count)
		return -MK_EINVAL;
	must(mk_thread_suspend(SLOT_WORKER), "stop the worker");
	which = number;
	packets = count;
	data.produced = 0;
	data.woken = 0;
	data.lost = 0;
	data.done = 0;
	shared.word = CHANNEL_NOTHING;
	must(mk_thread_registers(SLOT_WORKER, (uint64_t)worker_main,
				 (uint64_t)stack + STACK_BYTES - 8,
				 MK_REGISTERS_CANCEL | MK_REGISTERS_IP |
					 MK_REGISTERS_SP | MK_REGISTERS_START,
				 0),
	     "start the worker");
	return mk_thread_resume(SLOT_WORKER);
}

static int stop(void)
{
	bool blocked = mk_thread_state(SLOT_WORKER) == MK_STATE_SENDING;

	must(mk_thread_suspend(SLOT_WORKER), "stop the worker");
	mk_print("producer: try %lu: %lu of %lu packets, %s\n", which,
		 data.produced, packets,
		 blocked ? "then blocked by a consumer that does not receive"
			 : "never blocked");
	return 0;
}

static int serve_session(struct mk_message *m, unsigned words)
{
	int state;

	switch (m->word[0]) {
	case CHANNEL_START:
		return words == 3 ? start(m->word[1], m->word[2]) : -MK_EINVAL;
	case CHANNEL_STATE:
		state = mk_thread_state(SLOT_WORKER);
		m->word[1] = (uint64_t)state;
		m->tag = mk_tag(CHANNEL_PROTO, 2, 0, 0);
		return state < 0 ? state : 0;
	case CHANNEL_STOP:
		return stop();
	default:
		return -MK_ENOSYS;
	}
}

static void serve_one(struct mk_message *m)
{
	unsigned words = mk_tag_words(m->tag);
	bool opens = words == 1 && mk_tag_items(m->tag) == 1 &&
		     m->word[0] == CHANNEL_OPEN;
	int error = -MK_EPERM;

	/* Only who comes by a gate of the monitor has a session. */
	if (mk_tag_proto(m->tag) != CHANNEL_PROTO || !words ||
	    !mk_session_program(m->label))
		opens = false;
	else if (opens)
		error = open(m->label, m->word[1] == MK_ITEM_MAPPED);
	else if (m->label == session)
		error = serve_session(m, words);
	/* A gate that came with something else is not kept. */
	if (!consumer_lives()) {
		(void)mk_drop_cap(MK_CAP_TASK, SLOT_WAKE);
		session = 0;
	}
	if (error || m->word[0] != CHANNEL_STATE)
		m->tag = mk_tag(CHANNEL_PROTO, 1, 0, 0);
	if (opens && !error)
		add_pages(m);
	m->word[0] = (uint64_t)(int64_t)error;
}

static _Noreturn void serve(void)
{
	struct mk_message m = {0};
	bool answer = false;

	for (;;) {
		mk_utcb()->windows = 1;
		mk_utcb()->window[0] = mk_cap_page(SLOT_WAKE, MK_ALL_RIGHTS);
		answer = answer ? mk_reply_wait(MK_FOREVER, &m)
				: mk_wait(MK_FOREVER, &m);
		if (answer)
			serve_one(&m);
	}
}

void mk_main(void)
{
	data.done = 0;
	shared.word = CHANNEL_NOTHING;
	worker_make();
	must(mk_create_gate(MK_CAP_FACTORY, SLOT_READY, READY_LABEL,
			    MK_CAP_THREAD),
	     "gate");
	must(mk_monitor_offer(MK_CAP_MONITOR, MK_FOREVER, CHANNEL_SERVICE,
			      mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL)),
	     "offer at the reference monitor");
	must(mk_names_add(MK_CAP_NAMES, MK_FOREVER, CHANNEL_NAME,
			  mk_cap_page(SLOT_READY, MK_CAP_SEND | MK_CAP_PASS)),
	     "name");
	mk_print("producer: ready as '%s', service '%s'\n", CHANNEL_NAME,
		 CHANNEL_SERVICE);
	serve();
}
