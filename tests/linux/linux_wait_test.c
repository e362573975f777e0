/* SPDX-License-Identifier: MIT */
/*
 * linux_wait_test.c - futex words: across processes, through a read-only
 * mapping, with a second word, under signals, under the attack that a reader
 * can make, and without futex_waitv().
 */
#define _GNU_SOURCE
#include "linux_test.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

static _Atomic uint32_t private_word;

static struct dsi_port_word word_of(const _Atomic uint32_t *word,
				    uint32_t expected, uint32_t shared)
{
	return (struct dsi_port_word){word, expected, shared};
}

static void not_equal_returns(void **state)
{
	_Atomic uint32_t one = 1, two = 2;
	struct dsi_port_word words[2] = {word_of(&one, 0, 0),
					 word_of(&two, 2, 0)};

	(void)state;
	assert_int_equal(dsi_port_wait(words, 1, DSI_FOREVER), 0);
	assert_int_equal(dsi_port_wait(words, 2, DSI_FOREVER), 0);
	/* Changed wins over late. */
	assert_int_equal(dsi_port_wait(words, 1, 0), 0);
	assert_int_equal(dsi_port_wait(words, 2, 0), 0);
	words[0].expected = 1;
	words[1].expected = 3;
	assert_int_equal(dsi_port_wait(words, 2, DSI_FOREVER), 0);
}

static void deadlines(void **state)
{
	_Atomic uint32_t one = 1, two = 2;
	struct dsi_port_word words[2] = {word_of(&one, 1, 0),
					 word_of(&two, 2, 1)};
	uint64_t late;

	(void)state;
	for (uint32_t n = 1; n <= 2; n++) {
		uint64_t deadline_ns = test_in_ms(20);

		assert_int_equal(dsi_port_wait(words, n, 0), -DSI_ETIMEDOUT);
		assert_int_equal(dsi_port_wait(words, n, dsi_port_now() - 1),
				 -DSI_ETIMEDOUT);
		assert_int_equal(dsi_port_wait(words, n, deadline_ns),
				 -DSI_ETIMEDOUT);
		assert_true(dsi_port_now() >= deadline_ns);
	}
	/* Not allowed, but must neither hang nor spin past the deadline. */
	late = test_in_ms(5);
	while (dsi_port_wait(words, 0, late) == 0)
		;
	assert_true(dsi_port_now() >= late);
}

static void as_many_as_promised(void **state)
{
	struct dsi_port_word words[129];
	_Atomic uint32_t zero = 0;

	(void)state;
	assert_int_equal(dsi_port_wait_max(), 128);
	for (uint32_t i = 0; i < 129; i++)
		words[i] = word_of(&zero, 0, i & 1);
	assert_int_equal(dsi_port_wait(words, 128, test_in_ms(5)),
			 -DSI_ETIMEDOUT);
	words[127].expected = 1;
	assert_int_equal(dsi_port_wait(words, 128, DSI_FOREVER), 0);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals = signals + 1;
}

