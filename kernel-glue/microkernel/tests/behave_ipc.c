/* SPDX-License-Identifier: MIT */
/* behave_ipc.c - behaviours 1 to 23: synchronous IPC. */
#include "tap.h"

#define FINITE mk_timeouts(500000, 500000)

static struct job a, b, c, d;

static uint64_t give_all(uint64_t task, const struct job *j)
{
	/* A job in another task finds the gate under the same number. */
	if (task != OWN_TASK)
		CHECK_EQUAL(mk_map_cap(task, j->gate, j->gate, MK_ALL_RIGHTS),
			    0);
	return j->gate;
}

static void fill(struct job *j, int64_t proto, unsigned words, uint64_t seed)
{
	j->m.tag = mk_tag(proto, words, 0, 0);
	for (unsigned i = 0; i < MK_WORDS_MAX; i++) {
		j->mr[i] = seed + i;
		if (i < MK_WORDS_IN_REGISTERS)
			j->m.word[i] = seed + i;
	}
}

static void check_words(const struct job *j, unsigned words, uint64_t seed)
{
	for (unsigned i = 0; i < words; i++)
		CHECK_EQUAL(j->mr[i], seed + i);
}

static void send_to_waiting(uint64_t task)
{
	job_make(&a, task);
	job_make(&b, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	fill(&b, 77, 9, 1000);
	job_go(&b, a.gate, MK_SEND, FINITE);
	CHECK(job_wait(&b) && job_wait(&a));
	CHECK(a.ok && b.ok);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 77);
	CHECK_EQUAL(mk_tag_words(a.m.tag), 9);
	CHECK_EQUAL(mk_tag_flags(a.m.tag), 0);
	CHECK_EQUAL(a.m.label, JOB_LABEL);
	check_words(&a, 9, 1000);
	job_drop(&a);
	job_drop(&b);
}

static void b01(void)
{
	send_to_waiting(OWN_TASK);
}

static void receive_later(uint64_t task)
{
	job_make(&a, task);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	fill(&b, 1, 2, 100);
	fill(&c, 2, 2, 200);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_SENDING));
	job_go(&c, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&c, MK_STATE_SENDING));
	CHECK(!b.done && !c.done);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&b));
	CHECK(!c.done);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 1);
	check_words(&a, 2, 100);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&c));
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 2);
	check_words(&a, 2, 200);
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
}

static void b02(void)
{
	receive_later(OWN_TASK);
}

static void call_and_reply(uint64_t task)
{
	job_make(&a, task);
	job_make(&b, OWN_TASK);
	fill(&b, 3, 1, 10);
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_wait(&a));
	CHECK(job_reaches(&b, MK_STATE_CALLING));
	CHECK(!b.done);
	fill(&a, 4, 6, 70);
	job_go(&a, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a) && job_wait(&b));
	CHECK(a.ok && b.ok);
	CHECK_EQUAL(mk_tag_proto(b.m.tag), 4);
	CHECK_EQUAL(mk_tag_words(b.m.tag), 6);
	check_words(&b, 6, 70);
	job_drop(&a);
	job_drop(&b);
}

static void b03(void)
{
	call_and_reply(OWN_TASK);
}

static void reply_and_next(uint64_t task)
{
	job_make(&a, task);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	fill(&b, 5, 1, 1);
	fill(&c, 6, 1, 2);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&a));
	job_go(&c, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_reaches(&c, MK_STATE_SENDING));
	fill(&a, 7, 1, 3);
	job_go(&a, 0, MK_REPLY_WAIT, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&b));
	CHECK(a.ok && b.ok && !c.done);
	CHECK_EQUAL(mk_tag_proto(b.m.tag), 7);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 6);
	CHECK_EQUAL(a.m.label, JOB_LABEL);
	job_drop(&a);
	CHECK(job_wait(&c) && !c.ok);
	job_drop(&b);
	job_drop(&c);
}

#define CALLS 200u

static uint64_t counted(unsigned number)
{
	return mk_counter(MK_CAP_LOG, number);
}

