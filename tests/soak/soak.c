/* SPDX-License-Identifier: MIT */
/*
 * soak.c - streams for as long as one likes, with processes that come, go, stop
 * and are killed.
 *
 *   soak [--seconds N | --minutes N] [--seed N] [--verbose]
 *        [--leak descriptor|memory|torn]
 *
 * The plan of actions follows from the seed, which is printed: the same seed
 * makes the same plan.  Time goes by in rounds.  At the end of each the consumers
 * are ended and every process that lives long tells what it has: descriptors,
 * regions, threads, memory.  After the first rounds none of that may grow.
 * --leak makes a mistake on purpose, which must be found.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "tests/soak/soak.h"
#include "tests/unit/must.h"

#define ACTIONS 60u /* of a round */
#define WARM_ROUNDS 2u
#define ROUNDS_LEAST (WARM_ROUNDS + 2u)
/* Memory that an allocator may keep for later. */
#define KILOBYTES_SPARE 1024u
#define PATIENCE_NS UINT64_C(180000000000)

static uint64_t seed = 20261121;
static uint64_t random_state;
static uint64_t seconds = 10;
static int verbose;
static pid_t longs[SOAK_LONG];
static pid_t consumers[SOAK_CONSUMERS];
static uint32_t stopped[SOAK_CONSUMERS];
static struct soak_long first[SOAK_LONG]; /* after warming up */
static uint32_t sampled[SOAK_LONG];
static uint64_t killed, joined, packets, samples;

static uint32_t choose(uint32_t n)
{
	return (uint32_t)(must_random(&random_state) >> 33) % n;
}

static void nap(long us)
{
	const struct timespec span = {.tv_nsec = us * 1000};

	(void)nanosleep(&span, NULL);
}

/* ---- processes ----------------------------------------------------------- */

static void begin_long(uint32_t i)
{
	memset(&soak->longs[i], 0, sizeof(soak->longs[i]));
	sampled[i] = 0;
	(void)fflush(NULL);
	longs[i] = fork();
	MUST(longs[i] >= 0);
	if (longs[i])
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (i == SOAK_LOOKER)
		soak_look(seed);
	else
		soak_produce(i);
	exit(0);
}

static void begin_consumer(uint32_t i)
{
	uint32_t stream = choose(SOAK_STREAMS);
	uint32_t policy = choose(3);
	uint32_t select = choose(2);

	memset(&soak->consumers[i], 0, sizeof(soak->consumers[i]));
	(void)fflush(NULL);
	consumers[i] = fork();
	MUST(consumers[i] >= 0);
	stopped[i] = 0;
	joined++;
	if (consumers[i])
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	soak_consume(i, stream, policy, select);
	exit(0);
}

static void await(pid_t pid, int may_be_killed)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0) {
		if (dsi_now() > deadline) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			atomic_fetch_add(&soak->failed, 1);
			printf("FAILED: process %d does not end\n", (int)pid);
			return;
		}
		nap(500);
	}
	if (status == 0 || (may_be_killed && WIFSIGNALED(status) &&
			    WTERMSIG(status) == SIGKILL))
		return;
	atomic_fetch_add(&soak->failed, 1);
	printf("FAILED: process %d ended with status %#x\n", (int)pid, status);
}

static void end_consumer(uint32_t i, int by_kill)
{
	if (!consumers[i])
		return;
	packets += atomic_load(&soak->consumers[i].packets);
	atomic_store(&soak->consumers[i].stop, 1);
	if (by_kill) {
		(void)kill(consumers[i], SIGKILL);
		killed++;
	} else if (stopped[i]) {
		(void)kill(consumers[i], SIGCONT);
	}
	await(consumers[i], by_kill);
	consumers[i] = 0;
}

static void restart_producer(uint32_t i)
{
	(void)kill(longs[i], SIGKILL);
	killed++;
	await(longs[i], 1);
	begin_long(i);
}

/* ---- the plan ------------------------------------------------------------ */

static void act(void)
{
	uint32_t what = choose(100);
	uint32_t i = choose(SOAK_CONSUMERS);
	const char *name = "consumer comes";

	if (what < 45 && !consumers[i]) {
		begin_consumer(i);
	} else if (what < 65) {
		name = "consumer goes";
		end_consumer(i, 0);
	} else if (what < 80) {
		name = "consumer is killed";
		end_consumer(i, 1);
	} else if (what < 97) {
		name = stopped[i] ? "consumer goes on" : "consumer stops";
		if (consumers[i])
			(void)kill(consumers[i],
				   stopped[i] ? SIGCONT : SIGSTOP);
		stopped[i] = consumers[i] && !stopped[i];
	} else {
		name = "producer is killed";
		i = choose(SOAK_STREAMS);
		restart_producer(i);
	}
	if (verbose)
		printf("%s: %u\n", name, i);
	nap(1000 + (long)choose(8000));
}

/* ---- at the end of a round ----------------------------------------------- */

static void compare(uint32_t i)
{
	const struct soak_long *now = &soak->longs[i];
	const struct soak_long *then = &first[i];

	samples++;
	if (now->descriptors <= then->descriptors &&
	    now->regions <= then->regions && now->threads <= then->threads &&
	    now->kilobytes <= then->kilobytes + KILOBYTES_SPARE)
		return;
	atomic_fetch_add(&soak->failed, 1);
	printf("FAILED: %s %u has grown: descriptors %u -> %u, regions %u -> "
	       "%u, threads %u -> %u, memory %u -> %u KiB\n",
	       i == SOAK_LOOKER ? "looker" : "producer", i, then->descriptors,
	       now->descriptors, then->regions, now->regions, then->threads,
	       now->threads, then->kilobytes, now->kilobytes);
}

