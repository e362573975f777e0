/* SPDX-License-Identifier: MIT */
/*
 * bench_memory.c - how fast one CPU writes, reads and copies memory that does
 * not fit into its own caches, with the loops that the payloads are written and
 * read with.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "bench/bench_machine.h"
#include "bench/bench_payload.h"
#include "bench/bench_raw.h"
#include "bench/bench_trial.h"

#define NS_PER_S 1e9
#define CHUNK (1u << 20)

struct memory_page {
	struct bench_memory speed;
	bool good;
};

static double per_s(size_t bytes, uint64_t from_ns)
{
	uint64_t took_ns = bench_now() - from_ns;

	return (double)bytes * NS_PER_S / (double)(took_ns ? took_ns : 1);
}

static void measure(struct memory_page *page, char *from, char *to,
		    size_t bytes)
{
	uint64_t begin_ns;
	bool good = true;

	bench_raw_touch(from, bytes);
	bench_raw_touch(to, bytes);
	begin_ns = bench_now();
	for (size_t i = 0; i < bytes; i += CHUNK)
		bench_payload_write(from + i, CHUNK, i);
	page->speed.write = per_s(bytes, begin_ns);
	begin_ns = bench_now();
	for (size_t i = 0; i < bytes; i += CHUNK)
		good = good && bench_payload_read(from + i, CHUNK, i);
	page->speed.read = per_s(bytes, begin_ns);
	begin_ns = bench_now();
	memcpy(to, from, bytes);
	page->speed.copy = per_s(bytes, begin_ns);
	page->good = good && memcmp(to, from, bytes) == 0;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
}

static int run(int cpu, bool keep, struct memory_page *page, char *area,
	       size_t bytes)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (keep)
			pin(cpu);
		measure(page, area, area + bytes, bytes);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return -DSI_EPIPE;
	return page->good ? 0 : -DSI_EPROTO;
}

int bench_memory_run(int cpu, bool keep, size_t bytes, struct bench_memory *out)
{
	size_t room = sizeof(struct memory_page) + 2 * bytes + 64;
	struct memory_page *page =
		mmap(NULL, room, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int err;

	if (page == MAP_FAILED)
		return -errno;
	err = run(cpu, keep, page, (char *)page + 64, bytes);
	*out = page->speed;
	munmap(page, room);
	return err;
}
