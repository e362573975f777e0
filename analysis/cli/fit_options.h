/* SPDX-License-Identifier: MIT */
/*
 * fit_options.h - the options of `dsi fit`.
 */
#ifndef DSI_FIT_OPTIONS_H
#define DSI_FIT_OPTIONS_H

#include <argp.h>

#include "fit/fit.h"

/* Texts are checked only as far as they can be without the recording. */
struct fit_options {
	struct fit_source source;
	bool format_given;
	const char *stream; /* of a trace: name or number */
	const char *period, *jitter, *distance, *margin;
	const char *plot, *plot_curves;
	bool check, json, emit;
};

/* Its input is a struct fit_options. */
extern const struct argp fit_argp;

#endif /* DSI_FIT_OPTIONS_H */
