/* SPDX-License-Identifier: MIT */
/* karch.h - the machine: ports, model-specific registers, interrupt
 * controllers, the other CPUs. */
#ifndef MK_KARCH_H
#define MK_KARCH_H

#include <kcpu.h>

struct task;
struct thread;

#define IRQ_LINES 24
#define VECTOR_TIMER 0xf0
#define VECTOR_RESCHED 0xf1
#define VECTOR_FLUSH 0xf2
#define VECTOR_SPURIOUS 0xff

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0,%1" ::"a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0,%1" ::"a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1,%0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value),
			 "d"((uint32_t)(value >> 32)));
}

/* Likewise from memory, where the halves are apart already. */
static inline void load_msr(uint32_t msr, const uint64_t *from)
{
	const uint32_t *half = (const uint32_t *)(const void *)from;

	__asm__ volatile("wrmsr" ::"c"(msr), "a"(half[0]), "d"(half[1]));
}

#define MSR_FS_BASE 0xc0000100u
/* Where `swapgs` finds the user's GS base while the kernel runs. */
#define MSR_KERNEL_GS_BASE 0xc0000102u

static inline uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

#define RFLAGS_DF (1ul << 10)
#define RFLAGS_AC (1ul << 18)

static inline uint64_t read_flags(void)
{
	return __builtin_ia32_readeflags_u64();
}

static inline void cpu_relax(void)
{
	__builtin_ia32_pause();
}

static inline void load_cr3(uint64_t value)
{
	__asm__ volatile("mov %0,%%cr3" ::"r"(value) : "memory");
}

/* The console: COM1. */
void serial_init(void);
void serial_put(char c);
void print(const char *text);
void print_hex(uint64_t value);
_Noreturn void machine_exit(uint8_t status);

/* cpu.c */
void cpu_init(struct cpu *c);
void cpu_check_features(void);
void fpu_init(uint8_t *area);
/* Ports of @t have changed while it runs here. */
void cpu_load_io(struct cpu *c, struct task *t);

/* self_check.c: panic if memory or the CPU is not protected as it should. */
void self_check_tables(void);
void self_check_cpu(void);

/* apic.c */
uint32_t apic_own_id(void);
void apic_init(void);
void apic_init_cpu(void);
void apic_alarm(uint64_t tsc);
void apic_eoi(void);
void apic_send(struct cpu *c, uint8_t vector);
void apic_start_cpu(uint32_t apic_id, uint8_t page);
uint64_t apic_measure_tsc_khz(void);
void delay_us(uint32_t us);
void ioapic_mask(uint32_t line);
void ioapic_unmask(uint32_t line, bool level);
uint32_t ioapic_lines(void);

/* acpi.c: CPUs from the MADT; at least one. */
void acpi_find_cpus(uint64_t rsdp);
extern uint32_t ioapic_base;

/* smp.c */
void smp_start(void);

/* irq.c */
struct event;
void irq_bind(uint32_t line, struct event *e, bool level);
void irq_unbind(uint32_t line);
void irq_set_masked(const struct event *e, bool masked);
void irq_dispatch(uint64_t vector);

#endif
