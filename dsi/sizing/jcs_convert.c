/* SPDX-License-Identifier: MIT */
/*
 * jcs_convert.c - a stream in the words of other models, and back.
 *
 *   (P, J, d)          T = P, tau = J, D = d
 *   GCRA(I, L)         T = I, tau = L
 *   LBAP (R, B)        R = 1 / T, B = 1 + tau / T     (B = 1 if D = T)
 *   token bucket       r = S / T, b = S B             for packets of S bytes
 *   TSPEC (p, r, b)    p = S / D
 *   VBR                SCR = 1 / T, PCR = 1 / D, BT = tau,
 *                      MBS = 1 + floor(tau / (T - D))
 */
#include <dsi/errno.h>

#include "dsi/sizing/curve_jcs.h"

/* num / den in lowest terms, if it fits; den > 0 */
static int ratio(struct dsi_ratio *out, dsi_wide num, dsi_wide den)
{
	dsi_wide g = wide_gcd(num, den);

	if (num / g > UINT64_MAX || den / g > UINT64_MAX)
		return -DSI_EOVERFLOW;
	*out = (struct dsi_ratio){(uint64_t)(num / g), (uint64_t)(den / g)};
	return 0;
}

/* size / distance; without a distance there is no limit */
static int peak(struct dsi_ratio *out, uint64_t size, uint64_t distance)
{
	*out = (struct dsi_ratio){1, 0};
	return distance ? ratio(out, size, distance) : 0;
}

int dsi_jcs_to_pjd(const struct dsi_jcs *jcs, struct dsi_pjd *out)
{
	struct dsi_jcs s;

	if (!out || dsi__jcs_read_silently(&s, jcs))
		return -DSI_EINVAL;
	*out = (struct dsi_pjd){s.period, s.jitter, s.distance};
	return 0;
}

int dsi_jcs_to_gcra(const struct dsi_jcs *jcs, struct dsi_gcra *out)
{
	struct dsi_jcs s;

	if (!out || dsi__jcs_read_silently(&s, jcs))
		return -DSI_EINVAL;
	*out = (struct dsi_gcra){s.period, s.jitter};
	return 0;
}

/* S packets or bytes at once: rate S / T and burst S (T + tau) / T. */
static int bucket(const struct dsi_jcs *s, uint64_t size,
		  struct dsi_ratio *rate, struct dsi_ratio *burst)
{
	dsi_wide late = s->distance == s->period ? 0 : (dsi_wide)s->jitter;
	bool over = false;
	dsi_wide most =
		wide_mul((dsi_wide)size, (dsi_wide)s->period + late, &over);
	int err = ratio(rate, (dsi_wide)size, (dsi_wide)s->period);

	if (over)
		return -DSI_EOVERFLOW;
	return err ? err : ratio(burst, most, (dsi_wide)s->period);
}

int dsi_jcs_to_lbap(const struct dsi_jcs *jcs, struct dsi_lbap *out)
{
	struct dsi_jcs s;

	if (!out || dsi__jcs_read_silently(&s, jcs))
		return -DSI_EINVAL;
	return bucket(&s, 1, &out->rate, &out->burst);
}

int dsi_jcs_to_token_bucket(const struct dsi_jcs *jcs,
			    struct dsi_token_bucket *out)
{
	struct dsi_jcs s;

	if (!out || dsi__jcs_read_silently(&s, jcs) || !s.max_bytes)
		return -DSI_EINVAL;
	out->packet_bytes = s.max_bytes;
	return bucket(&s, s.max_bytes, &out->rate, &out->burst);
}

int dsi_jcs_to_tspec(const struct dsi_jcs *jcs, struct dsi_tspec *out)
{
	struct dsi_jcs s;
	int err;

	if (!out || dsi__jcs_read_silently(&s, jcs) || !s.max_bytes)
		return -DSI_EINVAL;
	out->packet_bytes = s.max_bytes;
	err = peak(&out->peak, s.max_bytes, s.distance);
	return err ? err : bucket(&s, s.max_bytes, &out->rate, &out->burst);
}

int dsi_jcs_to_vbr(const struct dsi_jcs *jcs, struct dsi_vbr *out)
{
	struct dsi_jcs s;

	if (!out || dsi__jcs_read_silently(&s, jcs))
		return -DSI_EINVAL;
	out->sustained = (struct dsi_ratio){1, s.period};
	out->tolerance = s.jitter;
	out->burst = UINT64_MAX;
	if (s.distance < s.period)
		out->burst = 1 + s.jitter / (s.period - s.distance);
	return peak(&out->peak, 1, s.distance);
}

/* Check and hand out what a conversion made. */
static int made(struct dsi_jcs *out, uint64_t period, dsi_wide jitter,
		uint64_t distance, uint64_t bytes, uint32_t flags)
{
	struct dsi_jcs s = {
		.size = sizeof(s),
		.flags = flags,
		.period = period,
		.distance = distance,
		.min_bytes = bytes,
		.max_bytes = bytes,
	};

	if (jitter > DSI_TICKS_MAX || period > DSI_TICKS_MAX)
		return -DSI_EOVERFLOW;
	s.jitter = (uint64_t)jitter;
	return dsi__jcs_read_silently(out, &s);
}

