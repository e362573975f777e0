/* SPDX-License-Identifier: MIT */
/*
 * loop.c - one thread that watches many handles.
 *
 * Place in the data flow: beside it.  Here a process hears that a peer
 * connects, speaks, or died.  Control plane, except dsi_port_loop_kick(),
 * which is RT-safe.
 *
 * A loop is an epoll descriptor with three kinds of things in it: the handles
 * of sources, one eventfd for kicks, and one timerfd armed at the earliest
 * deadline.  Because everything is in the set, the epoll descriptor itself is
 * readable exactly when there is something to do, and can be put into the
 * loop of another library.
 *
 * The classic bug of such loops: epoll hands out a batch of events, the
 * handler of the first one removes and frees the source of the second, and
 * the loop calls into freed memory.  Here an event carries no pointer, only
 * the number that its source got when it was added; a source is reached only
 * through the loop's list, and numbers are not used twice.  What is not in
 * the list cannot be called.
 *
 * The second one: remove() from another thread returns while ready() still
 * runs.  Here it waits, except on the thread that runs ready(), where it
 * would wait for itself.
 *
 * No lock is held during ready().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "linux.h"

#define LOOP_BATCH 64
#define LOOP_WAIT_FEW 32u

/* Sources have 32-bit numbers; these are beyond. */
#define LOOP_ID_EVENT (UINT64_C(1) << 32)
#define LOOP_ID_TIMER (UINT64_C(2) << 32)

struct dsi_port_loop {
	pthread_mutex_t mutex;
	pthread_cond_t returned;	 /* a ready() has returned */
	struct dsi_port_source *first;	 /* list; state = number, 0 = not in */
	struct dsi_port_source *cursor;	 /* next to look at in this round */
	struct dsi_port_source *running; /* its ready() runs, on ... */
	pthread_t runner;		 /* ... this thread */
	pthread_t thread;		 /* of a loop that has one */
	uint64_t armed_ns;		 /* what the timerfd is set to */
	_Atomic uint32_t stop;
	_Atomic uint32_t orphan; /* the thread itself frees the loop */
	uint32_t flags;
	uint32_t last_id;
	pid_t pid; /* after fork() a child must keep off */
	int epoll;
	int event;
	int timer;
};

/* fork() copies a loop but shares its epoll set, and its lock may be held by
 * a thread that the child does not have.  A child can only forget it. */
static int loop_foreign(const struct dsi_port_loop *loop)
{
	return loop->pid != getpid();
}

static void loop_lock(struct dsi_port_loop *loop)
{
	int err = pthread_mutex_lock(&loop->mutex);

	DSI__ASSERT(err == 0);
}

static void loop_unlock(struct dsi_port_loop *loop)
{
	int err = pthread_mutex_unlock(&loop->mutex);

	DSI__ASSERT(err == 0);
}

/* ---- one round ---------------------------------------------------------- */

/* Set the timer to the earliest deadline.  Under the lock. */
static void loop_arm(struct dsi_port_loop *loop)
{
	struct itimerspec when = {0};
	uint64_t earliest = DSI_FOREVER;

	for (struct dsi_port_source *s = loop->first; s; s = s->next)
		if (s->deadline_ns < earliest)
			earliest = s->deadline_ns;
	if (earliest == loop->armed_ns)
		return;
	loop->armed_ns = earliest;
	/* Zero would disarm it; the first nanosecond has passed as well. */
	if (earliest != DSI_FOREVER)
		when.it_value = dsi__clock_timespec(earliest ? earliest : 1);
	(void)timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Take what epoll has.  Kicks are drained before the flags are looked at: a
 * kick after that makes the eventfd readable again. */
static int loop_collect(struct dsi_port_loop *loop, struct epoll_event *events)
{
	int n = epoll_wait(loop->epoll, events, LOOP_BATCH, 0);
	uint64_t count;

	for (int i = 0; i < n; i++) {
		if (events[i].data.u64 == LOOP_ID_EVENT) {
			(void)!read(loop->event, &count, sizeof(count));
		} else if (events[i].data.u64 == LOOP_ID_TIMER) {
			(void)!read(loop->timer, &count, sizeof(count));
			loop->armed_ns = DSI_FOREVER; /* it fires only once */
		}
	}
	return n;
}

/* Why call this source?  0: no reason.  Consumes kick and deadline. */
static uint32_t loop_why(struct dsi_port_source *source,
			 const struct epoll_event *events, int n, uint64_t now)
{
	uint32_t why = 0;

	for (int i = 0; i < n; i++)
		if (events[i].data.u64 == source->state)
			why |= DSI_PORT_WHY_READY;
	if (source->deadline_ns <= now) {
		source->deadline_ns = DSI_FOREVER;
		why |= DSI_PORT_WHY_TIMER;
	}
	/* acquire: what was written before the kick is seen in ready() */
	if (atomic_exchange_explicit(&source->kicked, 0, memory_order_acq_rel))
		why |= DSI_PORT_WHY_KICK;
	return why;
}

static void loop_call(struct dsi_port_loop *loop,
		      struct dsi_port_source *source, uint32_t why)
{
	loop->running = source;
	loop->runner = pthread_self();
	loop_unlock(loop);
	source->ready(source, why);
	/* From here on @source may not exist any more. */
	loop_lock(loop);
	loop->running = NULL;
	(void)pthread_cond_broadcast(&loop->returned);
}

/* Call everything that is ready now; returns the number of calls. */
static uint32_t loop_round(struct dsi_port_loop *loop)
{
	struct epoll_event events[LOOP_BATCH];
	struct dsi_port_source *source;
	uint32_t calls = 0;
	uint64_t now;
	int n;

	loop_lock(loop);
	n = loop_collect(loop, events);
	now = dsi_port_now();
	/* The list may change during a call; remove() moves the cursor on. */
	for (loop->cursor = loop->first; (source = loop->cursor) != NULL;) {
		uint32_t why = loop_why(source, events, n, now);

		loop->cursor = source->next;
		if (why) {
			calls++;
			loop_call(loop, source, why);
		}
	}
	loop_arm(loop);
	loop_unlock(loop);
	return calls;
}

int dsi_port_loop_dispatch(struct dsi_port_loop *loop, uint64_t deadline_ns)
{
	struct pollfd fd = {.fd = loop->epoll, .events = POLLIN};

	if (loop_foreign(loop))
		return -DSI_EINVAL;
	/* Again if it was nothing: the eventfd may speak of a kick that an
	 * earlier round has delivered. */
	while (dsi__poll_until(&fd, 1, deadline_ns))
		if (loop_round(loop) > 0)
			return 0;
	return -DSI_ETIMEDOUT;
}

/* ---- sources ------------------------------------------------------------ */

/* Into the set.  How many may be in sets is counted for each user, as open
 * descriptors are for each process. */
static int loop_set(struct dsi_port_loop *loop, int fd,
		    struct epoll_event *event)
{
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, event) == 0)
		return 0;
	return errno == ENOSPC ? -DSI_EMFILE : dsi__error_from(errno);
}

