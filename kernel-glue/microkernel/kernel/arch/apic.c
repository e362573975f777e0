/* SPDX-License-Identifier: MIT */
/*
 * apic.c - interrupt controllers: each CPU's own (timer, messages to other
 * CPUs) and the one that devices are wired to.
 *
 * The timer counts down once, from a value that sched.c computes: there is no
 * tick.  Its rate is measured against the 1.193182 MHz timer of every PC.
 */
#include <karch.h>
#include <ksched.h>
#include <paging.h>

#define LAPIC (MMIO_BASE + 0x3ee00000ul)
#define LAPIC_ID 0x20
#define LAPIC_TPR 0x80
#define LAPIC_EOI 0xb0
#define LAPIC_SPURIOUS 0xf0
#define LAPIC_ICR 0x300
#define LAPIC_ICR_TO 0x310
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_TIMER_START 0x380
#define LAPIC_TIMER_NOW 0x390
#define LAPIC_TIMER_DIVIDE 0x3e0
#define ICR_PENDING 0x1000u

#define PIT_HZ 1193182u
#define PIT_MEASURE 2386u /* 2 ms */
#define MEASUREMENTS 8
#define SAME(tsc) ((tsc) >> 16)

uint32_t ioapic_base = 0xfec00000;

static uint64_t lapic_khz;
static bool line_level[IRQ_LINES];

static volatile uint32_t *lapic(uint32_t reg)
{
	return (volatile uint32_t *)(LAPIC + reg);
}

static volatile uint32_t *ioapic(uint32_t offset)
{
	return (volatile uint32_t *)(MMIO_BASE + (ioapic_base - 0xc0000000u) +
				     offset);
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
	*ioapic(0) = reg;
	*ioapic(0x10) = value;
}

static uint32_t ioapic_read(uint32_t reg)
{
	*ioapic(0) = reg;
	return *ioapic(0x10);
}

uint32_t ioapic_lines(void)
{
	uint32_t lines = (ioapic_read(1) >> 16 & 0xff) + 1;

	return lines < IRQ_LINES ? lines : IRQ_LINES;
}

static void ioapic_set(uint32_t line, uint32_t masked)
{
	/* To CPU 0, as a fixed vector. */
	ioapic_write(0x10 + line * 2 + 1, cpus[0].apic_id << 24);
	ioapic_write(0x10 + line * 2,
		     masked << 16 | (line_level[line] ? 1u << 15 : 0) |
			     (VECTOR_IRQ + line));
}

void ioapic_mask(uint32_t line)
{
	ioapic_set(line, 1);
}

void ioapic_unmask(uint32_t line, bool level)
{
	line_level[line] = level;
	ioapic_set(line, 0);
}

/* A look at a port costs an emulator as much as some hundred instructions, and
 * one that counts them looks millions of times in some ms. */
static void between_looks(void)
{
	for (unsigned i = 0; i < 16; i++)
		__asm__ volatile("");
}

/* Wait @ticks of the PC's timer, on the channel that drives the speaker. */
static void pit_wait(uint32_t ticks)
{
	out8(0x61, (uint8_t)((in8(0x61) & ~2) | 1));
	out8(0x43, 0xb0); /* channel 2, both bytes, count down once */
	out8(0x42, (uint8_t)ticks);
	out8(0x42, (uint8_t)(ticks >> 8));
	while (!(in8(0x61) & 0x20))
		between_looks();
}

void delay_us(uint32_t us)
{
	pit_wait(us * (PIT_HZ / 1000) / 1000 + 1);
}

/* A virtual CPU can lose its host's CPU at any point, which makes a
 * measurement too long, never too short: the shortest of several is right, and
 * the first that comes twice. */
uint64_t apic_measure_tsc_khz(void)
{
	uint64_t least_tsc = ~0ul, least_lapic = ~0ul;
	bool again = false;

	*lapic(LAPIC_TIMER_DIVIDE) = 0xb; /* by 1 */
	*lapic(LAPIC_LVT_TIMER) = 1u << 16 | VECTOR_TIMER;
	for (int i = 0; i < MEASUREMENTS && !again; i++) {
		uint64_t tsc, left;

		*lapic(LAPIC_TIMER_START) = ~0u;
		tsc = now_tsc();
		pit_wait(PIT_MEASURE);
		left = *lapic(LAPIC_TIMER_NOW);
		tsc = now_tsc() - tsc;
		again = tsc - least_tsc + SAME(tsc) <= 2 * SAME(tsc);
		if (tsc < least_tsc)
			least_tsc = tsc;
		if (~0u - left < least_lapic)
			least_lapic = ~0u - left;
	}
	*lapic(LAPIC_TIMER_START) = 0;
	*lapic(LAPIC_LVT_TIMER) = VECTOR_TIMER;
	lapic_khz = least_lapic * PIT_HZ / PIT_MEASURE / 1000;
	return least_tsc * PIT_HZ / PIT_MEASURE / 1000;
}

uint32_t apic_own_id(void)
{
	return *lapic(LAPIC_ID) >> 24;
}

void apic_init(void)
{
	/* The old controllers are silent for ever. */
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	for (uint32_t i = 0; i < ioapic_lines(); i++)
		ioapic_mask(i);
}

void apic_init_cpu(void)
{
	*lapic(LAPIC_SPURIOUS) = 0x100 | VECTOR_SPURIOUS;
	*lapic(LAPIC_TPR) = 0;
	*lapic(LAPIC_TIMER_DIVIDE) = 0xb;
	*lapic(LAPIC_LVT_TIMER) = VECTOR_TIMER;
}

void apic_alarm(uint64_t tsc)
{
	uint64_t now = now_tsc();
	uint64_t ticks = 1;

	/* Never early: a thread that asked for a time must not see one before
	 * it, so round up.  Far ones are set again when the counter ends. */
	if (tsc > now) {
		uint64_t wait = tsc - now;

		ticks = wait / tsc_khz > 2000 ? lapic_khz * 2000
					      : wait * lapic_khz / tsc_khz + 1;
	}
	*lapic(LAPIC_TIMER_START) = ticks > ~0u ? ~0u : (uint32_t)ticks;
}

void apic_eoi(void)
{
	*lapic(LAPIC_EOI) = 0;
}

static void icr_write(uint32_t to, uint32_t command)
{
	while (*lapic(LAPIC_ICR) & ICR_PENDING)
		cpu_relax();
	*lapic(LAPIC_ICR_TO) = to << 24;
	*lapic(LAPIC_ICR) = command;
}

void apic_send(struct cpu *c, uint8_t vector)
{
	this_cpu()->counter[MK_COUNTER_IPIS]++;
	icr_write(c->apic_id, 0x4000u | vector);
}

void apic_start_cpu(uint32_t apic_id, uint8_t page)
{
	icr_write(apic_id, 0x4500); /* INIT */
	delay_us(1000);
	for (int i = 0; i < 2; i++) {
		icr_write(apic_id, 0x4600u | page); /* start-up */
		delay_us(100);
	}
}
