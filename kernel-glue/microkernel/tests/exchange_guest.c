/* SPDX-License-Identifier: MIT */
/* exchange_guest.c - see exchange_guest.h. */
#include "exchange_guest.h"

#define PATIENCE_NS 10000000000ul

/* Guests have no boot information. */
static uint64_t own_program;

static void hello(void)
{
	uint64_t client, program;

	CHECK_EQUAL(
		mk_exchange_hello(X, mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL),
				  &client, &program),
		0);
	CHECK_EQUAL(program, own_program);
	CHECK_EQUAL(
		mk_exchange_mail_memory(
			X, mk_flexpage(MK_MEMORY, MAILBOX,
				       MK_EXCHANGE_MAILBOX_ORDER, MK_R | MK_W)),
		0);
}

static uint64_t open_session(uint64_t slot)
{
	uint64_t end = now_ns() + PATIENCE_NS, session = 0;
	int error;

	/* It may not have offered itself yet; and the dead are counted until it
	 * has said that they are gone. */
	do {
		error = mk_monitor_open(MK_CAP_MONITOR, MK_FOREVER,
					MK_EXCHANGE_SERVICE, &session, slot);
		if (error)
			mk_sleep_us(100);
	} while (error && now_ns() < end);
	CHECK_EQUAL(error, 0);
	return session;
}

void host_begin(void)
{
	static bool begun;

	if (begun)
		return;
	begun = true;
	own_program = mk_boot_info()->program;
	(void)open_session(GATE);
	hello();
}

void guest_make(struct guest *g)
{
	uint64_t gate = slot_new();

	*g = (struct guest){0};
	g->session = open_session(gate);
	g->task = second_task();
	job_make(&g->job, g->task);
	CHECK_EQUAL(mk_map_cap(g->task, GATE, gate, MK_CAP_SEND), 0);
	CHECK_EQUAL(mk_map_cap(g->task, MK_CAP_TASK, g->task, MK_ALL_RIGHTS),
		    0);
	CHECK_EQUAL(mk_map_cap(g->task, MK_CAP_THREAD, g->job.thread,
			       MK_ALL_RIGHTS),
		    0);
	CHECK_EQUAL(mk_map_cap(g->task, MK_CAP_FACTORY, MK_CAP_FACTORY,
			       MK_ALL_RIGHTS),
		    0);
	CHECK_EQUAL(mk_map_cap(g->task, MK_CAP_LOG, MK_CAP_LOG, MK_CAP_SEND),
		    0);
	CHECK_EQUAL(
		mk_map_cap(g->task, MK_CAP_SCHED, MK_CAP_SCHED, MK_CAP_SEND),
		0);
}

void guest_start(struct guest *g, void (*body)(struct guest *g))
{
	/* The job is the guest's first member. */
	job_run(&g->job, (void (*)(struct job *))(void (*)(void))body);
}

void guest_run(struct guest *g, void (*body)(struct guest *g))
{
	guest_start(g, body);
	CHECK(job_wait(&g->job));
}

void guest_kill(struct guest *g)
{
	CHECK_EQUAL(mk_delete(OWN_TASK, g->task), 0);
	job_drop(&g->job);
}

void guest_hello(struct guest *g)
{
	(void)g;
	hello();
}

int send_word(uint64_t conn, uint64_t word, uint64_t handle)
{
	uint32_t number = (uint32_t)handle;

	*(volatile uint64_t *)MAILBOX = word;
	return mk_exchange_send(X, conn, 0, sizeof(word), &number,
				~handle ? sizeof(number) : 0);
}

int recv_word(uint64_t conn, uint64_t *out_word, uint64_t *out_handle)
{
	uint64_t bytes = 0;
	size_t handles_bytes = 0;
	uint8_t handles[32];
	uint32_t number;
	int error = mk_exchange_recv(X, conn, 0, sizeof(*out_word), &bytes,
				     handles, &handles_bytes);

	if (error)
		return error;
	*out_word = *(volatile uint64_t *)MAILBOX;
	*out_handle = ~0ul;
	if (handles_bytes) {
		__builtin_memcpy(&number, handles, sizeof(number));
		*out_handle = number;
	}
	return 0;
}

int map_at(uint64_t handle, uint64_t bytes, uint64_t access, uint64_t at,
	   uint64_t *out_mapping)
{
	unsigned order = (unsigned)__builtin_ctzl(bytes);
	uint64_t made;
	int error = mk_exchange_region_open(X, handle, bytes, access,
					    out_mapping, &made);

	if (error)
		return error;
	return mk_exchange_region_map(
		X, *out_mapping, 0, order - MK_PAGE_ORDER,
		mk_flexpage(MK_MEMORY, at, order, MK_R | MK_W));
}

bool comes(int (*call)(void), int wanted)
{
	uint64_t end = patience_end();
	int is;

	do {
		is = call();
		if (is == wanted)
			return true;
		mk_sleep_us(100);
	} while (now_ns() < end);
	CHECK_EQUAL(is, wanted);
	return false;
}
