/* SPDX-License-Identifier: MIT */
/*
 * places_test.c - what the Linux port does where a test is not usually: in the
 * system's folder of names, with folders and names of other users, in the child of
 * a fork(), and with what this kernel does not have.
 *
 * It has a /run of its own, for which it takes root; else it is skipped.  Users are
 * numbers that nobody has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "dsi/port.h"
#include "kernel-glue/linux/linux.h"
#include "tests/corners/mishap.h"
#include "tests/unit/must.h"

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* since Linux 6.5 */
#endif
#define SYSTEM "/run/dsi"
/* Of this process alone, so that others of its kind can run beside it. */
#define ONE (1000000u + 2u * (uint32_t)getpid())
#define OTHER (ONE + 1u)

static void become(uid_t uid)
{
	MUST_BE(seteuid(0), 0);
	MUST_BE(setegid(uid), 0);
	MUST_BE(seteuid(uid), 0);
}

static void look_in(const char *runtime, const char *xdg)
{
	(void)unsetenv("DSI_RUNTIME_DIR");
	(void)unsetenv("XDG_RUNTIME_DIR");
	if (runtime)
		MUST_BE(setenv("DSI_RUNTIME_DIR", runtime, 1), 0);
	if (xdg)
		MUST_BE(setenv("XDG_RUNTIME_DIR", xdg, 1), 0);
}

static int offer_by(const char *name, const struct dsi_access *access,
		    struct dsi_port_listener **out)
{
	*out = NULL;
	return dsi_port_listen(name, DSI_PORT_STREAM, access, out);
}

static struct dsi_port_listener *offer(const char *name)
{
	struct dsi_port_listener *listener;

	MUST_BE(offer_by(name, NULL, &listener), 0);
	return listener;
}

static int try(const char *name)
{
	int32_t conn;
	int err = dsi_port_connect(name, DSI_PORT_STREAM, &conn);

	if (!err)
		dsi_port_handle_close(conn);
	return err;
}

static char shown[200];

static void show(void *user, const char *name)
{
	(void)user;
	(void)strncat(shown, name, sizeof(shown) - strlen(shown) - 2);
	(void)strcat(shown, " ");
}

static const char *names(void)
{
	shown[0] = '\0';
	MUST(dsi_port_names(DSI_PORT_STREAM, show, NULL) >= 0);
	return shown;
}

/* ---- the system's folder --------------------------------------------------- */

/* Root makes it, for everybody; a name there is found as it is where nothing else
 * was asked for, and with its prefix. */
static void system_folder(void)
{
	const struct dsi_access all = {.size = sizeof(all), .mode = 0666};
	struct dsi_port_listener *plain, *prefixed;
	struct stat st;

	look_in(NULL, "");
	MUST_BE(offer_by("a", &all, &plain), 0);
	MUST_BE(stat(SYSTEM, &st), 0);
	MUST_BE(st.st_mode & 07777, 01777);
	look_in("/run/own", NULL);
	MUST_BE(offer_by("sys:b", &all, &prefixed), 0);
	MUST_BE(try("sys:a"), 0);
	MUST_BE(try("sys:b"), 0);
	MUST_BE(try("b"), -DSI_ENOENT);
	look_in(NULL, "/run"); /* and below that, dsi */
	MUST_BE(try("b"), 0);
	MUST(strstr(names(), "a ") && strstr(shown, "b "));
	MUST(!strstr(shown, "sys:"));
	/* Root's names count for who has a folder of the own. */
	become(ONE);
	look_in(NULL, "/run/nobody's");
	MUST_BE(try("a"), 0);
	MUST(strstr(names(), "sys:a ") && strstr(shown, "sys:b "));
	/* But who asked for the own folder does not publish there. */
	MUST_BE(offer_by("c", NULL, &plain), -DSI_EACCES);
	become(0);
	dsi_port_listener_close(prefixed);
}

