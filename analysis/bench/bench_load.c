/* SPDX-License-Identifier: MIT */
/*
 * bench_load.c - did somebody else use our CPUs?
 *
 * The kernel says for each CPU how long it was not idle; what we did not use of
 * that ourselves, others did.  It counts in steps of 1 to 10 ms, so this is for
 * a whole measurement, not for one trial.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/bench_machine.h"
#include "bench/bench_trial.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)

/* The first numbers in the line of a CPU, in ticks. */
enum { USER, NICE, SYSTEM, IDLE, WAITS_FOR_DISK, IRQ, SOFTIRQ, STOLEN, FIELDS };

static bool is_ours(const int *cpus, uint32_t n, int cpu)
{
	for (uint32_t i = 0; i < n; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

static void add(struct bench_load *out, const unsigned long long *ticks,
		uint64_t tick_ns)
{
	for (unsigned int i = 0; i < FIELDS; i++)
		if (i != IDLE && i != WAITS_FOR_DISK)
			out->busy_ns += ticks[i] * tick_ns;
	out->stolen_ns += ticks[STOLEN] * tick_ns;
	out->cpus++;
}

static uint64_t ns_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S +
	       (uint64_t)t->tv_usec * NS_PER_US;
}

static uint64_t used_by(int who)
{
	struct rusage usage;

	if (getrusage(who, &usage))
		return 0;
	return ns_of(&usage.ru_utime) + ns_of(&usage.ru_stime);
}

bool bench_load_look(const int *cpus, uint32_t n, struct bench_load *out)
{
	long hz = sysconf(_SC_CLK_TCK);
	FILE *file = fopen("/proc/stat", "re");
	char line[256];

	*out = (struct bench_load){.wall_ns = bench_now()};
	if (!file)
		return false;
	while (hz > 0 && fgets(line, sizeof(line), file)) {
		unsigned long long t[FIELDS] = {0};
		int cpu;

		if (sscanf(line,
			   "cpu%d %llu %llu %llu %llu %llu %llu %llu %llu",
			   &cpu, &t[0], &t[1], &t[2], &t[3], &t[4], &t[5],
			   &t[6], &t[7]) == 1 + FIELDS &&
		    is_ours(cpus, n, cpu))
			add(out, t, NS_PER_S / (uint64_t)hz);
	}
	fclose(file);
	out->ours_ns = used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN);
	return out->cpus > 0;
}

static double part(uint64_t time_ns, const struct bench_load *from,
		   const struct bench_load *to)
{
	double all = (double)(to->wall_ns - from->wall_ns) * to->cpus;

	return all > 0 ? (double)time_ns / all : 0;
}

double bench_load_foreign(const struct bench_load *from,
			  const struct bench_load *to)
{
	uint64_t busy_ns = to->busy_ns - from->busy_ns;
	uint64_t ours_ns = to->ours_ns - from->ours_ns;

	return busy_ns > ours_ns ? part(busy_ns - ours_ns, from, to) : 0;
}

double bench_load_stolen(const struct bench_load *from,
			 const struct bench_load *to)
{
	return part(to->stolen_ns - from->stolen_ns, from, to);
}