static void take_sample(uint32_t i)
{
	struct soak_long *self = &soak->longs[i];
	uint32_t ask = atomic_load(&self->ask) + 1u;
	uint64_t deadline = dsi_now() + PATIENCE_NS;

	atomic_store(&self->ask, ask);
	while (atomic_load(&self->answered) != ask ||
	       atomic_load(&self->consumers)) {
		/* Links are torn down by another thread: ask until it is so. */
		if (atomic_load(&self->answered) == ask)
			atomic_store(&self->ask, ++ask);
		if (dsi_now() > deadline) {
			atomic_fetch_add(&soak->failed, 1);
			printf("FAILED: process %u does not answer\n", i);
			return;
		}
		nap(1000);
	}
}

/* What is still being torn down goes within a moment, what has leaked stays. */
static void judge(uint32_t i)
{
	struct soak_long *now = &soak->longs[i];

	for (uint32_t k = 0; k < 200; k++) {
		take_sample(i);
		if (!sampled[i] || (now->descriptors <= first[i].descriptors &&
				    now->regions <= first[i].regions))
			break;
		nap(5000);
	}
	/* A process is warm after some rounds of its own. */
	if (++sampled[i] > WARM_ROUNDS) {
		compare(i);
		return;
	}
	first[i].descriptors = now->descriptors;
	first[i].regions = now->regions;
	first[i].threads = now->threads;
	first[i].kilobytes = now->kilobytes;
}

static void finish_round(uint32_t round)
{
	struct soak_long *looker = &soak->longs[SOAK_LOOKER];
	uint64_t deadline = dsi_now() + PATIENCE_NS;

	for (uint32_t i = 0; i < SOAK_CONSUMERS; i++)
		end_consumer(i, 0);
	/* Who looks on has connections that come and go. */
	atomic_store(&looker->rest, 1);
	while (!atomic_load(&looker->rests)) {
		MUST(dsi_now() < deadline);
		nap(1000);
	}
	for (uint32_t i = 0; i < SOAK_LONG; i++)
		judge(i);
	atomic_store(&looker->rest, 0);
	printf("round %u: %ju joined, %ju killed, %ju packets received, %ju "
	       "samples\n",
	       round, (uintmax_t)joined, (uintmax_t)killed, (uintmax_t)packets,
	       (uintmax_t)samples);
	(void)fflush(stdout);
}

/* ---- what may be left ---------------------------------------------------- */

static uint32_t entries(const char *folder, const char *words)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	uint32_t n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		n += strstr(entry->d_name, words) != NULL;
	(void)closedir(dir);
	return n;
}

static void end_all(const char *folder, uint32_t shared_before)
{
	uint32_t left;

	for (uint32_t i = 0; i < SOAK_LONG; i++)
		atomic_store(&soak->longs[i].stop, 1);
	for (uint32_t i = 0; i < SOAK_LONG; i++)
		await(longs[i], 0);
	left = entries(folder, "") - 2u;
	if (left || entries("/dev/shm", "dsi") > shared_before) {
		atomic_fetch_add(&soak->failed, 1);
		printf("FAILED: %u names are left, or shared memory\n", left);
	}
}

static void options(int argc, char **argv)
{
	static const struct option names[] = {
		{"seconds", required_argument, NULL, 's'},
		{"minutes", required_argument, NULL, 'm'},
		{"seed", required_argument, NULL, 'r'},
		{"leak", required_argument, NULL, 'l'},
		{"verbose", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's')
			seconds = strtoull(optarg, NULL, 10);
		else if (c == 'm')
			seconds = strtoull(optarg, NULL, 10) * 60u;
		else if (c == 'r')
			seed = strtoull(optarg, NULL, 10) | 1u;
		else if (c == 'v')
			verbose = 1;
		else if (c == 'l' && strcmp(optarg, "descriptor") == 0)
			soak->leak = SOAK_LEAK_DESCRIPTOR;
		else if (c == 'l' && strcmp(optarg, "memory") == 0)
			soak->leak = SOAK_LEAK_MEMORY;
		else if (c == 'l' && strcmp(optarg, "torn") == 0)
			soak->leak = SOAK_TORN;
		else
			exit(2);
	}
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/dsi-soak-XXXXXX";
	uint32_t shared_before = entries("/dev/shm", "dsi");
	uint64_t until;
	uint32_t round = 0;

	soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(soak != MAP_FAILED);
	options(argc, argv);
	random_state = seed;
	printf("soak: seed %ju\n", (uintmax_t)seed);
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	for (uint32_t i = 0; i < SOAK_LONG; i++)
		begin_long(i);
	until = dsi_now() + seconds * UINT64_C(1000000000);
	while ((round < ROUNDS_LEAST || dsi_now() < until) &&
	       !atomic_load(&soak->failed)) {
		for (uint32_t i = 0; i < ACTIONS; i++)
			act();
		finish_round(round++);
	}
	end_all(folder, shared_before);
	if (soak->failure[0])
		printf("FAILED: %s\n", soak->failure);
	MUST_BE(rmdir(folder), 0);
	printf("soak: %u rounds, %ju processes, %ju killed, %ju packets, %ju "
	       "samples, %u failures\n",
	       round, (uintmax_t)joined, (uintmax_t)killed, (uintmax_t)packets,
	       (uintmax_t)samples, atomic_load(&soak->failed));
	return atomic_load(&soak->failed) || !packets || !samples ? 1 : 0;
}
