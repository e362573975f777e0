/* SPDX-License-Identifier: MIT */
/*
 * media_latency.h - latency from what both ends declare, by the calculator
 * (<dsi/sizing.h>).
 *
 * dsisink declares in the stream's description when its buffers come: each one
 * frame time after the other, and late by at most its jitter.  dsisrc declares
 * how late it may wake up and how long downstream keeps it.  From that follow
 * how late a buffer may leave dsisrc, and how long it may be kept before the
 * producer lacks a frame.
 */
#ifndef DSI_MEDIA_LATENCY_H
#define DSI_MEDIA_LATENCY_H

#include <gst/gst.h>

#include <dsi/types.h>

/* A jitter of one frame time. */
#define MEDIA_JITTER_PERIOD G_MAXUINT64

/* Buffers at @fps_n / @fps_d.  All zero if there is no such rate. */
void media_latency_declare(struct dsi_traffic *out, gint fps_n, gint fps_d,
			   guint64 jitter_ns);

/* How dsisrc works. */
struct media_use {
	guint policy;
	guint frames; /* that it may keep from the producer */
	guint64 wake_ns, service_ns;
};

/* @out_min: a buffer leaves dsisrc at most so long after it is due; @out_max:
 * and may be kept until then, NONE: for ever.  FALSE: nothing was declared, or
 * nothing follows from it, with the reason in @why. */
gboolean media_latency_of(const struct dsi_traffic *traffic,
			  const struct media_use *use, GstClockTime *out_min,
			  GstClockTime *out_max, gchar *why, guint why_bytes);

#endif /* DSI_MEDIA_LATENCY_H */