/* Another user's do not. */
static void names_of_others(void)
{
	const struct dsi_access all = {.size = sizeof(all), .mode = 0666};
	struct dsi_port_listener *listener;

	become(OTHER);
	look_in(SYSTEM, NULL);
	MUST_BE(offer_by("theirs", &all, &listener), 0);
	become(ONE);
	look_in(NULL, "/run/nobody's");
	MUST_BE(try("theirs"), -DSI_ENOENT);
	look_in(SYSTEM, NULL);
	MUST_BE(try("theirs"), 0);
	become(OTHER);
	dsi_port_listener_close(listener);
	become(0);
}

/* A socket that nobody has open any more, left by @uid. */
static void leave_stale(const char *path, uid_t uid)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	become(uid);
	(void)strcpy(address.sun_path, path);
	MUST_BE(bind(fd, (const void *)&address, sizeof(address)), 0);
	MUST_BE(chmod(path, 0666), 0);
	(void)close(fd);
	become(0);
}

/* What others left in the sticky folder cannot be removed: a name stays taken,
 * and the hidden name that everybody uses is another one. */
static void left_by_others(void)
{
	struct dsi_port_listener *listener;
	int dir;

	look_in(SYSTEM, NULL);
	leave_stale(SYSTEM "/old", OTHER);
	leave_stale(SYSTEM "/.new", OTHER);
	become(ONE);
	MUST_BE(offer_by("old", NULL, &listener), -DSI_EACCES);
	listener = offer("fresh");
	MUST_BE(try("fresh"), 0);
	dsi_port_listener_close(listener);
	/* Somebody is busy with names: a dead one is left alone. */
	become(0);
	dir = open(SYSTEM, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(dir >= 0);
	MUST_BE(flock(dir, LOCK_EX), 0);
	MUST(!strstr(names(), "old"));
	MUST_BE(access(SYSTEM "/old", F_OK), 0);
	(void)close(dir);
	MUST(!strstr(names(), "old"));
	MUST_BE(access(SYSTEM "/old", F_OK), -1);
}

/* ---- a folder in /tmp ------------------------------------------------------- */

/* Without any other folder: one below /tmp, if it is ours and only ours. */
static void doubtful_folders(void)
{
	char mine[64], theirs[64];
	struct dsi_port_listener *listener;

	(void)snprintf(mine, sizeof(mine), "/tmp/dsi-%u", ONE);
	(void)snprintf(theirs, sizeof(theirs), "/tmp/dsi-%u", OTHER);
	(void)rmdir(mine);
	(void)rmdir(theirs);
	(void)unlink(theirs);
	MUST_BE(rename(SYSTEM, "/run/away"), 0);
	look_in(NULL, NULL);
	become(ONE);
	listener = offer("c");
	MUST_BE(try("c"), 0);
	MUST(strstr(names(), "c "));
	dsi_port_listener_close(listener);
	MUST_BE(chmod(mine, 0755), 0);
	MUST_BE(offer_by("c", NULL, &listener), -DSI_EACCES);
	become(0);
	MUST_BE(rmdir(mine), 0);
	/* Made by somebody else, and a link to somewhere. */
	MUST_BE(mkdir(theirs, 0777), 0);
	become(OTHER);
	MUST_BE(offer_by("c", NULL, &listener), -DSI_EACCES);
	become(0);
	MUST_BE(rmdir(theirs), 0);
	MUST_BE(symlink("/run", theirs), 0);
	become(OTHER);
	MUST_BE(offer_by("c", NULL, &listener), -DSI_EACCES);
	become(0);
	MUST_BE(unlink(theirs), 0);
	MUST_BE(rename("/run/away", SYSTEM), 0);
}

/* ---- names and rules --------------------------------------------------------- */

static void odd_names(void)
{
	static char name[600], folder[8192];
	struct dsi_port_listener *listener;
	int32_t conn;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memset(folder, 'y', sizeof(folder));
	folder[0] = '/';
	folder[sizeof(folder) - 1] = '\0';
	MUST_BE(dsi_port_connect("a", 99, &conn), -DSI_EINVAL);
	MUST_BE(try(name), -DSI_ENAMETOOLONG);
	/* A folder whose path has no room is none. */
	look_in(folder, NULL);
	MUST_BE(try("a"), 0);
	/* A file is no folder. */
	look_in("/proc/version", NULL);
	MUST_BE(offer_by("a", NULL, &listener), -DSI_EACCES);
}

/* A rule that locks out the owner: it is asked for all the same. */
static void locked_out(void)
{
	const struct dsi_access group = {.size = sizeof(group), .mode = 0060};
	const struct dsi_access given = {
		.size = sizeof(given), .owner_given = 1, .uid = OTHER};
	struct dsi_port_listener *first, *second;

	MUST_BE(mkdir("/run/own", 0777), 0);
	MUST_BE(chmod("/run/own", 0777), 0);
	look_in("/run/own", NULL);
	become(ONE);
	MUST_BE(offer_by("d", &group, &first), 0);
	MUST_BE(try("d"), -DSI_EACCES);
	MUST_BE(offer_by("d", &group, &second), -DSI_EEXIST);
	/* Only root gives a name to somebody else. */
	MUST_BE(offer_by("e", &given, &second), -DSI_EACCES);
	/* The name was moved, and another one is there. */
	MUST_BE(rename("/run/own/d", "/run/own/was"), 0);
	second = offer("d");
	dsi_port_listener_close(first);
	MUST_BE(try("d"), 0);
	dsi_port_listener_close(second);
	become(0);
}

/* ---- in the child of a fork() ------------------------------------------------- */

static void never(struct dsi_port_source *source, uint32_t why)
{
	(void)source;
	(void)why;
	MUST(0);
}

/* Its parent's loops are not its own. */
static void forked(void)
{
	struct dsi_port_source source = {.ready = never, .handle = -1};
	struct dsi_port_loop *loop, *monitor, *again;
	int status;
	pid_t pid;

	MUST_BE(dsi_port_loop_create(0, &loop), 0);
	MUST_BE(dsi_port_monitor_get(&monitor), 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		MUST_BE(dsi_port_loop_add(loop, &source), -DSI_EINVAL);
		MUST_BE(dsi_port_loop_dispatch(loop, 0), -DSI_EINVAL);
		dsi_port_monitor_put(monitor);
		MUST_BE(dsi_port_monitor_get(&again), 0);
		MUST(again != monitor);
		dsi_port_monitor_put(again);
		_exit(0);
	}
	MUST_BE(waitpid(pid, &status, 0), pid);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	dsi_port_monitor_put(monitor);
	dsi_port_loop_destroy(loop);
}

/* ---- what is not there --------------------------------------------------------- */

static void no_loans(void)
{
	struct dsi_port_region region = {.handle = 7};
	int32_t handle = 7;
	uint64_t loan = 7;

	MUST_BE(dsi_port_loan_create(&region, 4096, 1, &region, 0, &handle),
		-DSI_ENOTSUP);
	MUST_BE(handle, -1);
	MUST_BE(dsi_port_loan_recall(&region, 0, 4096), -DSI_ENOTSUP);
	handle = dup(0);
	MUST_BE(dsi_port_loan_attach(&region, handle, 4096, 4096, &loan),
		-DSI_ENOTSUP);
	MUST_BE(region.handle, -1);
	MUST_BE(loan, 0);
	MUST_BE(fcntl(handle, F_GETFD), -1); /* taken over, and closed */
	MUST_BE(dsi_port_loan_take(&region, 0, 0, 4096), -DSI_ENOTSUP);
	dsi_port_loan_give(&region, 0, 4096);
}

/* More sources than fit, and no memory for them. */
static void no_memory_to_wait(void)
{
	struct dsi_port_loop *loop, *loops[200];

	MUST_BE(dsi_port_loop_create(0, &loop), 0);
	for (uint32_t i = 0; i < 200; i++)
		loops[i] = loop;
	mishap_no_memory(1);
	MUST_BE(dsi_port_loop_wait_any(loops, 200, 1), -DSI_ENOMEM);
	MUST_BE(dsi_port_loop_wait_any(loops, 200, 1), -DSI_ETIMEDOUT);
	dsi_port_loop_destroy(loop);
}

/* ---- what this system would do ------------------------------------------------- */

static int old_kernel, no_threads, lost_threads;

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	if (old_kernel && (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))) {
		errno = EINVAL;
		return -1;
	}
	return __real_memfd_create(name, flags);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
