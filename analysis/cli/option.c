// SPDX-License-Identifier: MIT
/*
 * option.c - values of options, checked.
 */
#include <inttypes.h>
#include <string.h>

#include <dsi/types.h>

#include "option.h"
#include "units.h"

/* 36 years: keeps every sum of a time and a duration below 2^64. */
#define DURATION_MOST_NS (UINT64_C(1) << 60)

void option_size(struct argp_state *state, const char *option, const char *arg,
		 uint32_t *out)
{
	char why[UNITS_WHY_BYTES];
	uint64_t bytes;

	if (units_size(arg, 1, UINT32_MAX, &bytes, why))
		*out = (uint32_t)bytes;
	else
		argp_error(state, "%s: %s", option, why);
}

void option_count(struct argp_state *state, const char *option, const char *arg,
		  uint64_t least, uint64_t most, uint64_t *out)
{
	char why[UNITS_WHY_BYTES];

	if (!units_count(arg, least, most, out, why))
		argp_error(state, "%s: %s", option, why);
}

void option_count32(struct argp_state *state, const char *option,
		    const char *arg, uint32_t least, uint32_t most,
		    uint32_t *out)
{
	uint64_t count = 0;

	option_count(state, option, arg, least, most, &count);
	*out = (uint32_t)count;
}

void option_duration(struct argp_state *state, const char *option,
		     const char *arg, bool forever, uint64_t *out_ns)
{
	char why[UNITS_WHY_BYTES];

	if (!units_duration(arg, forever, DURATION_MOST_NS, out_ns, why))
		argp_error(state, "%s: %s", option, why);
}

void option_text(struct argp_state *state, const char *option, const char *arg,
		 uint32_t bytes, const char **out)
{
	if (strlen(arg) >= bytes)
		argp_error(state,
			   "%s: the text has %zu bytes; give at most %" PRIu32,
			   option, strlen(arg), bytes - 1);
	*out = arg;
}

void option_placement(struct argp_state *state, const char *arg,
		      uint32_t *out_placement, uint32_t *out_of)
{
	char why[UNITS_WHY_BYTES];
	const char *number = strchr(arg, ':');
	uint64_t of = 0;

	*out_of = 0;
	if (strcmp(arg, "auto") == 0)
		*out_placement = DSI_PLACEMENT_AUTO;
	else if (strcmp(arg, "none") == 0)
		*out_placement = DSI_PLACEMENT_NONE;
	else if (strncmp(arg, "node:", 5) == 0)
		*out_placement = DSI_PLACEMENT_NODE;
	else if (strncmp(arg, "like:", 5) == 0)
		*out_placement = DSI_PLACEMENT_LIKE;
	else
		argp_error(
			state,
			"--placement: '%s' is no placement; give auto, none, "
			"node:N or like:PID",
			arg);
	if (*out_placement < DSI_PLACEMENT_NODE)
		return;
	if (!units_count(number + 1, *out_placement == DSI_PLACEMENT_LIKE,
			 INT32_MAX, &of, why))
		argp_error(state, "--placement: %s", why);
	*out_of = (uint32_t)of;
}

void option_name_file(struct argp_state *state, const char *arg,
		      const char **out_name, const char **out_file)
{
	if (state->arg_num == 0)
		*out_name = arg;
	else if (state->arg_num == 1 && out_file)
		*out_file = arg;
	else
		argp_error(state, "'%s' is one argument too many", arg);
}