static void signals_do_not_end_it(void **state)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct itimerval often = {{0, 2000}, {0, 2000}};
	struct itimerval never = {{0, 0}, {0, 0}};
	_Atomic uint32_t zero = 0;
	struct dsi_port_word words[2] = {word_of(&zero, 0, 0),
					 word_of(&zero, 0, 1)};

	(void)state;
	assert_int_equal(sigaction(SIGVTALRM, &action, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (uint32_t n = 1; n <= 2; n++) {
		uint64_t deadline_ns = test_in_ms(50);

		while (dsi_port_wait(words, n, deadline_ns) == 0)
			;
		assert_true(dsi_port_now() >= deadline_ns);
	}
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(signals > 0);
	assert_true(signal(SIGALRM, SIG_DFL) != SIG_ERR);
	(void)alarm(TEST_HANG_S);
}

/* A child counts up as the parent does; each waits for the other. */
static void ping_pong(uint32_t n)
{
	struct dsi_port_region ours, theirs;
	const uint32_t rounds = 2000;
	_Atomic uint32_t *mine;
	const _Atomic uint32_t *peer;
	pid_t child;

	assert_int_equal(dsi_port_region_create(&ours, 1, DSI_PORT_READ), 0);
	assert_int_equal(dsi_port_region_create(&theirs, 1, DSI_PORT_READ), 0);
	child = fork();
	assert_true(child >= 0);
	/* Each reads the other's word through a read-only mapping. */
	if (child == 0) {
		struct dsi_port_region map;

		TEST_CHILD(dsi_port_region_attach(&map, dup(ours.handle),
						  ours.bytes,
						  DSI_PORT_READ) == 0);
		mine = theirs.addr;
		peer = map.addr;
	} else {
		struct dsi_port_region map;

		assert_int_equal(
			dsi_port_region_attach(&map, dup(theirs.handle),
					       theirs.bytes, DSI_PORT_READ),
			0);
		mine = ours.addr;
		peer = map.addr;
	}
	for (uint32_t i = 1; i <= rounds; i++) {
		if (child > 0) {
			atomic_store(mine, i);
			dsi_port_wake(mine, 1);
		}
		for (;;) {
			uint32_t seen = atomic_load(peer);
			struct dsi_port_word words[2] = {
				word_of(peer, seen, 1),
				word_of(&private_word, 0, 0)};

			if (seen == i)
				break;
			if (dsi_port_wait(words, n, DSI_FOREVER) < 0)
				abort();
		}
		if (child == 0) {
			atomic_store(mine, i);
			dsi_port_wake(mine, 1);
		}
	}
	if (child == 0)
		_exit(0);
	assert_int_equal(test_reap(child), 0);
	dsi_port_region_fini(&ours);
	dsi_port_region_fini(&theirs);
}

static void across_processes(void **state)
{
	(void)state;
	ping_pong(1);
	ping_pong(2);
}

/* ---- a sleeper that an attacker moves away ------------------------------ */

struct sleeper {
	const _Atomic uint32_t *shared;
	_Atomic uint32_t gone; /* the private word */
};

static void *sleep_on_both(void *argument)
{
	struct sleeper *sleeper = argument;

	while (!atomic_load(&sleeper->gone)) {
		struct dsi_port_word words[2] = {word_of(sleeper->shared, 0, 1),
						 word_of(&sleeper->gone, 0, 0)};

		(void)dsi_port_wait(words, 2, DSI_FOREVER);
	}
	return NULL;
}

static void private_word_survives_requeue(void **state)
{
	static _Atomic uint32_t elsewhere;
	struct dsi_port_region region, map;
	struct sleeper sleeper = {0};
	pthread_t thread;
	long moved;

	(void)state;
	assert_int_equal(dsi_port_region_create(&region, 1, DSI_PORT_READ), 0);
	assert_int_equal(dsi_port_region_attach(&map, dup(region.handle),
						region.bytes, DSI_PORT_READ),
			 0);
	sleeper.shared = map.addr;
	assert_int_equal(pthread_create(&thread, NULL, sleep_on_both, &sleeper),
			 0);
	/* The attacker needs no more than the read-only mapping. */
	do {
		(void)usleep(1000);
		moved = syscall(SYS_futex, map.addr, FUTEX_CMP_REQUEUE, 0,
				INT32_MAX, &elsewhere, 0);
	} while (moved == 0);
	if (moved > 0) /* a kernel may forbid it; all the better */
		assert_int_equal(moved, 1);
	atomic_store(&sleeper.gone, 1);
	dsi_port_wake(&sleeper.gone, 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	dsi_port_region_fini(&map);
	dsi_port_region_fini(&region);
}

/* ---- without futex_waitv() ---------------------------------------------- */

static int deny_waitv(uint32_t err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex_waitv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* The child sleeps on two words.  The parent changes and wakes only the one
 * that the fall-back does not sleep on.  @err: futex_waitv()'s answer from now on, 0 is
 * its own. */
static void fall_back(uint32_t err)
{
	struct dsi_port_region region;
	_Atomic uint32_t *words;
	pid_t child;
	int status;

	assert_int_equal(dsi_port_region_create(&region, 1, DSI_PORT_WRITE), 0);
	words = region.addr;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct dsi_port_word both[2] = {word_of(&words[0], 0, 1),
						word_of(&words[1], 0, 1)};

		if (err && deny_waitv(err) < 0) {
			atomic_store(&words[2], 1);
			_exit(77);
		}
		TEST_CHILD(dsi_port_wait(both, 2, 0) == -DSI_ETIMEDOUT);
		TEST_CHILD(dsi_port_wait(both, 2, test_in_ms(12)) ==
			   -DSI_ETIMEDOUT);
		atomic_store(&words[2], 1); /* tell the parent */
		while (atomic_load(&words[1]) == 0)
			TEST_CHILD(dsi_port_wait(both, 2, DSI_FOREVER) == 0);
		_exit(0);
	}
	while (atomic_load(&words[2]) == 0)
		(void)usleep(1000);
	atomic_store(&words[1], 1);
	dsi_port_wake(&words[1], 1);
	status = test_reap(child);
	dsi_port_region_fini(&region);
	if (status == 77)
		TEST_SKIP("no filter for calls of the kernel");
	assert_int_equal(status, 0);
}

static void without_waitv(void **state)
{
	(void)state;
	/* QEMU knows neither futex_waitv() nor filters: nothing is to be
	 * denied. */
	if (EMULATED) {
		fall_back(0);
		return;
	}
	fall_back(ENOSYS);
	fall_back(EPERM);
}

static void wake_never_complains(void **state)
{
	_Atomic uint32_t word = 0;

	(void)state;
	dsi_port_wake(&word, 0);
	dsi_port_wake(&word, 1);
	dsi_port_wake(NULL, 1);
	dsi_port_relax();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_equal_returns),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(as_many_as_promised),
		cmocka_unit_test(signals_do_not_end_it),
		cmocka_unit_test(across_processes),
		cmocka_unit_test(without_waitv),
		cmocka_unit_test(private_word_survives_requeue),
		cmocka_unit_test(wake_never_complains),
	};

	(void)alarm(TEST_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
