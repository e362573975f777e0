/* SPDX-License-Identifier: MIT */
/*
 * jcs.h - jitter-constrained periodic streams, and what equals them.
 *
 *   T    period              packet i is due at t0 + i T
 *   tau  jitter              it comes 0..tau after that
 *   D    minimum distance    two packets in a row are at least D apart
 *   t0   offset              when packet 0 is due
 *
 * So t_i = t0 + i T + j_i with 0 <= j_i <= tau and t_(i+1) - t_i >= D.  All
 * times here are whole ticks; what a tick is, is the caller's choice, as long
 * as it is the same for all times of one question: nanoseconds, or 1/30000 s
 * for 30000/1001 frames a second, or a common multiple of several clocks.
 * Times are at most DSI_TICKS_MAX.
 *
 * Everything here is a pure function in whole numbers: no memory, no locks,
 * no floating point, nothing of the system.  Arithmetic is exact in 128 bits;
 * where that would not do the answer is -DSI_EOVERFLOW, never a wrong number.
 *
 * Source: Hamann, "On the quantitative specification of jitter constrained
 * periodic streams", MASCOTS 1997, for the model; docs/design/80-sizing.md
 * for every formula with its proof.
 */
#ifndef DSI_JCS_H
#define DSI_JCS_H

#include <stdint.h>

#include <dsi/export.h>

#define DSI_TICKS_MAX (UINT64_C(1) << 62) /* longest time */
#define DSI_PPB UINT32_C(1000000000)	  /* parts in 1: unit of a drift */

/* Only the most that may arrive is known, not the least (a token bucket, for
 * example): good against overflow, no start offset can be had from it. */
#define DSI_JCS_UPPER_ONLY 0x0001u

/**
 * struct dsi_jcs - a jitter-constrained periodic stream.
 * @size:      sizeof(struct dsi_jcs)
 * @flags:     DSI_JCS_*
 * @period:    T, ticks, at least 1
 * @jitter:    tau, ticks; may exceed the period
 * @distance:  D, ticks of a clock that is right, at most @period
 * @offset:    t0, ticks
 * @min_bytes: smallest packet, bytes
 * @max_bytes: largest packet, bytes; 0 = sizes are not described
 * @drift_ppb: rho: its clock may run this much too fast or too slow, parts
 *             in 10^9, less than 10^9
 */
struct dsi_jcs {
	uint32_t size;
	uint32_t flags;
	uint64_t period;
	uint64_t jitter;
	uint64_t distance;
	int64_t offset;
	uint64_t min_bytes;
	uint64_t max_bytes;
	uint32_t drift_ppb;
	uint32_t reserved; /* must be 0 */
};

/* An exact quotient; @den is never 0. */
struct dsi_ratio {
	uint64_t num;
	uint64_t den;
};

/**
 * dsi_jcs_check - is a description valid, and if not, why not?
 * @jcs:       description
 * @why:       buffer for the reason, may be NULL
 * @why_bytes: its size
 *
 * Return: 0, or -DSI_EINVAL with @why naming field, value and range.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_check(const struct dsi_jcs *jcs, char *why,
					 uint32_t why_bytes);

/**
 * dsi_jcs_span - how long may @packets packets in a row take?
 * @jcs:     description (its drift is not counted)
 * @packets: n, at least 1
 * @out_min: shortest time from the first to the last of them, ticks:
 *           delta-(n) = max((n-1) D, (n-1) T - tau)
 * @out_max: longest: delta+(n) = (n-1) T + tau; 0 for one packet.  May be
 *           NULL, and must be for an UPPER_ONLY description.
 *
 * Both are reached; one trace reaches the shortest for every n at once.
 *
 * Return: 0, -DSI_EINVAL, -DSI_EOVERFLOW (does not fit in 64 bits).
 * Context: any thread; RT-safe.
 * Source:  docs/design/80-sizing.md, lemma 1 and 2
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_span(const struct dsi_jcs *jcs,
					uint64_t packets, uint64_t *out_min,
					uint64_t *out_max);

/* Which ends belong to a window of time. */
#define DSI_WINDOW_HALF_OPEN 0u /* [s, s + w) */
#define DSI_WINDOW_CLOSED 1u	/* [s, s + w] */
#define DSI_WINDOW_OPEN 2u	/* (s, s + w) */

/**
 * dsi_jcs_count - how many packets may come in a window of time?
 * @jcs:     description (its drift is not counted)
 * @window:  length of the window, ticks
 * @kind:    DSI_WINDOW_*
 * @out_min: fewest, over all traces and places of the window: eta-; may be
 *           NULL, and must be for an UPPER_ONLY description
 * @out_max: most: eta+
 *
 * Return: 0, -DSI_EINVAL, -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Source:  docs/design/80-sizing.md, counting curves
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_count(const struct dsi_jcs *jcs,
					 uint64_t window, uint32_t kind,
					 uint64_t *out_min, uint64_t *out_max);

/**
 * dsi_jcs_rescale - the same stream in another tick.
 * @jcs:     description
 * @from_hz: ticks in a second of @jcs, at least 1
 * @to_hz:   ticks in a second wished, at least 1
 * @out_jcs: the result; may be @jcs
 *
 * Return: 0, -DSI_EINVAL; -DSI_ERANGE if a time would not be a whole number
 *         of the new ticks; -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_rescale(const struct dsi_jcs *jcs,
					   uint64_t from_hz, uint64_t to_hz,
					   struct dsi_jcs *out_jcs);

/**
 * dsi_jcs_stage - the stream that leaves a stage which this one enters.
 * @jcs:     stream of activations
 * @best:    shortest time from activation to commit, ticks
 * @worst:   longest, ticks
 * @spacing: least time between two commits of the stage, ticks; 0 if unknown
 * @out_jcs: T' = T, tau' = tau + worst - best, t0' = t0 + best,
 *           D' = max(D - (worst - best), spacing, 0); may be @jcs
 *
 * The stage keeps the order of packets.
 *
 * Return: 0, -DSI_EINVAL (worst < best, spacing > T), -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Source:  docs/design/80-sizing.md, pipelines
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_stage(const struct dsi_jcs *jcs,
					 uint64_t best, uint64_t worst,
					 uint64_t spacing,
					 struct dsi_jcs *out_jcs);

/*
 * Other descriptions.  From all of them but the event model only an
 * UPPER_ONLY stream follows.  Not to be converted, because no bound follows
 * from them: RFC 3550 interarrival jitter, a standard deviation, a
 * percentile, or a bound on single gaps.
 */