/* a / b, whole; *out is 0 for b = "without limit" (den 0) */
static int whole_quotient(uint64_t *out, uint64_t a, struct dsi_ratio b)
{
	bool over = false;
	dsi_wide top = wide_mul((dsi_wide)a, (dsi_wide)b.den, &over);

	if (b.num == 0)
		return -DSI_EINVAL;
	if (over)
		return -DSI_EOVERFLOW;
	if (top % (dsi_wide)b.num)
		return -DSI_ERANGE;
	if (top / (dsi_wide)b.num > DSI_TICKS_MAX)
		return -DSI_EOVERFLOW;
	*out = (uint64_t)(top / (dsi_wide)b.num);
	return 0;
}

/* A bucket of @burst that fills at @rate, packets of @size: T = S / r,
 * tau = floor((b - S) / r). */
static int from_bucket(struct dsi_ratio rate, struct dsi_ratio burst,
		       uint64_t size, uint64_t *period, dsi_wide *jitter)
{
	bool over = false;
	dsi_wide spare, unit;
	int err;

	if (!rate.den || !rate.num || !burst.den || !size)
		return -DSI_EINVAL;
	err = whole_quotient(period, size, rate);
	if (err)
		return err;
	spare = wide_sub((dsi_wide)burst.num,
			 wide_mul((dsi_wide)size, (dsi_wide)burst.den, &over),
			 &over);
	if (over)
		return -DSI_EOVERFLOW;
	if (spare < 0)
		return -DSI_EINVAL;
	/* (spare / burst.den) * (rate.den / rate.num) */
	unit = wide_mul((dsi_wide)burst.den, (dsi_wide)rate.num, &over);
	spare = wide_mul(spare, (dsi_wide)rate.den, &over);
	if (over)
		return -DSI_EOVERFLOW;
	*jitter = wide_floor(spare, unit);
	return 0;
}

int dsi_jcs_from_pjd(const struct dsi_pjd *in, struct dsi_jcs *out_jcs)
{
	if (!in || !out_jcs)
		return -DSI_EINVAL;
	return made(out_jcs, in->period, (dsi_wide)in->jitter, in->distance, 0,
		    0);
}

int dsi_jcs_from_gcra(const struct dsi_gcra *in, struct dsi_jcs *out_jcs)
{
	if (!in || !out_jcs)
		return -DSI_EINVAL;
	return made(out_jcs, in->increment, (dsi_wide)in->limit, 0, 0,
		    DSI_JCS_UPPER_ONLY);
}

int dsi_jcs_from_lbap(const struct dsi_lbap *in, struct dsi_jcs *out_jcs)
{
	uint64_t period = 0;
	dsi_wide jitter = 0;
	int err;

	if (!in || !out_jcs)
		return -DSI_EINVAL;
	err = from_bucket(in->rate, in->burst, 1, &period, &jitter);
	return err ? err
		   : made(out_jcs, period, jitter, 0, 0, DSI_JCS_UPPER_ONLY);
}

int dsi_jcs_from_tspec(const struct dsi_tspec *in, struct dsi_jcs *out_jcs)
{
	uint64_t period = 0;
	uint64_t distance = 0;
	dsi_wide jitter = 0;
	int err;

	if (!in || !out_jcs)
		return -DSI_EINVAL;
	err = from_bucket(in->rate, in->burst, in->packet_bytes, &period,
			  &jitter);
	if (!err)
		err = whole_quotient(&distance, in->packet_bytes, in->peak);
	return err ? err
		   : made(out_jcs, period, jitter, distance, in->packet_bytes,
			  DSI_JCS_UPPER_ONLY);
}

/* The same without a peak. */
int dsi_jcs_from_token_bucket(const struct dsi_token_bucket *in,
			      struct dsi_jcs *out_jcs)
{
	struct dsi_tspec tspec = {.peak = {1, 0}};

	if (!in)
		return -DSI_EINVAL;
	tspec.rate = in->rate;
	tspec.burst = in->burst;
	tspec.packet_bytes = in->packet_bytes;
	return dsi_jcs_from_tspec(&tspec, out_jcs);
}

int dsi_jcs_from_vbr(const struct dsi_vbr *in, struct dsi_jcs *out_jcs)
{
	uint64_t period = 0;
	uint64_t distance = 0;
	dsi_wide jitter;
	bool over = false;
	int err;

	if (!in || !out_jcs || !in->sustained.den)
		return -DSI_EINVAL;
	err = whole_quotient(&period, 1, in->sustained);
	if (!err)
		err = whole_quotient(&distance, 1, in->peak);
	if (err)
		return err;
	if (distance > period)
		return -DSI_EINVAL;
	jitter = (dsi_wide)in->tolerance;
	if (in->burst && in->burst != UINT64_MAX)
		jitter = wide_max(
			jitter, wide_mul((dsi_wide)in->burst - 1,
					 (dsi_wide)(period - distance), &over));
	return over ? -DSI_EOVERFLOW
		    : made(out_jcs, period, jitter, distance, 0,
			   DSI_JCS_UPPER_ONLY);
}