__attribute__((no_sanitize_address)) long __wrap_syscall(long number, ...)
{
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (old_kernel && number == 449) { /* futex_waitv() */
		errno = ENOSYS;
		return -1;
	}
	return __real_syscall(number, argument[0], argument[1], argument[2],
			      argument[3], argument[4], argument[5]);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*run)(void *), void *arg)
{
	if (no_threads)
		return EAGAIN;
	if (lost_threads) /* it has not come far yet */
		return 0;
	return __real_pthread_create(thread, attr, run, arg);
}

/* Without flags for memory that is not executed, and without a wait for several
 * words: then one word is waited for, and the others are looked at. */
static void old_system(void)
{
	_Atomic uint32_t words[2] = {1, 1};
	struct dsi_port_word both[2] = {{&words[0], 1, 0}, {&words[1], 1, 1}};
	struct dsi_port_region region;

	old_kernel = 1;
	MUST_BE(dsi_port_region_create(&region, 4096, 0), 0);
	dsi_port_region_fini(&region);
	MUST_BE(dsi_port_wait(both, 2, dsi_port_now() + 1000000),
		-DSI_ETIMEDOUT);
	atomic_store(&words[0], 2);
	MUST_BE(dsi_port_wait(both, 2, DSI_FOREVER), 0);
	old_kernel = 0;
}

