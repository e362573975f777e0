/* SPDX-License-Identifier: MIT */
/* bench_machine.c - asks /proc and /sys about the machine. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/bench_machine.h"
#include "bench/bench_trial.h"

#define LOOKS 1000u
#define TRIES 50u

/* The first line of a file, "" if there is none. */
static void read_line(const char *path, char *out, size_t bytes)
{
	FILE *file = fopen(path, "re");

	out[0] = '\0';
	if (!file)
		return;
	if (!fgets(out, (int)bytes, file))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	fclose(file);
}

/* "model name : text", "flags : ... hypervisor ..." */
static void read_cpuinfo(struct bench_machine *m, bool *hypervisor)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		const char *value = strchr(line, ':');

		line[strcspn(line, "\n")] = '\0';
		if (!value || !value[1])
			continue;
		if (!m->model[0] && (strncmp(line, "model name", 10) == 0 ||
				     strncmp(line, "cpu model", 9) == 0))
			snprintf(m->model, sizeof(m->model), "%s", value + 2);
		if (strncmp(line, "flags", 5) == 0 &&
		    strstr(value, " hypervisor"))
			*hypervisor = true;
	}
	free(line);
	if (file)
		fclose(file);
}

static void read_virtual(struct bench_machine *m, bool hypervisor)
{
	char vendor[BENCH_TEXT_BYTES / 2];
	char product[BENCH_TEXT_BYTES / 2];

	if (!hypervisor)
		return;
	read_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
	read_line("/sys/class/dmi/id/product_name", product, sizeof(product));
	if (vendor[0] || product[0])
		snprintf(m->virtual, sizeof(m->virtual), "%s%s%s", vendor,
			 vendor[0] && product[0] ? " " : "", product);
	else
		snprintf(m->virtual, sizeof(m->virtual), "of unknown kind");
}

static void read_allowed(struct bench_machine *m)
{
	cpu_set_t *set = CPU_ALLOC(BENCH_CPUS);
	size_t bytes = CPU_ALLOC_SIZE(BENCH_CPUS);

	if (set && sched_getaffinity(0, bytes, set) == 0)
		for (uint32_t i = 0; i < BENCH_CPUS; i++)
			if (CPU_ISSET_S(i, bytes, set))
				m->cpus[m->allowed++] = (int)i;
	CPU_FREE(set);
}

static uint64_t clock_cost(void)
{
	uint64_t begin_ns = bench_now();

	for (unsigned int i = 1; i < LOOKS; i++)
		(void)bench_now();
	return (bench_now() - begin_ns + LOOKS / 2) / LOOKS;
}

/* Whoever is interrupted meanwhile measures too much. */
static uint64_t least_cost(void)
{
	uint64_t least_ns = UINT64_MAX;

	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t cost_ns = clock_cost();

		least_ns = cost_ns < least_ns ? cost_ns : least_ns;
	}
	return least_ns;
}

static uint64_t clock_step(void)
{
	uint64_t before_ns = bench_now();
	uint64_t least_ns = UINT64_MAX;

	for (unsigned int i = 0; i < LOOKS; i++) {
		uint64_t now_ns = bench_now();

		if (now_ns != before_ns && now_ns - before_ns < least_ns)
			least_ns = now_ns - before_ns;
		before_ns = now_ns;
	}
	return least_ns;
}

void bench_machine_look(struct bench_machine *m)
{
	struct utsname name;
	char path[96];
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	bool hypervisor = false;

	*m = (struct bench_machine){.online =
					    online > 0 ? (uint32_t)online : 1};
	read_cpuinfo(m, &hypervisor);
	read_virtual(m, hypervisor);
	read_allowed(m);
	if (uname(&name) == 0)
		snprintf(m->kernel, sizeof(m->kernel), "%.30s %.60s %.30s",
			 name.sysname, name.release, name.machine);
	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
		 m->allowed ? m->cpus[0] : 0);
	read_line(path, m->governor, sizeof(m->governor));
	m->clock_ns = least_cost();
	m->step_ns = clock_step();
}

bool bench_machine_allows(const struct bench_machine *m, int cpu)
{
	for (uint32_t i = 0; i < m->allowed; i++)
		if (m->cpus[i] == cpu)
			return true;
	return false;
}

bool bench_machine_siblings(int a, int b)
{
	char path[96];
	char list[BENCH_TEXT_BYTES];
	char *at = list;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 a);
	read_line(path, list, sizeof(list));
	while (*at) {
		long from = strtol(at, &at, 10);
		long to = *at == '-' ? strtol(at + 1, &at, 10) : from;

		if (b >= from && b <= to)
			return a != b;
		if (*at != ',')
			break;
		at++;
	}
	return false;
}

static bool is_new_core(const int *cpus, uint32_t n, int cpu)
{
	for (uint32_t i = 0; i < n; i++)
		if (cpus[i] == cpu || bench_machine_siblings(cpus[i], cpu))
			return false;
	return true;
}

static bool is_among(const int *cpus, uint32_t n, int cpu)
{
	for (uint32_t i = 0; i < n; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

uint32_t bench_machine_choose(const struct bench_machine *m, int *cpus,
			      uint32_t n)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < m->allowed && used < n; i++)
		if (is_new_core(cpus, used, m->cpus[i]))
			cpus[used++] = m->cpus[i];
	for (uint32_t i = 0; i < m->allowed && used < n; i++)
		if (!is_among(cpus, used, m->cpus[i]))
			cpus[used++] = m->cpus[i];
	return used;
}

/* Tries it, and goes back to where it was. */
int bench_machine_pin(int cpu)
{
	size_t bytes = CPU_ALLOC_SIZE(BENCH_CPUS);
	cpu_set_t *before = CPU_ALLOC(BENCH_CPUS);
	cpu_set_t set;
	int err = 0;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (!before || sched_getaffinity(0, bytes, before) ||
	    sched_setaffinity(0, sizeof(set), &set) ||
	    sched_setaffinity(0, bytes, before))
		err = -errno;
	CPU_FREE(before);
	return err;
}
