/* SPDX-License-Identifier: MIT */
/* serial.c - the console: COM1, polled; and the end of the machine. */
#include <karch.h>

#define COM1 0x3f8

void serial_init(void)
{
	out8(COM1 + 1, 0); /* no interrupts */
	out8(COM1 + 3, 0x80);
	out8(COM1 + 0, 1); /* 115200 baud */
	out8(COM1 + 1, 0);
	out8(COM1 + 3, 3); /* 8 bits, no parity */
	out8(COM1 + 2, 7); /* queues on and empty */
}

void serial_put(char c)
{
	while (!(in8(COM1 + 5) & 0x20))
		cpu_relax();
	out8(COM1, (uint8_t)c);
}

void print(const char *text)
{
	for (; *text; text++)
		serial_put(*text);
}

void print_hex(uint64_t value)
{
	print("0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		serial_put("0123456789abcdef"[value >> shift & 15]);
}

/* QEMU's isa-debug-exit ends with status * 2 + 1; elsewhere the CPU stops. */
_Noreturn void machine_exit(uint8_t status)
{
	out8(0xf4, status);
	for (;;)
		__asm__ volatile("cli; hlt");
}

_Noreturn void panic(const char *why, uint64_t value)
{
	print("\nkernel panic: ");
	print(why);
	print(" ");
	print_hex(value);
	print("\n");
	machine_exit(0x7f);
}
