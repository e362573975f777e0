// SPDX-License-Identifier: MIT
/* trace_tool.c - run one of LTTng's programs; see trace_tool.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "trace_tool.h"

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

int tool_run(const char *const argv[], char **out_text)
{
	int output = memfd_create("dsi-trace", MFD_CLOEXEC);
	int status = 0;
	pid_t pid;
	int err;

	if (out_text)
		*out_text = NULL;
	if (output < 0)
		return -1;
	/* No pipe: a daemon keeps its end of one open. */
	err = start(argv, output, &pid);
	while (!err && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && out_text && lseek(output, 0, SEEK_SET) == 0)
		*out_text = read_all(output);
	close(output);
	if (err)
		return -1;
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

int tool_must(const char *const argv[])
{
	char *said;
	int result = tool_run(argv, &said);
	size_t length = said ? strlen(said) : 0;

	while (length && said[length - 1] == '\n')
		length--;
	if (result)
		message_error(argv[0], "%s %s failed: %.*s", argv[0],
			      argv[1] ? argv[1] : "", (int)length,
			      said ? said : "");
	free(said);
	return result ? CLI_FAILURE : CLI_OK;
}
