/* SPDX-License-Identifier: MIT */
/*
 * curve_jcs.h - the curves of a jitter-constrained stream, in 128 bits.
 *
 * Private to dsi/sizing/; the stream was checked by dsi__jcs_read().
 */
#ifndef DSI_CURVE_JCS_H
#define DSI_CURVE_JCS_H

#include <dsi/jcs.h>

#include "dsi/sizing/wide.h"
#include "dsi/text.h"

/* Copy a caller's stream and check it: 0, or -DSI_EINVAL with a reason. */
int dsi__jcs_read(struct dsi_jcs *to, const struct dsi_jcs *from,
		  struct dsi_text *why);
/* Likewise for functions that tell no reason. */
int dsi__jcs_read_silently(struct dsi_jcs *to, const struct dsi_jcs *from);

/* delta-(n), n >= 1 */
static inline dsi_wide jcs_span_min(const struct dsi_jcs *s, dsi_wide n,
				    bool *over)
{
	dsi_wide by_distance = wide_mul(n - 1, (dsi_wide)s->distance, over);
	dsi_wide by_period =
		wide_sub(wide_mul(n - 1, (dsi_wide)s->period, over),
			 (dsi_wide)s->jitter, over);

	return n == 1 ? 0 : wide_max(by_distance, by_period);
}

/* delta+(n), n >= 1 */
static inline dsi_wide jcs_span_max(const struct dsi_jcs *s, dsi_wide n,
				    bool *over)
{
	if (n == 1)
		return 0;
	return wide_add(wide_mul(n - 1, (dsi_wide)s->period, over),
			(dsi_wide)s->jitter, over);
}

/* eta+ of a window, closed or half-open; window < 2^126 */
static inline dsi_wide jcs_count_max(const struct dsi_jcs *s, dsi_wide window,
				     bool closed)
{
	dsi_wide by_jitter = window + (dsi_wide)s->jitter;
	dsi_wide n;

	if (!closed && window == 0)
		return 0;
	n = closed ? wide_floor(by_jitter, (dsi_wide)s->period) + 1
		   : wide_ceil(by_jitter, (dsi_wide)s->period);
	if (s->distance == 0)
		return n;
	return wide_min(n,
			closed ? wide_floor(window, (dsi_wide)s->distance) + 1
			       : wide_ceil(window, (dsi_wide)s->distance));
}

#endif /* DSI_CURVE_JCS_H */
