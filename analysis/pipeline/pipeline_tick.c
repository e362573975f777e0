// SPDX-License-Identifier: MIT
/*
 * pipeline_tick.c - periods, which "1T" stands for, and the tick of which every
 * time in the file is a whole number.
 */
#include <string.h>

#include "describe/quantity.h"
#include "pipeline/pipeline_reader.h"

/* The period of all sources, if it is the same: what "1T" means. */
void reader_common_period(struct pipeline_reader *r)
{
	size_t i;

	r->period.den = 0;
	for (i = 0; i < r->n_pending; i++) {
		if (r->pending[i].offset !=
		    offsetof(struct pipeline_node, period))
			continue;
		if (!exact_ok(r->period))
			r->period = r->pending[i].value;
		else if (exact_cmp(r->period, r->pending[i].value) != 0)
			break;
	}
	if (i < r->n_pending)
		r->period.den = 0;
}

/* "T" in a source is its own period. */
void reader_own_period(struct pipeline_reader *r, const config_setting_t *group)
{
	const config_setting_t *s = config_setting_get_member(group, "period");
	const char *text;
	char why[QUANTITY_WHY_BYTES];

	r->period.den = 0;
	if (s && config_setting_type(s) == CONFIG_TYPE_STRING) {
		struct exact value;

		if (quantity_time(config_setting_get_string(s), NULL, &value,
				  why))
			r->period = value;
		return;
	}
	s = config_setting_get_member(group, "rate");
	text = s ? config_setting_get_string(s) : NULL;
	if (text && quantity_rate(text, &r->period, NULL, why) &&
	    exact_sign(r->period) > 0)
		r->period = exact_div(exact_int(1), r->period);
	else
		r->period.den = 0;
}

/* Times become whole ticks. */
bool reader_choose_tick(struct pipeline_reader *r, struct exact cap)
{
	struct exact tick = cap;
	size_t i;

	for (i = 0; i < r->n_pending && exact_ok(tick); i++)
		tick = exact_gcd(tick, r->pending[i].value);
	if (!exact_ok(tick))
		return reader_fail(r, NULL,
				   "%s: the times have no common tick that "
				   "fits in 128 bits; use fewer different "
				   "denominators",
				   r->p->file);
	if (exact_sign(tick) == 0)
		tick = exact_make(1, 1000000000);
	r->p->tick = tick;
	for (i = 0; i <= r->n_pending; i++) {
		const struct pending_time *t = &r->pending[i];
		struct exact value = i < r->n_pending ? t->value : cap;
		uint64_t ticks = 0;

		if (!exact_to_u64(exact_div(value, tick), &ticks) ||
		    ticks > DSI_TICKS_MAX)
			return reader_fail(r, NULL,
					   "%s: a time is more than 2^62 "
					   "common ticks of all times; use "
					   "fewer different denominators",
					   r->p->file);
		if (i < r->n_pending)
			memcpy((char *)&r->p->nodes[t->node] + t->offset,
			       &ticks, sizeof(ticks));
		else
			r->p->cap = (dsi_wide)ticks;
	}
	return true;
}
