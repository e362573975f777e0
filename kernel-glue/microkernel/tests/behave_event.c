/* SPDX-License-Identifier: MIT */
/* behave_event.c - behaviours 59 to 70, 94 to 97: events, interrupts, flagged waits. */
#include "tap.h"

#include <mklib/program.h>

static struct job a, b;

static uint64_t new_event(uint64_t mode)
{
	uint64_t event = slot_new();

	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event, mode), 0);
	return event;
}

static uint64_t rounds(uint64_t otherwise)
{
	char text[12];
	uint64_t n = 0;

	if (!mk_option(mk_boot_info()->command, "rounds", text, sizeof(text)))
		return otherwise;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

static void b59(void)
{
	uint64_t event = new_event(MK_EVENT_BITS);

	CHECK(mk_signal(event, 0x50));
	CHECK_EQUAL(mk_event_wait(event, MK_NEVER), 0x50);
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	/* No bits are bit 0: a signal is never nothing. */
	CHECK(mk_signal(event, 0));
	CHECK_EQUAL(mk_event_wait(event, MK_NEVER), 1);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
}

static void b60(void)
{
	uint64_t bits = new_event(MK_EVENT_BITS);
	uint64_t count = new_event(MK_EVENT_COUNT);

	for (unsigned i = 0; i < 5; i++) {
		CHECK(mk_signal(bits, 2));
		CHECK(mk_signal(count, 1));
	}
	CHECK_EQUAL(mk_event_wait(bits, 0), 2);
	CHECK_EQUAL(mk_event_wait(bits, 0), 0);
	for (unsigned i = 0; i < 5; i++)
		CHECK_EQUAL(mk_event_wait(count, 0), 1);
	CHECK_EQUAL(mk_event_wait(count, 0), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, bits), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, count), 0);
}

static void b61(void)
{
	uint64_t event = new_event(MK_EVENT_BITS);

	job_make(&a, OWN_TASK);
	a.m.label = 1ul << 63;
	job_go(&a, event, MK_SIGNAL, 0);
	CHECK(job_wait(&a));
	CHECK(mk_signal(event, 1));
	CHECK(mk_signal(event, 4));
	CHECK_EQUAL(mk_event_wait(event, 0), 1ul << 63 | 5);
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	job_drop(&a);
}

static void b62(void)
{
	uint64_t event = new_event(MK_EVENT_BITS);

	job_make_with(&a, OWN_TASK, MAIN_PRIORITY + 10, 0, 0);
	job_go(&a, event, MK_RECV, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	CHECK(mk_signal(event, 1));
	CHECK(__atomic_load_n(&a.done, __ATOMIC_ACQUIRE));
	job_drop(&a);
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 10, 0, 0);
	job_go(&a, event, MK_RECV, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	CHECK(mk_signal(event, 1));
	for (volatile unsigned i = 0; i < 1000; i++)
		;
	CHECK(!__atomic_load_n(&a.done, __ATOMIC_ACQUIRE));
	CHECK(job_wait(&a));
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	job_drop(&a);
}

static void b63(void)
{
	uint64_t event = new_event(MK_EVENT_BITS);

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	CHECK_EQUAL(mk_event_bind(event, a.thread, 0xabc), 0);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	CHECK(mk_signal(event, 6));
	CHECK(job_wait(&a) && a.ok);
	CHECK_EQUAL(mk_tag_flags(a.m.tag), MK_TAG_EVENT);
	CHECK_EQUAL(mk_tag_words(a.m.tag), 1);
	CHECK_EQUAL(a.m.label, 6);
	CHECK_EQUAL(a.mr[0], 0xabc);
	/* Not while it waits for a reply ... */
	job_go(&b, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_RECEIVING));
	a.m.tag = 0;
	job_go(&a, b.gate, MK_CALL, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_CALLING));
	CHECK(mk_signal(event, 8));
	CHECK_EQUAL(mk_thread_state(a.thread), MK_STATE_CALLING);
	CHECK(job_wait(&b));
	b.m.tag = mk_tag(55, 0, 0, 0);
	job_go(&b, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a) && a.ok);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 55);
	CHECK_EQUAL(mk_tag_flags(a.m.tag), 0);
	/* ... but kept for afterwards. */
	job_go(&a, 0, MK_WAIT, 0);
	CHECK(job_wait(&a) && a.ok);
	CHECK_EQUAL(a.m.label, 8);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	job_drop(&a);
	job_drop(&b);
}

