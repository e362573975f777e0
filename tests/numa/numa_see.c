// SPDX-License-Identifier: MIT
/*
 * numa_see.c - where pages are: what `dsi topology` says, compared with what
 * the kernel says of the same addresses, and with what should be.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "numa_guest.h"
#include "tests/unit/must.h"

#define ERRORS "/tmp/topology.err"

char guest_errors[GUEST_TEXT_BYTES];
static struct guest_machine known;

/* ---- the machine --------------------------------------------------------- */

void guest_read_line(const char *path, char *text, size_t bytes)
{
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, bytes - 1, file) : 0;

	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (file)
		fclose(file);
}

uint64_t guest_parse_list(const char *text)
{
	uint64_t mask = 0;

	while (*text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10);
		unsigned long last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < 64; first++)
			mask |= UINT64_C(1) << first;
		text = *end == ',' ? end + 1 : "";
	}
	return mask;
}

void guest_machine_read(struct guest_machine *machine)
{
	char path[96], text[256];

	memset(machine, 0, sizeof(*machine));
	for (uint32_t n = 0; n < GUEST_NODES; n++) {
		char *at = text;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%u/distance", n);
		guest_read_line(path, text, sizeof(text));
		if (!text[0])
			break;
		for (uint32_t to = 0; to < GUEST_NODES && *at; to++)
			machine->distance[n][to] = (int)strtol(at, &at, 10);
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%u/cpulist", n);
		guest_read_line(path, machine->cpus[n],
				sizeof(machine->cpus[n]));
		machine->cpu_mask[n] = guest_parse_list(machine->cpus[n]);
		machine->nodes = n + 1;
	}
	known = *machine;
}

void guest_pin(pid_t pid, int node)
{
	char path[64];
	struct dirent *entry;
	cpu_set_t set;
	DIR *tasks;

	CPU_ZERO(&set);
	for (uint32_t cpu = 0; cpu < 64; cpu++)
		if (known.cpu_mask[node] >> cpu & 1u)
			CPU_SET(cpu, &set);
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	MUST(tasks);
	while ((entry = readdir(tasks)))
		if (atoi(entry->d_name) > 0)
			MUST_BE(sched_setaffinity(atoi(entry->d_name),
						  sizeof(set), &set),
				0);
	closedir(tasks);
}

/* ---- the command --------------------------------------------------------- */

static void run_topology(const char *arguments, uint32_t uid)
{
	char command[256];

	if (uid) {
		MUST_BE(setgroups(0, NULL), 0);
		MUST_BE(setgid(uid), 0);
		MUST_BE(setuid(uid), 0);
	}
	snprintf(command, sizeof(command), "exec dsi topology %s", arguments);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int guest_topology(const char *arguments, uint32_t uid)
{
	FILE *errors;
	int status = -1;
	pid_t pid;
	size_t n;

	fflush(stdout);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		MUST(freopen(GUEST_OUTPUT, "w", stdout) &&
		     freopen(ERRORS, "w", stderr));
		run_topology(arguments, uid);
	}
	MUST_BE(waitpid(pid, &status, 0), pid);
	errors = fopen(ERRORS, "r");
	MUST(errors);
	n = fread(guest_errors, 1, sizeof(guest_errors) - 1, errors);
	guest_errors[n] = '\0';
	fclose(errors);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, key, &value);
	return value;
}

static int64_t number(struct json_object *object, const char *key)
{
	return json_object_get_int64(get(object, key));
}

void guest_machine_compare(const struct guest_machine *machine)
{
	struct json_object *said, *nodes;

	if (guest_topology("--json", 0) != 0)
		guest_wrong("dsi topology --json: %s", guest_errors);
	said = json_object_from_file(GUEST_OUTPUT);
	nodes = get(said, "nodes");
	if (!nodes || json_object_array_length(nodes) != machine->nodes) {
		guest_wrong("not %u nodes", machine->nodes);
		return;
	}
	for (uint32_t n = 0; n < machine->nodes; n++) {
		struct json_object *node = json_object_array_get_idx(nodes, n);
		struct json_object *far = get(node, "distances");

		if (number(node, "node") != n ||
		    number(node, "cpus") !=
			    __builtin_popcountll(machine->cpu_mask[n]))
			guest_wrong("node %u: other CPUs", n);
		for (uint32_t to = 0; to < machine->nodes; to++)
			if (json_object_get_int(json_object_array_get_idx(
				    far, to)) != machine->distance[n][to])
				guest_wrong("node %u: another distance to %u",
					    n, to);
	}
	json_object_put(said);
}

