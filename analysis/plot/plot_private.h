/* SPDX-License-Identifier: MIT */
/*
 * plot_private.h - what the files of the plot share.
 */
#ifndef DSI_PLOT_PRIVATE_H
#define DSI_PLOT_PRIVATE_H

#include <stdio.h>

#include "plot/plot.h"

struct plot_xy {
	double x;
	double y;
};

struct plot_text {
	struct plot_xy at;
	char *text;
};

struct plot_curve {
	char *name;
	enum plot_style style;
	struct plot_xy *points;
	size_t n_points;
	size_t room;
};

struct plot_picture {
	char *title;
	char *y_label;
	struct plot_curve *curves;
	size_t n_curves;
	struct plot_text *texts;
	size_t n_texts;
};

struct plot {
	char *title;
	char *x_label;
	struct plot_picture *pictures;
	size_t n_pictures;
};

/* The script, without where it writes to; the same plot gives the same text.
 * @output: name of the file the script shall make, or NULL for its stdout */
void plot_script(const struct plot *plot, const char *output, FILE *to);

#endif /* DSI_PLOT_PRIVATE_H */
