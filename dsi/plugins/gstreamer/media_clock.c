/* SPDX-License-Identifier: MIT */
/* media_clock.c - see media_clock.h. */
#include "media_clock.h"

#include <dsi/dsi.h>

gboolean media_clock_is_monotonic(GstClock *clock)
{
	GstClockType type = GST_CLOCK_TYPE_OTHER;

	/* Those of the network are kinds of a system clock, too. */
	if (!clock || G_OBJECT_TYPE(clock) != GST_TYPE_SYSTEM_CLOCK)
		return FALSE;
	g_object_get(clock, "clock-type", &type, NULL);
	return type == GST_CLOCK_TYPE_MONOTONIC;
}

/* One that follows another has a calibration, and may get it at any time. */
static gboolean is_calibrated(GstClock *clock)
{
	GstClockTime internal, external, num, denom;

	gst_clock_get_calibration(clock, &internal, &external, &num, &denom);
	return internal != external || num != denom;
}

GstClockTime media_clock_base_of(GstElement *element, gboolean monotonic)
{
	GstClockTime base = gst_element_get_base_time(element);
	GstClockTime now, here;
	GstClock *clock;

	clock = gst_element_get_clock(element);
	if (!clock)
		return base;
	if (monotonic && !is_calibrated(clock)) {
		gst_object_unref(clock);
		return base;
	}
	/* What it shows now, beside what that shows now. */
	now = gst_clock_get_time(clock);
	here = dsi_now();
	gst_object_unref(clock);
	if (now - here + GST_MSECOND < 2 * GST_MSECOND)
		return base;
	return base + here - now;
}