static void answer_calls(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	(void)mk_wait(MK_FOREVER, &m);
	for (unsigned i = 1; i < CALLS; i++) {
		m.tag = mk_tag(1, mk_tag_words(m.tag), 0, 0);
		(void)mk_reply_wait(MK_FOREVER, &m);
	}
	m.tag = mk_tag(1, mk_tag_words(m.tag), 0, 0);
	(void)mk_reply(&m);
}

/* Each call and each answer is counted once, as fast or as slow; those with
 * more words than registers are slow, and with the partner at hand and nobody
 * else, those with less are fast. */
static void many_calls(uint64_t task, unsigned words)
{
	uint64_t hits = counted(MK_COUNTER_FAST_HIT);
	uint64_t misses = counted(MK_COUNTER_FAST_MISS);

	job_make(&a, task);
	job_run(&a, answer_calls);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	for (unsigned i = 0; i < CALLS; i++) {
		struct mk_message m = {.tag = mk_tag(0, words, 0, 0),
				       .word = {i, i + 1, i + 2, i + 3}};

		CHECK(mk_call(a.gate, MK_FOREVER, &m));
		CHECK_EQUAL(mk_tag_words(m.tag), words);
		CHECK_EQUAL(m.word[3], i + 3);
	}
	CHECK(job_wait(&a));
	hits = counted(MK_COUNTER_FAST_HIT) - hits;
	misses = counted(MK_COUNTER_FAST_MISS) - misses;
	CHECK_EQUAL(hits + misses, 2 * CALLS - 1);
	if (words > MK_WORDS_IN_REGISTERS)
		CHECK_EQUAL(hits, 0);
	else if (partner_cpu == 0)
		CHECK(hits > CALLS);
	job_drop(&a);
}

static void b04(void)
{
	reply_and_next(OWN_TASK);
	many_calls(OWN_TASK, 4);
	many_calls(OWN_TASK, 5);
}

