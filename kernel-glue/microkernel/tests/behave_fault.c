/* SPDX-License-Identifier: MIT */
/* behave_fault.c - behaviours 54 to 58: page faults, exceptions, registers. */
#include "tap.h"

#define PLACE 0x70000000ul
#define PAGER_GATE 20u
#define REGISTER_WORDS 22u
#define WORD_RAX 10u
#define WORD_VECTOR 15u
#define WORD_RIP 17u
#define WORD_CS 18u
#define WORD_RFLAGS 19u

static struct job a, pager;
static uint64_t seen;

static void make_faulting(uint64_t gate)
{
	job_make(&pager, OWN_TASK);
	if (gate)
		CHECK_EQUAL(
			mk_map_cap(OWN_TASK, gate, pager.gate, MK_ALL_RIGHTS),
			0);
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY, partner_cpu, gate);
	job_go(&pager, 0, MK_WAIT, MK_FOREVER);
}

static void drop_faulting(uint64_t gate)
{
	job_drop(&a);
	if (gate)
		(void)mk_drop_cap(OWN_TASK, gate);
	job_drop(&pager);
}

static void read_place(struct job *j)
{
	(void)j;
	seen = *(volatile uint64_t *)(PLACE + 8);
}

/* Reads, and tells what is in word 0's register afterwards. */
static void read_with_word(struct job *j)
{
	uint64_t place = PLACE + 8, word;

	__asm__ volatile("mov $0x777,%%r8d\n\t"
			 "mov (%1),%%rax\n\t"
			 "mov %%r8,%0"
			 : "=r"(word)
			 : "r"(place)
			 : "rax", "r8", "memory");
	j->error = word;
}

/* An answer without the page, because it is there by now; and with a word,
 * which is not for the thread. */
static void answer_with_word(void)
{
	make_faulting(PAGER_GATE);
	job_run(&a, read_with_word);
	CHECK(job_wait(&pager) && pager.ok);
	CHECK_EQUAL(
		mk_map(OWN_TASK, PLACE,
		       mk_flexpage(MK_MEMORY, MK_HEAP, MK_PAGE_ORDER, MK_R)),
		0);
	pager.m.tag = mk_tag(0, 1, 0, 0);
	pager.m.word[0] = 0x888;
	job_go(&pager, 0, MK_REPLY_WAIT, MK_FOREVER);
	CHECK(job_wait(&a));
	CHECK_EQUAL(a.error, 0x777);
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, PLACE, MK_PAGE_ORDER,
					 MK_ALL_RIGHTS),
			     MK_UNMAP_SELF),
		    0);
	drop_faulting(PAGER_GATE);
}

static void b54(void)
{
	*(volatile uint64_t *)(MK_HEAP + 8) = 246;
	make_faulting(PAGER_GATE);
	job_run(&a, read_place);
	CHECK(job_wait(&pager) && pager.ok);
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_FAULT);
	CHECK_EQUAL(mk_tag_words(pager.m.tag), 3);
	CHECK_EQUAL(pager.mr[0], PLACE + 8);
	CHECK_EQUAL(pager.mr[2], 4); /* user, read, not present */
	CHECK_EQUAL(pager.m.label, JOB_LABEL);
	CHECK(!a.done);
	pager.m.tag = mk_tag(0, 0, 1, 0);
	pager.m.word[0] = PLACE;
	pager.m.word[1] = mk_flexpage(MK_MEMORY, MK_HEAP, MK_PAGE_ORDER, MK_R);
	job_go(&pager, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 246);
	CHECK_EQUAL(mk_unmap(OWN_TASK,
			     mk_flexpage(MK_MEMORY, PLACE, MK_PAGE_ORDER,
					 MK_ALL_RIGHTS),
			     MK_UNMAP_SELF),
		    0);
	drop_faulting(PAGER_GATE);
	answer_with_word();
}

