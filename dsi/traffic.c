/* SPDX-License-Identifier: MIT */
/*
 * traffic.c - what both ends declare of their timing; see traffic.h.
 *
 * Only ranges are checked here, so that nothing overflows later; whether the
 * values make sense together is what sizing says (need.c).
 */
#include "dsi/traffic.h"

#include <string.h>

#include <dsi/errno.h>
#include <dsi/sizing.h>

#define NS_PER_S UINT64_C(1000000000)

struct field {
	const char *name;
	uint64_t value;
	uint64_t max;
	const char *sentence;
};

#define TICKS(field, value)                                      \
	{                                                        \
		field, value, DSI_TICKS_MAX, "is more than 2^62" \
	}
#define BATCH(field, value)                                         \
	{                                                           \
		field, value, DSI_MAX_PACKETS, "is more than 65535" \
	}
#define DRIFT(field, value)                                         \
	{                                                           \
		field, value, DSI_PPB - 1u, "is not less than 10^9" \
	}

/* 0, or -DSI_EINVAL for the first field that is too large. */
static int check_fields(const struct field *fields, uint32_t n,
			struct dsi_text *why)
{
	for (uint32_t i = 0; i < n; i++)
		if (fields[i].value > fields[i].max) {
			dsi__text_field(why, fields[i].name, fields[i].value,
					fields[i].sentence);
			return -DSI_EINVAL;
		}
	return 0;
}
#define CHECK(fields, why) \
	check_fields(fields, sizeof(fields) / sizeof((fields)[0]), why)

static int no_tick(const char *name, struct dsi_text *why)
{
	dsi__text_add(why, name);
	dsi__text_add(why, ".tick_hz: 0 means that nothing is declared, but "
			   "other fields are not 0");
	return -DSI_EINVAL;
}

int dsi__traffic_check(const struct dsi_traffic *traffic, struct dsi_text *why)
{
	static const struct dsi_traffic none;
	const struct field fields[] = {
		TICKS("traffic.tick_hz", traffic->tick_hz),
		TICKS("traffic.period", traffic->period),
		TICKS("traffic.jitter", traffic->jitter),
		TICKS("traffic.hold", traffic->hold),
		{"traffic.distance", traffic->distance, traffic->period,
		 "is more than the period"},
		DRIFT("traffic.drift_ppb", traffic->drift_ppb),
		BATCH("traffic.batch", traffic->batch),
		{"traffic.ties", traffic->ties, DSI_TIES_CLOSED,
		 "is not DSI_TIES_*"},
		{"traffic.reserved", traffic->reserved, 0, "is not 0"},
	};

	if (!dsi__traffic_given(traffic))
		return memcmp(traffic, &none, sizeof(none))
			       ? no_tick("traffic", why)
			       : 0;
	if (traffic->period == 0) {
		dsi__text_add(why, "traffic.period: 0 is not in 1..2^62");
		return -DSI_EINVAL;
	}
	return CHECK(fields, why);
}

int dsi__usage_check(const struct dsi_usage *usage, struct dsi_text *why)
{
	static const struct dsi_usage none;
	const struct field fields[] = {
		TICKS("usage.tick_hz", usage->tick_hz),
		TICKS("usage.period", usage->period),
		TICKS("usage.jitter", usage->jitter),
		TICKS("usage.hold", usage->hold),
		TICKS("usage.wake", usage->wake),
		TICKS("usage.service", usage->service),
		TICKS("usage.response", usage->response),
		TICKS("usage.start", usage->start),
		{"usage.pace", usage->pace, DSI_PACE_RESPONSE,
		 "is not DSI_PACE_*"},
		BATCH("usage.prefill", usage->prefill),
		BATCH("usage.batch", usage->batch),
		DRIFT("usage.drift_ppb", usage->drift_ppb),
		{"usage.reserved", usage->reserved, 0, "is not 0"},
	};

	if (!dsi__usage_given(usage))
		return memcmp(usage, &none, sizeof(none))
			       ? no_tick("usage", why)
			       : 0;
	if (usage->flags & ~DSI_READER_START_GIVEN) {
		dsi__text_field(why, "usage.flags", usage->flags,
				"has bits that are not DSI_READER_*");
		return -DSI_EINVAL;
	}
	return CHECK(fields, why);
}

/* ---- exact times --------------------------------------------------------- */

uint64_t dsi__gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void add_ns(struct dsi_text *text, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
		{NS_PER_S, " s"}, {1000000, " ms"}, {1000, " us"}, {1, " ns"}};
	uint32_t i = 0;

	while (ns % units[i].ns)
		i++;
	dsi__text_number(text, ns / units[i].ns);
	dsi__text_add(text, units[i].name);
}

void dsi__text_ticks(struct dsi_text *text, uint64_t ticks, uint64_t tick_hz)
{
	uint64_t common = dsi__gcd(ticks, tick_hz);
	uint64_t over = ticks / common;
	uint64_t under = tick_hz / common;

	if (NS_PER_S % under == 0 && over <= UINT64_MAX / (NS_PER_S / under)) {
		add_ns(text, over * (NS_PER_S / under));
		return;
	}
	dsi__text_number(text, over);
	dsi__text_add(text, "/");
	dsi__text_number(text, under);
	dsi__text_add(text, " s");
}

/* Equal fractions are equal in lowest terms. */
static int same_period(const struct dsi_traffic *traffic,
		       const struct dsi_usage *usage)
{
	uint64_t has = dsi__gcd(traffic->period, traffic->tick_hz);
	uint64_t expects = dsi__gcd(usage->period, usage->tick_hz);

	return traffic->period / has == usage->period / expects &&
	       traffic->tick_hz / has == usage->tick_hz / expects;
}

int dsi__period_match(const struct dsi_traffic *traffic,
		      const struct dsi_usage *usage, struct dsi_text *why)
{
	int given = dsi__traffic_given(traffic);

	if (!usage->period || (given && same_period(traffic, usage)))
		return 0;
	dsi__text_add(why, "period: the stream ");
	if (given) {
		dsi__text_add(why, "has ");
		dsi__text_ticks(why, traffic->period, traffic->tick_hz);
	} else {
		dsi__text_add(why, "declares none");
	}
	dsi__text_add(why, ", the consumer expects ");
	dsi__text_ticks(why, usage->period, usage->tick_hz);
	return -DSI_ENOMATCH;
}

void dsi_size_writer_of(const struct dsi_traffic *traffic,
			struct dsi_sizing_writer *out_writer)
{
	*out_writer = (struct dsi_sizing_writer){
		.size = sizeof(*out_writer),
		.ties = traffic->ties,
		.stream = {.size = sizeof(out_writer->stream),
			   .period = traffic->period,
			   .jitter = traffic->jitter,
			   .distance = traffic->distance,
			   .drift_ppb = traffic->drift_ppb},
		.hold = traffic->hold,
		.batch = traffic->batch,
	};
}
