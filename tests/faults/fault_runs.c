/* SPDX-License-Identifier: MIT */
/* fault_runs.c - see fault_runs.h. */
#define _GNU_SOURCE
#include <errno.h>
#include "tests/faults/fault_runs.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "tests/faults/fault_calls.h"
#include "tests/unit/belongings.h"
#include "tests/unit/must.h"

/* However slow the machine. */
#define PATIENCE_NS UINT64_C(60000000000)
/* A failure that lasts: nothing more can be hoped for. */
#define SHORT_NS UINT64_C(20000000)
/* A process that takes so long hangs. */
#define HANGS_S 150u

/* ---- what a process has -------------------------------------------------- */

static uint32_t entries(const char *folder)
{
	DIR *dir = opendir(folder);
	uint32_t n = 0;

	MUST(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

struct fault_belongings fault_count(void)
{
	uintptr_t place;

	return (struct fault_belongings){
		.descriptors = own_descriptors(),
		.regions = own_regions("/memfd:"),
		.threads = own_figure("Threads:"),
		.memory = fault_live(&place),
		.names = entries(getenv("DSI_RUNTIME_DIR")),
	};
}

static int is_more(const struct fault_belongings *now,
		   const struct fault_belongings *before, uint32_t kept,
		   int names)
{
	return now->descriptors > before->descriptors ||
	       now->regions > before->regions ||
	       now->threads > before->threads ||
	       now->memory > before->memory + kept ||
	       (names && now->names > before->names);
}

static void nap(void)
{
	const struct timespec span = {.tv_nsec = 1000000};

	(void)nanosleep(&span, NULL);
}

/* Threads that close descriptors, and names that peers have for a moment, may
 * take a while. */
static int left_over(const struct fault_belongings *before, uint32_t kept,
		     int names, struct fault_belongings *out)
{
	for (uint32_t i = 0; i < 2000; i++) {
		*out = fault_count();
		if (!is_more(out, before, kept, names))
			return 0;
		nap();
	}
	return 1;
}

/* ---- the peer ------------------------------------------------------------ */

struct peer_words {
	_Atomic uint32_t stop;
	_Atomic uint32_t leaks;
};

static struct peer_words *peer_words;
static pid_t peer_pid = -1;

pid_t fault_begin_peer(const struct fault_scene *scene)
{
	struct fault_belongings before, after;

	if (!peer_words)
		peer_words =
			mmap(NULL, sizeof(*peer_words), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(peer_words != MAP_FAILED);
	atomic_store(&peer_words->stop, 0);
	atomic_store(&peer_words->leaks, 0);
	peer_pid = -1;
	if (!scene->peer)
		return -1;
	(void)fflush(NULL);
	peer_pid = fork();
	MUST(peer_pid >= 0);
	if (peer_pid) {
		while (entries(getenv("DSI_RUNTIME_DIR")) < 2u + scene->names)
			nap();
		return peer_pid;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	before = fault_count();
	scene->peer(&peer_words->stop);
	atomic_store(&peer_words->leaks,
		     (uint32_t)left_over(&before, 0, 0, &after));
	exit(0);
}

int fault_end_peer(void)
{
	int status;

	if (peer_pid < 0)
		return 0;
	atomic_store(&peer_words->stop, 1);
	MUST_BE(waitpid(peer_pid, &status, 0), peer_pid);
	peer_pid = -1;
	if (status) {
		printf("FAILED: the peer ended with status %#x\n", status);
		return 1;
	}
	if (atomic_load(&peer_words->leaks)) {
		printf("FAILED: the peer has descriptors, regions or threads "
		       "left\n");
		return 1;
	}
	return 0;
}

/* ---- one run ------------------------------------------------------------- */

static void fails(struct fault_outcome *out, const char *what)
{
	if (!out->failure[0])
		(void)snprintf(out->failure, sizeof(out->failure), "%s", what);
}

static void leaks(struct fault_outcome *out, const char *when)
{
	const struct fault_belongings *a = &out->before, *b = &out->after;
	char text[200];
	uintptr_t place;

	(void)fault_live(&place);
	(void)snprintf(text, sizeof(text),
		       "leak %s: descriptors %u -> %u, regions %u -> %u, "
		       "threads %u -> %u, memory %u -> %u (%#jx), names %u -> "
		       "%u",
		       when, a->descriptors, b->descriptors, a->regions,
		       b->regions, a->threads, b->threads, a->memory, b->memory,
		       (uintmax_t)place, a->names, b->names);
	fails(out, text);
}

/* EINTR and short reads of /proc are no failures at all. */
static int must_absorb(void)
{
	return faults->injected && faults->error == EINTR;
}

static void attempts(const struct fault_scene *scene, uint32_t kept,
		     void (*limit)(uint32_t), void (*lift)(void),
		     uint32_t argument, struct fault_outcome *out)
{
	char text[120];
	int err;

	if (scene->prepare)
		scene->prepare();
	out->before = fault_count();
	fault_arm();
	if (limit)
		limit(argument);
	out->first = scene->attempt(faults->lasting || limit ? SHORT_NS
							     : PATIENCE_NS);
	if (lift)
		lift();
	fault_disarm();
	if (said_wrong())
		fails(out, said_wrong());
	if (out->first && must_absorb())
		fails(out, "an interrupted call was not repeated");
	if (left_over(&out->before, kept, 0, &out->after))
		leaks(out, "after the failure");
	err = scene->attempt(PATIENCE_NS);
	if (err) {
		(void)snprintf(text, sizeof(text),
			       "a later attempt does not succeed: %s",
			       dsi_strerror(err));
		fails(out, text);
	}
	if (left_over(&out->before, kept, 1, &out->after))
		leaks(out, "at the end");
	out->ended = 1;
}

static void judge(int status, struct fault_outcome *out)
{
	char text[80];

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		fails(out, "hangs");
	} else if (WIFSIGNALED(status)) {
		(void)snprintf(text, sizeof(text), "crash: signal %d (%s)",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
		fails(out, text);
	} else if (!out->ended) {
		fails(out, "a check of the test failed");
	} else if (status) {
		fails(out, "the sanitizer complains");
	}
	if (peer_pid > 0 && waitpid(peer_pid, &status, WNOHANG) == peer_pid) {
		peer_pid = -1;
		fails(out, "the peer died");
	}
}

void fault_run(const struct fault_scene *scene, uint32_t kept,
	       void (*limit)(uint32_t), void (*lift)(void), uint32_t argument,
	       struct fault_outcome *out)
{
	static struct fault_outcome *shared;
	uint64_t begin = dsi_now();
	int status;
	pid_t pid;

	if (!shared)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	memset(shared, 0, sizeof(*shared));
	(void)fflush(NULL);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		(void)alarm(HANGS_S);
		attempts(scene, kept, limit, lift, argument, shared);
		exit(0);
	}
	MUST_BE(waitpid(pid, &status, 0), pid);
	judge(status, shared);
	shared->took_ns = dsi_now() - begin;
	*out = *shared;
}
