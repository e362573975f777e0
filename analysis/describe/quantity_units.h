/* SPDX-License-Identifier: MIT */
/* quantity_units.h - the units of each kind of quantity. */
#ifndef DSI_QUANTITY_UNITS_H
#define DSI_QUANTITY_UNITS_H

#include "describe/quantity.h"

/* One of it is num / den of the unit that the result is in. */
struct quantity_unit {
	const char *name;
	int64_t num;
	int64_t den;
};

/* What a quantity is called, what would be one, and its units. */
struct quantity_kind {
	const char *example;
	const char *accepted;
	const struct quantity_unit *units;
};

extern const struct quantity_kind quantity_times;
extern const struct quantity_kind quantity_rates;
extern const struct quantity_kind quantity_sizes;
extern const struct quantity_kind quantity_bandwidths;
extern const struct quantity_kind quantity_drifts;
extern const struct quantity_kind quantity_samplings; /* frames a second */

/* A sentence if the rate is one that is written in short, else NULL. */
const char *quantity_rate_warning(struct exact hz);

#endif /* DSI_QUANTITY_UNITS_H */
