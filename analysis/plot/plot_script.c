// SPDX-License-Identifier: MIT
/*
 * plot_script.c - the plot as a gnuplot script with its data.
 *
 * Texts are put between single quotes, where gnuplot replaces nothing; the
 * quote itself is doubled, and what is no printable UTF-8 is replaced, so a
 * text stays a text whatever is in it.
 */
#include <stdint.h>
#include <string.h>

#include "plot/plot_private.h"

#define PICTURE_PX 300.0
#define TITLE_PX 60.0
#define X_LABEL_PX 70.0
#define DRAWING_PX 760.0
#define LEFT_PX 110.0
#define LETTER_PX 8.2 /* of the legend, at 13 points */
#define LEGEND_PX 60.0

/* Okabe and Ito: told apart with every kind of colour vision. */
static const char *const palette[] = {
	"#0072b2", "#d55e00", "#009e73", "#cc79a7",
	"#e69f00", "#56b4e9", "#000000", "#f0e442",
};

#define COLOURS (sizeof(palette) / sizeof(palette[0]))

/* Bytes of the UTF-8 character at @text; 0 if it is none. */
static size_t utf8_bytes(const unsigned char *text)
{
	size_t n = text[0] < 0x80   ? 1
		   : text[0] < 0xc2 ? 0
		   : text[0] < 0xe0 ? 2
		   : text[0] < 0xf0 ? 3
		   : text[0] < 0xf5 ? 4
				    : 0;
	size_t i;

	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return n;
}

static void put_text(FILE *to, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('\'', to);
	while (*at) {
		size_t n = utf8_bytes(at);

		if (*at == '\'')
			fputs("''", to);
		else if (n == 0)
			fputc('?', to);
		else if (*at < 0x20 || *at == 0x7f)
			fputc(' ', to);
		else
			fwrite(at, 1, n, to);
		at += n ? n : 1;
	}
	fputc('\'', to);
}

static size_t text_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static size_t legend_columns(const struct plot *plot)
{
	size_t most = 0;
	size_t i;
	size_t k;

	for (i = 0; i < plot->n_pictures; i++) {
		for (k = 0; k < plot->pictures[i].n_curves; k++) {
			size_t n =
				text_columns(plot->pictures[i].curves[k].name);

			if (n > most)
				most = n;
		}
	}
	return most;
}

static bool x_range(const struct plot *plot, double *low, double *high)
{
	bool any = false;
	size_t i;
	size_t k;
	size_t p;

	for (i = 0; i < plot->n_pictures; i++) {
		for (k = 0; k < plot->pictures[i].n_curves; k++) {
			const struct plot_curve *c =
				&plot->pictures[i].curves[k];

			for (p = 0; c->style != PLOT_BOUND && p < c->n_points;
			     p++) {
				double x = c->points[p].x;

				if (!any || x < *low)
					*low = x;
				if (!any || x > *high)
					*high = x;
				any = true;
			}
		}
	}
	return any && *low < *high;
}

static void put_page(const struct plot *plot, const char *output, FILE *to)
{
	double n = (double)plot->n_pictures;
	double height = TITLE_PX + n * PICTURE_PX + X_LABEL_PX;
	double right = LEGEND_PX + LETTER_PX * (double)legend_columns(plot);
	double width = LEFT_PX + DRAWING_PX + right;
	double low = 0;
	double high = 1;

	fprintf(to,
		"set terminal svg size %.0f,%.0f fixed noenhanced "
		"font 'DejaVu Sans,13' background '#ffffff'\n",
		width, height);
	if (output) {
		fputs("set output ", to);
		put_text(to, output);
		fputc('\n', to);
	}
	fputs("set encoding utf8\n"
	      "set style line 1 lc rgb '#d0d0d0' lw 1\n"
	      "set grid back ls 1\n"
	      "set border 3 lc rgb '#404040'\n"
	      "set tics nomirror\n"
	      "set key at graph 1.015, graph 1.0 left top vertical Left "
	      "reverse samplen 2\n"
	      "set offsets graph 0, 0, graph 0.12, 0\n"
	      "set style fill solid 0.25 noborder\n",
	      to);
	x_range(plot, &low, &high);
	if (!(low < high)) {
		low -= 1;
		high = low + 2;
	}
	fprintf(to, "set xrange [%.12g:%.12g]\n", low, high);
	fprintf(to,
		"set multiplot layout %zu,1 margins screen %.4f,%.4f,%.4f,%.4f "
		"spacing screen %.4f title ",
		plot->n_pictures, LEFT_PX / width, 1 - right / width,
		X_LABEL_PX / height, 1 - TITLE_PX / height, 44 / height);
	put_text(to, plot->title);
	fputs(" font ',16'\n", to);
}

