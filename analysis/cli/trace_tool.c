// SPDX-License-Identifier: MIT
/* trace_tool.c - run one of LTTng's programs; see trace_tool.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "trace_tool.h"

/* What LTTng does takes a second on a busy machine, but some of it writes what is in the
 * buffers.  A daemon that did not answer once is not waited for as long again. */
#define PATIENCE_MS 20000
#define WRITING_PATIENCE_MS 600000
#define LITTLE_PATIENCE_MS 2000

static bool was_silent;

static char *read_all(int fd)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *stream = open_memstream(&text, &bytes);
	char part[4096];
	ssize_t n;

	if (!stream)
		return NULL;
	while ((n = read(fd, part, sizeof(part))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0)
			fwrite(part, 1, (size_t)n, stream);
	fclose(stream);
	return text;
}

static int start(const char *const argv[], int output, pid_t *out_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, 1);
	posix_spawn_file_actions_adddup2(&files, output, 2);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
	err = posix_spawnp(out_pid, argv[0], &files, &how,
			   (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return err;
}

/* What it was asked for, behind the options for all of LTTng. */
static const char *verb(const char *const argv[])
{
	const char *const *at = argv + 1;

	while (*at && at[0][0] == '-' && at[1])
		at++;
	return *at ? *at : "";
}

static int patience_ms(const char *const argv[])
{
	if (was_silent)
		return LITTLE_PATIENCE_MS;
	return strcmp(verb(argv), "stop") == 0 ||
			       strcmp(verb(argv), "snapshot") == 0
		       ? WRITING_PATIENCE_MS
		       : PATIENCE_MS;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Does the program end, within @left milliseconds? */
static bool ends(pid_t pid, int64_t left)
{
	struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int64_t until = now_ms() + left;
	int n = 0;

	if (end.fd < 0)
		return true; /* waitpid() knows */
	while (left > 0 && (n = poll(&end, 1, (int)left)) < 0 && errno == EINTR)
		left = until - now_ms();
	close(end.fd);
	return n > 0;
}

/* Its status.  One that does not end is ended, with what it started. */
static int finish(const char *const argv[], pid_t pid, bool *out_ended)
{
	int status = 0;

	*out_ended = ends(pid, patience_ms(argv));
	if (!*out_ended) {
		(void)kill(-pid, SIGKILL);
		was_silent = true;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int tool_run(const char *const argv[], char **out_text)
{
	int output = memfd_create("dsi-trace", MFD_CLOEXEC);
	bool ended = true;
	int status = 0;
	pid_t pid;
	int err;

	if (out_text)
		*out_text = NULL;
	if (output < 0)
		return -1;
	/* No pipe: a daemon keeps its end of one open. */
	err = start(argv, output, &pid);
	if (!err)
		status = finish(argv, pid, &ended);
	if (!err && out_text && lseek(output, 0, SEEK_SET) == 0)
		*out_text = read_all(output);
	close(output);
	if (err)
		return -1;
	if (!ended)
		return TOOL_SILENT;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : CLI_SIGNAL + WTERMSIG(status);
}

bool tool_exists(const char *name)
{
	const char *path = getenv("PATH");
	const char *at = path ? path : "/usr/bin:/bin";

	while (*at) {
		size_t length = strcspn(at, ":");
		char file[4096];

		if (snprintf(file, sizeof(file), "%.*s/%s", (int)length, at,
			     name) < (int)sizeof(file) &&
		    access(file, X_OK) == 0)
			return true;
		at += length + (at[length] == ':');
	}
	return false;
}

int tool_report(const char *const argv[], int result, const char *said)
{
	size_t length = said ? strlen(said) : 0;

	while (length && said[length - 1] == '\n')
		length--;
	if (result == TOOL_SILENT)
		message_error(argv[0],
			      "%s did not end in time: the session daemon does "
			      "not answer",
			      verb(argv));
	else if (result)
		message_error(argv[0], "%s failed: %.*s", verb(argv),
			      (int)length, said ? said : "");
	return result ? CLI_FAILURE : CLI_OK;
}

int tool_must(const char *const argv[])
{
	char *said;
	int result = tool_run(argv, &said);
	int err = tool_report(argv, result, said);

	free(said);
	return err;
}
