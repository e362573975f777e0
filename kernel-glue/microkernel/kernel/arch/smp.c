/* SPDX-License-Identifier: MIT */
/*
 * smp.c - start the other CPUs, one after the other, each with its own stack.
 */
#include <karch.h>
#include <ksched.h>
#include <paging.h>

#define TRAMPOLINE 0x8000u

extern char trampoline[], trampoline_end[], boot_pml4[];

/* Read by boot.S on the CPU that starts. */
uint64_t smp_stack, smp_cr3;
struct cpu *smp_cpu;

_Noreturn void smp_other_main(struct cpu *c);

_Noreturn void smp_other_main(struct cpu *c)
{
	cpu_init(c);
	self_check_cpu();
	apic_init_cpu();
	__atomic_store_n(&c->online, 1, __ATOMIC_RELEASE);
	kernel_lock();
	sched_start();
}

static void start_one(struct cpu *c)
{
	smp_cpu = c;
	smp_stack = c->stack;
	smp_cr3 = paging_kernel_cr3();
	apic_start_cpu(c->apic_id, TRAMPOLINE >> 12);
	for (int i = 0; i < 20000; i++) {
		if (__atomic_load_n(&c->online, __ATOMIC_ACQUIRE))
			return;
		delay_us(50);
		cpu_relax();
	}
	panic("a CPU does not start", c->id);
}

void smp_start(void)
{
	memcpy(direct(TRAMPOLINE), trampoline,
	       (size_t)(trampoline_end - trampoline));
	for (uint32_t i = 1; i < cpu_count; i++)
		start_one(&cpus[i]);
	/* In these tables all is writable and executable. */
	memset(boot_pml4, 0, 4096);
}
