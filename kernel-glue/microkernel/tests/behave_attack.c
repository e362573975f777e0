/* SPDX-License-Identifier: MIT */
/*
 * behave_attack.c - behaviours 80 and up: what a hostile program could try
 * besides wrong arguments.  Most of these, if they succeed, leave no kernel
 * that could say so: then the boot ends without a result.
 */
#include "tap.h"

#define PAGER_GATE 20u
#define PLACE 0x70000000ul
#define RTC_INDEX 0x70u
#define WORD_VECTOR 15u
#define WORD_ERROR 16u
#define EXCEPTION_WORDS 22u
#define GENERAL_PROTECTION 13u
#define IO_MAP_BYTES 8192u
#define FACTORY_BYTES 256u

static struct job a, b, pager;

static void make_faulting(uint64_t task, unsigned cpu)
{
	job_make(&pager, OWN_TASK);
	CHECK_EQUAL(mk_map_cap(task, PAGER_GATE, pager.gate, MK_ALL_RIGHTS), 0);
	job_make_with(&a, task, MAIN_PRIORITY, cpu, PAGER_GATE);
}

static void drop_faulting(uint64_t task)
{
	job_drop(&a);
	(void)mk_drop_cap(task, PAGER_GATE);
	job_drop(&pager);
}

/* What comes of it goes to the pager; false: nothing came. */
static bool fault_of(void (*body)(struct job *))
{
	job_go(&pager, 0, MK_WAIT, mk_timeouts(0, 500000));
	job_run(&a, body);
	return job_wait(&pager) && pager.ok;
}

static void expect_exception(void (*body)(struct job *), uint64_t error)
{
	make_faulting(OWN_TASK, partner_cpu);
	CHECK(fault_of(body));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	CHECK_EQUAL(pager.mr[WORD_VECTOR], GENERAL_PROTECTION);
	CHECK_EQUAL(pager.mr[WORD_ERROR], error);
	drop_faulting(OWN_TASK);
}

/* ---- ports ------------------------------------------------------------- */

static void read_port(struct job *j)
{
	uint8_t value;

	(void)j;
	__asm__ volatile("outb %b1,%w2\n\t"
			 "inb $0x71,%b0"
			 : "=a"(value)
			 : "0"((uint8_t)10), "d"(RTC_INDEX));
}

/* Exactly so much is left that the bitmap can be paid and the range not. */
static void b80(void)
{
	uint64_t sub = slot_new(), soak = slot_new(), limit, used, task;
	uint64_t ports = mk_flexpage(MK_IO, RTC_INDEX, 1, MK_ALL_RIGHTS);

	CHECK_EQUAL(mk_create_factory(MK_CAP_FACTORY, sub, 1 << 20), 0);
	task = second_task_from(sub);
	/* On a CPU that no ports have been used on so far, if there is one. */
	make_faulting(task, cpu_count - 1);
	CHECK_EQUAL(mk_factory_info(sub, &limit, &used), 0);
	CHECK_EQUAL(
		mk_create_factory(sub, soak,
				  limit - used - FACTORY_BYTES - IO_MAP_BYTES),
		0);
	CHECK_EQUAL(mk_map(task, RTC_INDEX << 12, ports), -MK_ENOMEM);
	CHECK(fault_of(read_port));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	CHECK_EQUAL(pager.mr[WORD_VECTOR], GENERAL_PROTECTION);
	drop_faulting(task);
	CHECK_EQUAL(mk_delete(OWN_TASK, sub), 0);
}

/* Of a task that runs: it gives its own ports away. */
static void drop_own_port(struct job *j)
{
	(void)j;
	read_port(j);
	(void)mk_unmap(PAGER_GATE + 1,
		       mk_flexpage(MK_IO, RTC_INDEX, 1, MK_ALL_RIGHTS),
		       MK_UNMAP_SELF);
	read_port(j);
}

