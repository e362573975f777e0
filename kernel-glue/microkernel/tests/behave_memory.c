/* SPDX-License-Identifier: MIT */
/* behave_memory.c - behaviours 44 to 53: flexpages. */
#include "tap.h"

#define SUPER_OWN MK_HEAP			 /* superpage 0 of our heap */
#define SMALL_OWN (MK_HEAP + MK_SUPERPAGE_BYTES) /* in superpage 1 */
#define ALIAS 0x60000000ul
#define THERE 0x70000000ul
#define PAGER_GATE 20u

static struct job a, b, pager;

static volatile uint64_t *at(uint64_t address)
{
	return (volatile uint64_t *)address;
}

static uint64_t small(uint64_t address, unsigned rights)
{
	return mk_flexpage(MK_MEMORY, address, MK_PAGE_ORDER, rights);
}

static uint64_t super(uint64_t address, unsigned rights)
{
	return mk_flexpage(MK_MEMORY, address, MK_SUPERPAGE_ORDER, rights);
}

static void touch(void)
{
	*at(SUPER_OWN) = 1;
	*at(SMALL_OWN) = 2;
}

static uint64_t seen;
static uint64_t where;

static void read_there(struct job *j)
{
	(void)j;
	seen = *at(where);
}

static void write_there(struct job *j)
{
	(void)j;
	*at(where) = 4321;
}

static void jump_there(struct job *j)
{
	(void)j;
	((void (*)(void))where)();
}

/* The next fault that the job's pager gets; false: none came. */
static bool fault_of(struct job *j, void (*body)(struct job *), uint64_t place)
{
	where = place;
	job_go(&pager, 0, MK_WAIT, mk_timeouts(0, 300000));
	job_run(j, body);
	return job_wait(&pager) && pager.ok;
}

/* A job in @task whose faults go to `pager`. */
static void make_faulting(struct job *j, uint64_t task)
{
	job_make(&pager, OWN_TASK);
	CHECK_EQUAL(mk_map_cap(task, PAGER_GATE, pager.gate, MK_ALL_RIGHTS), 0);
	job_make_with(j, task, MAIN_PRIORITY, partner_cpu, PAGER_GATE);
}

static void drop_faulting(struct job *j, uint64_t task)
{
	job_drop(j);
	job_drop(&pager);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b44(void)
{
	uint64_t task = second_task();

	touch();
	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(task, THERE, super(SUPER_OWN, MK_R | MK_W)), 0);
	CHECK_EQUAL(mk_map(task, ALIAS, small(SMALL_OWN, MK_R)), 0);
	*at(SUPER_OWN + 0x1ff000) = 1234;
	where = THERE + 0x1ff000;
	job_run(&a, read_there);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 1234);
	job_run(&a, write_there);
	CHECK(job_wait(&a));
	CHECK_EQUAL(*at(SUPER_OWN + 0x1ff000), 4321);
	where = ALIAS;
	*at(SMALL_OWN) = 777;
	job_run(&a, read_there);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 777);
	/* A 4 KiB piece of the superpage, too. */
	CHECK_EQUAL(
		mk_map(task, ALIAS + 0x1000, small(SUPER_OWN + 0x5000, MK_R)),
		0);
	*at(SUPER_OWN + 0x5000) = 55;
	where = ALIAS + 0x1000;
	job_run(&a, read_there);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 55);
	CHECK(fault_of(&a, write_there, ALIAS)); /* read-only */
	drop_faulting(&a, task);
	/* Never more rights than the sender has. */
	CHECK_EQUAL(mk_map(OWN_TASK, ALIAS, small(SMALL_OWN, MK_R)), 0);
	task = second_task();
	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(task, THERE, small(ALIAS, MK_R | MK_W | MK_X)), 0);
	CHECK(fault_of(&a, write_there, THERE));
	drop_faulting(&a, task);
	CHECK_EQUAL(
		mk_unmap(OWN_TASK, small(ALIAS, MK_ALL_RIGHTS), MK_UNMAP_SELF),
		0);
}

