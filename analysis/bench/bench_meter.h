/* SPDX-License-Identifier: MIT */
/*
 * bench_meter.h - what the system says about the thread that runs.
 */
#ifndef DSI_BENCH_METER_H
#define DSI_BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct bench_reading - counters of a thread at one time.
 * @calls: calls of the kernel, as the channel counts them; not set here
 */
struct bench_reading {
	uint64_t wall_ns;
	uint64_t cpu_ns;
	uint64_t instructions;
	uint64_t switches;
	uint64_t delay_ns;
	uint64_t calls;
	bool counted;
};

/**
 * struct bench_meter - where the counters of this thread are.
 * @schedule_fd: /proc/thread-self/schedstat, or -1
 * @counter_fd:  the machine's counter of instructions, or -1
 */
struct bench_meter {
	int schedule_fd;
	int counter_fd;
};

void bench_meter_open(struct bench_meter *meter);
void bench_meter_close(struct bench_meter *meter);

/* Between two readings the harness makes no call.  At either end there is a
 * getpgrp(), so that who traces calls finds the place. */
void bench_meter_begin(const struct bench_meter *meter,
		       struct bench_reading *out);
void bench_meter_end(const struct bench_meter *meter,
		     struct bench_reading *out);

#endif /* DSI_BENCH_METER_H */
