/* SPDX-License-Identifier: MIT */
/*
 * behave_exchange.c - the exchange: what it promises to clients, some of whom
 * lie, die and ask for everything.  Its rules are in exchange.policy.
 */
#include "exchange_guest.h"

#define PAGE MK_PAGE_BYTES
#define NOTHING (~0ul)
#define EVENT(slot) mk_cap_page(slot, MK_CAP_SEND | MK_CAP_PASS)
#define OPEN_ALL (MK_EXCHANGE_MAP_WRITE | MK_EXCHANGE_MAP_MAKER)

/* Written by guests, who have the same data. */
static uint64_t shared_handle, shared_mapping, shared_conn, shared_name;
static uint64_t got_word, got_handle;
static struct guest g, greedy[3];

static int connect_to(const char *name, uint64_t *out_conn)
{
	return mk_exchange_connect(X, name, 0, out_conn);
}

/* A body comes so far. */
static void reached(struct guest *self, uint64_t where)
{
	__atomic_store_n(&self->argument, where, __ATOMIC_SEQ_CST);
}

/* A connection between us and a guest: it listens, we connect. */
static void accept_body(struct guest *self)
{
	uint64_t client, program;

	guest_hello(self);
	CHECK_EQUAL(mk_exchange_listen(X, "pair", 0, &shared_name), 0);
	__atomic_store_n(&self->argument, 1, __ATOMIC_RELEASE);
	while (mk_exchange_accept(X, shared_name, &shared_conn, &client,
				  &program))
		mk_sleep_us(100);
	CHECK_EQUAL(mk_exchange_close(X, shared_name), 0);
}

static uint64_t meet(void)
{
	uint64_t conn = 0;

	host_begin();
	guest_make(&g);
	guest_start(&g, accept_body);
	while (!__atomic_load_n(&g.argument, __ATOMIC_ACQUIRE))
		mk_sleep_us(100);
	CHECK_EQUAL(connect_to("pair", &conn), 0);
	CHECK(job_wait(&g.job));
	return conn;
}

static uint64_t hung_conn;

static int receive_hung(void)
{
	uint64_t word, handle;

	return recv_word(hung_conn, &word, &handle);
}

/* The peer is gone, and we are told; closes our end. */
static void hung_up(uint64_t conn)
{
	hung_conn = conn;
	CHECK(comes(receive_hung, -DSI_EPIPE));
	CHECK_EQUAL(send_word(conn, 1, NOTHING), -DSI_EPIPE);
	CHECK_EQUAL(mk_exchange_close(X, conn), 0);
}

/* ---- x1: who may call ---------------------------------------------------- */

static void uninvited_body(struct guest *self)
{
	uint64_t a, b;

	CHECK_EQUAL(mk_exchange_pair(X, &a, &b), -DSI_EPERM);
	CHECK_EQUAL(mk_exchange_mail_memory(
			    X, mk_flexpage(MK_MEMORY, MAILBOX,
					   MK_EXCHANGE_MAILBOX_ORDER, MK_R)),
		    -DSI_EPERM);
	/* What is no thread cannot be watched. */
	CHECK_EQUAL(
		mk_exchange_hello(
			X, mk_cap_page(MK_CAP_FACTORY, MK_CAP_CONTROL), &a, &b),
		-DSI_EINVAL);
	guest_hello(self);
	CHECK_EQUAL(
		mk_exchange_hello(X, mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL),
				  &a, &b),
		-DSI_EPERM);
	CHECK_EQUAL(mk_exchange_pair(X, &a, &b), 0);
}

static bool refused(unsigned words, int64_t proto, uint64_t opcode)
{
	struct mk_message m = {
		.tag = mk_tag(proto, words, 0, 0),
		.word = {opcode, ~0ul, 1ul << 63, 4096},
	};

	return mk_call(GATE, MK_FOREVER, &m) && (int64_t)m.word[0] < 0;
}

static void who_may_call(void)
{

	host_begin();
	guest_make(&g);
	guest_run(&g, uninvited_body);
	guest_kill(&g);
	for (unsigned i = 0; i < 4000; i++)
		CHECK(refused(i % 64, MK_EXCHANGE_PROTO, 60 + i % 7));
	for (unsigned opcode = 1; opcode <= 41; opcode++)
		CHECK(refused(63, MK_EXCHANGE_PROTO, opcode));
	CHECK(refused(4, MK_EXCHANGE_PROTO + 1, 1));
}

/* ---- x2: regions --------------------------------------------------------- */

static void read_body(struct guest *self)
{
	uint64_t mapping, made;

	CHECK_EQUAL(recv_word(shared_conn, &got_word, &got_handle), 0);
	CHECK_EQUAL(map_at(got_handle, 2 * PAGE, MK_EXCHANGE_MAP_WRITE,
			   GUEST_MEMORY, &mapping),
		    -DSI_EACCES);
	CHECK_EQUAL(mk_exchange_region_open(X, got_handle, 2 * PAGE, OPEN_ALL,
					    &mapping, &made),
		    -DSI_EACCES);
	CHECK_EQUAL(map_at(got_handle, PAGE, 0, GUEST_MEMORY, &mapping),
		    -DSI_EPROTO);
	CHECK_EQUAL(map_at(got_handle, 4 * PAGE, 0, GUEST_MEMORY, &mapping),
		    -DSI_EPROTO);
	CHECK_EQUAL(
		mk_exchange_region_open(X, shared_conn, 0, 0, &mapping, &made),
		-DSI_EPROTO);
	CHECK_EQUAL(map_at(got_handle, 2 * PAGE, 0, GUEST_MEMORY, &mapping), 0);
	/* No more of it than there is, and nothing of others. */
	CHECK_EQUAL(
		mk_exchange_region_map(X, mapping, 2, 0, 0x30100000ul | 0x314),
		-DSI_EINVAL);
	CHECK_EQUAL(
		mk_exchange_region_map(X, mapping, 0, 2, 0x30100000ul | 0x394),
		-DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_region_map(X, mapping, ~0ul, 63,
					   0x30100000ul | 0x314),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_region_map(X, mapping + 1, 0, 0,
					   0x30100000ul | 0x314),
		    -DSI_EINVAL);
	self->result = *(volatile uint64_t *)GUEST_MEMORY;
	shared_mapping = mapping;
}

static void write_body(struct guest *self)
{
	reached(self, 7);
	*(volatile uint64_t *)(GUEST_MEMORY + PAGE) = 666;
	reached(self, 8);
}

