/* SPDX-License-Identifier: MIT */
/*
 * linux_loop_test.c - loops: who is called, who is not called any more, and
 * who has to wait for that.
 */
#define _GNU_SOURCE
#include "linux_test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

/* On threads that cmocka does not know of. */
#define MUST(what) ((what) ? (void)0 : abort())

struct watched {
	struct dsi_port_source source; /* first */
	struct dsi_port_loop *loop;
	struct watched *other; /* what ready() shall remove */
	_Atomic int calls;
	_Atomic uint32_t why;
	_Atomic int inside; /* ready() runs */
	_Atomic int go;	    /* ready() may return */
	_Atomic int removed;
};

static void count(struct dsi_port_source *source, uint32_t why)
{
	struct watched *w = (struct watched *)source;

	atomic_fetch_or(&w->why, why);
	atomic_fetch_add(&w->calls, 1);
}

static void count_and_silence(struct dsi_port_source *source, uint32_t why)
{
	if (source->handle >= 0)
		dsi_port_bell_silence(source->handle);
	count(source, why);
}

static void watch(struct dsi_port_loop *loop, struct watched *w,
		  void (*ready)(struct dsi_port_source *, uint32_t),
		  int32_t handle)
{
	memset(w, 0, sizeof(*w));
	w->loop = loop;
	w->source.ready = ready;
	w->source.handle = handle;
	assert_int_equal(dsi_port_loop_add(loop, &w->source), 0);
}

static struct dsi_port_loop *make_loop(uint32_t flags)
{
	struct dsi_port_loop *loop = NULL;

	assert_int_equal(dsi_port_loop_create(flags, &loop), 0);
	return loop;
}

static int readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void handles_are_level_triggered(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched w;
	int32_t ends[2];

	(void)state;
	assert_int_equal(dsi_port_bell_pair(ends), 0);
	watch(loop, &w, count, ends[0]);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	assert_false(readable(dsi_port_loop_handle(loop)));
	dsi_port_bell_ring(ends[1]);
	assert_true(readable(dsi_port_loop_handle(loop)));
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
		assert_int_equal(w.calls, i);
	}
	assert_int_equal(w.why, DSI_PORT_WHY_READY);
	dsi_port_bell_silence(ends[0]);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	dsi_port_bell_ring(ends[1]);
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_loop_remove(loop, &w.source); /* twice is harmless */
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	assert_int_equal(w.calls, 3);
	dsi_port_loop_destroy(loop);
	dsi_port_loop_destroy(NULL);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

static void hang_up_is_told(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched w;
	int32_t ends[2];

	(void)state;
	assert_int_equal(dsi_port_conn_pair(ends), 0);
	watch(loop, &w, count, ends[0]);
	dsi_port_handle_close(ends[1]);
	assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	assert_int_equal(w.why, DSI_PORT_WHY_READY);
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_handle_close(ends[0]);
	dsi_port_loop_destroy(loop);
}

static void only_sockets_may_in(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched w = {.source = {.ready = count}};
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	w.source.handle = pipes[0];
	assert_int_equal(dsi_port_loop_add(loop, &w.source), -DSI_EPROTO);
	dsi_port_loop_remove(loop, &w.source); /* was never in */
	w.source.handle = 0x7ffffff;
	assert_true(dsi_port_loop_add(loop, &w.source) < 0);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	w.source.handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (w.source.handle >= 0) {
		assert_int_equal(dsi_port_loop_add(loop, &w.source),
				 -DSI_EPROTO);
		(void)close(w.source.handle);
	}
	dsi_port_loop_destroy(loop);
}

static void kicks_become_one(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched a, b;

	(void)state;
	watch(loop, &a, count, -1);
	watch(loop, &b, count, -1);
	for (int i = 0; i < 100; i++)
		dsi_port_loop_kick(loop, &a.source);
	assert_true(readable(dsi_port_loop_handle(loop)));
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.why, DSI_PORT_WHY_KICK);
	assert_int_equal(b.calls, 0);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	dsi_port_loop_kick(loop, &a.source);
	dsi_port_loop_kick(loop, &b.source);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(b.calls, 1);
	/* A kick that is under way when its source goes is forgotten. */
	dsi_port_loop_kick(loop, &a.source);
	dsi_port_loop_remove(loop, &a.source);
	dsi_port_loop_remove(loop, &b.source);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	assert_int_equal(a.calls, 2);
	dsi_port_loop_destroy(loop);
}

