/* SPDX-License-Identifier: MIT */
/*
 * select_private.h - the two halves of select: what it looks at, and how it
 * sleeps.
 *
 * select.c looks, announces and withdraws.  How the calling thread sleeps on all
 * that is one of two files, chosen by CMake (DSI_SELECT):
 *
 *   select_words.c    all words at once, in one wait of the port
 *   select_threads.c  one thread for each source, as the lectures have it: for
 *                     ports whose wait takes the words of one source only
 */
#ifndef DSI_SELECT_PRIVATE_H
#define DSI_SELECT_PRIVATE_H

#include <dsi/event.h>

#include "dsi/port.h"
#include "dsi/producer.h"

/* The most words of one source: its peers', and its own. */
#define DSI_SELECT_WORDS (DSI_PEER_SLOTS + 1u)

/* What the file that sleeps keeps during one call. */
struct dsi_select_sleep;

/* Get ready to sleep on so many sources.  0 or a negative code. */
int dsi__select_begin(struct dsi_event_source *sources, uint32_t n,
		      struct dsi_select_sleep *sleep);
/* Announce all of them (dsi__select_words()).  The fence follows, and a look.
 * 0, or a negative code, and none is announced. */
int dsi__select_announce(struct dsi_select_sleep *sleep);
/* Sleep until a word that was announced has changed, or for any other reason, or
 * until the deadline, and note who has changed one.  Nothing sleeps on the words
 * any more when it returns.  0, -DSI_ETIMEDOUT, or another code: select cannot go
 * on. */
int dsi__select_sleep(struct dsi_select_sleep *sleep, uint64_t deadline_ns);
/* The next source to be looked at, in ascending order; their number: there are no
 * more.  They are those that dsi__select_sleep() has noted, or all if it was not
 * called or could not know.  No word is read here: whoever looks may let go of a
 * peer, and its words go with it. */
uint32_t dsi__select_woken(struct dsi_select_sleep *sleep);
void dsi__select_end(struct dsi_select_sleep *sleep);

/* Announce one source; what to sleep on goes to @words, which has room for
 * DSI_SELECT_WORDS.  Returns their number.  @bell: DSI_SLEEP_BELL or 0. */
uint32_t dsi__select_words(const struct dsi_event_source *source,
			   struct dsi_port_word *words, uint64_t bell);

static inline int dsi__select_changed(const struct dsi_port_word *word)
{
	/* N1: acquire pairs with dsi__waker_signal(), and with whoever else has
	 * changed it. */
	return atomic_load_explicit(word->word, memory_order_acquire) !=
	       word->expected;
}

/* ---- what the two need on the stack of the caller ------------------------ */

#define DSI_SELECT_MOST 128u /* words; no port takes more in one wait */

struct dsi_select_thread;

struct dsi_select_sleep {
	struct dsi_event_source *sources;
	uint32_t n;
	uint32_t at; /* where dsi__select_woken() goes on */
	/* select_words.c */
	uint32_t max_words;
	uint32_t n_words;
	uint32_t overflow;		  /* more words than one wait takes */
	uint32_t n_woken;		  /* to be looked at; n: all */
	struct dsi_port_loop **loops;	  /* once words were not enough */
	uint16_t source[DSI_SELECT_MOST]; /* of each word; then who is woken */
	struct dsi_port_word words[DSI_SELECT_MOST + DSI_SELECT_WORDS];
	/* select_threads.c */
	struct dsi_select_thread *threads;
	_Atomic uint32_t told;	  /* a thread has something to tell */
	_Atomic uint32_t stop;	  /* they are to return */
	_Atomic uint32_t running; /* so many have not yet */
};

#endif /* DSI_SELECT_PRIVATE_H */