static void b05(void)
{
	uint64_t task = second_task();

	send_to_waiting(task);
	receive_later(task);
	call_and_reply(task);
	reply_and_next(task);
	many_calls(task, 1);
	/* And with the sender over there. */
	job_make(&a, OWN_TASK);
	job_make(&b, task);
	(void)give_all(task, &a);
	fill(&b, 8, 5, 500);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&b));
	check_words(&a, 5, 500);
	CHECK_EQUAL(a.m.label, JOB_LABEL);
	job_drop(&a);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b06(void)
{
	struct mk_message m = {0};

	job_make(&a, OWN_TASK);
	CHECK(!mk_send(a.gate, 0, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_SEND);
	CHECK(mk_tag_flags(m.tag) & MK_TAG_ERROR);
	job_go(&a, 0, MK_WAIT, mk_timeouts(0, 20000));
	CHECK(job_wait(&a));
	CHECK(!a.ok); /* nothing was kept for it */
	CHECK_EQUAL(a.error, MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	job_drop(&a);
}

static void b07(void)
{
	struct mk_message m = {.label = 11, .word = {12, 13, 14, 15}};

	CHECK(!mk_wait(0, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK_EQUAL(m.label, 11);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQUAL(m.word[i], 12 + i);
}

#define A_MINUTE_US 60000000u

#define SHORT_US 3000u

static void serve_two(struct job *j)
{
	struct mk_message m = {0};

	/* A slow machine may need more than one. */
	while (!mk_wait(mk_timeouts(0, SHORT_US), &m))
		;
	m.tag = 0;
	j->ok = mk_reply_wait(MK_FOREVER, &m);
	m.tag = 0;
	(void)mk_reply_wait(MK_FOREVER, &m);
}

/* A server's wait ends with a call, before its time.  That time comes while the
 * next wait goes on, and does not end it. */
static void timeouts_end_with_their_waits(void)
{
	struct mk_message m = {0};

	job_make(&a, OWN_TASK);
	job_run(&a, serve_two);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	CHECK(mk_call(a.gate, MK_FOREVER, &m));
	mk_sleep_us(2 * SHORT_US);
	m.tag = 0;
	CHECK(mk_call(a.gate, mk_timeouts(A_MINUTE_US, A_MINUTE_US), &m));
	CHECK(a.ok);
	job_drop(&a);
}

static void b08(void)
{
	struct mk_message m = {0};
	uint64_t before, took;

	for (unsigned i = 0; i < 3; i++) {
		before = now_ns();
		CHECK(!mk_wait(mk_timeouts(0, 3000), &m));
		took = now_ns() - before;
		CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
		CHECK(took >= 3000000);
	}
	/* Absolute: a time that is over, and one that comes. */
	mk_utcb()->until_ns[1] = now_ns() - 1;
	CHECK(!mk_wait(mk_timeouts(0, MK_ABSOLUTE), &m));
	before = now_ns();
	mk_utcb()->until_ns[1] = before + 2000000;
	CHECK(!mk_wait(mk_timeouts(0, MK_ABSOLUTE), &m));
	CHECK(now_ns() >= before + 2000000);
	timeouts_end_with_their_waits();
}

static void b09(void)
{
	struct mk_message m = {0};
	uint64_t before = now_ns();

	job_make(&a, OWN_TASK);
	CHECK(!mk_send(a.gate, mk_timeouts(2000, 0), &m));
	CHECK(now_ns() - before >= 2000000);
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_SEND);
	job_go(&a, 0, MK_WAIT, mk_timeouts(0, 10000));
	CHECK(job_wait(&a) && !a.ok);
	job_drop(&a);
}

static void b10(void)
{
	struct mk_message m = {0};

	job_make(&a, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	CHECK(!mk_call(a.gate, mk_timeouts(MK_NEVER, 2000), &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK(job_wait(&a) && a.ok);
	job_go(&a, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a) && !a.ok);
	CHECK_EQUAL(a.error, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	job_drop(&a);
}

static void sleep_for_ever(struct job *j)
{
	struct mk_message m = {0};

	j->ok = mk_ipc(0, MK_RECV, mk_timeouts(0, MK_NEVER), &m);
	j->error = mk_error();
}

static void b11(void)
{
	uint64_t before = now_ns();

	mk_sleep_us(2000);
	CHECK(now_ns() - before >= 2000000);
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	job_make(&a, OWN_TASK);
	job_run(&a, sleep_for_ever);
	sleep_ms(5);
	CHECK(!a.done);
	CHECK_EQUAL(mk_thread_state(a.thread), MK_STATE_RECEIVING);
	CHECK_EQUAL(mk_thread_cancel(a.thread), 0);
	CHECK(job_wait(&a) && !a.ok);
	CHECK_EQUAL(a.error, MK_IPC_CANCELLED | MK_IPC_RECEIVE);
	job_drop(&a);
}

static void b12(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	fill(&b, 1, 1, 0);
	fill(&c, 2, 1, 0);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_SENDING));
	job_go(&a, c.thread, MK_RECV, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	sleep_ms(2);
	CHECK(!b.done && !a.done);
	job_go(&c, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&c));
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 2);
	CHECK(!b.done);
	job_go(&a, b.thread, MK_RECV, 0); /* was there first */
	CHECK(job_wait(&a) && a.ok && job_wait(&b));
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 1);
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
}

static void queue_three(unsigned b_priority, unsigned c_priority,
			unsigned d_priority)
{
	job_make(&a, OWN_TASK);
	job_make_with(&b, OWN_TASK, b_priority, partner_cpu, 0);
	job_make_with(&c, OWN_TASK, c_priority, partner_cpu, 0);
	job_make_with(&d, OWN_TASK, d_priority, partner_cpu, 0);
	fill(&b, 'b', 0, 0);
	fill(&c, 'c', 0, 0);
	fill(&d, 'd', 0, 0);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_SENDING));
	job_go(&c, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&c, MK_STATE_SENDING));
	job_go(&d, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&d, MK_STATE_SENDING));
}