static void pages_with_rights(void)
{
	uint64_t handle = 0, made = 0, mapping = 0, conn;
	volatile uint64_t *own = (volatile uint64_t *)GUEST_MEMORY;

	conn = meet();
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE + 1, 0, &handle, &made),
		    0);
	CHECK_EQUAL(made, 2 * PAGE);
	/* Where it lies is not for us to know; nor is a device's memory for
	 * us, which no rule gives us. */
	CHECK_EQUAL(mk_exchange_region_physical(X, handle, &mapping), 0);
	CHECK_EQUAL(mapping, 0);
	CHECK_EQUAL(mk_exchange_region_physical(X, conn, &mapping),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_device_memory(X, &mapping), -DSI_EACCES);
	CHECK_EQUAL(map_at(handle, 2 * PAGE, OPEN_ALL, GUEST_MEMORY, &mapping),
		    0);
	CHECK_EQUAL(own[0], 0);
	own[0] = 1234;
	CHECK_EQUAL(send_word(conn, 1, handle), 0);
	guest_run(&g, read_body);
	CHECK_EQUAL(g.result, 1234);
	guest_start(&g, write_body);
	CHECK(job_reaches(&g.job, MK_STATE_STOPPED));
	CHECK_EQUAL(g.argument, 7);
	CHECK_EQUAL(own[PAGE / 8], 0);
	/* Closed here, it lives there; and the numbers are free again. */
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	CHECK_EQUAL(mk_exchange_close(X, handle), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), -DSI_EINVAL);
	guest_kill(&g);
	hung_up(conn);
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, GUEST_MEMORY, 13, 7),
			     MK_UNMAP_SELF),
		    0);
}

/* ---- x3: memory comes back ----------------------------------------------- */

static uint64_t pages_got, pages_dirty;
#define ALL_PAGES 100000u

/* All that there is for it, or as many pages as `argument` says; leaves nothing
 * as it was. */
static void fill_body(struct guest *self)
{
	uint64_t handle, made, mapping;
	volatile uint64_t *page = (volatile uint64_t *)GUEST_MEMORY;

	guest_hello(self);
	pages_got = 0;
	while (pages_got < self->argument &&
	       mk_exchange_region_create(X, PAGE, 0, &handle, &made) == 0) {
		CHECK_EQUAL(
			map_at(handle, PAGE, OPEN_ALL, GUEST_MEMORY, &mapping),
			0);
		for (unsigned i = 0; i < PAGE / 8; i++)
			pages_dirty += page[i] != 0;
		for (unsigned i = 0; i < PAGE / 8; i++)
			page[i] = ~0ul;
		CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
		pages_got++;
	}
	CHECK_EQUAL(mk_exchange_region_create(X, ~0ul, 0, &handle, &made),
		    -DSI_ENOMEM);
	CHECK_EQUAL(mk_exchange_region_create(X, 0, 0, &handle, &made),
		    -DSI_EINVAL);
}

static void memory_comes_back(void)
{
	uint64_t first = 0;

	host_begin();
	/* More clients than there are places; the last ones take as much as the
	 * first one. */
	for (unsigned i = 0; i < MK_EXCHANGE_CLIENTS + 4; i++) {
		bool all = i == 0 || i >= MK_EXCHANGE_CLIENTS;

		guest_make(&g);
		g.argument = all ? ALL_PAGES : 2;
		guest_run(&g, fill_body);
		guest_kill(&g);
		if (i == 0)
			first = pages_got;
		CHECK_EQUAL(pages_got, all ? first : 2);
	}
	CHECK(first > 16);
	CHECK(first < ALL_PAGES);
	CHECK_EQUAL(pages_dirty, 0);
}

/* What a client can have. */
static void count_pages(void)
{
	host_begin();
	if (pages_got)
		return;
	guest_make(&g);
	g.argument = ALL_PAGES;
	guest_run(&g, fill_body);
	guest_kill(&g);
}

/* A mapping that its client has declared closed, and kept. */
static void keep_body(struct guest *self)
{
	uint64_t made, mapping;
	volatile uint64_t *page = (volatile uint64_t *)GUEST_MEMORY;

	guest_hello(self);
	CHECK_EQUAL(
		mk_exchange_region_create(X, PAGE, 0, &shared_handle, &made),
		0);
	CHECK_EQUAL(
		map_at(shared_handle, PAGE, OPEN_ALL, GUEST_MEMORY, &mapping),
		0);
	*page = 1;
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	*page = 2;
	CHECK_EQUAL(mk_exchange_close(X, shared_handle), 0);
	reached(self, 1);
	*page = 3;
	reached(self, 2);
}

static void kept_memory_is_taken(void)
{

	host_begin();
	guest_make(&g);
	guest_start(&g, keep_body);
	CHECK(job_reaches(&g.job, MK_STATE_STOPPED));
	CHECK_EQUAL(g.argument, 1);
	guest_kill(&g);
}

/* ---- x4: memory of applications ------------------------------------------ */

static void withdraw_body(struct guest *self)
{
	uint64_t mapping;

	CHECK_EQUAL(recv_word(shared_conn, &got_word, &got_handle), 0);
	CHECK_EQUAL(map_at(got_handle, PAGE, 0, GUEST_MEMORY, &mapping),
		    -DSI_EPROTO);
	CHECK_EQUAL(map_at(got_handle, PAGE, MK_EXCHANGE_MAP_UNSEALED,
			   GUEST_MEMORY, &mapping),
		    0);
	CHECK_EQUAL(mk_exchange_region_withdraw(X, got_handle), -DSI_EACCES);
	self->result = *(volatile uint64_t *)GUEST_MEMORY + 1;
}

static void touch_body(struct guest *self)
{
	reached(self, 20);
	self->result = *(volatile uint64_t *)GUEST_MEMORY;
	reached(self, 21);
}

static void unsealed_and_sealed(void)
{
	uint64_t handle = 0, made = 0, imported = 0, conn;

	conn = meet();
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, MK_EXCHANGE_UNSEALABLE,
					      &handle, &made),
		    0);
	CHECK_EQUAL(send_word(conn, 1, handle), 0);
	guest_run(&g, withdraw_body);
	CHECK_EQUAL(g.result, 1);
	CHECK_EQUAL(mk_exchange_region_withdraw(X, handle), 0);
	guest_start(&g, touch_body);
	CHECK(job_reaches(&g.job, MK_STATE_STOPPED));
	CHECK_EQUAL(g.argument, 20);
	guest_kill(&g);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	hung_up(conn);
	/* Sealed, nobody can withdraw it. */
	CHECK_EQUAL(mk_exchange_region_create(X, 2 * PAGE,
					      MK_EXCHANGE_UNSEALED |
						      MK_EXCHANGE_SHARE_WRITE,
					      &handle, &made),
		    0);
	CHECK_EQUAL(mk_exchange_region_import(X, handle, 2 * PAGE + 1, 0,
					      &imported, &made),
		    -DSI_ENOSPC);
	CHECK_EQUAL(
		mk_exchange_region_import(X, handle, PAGE, 0, &imported, &made),
		0);
	CHECK_EQUAL(made, 2 * PAGE);
	CHECK_EQUAL(mk_exchange_region_withdraw(X, handle), -DSI_EACCES);
	CHECK_EQUAL(mk_exchange_region_withdraw(X, imported), -DSI_EACCES);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	CHECK_EQUAL(mk_exchange_close(X, imported), 0);
}

/* ---- x5: connections ----------------------------------------------------- */

static void echo_body(struct guest *self)
{
	uint64_t word, handle, kind;

	while (recv_word(shared_conn, &word, &handle) == 0) {
		self->result++;
		CHECK_EQUAL(send_word(shared_conn, word + 1, handle), 0);
		CHECK_EQUAL(mk_exchange_kind(X, handle, &kind), 0);
		CHECK_EQUAL(kind, MK_EXCHANGE_BELL);
		CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	}
}