static void b64(void)
{
	uint64_t event = new_event(MK_EVENT_BITS);

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	CHECK_EQUAL(mk_event_bind(event, a.thread, 1), 0);
	CHECK_EQUAL(mk_event_bind(event, b.thread, 1), -MK_EBUSY);
	CHECK_EQUAL(mk_event_bind(event, a.thread, 1), -MK_EBUSY);
	/* Bound to another thread: nobody else may wait for it. */
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_DENIED | MK_IPC_RECEIVE);
	CHECK_EQUAL(mk_event_unbind(event), 0);
	CHECK_EQUAL(mk_event_bind(event, b.thread, 2), 0);
	CHECK(mk_signal(event, 1));
	job_go(&a, 0, MK_WAIT, 0);
	CHECK(job_wait(&a) && !a.ok);
	job_go(&b, 0, MK_WAIT, 0);
	CHECK(job_wait(&b) && b.ok);
	CHECK_EQUAL(b.mr[0], 2);
	/* With its thread it loses its binding, and can be bound again. */
	job_drop(&b);
	CHECK_EQUAL(mk_event_bind(event, a.thread, 3), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	job_drop(&a);
}

#define RTC_LINE 8
#define RTC_B 0x0b
#define RTC_C 0x0c
#define RTC_PERIODIC 0x40

static uint8_t rtc_read(uint8_t reg)
{
	uint8_t value;

	__asm__ volatile("outb %1,$0x70\n\tinb $0x71,%0"
			 : "=a"(value)
			 : "0"(reg));
	return value;
}

static void rtc_write(uint8_t reg, uint8_t value)
{
	__asm__ volatile("outb %b0,$0x70\n\t"
			 "mov %1,%b0\n\t"
			 "outb %b0,$0x71"
			 : "+a"(reg)
			 : "q"(value));
}

/* The clock's line stays up until its register C is read. */
static void b65(void)
{
	uint64_t event = new_event(MK_EVENT_COUNT);

	CHECK_EQUAL(mk_event_unmask(event), -MK_EINVAL); /* no interrupt */
	CHECK_EQUAL(mk_icu_bind(MK_CAP_ICU, 99, event, true), -MK_EINVAL);
	CHECK_EQUAL(mk_icu_bind(MK_CAP_ICU, RTC_LINE, MK_CAP_TASK, true),
		    -MK_ENOENT);
	CHECK_EQUAL(mk_icu_bind(MK_CAP_ICU, RTC_LINE, event, true), 0);
	rtc_write(RTC_B, rtc_read(RTC_B) | RTC_PERIODIC);
	sleep_ms(3);
	CHECK_EQUAL(mk_event_wait(event, 0), 0); /* masked at first */
	CHECK_EQUAL(mk_event_unmask(event), 0);
	CHECK_EQUAL(mk_event_wait(event, 1000000), 1);
	/* The line is still up, but it is masked: no storm. */
	sleep_ms(5);
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	/* Unmasked without asking the device: once more, at once. */
	CHECK_EQUAL(mk_event_unmask(event), 0);
	CHECK_EQUAL(mk_event_wait(event, 100000), 1);
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	for (unsigned i = 0; i < 5; i++) {
		(void)rtc_read(RTC_C);
		CHECK_EQUAL(mk_event_unmask(event), 0);
		CHECK_EQUAL(mk_event_wait(event, 1000000), 1);
	}
	rtc_write(RTC_B, (uint8_t)(rtc_read(RTC_B) & ~RTC_PERIODIC));
	(void)rtc_read(RTC_C);
	CHECK_EQUAL(mk_event_unmask(event), 0);
	sleep_ms(5);
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
}