static void expect_next(int64_t proto)
{
	job_go(&a, 0, MK_WAIT, 0);
	CHECK(job_wait(&a) && a.ok);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), proto);
}

static void drop_four(void)
{
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
	job_drop(&d);
}

static void b13(void)
{
	queue_three(90, 95, 95);
	expect_next('c');
	expect_next('d');
	expect_next('b');
	drop_four();
}

static void b14(void)
{
	queue_three(90, 95, 97);
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, b.thread, 96, partner_cpu, 0),
		    0);
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, d.thread, 80, partner_cpu, 0),
		    0);
	expect_next('b');
	expect_next('c');
	expect_next('d');
	drop_four();
}

/* A job that is cancelled and does not park itself in between. */
static void b15(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_SENDING));
	CHECK_EQUAL(mk_thread_cancel(b.thread), 0);
	CHECK(job_wait(&b) && !b.ok);
	CHECK_EQUAL(b.error, MK_IPC_CANCELLED | MK_IPC_SEND);
	job_go(&b, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_RECEIVING));
	CHECK_EQUAL(mk_thread_cancel(b.thread), 0);
	CHECK(job_wait(&b) && !b.ok);
	CHECK_EQUAL(b.error, MK_IPC_CANCELLED | MK_IPC_RECEIVE);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_CALLING));
	CHECK_EQUAL(mk_thread_cancel(b.thread), 0);
	CHECK(job_wait(&b) && !b.ok);
	CHECK_EQUAL(b.error, MK_IPC_CANCELLED | MK_IPC_RECEIVE);
	/* Who is not in an IPC is not disturbed. */
	CHECK(job_wait(&a) && a.ok);
	job_drop(&a);
	job_drop(&b);
}

static void b16(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	job_make(&d, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_CALLING));
	CHECK(job_wait(&a));
	job_go(&c, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&c, MK_STATE_SENDING));
	job_go(&d, a.thread, MK_RECV, MK_FOREVER);
	CHECK(job_reaches(&d, MK_STATE_RECEIVING));
	job_drop(&a);
	CHECK(job_wait(&b) && job_wait(&c) && job_wait(&d));
	CHECK_EQUAL(b.error, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	CHECK_EQUAL(c.error, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	CHECK_EQUAL(d.error, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	job_drop(&b);
	job_drop(&c);
	job_drop(&d);
}

static void b17(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_CALLING));
	CHECK_EQUAL(mk_thread_suspend(b.thread), 0);
	CHECK(job_wait(&a));
	CHECK_EQUAL(mk_thread_resume(b.thread), 0);
	sleep_ms(2);
	CHECK_EQUAL(mk_thread_state(b.thread), MK_STATE_CALLING);
	CHECK(!b.done);
	/* A reply that comes while it is suspended waits with it. */
	CHECK_EQUAL(mk_thread_suspend(b.thread), 0);
	fill(&a, 9, 1, 42);
	job_go(&a, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a) && a.ok);
	sleep_ms(2);
	CHECK(!b.done);
	CHECK_EQUAL(mk_thread_resume(b.thread), 0);
	CHECK(job_wait(&b) && b.ok);
	CHECK_EQUAL(b.mr[0], 42);
	job_drop(&a);
	job_drop(&b);
}

static void b18(void)
{
	static const unsigned sizes[] = {0, 1, 4, 5, 62, 63};

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		job_go(&a, 0, MK_WAIT, MK_FOREVER);
		CHECK(job_reaches(&a, MK_STATE_RECEIVING));
		fill(&b, 1, sizes[i], 5000 + i);
		job_go(&b, a.gate, MK_SEND, MK_FOREVER);
		CHECK(job_wait(&a) && job_wait(&b) && b.ok);
		CHECK_EQUAL(mk_tag_words(a.m.tag), sizes[i]);
		check_words(&a, sizes[i], 5000 + i);
	}
	/* 63 words and an item are more than there are registers. */
	fill(&b, 1, 63, 0);
	b.m.tag = mk_tag(1, 63, 1, 0);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_wait(&b) && !b.ok);
	CHECK_EQUAL(b.error, MK_IPC_TOO_LONG | MK_IPC_SEND);
	job_drop(&a);
	job_drop(&b);
}