/* Handles come from peers as well.  Polling a file asks its file system, and
 * a FUSE server could let us wait; only sockets of our own kind may in. */
static int loop_watch(struct dsi_port_loop *loop,
		      const struct dsi_port_source *source)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP,
		.data.u64 = source->state,
	};
	socklen_t size = sizeof(int);
	int domain;

	if (source->handle < 0)
		return 0;
	if (getsockopt(source->handle, SOL_SOCKET, SO_DOMAIN, &domain, &size) <
	    0)
		return dsi__error_from(errno);
	if (domain != AF_UNIX)
		return -DSI_EPROTO;
	return loop_set(loop, source->handle, &event);
}

/* A number that no source has.  They repeat after 2^32 adds only. */
static uint32_t loop_new_id(struct dsi_port_loop *loop)
{
	struct dsi_port_source *s;

	do {
		loop->last_id++;
		for (s = loop->first; s; s = s->next)
			if (s->state == loop->last_id)
				break;
	} while (s || loop->last_id == 0);
	return loop->last_id;
}

int dsi_port_loop_add(struct dsi_port_loop *loop,
		      struct dsi_port_source *source)
{
	int result;

	if (loop_foreign(loop))
		return -DSI_EINVAL;
	loop_lock(loop);
	source->deadline_ns = DSI_FOREVER;
	source->state = loop_new_id(loop);
	/* relaxed: nobody may kick it yet */
	atomic_store_explicit(&source->kicked, 0, memory_order_relaxed);
	result = loop_watch(loop, source);
	if (result == 0) {
		source->prev = NULL;
		source->next = loop->first;
		if (source->next)
			source->next->prev = source;
		loop->first = source;
	} else {
		source->state = 0;
	}
	loop_unlock(loop);
	return result;
}

static void loop_unlink(struct dsi_port_loop *loop,
			struct dsi_port_source *source)
{
	if (loop->cursor == source)
		loop->cursor = source->next;
	if (source->next)
		source->next->prev = source->prev;
	if (source->prev)
		source->prev->next = source->next;
	else
		loop->first = source->next;
	source->state = 0;
	if (source->handle >= 0)
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->handle,
				NULL);
	loop_arm(loop);
}

void dsi_port_loop_remove(struct dsi_port_loop *loop,
			  struct dsi_port_source *source)
{
	if (loop_foreign(loop))
		return;
	loop_lock(loop);
	if (source->state)
		loop_unlink(loop, source);
	while (loop->running == source &&
	       !pthread_equal(loop->runner, pthread_self()))
		(void)pthread_cond_wait(&loop->returned, &loop->mutex);
	loop_unlock(loop);
}

void dsi_port_loop_timer(struct dsi_port_loop *loop,
			 struct dsi_port_source *source, uint64_t deadline_ns)
{
	if (loop_foreign(loop))
		return;
	loop_lock(loop);
	if (source->state) {
		source->deadline_ns = deadline_ns;
		loop_arm(loop);
	}
	loop_unlock(loop);
}

