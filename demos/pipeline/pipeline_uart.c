/* SPDX-License-Identifier: MIT */
/*
 * pipeline_uart.c - the sink's part of pipeline_system.h: a driver of the
 * second serial port, a 16550, polled.  In boot.conf that is `io=2f8-2ff`.
 *
 * Polled, because a block is there in 1/128 s anyway.  A port that takes nothing
 * for a while is given up: who waits for a device waits for a limited time.
 */
#include <string.h>

#include <mklib/clock.h>

#include "pipeline_system.h"

#define COM2 0x2f8u
#define LINE_CONTROL 3u
#define FIFO_CONTROL 2u
#define LINE_STATUS 5u
#define DIVISOR_ACCESS 0x80u
#define BITS_8 3u
#define FIFO_ON_AND_EMPTY 7u
#define QUEUE_EMPTY 0x20u
#define ALL_SENT 0x40u
#define NO_DEVICE 0xffu /* what an empty place on the bus answers */
#define QUEUE_BYTES 16u
#define PATIENCE_NS 1000000000u

static void uart_write(unsigned reg, uint8_t value)
{
	__asm__ volatile("outb %0,%1"
			 :
			 : "a"(value), "Nd"((uint16_t)(COM2 + reg)));
}

static uint8_t uart_read(unsigned reg)
{
	uint8_t value;

	__asm__ volatile("inb %1,%0"
			 : "=a"(value)
			 : "Nd"((uint16_t)(COM2 + reg)));
	return value;
}

static int uart_await(uint8_t status)
{
	uint64_t begin_ns = mk_clock_ns();

	while (!(uart_read(LINE_STATUS) & status)) {
		if (mk_clock_ns() - begin_ns > PATIENCE_NS)
			return -1;
		__builtin_ia32_pause();
	}
	return 0;
}

int sound_output_begin(const char *name, const char **out_why)
{
	*out_why = "the only output is com2";
	if (strcmp(name, "com2") != 0)
		return -1;
	*out_why = "there is no second serial port";
	if (uart_read(LINE_STATUS) == NO_DEVICE)
		return -1;
	uart_write(1, 0); /* no interrupts */
	uart_write(LINE_CONTROL, DIVISOR_ACCESS);
	uart_write(0, 1); /* 115200 baud */
	uart_write(1, 0);
	uart_write(LINE_CONTROL, BITS_8);
	uart_write(FIFO_CONTROL, FIFO_ON_AND_EMPTY);
	return 0;
}

int sound_output_put(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i % QUEUE_BYTES == 0 && uart_await(QUEUE_EMPTY))
			return -1;
		uart_write(0, bytes[i]);
	}
	return 0;
}

int sound_output_end(void)
{
	return uart_await(ALL_SENT);
}