/* Numbers of another client are nothing here. */
static void forge_body(struct guest *self)
{
	uint64_t a, b;

	(void)self;
	for (uint64_t i = 0; i < 300; i++) {
		if (i == shared_conn)
			continue;
		CHECK_EQUAL(send_word(i, 1, NOTHING), -DSI_EINVAL);
		CHECK_EQUAL(recv_word(i, &a, &b), -DSI_EINVAL);
		CHECK_EQUAL(send_word(shared_conn, 1, i), -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_close(X, i), -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_ring(X, i), -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_peer(X, i, &a, &b), -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_accept(X, i, &a, &a, &b), -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_watch(X, i, 0, 1), -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_region_close(X, i), -DSI_EINVAL);
	}
	CHECK_EQUAL(mk_exchange_send(X, shared_conn, 99, 8, "", 0),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_send(X, shared_conn, 0, 1025, "", 0),
		    -DSI_EMSGSIZE);
	CHECK_EQUAL(mk_exchange_send(X, shared_conn, 0, 0, "", 0), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_send(X, shared_conn, 0, 8, "\1\2\3", 3),
		    -DSI_EINVAL);
}

static void messages(void)
{
	uint64_t bell[2] = {0}, word = 0, handle = 0, conn, sent = 0;

	conn = meet();
	CHECK_EQUAL(mk_exchange_bell_pair(X, &bell[0], &bell[1]), 0);
	guest_run(&g, forge_body);
	while (send_word(conn, 100 + sent, bell[1]) == 0)
		sent++;
	CHECK_EQUAL(sent, 16);
	CHECK_EQUAL(send_word(conn, 1, NOTHING), -DSI_EAGAIN);
	g.result = 0;
	guest_run(&g, echo_body);
	CHECK_EQUAL(g.result, sent);
	for (uint64_t i = 0; i < sent; i++) {
		CHECK_EQUAL(recv_word(conn, &word, &handle), 0);
		CHECK_EQUAL(word, 101 + i);
		CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	}
	CHECK_EQUAL(recv_word(conn, &word, &handle), -DSI_EAGAIN);
	/* What it said before it died is still read. */
	CHECK_EQUAL(send_word(conn, 7, bell[1]), 0);
	guest_run(&g, echo_body);
	guest_kill(&g);
	CHECK_EQUAL(recv_word(conn, &word, &handle), 0);
	CHECK_EQUAL(word, 8);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	hung_up(conn);
	CHECK_EQUAL(mk_exchange_close(X, bell[0]), 0);
	CHECK_EQUAL(mk_exchange_close(X, bell[1]), 0);
}

/* ---- x6: handles under way ----------------------------------------------- */

/* A handle in a message that nobody will read: its other end learns. */
static void in_flight_to_the_dead(void)
{
	uint64_t other[2] = {0}, own[2] = {0}, conn;

	host_begin();
	/* The same to one who lives, and closes. */
	CHECK_EQUAL(mk_exchange_pair(X, &own[0], &own[1]), 0);
	CHECK_EQUAL(mk_exchange_pair(X, &other[0], &other[1]), 0);
	CHECK_EQUAL(send_word(own[0], 1, other[0]), 0);
	CHECK_EQUAL(mk_exchange_close(X, other[0]), 0);
	CHECK_EQUAL(send_word(other[1], 5, NOTHING), 0);
	CHECK_EQUAL(mk_exchange_close(X, own[1]), 0);
	hung_up(other[1]);
	CHECK_EQUAL(mk_exchange_close(X, own[0]), 0);
	conn = meet();
	CHECK_EQUAL(mk_exchange_pair(X, &other[0], &other[1]), 0);
	CHECK_EQUAL(send_word(conn, 1, other[0]), 0);
	CHECK_EQUAL(mk_exchange_close(X, other[0]), 0);
	CHECK_EQUAL(send_word(other[1], 5, NOTHING), 0);
	guest_kill(&g);
	hung_up(other[1]);
	hung_up(conn);
}

/* Two connections, each in a message of the other, and no handle: found when
 * there is no room, again and again. */
static void islands(void)
{
	uint64_t a[2], b[2], handle = 0, made;

	host_begin();
	for (unsigned i = 0; i < 600; i++) {
		CHECK_EQUAL(
			mk_exchange_region_create(X, PAGE, 0, &handle, &made),
			0);
		CHECK_EQUAL(mk_exchange_pair(X, &a[0], &a[1]), 0);
		CHECK_EQUAL(mk_exchange_pair(X, &b[0], &b[1]), 0);
		CHECK_EQUAL(send_word(a[0], 1, b[1]), 0);
		CHECK_EQUAL(send_word(b[0], 1, a[1]), 0);
		CHECK_EQUAL(send_word(b[0], 2, handle), 0);
		CHECK_EQUAL(mk_exchange_close(X, handle), 0);
		CHECK_EQUAL(mk_exchange_close(X, a[0]), 0);
		CHECK_EQUAL(mk_exchange_close(X, a[1]), 0);
		CHECK_EQUAL(mk_exchange_close(X, b[0]), 0);
		CHECK_EQUAL(mk_exchange_close(X, b[1]), 0);
	}
}

/* All its memory, but the page for messages, hangs on a connection that only
 * refers to itself. */
static void dead_island_body(struct guest *self)
{
	uint64_t a, b, handle, made;

	guest_hello(self);
	CHECK_EQUAL(mk_exchange_pair(X, &a, &b), 0);
	CHECK_EQUAL(mk_exchange_region_create(X, (pages_got - 1) * PAGE, 0,
					      &handle, &made),
		    0);
	CHECK_EQUAL(send_word(a, 1, handle), 0);
	CHECK_EQUAL(send_word(a, 2, b), 0);
}

static void islands_of_the_dead(void)
{
	count_pages();
	for (unsigned i = 0; i < 70; i++) {
		guest_make(&g);
		guest_run(&g, dead_island_body);
		guest_kill(&g);
	}
}

/* ---- x14: what is mapped stays ------------------------------------------- */

static void lend_body(struct guest *self)
{
	uint64_t handle, made, mapping;

	(void)self;
	CHECK_EQUAL(mk_exchange_region_create(X, 32 * PAGE, 0, &handle, &made),
		    0);
	CHECK_EQUAL(map_at(handle, 32 * PAGE, OPEN_ALL, GUEST_MEMORY, &mapping),
		    0);
	*(volatile uint64_t *)GUEST_MEMORY = 4321;
	CHECK_EQUAL(send_word(shared_conn, 1, handle), 0);
}

