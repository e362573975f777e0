/* SPDX-License-Identifier: MIT */
/*
 * child_process.c - start, watch and end a worker process.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child_process.h"

static void exec_role(const struct child_process *child, int report_fd,
		      const struct video_options *opts)
{
	char fd[16], frames[32], rate[32];
	const char *argv[16] = {"dsi-demo-video", "--role", child->role,
				"--name", child->name};
	int n = 5;

	snprintf(fd, sizeof(fd), "--report-fd=%d", report_fd);
	snprintf(frames, sizeof(frames), "--frames=%llu",
		 (unsigned long long)opts->max_frames);
	argv[n++] = fd;
	argv[n++] = frames;
	snprintf(rate, sizeof(rate), "--rate=%u/%u", opts->rate_num,
		 opts->rate_den);
	argv[n++] = rate;
	if (opts->paced)
		argv[n++] = "--paced";
	if (opts->copy)
		argv[n++] = "--copy";
	if (strcmp(child->role, "sink") != 0) {
		argv[n++] = "--";
		argv[n++] = opts->input;
	} else if (opts->output) {
		argv[n++] = "--output";
		argv[n++] = opts->output;
	}
	/* Do not survive the control application. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	fcntl(report_fd, F_SETFD, 0);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	perror("exec");
	_exit(127);
}

int child_process_start(struct child_process *child, const char *role,
			const struct video_options *opts)
{
	int fds[2];

	child->role = role;
	snprintf(child->name, sizeof(child->name), "video-%ld-%s",
		 (long)getpid(), role);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	child->pid = fork();
	if (child->pid == 0)
		exec_role(child, fds[1], opts);
	close(fds[1]);
	if (child->pid < 0) {
		child->pid = 0;
		close(fds[0]);
		return -1;
	}
	child->report_fd = fds[0];
	fcntl(child->report_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

void child_process_poll(struct child_process *child)
{
	if (child->pid == 0)
		return;
	if (!child->ended)
		child->ended = waitpid(child->pid, &child->status, WNOHANG) ==
			       child->pid;
	if (!child->reported)
		child->reported = read(child->report_fd, &child->report,
				       sizeof(child->report)) ==
				  (ssize_t)sizeof(child->report);
}

int child_process_trouble(const struct child_process *child, char *why)
{
	if (child->ended && WIFSIGNALED(child->status)) {
		snprintf(why, CHILD_WHY_BYTES, "the %s was killed: %s",
			 child->role, strsignal(WTERMSIG(child->status)));
		return 1;
	}
	if (child->reported && child->report.why[0] != '\0') {
		snprintf(why, CHILD_WHY_BYTES, "the %s gave up: %s",
			 child->role, child->report.why);
		return 1;
	}
	if (child->ended && WEXITSTATUS(child->status) != 0) {
		snprintf(why, CHILD_WHY_BYTES, "the %s ended with code %d",
			 child->role, WEXITSTATUS(child->status));
		return 1;
	}
	return 0;
}

void child_process_finish(struct child_process *child, uint64_t deadline_ns)
{
	const struct timespec moment = {.tv_nsec = 2000000};

	if (child->pid == 0)
		return;
	for (;;) {
		child_process_poll(child);
		if (child->ended)
			break;
		if (dsi_now() >= deadline_ns)
			kill(child->pid, SIGKILL);
		nanosleep(&moment, NULL);
	}
	close(child->report_fd);
}
