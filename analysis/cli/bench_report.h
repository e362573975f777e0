/* SPDX-License-Identifier: MIT */
/*
 * bench_report.h - the answer of `dsi bench`, and the forms it is given in.
 */
#ifndef DSI_BENCH_REPORT_H
#define DSI_BENCH_REPORT_H

#include "bench_cases.h"
#include "size_writer.h"

#define BENCH_NOTES 12u
#define BENCH_NOTE_BYTES 256u
#define BENCH_FORMAT 1u /* of the file; another number is another form */

/**
 * struct bench_report - what was measured, where, and what to know about it.
 * @foreign, @stolen: parts of our CPUs' time that others had; below 0 if the
 *             system does not say
 * @notes:     sentences that a reader needs to judge the figures
 */
struct bench_report {
	const struct bench_options *options;
	struct bench_machine machine;
	struct bench_plan plan;
	double foreign;
	double stolen;
	int64_t time_s;
	char notes[BENCH_NOTES][BENCH_NOTE_BYTES];
	unsigned int n_notes;
};

void bench_note(struct bench_report *report, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* "64B", "(4KiB)" if it was not touched. */
const char *bench_payload_text(const struct bench_case *what, char out[16]);

/* "231ns", "10.2us": at most 6 characters. */
const char *bench_time_text(double ns, char *out);

void bench_curves_print(const struct bench_plan *plan);
void bench_curves_json(const struct bench_plan *plan, struct size_writer *w);
/* A figure as an object, or null. */
void bench_json_spread(struct size_writer *w, const char *key, bool there,
		       const struct bench_spread *s);

void bench_print(const struct bench_report *report);
void bench_print_cases(const struct bench_report *report);

/* The whole report as one object. */
void bench_json(const struct bench_report *report, struct size_writer *w);

/* Exit codes. */
/* Write the report to @path by @put, which gets it as JSON; CLI_*, with a message. */
int bench_write(const struct bench_report *report, const char *path,
		bool (*put)(FILE *file, const char *text, size_t bytes));
int bench_json_write(const struct bench_report *report, const char *path);
int bench_html_write(const struct bench_report *report, const char *path);
bool bench_html_ready(void);

/* 0, CLI_FAILURE if a row became slower, or CLI_USAGE if a file is no report. */
int bench_compare_files(const char *before, const char *now);
/* Is it a report at all?  Says so if not. */
bool bench_compare_ready(const char *before);
int bench_compare_report(const char *before, const struct bench_report *now);

#endif /* DSI_BENCH_REPORT_H */