static void b81_running(void)
{
	uint64_t task = second_task();
	uint64_t ports = mk_flexpage(MK_IO, RTC_INDEX, 1, MK_ALL_RIGHTS);

	make_faulting(task, partner_cpu);
	CHECK_EQUAL(mk_map(task, RTC_INDEX << 12, ports), 0);
	CHECK_EQUAL(mk_map_cap(task, PAGER_GATE + 1, task, MK_ALL_RIGHTS), 0);
	CHECK(fault_of(drop_own_port));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	drop_faulting(task);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

/* A range that comes back to where it was derived from is in the list that is
 * walked while it is taken away. */
static void b81(void)
{
	uint64_t task = second_task(), own = slot_new();
	uint64_t ports = mk_flexpage(MK_IO, RTC_INDEX, 1, MK_ALL_RIGHTS);
	uint64_t part = mk_flexpage(MK_IO, RTC_INDEX, 0, MK_ALL_RIGHTS);
	uint64_t all = mk_flexpage(MK_IO, 0, 16, MK_ALL_RIGHTS);

	CHECK_EQUAL(mk_map(task, RTC_INDEX << 12, ports), 0);
	CHECK_EQUAL(mk_map_cap(task, own, OWN_TASK, MK_ALL_RIGHTS), 0);
	job_make(&b, task);
	b.m.tag = mk_tag(MK_PROTO_TASK, 3, 0, 0);
	b.m.word[0] = MK_TASK_MAP;
	b.m.word[1] = RTC_INDEX << 12;
	b.m.word[2] = part;
	job_go(&b, own, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&b) && b.ok);
	CHECK_EQUAL(mk_tag_proto(b.m.tag), 0);
	CHECK_EQUAL(mk_unmap(OWN_TASK, all, MK_UNMAP_OTHERS), 0);
	/* Theirs is gone, ours is there. */
	read_port(&b);
	job_drop(&b);
	make_faulting(task, partner_cpu);
	CHECK(fault_of(read_port));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	drop_faulting(task);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
	b81_running();
}

/* ---- flags and segments ------------------------------------------------ */

/* Direction and alignment check stay set from here into the kernel. */
static void trap_with_flags(struct job *j)
{
	(void)j;
	__asm__ volatile("pushf\n\t"
			 "pushf\n\t"
			 "orq $0x40400,(%%rsp)\n\t"
			 "popf\n\t"
			 "int3\n\t"
			 "popf" ::
				 : "memory", "cc");
}

static void b82(void)
{
	make_faulting(OWN_TASK, partner_cpu);
	CHECK(fault_of(trap_with_flags));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	CHECK_EQUAL(pager.mr[WORD_VECTOR], 3);
	/* The user keeps them. */
	CHECK_EQUAL(pager.mr[19] & 0x40400, 0x40400);
	pager.m.tag = 0;
	job_go(&pager, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a));
	drop_faulting(OWN_TASK);
}

/* Code of 32 bits: there, a system call has another entry. */
static void go_narrow(struct job *j)
{
	(void)j;
	__asm__ volatile("sub $8,%%rsp\n\t"
			 "movl $1f,(%%rsp)\n\t"
			 "movw $0x1b,4(%%rsp)\n\t"
			 "ljmpl *(%%rsp)\n"
			 "1:\tsyscall" ::
				 : "rax", "rcx", "r11", "memory");
}

/* QEMU 7.2 takes the stack of a far return for the kernel's, which no mapping
 * can cure: then it is a page fault, and has to be told. */
static void return_narrow(struct job *j)
{
	(void)j;
	__asm__ volatile("push $0x1b\n\t"
			 "push $1f\n\t"
			 "lretq\n"
			 "1:\tsyscall" ::
				 : "rcx", "r11", "memory");
}

static void use_local_table(struct job *j)
{
	(void)j;
	__asm__ volatile("mov %0,%%ds" ::"r"(0xf));
}

static void b83(void)
{
	expect_exception(go_narrow, 0x18);
	expect_exception(use_local_table, 0xc);
	make_faulting(OWN_TASK, partner_cpu);
	CHECK(fault_of(return_narrow));
	drop_faulting(OWN_TASK);
}

static uint64_t thread_word[2];
static uint64_t event, seen;

static int set_own_fs(struct job *j)
{
	uint64_t word[2] = {MK_THREAD_FS, (uint64_t)thread_word};

	return mk_object_call(j->thread, MK_PROTO_THREAD, 2, word);
}