static void b66(void)
{
	uint64_t event = new_event(MK_EVENT_BITS);

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_go(&a, event, MK_RECV, MK_FOREVER);
	job_go(&b, event, MK_RECV, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	CHECK(job_reaches(&b, MK_STATE_WAITING_EVENT));
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	CHECK(job_wait(&a) && !a.ok && job_wait(&b) && !b.ok);
	CHECK_EQUAL(a.error, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	CHECK_EQUAL(b.error, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	job_drop(&a);
	job_drop(&b);
}

static uint64_t race_event;
static uint32_t race_over;
static uint64_t taken, timeouts;

static void take_with_timeout(struct job *j)
{
	(void)j;
	while (!__atomic_load_n(&race_over, __ATOMIC_ACQUIRE)) {
		if (mk_event_wait(race_event, 30))
			taken++;
		else
			timeouts++;
	}
}

static void b67(void)
{
	uint64_t sent = 0;

	race_event = new_event(MK_EVENT_COUNT);
	race_over = 0;
	taken = 0;
	timeouts = 0;
	job_make(&a, OWN_TASK);
	job_run(&a, take_with_timeout);
	for (unsigned i = 0; i < 500; i++) {
		CHECK(mk_signal(race_event, 1));
		sent++;
		mk_sleep_us(20 + i % 23);
	}
	__atomic_store_n(&race_over, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a));
	while (mk_event_wait(race_event, 0))
		taken++;
	CHECK_EQUAL(taken, sent);
	CHECK(timeouts > 0); /* else it was no race */
	CHECK_EQUAL(mk_delete(OWN_TASK, race_event), 0);
	job_drop(&a);
}

static uint64_t ping, pong;
static uint64_t pings;
static uint32_t ping_timeout_us;
/* A loaded host can take a CPU away for seconds. */
#define PATIENCE_US 60000000u

static void answer_pings(struct job *j)
{
	uint64_t bits = mk_event_wait(ping, ping_timeout_us);

	for (uint64_t i = 1; i < pings && bits; i++)
		bits = mk_signal_wait(pong, bits, ping, ping_timeout_us);
	j->error = bits;
}

/* Without a timeout nothing but the signal ends a wait: if one is lost, this
 * does not come back, and the boot ends with its time. */
static void play(uint64_t rounds_wanted, uint32_t timeout_us)
{
	uint64_t fast = mk_counter(MK_CAP_LOG, MK_COUNTER_SIGNAL_FAST);

	pings = rounds_wanted;
	ping_timeout_us = timeout_us;
	job_make(&a, OWN_TASK);
	job_run(&a, answer_pings);
	for (uint64_t i = 1; i < pings; i++)
		CHECK_EQUAL(mk_signal_wait(ping, i, pong, timeout_us), i);
	CHECK(mk_signal(ping, pings));
	CHECK(job_wait(&a));
	CHECK_EQUAL(a.error, pings);
	fast = mk_counter(MK_CAP_LOG, MK_COUNTER_SIGNAL_FAST) - fast;
	if (timeout_us == MK_NEVER && partner_cpu == 0)
		CHECK(fast > pings);
	job_drop(&a);
}

static void b68(void)
{
	ping = new_event(MK_EVENT_BITS);
	pong = new_event(MK_EVENT_BITS);
	/* Own bits are pending: it does not sleep, and the peer has its own. */
	CHECK(mk_signal(pong, 32));
	CHECK_EQUAL(mk_signal_wait(ping, 4, pong, MK_NEVER), 32);
	CHECK_EQUAL(mk_event_wait(ping, 0), 4);
	CHECK_EQUAL(mk_signal_wait(ping, 4, pong, 0), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK_EQUAL(mk_event_wait(ping, 0), 4);
	play(rounds(500), MK_NEVER);
	play(200, PATIENCE_US);
	CHECK_EQUAL(mk_delete(OWN_TASK, ping), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, pong), 0);
}

static _Alignas(64) uint32_t flag;
static uint32_t flag_rounds, flag_failed;

static void receive_flagged(struct job *j)
{
	for (uint32_t i = 0; i < flag_rounds; i++) {
		struct mk_message m = {0};

		if (!mk_receive_flagged(0, &flag, 0, 1, MK_FOREVER, &m))
			break;
	}
	(void)j;
}

/* Whenever the flag can be seen, the receiver is there. */
static void send_when_flagged(struct job *j)
{
	for (uint32_t i = 0; i < flag_rounds; i++) {
		struct mk_message m = {0};

		while (!__atomic_load_n(&flag, __ATOMIC_ACQUIRE))
			__builtin_ia32_pause();
		if (!mk_send(b.gate, 0, &m)) {
			flag_failed++;
			i--;
		}
	}
	(void)j;
}

static void receive_once(struct job *j)
{
	struct mk_message m = {0};

	j->ok = mk_receive_flagged(0, &flag, 0, 1, MK_FOREVER, &m);
	m.tag = 0;
	(void)mk_reply(&m);
}

/* A call takes the flag away as well. */
static void flag_and_call(void)
{
	struct mk_message m = {0};

	job_make(&a, OWN_TASK);
	job_run(&a, receive_once);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	CHECK_EQUAL(__atomic_load_n(&flag, __ATOMIC_ACQUIRE), 1);
	CHECK(mk_call(a.gate, MK_FOREVER, &m));
	CHECK_EQUAL(__atomic_load_n(&flag, __ATOMIC_ACQUIRE), 0);
	CHECK(job_wait(&a) && a.ok);
	job_drop(&a);
}

/* Address 0 says "no flag" in the kernel: it would never be taken away. */
static void flag_at_zero(void)
{
	static _Alignas(MK_PAGE_BYTES) uint32_t page[MK_PAGE_BYTES / 4];
	uint64_t own = mk_flexpage(MK_MEMORY, (uint64_t)page, MK_PAGE_ORDER,
				   MK_R | MK_W);
	struct mk_message m = {0};

	page[0] = 7;
	CHECK_EQUAL(mk_map(OWN_TASK, 0, own), 0);
	CHECK(!mk_receive_flagged(0, NULL, 7, 1, mk_timeouts(0, 500), &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	CHECK_EQUAL(page[0], 7);
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, 0, MK_PAGE_ORDER,
					 MK_R | MK_W | MK_X),
			     MK_UNMAP_SELF),
		    0);
}

static void b69(void)
{
	struct mk_message m = {0};
	uint64_t end;

	flag_rounds = (uint32_t)rounds(3000);
	flag_failed = 0;
	flag = 0;
	/* Another CPU if there is one; else the receiver has priority. */
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 2, 0, 0);
	job_make_with(&b, OWN_TASK, MAIN_PRIORITY - 1, cpu_count > 1, 0);
	job_run(&b, receive_flagged);
	job_run(&a, send_when_flagged);
	end = now_ns() + 90000000000ul;
	while (!a.done && now_ns() < end)
		sleep_ms(5);
	CHECK(a.done && job_wait(&b));
	CHECK_EQUAL(flag_failed, 0);
	CHECK_EQUAL(flag, 0);
	job_drop(&a);
	job_drop(&b);
	flag_and_call();
	/* A timeout takes the flag away, and a wrong address is an error. */
	flag = 7;
	CHECK(!mk_receive_flagged(0, &flag, 7, 1, mk_timeouts(0, 500), &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK_EQUAL(flag, 7);
	/* Somebody was faster: no sleep, and his value stays. */
	CHECK(!mk_receive_flagged(0, &flag, 0, 1, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_CHANGED | MK_IPC_RECEIVE);
	CHECK_EQUAL(flag, 7);
	CHECK(!mk_receive_flagged(0, (uint32_t *)0x66666000, 0, 1, MK_FOREVER,
				  &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	CHECK(!mk_receive_flagged(0, (uint32_t *)(void *)mk_image_start, 0, 1,
				  MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	CHECK(!mk_receive_flagged(0, (uint32_t *)0xffff800000001000, 0, 1,
				  MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	flag_at_zero();
}

static uint32_t compared;
static uint64_t compare_event;

static void wait_while_seven(struct job *j)
{
	j->ok = mk_event_wait_if(compare_event, &compared, 7, MK_NEVER) != 0;
	j->error = j->ok ? 0 : mk_error();
}

static void b70(void)
{
	uint64_t event = new_event(MK_EVENT_COUNT);
	struct job c;

	compare_event = event;
	compared = 7;
	/* Not what was seen: at once, and nothing is taken. */
	CHECK_EQUAL(mk_event_wait_if(event, &compared, 6, MK_NEVER), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_CHANGED | MK_IPC_RECEIVE);
	/* No word there. */
	CHECK_EQUAL(mk_event_wait_if(event,
				     (uint32_t *)((uintptr_t)&compared + 2), 7,
				     MK_NEVER),
		    0);
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	CHECK_EQUAL(
		mk_event_wait_if(event, (uint32_t *)0x66666000, 7, MK_NEVER),
		0);
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	/* Who gave up is in no queue: the signal is for the next. */
	CHECK_EQUAL(mk_event_wait_if(event, &compared, 7, 500), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK_EQUAL(compared, 7);
	CHECK(mk_signal(event, 1));
	CHECK_EQUAL(mk_event_wait(event, 0), 1);
	/* Three wait, one is killed, two are wanted awake: two are. */
	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	job_run(&a, wait_while_seven);
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	job_run(&b, wait_while_seven);
	CHECK(job_reaches(&b, MK_STATE_WAITING_EVENT));
	job_run(&c, wait_while_seven);
	CHECK(job_reaches(&c, MK_STATE_WAITING_EVENT));
	CHECK(mk_signal(event, 1));
	CHECK(job_wait(&a) && a.ok);
	CHECK(!b.done && !c.done);
	job_drop(&b);
	CHECK(mk_signal(event, 2));
	CHECK(job_wait(&c) && c.ok);
	CHECK_EQUAL(mk_event_wait(event, 0), 1); /* the one left over */
	CHECK_EQUAL(mk_event_wait(event, 0), 0);
	job_drop(&a);
	job_drop(&c);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
}

/* ---- a word of somebody else --------------------------------------------- */

static _Alignas(MK_PAGE_BYTES) _Atomic uint32_t others[MK_PAGE_BYTES / 4];
#define ONLY_READ 0x55000000ul /* where it can only be read */

static uint32_t *map_others(void)
{
	CHECK_EQUAL(mk_map(OWN_TASK, ONLY_READ,
			   mk_flexpage(MK_MEMORY, (uint64_t)others,
				       MK_PAGE_ORDER, MK_R)),
		    0);
	return (uint32_t *)ONLY_READ;
}

static void unmap_others(void)
{
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, ONLY_READ, MK_PAGE_ORDER,
					 MK_R | MK_W | MK_X),
			     MK_UNMAP_SELF),
		    0);
}

static void receive_while_seven(struct job *j)
{
	struct mk_message m = {0};

	j->ok = mk_receive_flagged(0, (uint32_t *)ONLY_READ, 7, 7, MK_FOREVER,
				   &m);
	j->error = j->ok ? 0 : mk_error();
	m.tag = 0;
	if (j->ok)
		(void)mk_reply(&m);
}

static void b94(void)
{
	uint32_t *word = map_others();
	struct mk_message m = {0};

	others[0] = 7;
	CHECK(!mk_receive_flagged(0, word, 7, 7, mk_timeouts(0, 500), &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK(!mk_receive_flagged(0, word, 6, 6, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_CHANGED | MK_IPC_RECEIVE);
	/* To store is another matter. */
	CHECK(!mk_receive_flagged(0, word, 7, 8, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
	CHECK_EQUAL(others[0], 7);
	/* A call comes in, and the word stays what its owner made it. */
	job_make(&a, OWN_TASK);
	job_run(&a, receive_while_seven);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	others[0] = 8;
	CHECK(mk_call(a.gate, MK_FOREVER, &m));
	CHECK(job_wait(&a) && a.ok);
	job_drop(&a);
	CHECK_EQUAL(others[0], 8);
	/* It may be gone when the wait ends, and is not there for the next. */
	others[0] = 7;
	job_make(&a, OWN_TASK);
	job_run(&a, receive_while_seven);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	unmap_others();
	m = (struct mk_message){0};
	CHECK(mk_send(a.gate, MK_FOREVER, &m));
	CHECK(job_wait(&a) && a.ok);
	job_drop(&a);
	CHECK(!mk_receive_flagged(0, word, 7, 7, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_MEMORY | MK_IPC_RECEIVE);
}

static _Atomic uint32_t compared_seen;
static uint32_t compare_rounds;

static void receive_if_same(struct job *j)
{
	for (uint32_t i = 0; i < compare_rounds; i++) {
		while (others[0] == i) {
			struct mk_message m = {0};

			(void)mk_receive_flagged(0, (uint32_t *)ONLY_READ, i, i,
						 MK_FOREVER, &m);
		}
		compared_seen = i + 1;
	}
	(void)j;
}

/* Change it, send once without waiting, and do nothing more until it has been
 * seen. */
static void change_and_send(struct job *j)
{
	for (uint32_t i = 0; i < compare_rounds; i++) {
		struct mk_message m = {0};

		others[0] = i + 1;
		(void)mk_send(b.gate, 0, &m);
		while (compared_seen != i + 1)
			__builtin_ia32_pause();
	}
	(void)j;
}

static void b95(void)
{
	uint64_t end;

	(void)map_others();
	compare_rounds = (uint32_t)rounds(3000);
	compared_seen = 0;
	others[0] = 0;
	/* Another CPU if there is one; else the receiver has priority. */
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 2, 0, 0);
	job_make_with(&b, OWN_TASK, MAIN_PRIORITY - 1, cpu_count > 1, 0);
	job_run(&b, receive_if_same);
	job_run(&a, change_and_send);
	end = now_ns() + 90000000000ul;
	while (!a.done && now_ns() < end)
		sleep_ms(5);
	CHECK_EQUAL(compared_seen, compare_rounds);
	CHECK(a.done && job_wait(&b));
	job_drop(&a);
	job_drop(&b);
	unmap_others();
}

/* ---- what signal and wait remembers -------------------------------------- */

static uint64_t third;

/* Answers each `ping` with 1. */
static void answer_ones(struct job *j)
{
	(void)j;
	(void)mk_event_wait(ping, MK_NEVER);
	for (;;)
		(void)mk_signal_wait(pong, 1, ping, MK_NEVER);
}

static void answer_third(struct job *j)
{
	(void)j;
	(void)mk_event_wait(third, MK_NEVER);
	(void)mk_signal(pong, 8);
}

/* A copy of `event`, in a slot that has become usual for signal and wait. */
static uint64_t usual_copy(uint64_t event)
{
	uint64_t copy = slot_new();

	CHECK_EQUAL(mk_map_cap(OWN_TASK, copy, event, MK_ALL_RIGHTS), 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
		CHECK_EQUAL(event == ping
				    ? mk_signal_wait(copy, 1, pong, MK_NEVER)
				    : mk_signal_wait(ping, 1, copy, MK_NEVER),
			    1);
	}
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	return copy;
}

static void fails(uint64_t peer, uint64_t own, uint64_t error)
{
	CHECK_EQUAL(mk_signal_wait(peer, 1, own, MK_NEVER), 0);
	CHECK_EQUAL(mk_error(), error);
}

static void take_right(uint64_t slot, unsigned right)
{
	CHECK_EQUAL(mk_unmap(OWN_TASK, mk_cap_page(slot, right), MK_UNMAP_SELF),
		    0);
}

/* The answer to a signal whose wait was refused. */
static void absorb(void)
{
	CHECK_EQUAL(mk_event_wait(pong, MK_NEVER), 1);
}

static void usual_slot_is_lost(void)
{
	uint64_t copy = usual_copy(ping), moved = slot_new();

	/* With an empty slot for its own. */
	fails(copy, moved, MK_IPC_NO_PARTNER | MK_IPC_RECEIVE);
	absorb();
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	CHECK_EQUAL(mk_signal_wait(copy, 1, pong, MK_NEVER), 1);
	take_right(copy, MK_CAP_SEND);
	fails(copy, pong, MK_IPC_DENIED | MK_IPC_SEND);
	copy = usual_copy(ping);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, copy), 0);
	fails(copy, pong, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	copy = usual_copy(ping);
	CHECK_EQUAL(mk_map(OWN_TASK, moved << 12 | MK_ITEM_GRANT,
			   mk_cap_page(copy, MK_ALL_RIGHTS)),
		    0);
	fails(copy, pong, MK_IPC_NO_PARTNER | MK_IPC_SEND);
	copy = usual_copy(pong);
	take_right(copy, MK_CAP_CONTROL);
	fails(ping, copy, MK_IPC_DENIED | MK_IPC_RECEIVE);
	absorb();
}

static void usual_slot_is_another(void)
{
	uint64_t copy = usual_copy(ping);

	third = new_event(MK_EVENT_BITS);
	job_make(&b, OWN_TASK);
	job_run(&b, answer_third);
	CHECK(job_reaches(&b, MK_STATE_WAITING_EVENT));
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, copy), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, copy, third, MK_ALL_RIGHTS), 0);
	CHECK_EQUAL(mk_signal_wait(copy, 1, pong, MK_NEVER), 8);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, third), 0);
}

static void usual_event_has_something(void)
{
	uint64_t copy = usual_copy(ping);

	CHECK(mk_signal(pong, 32));
	CHECK_EQUAL(mk_signal_wait(copy, 1, pong, MK_NEVER), 32);
	absorb();
}

static void usual_event_is_bound(void)
{
	uint64_t copy = usual_copy(ping);

	job_make(&b, OWN_TASK);
	CHECK_EQUAL(mk_event_bind(pong, b.thread, 5), 0);
	fails(copy, pong, MK_IPC_DENIED | MK_IPC_RECEIVE);
	job_drop(&b);
}

static uint32_t has_run;

static void run_once(struct job *j)
{
	(void)j;
	__atomic_store_n(&has_run, 1, __ATOMIC_RELEASE);
}

static void answer_who_ran(struct job *j)
{
	(void)j;
	(void)mk_event_wait(ping, MK_NEVER);
	for (;;)
		(void)mk_signal_wait(
			pong, 2 + __atomic_load_n(&has_run, __ATOMIC_ACQUIRE),
			ping, MK_NEVER);
}

/* The partner is less important than somebody else who could run. */
static void usual_partner_has_to_wait(void)
{
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 10, 0, 0);
	job_make_with(&b, OWN_TASK, MAIN_PRIORITY - 5, 0, 0);
	job_run(&a, answer_who_ran);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
		CHECK_EQUAL(mk_signal_wait(ping, 1, pong, MK_NEVER), 2);
	}
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	job_run(&b, run_once);
	CHECK_EQUAL(mk_signal_wait(ping, 1, pong, MK_NEVER), 3);
	job_drop(&a);
	job_drop(&b);
}

static void b96(void)
{
	ping = new_event(MK_EVENT_BITS);
	pong = new_event(MK_EVENT_BITS);
	job_make(&a, OWN_TASK);
	job_run(&a, answer_ones);
	usual_slot_is_lost();
	usual_slot_is_another();
	usual_event_has_something();
	usual_event_is_bound();
	job_drop(&a);
	CHECK_EQUAL(mk_event_unbind(pong), 0);
	(void)mk_event_wait(pong, 0);
	usual_partner_has_to_wait();
	CHECK_EQUAL(mk_delete(OWN_TASK, ping), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, pong), 0);
}

#define AT_ONCE 1ul
#define LATE 2ul
#define NEVER 4ul
#define NEAR_MS 3u
#define LATE_MS 10u
#define FAR_MS 60000u

static void answer_as_asked(struct job *j)
{
	uint64_t how = mk_event_wait(ping, MK_NEVER);

	(void)j;
	for (;;) {
		if (how == LATE)
			sleep_ms(LATE_MS);
		how = how == NEVER ? mk_event_wait(ping, MK_NEVER)
				   : mk_signal_wait(pong, how, ping, MK_NEVER);
	}
}

static void deadline_in(uint64_t ms)
{
	mk_utcb()->until_ns[1] = now_ns() + ms * 1000000;
}

static uint64_t ask(uint64_t how, uint64_t ms)
{
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	deadline_in(ms);
	return mk_signal_wait(ping, how, pong, MK_ABSOLUTE);
}

/* An alarm that comes soon, of a wait that is over. */
static void leave_alarm(void)
{
	if (!ask(AT_ONCE, NEAR_MS))
		CHECK_EQUAL(mk_event_wait(pong, MK_NEVER), AT_ONCE);
}

static void no_answer_ends_at(uint64_t ms)
{
	CHECK_EQUAL(ask(NEVER, ms), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_RECEIVE);
	CHECK(now_ns() >= mk_utcb()->until_ns[1]);
}

static void deadlines_are_fast(void)
{
	uint64_t fast = mk_counter(MK_CAP_LOG, MK_COUNTER_SIGNAL_FAST);

	for (unsigned i = 0; i < 200; i++)
		CHECK_EQUAL(ask(AT_ONCE, FAR_MS), AT_ONCE);
	fast = mk_counter(MK_CAP_LOG, MK_COUNTER_SIGNAL_FAST) - fast;
	if (partner_cpu == 0)
		CHECK(fast > 300);
}

static void die_with_alarm(struct job *j)
{
	(void)j;
	deadline_in(NEAR_MS);
	(void)mk_event_wait(third, MK_ABSOLUTE);
	(void)mk_event_wait(third, MK_NEVER);
}

static void an_alarm_of_nobody(void)
{
	third = new_event(MK_EVENT_BITS);
	for (unsigned i = 0; i < 2; i++) {
		job_make(&b, OWN_TASK);
		job_run(&b, die_with_alarm);
		CHECK(job_reaches(&b, MK_STATE_WAITING_EVENT));
		CHECK(mk_signal(third, 1));
		job_drop(&b);
	}
	sleep_ms(LATE_MS);
	CHECK_EQUAL(mk_delete(OWN_TASK, third), 0);
}

/* Accepts a call that waits already, and answers when the time that there was
 * for sending is over. */
static void answer_call_late(struct job *j)
{
	struct mk_message m = {0};

	while (mk_thread_state(MK_CAP_THREAD) != MK_STATE_SENDING)
		mk_sleep_us(100);
	j->ok = mk_wait(MK_FOREVER, &m);
	sleep_ms(LATE_MS);
	m.tag = 0;
	(void)mk_reply(&m);
}

static void the_time_of_a_send_is_not_the_answers(void)
{
	uint64_t end = patience_end();
	bool again = true;

	job_make(&b, OWN_TASK);
	job_run(&b, answer_call_late);
	while (again) {
		struct mk_message m = {0};
		bool ok = mk_call(b.gate, mk_timeouts(NEAR_MS * 1000, MK_NEVER),
				  &m);

		/* On a slow machine it may not be accepted in time. */
		again = !ok && now_ns() < end &&
			mk_error() == (MK_IPC_TIMEOUT | MK_IPC_SEND);
		CHECK(ok || again);
	}
	CHECK(job_wait(&b) && b.ok);
	job_drop(&b);
}

static void wait_on_two_cpus(struct job *j)
{
	deadline_in(LATE_MS);
	(void)mk_event_wait(third, MK_ABSOLUTE);
	deadline_in(2 * LATE_MS);
	j->ok = !mk_event_wait(pong, MK_ABSOLUTE) &&
		now_ns() >= mk_utcb()->until_ns[1];
}

/* The thread waits where it began, and then on another CPU if there is one. */
static void an_alarm_of_another_cpu(void)
{
	third = new_event(MK_EVENT_BITS);
	job_make_with(&b, OWN_TASK, MAIN_PRIORITY, 0, 0);
	job_run(&b, wait_on_two_cpus);
	CHECK(job_reaches(&b, MK_STATE_WAITING_EVENT));
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, b.thread, MAIN_PRIORITY,
				 cpu_count > 1, 0),
		    0);
	CHECK(mk_signal(third, 1));
	CHECK(job_wait(&b));
	CHECK(b.ok);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, third), 0);
}