/* What a peer sent and takes its time to close is closed by a thread.  Without
 * one, or with too many at it, it stays open. */
static void slow_to_close(void)
{
	int fds[17], last;

	no_threads = 1;
	last = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	dsi_port_handle_drop(last);
	MUST(fcntl(last, F_GETFD) >= 0);
	(void)close(last);
	no_threads = 0;
	lost_threads = 1;
	for (int i = 0; i < 17; i++) {
		fds[i] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		dsi_port_handle_drop(fds[i]);
	}
	for (int i = 0; i < 17; i++) {
		MUST(fcntl(fds[i], F_GETFD) >= 0);
		(void)close(fds[i]);
	}
	lost_threads = 0;
}

/* More groups than are looked at on the stack, and no memory for them; and a
 * connection to nobody. */
static void many_groups(void)
{
	gid_t groups[100];
	int32_t ends[2];
	int nobody = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	for (uint32_t i = 0; i < 100; i++)
		groups[i] = 5000u + i;
	MUST_BE(setgroups(100, groups), 0);
	MUST_BE(dsi_port_conn_pair(ends), 0);
	MUST_BE(setgroups(0, NULL), 0);
	MUST_BE(dsi_port_peer_in_group(ends[0], 5099), 1);
	MUST_BE(dsi_port_peer_in_group(ends[0], 5100), 0);
	mishap_no_memory(1);
	MUST_BE(dsi_port_peer_in_group(ends[0], 5099), 0);
	MUST_BE(dsi_port_peer_in_group(nobody, 5099), 0);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	(void)close(nobody);
}

/* Who asks for credentials with each message: they are no handles. */
static void credentials(void)
{
	const int on = 1;
	int32_t ends[2], got[DSI_PORT_MSG_HANDLES];
	uint32_t n = 0, word = 42;

	MUST_BE(dsi_port_conn_pair(ends), 0);
	MUST_BE(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)),
		0);
	MUST_BE(dsi_port_send(ends[0], &word, sizeof(word), NULL, 0), 0);
	MUST_BE(dsi_port_recv(ends[1], &word, sizeof(word), got, &n),
		sizeof(word));
	MUST_BE(n, 0);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