static void read_fs(struct job *j)
{
	j->error = (uint64_t)(int64_t)set_own_fs(j);
	(void)mk_event_wait(event, MK_NEVER);
	(void)mk_event_wait(event, MK_NEVER);
	__asm__ volatile("mov %%fs:8,%0" : "=r"(seen));
}

static void spoil_fs(struct job *j)
{
	j->error = (uint64_t)(int64_t)set_own_fs(j);
	(void)mk_signal(event, 1);
	__asm__ volatile("mov %0,%%fs" ::"r"(0));
	(void)mk_signal(event, 1);
}

/* Another thread with the same thread pointer loads a segment instead. */
static void b84(void)
{
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event = slot_new(), 0), 0);
	thread_word[1] = 4711;
	seen = 0;
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY + 2, partner_cpu, 0);
	job_make_with(&b, OWN_TASK, MAIN_PRIORITY + 1, partner_cpu, 0);
	job_run(&a, read_fs);
	CHECK(job_reaches(&a, MK_STATE_WAITING_EVENT));
	job_run(&b, spoil_fs);
	CHECK(job_wait(&b) && b.error == 0);
	CHECK(job_wait(&a) && a.error == 0);
	CHECK_EQUAL(seen, 4711);
	job_drop(&a);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
}

/* ---- what the kernel tells ---------------------------------------------- */

static uint64_t where;

static void read_there(struct job *j)
{
	(void)j;
	seen = *(volatile uint64_t *)where;
}

static void write_there(struct job *j)
{
	(void)j;
	*(volatile uint64_t *)where = 0;
}

static void stop_here(struct job *j)
{
	(void)j;
	__asm__ volatile("int3");
}

static void b85(void)
{
	static const uint64_t kernel[] = {
		0xffff800000000000ul, 0xffff800000100000ul,
		0xffffffff80100000ul, 0xffffffffc0000000ul,
		0xfffffffffee00000ul,
	};

	for (unsigned i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		where = kernel[i];
		make_faulting(OWN_TASK, partner_cpu);
		CHECK(fault_of(read_there));
		CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_FAULT);
		CHECK_EQUAL(pager.mr[0], where);
		drop_faulting(OWN_TASK);
		make_faulting(OWN_TASK, partner_cpu);
		CHECK(fault_of(write_there));
		drop_faulting(OWN_TASK);
	}
	/* An exception is all registers and nothing that lies behind them. */
	make_faulting(OWN_TASK, partner_cpu);
	pager.mr[EXCEPTION_WORDS] = 111;
	pager.mr[EXCEPTION_WORDS + 1] = 222;
	CHECK(fault_of(stop_here));
	CHECK_EQUAL(mk_tag_words(pager.m.tag), EXCEPTION_WORDS);
	CHECK_EQUAL(pager.mr[EXCEPTION_WORDS], 111);
	CHECK_EQUAL(pager.mr[EXCEPTION_WORDS + 1], 222);
	drop_faulting(OWN_TASK);
}

/* ---- numbers that are too large ------------------------------------------ */

static void sleep_long(struct job *j)
{
	struct mk_message m = {0};

	mk_utcb()->until_ns[MK_IPC_RECEIVE] = where;
	j->ok = mk_ipc(0, MK_RECV, mk_timeouts(0, MK_ABSOLUTE), &m);
}

/* The last time that is not after the end of the counter, as the kernel
 * computes it. */
static uint64_t last_ns(uint64_t khz)
{
	uint64_t per_ns = ((khz << 40) + 999999) / 1000000, ns = 0;

	for (uint64_t bit = 1ul << 63; bit; bit >>= 1)
		if (!((__uint128_t)(ns | bit) * per_ns >> 104))
			ns |= bit;
	return ns;
}

static void b86(void)
{
	const uint64_t last = last_ns(mk_boot_info()->tsc_khz);
	uint64_t khz = mk_boot_info()->tsc_khz, hz = khz * 1000;
	uint64_t wraps = UINT64_MAX / hz, rest = UINT64_MAX - wraps * hz;
	/* The last but one is a few us after the counter would begin anew. */
	const uint64_t late[] = {
		~0ul,
		~0ul - 1,
		1ul << 63,
		1ul << 62,
		wraps * 1000000000 + rest * 1000000 / khz + 10000,
		last,
	};

	for (unsigned i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		where = late[i];
		job_make(&a, OWN_TASK);
		job_run(&a, sleep_long);
		CHECK(job_reaches(&a, MK_STATE_RECEIVING));
		sleep_ms(2);
		CHECK(!__atomic_load_n(&a.done, __ATOMIC_ACQUIRE));
		job_drop(&a);
	}
}