/* ---- timers ------------------------------------------------------------- */

static void timers(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched a, b;
	uint64_t early, late;

	(void)state;
	watch(loop, &a, count, -1);
	watch(loop, &b, count, -1);
	/* In the past, at once, even at 0. */
	dsi_port_loop_timer(loop, &a.source, 0);
	assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.why, DSI_PORT_WHY_TIMER);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);

	early = test_in_ms(10);
	late = early + 20 * TEST_MS;
	dsi_port_loop_timer(loop, &a.source, late);
	dsi_port_loop_timer(loop, &b.source, early);
	assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	assert_true(dsi_port_now() >= early);
	assert_int_equal(b.calls, 1);
	while (a.calls < 2)
		assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	assert_true(dsi_port_now() >= late);
	assert_int_equal(b.calls, 1); /* once */

	/* Disarmed, and dispatch's own deadline. */
	dsi_port_loop_timer(loop, &a.source, test_in_ms(5));
	dsi_port_loop_timer(loop, &a.source, DSI_FOREVER);
	late = test_in_ms(20);
	assert_int_equal(dsi_port_loop_dispatch(loop, late), -DSI_ETIMEDOUT);
	assert_true(dsi_port_now() >= late);
	assert_int_equal(a.calls, 2);

	/* The same deadline again, after it has fired. */
	for (int i = 0; i < 3; i++) {
		dsi_port_loop_timer(loop, &a.source, early);
		assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
		assert_int_equal(a.calls, 3 + i);
	}
	/* A foreign event loop sees it, too. */
	dsi_port_loop_timer(loop, &a.source, test_in_ms(5));
	{
		struct pollfd p = {.fd = dsi_port_loop_handle(loop),
				   .events = POLLIN};

		assert_int_equal(poll(&p, 1, -1), 1);
	}
	/* Removed while pending. */
	dsi_port_loop_remove(loop, &a.source);
	dsi_port_loop_timer(loop, &a.source, 1); /* is not in: ignored */
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	dsi_port_loop_remove(loop, &b.source);
	dsi_port_loop_destroy(loop);
}

static void rearm(struct dsi_port_source *source, uint32_t why)
{
	struct watched *w = (struct watched *)source;

	count(source, why);
	dsi_port_loop_timer(w->loop, source, w->go ? 1 : DSI_FOREVER);
}

static void timer_set_again_in_ready(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched w;

	(void)state;
	watch(loop, &w, rearm, -1);
	w.go = 1;
	dsi_port_loop_timer(loop, &w.source, 1);
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
		assert_int_equal(w.calls, i);
	}
	w.go = 0;
	assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_loop_destroy(loop);
}

/* ---- removing ----------------------------------------------------------- */

static void remove_both(struct dsi_port_source *source, uint32_t why)
{
	struct watched *w = (struct watched *)source;
	struct watched *other = w->other;

	count(source, why);
	dsi_port_loop_remove(w->loop, &other->source);
	dsi_port_handle_close(other->source.handle);
	other->calls += 100;
	free(other); /* whoever touches it now is caught by the sanitizer */
	dsi_port_loop_remove(w->loop, source);
}

/* Both are ready, in one batch; the one called first removes and frees the
 * other.  Which one that is, is the loop's choice. */
