/* SPDX-License-Identifier: MIT */
/*
 * thread_test.c - where a thread runs and how it is scheduled, and each refusal of
 * the kernel.  A filter makes the kernel refuse, in a child, so it does not matter
 * which rights the test has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/errno.h>
#include <dsi/placement.h>

#define MS UINT64_C(1000000)

static int failures;

static void expect(const char *what, int got, int wanted, const char *why,
		   const char *part)
{
	if (got == wanted && strstr(why, part))
		return;
	printf("not ok - %s: %d instead of %d, '%s' without '%s'\n", what, got,
	       wanted, why, part);
	failures++;
}

static int in_child(void (*fn)(const void *arg), const void *arg)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		failures = 0;
		fn(arg);
		fflush(stdout);
		exit(failures != 0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		failures++;
	return status;
}

/* ---- what the kernel refuses ---------------------------------------------------- */

static int fifo(char *why, uint32_t bytes)
{
	return dsi_thread_fifo(99, why, bytes);
}

static int deadline(char *why, uint32_t bytes)
{
	return dsi_thread_deadline(MS, 10 * MS, 20 * MS, why, bytes);
}

static int pin(char *why, uint32_t bytes)
{
	struct dsi_cpus cpus = {{1}};

	return dsi_thread_pin(&cpus, why, bytes);
}

static int where(char *why, uint32_t bytes)
{
	struct dsi_cpus cpus;

	(void)why;
	(void)bytes;
	return dsi_thread_cpus(0, &cpus);
}

static const struct refusal {
	int (*call)(char *why, uint32_t bytes);
	int syscall;
	int error;
	int wanted;
	const char *part; /* of the reason */
} refusals[] = {
	{fifo, SCMP_SYS(sched_setscheduler), EPERM, -DSI_EACCES,
	 "CAP_SYS_NICE, or RLIMIT_RTPRIO of at least 99"},
	{fifo, SCMP_SYS(sched_setscheduler), ENOSYS, -DSI_ENOTSUP,
	 "SCHED_FIFO: "},
	{deadline, SCMP_SYS(sched_setattr), EPERM, -DSI_EACCES,
	 "all CPUs of its root domain"},
	{deadline, SCMP_SYS(sched_setattr), EBUSY, -DSI_EBUSY,
	 "sched_rt_runtime_us"},
	{deadline, SCMP_SYS(sched_setattr), ENOSYS, -DSI_ENOTSUP, "sandbox"},
	{deadline, SCMP_SYS(sched_setattr), EINVAL, -DSI_EINVAL,
	 "SCHED_DEADLINE: "},
	{pin, SCMP_SYS(sched_setaffinity), EINVAL, -DSI_EINVAL,
	 "Cpus_allowed_list"},
	{pin, SCMP_SYS(sched_setaffinity), EPERM, -DSI_EACCES,
	 "sched_setaffinity: "},
	{where, SCMP_SYS(sched_getaffinity), EPERM, -DSI_EACCES, ""},
	{where, SCMP_SYS(sched_getaffinity), ESRCH, -DSI_ENOENT, ""},
};

static void refused(const void *arg)
{
	const struct refusal *refusal = arg;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	char why[512] = "";
	int got;

	if (!filter ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refusal->error),
			     refusal->syscall, 0) ||
	    seccomp_load(filter)) {
		printf("not ok - no filter\n");
		failures++;
		return;
	}
	got = refusal->call(why, sizeof(why));
	expect(strerror(refusal->error), got, refusal->wanted, why,
	       refusal->part);
	/* Nobody needs the reason. */
	got = refusal->call(NULL, 0);
	expect("without a text", got, refusal->wanted, "", "");
}

/* ---- arguments -------------------------------------------------------------------- */

static void arguments(void)
{
	struct dsi_cpus none = {{0}};
	char why[512] = "";

	expect("fifo 0", dsi_thread_fifo(0, why, sizeof(why)), -DSI_EINVAL, why,
	       "1 to 99, not 0");
	expect("fifo 100", dsi_thread_fifo(100, why, sizeof(why)), -DSI_EINVAL,
	       why, "1 to 99, not 100");
	expect("short runtime",
	       dsi_thread_deadline(1023, MS, MS, why, sizeof(why)), -DSI_EINVAL,
	       why, "1024 ns <= runtime");
	expect("long runtime",
	       dsi_thread_deadline(2 * MS, MS, 3 * MS, why, sizeof(why)),
	       -DSI_EINVAL, why, "runtime <= deadline");
	expect("long deadline",
	       dsi_thread_deadline(MS, 3 * MS, 2 * MS, why, sizeof(why)),
	       -DSI_EINVAL, why, "<= period");
	expect("endless period",
	       dsi_thread_deadline(MS, MS, UINT64_MAX, why, sizeof(why)),
	       -DSI_EINVAL, why, "<= period");
	expect("no CPUs", dsi_thread_pin(NULL, why, sizeof(why)), -DSI_EINVAL,
	       "", "");
	why[0] = '\0';
	expect("empty set", dsi_thread_pin(&none, why, sizeof(why)),
	       -DSI_EINVAL, why, "none of these CPUs");
	expect("nowhere to", dsi_thread_cpus(0, NULL), -DSI_EINVAL, "", "");
	expect("no thread", dsi_thread_cpus(UINT32_MAX, &none), -DSI_EINVAL, "",
	       "");
}

/* On the first CPU that it may run on, and on no other. */
static void pinned(const void *arg)
{
	struct dsi_cpus one = {{0}};
	struct dsi_cpus now;
	uint32_t first = 0;

	(void)arg;
	expect("where", dsi_thread_cpus(0, &now), 0, "", "");
	while (first < DSI_CPUS_MAX &&
	       !(now.words[first / 64u] >> (first % 64u) & 1u))
		first++;
	one.words[first / 64u] = UINT64_C(1) << (first % 64u);
	expect("pin", dsi_thread_pin(&one, NULL, 0), 0, "", "");
	expect("where it is pinned", dsi_thread_cpus(0, &now), 0, "", "");
	if (memcmp(&now, &one, sizeof(now)) != 0) {
		printf("not ok - it may run elsewhere\n");
		failures++;
	}
}

/* With the right it works, and without the reason says what is missing. */
static void scheduled(const void *arg)
{
	char why[512] = "CAP_SYS_NICE";
	int err = dsi_thread_fifo(1, why, sizeof(why));

	(void)arg;
	if (!err &&
	    (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) != SCHED_FIFO)
		err = -DSI_EIO;
	expect("fifo", err == -DSI_EACCES ? 0 : err, 0, why, "CAP_SYS_NICE");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		(void)in_child(refused, &refusals[i]);
	(void)in_child(pinned, NULL);
	(void)in_child(scheduled, NULL);
	arguments();
	printf("%s - threads: %d failures\n", failures ? "not ok" : "ok",
	       failures);
	return failures != 0;
}