/* Its maker dies, and who has mapped it has no room for another. */
static void mapped_memory_stays(void)
{
	uint64_t conn, own = 0, made = 0, mapping = 0, word, handle = 0;
	volatile uint64_t *page = (volatile uint64_t *)GUEST_MEMORY;

	count_pages();
	conn = meet();
	guest_run(&g, lend_body);
	CHECK_EQUAL(recv_word(conn, &word, &handle), 0);
	CHECK_EQUAL(map_at(handle, 32 * PAGE, 0, GUEST_MEMORY, &mapping), 0);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	/* One page is for the messages of the connection. */
	CHECK_EQUAL(mk_exchange_region_create(X, (pages_got - 1) * PAGE, 0,
					      &own, &made),
		    0);
	guest_kill(&g);
	hung_up(conn);
	CHECK_EQUAL(*page, 4321);
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &handle, &made),
		    -DSI_ENOMEM);
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	CHECK_EQUAL(mk_exchange_close(X, own), 0);
	/* All of it came back. */
	CHECK_EQUAL(
		mk_exchange_region_create(X, pages_got * PAGE, 0, &own, &made),
		0);
	CHECK_EQUAL(mk_exchange_close(X, own), 0);
}

/* ---- x15: an owner whose watched thread is gone, but who goes on asking --- */

static void thread_gone_body(struct guest *self)
{
	uint64_t client, program, listener;

	CHECK_EQUAL(mk_create_thread(MK_CAP_FACTORY, SCRATCH), 0);
	CHECK_EQUAL(mk_exchange_hello(X, mk_cap_page(SCRATCH, MK_CAP_CONTROL),
				      &client, &program),
		    0);
	CHECK_EQUAL(mk_exchange_listen(X, "state", 0, &listener), 0);
	CHECK_EQUAL(mk_delete(MK_CAP_TASK, SCRATCH), 0);
	/* The gate of the session is gone, or the client first. */
	CHECK(mk_exchange_listen(X, "state", 0, &listener) != 0);
	CHECK(mk_exchange_pair(X, &client, &program) != 0);
	self->result = 1;
}

static void thread_gone(void)
{
	host_begin();
	for (unsigned i = 0; i < MK_EXCHANGE_CLIENTS + 2; i++) {
		guest_make(&g);
		guest_run(&g, thread_gone_body);
		CHECK_EQUAL(g.result, 1);
		guest_kill(&g);
	}
}

/* ---- x7: death in every state -------------------------------------------- */

#define STEPS 14u

static uint64_t step_conn, step_pair[2], step_bell[2], step_mapping;

static void step(unsigned i)
{
	uint64_t made, event, handle;

	switch (i) {
	case 0:
		CHECK_EQUAL(
			mk_create_event(MK_CAP_FACTORY, SCRATCH, MK_EVENT_BITS),
			0);
		break;
	case 1:
		CHECK_EQUAL(mk_exchange_event_add(X, EVENT(SCRATCH), &event),
			    0);
		break;
	case 2:
		CHECK_EQUAL(mk_exchange_listen(X, "state", 0, &shared_name), 0);
		break;
	case 3:
		CHECK_EQUAL(connect_to("state", &step_conn), 0);
		break;
	case 4:
		CHECK_EQUAL(connect_to("host", &step_conn), 0);
		break;
	case 5:
		CHECK_EQUAL(mk_exchange_region_create(X, 3 * PAGE, 0,
						      &shared_handle, &made),
			    0);
		break;
	case 6:
		CHECK_EQUAL(mk_exchange_region_open(X, shared_handle, 3 * PAGE,
						    OPEN_ALL, &step_mapping,
						    &made),
			    0);
		break;
	case 7:
		CHECK_EQUAL(mk_exchange_word_wait(X, step_mapping, 64, 0, 1),
			    0);
		break;
	case 8:
		CHECK_EQUAL(send_word(step_conn, 8, shared_handle), 0);
		break;
	case 9:
		CHECK_EQUAL(mk_exchange_pair(X, &step_pair[0], &step_pair[1]),
			    0);
		CHECK_EQUAL(send_word(step_pair[0], 9, step_pair[1]), 0);
		break;
	case 10:
		CHECK_EQUAL(mk_exchange_watch(X, step_pair[0], 0, 2), 0);
		break;
	case 11:
		CHECK_EQUAL(
			mk_exchange_bell_pair(X, &step_bell[0], &step_bell[1]),
			0);
		CHECK_EQUAL(send_word(step_conn, 11, step_bell[1]), 0);
		break;
	case 12:
		CHECK_EQUAL(mk_exchange_close(X, step_pair[1]), 0);
		break;
	default:
		CHECK_EQUAL(mk_exchange_names_watch(X, 0, 0, 4, &handle), 0);
		break;
	}
}

static void steps_body(struct guest *self)
{
	guest_hello(self);
	for (unsigned i = 0; i < self->argument; i++)
		step(i);
	__atomic_store_n(&self->result, 1, __ATOMIC_RELEASE);
	/* And then it goes on asking until it is killed in the middle. */
	for (uint64_t i = 0;; i++)
		(void)mk_exchange_ready(X, &i, 4, &got_word);
}

static int connect_state(void)
{
	uint64_t conn;

	return connect_to("state", &conn);
}

static void death_in_every_state(void)
{
	uint64_t listener = 0, conn, client, program;

	host_begin();
	CHECK_EQUAL(mk_exchange_listen(X, "host", 0, &listener), 0);
	for (unsigned i = 0; i <= STEPS; i++) {
		guest_make(&g);
		g.argument = i;
		guest_start(&g, steps_body);
		while (!__atomic_load_n(&g.result, __ATOMIC_ACQUIRE))
			mk_sleep_us(100);
		guest_kill(&g);
		/* At once, on whatever CPU it was. */
		CHECK_EQUAL(connect_state(), -DSI_ENOENT);
		if (mk_exchange_accept(X, listener, &conn, &client, &program) ==
		    0) {
			uint64_t word = 0, handle = NOTHING;

			while (recv_word(conn, &word, &handle) == 0)
				CHECK_EQUAL(mk_exchange_close(X, handle), 0);
			hung_up(conn);
		}
		CHECK_EQUAL(mk_exchange_accept(X, listener, &conn, &client,
					       &program),
			    -DSI_EAGAIN);
	}
	CHECK_EQUAL(mk_exchange_close(X, listener), 0);
}

/* ---- x8: names ----------------------------------------------------------- */

static void same_name_body(struct guest *self)
{
	uint64_t listener;

	guest_hello(self);
	CHECK_EQUAL(mk_exchange_listen(X, "taken", 0, &listener), -DSI_EEXIST);
	CHECK_EQUAL(mk_exchange_listen(X, "taken", 1, &listener), 0);
	CHECK_EQUAL(mk_exchange_listen(X, "closed", 0, &listener), -DSI_EACCES);
	CHECK_EQUAL(mk_exchange_listen(X, "not a name", 0, &listener),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_listen(X, "/a/b", 0, &listener), -DSI_EINVAL);
	CHECK_EQUAL(connect_to("secret", &listener), -DSI_EACCES);
	CHECK_EQUAL(mk_exchange_listen(X, "secret", 0, &listener), 0);
	self->result = listener;
}

