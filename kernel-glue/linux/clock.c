/* SPDX-License-Identifier: MIT */
/*
 * clock.c - the time base, on which CPU we are, and telling it that we poll.
 *
 * Place in the data flow: time stamps of packets and all deadlines.  Any
 * thread; RT-safe: clock_gettime() reads a page that the kernel maps (vDSO)
 * and enters the kernel only where the CPU has no usable counter.
 *
 * CLOCK_MONOTONIC, because it is the same in all processes, never jumps
 * (NTP only bends it), and is what futex, timerfd and LTTng use: one time
 * base from the time stamp to the trace.  Only processes in different time
 * namespaces see different values; those cannot share a stream.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <time.h>

#include "linux.h"

uint64_t dsi_port_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * DSI__NS_PER_S + (uint64_t)now.tv_nsec;
}

struct timespec dsi__clock_timespec(uint64_t ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / DSI__NS_PER_S),
		.tv_nsec = (long)(ns % DSI__NS_PER_S),
	};

	return ts;
}

/* The C library reads it from memory that the kernel keeps up to date (rseq), or
 * asks the vDSO; where neither is there it is a call of the system.  -1: it cannot be
 * told. */
uint32_t dsi_port_cpu(void)
{
	return (uint32_t)(sched_getcpu() + 1);
}

/* A core that polls at full speed takes execution units from its sibling
 * thread, which may be the very one we wait for, and pays a pipeline flush
 * when the line arrives.  The hint avoids both. */
void dsi_port_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#elif defined(__riscv)
	/* "pause" of Zihintpause, a no-op hint on CPUs without it. */
	__asm__ volatile(".4byte 0x100000f" ::: "memory");
#endif
}
