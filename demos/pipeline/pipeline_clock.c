/* SPDX-License-Identifier: MIT */
/*
 * pipeline_clock.c - the source's part of pipeline_system.h: the sound is a
 * file of the boot archive, and the sampling clock the periodic interrupt of
 * the PC's real-time clock.
 *
 * The interrupt is a signal of an event (MK_PROTO_ICU).  Its line stays up until
 * register C is read, and the kernel has masked it until we say unmask: so each
 * tick is read, unmasked and waited for, in this order.  In boot.conf that is
 * `io=70-71 icu`.
 */
#include <mklib/object_stubs.h>
#include <mklib/program.h>
#include <mklib/start.h>

#include "pipeline_system.h"
#include "sound_block.h"

#define CLOCK_LINE 8u
#define CLOCK_EVENT (uint64_t) MK_CAP_FIRST_FREE
#define INDEX_PORT 0x70u
#define DATA_PORT 0x71u
#define REGISTER_A 0x0au /* low half: the rate */
#define REGISTER_B 0x0bu
#define REGISTER_C 0x0cu /* why it interrupts; cleared by being read */
#define PERIODIC 0x40u
#define RATE_MASK 0x0fu
/* Rate n is a tick in 2^(n - 1) of 1/32768 s; below 3 they are others. */
#define FASTEST_RATE 3u
#define BASE_HZ 32768u
#define PATIENCE_US 5000000u

int sound_open(const char *name, const uint8_t **out_file, uint64_t *out_bytes,
	       const char **out_why)
{
	struct mk_file file;

	*out_why = "no such file in the boot archive";
	if (!mk_file_find((const uint8_t *)MK_ARCHIVE,
			  mk_boot_info()->archive_bytes, name, &file))
		return -1;
	*out_file = file.start;
	*out_bytes = file.bytes;
	return 0;
}

static void port_write(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0,%1" : : "a"(value), "Nd"(port));
}

static uint8_t clock_read(uint8_t reg)
{
	uint8_t value;

	port_write(INDEX_PORT, reg);
	__asm__ volatile("inb %1,%0" : "=a"(value) : "Nd"((uint16_t)DATA_PORT));
	return value;
}

static void clock_write(uint8_t reg, uint8_t value)
{
	port_write(INDEX_PORT, reg);
	port_write(DATA_PORT, value);
}

/* 0: it cannot tick like that. */
static uint8_t rate_of(uint64_t period_ns)
{
	for (uint8_t rate = FASTEST_RATE; rate <= RATE_MASK; rate++)
		if (period_ns * (BASE_HZ >> (rate - 1)) == SECOND_NS)
			return rate;
	return 0;
}

int sample_clock_begin(uint64_t period_ns, const char **out_why)
{
	uint8_t rate = rate_of(period_ns);

	*out_why = "the real-time clock has no such period";
	if (!rate)
		return -1;
	*out_why = "no interrupts; boot.conf needs: source icu";
	if (mk_create_event(MK_CAP_FACTORY, CLOCK_EVENT, MK_EVENT_COUNT) ||
	    mk_icu_bind(MK_CAP_ICU, CLOCK_LINE, CLOCK_EVENT, true))
		return -1;
	clock_write(REGISTER_A,
		    (uint8_t)((clock_read(REGISTER_A) & ~RATE_MASK) | rate));
	clock_write(REGISTER_B, clock_read(REGISTER_B) | PERIODIC);
	(void)clock_read(REGISTER_C);
	return 0;
}

int sample_clock_wait(void)
{
	if (mk_event_unmask(CLOCK_EVENT) ||
	    !mk_event_wait(CLOCK_EVENT, PATIENCE_US))
		return -1;
	(void)clock_read(REGISTER_C);
	return 0;
}

void sample_clock_end(void)
{
	clock_write(REGISTER_B, (uint8_t)(clock_read(REGISTER_B) & ~PERIODIC));
	(void)clock_read(REGISTER_C);
	(void)mk_delete(MK_CAP_TASK, CLOCK_EVENT);
}
