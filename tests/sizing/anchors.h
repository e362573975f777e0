/* SPDX-License-Identifier: MIT */
/* anchors.h - short ways to ask, for tests of published numbers. */
#ifndef SIZING_ANCHORS_H
#define SIZING_ANCHORS_H

#include <cmocka.h>

#include <dsi/errno.h>
#include <dsi/sizing.h>

static inline struct dsi_jcs stream(uint64_t period, uint64_t jitter,
				    uint64_t distance)
{
	return (struct dsi_jcs){.size = sizeof(struct dsi_jcs),
				.period = period,
				.jitter = jitter,
				.distance = distance};
}

static inline struct dsi_sizing_writer writer(struct dsi_jcs jcs, uint64_t hold)
{
	return (struct dsi_sizing_writer){
		.size = sizeof(struct dsi_sizing_writer),
		.ties = DSI_TIES_CLOSED,
		.stream = jcs,
		.hold = hold};
}

static inline struct dsi_sizing_reader reader(uint32_t pace)
{
	return (struct dsi_sizing_reader){
		.size = sizeof(struct dsi_sizing_reader), .pace = pace};
}

static inline struct dsi_sizing_need need(const struct dsi_sizing_writer *w,
					  const struct dsi_sizing_reader *r)
{
	struct dsi_sizing_need out = {.size = sizeof(out)};
	char why[DSI_SIZING_WHY_BYTES] = "";

	if (dsi_size_reader(w, r, &out, why, sizeof(why)))
		fail_msg("%s", why);
	return out;
}

static inline uint64_t limit(const struct dsi_sizing_writer *w,
			     const struct dsi_sizing_reader *r, uint64_t slots,
			     uint32_t parameter)
{
	uint64_t value = 0;
	char why[DSI_SIZING_WHY_BYTES] = "";

	if (dsi_size_limit(w, r, slots, parameter, &value, why, sizeof(why)))
		fail_msg("%s", why);
	return value;
}

static inline uint64_t shortest(const struct dsi_jcs *jcs, uint64_t packets)
{
	uint64_t least = 0;

	assert_int_equal(dsi_jcs_span(jcs, packets, &least, NULL), 0);
	return least;
}

/* Most packets in [s, s + window). */
static inline uint64_t most(const struct dsi_jcs *jcs, uint64_t window)
{
	uint64_t count = 0;

	assert_int_equal(
		dsi_jcs_count(jcs, window, DSI_WINDOW_HALF_OPEN, NULL, &count),
		0);
	return count;
}

/* Whole packets of a steady stream in a window. */
static inline uint64_t whole(const struct dsi_jcs *jcs, uint64_t window)
{
	uint64_t count = 0;
	uint64_t ignored = 0;

	assert_int_equal(dsi_jcs_count(jcs, window, DSI_WINDOW_HALF_OPEN,
				       &count, &ignored),
			 0);
	return count;
}

static inline uint64_t at_least(uint64_t floor, uint64_t value)
{
	return value > floor ? value : floor;
}

#endif /* SIZING_ANCHORS_H */
