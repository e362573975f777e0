/* SPDX-License-Identifier: MIT */
/* media_board.c - see media_board.h. */
#include "media_board.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>

#define SECOND_NS G_GUINT64_CONSTANT(1000000000)

/* GLib's loads take no pointer to const. */
static gint look(const gint *word)
{
	return g_atomic_int_get((gint *)word);
}

void media_board_init(struct media_board *board, gint flush, guint frames)
{
	g_atomic_int_set(&board->flush, flush);
	g_atomic_int_set(&board->sent, 0);
	g_atomic_int_set(&board->word, 0);
	g_atomic_int_set(&board->frames, (gint)frames);
	g_atomic_int_set(&board->latency, -1);
	g_atomic_int_set(&board->at, 0);
	g_atomic_int_set(&board->cpu, 0);
}

void media_board_set_flush(struct media_board *board, gint flush)
{
	g_atomic_int_set(&board->flush, flush);
	media_board_wake(board);
}

void media_board_set_word(struct media_board *board, guint word)
{
	g_atomic_int_set(&board->word, (gint)word);
}

void media_board_set_latency(struct media_board *board, gint latency_us)
{
	g_atomic_int_set(&board->latency, latency_us);
}

gint media_board_flush(const struct media_board *board)
{
	return look(&board->flush);
}

guint media_board_word(const struct media_board *board)
{
	return (guint)look(&board->word);
}

guint media_board_frames(const struct media_board *board)
{
	return (guint)look(&board->frames);
}

gint media_board_latency(const struct media_board *board)
{
	return look(&board->latency);
}

static void sleep_on(const gint *word, gint seen, guint64 wait_ns)
{
	const struct timespec limit = {
		.tv_sec = (time_t)(wait_ns / SECOND_NS),
		.tv_nsec = (long)(wait_ns % SECOND_NS),
	};

	/* Whatever the answer is, the caller looks again. */
	(void)syscall(SYS_futex, word, FUTEX_WAIT, seen, &limit, NULL, 0);
}

static void wake_all(const gint *word)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void media_board_sent(struct media_board *board)
{
	g_atomic_int_set(&board->at, (gint)(guint32)dsi_now());
	g_atomic_int_set(&board->cpu, sched_getcpu() + 1);
	g_atomic_int_inc(&board->sent);
	wake_all(&board->sent);
}

gint media_board_packets(const struct media_board *board)
{
	return look(&board->sent);
}

gboolean media_board_sent_at(const struct media_board *board, guint64 now_ns,
			     guint64 within_ns, guint64 *out_sent_ns)
{
	guint32 ago_ns = (guint32)now_ns - (guint32)look(&board->at);
	gboolean believed = ago_ns <= within_ns;

	*out_sent_ns = believed ? now_ns - ago_ns : now_ns;
	return believed;
}

gboolean media_board_is_beside(const struct media_board *board)
{
	return look(&board->cpu) == sched_getcpu() + 1;
}

void media_board_wait_packet(const struct media_board *board, gint seen,
			     guint64 wait_ns)
{
	sleep_on(&board->sent, seen, wait_ns);
}

void media_board_wait(const struct media_board *board, gint seen,
		      guint64 wait_ns)
{
	sleep_on(&board->flush, seen, wait_ns);
}

void media_board_wake(const struct media_board *board)
{
	wake_all(&board->flush);
	wake_all(&board->sent);
}
