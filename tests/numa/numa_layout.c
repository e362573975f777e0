// SPDX-License-Identifier: MIT
/*
 * numa_layout.c - cores and caches: what `dsi topology` says, compared with what
 * the kernel says of each CPU, and with how the machine was emulated.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "numa_guest.h"

#define CPUS 64u
#define INDICES 8u /* caches of a CPU */

/* Which CPUs have it in common with a CPU; none: there is no such cache. */
struct sharing {
	uint64_t core;
	uint64_t l2;
	uint64_t l3;
};

/* ---- the kernel ---------------------------------------------------------- */

static uint64_t cpu_list(uint32_t cpu, const char *file)
{
	char path[128], text[256];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/%s", cpu,
		 file);
	guest_read_line(path, text, sizeof(text));
	return guest_parse_list(text);
}

static void kernel_caches(uint32_t cpu, struct sharing *out)
{
	char path[128], level[16], file[64];

	for (uint32_t i = 0; i < INDICES; i++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%u/cache/index%u/level",
			 cpu, i);
		guest_read_line(path, level, sizeof(level));
		snprintf(file, sizeof(file), "cache/index%u/shared_cpu_list",
			 i);
		if (strcmp(level, "2") == 0)
			out->l2 = cpu_list(cpu, file);
		if (strcmp(level, "3") == 0)
			out->l3 = cpu_list(cpu, file);
	}
}

/* ---- the command --------------------------------------------------------- */

/* The CPUs of which @key is the same as that of this one. */
static uint64_t same(struct json_object *cpus, struct json_object *cpu,
		     const char *key)
{
	struct json_object *mine, *its, *number;
	uint64_t mask = 0;

	if (!json_object_object_get_ex(cpu, key, &mine))
		return 0;
	for (size_t i = 0; i < json_object_array_length(cpus); i++) {
		struct json_object *other = json_object_array_get_idx(cpus, i);

		if (json_object_object_get_ex(other, key, &its) &&
		    json_object_get_int64(its) == json_object_get_int64(mine) &&
		    json_object_object_get_ex(other, "cpu", &number))
			mask |= UINT64_C(1)
				<< (json_object_get_int64(number) & 63);
	}
	return mask;
}

static void compare_cpu(struct json_object *cpus, struct json_object *cpu,
			int threads, int l3)
{
	struct sharing said = {.core = same(cpus, cpu, "core"),
			       .l2 = same(cpus, cpu, "l2"),
			       .l3 = same(cpus, cpu, "l3")};
	struct json_object *number;
	struct sharing real = {0};
	uint32_t n;

	if (!json_object_object_get_ex(cpu, "cpu", &number))
		number = NULL; /* which is 0 */
	n = (uint32_t)json_object_get_int64(number);
	real.core = cpu_list(n, "topology/core_cpus_list");
	kernel_caches(n, &real);
	if (said.core != real.core || said.l2 != real.l2 || said.l3 != real.l3)
		guest_wrong("CPU %u shares core, L2, L3 with %#" PRIx64
			    " %#" PRIx64 " %#" PRIx64
			    " by the command, %#" PRIx64 " %#" PRIx64
			    " %#" PRIx64 " by the kernel",
			    n, said.core, said.l2, said.l3, real.core, real.l2,
			    real.l3);
	if (__builtin_popcountll(real.core) != threads ||
	    __builtin_popcountll(real.l3) != l3)
		guest_wrong("CPU %u: it is another machine that is emulated",
			    n);
}

static void compare_cpus(struct json_object *cpus, int threads, int l3)
{
	size_t n = cpus ? json_object_array_length(cpus) : 0;

	if (n < 2 || n > CPUS)
		guest_wrong("%zu CPUs", n);
	for (size_t i = 0; i < n; i++)
		compare_cpu(cpus, json_object_array_get_idx(cpus, i), threads,
			    l3);
}

void guest_layout_compare(const char *wanted)
{
	struct json_object *said = json_object_from_file(GUEST_OUTPUT);
	struct json_object *cpus = NULL;
	int threads, l3;

	(void)json_object_object_get_ex(said, "cpus", &cpus);
	if (wanted && sscanf(wanted, "%d,%d", &threads, &l3) == 2)
		compare_cpus(cpus, threads, l3);
	else
		guest_wrong("nobody says which layout is emulated");
	json_object_put(said);
}