/* Event model of period, jitter, distance: T = P, tau = J, D = d, t0 free. */
struct dsi_pjd {
	uint64_t period;
	uint64_t jitter;
	uint64_t distance;
};

/* Generic cell rate algorithm GCRA(I, L), virtual scheduling, ticks. */
struct dsi_gcra {
	uint64_t increment;
	uint64_t limit;
};

/* Linear bounded arrival process: at most @burst + @rate w packets in a
 * closed window of w ticks.  @rate in packets a tick. */
struct dsi_lbap {
	struct dsi_ratio rate;
	struct dsi_ratio burst;
};

/* Token bucket: @rate bytes a tick, @burst bytes; packets of @packet_bytes. */
struct dsi_token_bucket {
	struct dsi_ratio rate;
	struct dsi_ratio burst;
	uint64_t packet_bytes;
};

/* Traffic specification of RFC 2215: @peak and @rate in bytes a tick. A peak
 * of num 1, den 0 is not limited. */
struct dsi_tspec {
	struct dsi_ratio peak;
	struct dsi_ratio rate;
	struct dsi_ratio burst;
	uint64_t packet_bytes; /* M: every packet has this size */
};

/* ATM variable bit rate: packets a tick, @tolerance in ticks, @burst: most
 * packets in a row at the peak rate (MBS), UINT64_MAX without limit.  A peak
 * of num 1, den 0 is not limited. */
struct dsi_vbr {
	struct dsi_ratio peak;
	struct dsi_ratio sustained;
	uint64_t tolerance;
	uint64_t burst;
};

/**
 * dsi_jcs_to_pjd / _gcra / _lbap / _token_bucket / _tspec / _vbr - the tightest
 * description of another form that a stream keeps to.
 * @jcs: stream; token bucket and tspec need its max_bytes
 * @out: the other form.  GCRA holds together with GCRA(D, 0).
 *
 * Return: 0, -DSI_EINVAL, -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Source:  docs/design/80-sizing.md, equivalences
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_to_pjd(const struct dsi_jcs *jcs,
					  struct dsi_pjd *out);
DSI_API DSI_MUST_CHECK int dsi_jcs_to_gcra(const struct dsi_jcs *jcs,
					   struct dsi_gcra *out);
DSI_API DSI_MUST_CHECK int dsi_jcs_to_lbap(const struct dsi_jcs *jcs,
					   struct dsi_lbap *out);
DSI_API DSI_MUST_CHECK int dsi_jcs_to_token_bucket(
	const struct dsi_jcs *jcs, struct dsi_token_bucket *out);
DSI_API DSI_MUST_CHECK int dsi_jcs_to_tspec(const struct dsi_jcs *jcs,
					    struct dsi_tspec *out);
DSI_API DSI_MUST_CHECK int dsi_jcs_to_vbr(const struct dsi_jcs *jcs,
					  struct dsi_vbr *out);

/**
 * dsi_jcs_from_pjd / _gcra / _lbap / _token_bucket / _tspec / _vbr - the stream
 * that is described in another form.
 * @in:      the other form; PJD gives both bounds, all others UPPER_ONLY.
 *           VBR: @burst is used, @tolerance is ignored unless burst is 0.
 * @out_jcs: the stream, offset 0
 *
 * A jitter that is no whole number of ticks is rounded down, which changes no
 * span between whole ticks.
 *
 * Return: 0, -DSI_EINVAL (with zero rates, bursts below one packet, ...);
 *         -DSI_ERANGE if period or distance is no whole number of ticks:
 *         choose a finer tick; -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Source:  docs/design/80-sizing.md, equivalences
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_jcs_from_pjd(const struct dsi_pjd *in,
					    struct dsi_jcs *out_jcs);
DSI_API DSI_MUST_CHECK int dsi_jcs_from_gcra(const struct dsi_gcra *in,
					     struct dsi_jcs *out_jcs);
DSI_API DSI_MUST_CHECK int dsi_jcs_from_lbap(const struct dsi_lbap *in,
					     struct dsi_jcs *out_jcs);
DSI_API DSI_MUST_CHECK int dsi_jcs_from_token_bucket(
	const struct dsi_token_bucket *in, struct dsi_jcs *out_jcs);
DSI_API DSI_MUST_CHECK int dsi_jcs_from_tspec(const struct dsi_tspec *in,
					      struct dsi_jcs *out_jcs);
DSI_API DSI_MUST_CHECK int dsi_jcs_from_vbr(const struct dsi_vbr *in,
					    struct dsi_jcs *out_jcs);

#endif /* DSI_JCS_H */