static void b45(void)
{
	uint64_t task = second_task();

	touch();
	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(task, THERE, small(SMALL_OWN, MK_R)), 0);
	CHECK(fault_of(&a, write_there, THERE + 0x120));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_FAULT);
	CHECK_EQUAL(pager.mr[0], THERE + 0x120);
	CHECK(pager.mr[1] >= (uint64_t)mk_image_start &&
	      pager.mr[1] < (uint64_t)mk_image_rodata);
	CHECK_EQUAL(pager.mr[2] & 7, 7); /* present, write, user */
	drop_faulting(&a, task);
}

static void b46(void)
{
	uint64_t task = second_task();

	touch();
	*(volatile uint8_t *)SMALL_OWN = 0xc3; /* ret */
	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(task, THERE, small(SMALL_OWN, MK_R | MK_W)), 0);
	CHECK(fault_of(&a, jump_there, THERE));
	CHECK_EQUAL(pager.mr[0], THERE);
	CHECK_EQUAL(pager.mr[1], THERE);
	CHECK_EQUAL(pager.mr[2] & 0x17, 0x15); /* present, user, fetch */
	/* With the right it runs. */
	CHECK_EQUAL(mk_map(task, THERE, small(SMALL_OWN, MK_R | MK_X)), 0);
	job_run(&pager, NULL);
	job_go(&pager, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a));
	drop_faulting(&a, task);
}

static uint32_t stop_reading;
static uint32_t changed_back;

/* Read a page all the time; see when it changes. */
static void watch(struct job *j)
{
	(void)j;
	while (!__atomic_load_n(&stop_reading, __ATOMIC_ACQUIRE))
		__atomic_store_n(&seen, *at(ALIAS), __ATOMIC_RELEASE);
}

static void b47(void)
{
	touch();
	*at(SMALL_OWN) = 100;
	*at(SMALL_OWN + 0x1000) = 200;
	CHECK_EQUAL(mk_map(OWN_TASK, ALIAS, small(SMALL_OWN, MK_R)), 0);
	CHECK_EQUAL(*at(ALIAS), 100);
	stop_reading = 0;
	changed_back = 0;
	job_make(&a, OWN_TASK);
	job_run(&a, watch);
	for (unsigned i = 0; i < 50; i++) {
		uint64_t page = SMALL_OWN + (i & 1 ? 0 : 0x1000);
		uint64_t end = now_ns() + 500000000;

		CHECK_EQUAL(mk_map(OWN_TASK, ALIAS, small(page, MK_R)), 0);
		CHECK_EQUAL(*at(ALIAS), *at(page));
		while (__atomic_load_n(&seen, __ATOMIC_ACQUIRE) != *at(page) &&
		       now_ns() < end)
			mk_sleep_us(20);
		CHECK_EQUAL(seen, *at(page));
	}
	__atomic_store_n(&stop_reading, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a));
	job_drop(&a);
	CHECK_EQUAL(
		mk_unmap(OWN_TASK, small(ALIAS, MK_ALL_RIGHTS), MK_UNMAP_SELF),
		0);
}

/* b sends the item to a. */
static void send_item(uint64_t hot_spot, uint64_t page, uint64_t window)
{
	a.windows[0] = window;
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	b.m.tag = mk_tag(1, 0, 1, 0);
	b.m.word[0] = hot_spot;
	b.m.word[1] = page;
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_wait(&b) && b.ok && job_wait(&a) && a.ok);
}

static void b48(void)
{
	uint64_t task = second_task();

	touch();
	job_make(&b, OWN_TASK);
	make_faulting(&a, task);
	*at(SUPER_OWN + 0x3000) = 33;
	/* The hot spot says which part of the superpage it is. */
	send_item(0x3000, super(SUPER_OWN, MK_R), small(THERE, MK_ALL_RIGHTS));
	CHECK_EQUAL(a.mr[0], MK_ITEM_MAPPED);
	CHECK_EQUAL(mk_flexpage_order(a.mr[1]), MK_PAGE_ORDER);
	where = THERE;
	job_run(&a, read_there);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 33);
	CHECK(fault_of(&a, read_there, THERE + 0x1000));
	job_drop(&b);
	drop_faulting(&a, task);
}

