/* SPDX-License-Identifier: MIT */
/* media_latency.c - see media_latency.h. */
#include "media_latency.h"

#include <dsi/sizing.h>

/* Frame rates are fractions, so ticks are parts of the frame's own: at least so
 * many in a second. */
#define LEAST_HZ 1000000u

static guint64 ticks_up(guint64 ns, guint64 hz)
{
	return gst_util_uint64_scale_ceil(ns, hz, GST_SECOND);
}

static GstClockTime ns_up(const struct dsi_ticks *ticks, guint64 hz)
{
	guint64 whole = (guint64)MAX(ticks->whole, 0) + (ticks->num != 0);

	return gst_util_uint64_scale_ceil(whole, GST_SECOND, hz);
}

void media_latency_declare(struct dsi_traffic *out, gint fps_n, gint fps_d,
			   guint64 jitter_ns)
{
	guint64 parts;

	*out = (struct dsi_traffic){0};
	if (fps_n <= 0 || fps_d <= 0)
		return;
	parts = (LEAST_HZ + (guint64)fps_n - 1) / (guint64)fps_n;
	out->tick_hz = (guint64)fps_n * parts;
	out->period = (guint64)fps_d * parts;
	out->jitter = jitter_ns == MEDIA_JITTER_PERIOD
			      ? out->period
			      : ticks_up(jitter_ns, out->tick_hz);
	/* Upstream fills a frame for at most one frame time. */
	out->hold = out->period;
}

/* How long after its commit a buffer may come back. */
static int longest_use(const struct dsi_sizing_writer *writer, guint frames,
		       guint64 *out_ticks, gchar *why, guint why_bytes)
{
	const struct dsi_sizing_reader reader = {
		.size = sizeof(reader),
		.pace = DSI_PACE_RESPONSE,
	};

	return dsi_size_limit(writer, &reader, frames, DSI_LIMIT_RESPONSE,
			      out_ticks, why, why_bytes);
}

gboolean media_latency_of(const struct dsi_traffic *traffic,
			  const struct media_use *use, GstClockTime *out_min,
			  GstClockTime *out_max, gchar *why, guint why_bytes)
{
	struct dsi_sizing_writer writer;
	struct dsi_sizing_need need = {.size = sizeof(need)};
	guint64 hz = traffic->tick_hz;
	struct dsi_sizing_reader reader = {
		.size = sizeof(reader),
		.pace = DSI_PACE_SERVICE,
	};
	const struct dsi_ticks jitter = {.whole = (gint64)traffic->jitter,
					 .den = 1};
	guint64 longest;

	*why = '\0';
	if (!hz)
		return FALSE;
	dsi_size_writer_of(traffic, &writer);
	reader.wake = ticks_up(use->wake_ns, hz);
	reader.service = MAX(ticks_up(use->service_ns, hz), 1);
	if (dsi_size_reader(&writer, &reader, &need, why, why_bytes) != 0)
		return FALSE;
	*out_min = ns_up(&jitter, hz) + ns_up(&need.get_max, hz);
	*out_max = GST_CLOCK_TIME_NONE;
	/* What is copied costs the producer no frame. */
	if (use->policy == DSI_POLICY_RECLAIM)
		return TRUE;
	if (longest_use(&writer, use->frames, &longest, why, why_bytes) != 0)
		longest = 0;
	if (longest < DSI_TICKS_MAX)
		*out_max = gst_util_uint64_scale(longest, GST_SECOND, hz);
	return TRUE;
}
