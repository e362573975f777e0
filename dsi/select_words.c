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
	sleep->n_woken = sleep->n;
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

/* The words tell, also of a wake-up that came for another reason, or not at
 * all. */
static void note_woken(struct dsi_select_sleep *sleep)
{
	uint32_t woken = 0;

	for (uint32_t k = 0; k < sleep->n_words; k++) {
		if (!dsi__select_changed(&sleep->words[k]))
			continue;
		/* Those of one source follow each other. */
		if (woken == 0 || sleep->source[woken - 1u] != sleep->source[k])
			sleep->source[woken++] = sleep->source[k];
	}
	sleep->n_woken = woken;
}

int dsi__select_sleep(struct dsi_select_sleep *sleep, uint64_t deadline_ns)
{
	int err;

	/* What was announced is of no use: once more, with bells. */
	if (sleep->overflow && !sleep->loops)
		return 0;
	/* A bell may have been silenced by whoever looked at it, so it does not
	 * tell who is ready. */
	if (sleep->loops)
		return sleep_on_bells(sleep, deadline_ns);
	err = dsi_port_wait(sleep->words, sleep->n_words, deadline_ns);
	note_woken(sleep);
	return err;
}

uint32_t dsi__select_woken(struct dsi_select_sleep *sleep)
{
	uint32_t at = sleep->at;

	if (at == sleep->n_woken)
		return sleep->n;
	sleep->at = at + 1u;
	return sleep->n_woken == sleep->n ? at : sleep->source[at];
}