static void names(void)
{
	uint64_t listener = 0, conn = 0, again = 0, sum = 0, at = 0;
	char name[MK_EXCHANGE_NAME_BYTES];

	host_begin();
	CHECK_EQUAL(mk_exchange_listen(X, "taken", 0, &listener), 0);
	CHECK_EQUAL(mk_exchange_listen(X, "taken", 0, &again), -DSI_EEXIST);
	guest_make(&g);
	guest_run(&g, same_name_body);
	/* What may not be connected to is not listed. */
	for (uint64_t i = 0; mk_exchange_list(X, 0, i, name) == 0; i++)
		sum++;
	CHECK_EQUAL(sum, 1);
	CHECK_EQUAL(mk_exchange_list(X, 1, 0, name), 0);
	guest_kill(&g);
	CHECK_EQUAL(mk_exchange_list(X, 1, 0, name), -DSI_ENOENT);
	/* Its listener's queue is bounded; the name goes with the listener. */
	for (uint64_t i = 0; i < 16; i++)
		CHECK_EQUAL(connect_to("taken", &conn), 0);
	CHECK_EQUAL(connect_to("taken", &again), -DSI_EAGAIN);
	CHECK_EQUAL(mk_exchange_withdraw(X, listener), 0);
	CHECK_EQUAL(connect_to("taken", &again), -DSI_ENOENT);
	CHECK_EQUAL(mk_exchange_close(X, listener), 0);
	CHECK_EQUAL(recv_word(conn, &sum, &at), -DSI_EPIPE);
	for (uint64_t i = 0; i < 16; i++)
		CHECK_EQUAL(mk_exchange_close(X, conn - i), 0);
}

/* ---- x9: words ----------------------------------------------------------- */

static uint64_t own_event(void)
{
	static uint64_t slot, event;

	if (slot)
		return event;
	slot = slot_new();
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, slot, MK_EVENT_BITS), 0);
	CHECK_EQUAL(mk_exchange_event_add(X, EVENT(slot), &event), 0);
	return event;
}

static void wait_word_body(struct guest *self)
{
	uint64_t event = 0, seen, made;

	if (!self->argument++) {
		CHECK_EQUAL(recv_word(shared_conn, &got_word, &got_handle), 0);
		/* Not without having it open. */
		CHECK_EQUAL(mk_exchange_word_wait(X, 0, 64, 0, 1), -DSI_EINVAL);
		CHECK_EQUAL(
			mk_create_event(MK_CAP_FACTORY, SCRATCH, MK_EVENT_BITS),
			0);
		CHECK_EQUAL(mk_exchange_event_add(X, EVENT(SCRATCH), &event),
			    0);
		CHECK_EQUAL(mk_exchange_region_open(X, got_handle, PAGE, 0,
						    &shared_mapping, &made),
			    0);
		CHECK_EQUAL(
			mk_exchange_word_wait(X, shared_mapping, 64, event, 8),
			0);
		CHECK_EQUAL(mk_exchange_word_wait(X, shared_mapping, PAGE,
						  event, 8),
			    -DSI_EINVAL);
		CHECK_EQUAL(
			mk_exchange_word_wait(X, shared_mapping, 63, event, 8),
			-DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_word_wait(X, shared_mapping, 64,
						  MK_EXCHANGE_EVENTS - 1, 8),
			    -DSI_EINVAL);
	} else {
		seen = mk_event_wait(SCRATCH, MK_NEVER);
		self->result = seen;
	}
}

/* The flag: a waker that keeps what it got would never find the second. */
static int ask(uint64_t mapping, uint64_t offset, uint64_t below,
	       uint64_t *out_bits, uint64_t *out_number, uint64_t slot)
{
	return mk_exchange_word_waiter(X, mapping, offset, below, out_bits,
				       out_number, slot);
}

static void waiters_of_words(void)
{
	uint64_t handle = 0, made = 0, mapping = 0, bits = 0, conn;
	uint64_t kept = slot_new(), other = slot_new(), event;
	uint64_t number = 0;

	conn = meet();
	event = own_event();
	g.argument = 0;
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &handle, &made), 0);
	CHECK_EQUAL(mk_exchange_region_open(X, handle, PAGE, OPEN_ALL, &mapping,
					    &made),
		    0);
	CHECK_EQUAL(send_word(conn, 1, handle), 0);
	CHECK_EQUAL(ask(mapping, 64, 0, &bits, &number, kept), -DSI_ENOENT);
	guest_run(&g, wait_word_body);
	CHECK_EQUAL(ask(mapping, 64, 0, &bits, &number, kept), 0);
	CHECK_EQUAL(ask(mapping, 68, 0, &bits, &number, other), -DSI_ENOENT);
	CHECK_EQUAL(ask(mapping, 64, number, &bits, &number, other),
		    -DSI_ENOENT);
	CHECK_EQUAL(bits, 8);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, kept), MK_CAP_SEND);
	guest_start(&g, wait_word_body);
	CHECK(mk_signal(kept, bits));
	CHECK(job_wait(&g.job));
	CHECK_EQUAL(g.result, 8);
	/* Again the same waiter: nothing changes.  Another: ask again. */
	CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 64, event, 1), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, kept), 0);
	CHECK(!mk_signal(kept, bits));
	CHECK_EQUAL(ask(mapping, 64, 0, &bits, &number, kept), 0);
	CHECK_EQUAL(ask(mapping, 64, number, &bits, &number, other), 0);
	CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 64, event, 1), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, other), MK_CAP_SEND);
	guest_kill(&g);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, other), 0);
	hung_up(conn);
	CHECK_EQUAL(ask(mapping, 64, number, &bits, &number, other),
		    -DSI_ENOENT);
	CHECK_EQUAL(mk_exchange_word_forget(X, mapping, 64, event), 0);
	CHECK_EQUAL(ask(mapping, 64, 0, &bits, &number, other), -DSI_ENOENT);
	/* Nor does what was given out outlive a wait that is over. */
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, kept), 0);
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 64, event, 1),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
}

#define OWN_GATE (SCRATCH + 1)
#define SYNC_GATE (SCRATCH + 2)

static void by_message_body(struct guest *self)
{
	static uint64_t event, gate;
	struct mk_message m = {0};
	uint64_t made, bits = 0, number, there = 0;

	switch (self->argument++) {
	case 0:
		CHECK_EQUAL(recv_word(shared_conn, &got_word, &got_handle), 0);
		CHECK_EQUAL(
			mk_create_event(MK_CAP_FACTORY, SCRATCH, MK_EVENT_BITS),
			0);
		CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, OWN_GATE, 7,
					   MK_CAP_THREAD),
			    0);
		CHECK_EQUAL(mk_exchange_event_add(X, EVENT(SCRATCH), &event),
			    0);
		CHECK_EQUAL(mk_exchange_event_add(X, EVENT(OWN_GATE), &gate),
			    0);
		CHECK_EQUAL(mk_exchange_region_open(X, got_handle, PAGE, 0,
						    &shared_mapping, &made),
			    0);
		/* The way is that of a wait. */
		CHECK_EQUAL(mk_exchange_word_message(X, shared_mapping, 64,
						     event, gate),
			    -DSI_EINVAL);
		CHECK_EQUAL(
			mk_exchange_word_wait(X, shared_mapping, 64, event, 8),
			0);
		CHECK_EQUAL(mk_exchange_word_message(X, shared_mapping, 64,
						     event,
						     MK_EXCHANGE_EVENTS - 1),
			    -DSI_EINVAL);
		CHECK_EQUAL(mk_exchange_word_message(X, shared_mapping, 64,
						     event, gate),
			    0);
		CHECK_EQUAL(mk_exchange_word_sync(X, shared_mapping, &there,
						  SYNC_GATE),
			    -DSI_ENOENT);
		/* For its own task it is the event. */
		CHECK_EQUAL(
			ask(shared_mapping, 64, 0, &bits, &number, SCRATCH + 3),
			0);
		CHECK_EQUAL(bits, 8);
		CHECK(mk_signal(SCRATCH + 3, bits));
		CHECK_EQUAL(mk_event_wait(SCRATCH, MK_NEVER), 8);
		break;
	case 1:
		self->result = mk_wait(MK_FOREVER, &m) ? m.label : 0;
		break;
	case 2:
		CHECK_EQUAL(mk_exchange_word_sync(X, shared_mapping, &there,
						  SYNC_GATE),
			    0);
		CHECK_EQUAL(mk_cap_rights(MK_CAP_TASK, SYNC_GATE), MK_CAP_SEND);
		self->result = there;
		break;
	default:
		/* Signals again; what was known of it is void. */
		CHECK_EQUAL(
			mk_exchange_word_wait(X, shared_mapping, 64, event, 8),
			0);
	}
}

