/* SPDX-License-Identifier: MIT */
/* fault_limits.c - see fault_limits.h. */
#define _GNU_SOURCE
#include "tests/faults/fault_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/dsi.h>
#include <dsi/placement.h>

#include "tests/faults/fault_runs.h"
#include "tests/unit/must.h"

/* A scene that needs more than this has gone wrong. */
#define DESCRIPTORS_MAX 400u

/* ---- descriptors --------------------------------------------------------- */

static struct rlimit before;

/* The numbers below the limit that are not taken are the room there is. */
static void few(uint32_t room)
{
	struct rlimit limit;
	uint32_t free_numbers = 0;
	int fd = 0;

	MUST_BE(getrlimit(RLIMIT_NOFILE, &before), 0);
	while (fcntl(fd, F_GETFD) >= 0 || free_numbers++ < room)
		fd++;
	limit = before;
	limit.rlim_cur = (rlim_t)fd;
	MUST_BE(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void many_again(void)
{
	MUST_BE(setrlimit(RLIMIT_NOFILE, &before), 0);
}

uint32_t fault_few_descriptors(const struct fault_scene *scene, uint32_t kept,
			       uint32_t *injected, uint32_t *absorbed,
			       uint32_t *reported)
{
	uint32_t failures = 0;

	for (uint32_t room = 0; room < DESCRIPTORS_MAX; room++) {
		struct fault_outcome outcome;

		fault_run(scene, kept, few, many_again, room, &outcome);
		++*injected;
		if (outcome.failure[0]) {
			failures++;
			printf("FAILED: %s: room for %u descriptors: %s\n",
			       scene->name, room, outcome.failure);
		}
		if (outcome.first) {
			++*reported;
			continue;
		}
		++*absorbed;
		/* Some do without the last ones.  Not with none. */
		if (room >= 40u)
			return failures;
	}
	printf("FAILED: %s: does not succeed with %u descriptors\n",
	       scene->name, DESCRIPTORS_MAX);
	return failures + 1u;
}

/* ---- threads, and memory that may be locked ------------------------------ */

/* Without the rights of root, which has no such limits. */
static void be_nobody(void)
{
	if (geteuid() == 0)
		MUST_BE(setresuid(65534, 65534, 65534), 0);
}

static void set_limit(__rlimit_resource_t what, rlim_t most)
{
	const struct rlimit limit = {most, most};

	MUST_BE(setrlimit(what, &limit), 0);
}

static int no_thread(void)
{
	int err;

	be_nobody();
	set_limit(RLIMIT_NPROC, 0);
	MUST(!make_component(NULL, &err));
	MUST_BE(err, -DSI_ENOMEM);
	return 0;
}

#ifdef FAULT_PLACEMENT
static int lock_some(rlim_t most, int want)
{
	void *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char why[200] = "";

	MUST(memory != MAP_FAILED);
	be_nobody();
	set_limit(RLIMIT_MEMLOCK, most);
	MUST_BE(dsi_memory_lock(memory, 65536, why, sizeof(why)), want);
	MUST(strstr(why, "RLIMIT_MEMLOCK"));
	return 0;
}

static int lock_nothing(void)
{
	return lock_some(0, -DSI_EACCES);
}

static int lock_little(void)
{
	return lock_some(4096, -DSI_ENOMEM);
}
#endif

static const struct {
	const char *name;
	const char *limit;
	int (*run)(void);
} limits[] = {
	{"no thread", "(RLIMIT_NPROC)", no_thread},
#ifdef FAULT_PLACEMENT
	{"nothing may be locked", "(RLIMIT_MEMLOCK)", lock_nothing},
	{"little may be locked", "(RLIMIT_MEMLOCK)", lock_little},
#endif
};

uint32_t fault_other_limits(uint32_t *injected)
{
	uint32_t failures = 0;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int status;
		pid_t pid;

		(void)fflush(NULL);
		pid = fork();
		MUST(pid >= 0);
		if (pid == 0)
			exit(limits[i].run());
		MUST_BE(waitpid(pid, &status, 0), pid);
		failures += status != 0;
		++*injected;
		printf("%-26s %-18s %8u %8u %8u\n", limits[i].name,
		       limits[i].limit, 1u, 0u, status ? 0u : 1u);
	}
	return failures;
}

/* ---- the folder of names ------------------------------------------------- */

static int offer_name(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 2, .packet_bytes = 64};
	struct dsi_socket *sock;
	int err = said("dsi_producer_create",
		       dsi_producer_create(&desc, NULL, &sock));

	MUST_BE(err, 0);
	err = said("dsi_socket_listen", dsi_socket_listen(sock, SUBJECT, NULL));
	dsi_socket_destroy(sock);
	return err;
}

/* In a file system with @inodes, in a name space of our own. */
static int in_small_folder(const char *folder, uint32_t inodes)
{
	struct fault_belongings first, last;
	char options[64];
	int err;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	(void)snprintf(options, sizeof(options), "size=4k,nr_inodes=%u",
		       inodes);
	if (mount("tmpfs", folder, "tmpfs", 0, options) < 0)
		return 77;
	first = fault_count();
	err = offer_name();
	last = fault_count();
	if (said_wrong())
		printf("FAILED: %u files: %s\n", inodes, said_wrong());
	if (said_wrong() || last.descriptors != first.descriptors ||
	    last.names != first.names || last.threads != first.threads)
		return 3;
	/* With room again: a larger one in its place. */
	MUST_BE(umount(folder), 0);
	MUST_BE(mount("tmpfs", folder, "tmpfs", 0, "size=64k"), 0);
	MUST_BE(offer_name(), 0);
	return err ? 1 : 0;
}

uint32_t fault_full_folder(const char *folder, uint32_t *injected)
{
	for (uint32_t inodes = 1; inodes < 10; inodes++) {
		pid_t pid;
		int status;

		(void)fflush(NULL);
		pid = fork();
		MUST(pid >= 0);
		if (pid == 0)
			exit(in_small_folder(folder, inodes));
		MUST_BE(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
			printf("a full folder of names: SKIPPED, it takes the "
			       "right to mount: %s\n",
			       strerror(EPERM));
			return 0;
		}
		if (status != 0 &&
		    !(WIFEXITED(status) && WEXITSTATUS(status) == 1)) {
			printf("FAILED: a folder with room for %u files: "
			       "status %#x\n",
			       inodes, status);
			return 1;
		}
		printf("%-26s %-18s %8u %8u %8u\n", "a full folder of names",
		       "(tmpfs)", 1u, status ? 0u : 1u, status ? 1u : 0u);
		++*injected;
		if (status == 0)
			return 0;
	}
	printf("FAILED: a folder with room for ten files is too small\n");
	return 1;
}