#define CHAIN 300u

/* A capability from a capability from ... : a walk along it must end. */
static void b87(void)
{
	uint64_t slot[CHAIN], n = 1;

	for (unsigned i = 0; i < CHAIN; i++)
		slot[i] = slot_new();
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, slot[0], 0, 0), 0);
	while (n < CHAIN &&
	       mk_map_cap(OWN_TASK, slot[n], slot[n - 1], MK_ALL_RIGHTS) == 0)
		n++;
	CHECK_EQUAL(n, 256);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, slot[n], slot[n - 1], MK_ALL_RIGHTS),
		    -MK_EINVAL);
	/* It can move, and from further up it can be given. */
	CHECK_EQUAL(mk_map(OWN_TASK, slot[n] << 12 | MK_ITEM_GRANT,
			   mk_cap_page(slot[n - 1], MK_ALL_RIGHTS)),
		    0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, slot[n - 1], slot[n], MK_ALL_RIGHTS),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, slot[n - 1], slot[0], MK_ALL_RIGHTS),
		    0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot[0]), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot[n]), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot[1]), 0);
	/* Memory. */
	*(volatile uint64_t *)MK_HEAP = 1;
	n = 0;
	for (uint64_t from = MK_HEAP, to = PLACE; n < CHAIN;
	     from = to, to += MK_PAGE_BYTES, n++)
		if (mk_map(OWN_TASK, to,
			   mk_flexpage(MK_MEMORY, from, MK_PAGE_ORDER, MK_R)))
			break;
	CHECK(n > 200 && n < 256);
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, PLACE, MK_PAGE_ORDER,
					 MK_ALL_RIGHTS),
			     MK_UNMAP_SELF),
		    0);
	CHECK_EQUAL(mk_map(OWN_TASK, PLACE - MK_PAGE_BYTES,
			   mk_flexpage(MK_MEMORY, PLACE + MK_PAGE_BYTES,
				       MK_PAGE_ORDER, MK_R)),
		    -MK_ENOENT);
}

/* ---- what was another's -------------------------------------------------- */

#define BLOCK_ORDER 16u

static void look_at_block(struct job *j)
{
	const volatile uint64_t *words = (const volatile uint64_t *)PLACE;

	(void)j;
	seen = 0;
	for (unsigned i = 0; i < 1u << (BLOCK_ORDER - 3); i++)
		seen |= words[i];
}

static void fill_block(struct job *j)
{
	volatile uint64_t *words = (volatile uint64_t *)PLACE;

	(void)j;
	for (unsigned i = 0; i < 1u << (BLOCK_ORDER - 3); i++)
		words[i] = ~0ul;
}

/* Kernel-user memory that was somebody's before. */
static void b88(void)
{
	for (unsigned round = 0; round < 4; round++) {
		uint64_t task = second_task();

		CHECK_EQUAL(mk_ku_memory(task, PLACE, BLOCK_ORDER), 0);
		job_make(&a, task);
		for (unsigned i = 0; i < 2; i++) {
			job_run(&a, i ? fill_block : look_at_block);
			CHECK(job_wait(&a));
		}
		CHECK_EQUAL(seen, 0);
		job_drop(&a);
		CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
	}
}

/* ---- in two places at once ------------------------------------------------ */

static volatile uint64_t counter;
static uint32_t stop, wrong;

/* If it ran somewhere else as well, the number would not be what it was. */
static void count_alone(struct job *j)
{
	uint64_t own = counter;

	(void)j;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (counter != own)
			__atomic_store_n(&wrong, 1, __ATOMIC_RELEASE);
		counter = ++own;
	}
}