static void remove_within_ready(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched *both[2];
	int32_t ends[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		both[i] = malloc(sizeof(struct watched));
		assert_non_null(both[i]);
		assert_int_equal(dsi_port_bell_pair(ends[i]), 0);
		watch(loop, both[i], remove_both, ends[i][0]);
		dsi_port_bell_ring(ends[i][1]);
	}
	both[0]->other = both[1];
	both[1]->other = both[0];
	for (int i = 0; i < 2; i++) {
		dsi_port_loop_kick(loop, &both[i]->source);
		dsi_port_loop_timer(loop, &both[i]->source, 1);
	}
	assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	assert_int_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	/* One of them is left: the one whose handle is still open. */
	for (int i = 0; i < 2; i++) {
		if (fcntl(ends[i][0], F_GETFD) >= 0) {
			assert_int_equal(both[i]->calls, 1);
			assert_int_equal(both[i]->why,
					 DSI_PORT_WHY_READY |
						 DSI_PORT_WHY_TIMER |
						 DSI_PORT_WHY_KICK);
			dsi_port_handle_close(ends[i][0]);
			free(both[i]);
		}
		dsi_port_handle_close(ends[i][1]);
	}
	dsi_port_loop_destroy(loop);
}

static void add_one_more(struct dsi_port_source *source, uint32_t why)
{
	struct watched *w = (struct watched *)source;

	count(source, why);
	if (w->other->source.state == 0)
		watch(w->loop, w->other, count, -1);
	dsi_port_loop_kick(w->loop, &w->other->source);
}

static void add_within_ready(void **state)
{
	struct dsi_port_loop *loop = make_loop(0);
	struct watched w, more = {.source = {.state = 0}};

	(void)state;
	watch(loop, &w, add_one_more, -1);
	w.other = &more;
	dsi_port_loop_kick(loop, &w.source);
	assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	while (more.calls == 0)
		assert_int_equal(dsi_port_loop_dispatch(loop, DSI_FOREVER), 0);
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_loop_remove(loop, &more.source);
	dsi_port_loop_destroy(loop);
}

static void stay_inside(struct dsi_port_source *source, uint32_t why)
{
	struct watched *w = (struct watched *)source;

	atomic_store(&w->inside, 1);
	count(source, why);
	while (!atomic_load(&w->go))
		(void)usleep(1000);
	(void)usleep(5000);
	MUST(!atomic_load(&w->removed));
	atomic_store(&w->inside, 0);
}

static void *remove_it(void *argument)
{
	struct watched *w = argument;

	dsi_port_loop_remove(w->loop, &w->source);
	MUST(!atomic_load(&w->inside));
	atomic_store(&w->removed, 1);
	return NULL;
}

static void remove_waits_for_ready(void **state)
{
	struct dsi_port_loop *loop = make_loop(DSI_PORT_LOOP_THREAD);
	pthread_t thread;
	struct watched w;

	(void)state;
	watch(loop, &w, stay_inside, -1);
	dsi_port_loop_kick(loop, &w.source);
	while (!atomic_load(&w.inside))
		(void)usleep(1000);
	assert_int_equal(pthread_create(&thread, NULL, remove_it, &w), 0);
	(void)usleep(10000);
	assert_false(atomic_load(&w.removed));
	atomic_store(&w.go, 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(atomic_load(&w.removed));
	assert_int_equal(w.calls, 1);
	dsi_port_loop_destroy(loop);
}

/* Add, wake in three ways, remove, free: many times, against a thread that
 * delivers.  For the sanitizers. */
static void come_and_go(void **state)
{
	struct dsi_port_loop *loop = make_loop(DSI_PORT_LOOP_THREAD);

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct watched *w = malloc(sizeof(*w));
		int32_t ends[2];

		assert_non_null(w);
		assert_int_equal(dsi_port_bell_pair(ends), 0);
		watch(loop, w, count_and_silence, ends[0]);
		dsi_port_bell_ring(ends[1]);
		dsi_port_loop_kick(loop, &w->source);
		dsi_port_loop_timer(loop, &w->source, 1);
		if (i % 3 == 0)
			while (atomic_load(&w->calls) == 0)
				(void)usleep(10);
		dsi_port_loop_remove(loop, &w->source);
		free(w);
		dsi_port_handle_close(ends[0]);
		dsi_port_handle_close(ends[1]);
	}
	dsi_port_loop_destroy(loop);
}

/* What the kicker wrote before is seen in ready(). */
static int payload;

static void read_payload(struct dsi_port_source *source, uint32_t why)
{
	MUST(payload == 42);
	count(source, why);
}

