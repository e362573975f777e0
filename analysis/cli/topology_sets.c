// SPDX-License-Identifier: MIT
/* topology_sets.c - sets of nodes and CPUs, and where a process may run. */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>

#include "topology.h"

static bool has(const uint64_t *words, uint32_t n)
{
	return (words[n / 64u] >> n % 64u & 1u) != 0;
}

static void add(uint64_t *words, uint32_t n)
{
	words[n / 64u] |= UINT64_C(1) << n % 64u;
}

bool topology_has_node(const struct dsi_nodes *nodes, uint32_t node)
{
	return node < DSI_NODES_MAX && has(nodes->words, node);
}

void topology_add_node(struct dsi_nodes *nodes, uint32_t node)
{
	if (node < DSI_NODES_MAX)
		add(nodes->words, node);
}

int32_t topology_turn(const struct dsi_nodes *nodes, uint64_t index)
{
	uint64_t n = 0;

	for (uint32_t node = 0; node < DSI_NODES_MAX; node++)
		n += topology_has_node(nodes, node);
	if (!n)
		return DSI_NODE_ANY;
	n = index % n;
	for (uint32_t node = 0; node < DSI_NODES_MAX; node++)
		if (topology_has_node(nodes, node) && n-- == 0)
			return (int32_t)node;
	return DSI_NODE_ANY;
}

/* ---- text ---------------------------------------------------------------- */

static void print_set(const uint64_t *words, uint32_t n, char *text,
		      size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < n && used < bytes; i++) {
		uint32_t first = i;

		if (!has(words, i))
			continue;
		while (i + 1u < n && has(words, i + 1u))
			i++;
		used += (size_t)snprintf(text + used, bytes - used, "%s%u",
					 used ? "," : "", first);
		if (i > first && used < bytes)
			used += (size_t)snprintf(text + used, bytes - used,
						 "-%u", i);
	}
}

void topology_print_nodes(const struct dsi_nodes *nodes, char *text,
			  size_t bytes)
{
	print_set(nodes->words, DSI_NODES_MAX, text, bytes);
}

void topology_print_cpus(const struct dsi_topology *machine, int32_t node,
			 char *text, size_t bytes)
{
	struct dsi_cpus cpus = {{0}};
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};
	int32_t n = dsi_topology_cpus(machine);

	for (int32_t i = 0; i < n; i++)
		if (dsi_topology_cpu(machine, (uint32_t)i, &cpu) == 0 &&
		    cpu.node == node)
			add(cpus.words, (uint32_t)cpu.cpu);
	print_set(cpus.words, DSI_CPUS_MAX, text, bytes);
}

/* ---- processes ----------------------------------------------------------- */

static uint32_t count(const struct dsi_cpus *cpus)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < DSI_CPUS_MAX / 64u; i++)
		n += (uint32_t)__builtin_popcountll(cpus->words[i]);
	return n;
}

static void merge(struct dsi_cpus *into, const struct dsi_cpus *cpus)
{
	for (uint32_t i = 0; i < DSI_CPUS_MAX / 64u; i++)
		into->words[i] |= cpus->words[i];
}

int topology_process_cpus(uint32_t pid, struct dsi_cpus *out_cpus)
{
	uint32_t least = UINT32_MAX;
	int result = -DSI_ENOENT;
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return -DSI_ENOENT;
	while ((entry = readdir(tasks))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		struct dsi_cpus cpus;
		int err = tid ? dsi_thread_cpus(tid, &cpus) : -DSI_ENOENT;

		if (err || count(&cpus) > least)
			continue;
		if (count(&cpus) < least)
			memset(out_cpus, 0, sizeof(*out_cpus));
		least = count(&cpus);
		merge(out_cpus, &cpus);
		result = 0;
	}
	closedir(tasks);
	return result;
}

int32_t topology_home(const struct dsi_topology *machine,
		      const struct dsi_cpus *cpus)
{
	struct dsi_topology_cpu cpu = {.size = sizeof(cpu)};
	int32_t n = dsi_topology_cpus(machine);
	int32_t home = DSI_NODE_ANY;

	for (int32_t i = 0; i < n; i++) {
		if (dsi_topology_cpu(machine, (uint32_t)i, &cpu) ||
		    !has(cpus->words, (uint32_t)cpu.cpu))
			continue;
		if (home != DSI_NODE_ANY && home != cpu.node)
			return DSI_NODE_ANY;
		home = cpu.node;
	}
	return home;
}
