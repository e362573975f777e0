/* SPDX-License-Identifier: MIT */
/*
 * data_plane.c - flags, events and waiting, the same for both roles.
 *
 * The wait is the second half of notify.h: announce to the peers, take a
 * snapshot of the private word, fence, look, sleep, withdraw, look.
 */
#include "dsi/trace_hooks.h"

/* Polls between two looks at the clock while spinning. */
#define POLLS_PER_CLOCK 32u

void dsi__waker_ring(const struct dsi_waker *waker)
{
	if (waker->trace)
		dsi__trace_wake(waker->trace);
	if ((waker->woken & DSI_SLEEP_BELL) && waker->bell >= 0)
		dsi_port_bell_ring(waker->bell);
	else
		dsi_port_wake(waker->signal, 1);
}

/* Likewise, as the last step: 0. */
DSI_RARE static int ring_now(const struct dsi_waker *waker)
{
	dsi__waker_ring(waker);
	return 0;
}

/* ---- the private word ---------------------------------------------------- */

void dsi__plane_wake(struct dsi_data_plane *plane)
{
	struct dsi_port_loop *bells;

	/* P2: release pairs with dsi__plane_word(). */
	atomic_fetch_add_explicit(&plane->word, 1, memory_order_release);
	dsi_port_wake(&plane->word, 0);
	/* P1: acquire pairs with dsi_socket_fd(). */
	bells = atomic_load_explicit(&plane->bells, memory_order_acquire);
	if (bells)
		dsi_port_loop_kick(bells, &plane->bell_kick);
}

void dsi__plane_tell(struct dsi_data_plane *plane, uint32_t set, uint32_t clear)
{
	/* Set before clear: in between, dsi__plane_refusal() finds both and
	 * still answers with the one that stops. */
	/* P1: release pairs with dsi__plane_flags(). */
	atomic_fetch_or_explicit(&plane->flags, set, memory_order_release);
	/* P1: release pairs with dsi__plane_flags(). */
	atomic_fetch_and_explicit(&plane->flags, ~clear, memory_order_release);
	dsi__plane_wake(plane);
}

int dsi__plane_fail(struct dsi_data_plane *plane)
{
	dsi__plane_tell(plane, DSI_PLANE_FAILED, 0);
	dsi__plane_raise(plane, DSI_EVENT_ERROR, 1);
	plane->notice(plane, 1);
	return -DSI_EPROTO;
}

int dsi__plane_refusal(uint32_t flags)
{
	if (flags & DSI_PLANE_FAILED)
		return -DSI_EPROTO;
	if (flags & DSI_PLANE_CLOSED)
		return -DSI_EPIPE;
	if (!(flags & DSI_PLANE_CONNECTED))
		return -DSI_ENOTCONN;
	/* Connected, but not started, or stopped again. */
	return flags & DSI_PLANE_STOPPED ? -DSI_ECANCELED : -DSI_ENOTCONN;
}

int dsi__plane_check(struct dsi_data_plane *plane, int waiting)
{
	uint32_t flags = dsi__plane_flags(plane);
	int err = dsi__plane_verdict(flags);

	if (err || !waiting || !(flags & DSI_PLANE_ABORT))
		return err;
	/* P1: release, so that a later abort is a new one. */
	atomic_fetch_and_explicit(&plane->flags, ~DSI_PLANE_ABORT,
				  memory_order_release);
	return -DSI_ECANCELED;
}

int dsi__plane_wake_peer(struct dsi_data_plane *plane, struct dsi_waker *waker,
			 uint32_t signal)
{
	if (!dsi__waker_due(waker, signal))
		return 0;
	dsi__waker_here(waker, dsi_port_cpu());
	dsi__stat_add(&plane->stats->wakes, 1);
	/* A bell is no word: it cannot be rung and waited in one step. */
	if (!plane->defers || plane->owed || (waker->woken & DSI_SLEEP_BELL))
		return ring_now(waker);
	plane->owed = waker;
	return 0;
}

