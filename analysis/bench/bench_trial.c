/* SPDX-License-Identifier: MIT */
/*
 * bench_trial.c - start the sides, wait for them, put together what they say.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/errno.h>

#include "bench/bench_side.h"
#include "bench/bench_statistics.h"
#include "bench/bench_stress.h"

#define PATIENCE_MS 60000 /* beyond the time that a trial shall take */
#define NS_PER_MS 1000000u

struct bench_stage *bench_stage_create(void)
{
	void *at =
		mmap(NULL, sizeof(struct bench_stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void bench_stage_destroy(struct bench_stage *stage)
{
	if (stage)
		munmap(stage, sizeof(*stage));
}

/* ---- starting and waiting -------------------------------------------------- */

struct cast {
	const struct bench_trial *trial;
	struct bench_stage *stage;
	void **links;
	uint32_t n_links;
	pid_t pids[BENCH_SIDES];
	struct pollfd ends[BENCH_SIDES]; /* readable when a process ended */
	uint32_t sides;
	uint32_t processes;
	uint32_t lives; /* those that have not ended */
};

static void *run_thread(void *side)
{
	bench_side_run(side);
	return NULL;
}

/* All sides as threads of this process. */
static _Noreturn void run_threads(const struct bench_side *first)
{
	struct bench_side sides[BENCH_SIDES];
	pthread_t threads[BENCH_SIDES];

	for (uint32_t i = 0; i < first->sides; i++) {
		sides[i] = *first;
		sides[i].number = i;
		if (pthread_create(&threads[i], NULL, run_thread, &sides[i]))
			_exit(1);
	}
	for (uint32_t i = 0; i < first->sides; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static _Noreturn void run_child(const struct bench_side *side, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (side->trial->what.threads)
		run_threads(side);
	bench_side_run(side);
	_exit(0);
}

/* A descriptor that tells when process @i ended. */
static bool watch(struct cast *cast, uint32_t i)
{
	int fd = (int)syscall(SYS_pidfd_open, cast->pids[i], 0);

	if (fd < 0) {
		int err = errno;

		kill(cast->pids[i], SIGKILL);
		waitpid(cast->pids[i], NULL, 0);
		cast->pids[i] = 0;
		errno = err;
		return false;
	}
	cast->ends[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	cast->lives++;
	return true;
}

static int start(struct cast *cast)
{
	struct bench_side side = {
		.trial = cast->trial,
		.stage = cast->stage,
		.sides = cast->sides,
		.links = cast->links,
	};
	pid_t parent = getpid();

	for (uint32_t i = 0; i < cast->processes; i++) {
		side.number = i;
		cast->pids[i] = fork();
		if (cast->pids[i] == 0)
			run_child(&side, parent);
		if (cast->pids[i] < 0)
			return -errno;
		if (!watch(cast, i))
			return -errno;
	}
	return 0;
}

static void end_all(struct cast *cast)
{
	for (uint32_t i = 0; i < cast->processes; i++)
		if (cast->pids[i] > 0)
			kill(cast->pids[i], SIGKILL);
}

/* Process @i ended: fetch it.  Did it fail? */
static bool fetch(struct cast *cast, uint32_t i)
{
	siginfo_t info = {.si_code = 0};
	int got = waitid(P_PID, (id_t)cast->pids[i], &info, WEXITED);

	cast->pids[i] = 0;
	close(cast->ends[i].fd);
	cast->ends[i].fd = -1;
	cast->lives--;
	return got || info.si_code != CLD_EXITED || info.si_status != 0;
}

/* Sleeps until something ends: the sides need the CPUs. */
static int wait_for_all(struct cast *cast)
{
	uint64_t until_ns = bench_now() + cast->trial->time_ns +
			    (uint64_t)PATIENCE_MS * NS_PER_MS;
	int err = 0;

	while (cast->lives) {
		uint64_t now_ns = bench_now();
		uint64_t left_ms =
			now_ns < until_ns ? (until_ns - now_ns) / NS_PER_MS : 0;

		poll(cast->ends, cast->processes, err ? -1 : (int)left_ms + 1);
		if (!err && bench_now() >= until_ns) {
			err = -DSI_ETIMEDOUT;
			end_all(cast);
		}
		for (uint32_t i = 0; i < cast->processes; i++) {
			if (cast->ends[i].fd < 0 || !cast->ends[i].revents)
				continue;
			if (fetch(cast, i) && !err) {
				err = -DSI_EPIPE;
				end_all(cast);
			}
		}
	}
	return err;
}

/* ---- putting together ------------------------------------------------------ */

static int explain(const struct cast *cast, int err, struct bench_outcome *out)
{
	const char *said = "";

	for (uint32_t i = 0; i < cast->sides && !said[0]; i++)
		if (cast->stage->accounts[i].failed)
			said = cast->stage->accounts[i].why;
	if (said[0])
		snprintf(out->why, sizeof(out->why), "%s", said);
	else if (err == -DSI_ETIMEDOUT)
		snprintf(out->why, sizeof(out->why),
			 "it did not end within %d s after its time",
			 PATIENCE_MS / 1000);
	else
		snprintf(out->why, sizeof(out->why), "a side ended: %s",
			 dsi_strerror(err));
	return err;
}

static void add_account(const struct bench_account *a,
			struct bench_outcome *out)
{
	out->cpu_ns += a->last.cpu_ns - a->first.cpu_ns;
	out->calls += a->last.calls - a->first.calls;
	out->switches += a->last.switches - a->first.switches;
	out->joins += a->joins;
	out->delay_ns += a->last.delay_ns - a->first.delay_ns;
	out->instructions += a->last.instructions - a->first.instructions;
	out->counted = out->counted && a->first.counted && a->last.counted;
}

static uint64_t without(uint64_t time_ns, uint64_t clock_ns)
{
	return time_ns > clock_ns ? time_ns - clock_ns : 0;
}

/* Side 0 has all the times. */
static void gather_round_trip(const struct cast *cast,
			      struct bench_outcome *out)
{
	const struct bench_account *a = &cast->stage->accounts[0];

	out->samples = cast->stage->samples[0];
	out->n_samples = a->n_samples;
	for (size_t i = 0; i < out->n_samples; i++)
		out->samples[i] =
			without(out->samples[i], cast->trial->clock_ns);
	out->rounds = a->packets;
	out->packets = 2 * a->packets;
	out->wall_ns = a->last.wall_ns - a->first.wall_ns;
}

/* Each consumer's times less the producer's; all that there are in a row. */
static int gather_one_way(const struct cast *cast, struct bench_outcome *out)
{
	const struct bench_account *a = cast->stage->accounts;
	uint64_t(*samples)[BENCH_SAMPLES] = cast->stage->samples;
	uint64_t *flat = &samples[0][0] + BENCH_SAMPLES;
	/* Who comes and goes is not measured. */
	uint32_t sides =
		cast->trial->what.measure == BENCH_JOIN ? 2 : cast->sides;

	for (uint32_t i = 1; i < sides; i++) {
		if (a[i].n_samples != a[0].n_samples) {
			snprintf(out->why, sizeof(out->why),
				 "consumer %u received %llu messages, not %llu",
				 i, (unsigned long long)a[i].n_samples,
				 (unsigned long long)a[0].n_samples);
			return -DSI_EPROTO;
		}
		for (size_t k = 0; k < a[0].n_samples; k++)
			flat[out->n_samples++] =
				without(samples[i][k] - samples[0][k],
					cast->trial->clock_ns);
	}
	out->samples = flat;
	out->rounds = out->packets = a[0].packets;
	out->wall_ns = a[0].last.wall_ns - a[0].first.wall_ns;
	return 0;
}

/* From the producer's first message to the end of the last consumer. */
static void gather_rate(const struct cast *cast, struct bench_outcome *out)
{
	const struct bench_account *a = cast->stage->accounts;
	uint64_t end_ns = 0;

	for (uint32_t i = 1; i < cast->sides; i++)
		if (a[i].last.wall_ns > end_ns)
			end_ns = a[i].last.wall_ns;
	out->rounds = out->packets = a[0].packets;
	out->wall_ns = end_ns - a[0].first.wall_ns;
}

static int gather(const struct cast *cast, struct bench_outcome *out)
{
	int err = 0;

	out->counted = true;
	for (uint32_t i = 0; i < cast->sides; i++)
		add_account(&cast->stage->accounts[i], out);
	if (bench_case_answers(&cast->trial->what))
		gather_round_trip(cast, out);
	else if (bench_case_has_times(&cast->trial->what))
		err = gather_one_way(cast, out);
	else
		gather_rate(cast, out);
	if (!err && out->n_samples)
		bench_sort(out->samples, out->n_samples);
	return err;
}

/* ---- all of it ------------------------------------------------------------- */

static uint32_t links_of(const struct bench_case *what)
{
	if (what->measure == BENCH_SELECT)
		return 1 + what->streams;
	return what->measure == BENCH_ROUND_TRIP ? 2 : 1;
}

static uint32_t consumers_of(const struct bench_case *what)
{
	return bench_case_answers(what) || what->measure == BENCH_JOIN
		       ? 1
		       : what->consumers;
}

/* Each stream takes some descriptors at either end. */
static void permit_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_links(struct cast *cast)
{
	const struct bench_case *what = &cast->trial->what;
	static unsigned int count;
	int err = 0;

	cast->n_links = links_of(what);
	cast->links = calloc(cast->n_links, sizeof(cast->links[0]));
	if (!cast->links)
		return -DSI_ENOMEM;
	if (cast->n_links > 2)
		permit_many_files();
	for (uint32_t i = 0; i < cast->n_links && !err; i++) {
		char name[48];
		struct bench_setup setup = {
			.payload = what->payload,
			.ring = what->ring,
			.batch = what->batch,
			.consumers = consumers_of(what),
			.wait = what->wait,
			.spin_ns = cast->trial->spin_ns,
			.threads = what->threads,
			.name = name,
		};

		snprintf(name, sizeof(name), "bench-%d-%u", (int)getpid(),
			 count++);
		err = cast->trial->channel->open(&setup, &cast->links[i]);
	}
	return err;
}

static void close_links(struct cast *cast)
{
	for (uint32_t i = 0; cast->links && i < cast->n_links; i++)
		if (cast->links[i])
			cast->trial->channel->close(cast->links[i]);
	free(cast->links);
}

static int perform(struct cast *cast, struct bench_outcome *out)
{
	int err = start(cast);

	if (err) {
		end_all(cast);
		wait_for_all(cast);
		snprintf(out->why, sizeof(out->why), "cannot start: %s",
			 dsi_strerror(err));
		return err;
	}
	err = wait_for_all(cast);
	return err ? explain(cast, err, out) : gather(cast, out);
}

static void clear(struct bench_stage *stage)
{
	atomic_store(&stage->joined, 0);
	atomic_store(&stage->done, 0);
	atomic_store(&stage->last, 0);
	atomic_store(&stage->flowing, false);
	atomic_store(&stage->ending, false);
	atomic_store(&stage->gone, 0);
	memset(stage->accounts, 0, sizeof(stage->accounts));
}

static int run_sides(struct bench_stage *stage, const struct bench_trial *trial,
		     struct bench_outcome *out)
{
	struct cast cast = {
		.trial = trial,
		.stage = stage,
		.sides = bench_sides(&trial->what),
	};
	int err;

	cast.processes = trial->what.threads ? 1 : cast.sides;
	for (uint32_t i = 0; i < BENCH_SIDES; i++)
		cast.ends[i].fd = -1;
	clear(stage);
	err = open_links(&cast);
	if (err)
		snprintf(out->why, sizeof(out->why), "cannot open: %s",
			 dsi_strerror(err));
	else
		err = perform(&cast, out);
	close_links(&cast);
	return err;
}

int bench_trial_run(struct bench_stage *stage, const struct bench_trial *trial,
		    struct bench_outcome *out)
{
	struct bench_stress_run *stress = NULL;
	int err;

	*out = (struct bench_outcome){.why = ""};
	err = bench_stress_start(trial, &stress, out->why, sizeof(out->why));
	if (err)
		return err;
	if (trial->channel->run_alone)
		err = trial->channel->run_alone(stage, trial, out);
	else
		err = run_sides(stage, trial, out);
	bench_stress_stop(stress);
	return err;
}