/* Likewise for a handle of the process: it is closed. */
static void process_handles(void)
{
	const int on = 1;
	int32_t ends[2], got[DSI_PORT_MSG_HANDLES];
	uint32_t n = 0, word = 42;

	MUST_BE(dsi_port_conn_pair(ends), 0);
	if (setsockopt(ends[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) ==
	    0) {
		MUST_BE(dsi_port_send(ends[0], &word, sizeof(word), NULL, 0),
			0);
		MUST_BE(dsi_port_recv(ends[1], &word, sizeof(word), got, &n),
			sizeof(word));
		MUST_BE(n, 0);
	}
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

/* A child that did not come from fork(): nobody told the library. */
static void cloned(void)
{
	struct dsi_port_loop *monitor, *again;
	int status;
	pid_t pid;

	MUST_BE(dsi_port_monitor_get(&monitor), 0);
	pid = (pid_t)__real_syscall(SYS_clone, 17L, 0L, 0L, 0L, 0L, 0L);
	MUST(pid >= 0);
	if (pid == 0) {
		no_threads = 1; /* so much of a process it is not */
		MUST(dsi_port_monitor_get(&again) < 0);
		_exit(0);
	}
	MUST_BE(waitpid(pid, &status, 0), pid);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	dsi_port_monitor_put(monitor);
}

static void odd_ends(void)
{
	static char name[8192];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	MUST(!dsi__module_load(name));
	MUST_BE(dsi__error_from(EXDEV), -DSI_EIO);
}

/* A broken assumption ends the process, and says which. */
static void assumptions(void)
{
	int status, pipes[2];
	char said[200] = "";
	pid_t pid;

	MUST_BE(pipe(pipes), 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		(void)dup2(pipes[1], 2);
		dsi_port_assert_failed("this", "there.c", 42);
	}
	(void)close(pipes[1]);
	MUST(read(pipes[0], said, sizeof(said) - 1) > 0);
	(void)close(pipes[0]);
	MUST_BE(waitpid(pid, &status, 0), pid);
	MUST(WIFSIGNALED(status) && WTERMSIG(status) == 6);
	MUST(strcmp(said, "dsi: there.c:42: broken assumption: this\n") == 0);
}

/* ---- without /proc -------------------------------------------------------------- */

/* As in a container that has none: what it is for is refused, not guessed. */
static void no_proc(void)
{
	struct dsi_port_listener *listener;
	struct dsi_port_region region;
	char path[64];
	mode_t before;
	int fd;

	MUST_BE(mount("none", "/proc", "tmpfs", 0, NULL), 0);
	/* A handle that cannot be looked at is not memory, and is slow. */
	fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	MUST_BE(dsi_port_region_attach(&region, dup(fd), 4096, 0), -DSI_EPROTO);
	MUST_BE(mkdir("/proc/self", 0700), 0);
	MUST_BE(mkdir("/proc/self/fdinfo", 0700), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	MUST_BE(dsi_port_region_attach(&region, fd, 4096, 0), -DSI_EPROTO);
	/* The mode of a name could not be set as the rule says. */
	look_in("/run/own", NULL);
	before = umask(0777);
	MUST_BE(offer_by("f", NULL, &listener), -DSI_EACCES);
	(void)umask(before);
	MUST_BE(umount("/proc"), 0);
}

static int own_run(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/run", "tmpfs", 0, "mode=755") == 0;
}

int main(void)
{
	no_loans();
	no_memory_to_wait();
	old_system();
	credentials();
	process_handles();
	cloned();
	odd_ends();
	assumptions();
	forked();
	if (!own_run()) {
		printf("skipped: a /run of its own takes root\n");
		return 77;
	}
	(void)umask(022);
	system_folder();
	names_of_others();
	left_by_others();
	doubtful_folders();
	odd_names();
	locked_out();
	many_groups();
	slow_to_close();
	no_proc();
	return 0;
}