/* A waiter that wants to be sent a message, and whose gate that is. */
static void by_message(void)
{
	uint64_t handle = 0, made = 0, mapping = 0, bits = 1, number = 0;
	uint64_t kept = slot_new(), own = slot_new(), gate = 0, conn, there;
	struct mk_message m = {0};

	conn = meet();
	g.argument = 0;
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &handle, &made), 0);
	CHECK_EQUAL(mk_exchange_region_open(X, handle, PAGE, OPEN_ALL, &mapping,
					    &made),
		    0);
	CHECK_EQUAL(send_word(conn, 1, handle), 0);
	guest_run(&g, by_message_body);
	CHECK_EQUAL(ask(mapping, 64, 0, &bits, &number, kept), 0);
	CHECK_EQUAL(bits, 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, kept), MK_CAP_SEND);
	guest_start(&g, by_message_body);
	CHECK(mk_send(kept, MK_FOREVER, &m));
	CHECK(job_wait(&g.job));
	CHECK_EQUAL(g.result, 7);
	/* It does not receive now: the send ends at once. */
	CHECK(!mk_send(kept, 0, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_SEND);
	/* The synchronisation thread of the one who made the region. */
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, own, 0, MK_CAP_THREAD), 0);
	CHECK_EQUAL(mk_exchange_sync_add(X, MK_EXCHANGE_EVENTS), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_event_add(X, EVENT(own), &gate), 0);
	CHECK_EQUAL(mk_exchange_sync_add(X, gate), 0);
	CHECK_EQUAL(mk_exchange_word_sync(X, mapping, &there, slot_new()),
		    -DSI_ENOENT);
	guest_run(&g, by_message_body);
	CHECK_EQUAL(g.result, mapping);
	CHECK_EQUAL(mk_exchange_event_remove(X, gate), 0);
	guest_run(&g, by_message_body);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, kept), 0);
	CHECK_EQUAL(ask(mapping, 64, 0, &bits, &number, kept), 0);
	CHECK_EQUAL(bits, 8);
	guest_kill(&g);
	hung_up(conn);
	CHECK_EQUAL(mk_delete(OWN_TASK, own), 0);
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
}

/* Three wait, who asks has one: another goes, and a fourth comes. */
static void waiters_come_and_go(void)
{
	uint64_t handle = 0, made = 0, mapping = 0, bits = 0, number = 0;
	uint64_t slot[4], event[4], got = slot_new(), count = 0;

	host_begin();
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &handle, &made), 0);
	CHECK_EQUAL(mk_exchange_region_open(X, handle, PAGE, OPEN_ALL, &mapping,
					    &made),
		    0);
	for (unsigned i = 0; i < 4; i++) {
		slot[i] = slot_new();
		CHECK_EQUAL(
			mk_create_event(MK_CAP_FACTORY, slot[i], MK_EVENT_BITS),
			0);
		CHECK_EQUAL(mk_exchange_event_add(X, EVENT(slot[i]), &event[i]),
			    0);
	}
	for (unsigned gone = 0; gone < 3; gone++) {
		for (unsigned i = 0; i < 3; i++)
			CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 8,
							  event[i], 1ul << i),
				    0);
		CHECK_EQUAL(ask(mapping, 8, 0, &bits, &number, got), 0);
		CHECK_EQUAL(bits, 4);
		CHECK_EQUAL(mk_exchange_word_forget(X, mapping, 8, event[gone]),
			    0);
		CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 8, event[3],
						  1ul << 3),
			    0);
		CHECK_EQUAL(mk_exchange_word_wake(X, mapping, 8, &count), 0);
		CHECK_EQUAL(count, 3);
		for (unsigned i = 0; i < 4; i++)
			CHECK_EQUAL(mk_event_wait(slot[i], MK_POLL),
				    i == gone ? 0 : 1ul << i);
		/* Who was there and is still there. */
		for (unsigned i = 2; i-- > 0;) {
			if (i == gone)
				continue;
			(void)mk_drop_cap(OWN_TASK, got);
			CHECK_EQUAL(
				ask(mapping, 8, number, &bits, &number, got),
				0);
			CHECK_EQUAL(bits, 1ul << i);
		}
		(void)mk_drop_cap(OWN_TASK, got);
		CHECK_EQUAL(ask(mapping, 8, number, &bits, &number, got),
			    -DSI_ENOENT);
		for (unsigned i = 0; i < 4; i++)
			CHECK_EQUAL(mk_exchange_word_forget(X, mapping, 8,
							    event[i]),
				    0);
	}
	/* An event that cannot be passed on is of no use to who wakes; one that
	 * is gone is not found. */
	CHECK_EQUAL(mk_exchange_event_remove(X, event[3]), 0);
	CHECK_EQUAL(mk_exchange_event_add(X, mk_cap_page(slot[3], MK_CAP_SEND),
					  &event[3]),
		    0);
	CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 8, event[3], 1),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 8, event[0], 1), 0);
	CHECK_EQUAL(mk_exchange_word_wait(X, mapping, 8, event[1], 2), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, slot[1]), 0);
	CHECK_EQUAL(ask(mapping, 8, 0, &bits, &number, got), 0);
	CHECK_EQUAL(bits, 1);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQUAL(mk_exchange_event_remove(X, event[i]), 0);
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
}

/* ---- x10: greed ---------------------------------------------------------- */

/* How far it goes behind each limit: enough to be refused.  Each call is one to
 * another CPU and back, and where the host has no time that is milliseconds. */
#define MORE 8u

