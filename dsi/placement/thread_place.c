/* SPDX-License-Identifier: MIT */
/*
 * thread_place.c - on which CPUs, and with which right, the calling thread
 * runs.
 *
 * Place: beside the data flow; a program calls it once, before its real-time
 * loop.  Errors name the right that is missing.
 */
#define _GNU_SOURCE
#include <dsi/placement.h>

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "why.h"

/* What sched_setattr() takes; glibc of Debian 12 has no name for it. */
struct sched_request {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};

#define DEADLINE_LEAST_NS 1024u /* the kernel's own limit */

union cpu_words {
	cpu_set_t set[DSI_CPUS_MAX / CPU_SETSIZE];
	struct dsi_cpus cpus;
};

static struct dsi_cpus from_kernel(const union cpu_words *words)
{
	struct dsi_cpus cpus = {{0}};

	for (uint32_t i = 0; i < DSI_CPUS_MAX; i++)
		if (CPU_ISSET_S(i, sizeof(*words), words->set))
			cpus.words[i / 64u] |= UINT64_C(1) << (i % 64u);
	return cpus;
}

int dsi_thread_cpus(uint32_t tid, struct dsi_cpus *out_cpus)
{
	union cpu_words words;

	memset(&words, 0, sizeof(words));
	if (!out_cpus || tid > INT32_MAX)
		return -DSI_EINVAL;
	if (sched_getaffinity((pid_t)tid, sizeof(words), words.set) < 0)
		return why_code(errno);
	*out_cpus = from_kernel(&words);
	return 0;
}

int dsi_thread_pin(const struct dsi_cpus *cpus, char *why, uint32_t why_bytes)
{
	struct why reason = {why, why_bytes};
	union cpu_words words;

	if (!cpus)
		return -DSI_EINVAL;
	memset(&words, 0, sizeof(words));
	for (uint32_t i = 0; i < DSI_CPUS_MAX; i++)
		if (cpus->words[i / 64u] >> (i % 64u) & 1u)
			CPU_SET_S(i, sizeof(words), words.set);
	if (sched_setaffinity(0, sizeof(words), words.set) == 0)
		return 0;
	if (errno == EINVAL)
		return why_fail(reason, -DSI_EINVAL,
				"none of these CPUs is there and in the cpuset "
				"(see Cpus_allowed_list in /proc/self/status)");
	return why_fail(reason, why_code(errno), "sched_setaffinity: %s",
			strerror(errno));
}

/* ---- real time ----------------------------------------------------------- */

static int fifo_failed(struct why why, int error, uint32_t priority)
{
	struct rlimit limit = {0, 0};

	(void)getrlimit(RLIMIT_RTPRIO, &limit);
	if (error == EPERM)
		return why_fail(
			why, -DSI_EACCES,
			"SCHED_FIFO with priority %u: not permitted; this "
			"needs "
			"CAP_SYS_NICE, or RLIMIT_RTPRIO of at least %u (it is "
			"%llu; `ulimit -r`, or rtprio in "
			"/etc/security/limits.conf), and in a cgroup with "
			"cpu.rt_runtime_us some of that",
			priority, priority, (unsigned long long)limit.rlim_cur);
	return why_fail(why, why_code(error), "SCHED_FIFO: %s",
			strerror(error));
}

int dsi_thread_fifo(uint32_t priority, char *why, uint32_t why_bytes)
{
	struct sched_param param = {.sched_priority = (int)priority};

	if (priority < 1 || priority > 99)
		return why_fail((struct why){why, why_bytes}, -DSI_EINVAL,
				"SCHED_FIFO: priorities are 1 to 99, not %u",
				priority);
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) ==
	    0)
		return 0;
	return fifo_failed((struct why){why, why_bytes}, errno, priority);
}

static int deadline_failed(struct why why, int error)
{
	switch (error) {
	case EPERM:
		return why_fail(
			why, -DSI_EACCES,
			"SCHED_DEADLINE: not permitted; this needs "
			"CAP_SYS_NICE, and a thread that may run on all "
			"CPUs of its root domain (do not pin it; use an "
			"exclusive cpuset instead)");
	case EBUSY:
		return why_fail(why, -DSI_EBUSY,
				"SCHED_DEADLINE: so much time is not left; the "
				"threads with deadlines together may have "
				"/proc/sys/kernel/sched_rt_runtime_us of each "
				"sched_rt_period_us");
	case ENOSYS:
		return why_fail(why, -DSI_ENOTSUP,
				"SCHED_DEADLINE: the kernel or a sandbox does "
				"not offer sched_setattr");
	default:
		return why_fail(why, why_code(error), "SCHED_DEADLINE: %s",
				strerror(error));
	}
}

int dsi_thread_deadline(uint64_t runtime_ns, uint64_t deadline_ns,
			uint64_t period_ns, char *why, uint32_t why_bytes)
{
	struct why reason = {why, why_bytes};
	struct sched_request request = {.size = sizeof(request),
					.policy = SCHED_DEADLINE,
					.flags = 1, /* reset on fork */
					.runtime = runtime_ns,
					.deadline = deadline_ns,
					.period = period_ns};

	if (runtime_ns < DEADLINE_LEAST_NS || runtime_ns > deadline_ns ||
	    deadline_ns > period_ns || period_ns > (uint64_t)INT64_MAX)
		return why_fail(
			reason, -DSI_EINVAL,
			"SCHED_DEADLINE: 1024 ns <= runtime <= deadline "
			"<= period is needed");
	if (syscall(SYS_sched_setattr, 0, &request, 0) == 0)
		return 0;
	return deadline_failed(reason, errno);
}
