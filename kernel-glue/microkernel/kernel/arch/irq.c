/* SPDX-License-Identifier: MIT */
/*
 * irq.c - interrupts of devices become signals of events.
 *
 * A line is masked when it fires and stays so until the driver says unmask:
 * one interrupt, one signal, even if the line stays up.
 */
#include <karch.h>
#include <kevent.h>
#include <ksched.h>

static struct event *event_of_line[IRQ_LINES];
static bool level_of_line[IRQ_LINES];

void irq_unbind(uint32_t line)
{
	if (line >= IRQ_LINES || !event_of_line[line])
		return;
	ioapic_mask(line);
	event_of_line[line]->line = -1;
	event_of_line[line] = NULL;
}

void irq_bind(uint32_t line, struct event *e, bool level)
{
	irq_unbind(line);
	if (e->line >= 0)
		irq_unbind((uint32_t)e->line);
	event_of_line[line] = e;
	level_of_line[line] = level;
	e->line = (int32_t)line;
	ioapic_mask(line);
}

void irq_set_masked(const struct event *e, bool masked)
{
	if (masked)
		ioapic_mask((uint32_t)e->line);
	else
		ioapic_unmask((uint32_t)e->line,
			      level_of_line[(uint32_t)e->line]);
}

static void irq_arrived(uint32_t line)
{
	ioapic_mask(line);
	if (event_of_line[line])
		event_signal(event_of_line[line], 1);
}

void irq_dispatch(uint64_t vector)
{
	if (vector == VECTOR_SPURIOUS)
		return; /* wants no acknowledgement */
	if (vector == VECTOR_TIMER)
		sched_timer();
	else if (vector >= VECTOR_IRQ && vector < VECTOR_IRQ + IRQ_LINES)
		irq_arrived((uint32_t)vector - VECTOR_IRQ);
	/* VECTOR_RESCHED only had to bring the CPU in. */
	apic_eoi();
}
