// SPDX-License-Identifier: MIT
/*
 * plot.c - collects what is to be drawn.
 */
#define _GNU_SOURCE 1
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot_private.h"

static struct plot_picture *last_picture(struct plot *plot)
{
	return &plot->pictures[plot->n_pictures - 1];
}

struct plot *plot_create(const char *title, const char *x_label,
			 const char *y_label)
{
	struct plot *plot = calloc(1, sizeof(*plot));

	if (!plot)
		return NULL;
	plot->title = strdup(title);
	plot->x_label = strdup(x_label);
	if (!plot->title || !plot->x_label || !plot_panel(plot, "", y_label)) {
		plot_destroy(plot);
		return NULL;
	}
	return plot;
}

bool plot_panel(struct plot *plot, const char *title, const char *y_label)
{
	struct plot_picture *grown = reallocarray(
		plot->pictures, plot->n_pictures + 1, sizeof(*grown));
	struct plot_picture *picture;

	if (!grown)
		return false;
	plot->pictures = grown;
	picture = &grown[plot->n_pictures++];
	memset(picture, 0, sizeof(*picture));
	picture->title = strdup(title);
	picture->y_label = strdup(y_label);
	return picture->title && picture->y_label;
}

bool plot_series(struct plot *plot, const char *name, enum plot_style style)
{
	struct plot_picture *picture = last_picture(plot);
	struct plot_curve *grown = reallocarray(
		picture->curves, picture->n_curves + 1, sizeof(*grown));
	struct plot_curve *curve;

	if (!grown)
		return false;
	picture->curves = grown;
	curve = &grown[picture->n_curves++];
	memset(curve, 0, sizeof(*curve));
	curve->style = style;
	curve->name = strdup(name);
	return curve->name != NULL;
}

/* A point that is no number cannot be drawn; it is left out. */
bool plot_point(struct plot *plot, double x, double y)
{
	struct plot_picture *picture = last_picture(plot);
	struct plot_curve *curve;

	if (picture->n_curves == 0)
		return false;
	if (!isfinite(x) || !isfinite(y))
		return true;
	curve = &picture->curves[picture->n_curves - 1];
	if (curve->n_points == curve->room) {
		size_t room = curve->room ? 2 * curve->room : 16;
		struct plot_xy *grown =
			reallocarray(curve->points, room, sizeof(*grown));

		if (!grown)
			return false;
		curve->points = grown;
		curve->room = room;
	}
	curve->points[curve->n_points++] = (struct plot_xy){x, y};
	return true;
}

bool plot_label(struct plot *plot, double x, double y, const char *text)
{
	struct plot_picture *picture = last_picture(plot);
	struct plot_text *grown = reallocarray(
		picture->texts, picture->n_texts + 1, sizeof(*grown));

	if (!grown)
		return false;
	picture->texts = grown;
	if (!isfinite(x) || !isfinite(y))
		return true;
	grown += picture->n_texts;
	grown->at = (struct plot_xy){x, y};
	grown->text = strdup(text);
	if (!grown->text)
		return false;
	picture->n_texts++;
	return true;
}

static void free_picture(struct plot_picture *picture)
{
	size_t i;

	for (i = 0; i < picture->n_curves; i++) {
		free(picture->curves[i].name);
		free(picture->curves[i].points);
	}
	for (i = 0; i < picture->n_texts; i++)
		free(picture->texts[i].text);
	free(picture->curves);
	free(picture->texts);
	free(picture->title);
	free(picture->y_label);
}

void plot_destroy(struct plot *plot)
{
	size_t i;

	if (!plot)
		return;
	for (i = 0; i < plot->n_pictures; i++)
		free_picture(&plot->pictures[i]);
	free(plot->pictures);
	free(plot->title);
	free(plot->x_label);
	free(plot);
}
