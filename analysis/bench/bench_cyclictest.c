/* SPDX-License-Identifier: MIT */
/*
 * bench_cyclictest.c - what the program cyclictest says about the same CPU, in the
 * same run and under the same load: how late a thread is that sleeps until a time.
 *
 * That is the beginning of each time of BENCH_TIMED, and no library has a part in
 * it.  Times above 1 ms are counted by cyclictest and not kept: all of them but
 * the longest one are taken for 1 ms.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "bench/bench_side.h"
#include "bench/bench_statistics.h"

#define MOST_NS 1000000u /* of its histogram */
#define PATIENCE_MS 60000
#define NS_PER_MS 1000000u

static int refuse(struct bench_outcome *out, int err, const char *text)
{
	snprintf(out->why, sizeof(out->why), "%s", text);
	return err;
}

/* Until it ends.  0 if it says that all is well. */
static int wait_for(pid_t pid, uint64_t time_ns)
{
	struct pollfd end = {
		.fd = (int)syscall(SYS_pidfd_open, pid, 0),
		.events = POLLIN,
	};
	int status = -1;

	if (end.fd < 0 ||
	    poll(&end, 1, (int)(time_ns / NS_PER_MS) + PATIENCE_MS) != 1)
		kill(pid, SIGKILL);
	if (end.fd >= 0)
		close(end.fd);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
			       WEXITSTATUS(status) == 0
		       ? 0
		       : -DSI_EPIPE;
}

/* What it prints is of no use: its answer is the file. */
static int run(const char *const *argv, uint64_t time_ns)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null",
					       O_WRONLY, 0);
	if (!err)
		/* It does not change them. */
		err = posix_spawnp(&pid, argv[0], &actions, NULL,
				   (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err ? -err : wait_for(pid, time_ns);
}

/* "name": number */
static bool number_of(const char *text, const char *name, uint64_t *out)
{
	const char *at = strstr(text, name);

	if (!at)
		return false;
	*out = strtoull(at + strlen(name), NULL, 10);
	return true;
}

static void add(struct bench_stage *stage, struct bench_outcome *out,
		uint64_t time_ns, uint64_t n)
{
	uint64_t *samples = stage->samples[0];

	while (n-- && out->n_samples < BENCH_SAMPLES)
		samples[out->n_samples++] = time_ns;
}

/* "histogram": { "11815": 1, ... }, and behind it "max", "cycles". */
static bool read_answer(const char *text, struct bench_stage *stage,
			struct bench_outcome *out)
{
	const char *at = strstr(text, "\"histogram\": {");
	const char *end = at ? strchr(at, '}') : NULL;
	uint64_t cycles;
	uint64_t most_ns;

	if (!end || !number_of(end, "\"cycles\": ", &cycles) ||
	    !number_of(end, "\"max\": ", &most_ns))
		return false;
	at = strchr(at, '{');
	while ((at = strchr(at + 1, '"')) && at < end) {
		char *rest;
		uint64_t time_ns = strtoull(at + 1, &rest, 10);

		if (rest[0] != '"' || rest[1] != ':')
			return false;
		add(stage, out, time_ns, strtoull(rest + 2, NULL, 10));
		at = rest;
	}
	if (out->n_samples < cycles && most_ns >= MOST_NS) {
		add(stage, out, MOST_NS, cycles - out->n_samples - 1);
		add(stage, out, most_ns, 1);
	}
	out->samples = stage->samples[0];
	out->rounds = out->packets = out->n_samples;
	return out->n_samples > 0;
}

static int read_file(int fd, struct bench_stage *stage,
		     struct bench_outcome *out)
{
	struct stat info;
	char *text = NULL;
	bool good = false;

	if (fstat(fd, &info) == 0 && info.st_size > 0)
		text = calloc(1, (size_t)info.st_size + 1);
	if (text && pread(fd, text, (size_t)info.st_size, 0) == info.st_size)
		good = read_answer(text, stage, out);
	free(text);
	if (!good)
		return refuse(out, -DSI_EPROTO,
			      "cyclictest's answer cannot be read");
	bench_sort(out->samples, out->n_samples);
	return 0;
}

static uint64_t loops_of(const struct bench_trial *trial)
{
	uint64_t n = trial->time_ns / trial->interval_ns;

	if (trial->packets && trial->packets < n)
		n = trial->packets;
	if (n > BENCH_SAMPLES)
		n = BENCH_SAMPLES;
	return n ? n : 1;
}

static int measure(int fd, const struct bench_trial *trial,
		   struct bench_stage *stage, struct bench_outcome *out)
{
	char file[64];
	char cpu[16];
	char interval[24];
	char loops[24];
	char priority[24];
	const char *argv[] = {"cyclictest", "-q",  "-m",      "-t1",
			      "-N",	    "-h",  "1000000", file,
			      "-a",	    cpu,   "-i",      interval,
			      "-l",	    loops, priority,  NULL};
	uint64_t us = (trial->interval_ns + 999) / 1000;
	int err;

	snprintf(file, sizeof(file), "--json=/proc/%d/fd/%d", (int)getpid(),
		 fd);
	snprintf(cpu, sizeof(cpu), "%d", trial->cpus[0]);
	snprintf(interval, sizeof(interval), "%llu", (unsigned long long)us);
	snprintf(loops, sizeof(loops), "%llu",
		 (unsigned long long)loops_of(trial));
	if (trial->what.fifo)
		snprintf(priority, sizeof(priority), "-p%d", BENCH_PRIORITY);
	else
		snprintf(priority, sizeof(priority), "--policy=other");
	err = run(argv, trial->time_ns);
	if (err == -ENOENT)
		return refuse(out, err,
			      "cyclictest is not here: install Debian's "
			      "package rt-tests");
	if (err)
		return refuse(out, err,
			      "cyclictest failed: real-time priorities need "
			      "ulimit -r, or root");
	return read_file(fd, stage, out);
}

static int run_alone(struct bench_stage *stage, const struct bench_trial *trial,
		     struct bench_outcome *out)
{
	int fd = memfd_create("cyclictest", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return refuse(out, -errno, "no memory for its answer");
	err = measure(fd, trial, stage, out);
	close(fd);
	return err;
}

const struct bench_channel bench_cyclictest = {
	.name = "cyclictest",
	.text = "the program cyclictest: how late who sleeps until a time "
		"wakes",
	.can = BENCH_CAN_WAIT(BENCH_SLEEP) | BENCH_CAN_PROCESSES |
	       BENCH_CAN_ALONE,
	.limit = true,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = BENCH_CONSUMERS,
	.run_alone = run_alone,
};
