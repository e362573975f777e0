/* SPDX-License-Identifier: MIT */
/*
 * select.c - wait for events of many sockets and streams.
 *
 * Place in the data flow: application -> SELECT -> data planes -> port.
 *
 * One round is the wait of notify.h over all sources at once: announce,
 * snapshot, fence, look, sleep, withdraw, look.  Sockets that are not asked
 * for DATA or SPACE only contribute their private word.
 *
 * One wait of the port takes a limited number of words.  With more, the
 * sockets ring bells into loops and the loops are waited for.
 */
#include <dsi/event.h>

#include "dsi/socket_private.h"
#include "dsi/stream_private.h"

#define LEVELS (DSI_EVENT_DATA | DSI_EVENT_SPACE)
#define MAX_SOURCES 4096u
#define WORDS_ON_STACK 64u

/* Everything one call needs. */
struct selection {
	struct dsi_event_source *sources;
	uint32_t n;
	uint32_t max_words;
	uint32_t n_words;
	uint32_t overflow; /* more words than one wait takes */
	struct dsi_port_word *words;
	struct dsi_port_loop **loops; /* once words were not enough */
};

/* ---- looking ------------------------------------------------------------- */

static uint32_t look_socket(struct dsi_socket *sock, uint32_t mask)
{
	uint32_t events = dsi__socket_events(sock, mask & ~LEVELS);

	if ((mask & LEVELS) && dsi__plane_ready(&sock->plane))
		events |= mask & (sock->plane.role == DSI_ROLE_PRODUCER
					  ? DSI_EVENT_SPACE
					  : DSI_EVENT_DATA);
	return events;
}

static int32_t look(struct selection *sel)
{
	int32_t ready = 0;

	for (uint32_t i = 0; i < sel->n; i++) {
		struct dsi_event_source *source = &sel->sources[i];

		source->events =
			source->socket
				? look_socket(source->socket, source->mask)
				: dsi__stream_events(source->stream,
						     source->mask,
						     &source->member);
		ready += source->events != 0;
	}
	return ready;
}

/* ---- announcing ---------------------------------------------------------- */

static void add_words(struct selection *sel, const struct dsi_port_word *words,
		      uint32_t n)
{
	if (n > sel->max_words - sel->n_words) {
		sel->overflow = 1;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		sel->words[sel->n_words++] = words[i];
}

static void announce(struct selection *sel)
{
	uint64_t bell = sel->loops ? DSI_SLEEP_BELL : 0;

	sel->n_words = 0;
	sel->overflow = 0;
	for (uint32_t i = 0; i < sel->n; i++) {
		struct dsi_event_source *source = &sel->sources[i];
		struct dsi_port_word words[DSI_PEER_SLOTS + 1];
		uint32_t n = 0;

		if (!source->socket) {
			words[n++] = dsi__stream_word(source->stream);
		} else {
			struct dsi_data_plane *plane = &source->socket->plane;

			if (source->mask & LEVELS)
				n = dsi__plane_announce(plane, words, bell);
			words[n++] = dsi__plane_word(plane);
		}
		add_words(sel, words, n);
	}
	dsi__notify_fence();
}

static void withdraw(struct selection *sel)
{
	for (uint32_t i = 0; i < sel->n; i++)
		if (sel->sources[i].socket && (sel->sources[i].mask & LEVELS))
			dsi__plane_withdraw(&sel->sources[i].socket->plane);
}

/* Every event wakes us while we watch. */
static void watch(struct selection *sel, uint32_t change)
{
	for (uint32_t i = 0; i < sel->n; i++)
		if (sel->sources[i].socket)
			/* P3: seq_cst pairs with dsi__plane_raise(). */
			atomic_fetch_add_explicit(
				&sel->sources[i].socket->plane.watchers, change,
				memory_order_seq_cst);
}

/* ---- sleeping ------------------------------------------------------------ */

/* From now on by bells. */
static int change_to_bells(struct selection *sel)
{
	sel->loops = dsi_port_alloc(sel->n * sizeof(*sel->loops));
	if (!sel->loops)
		return -DSI_ENOMEM;
	for (uint32_t i = 0; i < sel->n; i++) {
		struct dsi_socket *sock = sel->sources[i].socket;
		int fd;

		if (!sock)
			return -DSI_EMFILE;
		fd = dsi_socket_fd(sock);
		if (fd < 0)
			return fd == -DSI_ENOTSUP ? -DSI_EMFILE : fd;
		/* relaxed: set by this thread. */
		sel->loops[i] = atomic_load_explicit(&sock->plane.bells,
						     memory_order_relaxed);
	}
	return 0;
}

static int sleep_on_bells(struct selection *sel, uint64_t deadline_ns)
{
	int err = dsi_port_loop_wait_any(sel->loops, sel->n, deadline_ns);

	for (uint32_t i = 0; i < sel->n; i++)
		(void)dsi_port_loop_dispatch(sel->loops[i], 0);
	return err;
}

/* Changes whenever words that were announced may be gone. */
static uint32_t peers_of(const struct selection *sel)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < sel->n; i++)
		if (sel->sources[i].socket && (sel->sources[i].mask & LEVELS))
			sum += dsi__plane_peers(&sel->sources[i].socket->plane);
	return sum;
}

static int32_t wait_for(struct selection *sel, uint64_t deadline_ns)
{
	int32_t ready = 0;
	int err = 0;

	while (!ready && !err) {
		uint32_t peers = peers_of(sel);

		announce(sel);
		ready = look(sel);
		if (!ready && peers != peers_of(sel)) {
			withdraw(sel); /* somebody's words may be gone */
			continue;
		}
		if (!ready && sel->overflow && !sel->loops) {
			withdraw(sel);
			err = change_to_bells(sel);
			continue;
		}
		if (!ready)
			err = sel->loops
				      ? sleep_on_bells(sel, deadline_ns)
				      : dsi_port_wait(sel->words, sel->n_words,
						      deadline_ns);
		withdraw(sel);
		if (!ready)
			ready = look(sel);
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

		if (sock && (sel->sources[i].mask & LEVELS) &&
		    sock->plane.armed)
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
	struct dsi_port_word few[WORDS_ON_STACK];
	int32_t ready = look(sel);

	if (ready || deadline_ns == 0)
		return ready ? ready : -DSI_EAGAIN;
	sel->max_words = dsi_port_wait_max();
	sel->words = few;
	if (2u * sel->n <= WORDS_ON_STACK && sel->max_words > WORDS_ON_STACK)
		sel->max_words = WORDS_ON_STACK;
	else
		sel->words = dsi_port_alloc(sel->max_words * sizeof(few[0]));
	if (!sel->words)
		return -DSI_ENOMEM;
	watch(sel, 1u);
	ready = wait_for(sel, deadline_ns);
	watch(sel, UINT32_MAX);
	if (sel->words != few)
		dsi_port_free(sel->words);
	dsi_port_free(sel->loops);
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
