/* SPDX-License-Identifier: MIT */
/*
 * bench_stress.c - load on the CPUs that are measured on, without a priority.
 *
 * Our own: on each CPU a process that computes, and one that takes 64 MiB of new
 * memory, writes each page and gives it back, again and again: page faults, the
 * kernel's locks, and caches that are never warm.  Or the program stress-ng with
 * as many workers of both kinds.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "bench/bench_stress.h"

#define AREA ((size_t)64 << 20)
#define PAGE 4096u
#define WARM_NS 50000000 /* until it is there */
#define PATIENCE_MS 5000

struct bench_stress_run {
	pid_t pids[2 * BENCH_SIDES];
	uint32_t n;
};

/* The CPUs of the sides, each once.  Return how many. */
static uint32_t cpus_of(const struct bench_trial *trial, int *cpus)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BENCH_SIDES; i++) {
		uint32_t k = 0;

		while (k < n && cpus[k] != trial->cpus[i])
			k++;
		if (k == n)
			cpus[n++] = trial->cpus[i];
	}
	return n;
}

static _Noreturn void compute(void)
{
	volatile uint64_t x = 1;

	for (;;)
		x = x * UINT64_C(6364136223846793005) + 1;
}

static _Noreturn void take_memory(void)
{
	for (;;) {
		char *at = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			_exit(1);
		for (size_t i = 0; i < AREA; i += PAGE)
			at[i] = 1;
		munmap(at, AREA);
	}
}

static pid_t start_one(const struct bench_trial *trial, int cpu, bool memory)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	cpu_set_t set;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (trial->pin && sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
	if (memory)
		take_memory();
	compute();
}

static int start_own(const struct bench_trial *trial,
		     struct bench_stress_run *run, char *why, size_t why_bytes)
{
	int cpus[BENCH_SIDES];
	uint32_t n = cpus_of(trial, cpus);

	for (uint32_t i = 0; i < 2 * n; i++) {
		pid_t pid = start_one(trial, cpus[i / 2], i % 2);

		if (pid < 0) {
			int err = -errno;

			snprintf(why, why_bytes, "cannot start the load: %s",
				 dsi_strerror(err));
			return err;
		}
		run->pids[run->n++] = pid;
	}
	return 0;
}

/* It answers SIGTERM by ending its workers. */
static int start_stress_ng(const struct bench_trial *trial,
			   struct bench_stress_run *run, char *why,
			   size_t why_bytes)
{
	int cpus[BENCH_SIDES];
	uint32_t n = cpus_of(trial, cpus);
	char workers[16];
	char places[8 * BENCH_SIDES] = "";
	const char *argv[] = {"stress-ng", "--quiet", "--cpu",	    workers,
			      "--vm",	   workers,   "--vm-bytes", "64M",
			      "--taskset", places,    NULL};
	extern char **environ;
	pid_t pid;
	int err;

	snprintf(workers, sizeof(workers), "%u", n);
	for (uint32_t i = 0; i < n; i++) {
		size_t used = strlen(places);

		snprintf(places + used, sizeof(places) - used, "%s%d",
			 i ? "," : "", cpus[i]);
	}
	if (!trial->pin)
		argv[8] = NULL;
	/* It does not change them. */
	err = posix_spawnp(&pid, argv[0], NULL, NULL,
			   (char *const *)(uintptr_t)argv, environ);
	if (err == ENOENT) {
		snprintf(why, why_bytes,
			 "stress-ng is not here: install "
			 "Debian's package stress-ng");
		return -err;
	}
	if (err) {
		snprintf(why, why_bytes, "cannot start stress-ng: %s",
			 strerror(err));
		return -err;
	}
	run->pids[run->n++] = pid;
	return 0;
}

/* A load that ended by itself is none. */
static int check(const struct bench_stress_run *run, char *why,
		 size_t why_bytes)
{
	for (uint32_t i = 0; i < run->n; i++) {
		siginfo_t info = {.si_pid = 0};

		if (waitid(P_PID, (id_t)run->pids[i], &info,
			   WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == 0)
			continue;
		snprintf(why, why_bytes, "the load ended by itself");
		return -DSI_EPIPE;
	}
	return 0;
}

int bench_stress_start(const struct bench_trial *trial,
		       struct bench_stress_run **out, char *why,
		       size_t why_bytes)
{
	const struct timespec warm = {.tv_nsec = WARM_NS};
	struct bench_stress_run *run;
	int err;

	*out = NULL;
	if (trial->what.stress == BENCH_STRESS_NO)
		return 0;
	run = calloc(1, sizeof(*run));
	if (!run) {
		snprintf(why, why_bytes, "no memory for the load");
		return -DSI_ENOMEM;
	}
	if (trial->what.stress == BENCH_STRESS_NG)
		err = start_stress_ng(trial, run, why, why_bytes);
	else
		err = start_own(trial, run, why, why_bytes);
	nanosleep(&warm, NULL);
	if (!err)
		err = check(run, why, why_bytes);
	if (err) {
		bench_stress_stop(run);
		return err;
	}
	*out = run;
	return 0;
}

/* Gone within some seconds, or killed. */
static void end_one(pid_t pid)
{
	const struct timespec while_ns = {.tv_nsec = 1000000};

	kill(pid, SIGTERM);
	for (uint32_t ms = 0; ms < PATIENCE_MS; ms++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		nanosleep(&while_ns, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void bench_stress_stop(struct bench_stress_run *run)
{
	for (uint32_t i = 0; run && i < run->n; i++)
		end_one(run->pids[i]);
	free(run);
}
