/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c - run a program where placing memory is not permitted.
 *
 * usage: sandbox [--no-binding] [--one-cpu] PROGRAM [ARGUMENT...]
 *
 *   --no-binding  a seccomp filter, as container engines install one, lets the
 *                 system calls of memory policies fail with EPERM
 *   --one-cpu     a cpuset of one CPU and one node; without the right to make
 *                 one it exits with 77
 *
 * Exits as the program does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_RUN 125
#define SKIPPED 77

static char cpuset[256]; /* the folder of ours */

static int forbid_binding(void)
{
	static const char *const calls[] = {
		"mbind",	 "move_pages",	  "migrate_pages",
		"set_mempolicy", "get_mempolicy", "set_mempolicy_home_node"};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);

		/* A libseccomp that does not know the newest. */
		if (number == __NR_SCMP_ERROR)
			continue;
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number,
				       0);
	}
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	if (err)
		fprintf(stderr, "sandbox: seccomp: %s\n", strerror(-err));
	return err;
}

static int put(const char *folder, const char *file, const char *text)
{
	char path[320];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* The first CPU that we may use. */
static int first_cpu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	for (unsigned i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			return (int)i;
	return 0;
}

/* Version 1 of cgroups, or version 2 where the controller is handed down. */
static int make_cpuset(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/cpuset",
					    "/sys/fs/cgroup"};
	char cpu[16], pid[16];

	snprintf(cpu, sizeof(cpu), "%d", first_cpu());
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(cpuset, sizeof(cpuset), "%s/dsi-test-%s", roots[i],
			 pid);
		if (mkdir(cpuset, 0755) < 0)
			continue;
		if (put(cpuset, "cpuset.cpus", cpu) == 0 &&
		    put(cpuset, "cpuset.mems", "0") == 0)
			return 0;
		rmdir(cpuset);
	}
	cpuset[0] = '\0';
	return -1;
}

static void remove_cpuset(void)
{
	/* What the program left running is on its way out. */
	for (int i = 0; cpuset[0] && i < 200; i++) {
		if (rmdir(cpuset) == 0 || errno != EBUSY)
			return;
		usleep(20000);
	}
}

static void child(char **argv, int no_binding)
{
	/* "0" is the writer itself. */
	if (cpuset[0] && put(cpuset, "cgroup.procs", "0") < 0) {
		perror("sandbox: cgroup.procs");
		_exit(CANNOT_RUN);
	}
	if (no_binding && forbid_binding())
		_exit(CANNOT_RUN);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(CANNOT_RUN);
}

int main(int argc, char **argv)
{
	int no_binding = 0, one_cpu = 0, status = 0, at = 1;
	pid_t pid;

	for (; at < argc && argv[at][0] == '-'; at++) {
		no_binding |= strcmp(argv[at], "--no-binding") == 0;
		one_cpu |= strcmp(argv[at], "--one-cpu") == 0;
	}
	if (at == argc) {
		fprintf(stderr, "usage: sandbox [--no-binding] [--one-cpu] "
				"PROGRAM [ARGUMENT...]\n");
		return CANNOT_RUN;
	}
	if (one_cpu && make_cpuset() < 0) {
		printf("skipped: no right to make a cpuset\n");
		return SKIPPED;
	}
	pid = fork();
	if (pid == 0)
		child(argv + at, no_binding);
	if (pid > 0)
		waitpid(pid, &status, 0);
	remove_cpuset();
	if (pid < 0)
		return CANNOT_RUN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
