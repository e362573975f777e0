/* SPDX-License-Identifier: MIT */
/*
 * plot.h - pictures of curves: steps, lines, points, bounds.
 *
 * A plot is collected here and drawn by gnuplot, which Debian ships and the
 * field reads.  A path that ends in .svg gives the picture, one in .gp the
 * gnuplot script with its data, to be edited; nothing else is accepted.
 * Numbers are doubles: what is drawn was decided elsewhere, exactly.
 */
#ifndef DSI_PLOT_H
#define DSI_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#define PLOT_WHY_BYTES 512u

enum plot_style {
	PLOT_STEPS,	 /* a staircase: holds its value until the next point */
	PLOT_FILL_STEPS, /* likewise, filled down to zero */
	PLOT_LINE,
	PLOT_POINTS,
	PLOT_BOUND, /* a dashed horizontal line at y of its only point */
};

struct plot;

/* NULL: no memory.  Texts are copied; @x_label and @y_label name the unit. */
struct plot *plot_create(const char *title, const char *x_label,
			 const char *y_label);
/* A picture below the last one, with the same x axis; series that follow
 * belong to it. */
bool plot_panel(struct plot *plot, const char *title, const char *y_label);
/* A new series; points are added to it until the next one. */
bool plot_series(struct plot *plot, const char *name, enum plot_style style);
bool plot_point(struct plot *plot, double x, double y);
/* Likewise with a text beside it. */
bool plot_label(struct plot *plot, double x, double y, const char *text);

/* Is @path one that plot_write() takes?  False with @why. */
bool plot_path_ok(const char *path, char why[PLOT_WHY_BYTES]);
/* False with @why: path, gnuplot missing (and its package), its message. */
bool plot_write(const struct plot *plot, const char *path,
		char why[PLOT_WHY_BYTES]);
void plot_destroy(struct plot *plot);

#endif /* DSI_PLOT_H */
