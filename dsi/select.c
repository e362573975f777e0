/* SPDX-License-Identifier: MIT */
/*
 * select.c - wait for events of many sockets and streams.
 *
 * Place in the data flow: application -> SELECT -> data planes -> port.
 *
 * One round is the wait of notify.h over all sources at once: announce,
 * snapshot, fence, look, sleep, withdraw, look at those who have changed a word.
 * Sockets that are not asked for DATA or SPACE only contribute their private
 * word.  How to sleep on all these words is the business of select_words.c or
 * select_threads.c.
 */
#include "dsi/select_private.h"
#include "dsi/socket_private.h"
#include "dsi/stream_private.h"

#define LEVELS (DSI_EVENT_DATA | DSI_EVENT_SPACE)
#define MAX_SOURCES 4096u

/* Everything one call needs. */
struct selection {
	struct dsi_event_source *sources;
	uint32_t n;
	uint32_t producers; /* that are asked for SPACE */
};

/* ---- looking ------------------------------------------------------------- */

static uint32_t look_socket(struct dsi_socket *sock, uint32_t mask)
{
	uint32_t events = 0;

	if (mask & ~LEVELS)
		events = dsi__socket_events(sock, mask & ~LEVELS);

	if ((mask & LEVELS) && dsi__plane_ready(&sock->plane))
		events |= mask & (sock->plane.role == DSI_ROLE_PRODUCER
					  ? DSI_EVENT_SPACE
					  : DSI_EVENT_DATA);
	return events;
}

static int32_t look_at(struct dsi_event_source *source)
{
	source->events =
		source->socket
			? look_socket(source->socket, source->mask)
			: dsi__stream_events(source->stream, source->mask,
					     &source->member);
	return source->events != 0;
}

static int32_t look(struct selection *sel)
{
	int32_t ready = 0;

	for (uint32_t i = 0; i < sel->n; i++)
		ready += look_at(&sel->sources[i]);
	return ready;
}

/* After a sleep.  When it began no source had anything, so who has now has
 * changed one of the words that we slept on, or the sleep could have missed
 * it. */
static int32_t look_at_woken(struct selection *sel,
			     struct dsi_select_sleep *sleep)
{
	int32_t ready = 0;
	uint32_t i;

	while ((i = dsi__select_woken(sleep)) < sel->n)
		ready += look_at(&sel->sources[i]);
	return ready;
}

/* ---- announcing ---------------------------------------------------------- */

uint32_t dsi__select_words(const struct dsi_event_source *source,
			   struct dsi_port_word *words, uint64_t bell)
{
	struct dsi_data_plane *plane;
	uint32_t n = 0;

	if (!source->socket) {
		words[0] = dsi__stream_word(source->stream);
		return 1;
	}
	plane = &source->socket->plane;
	if (source->mask & LEVELS)
		n = dsi__plane_announce(plane, words, bell);
	words[n] = dsi__plane_word(plane);
	return n + 1;
}

static void withdraw(struct selection *sel)
{
	for (uint32_t i = 0; i < sel->n; i++)
		if (sel->sources[i].socket && (sel->sources[i].mask & LEVELS))
			dsi__plane_withdraw(&sel->sources[i].socket->plane);
}

/* Every event wakes us while we watch; levels do in any case. */
static void watch(struct selection *sel, uint32_t change)
{
	for (uint32_t i = 0; i < sel->n; i++)
		if (sel->sources[i].socket && (sel->sources[i].mask & ~LEVELS))
			/* P3: seq_cst pairs with dsi__plane_raise(). */
			atomic_fetch_add_explicit(
				&sel->sources[i].socket->plane.watchers, change,
				memory_order_seq_cst);
}

/* ---- sleeping ------------------------------------------------------------ */

/* Changes whenever words that were announced may be gone: those of a consumer
 * stay. */
static uint32_t peers_of(const struct selection *sel)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; sel->producers && i < sel->n; i++)
		if (sel->sources[i].socket && (sel->sources[i].mask & LEVELS))
			sum += dsi__plane_peers(&sel->sources[i].socket->plane);
	return sum;
}

static int32_t wait_for(struct selection *sel, struct dsi_select_sleep *sleep,
			uint64_t deadline_ns)
{
	int32_t ready = 0;
	int err = 0;

	while (!ready && !err) {
		uint32_t peers = peers_of(sel);

		err = dsi__select_announce(sleep);
		if (err)
			break;
		dsi__notify_fence();
		ready = look(sel);
		/* Not on words of somebody who was let go of meanwhile. */
		if (!ready && peers == peers_of(sel))
			err = dsi__select_sleep(sleep, deadline_ns);
		withdraw(sel);
		if (!ready)
			ready = look_at_woken(sel, sleep);
		/* As in data_plane.c: a peer may end each sleep. */
		if (!ready && !err && dsi_port_now() >= deadline_ns)
			err = -DSI_ETIMEDOUT;
	}
	return ready ? ready : err;
}

/* ---- select -------------------------------------------------------------- */

static int check(const struct dsi_event_source *sources, uint32_t n)
{
	if (!sources || n == 0 || n > MAX_SOURCES)
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < n; i++)
		if (!sources[i].socket == !sources[i].stream ||
		    sources[i].reserved ||
		    (sources[i].stream && (sources[i].mask & LEVELS)))
			return -DSI_EINVAL;
	return 0;
}

static void disarm(struct selection *sel)
{
	for (uint32_t i = 0; i < sel->n; i++) {
		struct dsi_socket *sock = sel->sources[i].socket;

		if (!sock || !(sel->sources[i].mask & LEVELS))
			continue;
		sel->producers += sock->plane.role == DSI_ROLE_PRODUCER;
		if (sock->plane.armed)
			dsi__plane_disarm(&sock->plane);
	}
}

static void rearm(struct selection *sel)
{
	for (uint32_t i = 0; i < sel->n; i++)
		if (sel->sources[i].socket && (sel->sources[i].mask & LEVELS))
			dsi__plane_rearm(&sel->sources[i].socket->plane);
}

static int32_t select_now(struct selection *sel, uint64_t deadline_ns)
{
	struct dsi_select_sleep sleep;
	int32_t ready = look(sel);

	if (ready || deadline_ns == 0)
		return ready ? ready : -DSI_EAGAIN;
	ready = dsi__select_begin(sel->sources, sel->n, &sleep);
	if (!ready) {
		watch(sel, 1u);
		ready = wait_for(sel, &sleep, deadline_ns);
		watch(sel, UINT32_MAX);
	}
	dsi__select_end(&sleep);
	return ready;
}

int32_t dsi_select(struct dsi_event_source *sources, uint32_t n,
		   uint64_t deadline_ns)
{
	struct selection sel = {.sources = sources, .n = n};
	int32_t ready = check(sources, n);

	if (ready)
		return ready;
	disarm(&sel);
	ready = select_now(&sel, deadline_ns);
	rearm(&sel);
	return ready;
}
