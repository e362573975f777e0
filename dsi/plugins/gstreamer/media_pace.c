/* SPDX-License-Identifier: MIT */
/* media_pace.c - see media_pace.h. */
#include "media_pace.h"

#define SECOND_NS G_GUINT64_CONSTANT(1000000000)

/* The time when a packet was sent is known modulo 2^32 ns, and believed within
 * half a period: streams with a longer one than this are waited for asleep. */
#define PERIOD_MOST_NS (8 * SECOND_NS)
/* Packets are never more regular than this. */
#define LEAST_MARGIN_NS 5000u
/* The date follows by this part of an error. */
#define FOLLOW 8
/* Steps of an octile: this part of it, and not less. */
#define STEPS 32
#define LEAST_STEP_NS 500u
/* A few in a row at quite another time: the time has changed. */
#define STRAYS 3u
/* Looking pays if two of three looks meet a packet. */
#define MISS_COSTS 2u
#define SCORE_BEGIN 16u
#define SCORE_MOST 64u
#define PAUSE_PACKETS 256u

/* Of numbers that may be lies. */
static guint64 in_ns(guint64 ticks, guint64 hz)
{
	return ticks > G_MAXUINT64 / SECOND_NS ? G_MAXUINT64
					       : ticks * SECOND_NS / hz;
}

void media_pace_init(struct media_pace *pace, const struct dsi_traffic *traffic,
		     guint64 spin_ns)
{
	guint64 period_ns;

	*pace = (struct media_pace){0};
	if (!traffic->tick_hz || !spin_ns)
		return;
	period_ns = in_ns(traffic->period, traffic->tick_hz);
	if (period_ns > PERIOD_MOST_NS)
		return;
	pace->period_ns = period_ns;
	pace->spin_ns = MIN(spin_ns, pace->period_ns / 2);
	/* Of the two bounds of when packets come, what is declared and what it
	 * is worth. */
	pace->most_noise_ns =
		MIN(pace->spin_ns, in_ns(traffic->jitter, traffic->tick_hz));
	pace->noise_ns = MIN(pace->spin_ns / 8, pace->most_noise_ns);
	pace->late_ns = pace->spin_ns / 4;
	pace->score = SCORE_BEGIN;
}

/* Towards the upper octile of what comes: of eight steps one is up, and as
 * large as seven down.  A mean would be that of the few that come much too
 * late when the machine is busy. */
static guint64 octile(guint64 before, guint64 one, guint64 most)
{
	guint64 step = MAX(before / STEPS, LEAST_STEP_NS);

	if (one > before)
		return MIN(before + 7 * step, most);
	return before > step ? before - step : 0;
}

gboolean media_pace_window(struct media_pace *pace, guint64 now_ns,
			   guint64 *out_from_ns, guint64 *out_until_ns)
{
	guint64 margin = pace->noise_ns + LEAST_MARGIN_NS;
	guint64 behind;

	if (!pace->period_ns || !pace->due_ns || pace->pause ||
	    3 * margin > pace->spin_ns)
		return FALSE;
	/* Some were there without that we waited. */
	behind = now_ns > pace->due_ns + margin ? now_ns - pace->due_ns - margin
						: 0;
	pace->due_ns += (behind + pace->period_ns - 1) / pace->period_ns *
			pace->period_ns;
	/* Who sleeps too long, is woken up by the packet. */
	*out_from_ns = pace->due_ns - margin -
		       MIN(pace->late_ns, pace->spin_ns - 2 * margin);
	*out_until_ns = pace->due_ns + margin;
	return TRUE;
}

void media_pace_woke(struct media_pace *pace, guint64 wanted_ns, guint64 now_ns)
{
	guint64 late = now_ns > wanted_ns ? now_ns - wanted_ns : 0;

	pace->late_ns = octile(pace->late_ns, late, pace->spin_ns);
}

void media_pace_looked(struct media_pace *pace, gboolean met)
{
	if (met) {
		pace->score = MIN(pace->score + 1, SCORE_MOST);
		return;
	}
	pace->score -= MIN(pace->score, MISS_COSTS);
	if (pace->score)
		return;
	pace->pause = PAUSE_PACKETS;
	pace->score = SCORE_BEGIN;
}

/* Have several now come at another time, the same for all? */
static gboolean has_moved(struct media_pace *pace, gint64 wrong_ns)
{
	guint64 apart = (guint64)ABS(wrong_ns - pace->stray_ns);
	gboolean stray = (guint64)ABS(wrong_ns) > pace->spin_ns;

	pace->strays = !stray			    ? 0
		       : apart <= pace->spin_ns / 2 ? pace->strays + 1
						    : 1;
	pace->stray_ns = wrong_ns;
	return pace->strays == STRAYS;
}

/* From here on it is counted from now. */
static void restart(struct media_pace *pace, guint64 at_ns)
{
	pace->due_ns = at_ns + pace->period_ns;
	pace->noise_ns = MIN(pace->spin_ns / 8, pace->most_noise_ns);
	pace->strays = 0;
}

void media_pace_came(struct media_pace *pace, guint64 at_ns)
{
	/* Both are far from 2^63: the clock, and a period of at most
	 * PERIOD_MOST_NS more. */
	gint64 off = (gint64)(at_ns - pace->due_ns);
	guint64 wrong = (guint64)ABS(off);

	if (!pace->period_ns)
		return;
	pace->pause -= MIN(pace->pause, 1);
	/* The first one, after a pause, or from another time on. */
	if (wrong > pace->period_ns / 2 || has_moved(pace, off)) {
		restart(pace, at_ns);
		return;
	}
	pace->noise_ns = octile(pace->noise_ns, wrong, pace->most_noise_ns);
	wrong = MIN(wrong, pace->noise_ns + LEAST_MARGIN_NS) / FOLLOW;
	if (at_ns > pace->due_ns)
		pace->due_ns += wrong;
	else
		pace->due_ns -= wrong;
	pace->due_ns += pace->period_ns;
}