static void b89(void)
{
	if (cpu_count < 2) {
		tap_skip("one CPU");
		return;
	}
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 1, 1, 0);
	job_run(&a, count_alone);
	for (unsigned i = 0; i < 200; i++) {
		uint64_t before = counter, end = now_ns() + 20000000000;

		while (counter == before && now_ns() < end)
			mk_sleep_us(50);
		CHECK(counter != before);
		CHECK_EQUAL(mk_thread_suspend(a.thread), 0);
		CHECK_EQUAL(mk_thread_resume(a.thread), 0);
		CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread,
					 MAIN_PRIORITY - 1, i & 1, 0),
			    0);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a));
	CHECK(!wrong);
	job_drop(&a);
}

/* ---- long operations ------------------------------------------------------ */

#define BASE 0x80000000ul
#define ROWS 20u
#define ROW_PAGES (MK_SUPERPAGE_BYTES / MK_PAGE_BYTES)

static uint64_t row(unsigned i)
{
	return BASE + i * MK_SUPERPAGE_BYTES;
}

static int map_row(unsigned i)
{
	return mk_map(OWN_TASK, row(i),
		      mk_flexpage(MK_MEMORY, BASE, MK_SUPERPAGE_ORDER, MK_R));
}

/* One superpage with 512 pages below it, each with @rows below that. */
static void plant(unsigned rows)
{
	*(volatile uint64_t *)MK_HEAP = 1;
	for (uint64_t at = 0; at < MK_SUPERPAGE_BYTES; at += MK_PAGE_BYTES)
		CHECK_EQUAL(mk_map(OWN_TASK, BASE + at,
				   mk_flexpage(MK_MEMORY, MK_HEAP + at,
					       MK_PAGE_ORDER, MK_R)),
			    0);
	for (unsigned i = 1; i < rows; i++)
		CHECK_EQUAL(map_row(i), 0);
}

static int fell(unsigned rights)
{
	return mk_unmap(
		OWN_TASK,
		mk_flexpage(MK_MEMORY, MK_HEAP, MK_SUPERPAGE_ORDER, rights),
		MK_UNMAP_OTHERS);
}

static uint32_t felling;
static uint64_t steps;

static uint64_t used(void)
{
	uint64_t limit, bytes = 0;

	CHECK_EQUAL(mk_factory_info(MK_CAP_FACTORY, &limit, &bytes), 0);
	return bytes;
}

/* Looks how far it is, as often as it gets the CPU. */
static void look_on(struct job *j)
{
	uint64_t last = 0;

	(void)j;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		uint64_t now = used();

		if (__atomic_load_n(&felling, __ATOMIC_ACQUIRE))
			steps += now != last;
		last = now;
		mk_sleep_us(50);
	}
}

static void expect_bare(unsigned rows)
{
	for (unsigned i = 0; i < rows; i++)
		CHECK_EQUAL(mk_map(OWN_TASK, PLACE,
				   mk_flexpage(MK_MEMORY, row(i),
					       MK_SUPERPAGE_ORDER, MK_R)),
			    -MK_ENOENT);
}

/* How many states of it somebody better saw during one call. */
static uint64_t steps_beside(void)
{
	plant(ROWS);
	steps = 0;
	__atomic_store_n(&felling, 1, __ATOMIC_RELEASE);
	CHECK_EQUAL(fell(MK_ALL_RIGHTS), 0);
	__atomic_store_n(&felling, 0, __ATOMIC_RELEASE);
	expect_bare(ROWS);
	return steps;
}

#define MANY_CAPS 200u

/* The first capability that goes is the one that the call is made with. */
static void drop_own_caps(struct job *j)
{
	j->error = (uint64_t)(int64_t)mk_unmap(
		PAGER_GATE, mk_flexpage(MK_CAPS, 0, 15, MK_ALL_RIGHTS),
		MK_UNMAP_SELF);
}

