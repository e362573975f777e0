/* SPDX-License-Identifier: MIT */
/*
 * runner_fake.c - the suite on the fake port: each test runs once for every
 * seed, and a failure names the seed that repeats it.
 *
 * The seeds of one test run in a child process, so that a crash fails only
 * that test; --fork 0 keeps it in this process, for a debugger.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/port.h>

#include "conf.h"
#include "../fake_port/fake.h"

#define PEERS 4096
#define TIMEOUT_S 600u

static uint64_t first_seed = 1, n_seeds = 20;
static int use_fork = 1;
static uint64_t *failed_seed; /* shared with the child */

static struct peer {
	int (*process_fn)(uint64_t arg);
	uint64_t process_arg;
	int (*thread_fn)(void *arg);
	void *thread_arg;
	int fiber;
	int result;
} peers[PEERS];
static int n_peers;

/* ---- the harness -------------------------------------------------------- */

static void run_peer(void *arg)
{
	struct peer *peer = arg;

	if (peer->process_fn)
		peer->result = peer->process_fn(peer->process_arg);
	else
		peer->result = peer->thread_fn(peer->thread_arg);
}

static struct peer *new_peer(void)
{
	struct peer *peer = &peers[n_peers];

	if (n_peers++ == PEERS)
		abort();
	memset(peer, 0, sizeof(*peer));
	return peer;
}

int conf_spawn_process(int (*fn)(uint64_t arg), uint64_t arg)
{
	struct peer *peer = new_peer();

	peer->process_fn = fn;
	peer->process_arg = arg;
	peer->fiber = fake_spawn_process(run_peer, peer);
	return (int)(peer - peers);
}

int conf_spawn_thread(int (*fn)(void *arg), void *arg)
{
	struct peer *peer = new_peer();

	peer->thread_fn = fn;
	peer->thread_arg = arg;
	peer->fiber = fake_spawn(run_peer, peer);
	return (int)(peer - peers);
}

int conf_join(int peer)
{
	return fake_join(peers[peer].fiber) ? CONF_KILLED : peers[peer].result;
}

void conf_kill(int peer)
{
	fake_kill(peers[peer].fiber);
}

void conf_kill_at(int peer, uint32_t point)
{
	fake_kill_after(peers[peer].fiber, point * 3);
}

_Noreturn void conf_die(void)
{
	fake_kill(fake_self());
	abort();
}

void conf_sleep_until(uint64_t deadline_ns)
{
	fake_sleep_until(deadline_ns);
}

void conf_step(uint32_t step)
{
	atomic_fetch_add(&conf_shared->steps[step], 1);
	fake_yield();
}

struct step {
	uint32_t step, count;
};

static int step_done(void *arg)
{
	const struct step *step = arg;

	return atomic_load(&conf_shared->steps[step->step]) >= step->count;
}

int conf_await(uint32_t step, uint32_t count)
{
	struct step s = {step, count};

	if (fake_await(step_done, &s, conf_later()) == 0)
		return 0;
	conf_fail(__FILE__, __LINE__, "step %u was not reached", step);
	return 1;
}

int conf_handle_open(int32_t handle)
{
	return fake_handle_open(handle);
}

int conf_readable(int32_t handle, uint64_t deadline_ns)
{
	return fake_readable(handle, deadline_ns);
}

int32_t conf_memory(uint64_t bytes, uint32_t sealable)
{
	return fake_memory(bytes, sealable);
}

int32_t conf_device(void)
{
	return fake_device(65536, 0xfd000000u);
}

/* ---- running ------------------------------------------------------------ */

static void run_test(void *arg)
{
	const struct conf_test *test = arg;

	/* Both kinds of port are worth a try. */
	fake_loop_handles(*failed_seed % 2 == 0);
	if (test->run() && !atomic_load(&conf_shared->failed))
		conf_fail(test->name, 0, "failed without a reason");
}

/* Return: 1 if a seed failed. */
static int run_seeds(const struct conf_test *test)
{
	for (uint64_t i = 0; i < n_seeds; i++) {
		uint64_t seed = first_seed + i;
		struct conf_test copy = *test;

		memset(conf_shared, 0, sizeof(*conf_shared));
		n_peers = 0;
		*failed_seed = seed;
		if (fake_run(seed, run_test, &copy))
			conf_fail(test->name, 0, "%s", fake_error());
		if (atomic_load(&conf_shared->failed))
			return 1;
	}
	return 0;
}

int conf_run(const struct conf_test *test)
{
	int status;
	pid_t pid;

	if (!use_fork)
		return run_seeds(test);
	fflush(NULL);
	memset(conf_shared, 0, sizeof(*conf_shared));
	pid = fork();
	if (pid == 0) {
		alarm(TIMEOUT_S); /* a fiber that never comes back to us */
		exit(run_seeds(test));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		conf_fail(test->name, 0, "killed by signal %d",
			  WTERMSIG(status));
	else
		conf_fail(test->name, 0, "exit code %d", WEXITSTATUS(status));
	return 1;
}

const char *conf_hint(void)
{
	static char text[64];

	snprintf(text, sizeof(text), " (repeat: --seed %llu)",
		 (unsigned long long)*failed_seed);
	return text;
}

void conf_option(const char *name, const char *value)
{
	uint64_t number = strtoull(value, NULL, 0);

	if (!strcmp(name, "--seed")) {
		first_seed = number;
		n_seeds = 1;
	} else if (!strcmp(name, "--seeds")) {
		n_seeds = number;
	} else if (!strcmp(name, "--fork")) {
		use_fork = number != 0;
	} else {
		fprintf(stderr, "unknown option %s\n", name);
		exit(2);
	}
}

__attribute__((constructor)) static void set_up(void)
{
	conf_shared =
		mmap(NULL, sizeof(*conf_shared) + sizeof(*failed_seed),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (conf_shared == MAP_FAILED)
		abort();
	failed_seed = (void *)(conf_shared + 1);
}