static void b97(void)
{
	ping = new_event(MK_EVENT_BITS);
	pong = new_event(MK_EVENT_BITS);
	job_make(&a, OWN_TASK);
	job_run(&a, answer_as_asked);
	deadlines_are_fast();
	/* The alarm is one far away: this needs another. */
	no_answer_ends_at(NEAR_MS);
	/* One that comes first ends neither a later wait nor one for ever. */
	leave_alarm();
	no_answer_ends_at(LATE_MS);
	leave_alarm();
	CHECK_EQUAL(ask(LATE, FAR_MS), LATE);
	leave_alarm();
	CHECK_EQUAL(mk_signal_wait(ping, LATE, pong, MK_NEVER), LATE);
	an_alarm_of_nobody();
	the_time_of_a_send_is_not_the_answers();
	an_alarm_of_another_cpu();
	job_drop(&a);
	CHECK_EQUAL(mk_delete(OWN_TASK, ping), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, pong), 0);
}

static const struct behaviour list[] = {
	{"59", "a signal before the wait is kept", b59},
	{"60", "many signals are one, or are counted", b60},
	{"61", "bits of several signallers come together", b61},
	{"62", "a signal preempts for a better thread only", b62},
	{"63", "a bound event comes into an open wait", b63},
	{"64", "bound to one thread at a time", b64},
	{"65", "an interrupt: one for each unmask", b65},
	{"66", "an event that is destroyed wakes who waits", b66},
	{"67", "timeout or signal, never both, never neither", b67},
	{"68", "signal and wait in one entry", b68},
	{"69", "who sees the flag can send", b69},
	{"70", "compare and wait; as many wake as are wanted", b70},
	{"94", "a word that may only be read can be compared", b94},
	{"95", "who changes the word and sends is noticed", b95},
	{"96", "signal and wait notices that its capabilities are others", b96},
	{"97", "an alarm of an earlier wait ends no other", b97},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
