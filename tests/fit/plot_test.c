// SPDX-License-Identifier: MIT
/*
 * plot_test.c - what is in the script, that texts stay texts, and that the
 * picture is well-formed.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plot/plot.h"

static char folder[] = "/tmp/dsi-plot.XXXXXX";
static char script[65536];

static struct plot *sample(void)
{
	struct plot *plot = plot_create("it's `touch evil` <&> \xff\n@x",
					"time / ms", "packets");

	assert_non_null(plot);
	assert_false(plot_point(plot, 0, 0)); /* no series yet */
	assert_true(plot_series(plot, "at most", PLOT_STEPS));
	assert_true(plot_point(plot, 0, 1) && plot_point(plot, 40, 2.5));
	assert_true(plot_point(plot, 50, 1.0 / 0.0)); /* left out */
	assert_true(plot_panel(plot, "backlog", "slots"));
	assert_true(plot_series(plot, "alive", PLOT_FILL_STEPS));
	assert_true(plot_point(plot, 0, 1) && plot_point(plot, 80, 0));
	assert_true(plot_series(plot, "ring", PLOT_BOUND));
	assert_true(plot_point(plot, 0, 3));
	assert_true(plot_series(plot, "nothing", PLOT_LINE));
	assert_true(plot_label(plot, 7, 1, "here"));
	assert_true(plot_panel(plot, "empty", "nothing"));
	return plot;
}

static const char *path(const char *name)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static void read_file(const char *name)
{
	FILE *file = fopen(name, "r");
	size_t n;

	assert_non_null(file);
	n = fread(script, 1, sizeof(script) - 1, file);
	script[n] = '\0';
	fclose(file);
}

static void script_content(void **state)
{
	struct plot *plot = sample();
	char why[PLOT_WHY_BYTES] = "";
	char first[sizeof(script)];

	(void)state;
	assert_true(plot_write(plot, path("a|b.gp"), why));
	read_file(path("a|b.gp"));
	assert_non_null(strstr(script, "'it''s `touch evil` <&> ? @x'"));
	assert_non_null(strstr(script, "set output './a|b.svg'"));
	assert_non_null(strstr(script, "\n40 2.5\n"));
	assert_null(strstr(script, "inf"));
	assert_non_null(strstr(script, "title 'at most' with steps"));
	assert_non_null(strstr(script, "title 'alive' with fillsteps"));
	assert_non_null(strstr(script, "3 notitle with lines"));
	assert_non_null(strstr(script, "set label 'here' at 7,1"));
	assert_non_null(strstr(script, "set xrange [0:80]"));
	assert_null(strstr(script, "title 'nothing'"));
	strcpy(first, script);
	assert_true(plot_write(plot, path("a|b.gp"), why));
	read_file(path("a|b.gp"));
	assert_string_equal(first, script);
	unlink(path("a|b.gp"));
	plot_destroy(plot);
}

static void paths(void **state)
{
	struct plot *plot = sample();
	char why[PLOT_WHY_BYTES] = "";

	(void)state;
	assert_true(plot_path_ok("x.svg", why));
	assert_true(plot_path_ok("x/y.gp", why));
	assert_false(plot_path_ok("x.png", why));
	assert_non_null(strstr(why, "x.png"));
	assert_false(plot_path_ok("x/.svg", why));
	assert_false(plot_path_ok(".gp", why));
	assert_false(plot_write(plot, path("not/there.gp"), why));
	assert_non_null(strstr(why, "there.gp"));
	plot_destroy(plot);
}

static void picture(void **state)
{
	struct plot *plot = sample();
	char why[PLOT_WHY_BYTES] = "";
	char command[512];

	(void)state;
	if (system("command -v gnuplot python3 >/dev/null") != 0) {
		plot_destroy(plot);
		skip();
	}
	if (!plot_write(plot, path("p.svg"), why))
		fail_msg("%s", why);
	snprintf(command, sizeof(command),
		 "python3 -c 'import sys, xml.etree.ElementTree as t; r = "
		 "t.parse(sys.argv[1]).getroot(); sys.exit(\"touch evil\" not "
		 "in \"\".join(r.itertext()))' %s",
		 path("p.svg"));
	assert_int_equal(system(command), 0);
	assert_int_equal(access("evil", F_OK), -1);
	unlink(path("p.svg"));
	plot_destroy(plot);
}

static void gnuplot_missing(void **state)
{
	struct plot *plot = sample();
	char why[PLOT_WHY_BYTES] = "";
	char *before = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", folder, 1);
	assert_false(plot_write(plot, path("p.svg"), why));
	setenv("PATH", before, 1);
	free(before);
	assert_non_null(strstr(why, "gnuplot-nox"));
	assert_non_null(strstr(why, ".gp"));
	/* Nothing is left. */
	assert_int_equal(rmdir(folder), 0);
	plot_destroy(plot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(script_content),
		cmocka_unit_test(paths),
		cmocka_unit_test(picture),
		cmocka_unit_test(gnuplot_missing),
	};

	if (!mkdtemp(folder))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
