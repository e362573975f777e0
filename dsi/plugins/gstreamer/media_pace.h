/* SPDX-License-Identifier: MIT */
/*
 * media_pace.h - when the next packet of a stream with a declared period is due,
 * by when those before it came; so that a reader can be awake when it comes.
 *
 *   sleep | wake up, look | due | look a little longer | sleep
 *         `-------- at most spin_ns -------------------'
 *
 * Packets that come too irregularly for that are not looked for at all, and where
 * looking meets too few of them, because this thread or the producer's does not get
 * its processor, there are long pauses.
 */
#ifndef DSI_MEDIA_PACE_H
#define DSI_MEDIA_PACE_H

#include <glib.h>

#include <dsi/types.h>

struct media_pace {
	guint64 period_ns; /* 0: nothing is known, or nothing is to be done */
	guint64 spin_ns;
	guint64 due_ns;	  /* 0: not known */
	guint64 noise_ns; /* seven of eight come so near to that */
	guint64 late_ns;  /* and so do sleeps of ours end */
	guint64 most_noise_ns;
	gint64 stray_ns; /* so much beside its date came the last one */
	guint strays;	 /* in a row that were as far beside it */
	guint score;	 /* how it pays to look; 0: it does not */
	guint pause;	 /* so many packets are not looked for */
};

/* Look at most @spin_ns for each packet. */
void media_pace_init(struct media_pace *pace, const struct dsi_traffic *traffic,
		     guint64 spin_ns);

/* From when until when is it worth while to look?  FALSE: not at all. */
gboolean media_pace_window(struct media_pace *pace, guint64 now_ns,
			   guint64 *out_from_ns, guint64 *out_until_ns);

/* A sleep that was to end at @wanted_ns ended at @now_ns. */
void media_pace_woke(struct media_pace *pace, guint64 wanted_ns,
		     guint64 now_ns);

/* It was looked for, and met or not. */
void media_pace_looked(struct media_pace *pace, gboolean met);

/* A packet that was waited for was sent at @at_ns. */
void media_pace_came(struct media_pace *pace, guint64 at_ns);

#endif /* DSI_MEDIA_PACE_H */
