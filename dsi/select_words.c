/* SPDX-License-Identifier: MIT */
/*
 * select_words.c - sleep on the words of all sources in one wait of the port.
 *
 * Place in the data flow: below select.c, above the port.  RT-safe as long as
 * one wait takes the words.
 *
 * One wait of the port takes a limited number of words.  With more, the
 * sockets ring bells into loops and the loops are waited for.
 */
#include "dsi/select_private.h"
#include "dsi/socket_private.h"

int dsi__select_begin(struct dsi_event_source *sources, uint32_t n,
		      struct dsi_select_sleep *sleep)
{
	uint32_t most = dsi_port_wait_max();

	sleep->sources = sources;
	sleep->n = n;
	sleep->loops = NULL;
	sleep->overflow = 0;
	sleep->max_words = most < DSI_SELECT_MOST ? most : DSI_SELECT_MOST;
	return 0;
}

void dsi__select_end(struct dsi_select_sleep *sleep)
{
	dsi_port_free(sleep->loops);
}

/* There is room behind those that one wait takes. */
static void add_words(struct dsi_select_sleep *sleep, uint32_t source,
		      uint64_t bell)
{
	uint32_t at = sleep->n_words;
	uint32_t end = at + dsi__select_words(&sleep->sources[source],
					      &sleep->words[at], bell);

	if (end > sleep->max_words) {
		sleep->overflow = 1;
		return;
	}
	sleep->n_words = end;
	for (; at < end; at++)
		sleep->source[at] = (uint16_t)source;
}

/* From now on by bells. */
static int change_to_bells(struct dsi_select_sleep *sleep)
{
	sleep->loops = dsi_port_alloc(sleep->n * sizeof(*sleep->loops));
	if (!sleep->loops)
		return -DSI_ENOMEM;
	for (uint32_t i = 0; i < sleep->n; i++) {
		struct dsi_socket *sock = sleep->sources[i].socket;
		int fd;

		if (!sock)
			return -DSI_EMFILE;
		fd = dsi_socket_fd(sock);
		if (fd < 0)
			return fd == -DSI_ENOTSUP ? -DSI_EMFILE : fd;
		/* relaxed: set by this thread. */
		sleep->loops[i] = atomic_load_explicit(&sock->plane.bells,
						       memory_order_relaxed);
	}
	return 0;
}

int dsi__select_announce(struct dsi_select_sleep *sleep)
{
	int err = sleep->overflow && !sleep->loops ? change_to_bells(sleep) : 0;
	uint64_t bell = sleep->loops ? DSI_SLEEP_BELL : 0;

	if (err)
		return err;
	sleep->n_words = 0;
	sleep->at = 0;
	sleep->overflow = 0;
	for (uint32_t i = 0; i < sleep->n; i++)
		add_words(sleep, i, bell);
	return 0;
}

static int sleep_on_bells(struct dsi_select_sleep *sleep, uint64_t deadline_ns)
{
	int err = dsi_port_loop_wait_any(sleep->loops, sleep->n, deadline_ns);

	for (uint32_t i = 0; i < sleep->n; i++)
		(void)dsi_port_loop_dispatch(sleep->loops[i], 0);
	return err;
}

int dsi__select_sleep(struct dsi_select_sleep *sleep, uint64_t deadline_ns)
{
	/* What was announced is of no use: once more, with bells. */
	if (sleep->overflow && !sleep->loops)
		return 0;
	return sleep->loops ? sleep_on_bells(sleep, deadline_ns)
			    : dsi_port_wait(sleep->words, sleep->n_words,
					    deadline_ns);
}

/* The words tell, also of a wake-up that came for another reason, or not at all.
 * A bell may have been silenced by whoever looked at it: then all are. */
uint32_t dsi__select_woken(struct dsi_select_sleep *sleep)
{
	uint32_t at = sleep->at, n = sleep->n_words, source = sleep->n;

	if (sleep->loops)
		return at < sleep->n ? sleep->at++ : sleep->n;
	while (at < n && !dsi__select_changed(&sleep->words[at]))
		at++;
	if (at < n)
		source = sleep->source[at];
	while (at < n && sleep->source[at] == source)
		at++;
	sleep->at = at;
	return source;
}