void dsi__plane_pay(struct dsi_data_plane *plane)
{
	const struct dsi_waker *waker = plane->owed;

	plane->owed = NULL;
	if (waker)
		dsi__waker_ring(waker);
}

/* ---- events -------------------------------------------------------------- */

void dsi__plane_raise(struct dsi_data_plane *plane, uint32_t event,
		      uint64_t count)
{
	/* relaxed: a count, carries nothing. */
	atomic_fetch_add_explicit(&plane->event_counts[dsi__event_index(event)],
				  count, memory_order_relaxed);
	/* P3: seq_cst pairs with dsi_select(). */
	atomic_fetch_or_explicit(&plane->events, event, memory_order_seq_cst);
	/* P3: seq_cst pairs with dsi_select(). */
	if (atomic_load_explicit(&plane->watchers, memory_order_seq_cst))
		dsi__plane_wake(plane);
	if (plane->observed)
		plane->notice(plane, 0);
}

/* ---- looking and waiting ------------------------------------------------- */

int dsi__plane_ready(struct dsi_data_plane *plane)
{
	uint32_t flags = dsi__plane_flags(plane);
	int err = dsi__plane_verdict(flags);

	if (err == -DSI_ENOTCONN || err == -DSI_ECANCELED)
		return 0; /* not started, or stopped: nothing flows */
	if (!err)
		err = plane->role == DSI_ROLE_PRODUCER
			      ? dsi__producer_look(plane)
			      : dsi__consumer_look(plane);
	return err != -DSI_EAGAIN || (flags & DSI_PLANE_GONE);
}

void dsi__plane_note_usual(struct dsi_data_plane *plane)
{
	uint32_t usual = plane->role == DSI_ROLE_PRODUCER
				 ? dsi__producer_usual(plane)
				 : dsi__consumer_usual(plane);

	if (plane->armed || plane->unarmed)
		usual = 0;
	plane->usual_quiet = usual;
	if (dsi__traced(plane))
		usual = 0;
	/* relaxed: these bits are this thread's. */
	usual ^= atomic_load_explicit(&plane->flags, memory_order_relaxed) &
		 DSI_USUAL_MASK;
	if (usual)
		/* relaxed: and an update passes on what others released. */
		atomic_fetch_xor_explicit(&plane->flags, usual,
					  memory_order_relaxed);
}

void dsi__plane_disarm(struct dsi_data_plane *plane)
{
	/* relaxed: set by this thread. */
	struct dsi_port_loop *bells =
		atomic_load_explicit(&plane->bells, memory_order_relaxed);

	plane->armed = 0;
	dsi__plane_withdraw(plane);
	if (!bells)
		return;
	(void)dsi_port_loop_dispatch(bells, 0);
	/* Who disarms and does not arm again (select, drain) leaves the
	 * descriptor readable, so that the next get() does. */
	plane->unarmed = 1;
}

void dsi__plane_rearm(struct dsi_data_plane *plane)
{
	if (!plane->unarmed)
		return;
	plane->unarmed = 0;
	dsi__plane_note_usual(plane);
	dsi__plane_wake(plane);
}

uint32_t dsi__plane_announce(struct dsi_data_plane *plane,
			     struct dsi_port_word *words, uint64_t bell)
{
	return plane->role == DSI_ROLE_PRODUCER
		       ? dsi__producer_announce(plane, words, bell)
		       : dsi__consumer_announce(plane, words, bell);
}

uint32_t dsi__plane_peers(const struct dsi_data_plane *plane)
{
	return plane->role == DSI_ROLE_PRODUCER ? plane->as.producer.generation
						: 0;
}

void dsi__plane_withdraw(struct dsi_data_plane *plane)
{
	if (plane->role == DSI_ROLE_PRODUCER)
		dsi__producer_withdraw(plane);
	else
		dsi__consumer_withdraw(plane);
}

/* Could what we wait for happen while we spin?  Only if who does it was on
 * another CPU.  Says on which one we are as well. */
