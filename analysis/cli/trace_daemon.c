// SPDX-License-Identifier: MIT
/* trace_daemon.c - the session daemon; see trace_daemon.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "trace_daemon.h"
#include "trace_run.h"
#include "trace_tool.h"

#define POLLS 100 /* of 100 ms, for a daemon to end, or a lock */

static const struct timespec pause_time = {.tv_nsec = 100000000};

static int fail(const char *subject, const char *what)
{
	message_error(subject, "%s: %s", what, strerror(errno));
	return CLI_FAILURE;
}

/* ---- our folder ---------------------------------------------------------- */

/* Nobody else may have made it for us. */
static int make_folder(const char *path)
{
	struct stat info;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail(path, "cannot be made");
	if (lstat(path, &info) < 0)
		return fail(path, "cannot be used");
	if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() ||
	    (info.st_mode & 077)) {
		message_error(path, "is not a folder of ours alone (mode "
				    "0700); remove it");
		return CLI_FAILURE;
	}
	return CLI_OK;
}

static int find_folder(struct trace_daemon *daemon)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *at = daemon->folder;
	size_t size = sizeof(daemon->folder);
	int n;

	if (geteuid() == 0)
		n = snprintf(at, size, "/run/dsi-trace");
	else if (runtime && *runtime == '/')
		n = snprintf(at, size, "%s/dsi-trace", runtime);
	else
		n = snprintf(at, size, "/tmp/dsi-trace-%u", geteuid());
	if (n < 0 || (size_t)n >= size - 64) {
		message_error("XDG_RUNTIME_DIR", "is too long a path");
		return CLI_FAILURE;
	}
	return make_folder(at);
}

static int open_lock(struct trace_daemon *daemon)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/lock", daemon->folder);
	daemon->lock =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (daemon->lock < 0)
		return fail(path, "cannot be opened");
	if (trace_daemon_lock(daemon) == CLI_OK)
		return CLI_OK;
	close(daemon->lock);
	daemon->lock = -1;
	return CLI_FAILURE;
}

int trace_daemon_lock(struct trace_daemon *daemon)
{
	/* A signal shortens the wait, but there is much to tidy up after one. */
	for (int i = 0; i < POLLS && (i < 20 || !trace_run_signal()); i++) {
		if (flock(daemon->lock, LOCK_EX | LOCK_NB) == 0)
			return CLI_OK;
		(void)nanosleep(&pause_time, NULL);
	}
	message_error(daemon->folder, "another `dsi trace` keeps it locked");
	return CLI_FAILURE;
}

void trace_daemon_unlock(struct trace_daemon *daemon)
{
	(void)flock(daemon->lock, LOCK_UN);
}

/* ---- is there one? ------------------------------------------------------- */

bool trace_daemon_answers(void)
{
	static const char *const list[] = {"lttng", "--no-sessiond", "list",
					   NULL};

	return tool_run(list, NULL) == 0;
}

static void pid_file(const struct trace_daemon *daemon, char *path, size_t size)
{
	snprintf(path, size, "%s/sessiond.pid",
		 *daemon->home ? daemon->home : daemon->folder);
}

/* The daemon that one of us started; 0 = there is none, or it has ended, and its
 * parent does not ask. */
static pid_t our_pid(const struct trace_daemon *daemon)
{
	char path[PATH_MAX + 32];
	char name[32] = "";
	char state = '\0';
	long pid = 0;
	FILE *file;

	pid_file(daemon, path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%ld", &pid) != 1 || pid <= 1)
		pid = 0;
	fclose(file);
	/* The number may be somebody else's by now. */
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = pid ? fopen(path, "re") : NULL;
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%31[^)]) %c", name, &state) != 2 ||
	    strncmp(name, "lttng-sessiond", 14) != 0 || state == 'Z' ||
	    state == 'X')
		pid = 0;
	fclose(file);
	return (pid_t)pid;
}

/* ---- begin and end ------------------------------------------------------- */

static int start(struct trace_daemon *daemon)
{
	char file[PATH_MAX + 16];
	char option[PATH_MAX + 32];
	const char *const argv[] = {"lttng-sessiond", "--no-kernel",
				    "--background", option, NULL};

	pid_file(daemon, file, sizeof(file));
	snprintf(option, sizeof(option), "--pidfile=%s", file);
	/* It is ready when its parent ends. */
	if (tool_must(argv))
		return CLI_FAILURE;
	if (trace_daemon_answers())
		return CLI_OK;
	message_error("lttng-sessiond",
		      "was started, but does not answer `lttng list`");
	return CLI_FAILURE;
}

static int start_private(struct trace_daemon *daemon)
{
	snprintf(daemon->home, sizeof(daemon->home), "%.*s/record-XXXXXX",
		 PATH_MAX - 32, daemon->folder);
	if (!mkdtemp(daemon->home)) {
		daemon->home[0] = '\0';
		return fail(daemon->folder, "cannot be written to");
	}
	if (setenv("LTTNG_HOME", daemon->home, 1) < 0)
		return fail("LTTNG_HOME", "cannot be set");
	return start(daemon);
}

static int check_tools(void)
{
	if (tool_exists("lttng") && tool_exists("lttng-sessiond"))
		return CLI_OK;
	message_error("LTTng", "is not installed; Debian: apt-get install "
			       "lttng-tools liblttng-ust1");
	return CLI_FAILURE;
}

int trace_daemon_find(struct trace_daemon *daemon, bool *out_runs)
{
	int err;

	*daemon = (struct trace_daemon){.lock = -1};
	err = check_tools();
	if (!err)
		err = find_folder(daemon);
	if (!err)
		err = open_lock(daemon);
	*out_runs = !err && trace_daemon_answers();
	return err;
}

int trace_daemon_need(struct trace_daemon *daemon, bool alone)
{
	bool runs;
	int err = trace_daemon_find(daemon, &runs);

	if (err || runs)
		return err;
	err = alone && geteuid() != 0 ? start_private(daemon) : start(daemon);
	if (err)
		trace_daemon_leave(daemon);
	return err;
}

static int remove_entry(const char *path, const struct stat *info, int type,
			struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	(void)remove(path);
	return 0;
}

static bool has_sessions(void)
{
	static const char *const list[] = {"lttng", "--no-sessiond", "--mi=xml",
					   "list", NULL};
	char *said;
	int result = tool_run(list, &said);
	bool has = result == 0 && said && strstr(said, "<session>");

	free(said);
	return has;
}

static bool goes(const struct trace_daemon *daemon, pid_t pid)
{
	for (int i = 0; i < POLLS; i++) {
		if (our_pid(daemon) != pid)
			return true;
		(void)nanosleep(&pause_time, NULL);
	}
	return false;
}

/* To its end: whoever comes next would ask one that is about to go, and not get an
 * answer. */
static void stop(const struct trace_daemon *daemon, pid_t pid)
{
	char path[PATH_MAX + 16];

	if (kill(pid, SIGTERM) < 0)
		return;
	if (!goes(daemon, pid) && kill(pid, SIGKILL) == 0)
		(void)goes(daemon, pid);
	pid_file(daemon, path, sizeof(path));
	(void)unlink(path);
}

void trace_daemon_leave(struct trace_daemon *daemon)
{
	pid_t pid = our_pid(daemon);

	if (pid && (*daemon->home || !has_sessions()))
		stop(daemon, pid);
	if (*daemon->home)
		(void)nftw(daemon->home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	if (daemon->lock >= 0)
		close(daemon->lock);
	daemon->lock = -1;
}
