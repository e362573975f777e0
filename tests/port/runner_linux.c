/* SPDX-License-Identifier: MIT */
/*
 * runner_linux.c - the suite on the Linux port: processes are forked, threads
 * are pthreads, kill is SIGKILL.
 *
 * Each test runs in a child with a process group of its own, which is killed
 * afterwards whatever happened.  Names live in a directory of this run.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dsi/port.h>

#include "conf.h"

#define PEERS 1024

static unsigned int timeout_s = 180; /* of one test: it hangs */

static struct peer {
	pid_t pid; /* 0: a thread */
	pthread_t thread;
	int (*fn)(void *arg);
	void *arg;
	int result;
} peers[PEERS];
static _Atomic int n_peers;

/* ---- the harness -------------------------------------------------------- */

static struct peer *new_peer(void)
{
	int index = atomic_fetch_add(&n_peers, 1);

	if (index >= PEERS)
		abort();
	memset(&peers[index], 0, sizeof(peers[0]));
	return &peers[index];
}

int conf_spawn_process(int (*fn)(uint64_t arg), uint64_t arg)
{
	struct peer *peer = new_peer();

	fflush(NULL);
	peer->pid = fork();
	if (peer->pid < 0)
		abort();
	if (peer->pid == 0) {
		n_peers = 0; /* those of the parent are not ours */
		exit(fn(arg));
	}
	return (int)(peer - peers);
}

static void *run_thread(void *arg)
{
	struct peer *peer = arg;

	peer->result = peer->fn(peer->arg);
	return NULL;
}

int conf_spawn_thread(int (*fn)(void *arg), void *arg)
{
	struct peer *peer = new_peer();

	peer->fn = fn;
	peer->arg = arg;
	if (pthread_create(&peer->thread, NULL, run_thread, peer))
		abort();
	return (int)(peer - peers);
}

int conf_join(int peer)
{
	int status;

	if (peers[peer].pid == 0) {
		pthread_join(peers[peer].thread, NULL);
		return peers[peer].result;
	}
	if (waitpid(peers[peer].pid, &status, 0) != peers[peer].pid)
		abort();
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGKILL)
		conf_fail("peer", 0, "killed by signal %d", WTERMSIG(status));
	return CONF_KILLED;
}

void conf_kill(int peer)
{
	kill(peers[peer].pid, SIGKILL);
}

void conf_kill_at(int peer, uint32_t point)
{
	conf_sleep_until(dsi_port_now() + point * 53000u);
	conf_kill(peer);
}

_Noreturn void conf_die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

void conf_sleep_until(uint64_t deadline_ns)
{
	struct timespec at = {(time_t)(deadline_ns / 1000000000u),
			      (long)(deadline_ns % 1000000000u)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
		;
}

void conf_step(uint32_t step)
{
	atomic_fetch_add(&conf_shared->steps[step], 1);
}

int conf_await(uint32_t step, uint32_t count)
{
	uint64_t deadline = conf_later();

	while (atomic_load(&conf_shared->steps[step]) < count) {
		if (dsi_port_now() > deadline) {
			conf_fail(__FILE__, __LINE__, "step %u was not reached",
				  step);
			return 1;
		}
		conf_sleep_until(dsi_port_now() + 100000);
	}
	return 0;
}

int conf_handle_open(int32_t handle)
{
	return fcntl(handle, F_GETFD) >= 0;
}

int conf_readable(int32_t handle, uint64_t deadline_ns)
{
	struct pollfd fd = {.fd = handle, .events = POLLIN};

	while (poll(&fd, 1, 0) == 0) {
		if (dsi_port_now() >= deadline_ns)
			return 0;
		conf_sleep_until(dsi_port_now() + 100000);
	}
	return 1;
}

int32_t conf_memory(uint64_t bytes, uint32_t sealable)
{
	unsigned int flags = MFD_CLOEXEC;
	int fd;

	if (sealable)
		flags |= MFD_ALLOW_SEALING;
	fd = memfd_create("conf", flags);
	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		return -DSI_ENOMEM;
	return fd;
}

int32_t conf_device(void)
{
	return -DSI_ENOTSUP;
}

/* ---- running ------------------------------------------------------------ */

static unsigned int open_descriptors(void)
{
	unsigned int n = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static int run_child(const struct conf_test *test)
{
	unsigned int before = open_descriptors();
	unsigned int after;

	if (test->run()) {
		if (!atomic_load(&conf_shared->failed))
			conf_fail(test->name, 0, "failed without a reason");
		return 1;
	}
	after = open_descriptors();
	if (after > before)
		conf_fail(test->name, 0, "%u descriptors left open",
			  after - before);
	return 0;
}

/* Kill the test's processes, which are a group, and let them be dead before
 * the next test looks for names. */
static void clean_up(pid_t pid)
{
	for (uint32_t i = 0; i < 1000 && kill(-pid, SIGKILL) == 0; i++)
		conf_sleep_until(dsi_port_now() + 1000000);
}

static int wait_child(pid_t pid)
{
	uint64_t deadline = dsi_port_now() + timeout_s * UINT64_C(1000000000);
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (dsi_port_now() > deadline) {
			conf_fail("test", 0, "no end after %u s", timeout_s);
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return status;
		}
		conf_sleep_until(dsi_port_now() + 1000000);
	}
	return status;
}

int conf_run(const struct conf_test *test)
{
	int status;
	pid_t pid;

	fflush(NULL);
	memset(conf_shared, 0, sizeof(*conf_shared));
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		setpgid(0, 0);
		exit(run_child(test));
	}
	setpgid(pid, pid);
	status = wait_child(pid);
	clean_up(pid);
	if (WIFSIGNALED(status))
		conf_fail(test->name, 0, "killed by signal %d",
			  WTERMSIG(status));
	else if (WEXITSTATUS(status))
		conf_fail(test->name, 0, "exit code %d", WEXITSTATUS(status));
	return atomic_load(&conf_shared->failed) != 0;
}

const char *conf_hint(void)
{
	return "";
}

void conf_option(const char *name, const char *value)
{
	if (!strcmp(name, "--timeout")) {
		timeout_s = (unsigned int)strtoul(value, NULL, 0);
	} else {
		fprintf(stderr, "unknown option %s\n", name);
		exit(2);
	}
}

/* ---- the place of the names --------------------------------------------- */

static char directory[] = "/tmp/dsi-conf-XXXXXX";
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_directory(void)
{
	if (getpid() == owner)
		nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

__attribute__((constructor)) static void set_up(void)
{
	conf_shared = mmap(NULL, sizeof(*conf_shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (conf_shared == MAP_FAILED || !mkdtemp(directory))
		abort();
	owner = getpid();
	setenv("XDG_RUNTIME_DIR", directory, 1);
	atexit(remove_directory);
}