/* ---- regions ------------------------------------------------------------- */

/* The kernel's own count of a mapping. */
static bool kernel_pages(pid_t pid, uint64_t address, uint64_t on[GUEST_NODES])
{
	char path[64], line[1024];
	bool found = false;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/numa_maps", (int)pid);
	maps = fopen(path, "r");
	MUST(maps);
	memset(on, 0, GUEST_NODES * sizeof(on[0]));
	while (!found && fgets(line, sizeof(line), maps)) {
		const char *at = line;

		found = strtoull(line, NULL, 16) == address;
		while (found && (at = strstr(at, " N"))) {
			unsigned int node;
			uint64_t pages;

			if (sscanf(at, " N%u=%" SCNu64, &node, &pages) == 2 &&
			    node < GUEST_NODES)
				on[node] += pages;
			at += 2;
		}
	}
	fclose(maps);
	return found;
}

static void said_pages(struct json_object *region, uint64_t on[GUEST_NODES])
{
	struct json_object *nodes = get(region, "nodes");
	size_t n = nodes ? json_object_array_length(nodes) : 0;

	memset(on, 0, GUEST_NODES * sizeof(on[0]));
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(nodes, i);
		int64_t node = number(one, "node");

		if (node >= 0 && node < GUEST_NODES)
			on[node] = (uint64_t)number(one, "pages");
	}
}

static int wanted(const char *kind, const struct guest_where *where)
{
	if (strcmp(kind, "control") == 0)
		return where->control;
	if (strcmp(kind, "data") == 0)
		return where->data;
	return strcmp(kind, "signal") == 0 ? where->signal : where->page;
}

static void see_region(pid_t producer, struct json_object *region, int node,
		       bool misplaced)
{
	const char *kind = json_object_get_string(get(region, "region"));
	struct json_object *plan = get(region, "plan");
	uint64_t pages = (uint64_t)number(region, "pages");
	uint64_t said[GUEST_NODES], real[GUEST_NODES];

	said_pages(region, said);
	if (!kernel_pages(producer, (uint64_t)number(region, "address"), real))
		guest_wrong("%s: the kernel has no such mapping", kind);
	if (memcmp(said, real, sizeof(said)) != 0)
		guest_wrong("%s: the kernel counts other pages", kind);
	if (node < 0)
		return;
	if (!plan || json_object_array_length(plan) != 1 ||
	    json_object_get_int(json_object_array_get_idx(plan, 0)) != node)
		guest_wrong("%s: the plan is %s, not node %d", kind,
			    plan ? json_object_get_string(plan) : "none", node);
	if (pages == 0 || real[node] != (misplaced ? 0 : pages) ||
	    (uint64_t)number(region, "misplaced") != (misplaced ? pages : 0))
		guest_wrong("%s: %" PRIu64 " of %" PRIu64
			    " pages are on node %d",
			    kind, real[node], pages, node);
}

void guest_see(pid_t producer, const struct guest_where *where, bool misplaced)
{
	int code = guest_topology("--json --check " GUEST_STREAM, 0);
	struct json_object *said = json_object_from_file(GUEST_OUTPUT);
	struct json_object *stream =
		json_object_array_get_idx(get(said, "streams"), 0);
	struct json_object *regions = get(stream, "regions");
	size_t n = regions ? json_object_array_length(regions) : 0;

	if (code != (misplaced ? 1 : 0))
		guest_wrong("dsi topology --check: exit %d: %s", code,
			    guest_errors);
	if (n != 4)
		guest_wrong("%zu regions instead of 4", n);
	for (size_t i = 0; i < n; i++) {
		struct json_object *region =
			json_object_array_get_idx(regions, i);
		int node = wanted(json_object_get_string(get(region, "region")),
				  where);

		see_region(producer, region, node, misplaced);
	}
	json_object_put(said);
}
