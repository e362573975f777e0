/* SPDX-License-Identifier: MIT */
/* media_pace.c - see media_pace.h. */
#include "media_pace.h"

/* Packets are never more regular than this. */
#define LEAST_MARGIN_NS 5000u
/* The date follows by this part of an error. */
#define FOLLOW 8
/* Steps of an octile: this part of it, and not less. */
#define STEPS 32
#define LEAST_STEP_NS 500u

void media_pace_init(struct media_pace *pace, const struct dsi_traffic *traffic,
		     guint64 spin_ns)
{
	*pace = (struct media_pace){0};
	if (!traffic->tick_hz || !spin_ns ||
	    traffic->period > G_MAXUINT64 / G_GUINT64_CONSTANT(1000000000))
		return;
	pace->period_ns = traffic->period * G_GUINT64_CONSTANT(1000000000) /
			  traffic->tick_hz;
	pace->spin_ns = MIN(spin_ns, pace->period_ns / 2);
	pace->noise_ns = pace->spin_ns / 8;
	pace->late_ns = pace->spin_ns / 4;
}

static guint64 distance(guint64 a, guint64 b)
{
	return a > b ? a - b : b - a;
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

	if (!pace->period_ns || !pace->due_ns)
		return FALSE;
	if (2 * margin + pace->late_ns > pace->spin_ns) {
		/* No sleep of ours says how late we are now: less, in time. */
		pace->late_ns -= MIN(pace->late_ns, LEAST_STEP_NS);
		return FALSE;
	}
	/* Some were there without that we waited. */
	behind = now_ns > pace->due_ns + margin ? now_ns - pace->due_ns - margin
						: 0;
	pace->due_ns += (behind + pace->period_ns - 1) / pace->period_ns *
			pace->period_ns;
	*out_from_ns = pace->due_ns - margin - pace->late_ns;
	*out_until_ns = pace->due_ns + margin;
	return TRUE;
}

void media_pace_woke(struct media_pace *pace, guint64 wanted_ns, guint64 now_ns)
{
	guint64 late = now_ns > wanted_ns ? now_ns - wanted_ns : 0;

	pace->late_ns = octile(pace->late_ns, late, pace->spin_ns);
}

void media_pace_came(struct media_pace *pace, guint64 now_ns)
{
	guint64 wrong;

	if (!pace->period_ns)
		return;
	wrong = distance(now_ns, pace->due_ns);
	if (wrong > pace->period_ns / 2) {
		/* The first one, or after a pause. */
		pace->due_ns = now_ns + pace->period_ns;
		return;
	}
	pace->noise_ns = octile(pace->noise_ns, wrong, pace->spin_ns);
	wrong = MIN(wrong, pace->noise_ns + LEAST_MARGIN_NS) / FOLLOW;
	if (now_ns > pace->due_ns)
		pace->due_ns += wrong;
	else
		pace->due_ns -= wrong;
	pace->due_ns += pace->period_ns;
}