static void b90_own_caps(void)
{
	uint64_t task = second_task();

	for (unsigned i = 0; i < MANY_CAPS; i++)
		CHECK_EQUAL(
			mk_map_cap(task, PAGER_GATE + i, task, MK_ALL_RIGHTS),
			0);
	job_make(&a, task);
	job_run(&a, drop_own_caps);
	CHECK(job_wait(&a));
	CHECK_EQUAL(a.error, 0);
	for (unsigned i = 0; i < MANY_CAPS; i++)
		CHECK_EQUAL(mk_cap_rights(task, PAGER_GATE + i), 0);
	job_drop(&a);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b90(void)
{
	uint64_t before, seen_steps = 0;

	(void)steps_beside();
	before = used();
	stop = 0;
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY + 1, 0, 0);
	job_run(&a, look_on);
	/* In one go there are two states, before and after.  A host that is
	 * busy delivers few interrupts, but not each time. */
	for (unsigned round = 0; round < 20 && seen_steps <= 3; round++)
		seen_steps = steps_beside();
	mk_print("# %lu steps seen\n", seen_steps);
	CHECK(seen_steps > 3);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a));
	job_drop(&a);
	/* The thread's UTCB and its tables stay, the nodes do not. */
	CHECK(used() - before < ROWS * ROW_PAGES * 64 / 4);
	CHECK_EQUAL(*(volatile uint64_t *)MK_HEAP, 1);
	b90_own_caps();
}

#define HALF_ORDER (MK_SUPERPAGE_ORDER - 1)

/* 256 pages below the one superpage. */
static int map_half(unsigned i)
{
	return mk_map(OWN_TASK, row(1) + ((uint64_t)i << HALF_ORDER),
		      mk_flexpage(MK_MEMORY, BASE, HALF_ORDER, MK_R));
}

static volatile uint64_t halves;

/* Maps again what is taken away, as long as it has anything to map. */
static void grow(struct job *j)
{
	(void)j;
	halves = 0;
	for (unsigned i = 0; map_half(i) == 0; i = (i + 1) % (2 * ROWS - 2))
		halves++;
}

static void b91(void)
{
	if (cpu_count < 2) {
		tap_skip("one CPU");
		return;
	}
	*(volatile uint64_t *)MK_HEAP = 1;
	for (unsigned round = 0; round < 3; round++) {
		CHECK_EQUAL(mk_map(OWN_TASK, BASE,
				   mk_flexpage(MK_MEMORY, MK_HEAP,
					       MK_SUPERPAGE_ORDER, MK_R)),
			    0);
		job_make_with(&a, OWN_TASK, MAIN_PRIORITY, 1, 0);
		job_run(&a, grow);
		while (halves < ROWS)
			mk_sleep_us(50);
		CHECK_EQUAL(fell(MK_ALL_RIGHTS), 0);
		CHECK(job_wait(&a));
		expect_bare(ROWS);
		job_drop(&a);
	}
}

/* ---- more than one request at once ---------------------------------------- */

static volatile uint64_t arrived;

static _Noreturn void arrive(uint64_t number)
{
	arrived = number;
	for (;;)
		;
}

static void go_nowhere(struct job *j)
{
	(void)j;
	arrive(0);
}

/* What one asks of a thread that runs over there is still to be done when the
 * next asks for something else. */
static void b92(void)
{
	const uint64_t unknown[] = {1u << 5, 1u << 7, 1ul << 32};

	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 1, partner_cpu, 0);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQUAL(mk_thread_registers(a.thread, 0, 0, unknown[i], 0),
			    -MK_EINVAL);
	if (cpu_count < 2) {
		job_drop(&a);
		return;
	}
	arrived = ~0ul;
	CHECK_EQUAL(
		mk_sched_run(MK_CAP_SCHED, a.thread, MAIN_PRIORITY - 1, 1, 0),
		0);
	job_run(&a, go_nowhere);
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t end = now_ns() + 5000000000;

		CHECK_EQUAL(mk_thread_registers(
				    a.thread, (uint64_t)arrive, 0,
				    MK_REGISTERS_IP | MK_REGISTERS_ARGUMENT, i),
			    0);
		CHECK_EQUAL(mk_thread_cancel(a.thread), 0);
		while (arrived != i && now_ns() < end)
			mk_sleep_us(50);
		CHECK_EQUAL(arrived, i);
		if (arrived != i)
			break;
	}
	job_drop(&a);
}

/* ---- a call in parts, disturbed -------------------------------------------- */

#define FEW_ROWS 6u
#define FELLINGS 12u

static volatile uint64_t fellings;

static void fell_on(struct job *j)
{
	j->error = 0;
	for (fellings = 0; fellings < FELLINGS && !j->error; fellings++) {
		plant(FEW_ROWS);
		j->error = (uint64_t)(int64_t)fell(MK_ALL_RIGHTS);
		expect_bare(FEW_ROWS);
	}
}