/* Takes all that a client can have of everything, then goes on asking. */
static void greedy_body(struct guest *self)
{
	uint64_t a, b, event = 0, made, mapping, conn;
	unsigned events = 0, declined = 0;

	guest_hello(self);
	for (uint64_t slot = 64; slot < 128; slot++)
		if (mk_create_event(MK_CAP_FACTORY, slot, MK_EVENT_BITS) ||
		    mk_exchange_event_add(X, EVENT(slot), &event))
			break;
		else
			events++;
	CHECK_EQUAL(events, MK_EXCHANGE_EVENTS);
	CHECK_EQUAL(mk_exchange_pair(X, &a, &b), 0);
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQUAL(send_word(a, i, b), 0);
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &conn, &made), 0);
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQUAL(mk_exchange_region_open(X, conn, PAGE, OPEN_ALL,
						    &mapping, &made),
			    0);
	for (uint64_t i = 0; i < MK_EXCHANGE_WORDS + MORE; i++)
		(void)mk_exchange_word_wait(X, mapping, i * 4, 0, 1);
	while (mk_exchange_region_create(X, PAGE, 0, &b, &made) == 0)
		;
	while (connect_to("host", &conn) == 0)
		;
	while (mk_exchange_pair(X, &a, &b) == 0)
		for (uint64_t i = 0; i < MK_EXCHANGE_EVENTS && declined < MORE;
		     i++)
			declined += mk_exchange_watch(X, a, i, 1) != 0;
	CHECK_EQUAL(declined, MORE);
	__atomic_store_n(&self->result, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; self->argument; i++) {
		(void)mk_exchange_pair(X, &a, &b);
		(void)refused(i % 64, MK_EXCHANGE_PROTO, i % 50);
		(void)mk_exchange_word_wait(X, mapping, i % 1024 * 4, i % 24,
					    1);
		(void)mk_exchange_word_forget(X, mapping, i % 1024 * 4, i % 24);
	}
}

static void greed_hurts_nobody(void)
{
	uint64_t listener = 0, other[2], made = 0, handle = 0, mapping = 0;
	uint64_t conn, word = 0;

	conn = meet();
	CHECK_EQUAL(mk_exchange_listen(X, "host", 0, &listener), 0);
	for (unsigned i = 0; i < 3; i++) {
		guest_make(&greedy[i]);
		greedy[i].argument = 1;
		guest_start(&greedy[i], greedy_body);
		while (!__atomic_load_n(&greedy[i].result, __ATOMIC_ACQUIRE))
			mk_sleep_us(100);
	}
	for (unsigned i = 0; i < 25; i++) {
		CHECK_EQUAL(mk_exchange_pair(X, &other[0], &other[1]), 0);
		CHECK_EQUAL(send_word(other[0], i, NOTHING), 0);
		CHECK_EQUAL(recv_word(other[1], &word, &handle), 0);
		CHECK_EQUAL(word, i);
		CHECK_EQUAL(mk_exchange_region_create(X, 8 * PAGE, 0, &handle,
						      &made),
			    0);
		CHECK_EQUAL(mk_exchange_region_open(X, handle, 8 * PAGE,
						    OPEN_ALL, &mapping, &made),
			    0);
		CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
		CHECK_EQUAL(mk_exchange_close(X, handle), 0);
		CHECK_EQUAL(mk_exchange_close(X, other[0]), 0);
		CHECK_EQUAL(mk_exchange_close(X, other[1]), 0);
	}
	for (unsigned i = 0; i < 3; i++)
		guest_kill(&greedy[i]);
	CHECK_EQUAL(mk_exchange_close(X, listener), 0);
	guest_kill(&g);
	hung_up(conn);
}

/* ---- x16: who does not read ---------------------------------------------- */

#define LAZY 15u /* connections; together more than one client's memory */

static void lazy_body(struct guest *self)
{
	uint64_t conn;

	guest_hello(self);
	for (unsigned i = 0; i < LAZY; i++)
		CHECK_EQUAL(connect_to("host", &conn), 0);
}

static void drain_body(struct guest *self)
{
	uint64_t word, handle;

	self->result = 0;
	while (recv_word(shared_conn, &word, &handle) == 0)
		self->result++;
}

static uint64_t fill(uint64_t conn)
{
	uint64_t sent = 0;

	while (sent < 100 && send_word(conn, sent, NOTHING) == 0)
		sent++;
	CHECK_EQUAL(send_word(conn, 0, NOTHING), -DSI_EAGAIN);
	return sent;
}

/* What they are sent lies in memory that they pay for. */
static void who_does_not_read(void)
{
	uint64_t listener = 0, lazy[LAZY] = {0}, client, program, conn;
	uint64_t waiting = 0;

	conn = meet();
	CHECK_EQUAL(mk_exchange_listen(X, "host", 0, &listener), 0);
	guest_make(&greedy[0]);
	guest_run(&greedy[0], lazy_body);
	for (unsigned i = 0; i < LAZY; i++)
		CHECK_EQUAL(mk_exchange_accept(X, listener, &lazy[i], &client,
					       &program),
			    0);
	for (unsigned i = 0; i < LAZY; i++)
		waiting += fill(lazy[i]);
	CHECK(waiting > 100);
	CHECK(waiting < LAZY * 16);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQUAL(fill(conn), 16);
		guest_run(&g, drain_body);
		CHECK_EQUAL(g.result, 16);
	}
	guest_kill(&greedy[0]);
	for (unsigned i = 0; i < LAZY; i++)
		hung_up(lazy[i]);
	CHECK_EQUAL(mk_exchange_close(X, listener), 0);
	guest_kill(&g);
	hung_up(conn);
}

/* ---- x20: pages that are lent ------------------------------------------- */

#define LENT_AT (GUEST_MEMORY + 8 * PAGE)

static uint64_t loan;

/* Pages of the loan to the same place from LENT_AT on. */
static int borrow(uint64_t page, uint64_t order)
{
	return mk_exchange_loan_map(
		X, loan, page, order,
		mk_flexpage(MK_MEMORY, LENT_AT + page * PAGE,
			    (unsigned)(order + MK_PAGE_ORDER), MK_R | MK_W));
}

static void open_loan_body(struct guest *self)
{
	uint64_t mapping, made, mine, number;

	(void)self;
	CHECK_EQUAL(recv_word(shared_conn, &got_word, &got_handle), 0);
	CHECK_EQUAL(
		mk_exchange_region_open(X, got_handle, 0, 0, &mapping, &made),
		-DSI_EPROTO);
	CHECK_EQUAL(mk_exchange_loan_open(X, got_handle, 5, 2, &loan),
		    -DSI_EPROTO);
	CHECK_EQUAL(mk_exchange_loan_open(X, got_handle, 4, 1, &loan),
		    -DSI_EPROTO);
	CHECK_EQUAL(mk_exchange_loan_open(X, shared_conn, 4, 2, &loan),
		    -DSI_EPROTO);
	CHECK_EQUAL(mk_exchange_loan_open(X, 511, 4, 2, &loan), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_open(X, got_handle, 4, 2, &loan), 0);
	/* It is no region, neither to map nor to wait in. */
	CHECK_EQUAL(mk_exchange_region_map(X, loan, 0, 0, LENT_AT | 0x314),
		    -DSI_EINVAL);
	CHECK_EQUAL(ask(loan, 0, 0, &made, &number, SCRATCH), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_word_sync(X, loan, &made, SCRATCH),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_recall(X, loan, 0, 1), -DSI_EINVAL);
	/* Nobody lends what another one made. */
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &mine, &made), 0);
	CHECK_EQUAL(
		mk_exchange_loan_create(X, got_handle, mine, 0, 1, 1, &made),
		-DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_close(X, mine), 0);
	for (uint64_t page = 0; page < 4; page++)
		CHECK_EQUAL(borrow(page, 0), -DSI_EACCES);
}

