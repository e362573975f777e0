/* SPDX-License-Identifier: MIT */
/*
 * media_thread.h - what a thread that is to be awake in time asks of the kernel,
 * for itself.
 */
#ifndef DSI_MEDIA_THREAD_H
#define DSI_MEDIA_THREAD_H

#include <glib.h>

/* Go to another processor than this one, if this thread may run on another;
 * where it may run stays as it is.  FALSE: it stays here. */
gboolean media_thread_leave_processor(void);

/* From here on its sleeps end when they should, not up to 50 us later as usual.
 * What to give media_thread_imprecise(). */
gulong media_thread_precise(void);
void media_thread_imprecise(gulong before);

#endif /* DSI_MEDIA_THREAD_H */