static void kick_publishes(void **state)
{
	struct dsi_port_loop *loop = make_loop(DSI_PORT_LOOP_THREAD);
	struct watched w;

	(void)state;
	watch(loop, &w, read_payload, -1);
	payload = 42;
	dsi_port_loop_kick(loop, &w.source);
	while (atomic_load(&w.calls) == 0)
		(void)usleep(100);
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_loop_destroy(loop);
}

/* ---- several loops ------------------------------------------------------ */

static void wait_for_any(void **state)
{
	struct dsi_port_loop *loops[40];
	struct watched w[40];
	int before = test_open_fds();
	uint64_t deadline_ns;

	(void)state;
	for (int i = 0; i < 40; i++) {
		loops[i] = make_loop(0);
		watch(loops[i], &w[i], count, -1);
	}
	for (uint32_t n = 2; n <= 40; n += 38) {
		deadline_ns = test_in_ms(5);
		assert_int_equal(dsi_port_loop_wait_any(loops, n, 0),
				 -DSI_ETIMEDOUT);
		assert_int_equal(dsi_port_loop_wait_any(loops, n, deadline_ns),
				 -DSI_ETIMEDOUT);
		assert_true(dsi_port_now() >= deadline_ns);
		dsi_port_loop_kick(loops[n - 1], &w[n - 1].source);
		assert_int_equal(dsi_port_loop_wait_any(loops, n, DSI_FOREVER),
				 0);
		assert_int_equal(dsi_port_loop_dispatch(loops[n - 1], 0), 0);
		assert_int_equal(dsi_port_loop_wait_any(loops, n, 0),
				 -DSI_ETIMEDOUT);
		dsi_port_loop_timer(loops[0], &w[0].source, test_in_ms(5));
		assert_int_equal(dsi_port_loop_wait_any(loops, n, DSI_FOREVER),
				 0);
		assert_int_equal(dsi_port_loop_dispatch(loops[0], 0), 0);
	}
	assert_int_equal(dsi_port_loop_wait_any(loops, 0, test_in_ms(2)),
			 -DSI_ETIMEDOUT);
	for (int i = 0; i < 40; i++) {
		dsi_port_loop_remove(loops[i], &w[i].source);
		dsi_port_loop_destroy(loops[i]);
	}
	assert_int_equal(test_open_fds(), before);
}

/* ---- the monitor -------------------------------------------------------- */

/* Without a loop: one, and more in an emulator or with a sanitizer. */
static int alone;

static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

static void *say_who(void *arg)
{
	*(pid_t *)arg = gettid();
	return NULL;
}

/* With what the first thread brings along, and without that thread. */
static int threads_alone(void)
{
	char path[64];
	pthread_t thread;
	pid_t id;

	assert_int_equal(pthread_create(&thread, NULL, say_who, &id), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/task/%d", id);
	while (access(path, F_OK) == 0)
		(void)usleep(1000);
	return threads();
}

/* Joined threads leave the list a moment later. */
static void await_threads(int n)
{
	while (threads() != n)
		(void)usleep(1000);
}

static void monitor_comes_and_goes(void **state)
{
	struct dsi_port_loop *one, *two;
	int before = test_open_fds();

	(void)state;
	await_threads(alone);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dsi_port_monitor_get(&one), 0);
		assert_int_equal(dsi_port_monitor_get(&two), 0);
		assert_ptr_equal(one, two);
		assert_int_equal(threads(), alone + 1);
		dsi_port_monitor_put(two);
		assert_int_equal(threads(), alone + 1);
		dsi_port_monitor_put(one);
		assert_int_equal(test_open_fds(), before);
		await_threads(alone);
	}
}

static _Atomic int signal_seen;

static void check_mask(struct dsi_port_source *source, uint32_t why)
{
	sigset_t mask;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	atomic_store(&signal_seen, sigismember(&mask, SIGTERM) &&
					   sigismember(&mask, SIGALRM));
	count(source, why);
}