static void loop_wake(struct dsi_port_loop *loop)
{
	uint64_t one = 1;

	/* But for a signal it fails only if the counter is full, which is as
	 * good. */
	while (write(loop->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void dsi_port_loop_kick(struct dsi_port_loop *loop,
			struct dsi_port_source *source)
{
	/* release: ready() sees what was written before.  Only the first kick
	 * since the last call enters the kernel. */
	if (!atomic_exchange_explicit(&source->kicked, 1, memory_order_acq_rel))
		loop_wake(loop);
}

/* ---- for others who wait ------------------------------------------------ */

int32_t dsi_port_loop_handle(struct dsi_port_loop *loop)
{
	return loop->epoll;
}

int dsi_port_loop_wait_any(struct dsi_port_loop *const *loops, uint32_t n,
			   uint64_t deadline_ns)
{
	struct pollfd few[LOOP_WAIT_FEW];
	struct pollfd *fds = few;
	int ready;

	if (n > LOOP_WAIT_FEW) {
		fds = dsi_port_alloc(n * sizeof(*fds));
		if (!fds)
			return -DSI_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){
			.fd = loops[i]->epoll,
			.events = POLLIN,
		};
	ready = dsi__poll_until(fds, n, deadline_ns);
	if (fds != few)
		dsi_port_free(fds);
	return ready ? 0 : -DSI_ETIMEDOUT;
}

/* ---- life --------------------------------------------------------------- */

static void loop_free(struct dsi_port_loop *loop)
{
	dsi_port_handle_close(loop->timer);
	dsi_port_handle_close(loop->event);
	dsi_port_handle_close(loop->epoll);
	/* A lock that fork() copied cannot be destroyed in order. */
	if (!loop_foreign(loop)) {
		(void)pthread_cond_destroy(&loop->returned);
		(void)pthread_mutex_destroy(&loop->mutex);
	}
	dsi_port_free(loop);
}

static void *loop_thread(void *argument)
{
	struct dsi_port_loop *loop = argument;

	/* Its own, which takes no look into /proc. */
	(void)pthread_setname_np(pthread_self(), "dsi-monitor");
	/* acquire: pairs with dsi_port_loop_destroy() */
	while (!atomic_load_explicit(&loop->stop, memory_order_acquire)) {
		struct pollfd fd = {.fd = loop->epoll, .events = POLLIN};

		if (dsi__poll_until(&fd, 1, DSI_FOREVER) > 0)
			(void)loop_round(loop);
	}
	/* acquire: likewise */
	if (atomic_load_explicit(&loop->orphan, memory_order_acquire))
		loop_free(loop);
	return NULL;
}

/* Signals belong to the application's threads, which may not expect their
 * handlers to run on a thread they never made. */
static int loop_start(struct dsi_port_loop *loop)
{
	sigset_t all;
	sigset_t before;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&loop->thread, NULL, loop_thread, loop);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -DSI_ENOMEM; /* EAGAIN: or too many threads */
	return 0;
}

static int loop_open(struct dsi_port_loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN};
	int result;

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->epoll < 0 || loop->event < 0 || loop->timer < 0)
		return dsi__error_from(errno);
	event.data.u64 = LOOP_ID_EVENT;
	result = loop_set(loop, loop->event, &event);
	if (result < 0)
		return result;
	event.data.u64 = LOOP_ID_TIMER;
	return loop_set(loop, loop->timer, &event);
}

int dsi_port_loop_create(uint32_t flags, struct dsi_port_loop **out_loop)
{
	struct dsi_port_loop *loop = dsi_port_alloc(sizeof(*loop));
	int result;

	if (!loop)
		return -DSI_ENOMEM;
	(void)pthread_mutex_init(&loop->mutex, NULL);
	(void)pthread_cond_init(&loop->returned, NULL);
	loop->armed_ns = DSI_FOREVER;
	loop->flags = flags;
	loop->pid = getpid();
	result = loop_open(loop);
	if (result == 0 && flags & DSI_PORT_LOOP_THREAD)
		result = loop_start(loop);
	if (result < 0) {
		loop_free(loop);
		return result;
	}
	*out_loop = loop;
	return 0;
}

void dsi_port_loop_destroy(struct dsi_port_loop *loop)
{
	int self;

	if (!loop)
		return;
	if (loop_foreign(loop) || !(loop->flags & DSI_PORT_LOOP_THREAD)) {
		loop_free(loop);
		return;
	}
	DSI__ASSERT(loop->first == NULL);
	/* The last put of the monitor may come from one of its own ready()s.
	 * A thread cannot join itself; it then cleans up behind itself. */
	self = pthread_equal(loop->thread, pthread_self());
	if (self) {
		(void)pthread_detach(loop->thread);
		/* release: pairs with loop_thread() */
		atomic_store_explicit(&loop->orphan, 1, memory_order_release);
	}
	/* release: pairs with loop_thread() */
	atomic_store_explicit(&loop->stop, 1, memory_order_release);
	if (self)
		return;
	loop_wake(loop);
	(void)pthread_join(loop->thread, NULL);
	loop_free(loop);
}
