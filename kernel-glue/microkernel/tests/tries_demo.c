/* SPDX-License-Identifier: MIT */
/*
 * tries_demo.c - a producer must wake a consumer that sleeps, without ever
 * being blocked by it, and without ever losing a wake-up.  Three tries.
 *
 * Producer and consumer are two tasks; what they share is one word and two
 * counters.  The word: NOTHING, TOKEN (there is something), ASLEEP.
 *
 *   1  The producer wakes with an infinite timeout.  A consumer that says that
 *      it sleeps and does not receive holds the producer for ever.
 *   2  It wakes with timeout 0.  A consumer that is preempted between saying
 *      so and receiving is not there yet: the wake-up is lost.
 *   3  The kernel says it for the consumer, in one step with the receive.
 *
 * The first two go wrong every time, because the demo lets happen on purpose
 * what a scheduler does by chance.
 */
#include "tap.h"

#include <mklib/program.h>

#define NOTHING 0u
#define TOKEN 1u
#define ASLEEP 2u

static struct job producer, consumer;
static _Alignas(64) uint32_t word;
static volatile uint64_t produced, consumed;
static uint64_t failed_wakes, real_wakes;
static uint64_t packets;

/* Publish, and learn whether somebody sleeps. */
static bool put(void)
{
	produced++;
	return __atomic_exchange_n(&word, TOKEN, __ATOMIC_SEQ_CST) == ASLEEP;
}

/* Everything that was published so far. */
static bool take(void)
{
	if (__atomic_exchange_n(&word, NOTHING, __ATOMIC_SEQ_CST) != TOKEN)
		return false;
	consumed = produced;
	return true;
}

static bool wake(uint32_t timeout_us)
{
	struct mk_message m = {0};

	return mk_send(consumer.gate, mk_timeouts(timeout_us, 0), &m);
}

static void reset(void)
{
	uint64_t there = second_task(), here = second_task();

	word = NOTHING;
	produced = 0;
	consumed = 0;
	failed_wakes = 0;
	real_wakes = 0;
	job_make_with(&consumer, there, MAIN_PRIORITY - 1, cpu_count > 1, 0);
	job_make_with(&producer, here, MAIN_PRIORITY - 2, 0, 0);
	/* All that the producer can do to the consumer: send. */
	CHECK_EQUAL(mk_map_cap(here, consumer.gate, consumer.gate, MK_CAP_SEND),
		    0);
}

static void finish(void)
{
	uint64_t there = consumer.task, here = producer.task;

	job_drop(&producer);
	job_drop(&consumer);
	CHECK_EQUAL(mk_delete(OWN_TASK, there), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, here), 0);
}

/* ---- 1: infinite timeout --------------------------------------------- */

static void say_asleep_and_do_not(struct job *j)
{
	(void)j;
	__atomic_store_n(&word, ASLEEP, __ATOMIC_SEQ_CST);
}

static void produce_waiting(struct job *j)
{
	(void)j;
	while (produced < packets)
		if (put())
			(void)wake(MK_NEVER);
}

static void first_try(void)
{
	packets = 1000;
	reset();
	job_run(&consumer, say_asleep_and_do_not);
	CHECK(job_wait(&consumer));
	job_run(&producer, produce_waiting);
	CHECK(job_reaches(&producer, MK_STATE_SENDING));
	sleep_ms(50);
	CHECK_EQUAL(mk_thread_state(producer.thread), MK_STATE_SENDING);
	CHECK_EQUAL(produced, 1);
	mk_print("# try 1: of %lu packets %lu were produced, then the "
		 "producer was blocked by a consumer that does not receive\n",
		 packets, produced);
	finish();
}

/* ---- 2: timeout 0 ---------------------------------------------------- */

static void consume_with_a_gap(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	while (consumed < packets) {
		if (take())
			continue;
		__atomic_store_n(&word, ASLEEP, __ATOMIC_SEQ_CST);
		/* Preempted here, until the producer has done its part. */
		while (!__atomic_load_n(&failed_wakes, __ATOMIC_ACQUIRE))
			mk_sleep_us(100);
		(void)mk_wait(MK_FOREVER, &m);
	}
}

static void produce_polling(struct job *j)
{
	(void)j;
	while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) != ASLEEP)
		mk_sleep_us(50);
	while (produced < packets)
		if (put() && !wake(0))
			__atomic_fetch_add(&failed_wakes, 1, __ATOMIC_RELEASE);
}

static void second_try(void)
{
	packets = 10;
	reset();
	job_run(&consumer, consume_with_a_gap);
	job_run(&producer, produce_polling);
	CHECK(job_wait(&producer));
	/* Asleep in a wait and not in its gap: the gap is over by now. */
	sleep_ms(50);
	CHECK_EQUAL(failed_wakes, 1);
	CHECK(job_reaches(&consumer, MK_STATE_RECEIVING));
	CHECK(!consumer.done);
	CHECK_EQUAL(consumed, 0);
	mk_print("# try 2: %lu packets were produced, %lu wake-up was lost, "
		 "the consumer sleeps and has consumed %lu\n",
		 produced, failed_wakes, consumed);
	finish();
}

/* ---- 3: one step ----------------------------------------------------- */

static void consume_in_one_step(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	while (consumed < packets)
		if (!take())
			(void)mk_receive_flagged(0, &word, NOTHING, ASLEEP,
						 MK_FOREVER, &m);
}

static void produce_and_wake(struct job *j)
{
	(void)j;
	while (produced < packets) {
		if (put()) {
			if (wake(0))
				real_wakes++;
			else
				failed_wakes++;
		}
		/* A pace at which the consumer falls asleep now and then. */
		for (unsigned i = 0; i < produced % 64 * 8; i++)
			__builtin_ia32_pause();
	}
}

static void third_try(void)
{
	char text[12];
	uint64_t end = now_ns() + 90000000000ul;

	packets = 0;
	if (mk_option(mk_boot_info()->command, "rounds", text, sizeof(text)))
		for (const char *p = text; *p >= '0' && *p <= '9'; p++)
			packets = packets * 10 + (uint64_t)(*p - '0');
	if (!packets)
		packets = 30000;
	reset();
	job_run(&consumer, consume_in_one_step);
	job_run(&producer, produce_and_wake);
	while (!(consumer.done && producer.done) && now_ns() < end)
		sleep_ms(5);
	CHECK_EQUAL(consumed, packets);
	CHECK_EQUAL(failed_wakes, 0);
	CHECK(real_wakes > 0);
	mk_print("# try 3: %lu packets, %lu wake-ups, %lu lost\n", consumed,
		 real_wakes, failed_wakes);
	finish();
}

static const struct behaviour list[] = {
	{"t1", "try 1, infinite timeout: the producer is blocked", first_try},
	{"t2", "try 2, timeout 0: the wake-up is lost", second_try},
	{"t3", "try 3, one step: nothing blocked, nothing lost", third_try},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
