/* SPDX-License-Identifier: MIT */
/*
 * media_clock.h - a pipeline's time line beside CLOCK_MONOTONIC, on which times
 * cross between processes.
 */
#ifndef DSI_MEDIA_CLOCK_H
#define DSI_MEDIA_CLOCK_H

#include <gst/gst.h>

/* Does @clock (NULL: none) show CLOCK_MONOTONIC itself?  To be asked when an
 * element gets its clock, and not for each buffer. */
gboolean media_clock_is_monotonic(GstClock *clock);

/* The base time of @element on CLOCK_MONOTONIC.  @monotonic: what was answered
 * for its clock; if it was no, both clocks are looked at. */
GstClockTime media_clock_base_of(GstElement *element, gboolean monotonic);

#endif /* DSI_MEDIA_CLOCK_H */