static int apart(struct dsi_data_plane *plane)
{
	uint32_t here = dsi_port_cpu();

	if (here == 0)
		return 1; /* nobody knows */
	return plane->role == DSI_ROLE_PRODUCER
		       ? dsi__producer_apart(plane, here)
		       : dsi__consumer_apart(plane, here);
}

/* Poll for a bounded time, because a sleep costs more than a short wait. */
static int spin(struct dsi_data_plane *plane, uint64_t deadline_ns,
		int (*look)(struct dsi_data_plane *, void *), void *arg)
{
	uint64_t now, until;
	int err = -DSI_EAGAIN;

	if (!apart(plane))
		return err;
	now = dsi_port_now();
	until = now + plane->spin_ns;
	/* The peer may be what we wait for. */
	dsi__plane_pay(plane);
	if (dsi__traced(plane))
		dsi__trace_wait(plane, DSI_TRACE_SPIN);
	if (until > deadline_ns)
		until = deadline_ns;
	while (now < until) {
		for (uint32_t i = 0; i < POLLS_PER_CLOCK; i++) {
			err = look(plane, arg);
			if (err != -DSI_EAGAIN)
				return err;
			dsi_port_relax();
		}
		/* One of the two may have been moved. */
		if (!apart(plane))
			break;
		now = dsi_port_now();
	}
	return err;
}

/* Sleep, and wake first whom we owe it. */
static int sleep_on(struct dsi_data_plane *plane,
		    const struct dsi_port_word *words, uint32_t n,
		    uint64_t deadline_ns)
{
	const struct dsi_waker *waker = plane->owed;

	if (!waker)
		return dsi_port_wait(words, n, deadline_ns);
	plane->owed = NULL;
	if (waker->trace)
		dsi__trace_wake(waker->trace);
	return dsi_port_wake_wait(waker->signal, words, n, deadline_ns);
}

/* One sleep, or less.  Return look()'s answer, or -DSI_ETIMEDOUT.  A peer that
 * changes its word all the time ends each sleep before it begins: then only the
 * clock tells that time is up. */
static int sleep_once(struct dsi_data_plane *plane, uint64_t deadline_ns,
		      int (*look)(struct dsi_data_plane *, void *), void *arg)
{
	struct dsi_port_word words[DSI_PEER_SLOTS + 1];
	uint32_t peers = dsi__plane_peers(plane);
	uint32_t n = dsi__plane_announce(plane, words, 0);
	int timeout = 0;
	int err;

	words[n++] = dsi__plane_word(plane);
	dsi__notify_fence();
	err = look(plane, arg);
	/* Who was let go of by look() may take its words with it. */
	if (err == -DSI_EAGAIN && peers == dsi__plane_peers(plane)) {
		dsi__stat_add(&plane->stats->waits, 1);
		if (dsi__traced(plane))
			dsi__trace_wait(plane, DSI_TRACE_SLEEP);
		timeout = sleep_on(plane, words, n, deadline_ns);
	}
	dsi__plane_withdraw(plane);
	if (err == -DSI_EAGAIN)
		err = look(plane, arg);
	if (err == -DSI_EAGAIN && (timeout || dsi_port_now() >= deadline_ns))
		return -DSI_ETIMEDOUT;
	return err;
}

static int spin_and_sleep(struct dsi_data_plane *plane, uint64_t deadline_ns,
			  int (*look)(struct dsi_data_plane *, void *),
			  void *arg)
{
	int err = -DSI_EAGAIN;

	if (plane->spin_ns)
		err = spin(plane, deadline_ns, look, arg);
	while (err == -DSI_EAGAIN || err == -DSI_EBUSY) {
		if (err == -DSI_EBUSY && dsi_port_now() >= deadline_ns)
			return -DSI_ETIMEDOUT;
		err = sleep_once(plane, deadline_ns, look, arg);
	}
	return err;
}

int dsi__plane_wait(struct dsi_data_plane *plane, uint64_t deadline_ns,
		    int (*look)(struct dsi_data_plane *, void *), void *arg)
{
	int err = spin_and_sleep(plane, deadline_ns, look, arg);

	if (dsi__traced(plane))
		dsi__trace_waited(plane, err);
	return err;
}
