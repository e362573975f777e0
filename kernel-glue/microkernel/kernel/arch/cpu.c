/* SPDX-License-Identifier: MIT */
/*
 * cpu.c - descriptor tables and control registers of one CPU, and what has to
 * be loaded when another thread gets it.
 */
#include <karch.h>
#include <kswitch.h>
#include <ktask.h>
#include <mk/segment.h>
#include <paging.h>

#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_SFMASK 0xc0000084u
#define MSR_GS_BASE 0xc0000101u

#define CR4_UMIP (1ul << 11)
#define CR4_SMEP (1ul << 20)
#define CR4_SMAP (1ul << 21)

#define FATAL_STACK_BYTES 4096

/* The I/O map of a task is copied behind its CPU's task state segment, because
 * the CPU looks for it nowhere else. */
struct tss {
	uint32_t reserved0;
	half_aligned_word rsp0;
	uint32_t unused[4];
	uint32_t reserved1[2];
	uint32_t ist[7][2];
	uint32_t reserved2[2];
	uint16_t reserved3;
	uint16_t io_offset;
	uint8_t io_map[IO_MAP_BYTES];
	uint8_t io_end;
};

_Static_assert(offsetof(struct tss, rsp0) == 4, "as the CPU has it");
_Static_assert(offsetof(struct tss, io_map) == IO_MAP, "kswitch.h");

struct gate_descriptor {
	uint16_t offset0;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset1;
	uint32_t offset2;
	uint32_t reserved;
};

struct table_pointer {
	uint16_t padding[3];
	uint16_t limit;
	uint64_t base;
};

struct cpu_tables {
	uint64_t gdt[8];
	struct tss tss;
	_Alignas(16) uint8_t fatal_stack[FATAL_STACK_BYTES];
};

extern char syscall_entry[], trap_stubs[], trap_fatal_entry[];

static struct cpu_tables tables[CPUS_MAX];
static struct gate_descriptor idt[256];

static void load_gdt(struct cpu_tables *t)
{
	uint64_t tss = (uint64_t)&t->tss;
	struct table_pointer pointer = {
		.limit = sizeof(t->gdt) - 1,
		.base = (uint64_t)t->gdt,
	};

	/* The order is what syscall and sysret want of their selectors. */
	t->gdt[1] = 0x00af9b000000ffff; /* kernel code */
	t->gdt[2] = 0x00cf93000000ffff; /* kernel data */
	/* sysret counts on a place for user code of 32 bits.  There is none: a
	 * system call from there would enter the kernel elsewhere.  What is
	 * there, data that can only be read, is as long as the CPU's number:
	 * users ask for that (mklib/cpu.h). */
	t->gdt[MK_SEGMENT_CPU / 8] =
		0x0000f10000000000 | (uint64_t)(t - tables);
	t->gdt[4] = 0x00cff3000000ffff; /* user data */
	t->gdt[5] = 0x00affb000000ffff; /* user code */
	t->gdt[6] = (offsetof(struct tss, io_end)) | (tss & 0xffffff) << 16 |
		    0x89ul << 40 | (tss >> 24 & 0xff) << 56;
	t->gdt[7] = tss >> 32;
	__asm__ volatile("lgdt %0\n\t"
			 "push %1\n\t"
			 "lea 1f(%%rip),%%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:\tmov %2,%%ss\n\t"
			 "ltr %w3\n\t"
			 "lldt %w4"
			 :
			 : "m"(pointer.limit), "i"(SEL_KCODE), "r"(SEL_KDATA),
			   "r"(SEL_TSS), "r"(0)
			 : "rax", "memory");
}

static void set_gate(unsigned vector, uint64_t address, uint8_t ist)
{
	idt[vector] = (struct gate_descriptor){
		.offset0 = (uint16_t)address,
		.selector = SEL_KCODE,
		.ist = ist,
		.type = vector == 3 ? 0xee : 0x8e, /* int3 is for users */
		.offset1 = (uint16_t)(address >> 16),
		.offset2 = (uint32_t)(address >> 32),
	};
}

static void load_idt(void)
{
	struct table_pointer pointer = {
		.limit = sizeof(idt) - 1,
		.base = (uint64_t)idt,
	};

	for (unsigned i = 0; i < 256; i++)
		set_gate(i, (uint64_t)trap_stubs + i * 16, 0);
	set_gate(2, (uint64_t)trap_fatal_entry, 1);
	set_gate(8, (uint64_t)trap_fatal_entry, 1);
	set_gate(18, (uint64_t)trap_fatal_entry, 1);
	__asm__ volatile("lidt %0" ::"m"(pointer.limit));
}

static uint32_t cpuid_7_ebx(uint32_t *out_ecx)
{
	uint32_t a = 7, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	*out_ecx = c;
	return b;
}

void cpu_check_features(void)
{
	uint32_t ecx, ebx = cpuid_7_ebx(&ecx);

	/* Without these a wrong pointer in the kernel could use what a user
	 * prepared; there is no reason to run on a CPU older than ten years. */
	if (!(ebx & 1u << 7) || !(ebx & 1u << 20))
		panic("the CPU has no SMEP or no SMAP", ebx);
}

static void load_control_registers(void)
{
	uint64_t cr4;
	uint32_t ecx;

	(void)cpuid_7_ebx(&ecx);
	__asm__ volatile("mov %%cr4,%0" : "=r"(cr4));
	cr4 |= CR4_SMEP | CR4_SMAP;
	if (ecx & 1u << 2)
		cr4 |= CR4_UMIP;
	__asm__ volatile("mov %0,%%cr4" ::"r"(cr4));
	write_msr(MSR_STAR, (uint64_t)(SEL_KDATA + 8 + 3) << 48 |
				    (uint64_t)SEL_KCODE << 32);
	write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
	/* What a user may have set and the kernel must not run with: trap,
	 * interrupt, direction, I/O level, nested task, alignment check. */
	write_msr(MSR_SFMASK, 0x47700);
	__asm__ volatile("fninit");
}

void cpu_init(struct cpu *c)
{
	struct cpu_tables *t = &tables[c->id];
	uint64_t fatal = (uint64_t)t->fatal_stack + FATAL_STACK_BYTES;

	load_gdt(t);
	t->tss.ist[0][0] = (uint32_t)fatal;
	t->tss.ist[0][1] = (uint32_t)(fatal >> 32);
	t->tss.io_offset = IO_NONE;
	t->tss.io_end = 0xff;
	c->rsp0 = &t->tss.rsp0;
	c->io_offset = &t->tss.io_offset;
	c->io_map = t->tss.io_map;
	load_idt();
	c->self = c;
	write_msr(MSR_GS_BASE, (uint64_t)c);
	write_msr(MSR_KERNEL_GS_BASE, 0);
	load_control_registers();
}

void fpu_init(uint8_t *area)
{
	/* As after fninit: all exceptions masked. */
	area[0] = 0x7f;
	area[1] = 0x03;
	area[24] = 0x80;
	area[25] = 0x1f;
}

void cpu_load_io(struct cpu *c, struct task *t)
{
	load_io(c, t);
}
