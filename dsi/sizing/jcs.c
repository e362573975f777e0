/* SPDX-License-Identifier: MIT */
/*
 * jcs.c - jitter-constrained streams: spans, counts, other ticks, stages.
 *
 *   delta-(n) = max((n-1) D, (n-1) T - tau)    shortest span of n packets
 *   delta+(n) = (n-1) T + tau                  longest
 *   eta+(w), eta-(w)                           most and fewest in a window
 */
#include <stddef.h>

#include <dsi/errno.h>
#include <dsi/jcs.h>

#include "dsi/desc.h"
#include "dsi/sizing/curve_jcs.h"

static int bad(struct dsi_text *why, const char *field, uint64_t value,
	       const char *range)
{
	dsi__text_field(why, field, value, range);
	return -DSI_EINVAL;
}

int dsi__jcs_read(struct dsi_jcs *to, const struct dsi_jcs *from,
		  struct dsi_text *why)
{
	if (!from || dsi__options_copy(to, from, sizeof(*to))) {
		dsi__text_add(why, "size: is not the size of a known struct "
				   "dsi_jcs");
		return -DSI_EINVAL;
	}
	if (to->flags & ~DSI_JCS_UPPER_ONLY)
		return bad(why, "flags", to->flags,
			   "has bits that are not DSI_JCS_*");
	if (to->reserved)
		return bad(why, "reserved", to->reserved, "is not 0");
	if (to->period == 0 || to->period > DSI_TICKS_MAX)
		return bad(why, "period", to->period, "is not in 1..2^62");
	if (to->jitter > DSI_TICKS_MAX)
		return bad(why, "jitter", to->jitter, "is more than 2^62");
	if (to->distance > to->period)
		return bad(why, "distance", to->distance,
			   "is more than the period: no endless stream has "
			   "gaps that are all longer than their mean");
	if (to->offset > (int64_t)DSI_TICKS_MAX ||
	    to->offset < -(int64_t)DSI_TICKS_MAX) {
		dsi__text_add(why, "offset: is not in -2^62..2^62");
		return -DSI_EINVAL;
	}
	if (to->max_bytes && to->min_bytes > to->max_bytes)
		return bad(why, "min_bytes", to->min_bytes,
			   "is more than max_bytes");
	if (to->drift_ppb >= DSI_PPB)
		return bad(why, "drift_ppb", to->drift_ppb,
			   "is not less than 10^9");
	return 0;
}

int dsi_jcs_check(const struct dsi_jcs *jcs, char *why, uint32_t why_bytes)
{
	struct dsi_text text = dsi__text(why, why_bytes);
	struct dsi_jcs copy;

	return dsi__jcs_read(&copy, jcs, &text);
}

int dsi__jcs_read_silently(struct dsi_jcs *to, const struct dsi_jcs *from)
{
	struct dsi_text none = dsi__text(NULL, 0);

	return dsi__jcs_read(to, from, &none);
}

int dsi_jcs_span(const struct dsi_jcs *jcs, uint64_t packets, uint64_t *out_min,
		 uint64_t *out_max)
{
	struct dsi_jcs s;
	dsi_wide least, most;
	bool over = false;

	if (packets == 0 || !out_min || dsi__jcs_read_silently(&s, jcs) ||
	    (out_max && (s.flags & DSI_JCS_UPPER_ONLY)))
		return -DSI_EINVAL;
	least = jcs_span_min(&s, packets, &over);
	most = jcs_span_max(&s, packets, &over);
	if (over || least > UINT64_MAX || (out_max && most > UINT64_MAX))
		return -DSI_EOVERFLOW;
	*out_min = (uint64_t)least;
	if (out_max)
		*out_max = (uint64_t)most;
	return 0;
}

int dsi_jcs_count(const struct dsi_jcs *jcs, uint64_t window, uint32_t kind,
		  uint64_t *out_min, uint64_t *out_max)
{
	struct dsi_jcs s;
	dsi_wide most, least;

	if (kind > DSI_WINDOW_OPEN || !out_max ||
	    dsi__jcs_read_silently(&s, jcs) ||
	    (out_min && (s.flags & DSI_JCS_UPPER_ONLY)))
		return -DSI_EINVAL;
	most = jcs_count_max(&s, window, kind == DSI_WINDOW_CLOSED);
	/* Fewest: unavoidable unless two packets can enclose the window. */
	least = (dsi_wide)window - s.jitter;
	least = kind == DSI_WINDOW_OPEN ? wide_ceil(least, s.period) - 1
					: wide_floor(least, s.period);
	if (most > UINT64_MAX)
		return -DSI_EOVERFLOW;
	*out_max = (uint64_t)most;
	if (out_min)
		*out_min = (uint64_t)wide_max(least, 0);
	return 0;
}

/* value * to / from, which must be whole and fit. */
static int rescale(uint64_t *value, uint64_t from_hz, uint64_t to_hz)
{
	/* At most 2^62 x 2^64: fits. */
	dsi_wide scaled = (dsi_wide)*value * (dsi_wide)to_hz;
	dsi_wide quotient = wide_floor(scaled, from_hz);

	if (quotient * (dsi_wide)from_hz != scaled)
		return -DSI_ERANGE;
	if (quotient > DSI_TICKS_MAX)
		return -DSI_EOVERFLOW;
	*value = (uint64_t)quotient;
	return 0;
}

int dsi_jcs_rescale(const struct dsi_jcs *jcs, uint64_t from_hz, uint64_t to_hz,
		    struct dsi_jcs *out_jcs)
{
	uint64_t offset;
	struct dsi_jcs s;
	int err;

	if (!from_hz || !to_hz || !out_jcs || dsi__jcs_read_silently(&s, jcs))
		return -DSI_EINVAL;
	offset = (uint64_t)(s.offset < 0 ? -s.offset : s.offset);
	err = rescale(&s.period, from_hz, to_hz);
	if (!err)
		err = rescale(&s.jitter, from_hz, to_hz);
	if (!err)
		err = rescale(&s.distance, from_hz, to_hz);
	if (!err)
		err = rescale(&offset, from_hz, to_hz);
	if (err)
		return err;
	s.offset = s.offset < 0 ? -(int64_t)offset : (int64_t)offset;
	*out_jcs = s;
	return 0;
}

int dsi_jcs_stage(const struct dsi_jcs *jcs, uint64_t best, uint64_t worst,
		  uint64_t spacing, struct dsi_jcs *out_jcs)
{
	struct dsi_jcs s;
	uint64_t width;

	if (!out_jcs || dsi__jcs_read_silently(&s, jcs) || worst < best ||
	    worst > DSI_TICKS_MAX || spacing > s.period)
		return -DSI_EINVAL;
	width = worst - best;
	if (s.jitter + width > DSI_TICKS_MAX ||
	    (s.offset > 0 && (uint64_t)s.offset + best > DSI_TICKS_MAX))
		return -DSI_EOVERFLOW;
	s.jitter += width;
	s.offset += (int64_t)best;
	s.distance = s.distance > width ? s.distance - width : 0;
	if (s.distance < spacing)
		s.distance = spacing;
	*out_jcs = s;
	return 0;
}