static uint64_t mapped_in(uint64_t task, struct job *j, uint64_t place)
{
	(void)task;
	where = place;
	seen = 0;
	job_run(j, read_there);
	if (job_wait(j))
		return seen;
	/* It waits for its pager: let it go there. */
	return 0;
}

static void b49(void)
{
	uint64_t task = second_task(), other = second_task();
	uint64_t own = slot_new();

	touch();
	*at(SMALL_OWN) = 88;
	CHECK_EQUAL(mk_map(OWN_TASK, ALIAS, small(SMALL_OWN, MK_R)), 0);
	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(task, THERE, small(ALIAS, MK_R)), 0);
	/* From there on: the job itself maps it to the other task. */
	CHECK_EQUAL(mk_map_cap(task, own, other, MK_ALL_RIGHTS), 0);
	a.m.tag = mk_tag(MK_PROTO_TASK, 3, 0, 0);
	a.m.word[0] = MK_TASK_MAP;
	a.m.word[1] = THERE;
	a.m.word[2] = small(THERE, MK_R);
	job_go(&a, own, MK_CALL, MK_FOREVER);
	CHECK(job_wait(&a) && a.ok);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 0);
	CHECK_EQUAL(mk_map_cap(other, PAGER_GATE, pager.gate, MK_ALL_RIGHTS),
		    0);
	job_make_with(&b, other, MAIN_PRIORITY, partner_cpu, PAGER_GATE);
	CHECK_EQUAL(mapped_in(other, &b, THERE), 88);
	CHECK_EQUAL(mk_unmap(OWN_TASK, small(SMALL_OWN, MK_ALL_RIGHTS),
			     MK_UNMAP_OTHERS),
		    -MK_EINVAL); /* a part of a superpage: not alone */
	CHECK_EQUAL(mk_unmap(OWN_TASK, small(ALIAS, MK_ALL_RIGHTS),
			     MK_UNMAP_OTHERS),
		    0);
	CHECK_EQUAL(*at(ALIAS), 88);
	CHECK(fault_of(&b, read_there, THERE));
	job_drop(&b);
	CHECK(fault_of(&a, read_there, THERE));
	drop_faulting(&a, task);
	CHECK_EQUAL(mk_delete(OWN_TASK, other), 0);
	CHECK_EQUAL(
		mk_unmap(OWN_TASK, small(ALIAS, MK_ALL_RIGHTS), MK_UNMAP_SELF),
		0);
}

static void b50(void)
{
	uint64_t task = second_task();

	touch();
	*at(SMALL_OWN) = 99;
	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(OWN_TASK, ALIAS, small(SMALL_OWN, MK_R)), 0);
	CHECK_EQUAL(mk_map(OWN_TASK, ALIAS + 0x1000, small(ALIAS, MK_R)), 0);
	CHECK_EQUAL(mk_map(task, THERE | MK_ITEM_GRANT,
			   small(ALIAS + 0x1000, MK_R)),
		    0);
	/* Gone here: mapping it on finds nothing. */
	CHECK_EQUAL(mk_map(task, THERE + 0x1000, small(ALIAS + 0x1000, MK_R)),
		    -MK_ENOENT);
	CHECK_EQUAL(mapped_in(task, &a, THERE), 99);
	/* It hangs below ALIAS still. */
	CHECK_EQUAL(
		mk_unmap(OWN_TASK, small(ALIAS, MK_ALL_RIGHTS), MK_UNMAP_SELF),
		0);
	CHECK(fault_of(&a, read_there, THERE));
	drop_faulting(&a, task);
}

#define RTC_INDEX 0x70

static void read_port(struct job *j)
{
	uint8_t value;

	(void)j;
	__asm__ volatile("outb %b1,%w2\n\t"
			 "inb $0x71,%b0"
			 : "=a"(value)
			 : "0"((uint8_t)10), "d"(RTC_INDEX));
	seen = value;
}

