/* SPDX-License-Identifier: MIT */
/*
 * bench_machine.h - on what is measured: CPUs, kernel, clock, memory, and how
 * much of the CPUs others used meanwhile.
 */
#ifndef DSI_BENCH_MACHINE_H
#define DSI_BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_CPUS 1024u
#define BENCH_TEXT_BYTES 128u

/**
 * struct bench_machine - what is known of it; "" = the system does not say.
 * @governor: how the frequency of the first CPU is chosen
 * @virtual:  what it runs on if it is a virtual machine
 * @online:   CPUs that are on
 * @allowed:  those this process may use, in ascending order
 * @clock_ns: what one look at the clock takes
 * @step_ns:  least time from one reading of the clock to another one
 */
struct bench_machine {
	char model[BENCH_TEXT_BYTES];
	char kernel[BENCH_TEXT_BYTES];
	char governor[BENCH_TEXT_BYTES];
	char virtual[BENCH_TEXT_BYTES];
	uint32_t online;
	uint32_t allowed;
	int cpus[BENCH_CPUS];
	uint64_t clock_ns;
	uint64_t step_ns;
};

void bench_machine_look(struct bench_machine *machine);
bool bench_machine_allows(const struct bench_machine *machine, int cpu);

/* Are two CPUs threads of one core? */
bool bench_machine_siblings(int a, int b);

/* @n CPUs to measure on, of different cores as far as there are enough.
 * Return: how many. */
uint32_t bench_machine_choose(const struct bench_machine *machine, int *cpus,
			      uint32_t n);

/* May a process choose its CPU here?  0 or a negative code. */
int bench_machine_pin(int cpu);

/**
 * struct bench_memory - how fast memory is, on one CPU, bytes in a second.
 */
struct bench_memory {
	double write;
	double read;
	double copy;
};

/* 0 or a negative code.  Takes some 10 ms for @bytes of 64 MiB. */
int bench_memory_run(int cpu, bool pin, size_t bytes, struct bench_memory *out);

/**
 * struct bench_load - who used some CPUs, in ns since the machine began.
 * @busy:  not idle
 * @stolen: given to other virtual machines by the machine below
 * @ours:  used by this process and those that it waited for
 */
struct bench_load {
	uint64_t wall_ns;
	uint64_t busy_ns;
	uint64_t stolen_ns;
	uint64_t ours_ns;
	uint32_t cpus;
};

/* False: the system does not say. */
bool bench_load_look(const int *cpus, uint32_t n, struct bench_load *out);

/* Between two looks, parts of all time of these CPUs, 0..1. */
double bench_load_foreign(const struct bench_load *from,
			  const struct bench_load *to);
double bench_load_stolen(const struct bench_load *from,
			 const struct bench_load *to);

#endif /* DSI_BENCH_MACHINE_H */