static void b55(void)
{
	make_faulting(0);
	job_run(&a, read_place);
	CHECK(job_reaches(&a, MK_STATE_STOPPED));
	CHECK(!a.done);
	drop_faulting(0);
	/* A pager that dies while it is asked. */
	make_faulting(PAGER_GATE);
	job_run(&a, read_place);
	CHECK(job_wait(&pager));
	CHECK_EQUAL(mk_delete(OWN_TASK, pager.thread), 0);
	CHECK(job_reaches(&a, MK_STATE_STOPPED));
	drop_faulting(PAGER_GATE);
}

extern char undefined_there[], undefined_after[];

static void undefined(struct job *j)
{
	(void)j;
	__asm__ volatile(".globl undefined_there, undefined_after\n"
			 "undefined_there:\n\tud2\n"
			 "undefined_after:\n\tmov %%rax,%0"
			 : "=m"(seen)
			 :
			 : "rax");
}

static void breakpoint(struct job *j)
{
	(void)j;
	__asm__ volatile("int3");
}

static void divide(struct job *j)
{
	(void)j;
	__asm__ volatile("xor %%ecx,%%ecx\n\tdivl %%ecx" ::
				 : "rax", "rcx", "rdx");
}

static void unknown_interrupt(struct job *j)
{
	(void)j;
	__asm__ volatile("int $0x80");
}

static void expect_exception(void (*body)(struct job *), uint64_t vector)
{
	make_faulting(PAGER_GATE);
	job_run(&a, body);
	CHECK(job_wait(&pager) && pager.ok);
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	CHECK_EQUAL(pager.mr[WORD_VECTOR], vector);
	drop_faulting(PAGER_GATE);
}

static void unknown_call(struct job *j)
{
	j->ok = mk_ipc(0, 0, 0, &j->m);
	j->error = mk_error();
}

static void b56(void)
{
	make_faulting(PAGER_GATE);
	job_run(&a, undefined);
	CHECK(job_wait(&pager) && pager.ok);
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_EXCEPTION);
	CHECK_EQUAL(pager.mr[WORD_VECTOR], 6);
	CHECK_EQUAL(pager.mr[WORD_RIP], (uint64_t)undefined_there);
	CHECK(!a.done);
	/* The handler may send it somewhere else, with other registers. */
	pager.m.tag = mk_tag(0, REGISTER_WORDS, 0, 0);
	for (unsigned i = 0; i < MK_WORDS_IN_REGISTERS; i++)
		pager.m.word[i] = pager.mr[i];
	pager.mr[WORD_RIP] = (uint64_t)undefined_after;
	pager.mr[WORD_RAX] = 1357;
	job_go(&pager, 0, MK_SEND | MK_REPLY, 0);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 1357);
	drop_faulting(PAGER_GATE);
	expect_exception(breakpoint, 3);
	expect_exception(divide, 0);
	expect_exception(unknown_interrupt, 13);
	job_make(&a, OWN_TASK);
	job_run(&a, unknown_call);
	CHECK(job_wait(&a) && !a.ok);
	CHECK_EQUAL(a.error, MK_IPC_BAD | MK_IPC_SEND);
	job_drop(&a);
}

/* A segment of 32 bits: from there a system call would come in elsewhere. */
static void far_jump(struct job *j)
{
	(void)j;
	__asm__ volatile(".pushsection .rodata\n"
			 "2:\t.long 1f, 0x1b\n\t"
			 ".popsection\n\t"
			 "ljmpl *2b(%%rip)\n"
			 "1:\tsyscall" ::
				 : "rax", "rcx", "r11", "memory");
}