static void b51(void)
{
	uint64_t task = second_task();
	uint64_t ports = mk_flexpage(MK_IO, RTC_INDEX, 1, MK_ALL_RIGHTS);

	make_faulting(&a, task);
	CHECK_EQUAL(mk_map(task, RTC_INDEX << 12, ports), 0);
	seen = 0xffff;
	job_run(&a, read_port);
	CHECK(job_wait(&a));
	CHECK(seen != 0xffff);
	CHECK_EQUAL(mk_unmap(task, ports, MK_UNMAP_SELF), 0);
	CHECK(fault_of(&a, read_port, 0));
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	CHECK_EQUAL(pager.mr[15], 13);
	drop_faulting(&a, task);
	/* In a message as well; taking ours back takes theirs. */
	task = second_task();
	make_faulting(&a, task);
	job_make(&b, OWN_TASK);
	send_item(0, ports, mk_flexpage(MK_IO, 0, 16, MK_ALL_RIGHTS));
	CHECK(mk_tag_flags(a.m.tag) == 0 || a.mr[0] == MK_ITEM_MAPPED);
	job_drop(&b);
	drop_faulting(&a, task);
}

static void b52(void)
{
	static const uint64_t wrong[] = {0x800000000000ul, 0xffff800000000000ul,
					 0xffffffff80000000ul,
					 0x7fffffffff000ul};
	uint64_t task = second_task();

	touch();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(mk_map(task, wrong[i], small(SMALL_OWN, MK_R)) < 0);
	/* The last page of the lower half, which is nobody's. */
	CHECK(mk_map(task, 0x7ffffffff000ul, small(SMALL_OWN, MK_R)) < 0);
	CHECK(mk_map(task, THERE + 0x1000, super(SUPER_OWN, MK_R)) < 0);
	CHECK(mk_map(task, THERE, mk_flexpage(MK_MEMORY, SUPER_OWN, 11, MK_R)) <
	      0);
	CHECK(mk_map(task, THERE, mk_flexpage(MK_MEMORY, 0, 63, MK_R)) < 0);
	/* Beyond the window: only what is inside arrives (48), so nothing. */
	job_make(&a, task);
	job_make(&b, OWN_TASK);
	a.windows[0] = small(0xffffffff80000000ul, MK_ALL_RIGHTS);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	b.m.tag = mk_tag(1, 0, 1, 0);
	b.m.word[1] = small(SMALL_OWN, MK_R);
	job_go(&b, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&b));
	CHECK(mk_tag_flags(a.m.tag) & MK_TAG_DROPPED);
	job_drop(&a);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b53(void)
{
	uint64_t task = second_task(), thread = slot_new();

	touch();
	CHECK_EQUAL(mk_create_thread(MK_CAP_FACTORY, thread), 0);
	CHECK_EQUAL(mk_map(task, THERE, small(SMALL_OWN, MK_R | MK_W)), 0);
	CHECK_EQUAL(mk_ku_memory(task, ALIAS, MK_PAGE_ORDER), 0);
	CHECK_EQUAL(mk_thread_control(thread, task, THERE, 0, 0), -MK_EINVAL);
	CHECK_EQUAL(mk_thread_control(thread, task, ALIAS + 512, 0, 0),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_thread_control(thread, task, ALIAS + 0x1000, 0, 0),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_thread_control(thread, task, 0xffff800000000000ul, 0, 0),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_thread_control(thread, task, ALIAS + 3072, 0, 0), 0);
	/* Kernel-user memory is nobody's to give away, and stays. */
	CHECK_EQUAL(mk_ku_memory(task, ALIAS, MK_PAGE_ORDER), -MK_EEXIST);
	CHECK(mk_map(task, ALIAS, small(SMALL_OWN, MK_R)) < 0);
	CHECK(mk_ku_memory(task, 0xffff800000000000ul, MK_PAGE_ORDER) < 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, thread), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static const struct behaviour list[] = {
	{"44", "pages of both sizes, never with more rights", b44},
	{"45", "a write to a read-only page", b45},
	{"46", "a jump into a page that is not to be executed", b46},
	{"47", "a page that is replaced is forgotten by all CPUs", b47},
	{"48", "a window smaller than the page", b48},
	{"49", "what the grandparent takes, the grandchild loses", b49},
	{"50", "a granted page is gone here and keeps its place", b50},
	{"51", "I/O ports", b51},
	{"52", "no mapping into the kernel, or beyond a window", b52},
	{"53", "a UTCB lies in kernel-user memory only", b53},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
