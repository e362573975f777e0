/* SPDX-License-Identifier: MIT */
/* kill_walk.c - ptrace; see kill_walk.h. */
#define _GNU_SOURCE
#include "tests/kill/kill_walk.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/* A tracer is told of it even where it is ignored. */
#define MARK SIGUSR1

/* Looks at a thread that runs before it is asked whether it sleeps. */
#define LOOKS 200u

enum halt {
	HALT_STEP,
	HALT_MARK,
	HALT_ASLEEP,
	HALT_OVER,
};

/* ---- the victim ---------------------------------------------------------- */

void kill_obey(void)
{
	MUST_BE(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
	MUST(signal(MARK, SIG_IGN) != SIG_ERR);
	MUST_BE(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
}

void kill_mark(void)
{
	MUST_BE(syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), MARK),
		0);
}

/* ---- one halt ------------------------------------------------------------ */

static void resume(enum __ptrace_request request, pid_t tid, int sig)
{
	MUST_BE(ptrace(request, tid, NULL, (void *)(intptr_t)sig), 0);
}

/* The number of the system call in which it sleeps, or -1. */
static long sleeps_in(pid_t pid, pid_t tid)
{
	char path[64];
	long number = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid,
		       (int)tid);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1; /* it says "running" */
	(void)fclose(file);
	return number;
}

static int on_a_futex(long number)
{
#ifdef SYS_futex_time64
	if (number == SYS_futex_time64)
		return 1;
#endif
	return number == SYS_futex || number == SYS_futex_waitv;
}

int kill_asleep(pid_t pid, pid_t tid)
{
	long number = sleeps_in(pid, tid);

#ifdef SYS_poll
	if (number == SYS_poll)
		return 1;
#endif
	return number == SYS_ppoll || on_a_futex(number);
}

/* Wait until it halts.  A halted thread is nowhere else, so who is seen asleep
 * was resumed and sleeps. */
static enum halt await_halt(const struct kill_walk *walk)
{
	int idle = walk->rouse || walk->over;

	for (uint32_t looks = 0;; looks++) {
		int status;
		pid_t got = waitpid(walk->tid, &status,
				    __WALL | (idle ? WNOHANG : 0));

		if (got == walk->tid) {
			MUST(WIFSTOPPED(status));
			return WSTOPSIG(status) == MARK ? HALT_MARK : HALT_STEP;
		}
		MUST(got == 0 || errno == EINTR);
		if (looks < LOOKS)
			(void)sched_yield();
		else if (walk->over && walk->over())
			return HALT_OVER;
		else if (walk->rouse &&
			 on_a_futex(sleeps_in(walk->pid, walk->tid)))
			return HALT_ASLEEP;
		else
			sleep_us(20);
	}
}

/* One halt further.  0: this is where it shall be, or the end. */
static int go(struct kill_walk *walk, enum __ptrace_request request,
	      uint32_t to_sleep)
{
	enum halt halt;

	resume(request, walk->tid, 0);
	walk->halted = 0;
	halt = await_halt(walk);
	if (halt == HALT_ASLEEP && !to_sleep) {
		void (*rouse)(void) = walk->rouse;

		/* Once: for what follows nobody has to do anything. */
		walk->rouse = NULL;
		rouse();
		halt = await_halt(walk);
	}
	walk->halted = halt == HALT_STEP || halt == HALT_MARK;
	if (halt == HALT_ASLEEP)
		walk->at.asleep = 1;
	return halt == HALT_STEP;
}

/* ---- a walk -------------------------------------------------------------- */

int kill_walk_possible(void)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0);
	return kill_await(pid) == 0;
}

void kill_walk_begin(struct kill_walk *walk, pid_t pid)
{
	int status;

	*walk = (struct kill_walk){.pid = pid, .tid = pid, .halted = 1};
	while (waitpid(pid, &status, 0) < 0)
		MUST(errno == EINTR);
	/* Else it found fault with something, and said so. */
	MUST(WIFSTOPPED(status) && WSTOPSIG(status) == MARK);
}

void kill_walk_other_thread(struct kill_walk *walk)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)walk->pid);
	dir = opendir(path);
	MUST(dir);
	walk->tid = 0;
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && tid != walk->pid)
			walk->tid = tid;
	}
	(void)closedir(dir);
	MUST(walk->tid);
	resume(PTRACE_SEIZE, walk->tid, 0);
	resume(PTRACE_INTERRUPT, walk->tid, 0);
	MUST_BE(await_halt(walk), HALT_STEP);
}

int kill_walk_to(struct kill_walk *walk, const struct kill_point *point)
{
	while (point->asleep || walk->at.calls < point->calls) {
		if (!go(walk, PTRACE_SYSCALL, point->asleep))
			return walk->at.asleep != 0;
		walk->at.calls++;
	}
	while (walk->at.steps < point->steps) {
		if (!go(walk, PTRACE_SINGLESTEP, 0))
			return 0;
		walk->at.steps++;
	}
	return 1;
}

/* ---- its end ------------------------------------------------------------- */

void kill_walk_kill(const struct kill_walk *walk)
{
	kill_now(walk->pid);
	/* The process is to be waited for when all that are traced were. */
	if (walk->tid != walk->pid)
		MUST_BE(kill_await(walk->tid), -SIGKILL);
	MUST_BE(kill_await(walk->pid), -SIGKILL);
}

static void await_stopped(pid_t tid, int how)
{
	int status;

	while (waitpid(tid, &status, how) < 0)
		MUST(errno == EINTR);
	MUST(WIFSTOPPED(status));
}

/* It was led by instructions into a call in which it waits: the end of the call
 * is another halt, of which nobody is told who leads it no more. */
static void interrupt(pid_t tid)
{
	struct __ptrace_peeksiginfo_args first = {.nr = 1};
	siginfo_t info;

	resume(PTRACE_INTERRUPT, tid, 0);
	await_stopped(tid, __WALL);
	if (ptrace(PTRACE_PEEKSIGINFO, tid, &first, &info) <= 0)
		return;
	resume(PTRACE_CONT, tid, 0);
	await_stopped(tid, __WALL);
}

void kill_walk_stop(struct kill_walk *walk)
{
	int sig = 0;

	if (walk->tid != walk->pid && !walk->halted)
		interrupt(walk->tid);
	/* It waits for the first thread, which takes it before it executes
	 * another instruction, and then the others stop, too. */
	MUST_BE(syscall(SYS_tgkill, walk->pid, walk->pid, SIGSTOP), 0);
	if (walk->tid == walk->pid && !walk->halted) {
		await_stopped(walk->pid, __WALL);
		sig = SIGSTOP;
	}
	resume(PTRACE_DETACH, walk->pid, sig);
	if (walk->tid != walk->pid)
		resume(PTRACE_DETACH, walk->tid, 0);
	await_stopped(walk->pid, WUNTRACED);
}

void kill_walk_continue(const struct kill_walk *walk)
{
	MUST_BE(kill(walk->pid, SIGCONT), 0);
}

uint32_t kill_count_descriptors(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return count_entries(path);
}