static void disturb(unsigned i)
{
	switch (i % 4) {
	case 0:
		CHECK_EQUAL(mk_thread_suspend(a.thread), 0);
		mk_sleep_us(20);
		CHECK_EQUAL(mk_thread_resume(a.thread), 0);
		break;
	case 1:
		CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread,
					 MAIN_PRIORITY - 1, i / 4 % cpu_count,
					 0),
			    0);
		break;
	case 2:
		CHECK_EQUAL(mk_thread_cancel(a.thread), 0);
		break;
	default:
		CHECK_EQUAL(mk_thread_suspend(a.thread), 0);
		CHECK_EQUAL(mk_thread_cancel(a.thread), 0);
		CHECK_EQUAL(mk_thread_resume(a.thread), 0);
	}
}

static uint64_t cleared;

static void clear_task(struct job *j)
{
	uint64_t page = mk_flexpage(MK_MEMORY, BASE, MK_SUPERPAGE_ORDER + 3,
				    MK_ALL_RIGHTS);

	j->error = (uint64_t)(int64_t)mk_unmap(cleared, page, MK_UNMAP_SELF);
}

/* The task dies while its pages are taken, or the thread that takes them. */
static void b93_deaths(unsigned round)
{
	cleared = second_task();
	for (unsigned i = 0; i < FEW_ROWS; i++)
		CHECK_EQUAL(mk_map(cleared, row(i),
				   mk_flexpage(MK_MEMORY, BASE,
					       MK_SUPERPAGE_ORDER, MK_R)),
			    0);
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 1, cpu_count - 1, 0);
	job_run(&a, clear_task);
	mk_sleep_us(20 * round);
	if (round % 2) {
		CHECK_EQUAL(mk_delete(OWN_TASK, a.thread), 0);
		clear_task(&a);
		CHECK_EQUAL(a.error, 0);
		CHECK_EQUAL(mk_delete(OWN_TASK, cleared), 0);
	} else {
		CHECK_EQUAL(mk_delete(OWN_TASK, cleared), 0);
		CHECK(job_wait(&a));
		CHECK(a.error == 0 || a.error == (uint64_t)-MK_ENOENT);
	}
	job_drop(&a);
}

static void b93(void)
{
	uint64_t end = now_ns() + 90000000000ul, before;

	plant(FEW_ROWS);
	CHECK_EQUAL(fell(MK_ALL_RIGHTS), 0);
	before = used();
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 1, cpu_count - 1, 0);
	job_run(&a, fell_on);
	for (unsigned i = 0;
	     !__atomic_load_n(&a.done, __ATOMIC_ACQUIRE) && now_ns() < end;
	     i++) {
		disturb(i);
		mk_sleep_us(30 * (i % 7));
	}
	CHECK(job_wait(&a));
	CHECK_EQUAL(a.error, 0);
	CHECK_EQUAL(fellings, FELLINGS);
	job_drop(&a);
	plant(1);
	for (unsigned round = 0; round < 16; round++)
		b93_deaths(round);
	CHECK_EQUAL(fell(MK_ALL_RIGHTS), 0);
	/* UTCBs stay, a page and what it costs each. */
	CHECK(used() - before < 17 * 3 * MK_PAGE_BYTES);
}

static const struct behaviour list[] = {
	{"80", "a bitmap of ports without a port allows none", b80},
	{"81", "ports that come back to where they are from", b81},
	{"82", "flags of a user stay out of the kernel", b82},
	{"83", "no segments but the kernel's own", b83},
	{"84", "the thread pointer is everyone's own", b84},
	{"85", "nothing of the kernel can be seen", b85},
	{"86", "a time that is too late is never", b86},
	{"87", "a chain of derivations has an end", b87},
	{"88", "new memory is empty", b88},
	{"89", "a thread is in one place", b89},
	{"90", "a better thread runs while much is taken back", b90},
	{"91", "who maps again does not keep it from ending", b91},
	{"92", "two requests to a running thread are both done", b92},
	{"93", "a call in parts, disturbed, is whole in the end", b93},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
