// SPDX-License-Identifier: MIT
/*
 * numa_suite.c - the conformance suite of the port on a machine with several
 * nodes, where placing memory is not permitted: nothing else may change.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "numa_guest.h"
#include "tests/unit/must.h"

#define SUITE "port.linux"
#define OUTPUT "/tmp/suite.out"

/* Every stream is to lie on the last node that has CPUs. */
static void run(const struct guest_start *start)
{
	char wish[32];

	MUST(freopen(OUTPUT, "w", stdout) && dup2(1, 2) == 2);
	snprintf(wish, sizeof(wish), "node:%u", start->placement_of);
	MUST_BE(setenv("DSI_PLACEMENT", wish, 1), 0);
	guest_confine(start);
	execlp(SUITE, SUITE, (char *)NULL);
	_exit(127);
}

/* What failed, and how many tests there were. */
static unsigned int read_results(void)
{
	FILE *output = fopen(OUTPUT, "r");
	unsigned int n = 0, complaints = 0;
	char line[512];

	MUST(output);
	while (fgets(line, sizeof(line), output)) {
		line[strcspn(line, "\n")] = '\0';
		n += strncmp(line, "ok ", 3) == 0;
		complaints += strncmp(line, "dsi: placement: ", 16) == 0;
		if (strncmp(line, "not ok ", 7) == 0)
			guest_wrong("%s", line);
	}
	fclose(output);
	if (complaints == 0)
		guest_wrong("nobody wanted to place anything");
	return n;
}

void guest_suite(const struct guest_start *start)
{
	int status = -1;
	unsigned int n;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		run(start);
	MUST_BE(waitpid(pid, &status, 0), pid);
	n = read_results();
	if (status != 0 || n == 0)
		guest_wrong(SUITE " ended with status %#x after %u tests",
			    (unsigned int)status, n);
	guest_say("%u tests", n);
}