static void b19(void)
{
	for (unsigned words = 0; words < 8; words++) {
		job_make(&a, OWN_TASK);
		job_make(&b, OWN_TASK);
		fill(&a, 0, 0, 900);
		job_go(&a, 0, MK_WAIT, MK_FOREVER);
		CHECK(job_reaches(&a, MK_STATE_RECEIVING));
		fill(&b, 1, words, 100);
		job_go(&b, a.gate, MK_SEND, MK_FOREVER);
		CHECK(job_wait(&a) && job_wait(&b));
		for (unsigned i = 0; i < MK_WORDS_MAX; i++)
			CHECK_EQUAL(a.mr[i], (i < words ? 100 : 900) + i);
		job_drop(&a);
		job_drop(&b);
	}
}

static void b20(void)
{
	job_make(&a, OWN_TASK);
	fill(&a, 1, 0, 0);
	job_go(&a, a.gate, MK_SEND, 0);
	CHECK(job_wait(&a) && !a.ok);
	CHECK_EQUAL(a.error, MK_IPC_TIMEOUT | MK_IPC_SEND);
	job_go(&a, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&a) && !a.ok);
	job_drop(&a);
}

static void b21(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&a));
	job_go(&a, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a) && a.ok && job_wait(&b) && b.ok);
	job_go(&a, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a) && !a.ok);
	CHECK_EQUAL(a.error, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	job_drop(&a);
	job_drop(&b);
}

static void b22(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&a));
	CHECK(job_reaches(&b, MK_STATE_CALLING));
	/* A second call displaces the first: its caller is told. */
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&c, a.gate, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&b) && !b.ok);
	CHECK_EQUAL(b.error, MK_IPC_ABORTED | MK_IPC_RECEIVE);
	job_drop(&a);
	CHECK(job_wait(&c) && !c.ok);
	CHECK_EQUAL(c.error, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	job_drop(&b);
	job_drop(&c);
}

static void b23(void)
{
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	job_go(&b, a.gate, MK_CALL, mk_timeouts(MK_NEVER, 1000));
	CHECK(job_wait(&a) && job_wait(&b) && !b.ok);
	/* The server's reply fails, and it is told so instead of waiting. */
	job_go(&a, 0, MK_REPLY_WAIT, MK_FOREVER);
	CHECK(job_wait(&a) && !a.ok);
	CHECK_EQUAL(a.error, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	job_drop(&a);
	job_drop(&b);
}

static const struct behaviour list[] = {
	{"01", "send to a receiver that waits", b01},
	{"02", "senders wait and are served in order", b02},
	{"03", "call runs on only after the reply", b03},
	{"04", "reply-and-wait answers and takes the next", b04},
	{"05", "the same between two address spaces", b05},
	{"06", "send with timeout 0 and nobody there", b06},
	{"07", "receive with timeout 0 changes no register", b07},
	{"08", "a receive timeout is never early", b08},
	{"09", "a send timeout, and nothing is left of it", b09},
	{"10", "a reply that does not come, and comes late", b10},
	{"11", "sleep for a time and for ever", b11},
	{"12", "closed receive takes only the one named", b12},
	{"13", "open wait: best priority first, then order", b13},
	{"14", "a new priority moves who is queued", b14},
	{"15", "cancel names the phase", b15},
	{"16", "death of the partner ends every wait", b16},
	{"17", "suspended in a call, it goes on waiting", b17},
	{"18", "0 to 63 words, and not one more", b18},
	{"19", "words beyond the message stay as they were", b19},
	{"20", "a thread that sends to itself is told so", b20},
	{"21", "one call, one reply", b21},
	{"22", "who owed a reply dies or forgets", b22},
	{"23", "reply to one who gave up", b23},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
