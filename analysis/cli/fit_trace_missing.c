// SPDX-License-Identifier: MIT
/*
 * fit_trace_missing.c - `dsi fit DIR` where traces cannot be read.
 */
#include <sys/stat.h>

#include "cli.h"
#include "fit_trace.h"
#include "message.h"

bool fit_trace_is(const char *name)
{
	struct stat status;

	return stat(name, &status) == 0 && S_ISDIR(status.st_mode);
}

int fit_trace_read(const struct fit_options *o, struct fit_points *out)
{
	(void)out;
	message_error(o->source.name,
		      "is a folder, and this dsi was built without "
		      "libbabeltrace2-dev, which reading traces needs");
	return CLI_FAILURE;
}
