/* SPDX-License-Identifier: MIT */
/*
 * child_process.h - the worker processes as the control application sees
 * them: start, hear the last words, notice the death, wait for the end.
 */
#ifndef DEMO_CHILD_PROCESS_H
#define DEMO_CHILD_PROCESS_H

#include <sys/types.h>

#include <dsi/dsi.h>

#include "video_roles.h"
#include "worker.h"

#define CHILD_WHY_BYTES 320u

/**
 * struct child_process - one worker.
 * @role:      "source", "filter" or "sink"
 * @name:      of its component
 * @pid:       0 = was never started
 * @ended:     1 = it was waited for; @status is valid
 * @reported:  1 = @report is valid
 */
struct child_process {
	const char *role;
	char name[DSI_NAME_BYTES];
	pid_t pid;
	int report_fd;
	int ended;
	int status;
	int reported;
	struct worker_report report;
};

/* Start this program once more in the given role.  Return 0 or -1. */
int child_process_start(struct child_process *child, const char *role,
			const struct video_options *opts);

/* Look whether it has ended or reported since the last time. */
void child_process_poll(struct child_process *child);

/* If it went wrong, say how, in a sentence; 0 if it did not. */
int child_process_trouble(const struct child_process *child, char *why);

/* Wait until it ends, at most until @deadline_ns, then end it by force. */
void child_process_finish(struct child_process *child, uint64_t deadline_ns);

#endif /* DEMO_CHILD_PROCESS_H */