static void b57(void)
{
	static const uint64_t wrong[] = {0x800000000000ul, ~0ul,
					 0xffffffff80100000ul, 1ul << 63,
					 0x7ffffffff000ul};

	job_make(&a, OWN_TASK);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_EQUAL(mk_thread_registers(
				    a.thread, wrong[i], 0,
				    MK_REGISTERS_IP | MK_REGISTERS_START, 0),
			    -MK_EINVAL);
	job_drop(&a);
	/* In the answer to an exception: no flags of the kernel ... */
	make_faulting(PAGER_GATE);
	job_run(&a, undefined);
	CHECK(job_wait(&pager) && pager.ok);
	pager.m.tag = mk_tag(0, REGISTER_WORDS, 0, 0);
	for (unsigned i = 0; i < MK_WORDS_IN_REGISTERS; i++)
		pager.m.word[i] = pager.mr[i];
	pager.mr[WORD_RFLAGS] = 0x3000; /* I/O level 3, interrupts off */
	job_go(&pager, 0, MK_REPLY_WAIT, MK_FOREVER);
	CHECK(job_wait(&pager) && pager.ok);
	CHECK_EQUAL(pager.mr[WORD_VECTOR], 6);
	CHECK_EQUAL(pager.mr[WORD_RFLAGS] & 0x3200, 0x200);
	/* ... and no place in it: corrected, so it faults at 0. */
	pager.m.tag = mk_tag(0, REGISTER_WORDS, 0, 0);
	for (unsigned i = 0; i < MK_WORDS_IN_REGISTERS; i++)
		pager.m.word[i] = pager.mr[i];
	pager.mr[WORD_RIP] = 0xffffffff80100000ul;
	pager.mr[WORD_CS] = 8;
	pager.mr[WORD_CS + 3] = 16;
	job_go(&pager, 0, MK_REPLY_WAIT, MK_FOREVER);
	CHECK(job_wait(&pager) && pager.ok);
	CHECK_EQUAL(mk_tag_proto(pager.m.tag), MK_PROTO_FAULT);
	CHECK_EQUAL(pager.mr[1], 0);
	CHECK_EQUAL(pager.mr[2] & 4, 4); /* as a user */
	drop_faulting(PAGER_GATE);
	expect_exception(far_jump, 13);
}

static uint32_t stop;
static uint32_t mixed;

static void use_fpu(uint64_t own)
{
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		uint64_t back;

		__asm__ volatile("movq %1,%%xmm7\n\t"
				 "mov $2000,%%ecx\n"
				 "1:\tdec %%ecx\n\t"
				 "jnz 1b\n\t"
				 "movq %%xmm7,%0"
				 : "=r"(back)
				 : "r"(own)
				 : "rcx", "xmm7");
		if (back != own)
			__atomic_store_n(&mixed, 1, __ATOMIC_RELEASE);
	}
}

static void fpu_one(struct job *j)
{
	(void)j;
	use_fpu(0x1111111111111111);
}

static void fpu_two(struct job *j)
{
	(void)j;
	use_fpu(0x2222222222222222);
}

static void fpu_first_look(struct job *j)
{
	uint64_t value;

	(void)j;
	__asm__ volatile("movq %%xmm7,%0" : "=r"(value));
	seen = value;
}

static void b58(void)
{
	stop = 0;
	mixed = 0;
	/* Short slices, one CPU: they are preempted inside the loop. */
	job_make_with(&a, OWN_TASK, MAIN_PRIORITY - 10, partner_cpu, 0);
	job_make_with(&pager, OWN_TASK, MAIN_PRIORITY - 10, partner_cpu, 0);
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread, MAIN_PRIORITY - 10,
				 partner_cpu, 500),
		    0);
	CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, pager.thread, MAIN_PRIORITY - 10,
				 partner_cpu, 500),
		    0);
	job_run(&a, fpu_one);
	job_run(&pager, fpu_two);
	for (unsigned i = 0; i < 40; i++) {
		sleep_ms(1);
		CHECK_EQUAL(mk_sched_run(MK_CAP_SCHED, a.thread,
					 MAIN_PRIORITY - 10, i % cpu_count, 0),
			    0);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(job_wait(&a) && job_wait(&pager));
	CHECK(!mixed);
	job_drop(&a);
	job_drop(&pager);
	/* A new thread begins with nothing of theirs. */
	job_make(&a, OWN_TASK);
	seen = 1;
	job_run(&a, fpu_first_look);
	CHECK(job_wait(&a));
	CHECK_EQUAL(seen, 0);
	job_drop(&a);
}

static const struct behaviour list[] = {
	{"54", "the pager is asked, and the instruction done again", b54},
	{"55", "no pager: the thread stops, nothing else", b55},
	{"56", "exceptions go to the handler, who may change it all", b56},
	{"57", "no registers lead into the kernel", b57},
	{"58", "FPU registers are everyone's own", b58},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
