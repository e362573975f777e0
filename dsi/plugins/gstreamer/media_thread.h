/* SPDX-License-Identifier: MIT */
/*
 * media_thread.h - what a thread that is to be awake in time asks of the kernel,
 * for itself.
 */
#ifndef DSI_MEDIA_THREAD_H
#define DSI_MEDIA_THREAD_H

#include <glib.h>

/* Go to another processor than this one, if this thread may run on another;
 * where it may run stays as it is.  FALSE: it stays here.
 *
 * The kernel tells only which processors it may run on now.  If those are not all
 * that are online, because of a cpuset or of whoever started it, then it is bound
 * to them from here on: when the cpuset gets more, it does not get those.  And
 * what somebody else sets for this thread meanwhile is lost. */
gboolean media_thread_leave_processor(void);

/* From here on its sleeps end when they should, not up to 50 us later as usual.
 * What to give media_thread_imprecise(). */
gulong media_thread_precise(void);
void media_thread_imprecise(gulong before);

#endif /* DSI_MEDIA_THREAD_H */
