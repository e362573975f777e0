// SPDX-License-Identifier: MIT
/*
 * plot_write.c - the plot as a file: a script, or a picture that gnuplot
 * draws.
 *
 * gnuplot is started without a shell.  It reads the script from its standard
 * input and draws to its standard output, which is a file with a temporary
 * name: no path is ever part of a script that is run, and the picture is
 * complete or not there.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plot/plot_private.h"

extern char **environ;

static bool ends_in(const char *path, const char *ending)
{
	size_t bytes = strlen(path);
	size_t end = strlen(ending);

	return bytes > end && path[bytes - end - 1] != '/' &&
	       strcmp(path + bytes - end, ending) == 0;
}

bool plot_path_ok(const char *path, char why[PLOT_WHY_BYTES])
{
	if (ends_in(path, ".svg") || ends_in(path, ".gp"))
		return true;
	snprintf(why, PLOT_WHY_BYTES,
		 "'%s' does not end in .svg (picture) or .gp (gnuplot script)",
		 path);
	return false;
}

static bool fail(char why[PLOT_WHY_BYTES], const char *path, const char *what,
		 int err)
{
	snprintf(why, PLOT_WHY_BYTES, "%s: cannot %s: %s", path, what,
		 strerror(err));
	return false;
}

/* A relative name for what a run of x/y.gp shall make: ./y.svg.  The "./" also
 * keeps gnuplot from taking "|" or "~" for something else. */
static void picture_name(const char *path, char *name, size_t bytes)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	snprintf(name, bytes, "./%.*s.svg", (int)(strlen(base) - 3), base);
}

static bool write_script(const struct plot *plot, const char *path, int fd,
			 char why[PLOT_WHY_BYTES])
{
	char name[4096];
	FILE *to = fdopen(fd, "w");

	if (!to) {
		close(fd);
		return fail(why, path, "write", errno);
	}
	picture_name(path, name, sizeof(name));
	plot_script(plot, name, to);
	if (ferror(to) | fclose(to))
		return fail(why, path, "write", errno);
	return true;
}

/* The first line that is not blank and not the script's place. */
static void first_message(FILE *messages, char *line, int bytes)
{
	rewind(messages);
	while (fgets(line, bytes, messages)) {
		char *text = line + strspn(line, " \t^");

		text[strcspn(text, "\n")] = '\0';
		if (*text && strncmp(text, "gnuplot>", 8) != 0) {
			memmove(line, text, strlen(text) + 1);
			return;
		}
	}
	snprintf(line, (size_t)bytes, "no message");
}

static int spawn_gnuplot(int in, int out, int err, pid_t *pid)
{
	static char program[] = "gnuplot";
	static char no_settings[] = "-d";
	static char from_stdin[] = "-";
	char *argv[] = {program, no_settings, from_stdin, NULL};
	posix_spawn_file_actions_t files;
	int failed = posix_spawn_file_actions_init(&files);

	if (failed)
		return failed;
	failed = posix_spawn_file_actions_adddup2(&files, in, 0);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&files, err, 2);
	if (!failed)
		failed =
			posix_spawnp(pid, program, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

static bool run_gnuplot(FILE *script, int out, FILE *messages,
			char why[PLOT_WHY_BYTES])
{
	char line[300];
	pid_t pid = 0;
	int status = 0;
	int failed = spawn_gnuplot(fileno(script), out, fileno(messages), &pid);

	if (failed == ENOENT) {
		snprintf(why, PLOT_WHY_BYTES,
			 "gnuplot is not installed (Debian: gnuplot-nox); a "
			 "path that ends in .gp writes the script alone");
		return false;
	}
	if (failed)
		return fail(why, "gnuplot", "start it", failed);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return fail(why, "gnuplot", "wait for it", errno);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	first_message(messages, line, (int)sizeof(line));
	snprintf(why, PLOT_WHY_BYTES, "gnuplot failed: %s", line);
	return false;
}

static bool draw(const struct plot *plot, int out, char why[PLOT_WHY_BYTES])
{
	FILE *script = tmpfile();
	FILE *messages = tmpfile();
	bool good = false;

	if (!script || !messages) {
		fail(why, "temporary file", "create", errno);
	} else {
		plot_script(plot, NULL, script);
		if (fflush(script) || ferror(script))
			fail(why, "temporary file", "write", errno);
		else {
			rewind(script);
			good = run_gnuplot(script, out, messages, why);
		}
	}
	if (script)
		fclose(script);
	if (messages)
		fclose(messages);
	return good;
}

static bool draw_file(const struct plot *plot, const char *path, int fd,
		      char why[PLOT_WHY_BYTES])
{
	bool good = draw(plot, fd, why);

	if (close(fd) && good)
		return fail(why, path, "write", errno);
	return good;
}

bool plot_write(const struct plot *plot, const char *path,
		char why[PLOT_WHY_BYTES])
{
	char temporary[4096];
	bool good;
	int n;
	int fd;

	if (!plot_path_ok(path, why))
		return false;
	n = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path,
		     (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return fail(why, path, "write", ENAMETOOLONG);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return fail(why, path, "write", errno);
	if (ends_in(path, ".gp"))
		good = write_script(plot, path, fd, why);
	else
		good = draw_file(plot, path, fd, why);
	if (good && rename(temporary, path) != 0)
		good = fail(why, path, "write", errno);
	if (!good)
		unlink(temporary);
	return good;
}