static void monitor_takes_no_signals(void **state)
{
	struct dsi_port_loop *loop;
	struct watched w;
	sigset_t mask;

	(void)state;
	assert_int_equal(dsi_port_monitor_get(&loop), 0);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM)); /* ours is as before */
	watch(loop, &w, check_mask, -1);
	dsi_port_loop_kick(loop, &w.source);
	while (atomic_load(&w.calls) == 0)
		(void)usleep(1000);
	assert_true(atomic_load(&signal_seen));
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_monitor_put(loop);
}

static void put_last(struct dsi_port_source *source, uint32_t why)
{
	struct watched *w = (struct watched *)source;
	struct dsi_port_loop *loop = w->loop;

	(void)why;
	dsi_port_loop_remove(loop, source);
	dsi_port_monitor_put(loop);
	atomic_store(&w->calls, 1);
}

/* A thread cannot join itself. */
static void last_put_from_the_monitor(void **state)
{
	struct dsi_port_loop *loop;
	int before = test_open_fds();
	static struct watched w;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(dsi_port_monitor_get(&loop), 0);
		watch(loop, &w, put_last, -1);
		dsi_port_loop_kick(loop, &w.source);
		while (atomic_load(&w.calls) == 0)
			(void)usleep(100);
	}
	while (test_open_fds() > before) /* it cleans up behind itself */
		(void)usleep(1000);
}

/* ThreadSanitizer ends a child that makes threads after a fork with threads;
 * what happens there is no race, so there is nothing for it to see. */
#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

static void child_begins_anew(void **state)
{
#ifdef UNDER_TSAN
	(void)state;
	TEST_SKIP("ThreadSanitizer ends children with threads");
#else
	struct dsi_port_loop *loop;
	struct watched w;
	int32_t ends[2];
	pid_t child;

	(void)state;
	assert_int_equal(dsi_port_bell_pair(ends), 0);
	assert_int_equal(dsi_port_monitor_get(&loop), 0);
	watch(loop, &w, count_and_silence, ends[0]);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct dsi_port_loop *fresh;
		struct watched mine;

		(void)alarm(TEST_HANG_S);
		dsi_port_lock(); /* is not left locked */
		dsi_port_unlock();
		TEST_CHILD(dsi_port_monitor_get(&fresh) == 0);
		TEST_CHILD(fresh != loop);
		memset(&mine, 0, sizeof(mine));
		mine.source.ready = count;
		mine.source.handle = -1;
		TEST_CHILD(dsi_port_loop_add(fresh, &mine.source) == 0);
		dsi_port_loop_kick(fresh, &mine.source);
		while (atomic_load(&mine.calls) == 0)
			(void)usleep(1000);
		/* What it inherited it can only drop; the parent's stays. */
		dsi_port_loop_timer(loop, &w.source, 1);
		dsi_port_loop_remove(loop, &w.source);
		dsi_port_monitor_put(loop);
		dsi_port_loop_remove(fresh, &mine.source);
		dsi_port_monitor_put(fresh);
		dsi_port_loop_destroy(loop);
		_exit(0);
	}
	assert_int_equal(test_reap(child), 0);
	dsi_port_bell_ring(ends[1]);
	while (atomic_load(&w.calls) == 0)
		(void)usleep(1000);
	dsi_port_loop_remove(loop, &w.source);
	dsi_port_monitor_put(loop);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handles_are_level_triggered),
		cmocka_unit_test(hang_up_is_told),
		cmocka_unit_test(only_sockets_may_in),
		cmocka_unit_test(kicks_become_one),
		cmocka_unit_test(timers),
		cmocka_unit_test(timer_set_again_in_ready),
		cmocka_unit_test(remove_within_ready),
		cmocka_unit_test(add_within_ready),
		cmocka_unit_test(remove_waits_for_ready),
		cmocka_unit_test(come_and_go),
		cmocka_unit_test(kick_publishes),
		cmocka_unit_test(wait_for_any),
		cmocka_unit_test(monitor_comes_and_goes),
		cmocka_unit_test(monitor_takes_no_signals),
		cmocka_unit_test(last_put_from_the_monitor),
		cmocka_unit_test(child_begins_anew),
	};

	(void)alarm(TEST_HANG_S);
	alone = threads_alone();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
