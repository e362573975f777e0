/* SPDX-License-Identifier: MIT */
/*
 * port_clock.c - the time base, on which CPU we are, and telling it that we poll.
 *
 * Place in the data flow: time stamps of packets and all deadlines.  Any
 * thread; RT-safe: the CPU's counter, which the kernel's own clock is made of,
 * so it is the same in all tasks and in the timeouts of the kernel.
 */
#include <mklib/clock.h>
#include <mklib/cpu.h>

#include "mk_port.h"

uint64_t dsi_port_now(void)
{
	return mk_clock_ns();
}

uint32_t dsi_port_cpu(void)
{
	return mk_cpu() + 1;
}

void dsi_port_relax(void)
{
	__builtin_ia32_pause();
}