/* One page of unit 0 is lent, two of unit 1. */
static void borrow_body(struct guest *self)
{
	CHECK_EQUAL(borrow(1, 0), -DSI_EACCES);
	CHECK_EQUAL(borrow(0, 1), -DSI_EACCES);
	CHECK_EQUAL(borrow(0, 2), -DSI_EACCES);
	CHECK_EQUAL(borrow(1, 1), -DSI_EINVAL);
	CHECK_EQUAL(borrow(4, 0), -DSI_EINVAL);
	CHECK_EQUAL(borrow(~0ul, 0), -DSI_EINVAL);
	CHECK_EQUAL(borrow(0, 63), -DSI_EINVAL);
	CHECK_EQUAL(borrow(0, 0), 0);
	CHECK_EQUAL(borrow(2, 1), 0);
	/* What was lent goes with it, wherever it was put. */
	CHECK_EQUAL(
		mk_map(MK_CAP_TASK, LENT_AT + 16 * PAGE,
		       mk_flexpage(MK_MEMORY, LENT_AT + 2 * PAGE, 12, MK_R)),
		0);
	self->result = *(volatile uint64_t *)LENT_AT +
		       *(volatile uint64_t *)(LENT_AT + 16 * PAGE);
}

static void lent_write_body(struct guest *self)
{
	reached(self, 30);
	*(volatile uint64_t *)LENT_AT = 1;
	reached(self, 31);
}

static void lent_read_body(struct guest *self)
{
	CHECK_EQUAL(borrow(0, 0), 0);
	CHECK_EQUAL(borrow(3, 0), -DSI_EACCES);
	reached(self, 40);
	self->result = *(volatile uint64_t *)(LENT_AT + 16 * PAGE);
	reached(self, 41);
}

static void check_arguments(uint64_t data, uint64_t table)
{
	uint64_t made, max = ~0ul;

	CHECK_EQUAL(mk_exchange_loan_create(X, data, table, 0, 0, 1, &made),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_create(X, data, table, 0, 1, 0, &made),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_create(X, data, table, 0, 2, 3, &made),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_create(X, data, table, 0, max, max, &made),
		    -DSI_EINVAL);
	CHECK_EQUAL(
		mk_exchange_loan_create(X, data, table, PAGE - 4, 2, 2, &made),
		-DSI_EINVAL);
	CHECK_EQUAL(
		mk_exchange_loan_create(X, data, table, max - 3, 2, 2, &made),
		-DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_create(X, data, table, 2, 2, 2, &made),
		    -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_create(X, data, 511, 0, 2, 2, &made),
		    -DSI_EINVAL);
}

static void pages_that_are_lent(void)
{
	volatile uint64_t *data = (volatile uint64_t *)GUEST_MEMORY;
	volatile uint32_t *table =
		(volatile uint32_t *)(GUEST_MEMORY + 4 * PAGE);
	uint64_t from = 0, words = 0, handle = 0, made, mapping, at, conn;

	conn = meet();
	CHECK_EQUAL(mk_exchange_region_create(X, 4 * PAGE, 0, &from, &made), 0);
	CHECK_EQUAL(mk_exchange_region_create(X, PAGE, 0, &words, &made), 0);
	CHECK_EQUAL(map_at(from, 4 * PAGE, OPEN_ALL, GUEST_MEMORY, &mapping),
		    0);
	CHECK_EQUAL(map_at(words, PAGE, OPEN_ALL, GUEST_MEMORY + 4 * PAGE, &at),
		    0);
	check_arguments(from, words);
	CHECK_EQUAL(mk_exchange_loan_create(X, from, words, PAGE - 8, 2, 2,
					    &handle),
		    0);
	CHECK_EQUAL(send_word(conn, 1, handle), 0);
	CHECK_EQUAL(mk_exchange_close(X, handle), 0);
	guest_run(&g, open_loan_body);
	data[0] = 1000;
	data[2 * PAGE / 8] = 7;
	table[PAGE / 4 - 2] = 1;
	table[PAGE / 4 - 1] = 2;
	guest_run(&g, borrow_body);
	CHECK_EQUAL(g.result, 1007);
	/* Too much is nothing. */
	table[PAGE / 4 - 1] = 3;
	CHECK_EQUAL(mk_exchange_loan_recall(X, mapping, 2, 2), 0);
	CHECK_EQUAL(mk_exchange_loan_recall(X, mapping, 2, 3), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_recall(X, mapping, ~0ul, 2), -DSI_EINVAL);
	CHECK_EQUAL(mk_exchange_loan_recall(X, at, 0, 1), 0);
	guest_start(&g, lent_read_body);
	CHECK(job_reaches(&g.job, MK_STATE_STOPPED));
	CHECK_EQUAL(g.argument, 40);
	guest_start(&g, lent_write_body);
	CHECK(job_reaches(&g.job, MK_STATE_STOPPED));
	CHECK_EQUAL(g.argument, 30);
	/* We keep ours, and it is not that of the guest. */
	CHECK_EQUAL(data[0], 1000);
	data[2 * PAGE / 8] = 8;
	CHECK_EQUAL(mk_exchange_region_close(X, mapping), 0);
	CHECK_EQUAL(mk_exchange_region_close(X, at), 0);
	CHECK_EQUAL(mk_exchange_close(X, from), 0);
	CHECK_EQUAL(mk_exchange_close(X, words), 0);
	guest_kill(&g);
	hung_up(conn);
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, GUEST_MEMORY, 15, 7),
			     MK_UNMAP_SELF),
		    0);
}

static const struct behaviour list[] = {
	{"x1", "who may call the exchange, and with what", who_may_call},
	{"x2", "pages with the rights that were shared", pages_with_rights},
	{"x3", "memory of the dead comes back, zeroed", memory_comes_back},
	{"x4", "memory that is kept is taken", kept_memory_is_taken},
	{"x5", "what an application brings: unsealed, sealed",
	 unsealed_and_sealed},
	{"x6", "messages and handles, forged ones too", messages},
	{"x7", "a handle under way to one who dies", in_flight_to_the_dead},
	{"x8", "connections that only refer to each other", islands},
	{"x9", "death in every state", death_in_every_state},
	{"x10", "names: one owner, rules, the dead", names},
	{"x11", "who waits for a word", waiters_of_words},
	{"x13", "islands of the dead", islands_of_the_dead},
	{"x14", "what is mapped stays", mapped_memory_stays},
	{"x15", "a client without its thread", thread_gone},
	{"x16", "who does not read takes nothing from others",
	 who_does_not_read},
	{"x17", "who waits for a word while others come and go",
	 waiters_come_and_go},
	{"x18", "who waits for a message", by_message},
	{"x20", "pages that are lent for a time", pages_that_are_lent},
	{"x12", "greed and floods hurt nobody else", greed_hurts_nobody},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
