/* SPDX-License-Identifier: MIT */
/*
 * media_board.h - what a dsisink says to all readers besides its packets: the
 * last page of the data area.
 *
 * Words here cannot be dropped, overwritten or stuck behind a full queue, which
 * packets can.  dsisink writes them; a reader, who maps the page to read only,
 * takes each once and believes none of it: at worst it flushes or looks for the
 * stream's name in vain.
 *
 *   flush    odd: upstream of dsisink flushes; even: so many flushes twice.
 *            A packet belongs to the even number at which it was sent.
 *   sent     packets so far: readers sleep on it, all woken by one call
 *   word     MEDIA_EOS, MEDIA_MOVED: how the stream ended; 0: it did not
 *   frames   that there are
 *   latency  of what is upstream of dsisink, microseconds; -1: it is not live
 *   at       when the last packet was sent: CLOCK_MONOTONIC, ns, modulo 2^32
 *   cpu      on which processor that was, and 1; 0: nobody knows
 */
#ifndef DSI_MEDIA_BOARD_H
#define DSI_MEDIA_BOARD_H

#include <glib.h>

#define MEDIA_BOARD_BYTES 4096u

struct media_board {
	gint flush;
	gint sent;
	gint word;
	gint frames;
	gint latency;
	gint at;
	gint cpu;
};

/* dsisink. */
void media_board_init(struct media_board *board, gint flush, guint frames);
void media_board_set_flush(struct media_board *board, gint flush);
void media_board_set_word(struct media_board *board, guint word);
void media_board_set_latency(struct media_board *board, gint latency_us);

/* A packet more, or the end: readers look.  On the thread that sends. */
void media_board_sent(struct media_board *board);

/* Readers. */
gint media_board_packets(const struct media_board *board);
/* Sleep while there are @seen packets, at most so long. */
void media_board_wait_packet(const struct media_board *board, gint seen,
			     guint64 wait_ns);
gint media_board_flush(const struct media_board *board);
guint media_board_word(const struct media_board *board);
/* When the last packet was sent, not longer ago than @within_ns.  FALSE: what the
 * board says cannot be believed, and @out_sent_ns is @now_ns. */
gboolean media_board_sent_at(const struct media_board *board, guint64 now_ns,
			     guint64 within_ns, guint64 *out_sent_ns);
/* Was that on the processor where this thread is? */
gboolean media_board_is_beside(const struct media_board *board);
guint media_board_frames(const struct media_board *board);
gint media_board_latency(const struct media_board *board);
/* Sleep while the number of flushes is @seen, at most so long. */
void media_board_wait(const struct media_board *board, gint seen,
		      guint64 wait_ns);
/* All who wait look again. */
void media_board_wake(const struct media_board *board);

#endif /* DSI_MEDIA_BOARD_H */