static bool drawn(const struct plot_curve *curve)
{
	return curve->n_points > 0;
}

static void put_data(const struct plot_picture *picture, size_t number,
		     FILE *to)
{
	size_t i;
	size_t p;

	for (i = 0; i < picture->n_curves; i++) {
		const struct plot_curve *c = &picture->curves[i];

		if (!drawn(c) || c->style == PLOT_BOUND)
			continue;
		fprintf(to, "$p%zu_%zu << END_OF_DATA\n", number, i);
		for (p = 0; p < c->n_points; p++)
			fprintf(to, "%.12g %.12g\n", c->points[p].x,
				c->points[p].y);
		fputs("END_OF_DATA\n", to);
	}
}

/* Names of bounds stand at their line: the eye need not search them. */
static void put_texts(const struct plot_picture *picture, FILE *to)
{
	size_t i;

	for (i = 0; i < picture->n_curves; i++) {
		const struct plot_curve *c = &picture->curves[i];

		if (!drawn(c) || c->style != PLOT_BOUND)
			continue;
		fputs("set label ", to);
		put_text(to, c->name);
		fprintf(to,
			" at graph 0.99, first %.12g right offset 0,0.6 front "
			"tc rgb '%s'\n",
			c->points[0].y, palette[i % COLOURS]);
	}
	for (i = 0; i < picture->n_texts; i++) {
		const struct plot_text *t = &picture->texts[i];

		fputs("set label ", to);
		put_text(to, t->text);
		fprintf(to, " at %.12g,%.12g left offset 0.6,0.6 front\n",
			t->at.x, t->at.y);
	}
}

static void put_curve(const struct plot_curve *c, size_t picture, size_t i,
		      FILE *to)
{
	static const char *const styles[] = {
		[PLOT_STEPS] = "steps lw 2",
		[PLOT_FILL_STEPS] = "fillsteps",
		[PLOT_LINE] = "lines lw 2",
		[PLOT_POINTS] = "points pt 7 ps 0.5",
		[PLOT_BOUND] = "lines lw 2 dashtype 2",
	};

	if (c->style == PLOT_BOUND)
		fprintf(to, "%.12g notitle", c->points[0].y);
	else {
		fprintf(to, "$p%zu_%zu using 1:2 title ", picture, i);
		put_text(to, c->name);
	}
	fprintf(to, " with %s lc rgb '%s'", styles[c->style],
		palette[i % COLOURS]);
}

static void put_picture(const struct plot *plot, size_t number, FILE *to)
{
	const struct plot_picture *picture = &plot->pictures[number];
	const char *before = "plot ";
	size_t i;

	put_data(picture, number, to);
	fputs("unset label\n", to);
	put_texts(picture, to);
	fputs("set title ", to);
	put_text(to, picture->title);
	fputs(" font ',13' offset 0,-0.4\nset ylabel ", to);
	put_text(to, picture->y_label);
	fputc('\n', to);
	if (number + 1 < plot->n_pictures) {
		fputs("set format x ''\nunset xlabel\n", to);
	} else {
		fputs("set format x '% h'\nset xlabel ", to);
		put_text(to, plot->x_label);
		fputc('\n', to);
	}
	for (i = 0; i < picture->n_curves; i++) {
		if (!drawn(&picture->curves[i]))
			continue;
		fputs(before, to);
		put_curve(&picture->curves[i], number, i, to);
		before = ", \\\n     ";
	}
	fputs(*before == 'p' ? "plot [][0:1] NaN notitle\n" : "\n", to);
}

void plot_script(const struct plot *plot, const char *output, FILE *to)
{
	size_t i;

	fputs("# gnuplot script with its data; made by dsi.\n", to);
	put_page(plot, output, to);
	for (i = 0; i < plot->n_pictures; i++)
		put_picture(plot, i, to);
	fputs("unset multiplot\n", to);
}
