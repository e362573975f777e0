/* SPDX-License-Identifier: MIT */
/* bench_meter.c - counters of the running thread. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_meter.h"
#include "bench/bench_trial.h"

#define NS_PER_S UINT64_C(1000000000)

static uint64_t clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t bench_now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

void bench_meter_open(struct bench_meter *meter)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	meter->schedule_fd =
		open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	meter->counter_fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1,
					 PERF_FLAG_FD_CLOEXEC);
}

void bench_meter_close(struct bench_meter *meter)
{
	if (meter->schedule_fd >= 0)
		close(meter->schedule_fd);
	if (meter->counter_fd >= 0)
		close(meter->counter_fd);
}

/* "time on a CPU, time waiting for one, slices" */
static uint64_t delay(int fd)
{
	char text[96];
	char *end;
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	strtoull(text, &end, 10);
	return strtoull(end, NULL, 10);
}

static void read_all(const struct bench_meter *meter, struct bench_reading *out)
{
	struct rusage usage;
	uint64_t n = 0;

	out->delay_ns = delay(meter->schedule_fd);
	out->switches = 0;
	if (getrusage(RUSAGE_THREAD, &usage) == 0)
		out->switches = (uint64_t)usage.ru_nivcsw;
	out->counted = meter->counter_fd >= 0 &&
		       read(meter->counter_fd, &n, sizeof(n)) == sizeof(n);
	out->instructions = n;
	out->cpu_ns = clock_of(CLOCK_THREAD_CPUTIME_ID);
}

void bench_meter_begin(const struct bench_meter *meter,
		       struct bench_reading *out)
{
	read_all(meter, out);
	(void)getpgrp();
	out->wall_ns = bench_now();
}

void bench_meter_end(const struct bench_meter *meter, struct bench_reading *out)
{
	out->wall_ns = bench_now();
	(void)getpgrp();
	read_all(meter, out);
}
