// SPDX-License-Identifier: MIT
/*
 * trace_run.c - run the command that is to be recorded; see trace_run.h.
 *
 * A signal that comes between two looks is not lost: the handler itself passes
 * it on, to the command if that runs, and else it is remembered.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "trace_run.h"

#define CANNOT_START 127

static _Atomic pid_t running;
static atomic_int caught;

static void pass_on(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	pid_t pid = atomic_load(&running);

	(void)context;
	atomic_store(&caught, number);
	if (pid > 0 && !(number == SIGINT && info->si_code == SI_KERNEL))
		(void)kill(pid, number);
	errno = saved;
}

int trace_run_prepare(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_sigaction = pass_on,
				   .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigaction before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], NULL, &before) < 0)
			return -1;
		if (before.sa_handler != SIG_IGN &&
		    sigaction(signals[i], &action, NULL) < 0)
			return -1;
	}
	return 0;
}

int trace_run_signal(void)
{
	return atomic_load(&caught);
}

/* The provider that came with this command, else the one that the library
 * finds by its name. */
static void set_provider(void)
{
	static const char *const places[] = {("../" DSI_CLI_LIBDIR), "../lib",
					     "."};
	char self[PATH_MAX];
	char path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (getenv("DSI_TRACE"))
		return;
	self[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; n > 0 && i < sizeof(places) / sizeof(places[0]);
	     i++) {
		char copy[PATH_MAX];

		memcpy(copy, self, sizeof(copy));
		snprintf(path, sizeof(path), "%s/%s/libdsi-lttng.so",
			 dirname(copy), places[i]);
		if (access(path, R_OK) == 0) {
			(void)setenv("DSI_TRACE", path, 1);
			return;
		}
	}
	(void)setenv("DSI_TRACE", "lttng", 1);
}

_Noreturn static void become(char *const argv[], bool blocking)
{
	set_provider();
	/* Wait until the session is known, also on a machine that is busy: else
	 * the first events are missing, and nobody counts them. */
	(void)setenv("LTTNG_UST_REGISTER_TIMEOUT", "30000", 0);
	if (blocking)
		(void)setenv("LTTNG_UST_ALLOW_BLOCKING", "1", 1);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	message_error(argv[0], "cannot be run: %s", strerror(errno));
	_exit(CANNOT_START);
}

int trace_run(char *const argv[], bool blocking)
{
	sigset_t all;
	sigset_t before;
	int status = 0;
	pid_t pid;

	/* No signal may find the command started and not known. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		become(argv, blocking);
	}
	atomic_store(&running, pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		message_error(argv[0], "cannot be run: %s", strerror(errno));
		return CANNOT_START;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	atomic_store(&running, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : CLI_SIGNAL + WTERMSIG(status);
}
