/* SPDX-License-Identifier: MIT */
/*
 * latency_report.h - what the files of `dsi latency` share.
 */
#ifndef DSI_LATENCY_REPORT_H
#define DSI_LATENCY_REPORT_H

#include <stdio.h>

#include "latency_options.h"
#include "trace/trace_bound.h"
#include "trace/trace_model.h"
#include "trace/trace_read.h"

#define LATENCY_TIME_BYTES 24u
#define LATENCY_LABEL_BYTES 192u

/* Percentiles that are shown, X(key, per million). */
#define LATENCY_PERCENTILES_MAP(X) \
	X("p50", 500000)           \
	X("p90", 900000)           \
	X("p99", 990000)           \
	X("p99_9", 999000)         \
	X("p99_99", 999900)

/**
 * struct latency_report - the answer.
 * @lost: events were lost: there is no verdict
 */
struct latency_report {
	const struct latency_options *options;
	struct trace_model model;
	struct trace_reading reading;
	bool lost;
};

/* Is it among those that are asked for? */
bool latency_wants_stream(const struct latency_options *o,
			  const struct trace_stream *s);
bool latency_wants_reader(const struct latency_options *o,
			  const struct trace_reader *r);

/**
 * latency_each - every metric that was measured and is asked for.
 * @visit: called with the reader, or NULL for those of the stream; false ends
 *
 * Return: what the last @visit returned, true if there was none.
 */
typedef bool latency_visit(void *data, const struct trace_stream *s,
			   const struct trace_reader *r,
			   enum trace_metric_id id,
			   const struct trace_metric *m);
bool latency_each(const struct latency_report *report, latency_visit *visit,
		  void *data);

/**
 * latency_each_breach - every assumption that was broken, of what is asked for.
 * @visit: called with each; may be NULL
 *
 * Return: how many.
 */
typedef void latency_visit_breach(void *data, const struct trace_stream *s,
				  const struct trace_reader *r,
				  enum trace_breach_id id,
				  const struct trace_breach *b);
unsigned int latency_each_breach(const struct latency_report *report,
				 latency_visit_breach *visit, void *data);

/* One of the worst packets and whose it is; @reader may be NULL. */
struct latency_worst {
	const struct trace_stream *stream;
	const struct trace_reader *reader;
	const struct trace_worst_one *one;
};

/* Those of all that is asked for, worst first, at most @most; free it.  NULL:
 * no memory. */
struct latency_worst *latency_worst_of(const struct latency_report *report,
				       size_t most, size_t *out_n);

/* "4.31 us", three digits. */
const char *latency_time(double ns, char out[LATENCY_TIME_BYTES]);
/* Its name, and its number where the name is not unique. */
const char *latency_label(const struct latency_report *report,
			  const struct trace_stream *s,
			  char out[LATENCY_LABEL_BYTES]);
/* "7", "at least 7 and a packet of the trace", "an unknown number of". */
const char *latency_lost(const struct latency_report *report,
			 char out[LATENCY_LABEL_BYTES]);
const char *latency_policy(uint64_t policy);
const char *latency_reason(unsigned int reason);
/* 0: not known. */
unsigned int latency_pid(const struct trace_waiter *w);
/* Time after the first event. */
double latency_after_s(const struct latency_report *report, uint64_t at_ns);
/* One sentence about a breach, without a full stop. */
void latency_say_breach(FILE *out, const struct latency_report *report,
			enum trace_breach_id id, const struct trace_breach *b);

/* Each prints to stdout; false: out of memory. */
void latency_print_summary(const struct latency_report *report);
void latency_print_top(struct latency_report *report,
		       const struct latency_worst *worst, size_t n);
void latency_print_top_csv(const struct latency_report *report,
			   const struct latency_worst *worst, size_t n);
void latency_print_frequency(const struct latency_report *report);
void latency_print_periods(const struct latency_report *report);
void latency_print_check(const struct latency_report *report);
bool latency_print_json(struct latency_report *report);
void latency_print_csv(struct latency_report *report);
/* Return: an exit code; says what is wrong. */
int latency_print_hgrm(const struct latency_report *report);

/* The packets of --log, as they pass. */
void latency_log_begin(struct latency_report *report);
/* Likewise into a file. */
struct latency_perfetto;
struct latency_perfetto *latency_perfetto_open(struct latency_report *report);
/* Return: an exit code. */
int latency_perfetto_close(struct latency_perfetto *p);

/* --html: can it be had?  Says why not. */
bool latency_html_ready(void);
/* Reads the trace once more.  Return: an exit code. */
int latency_html_write(struct latency_report *report);

#endif /* DSI_LATENCY_REPORT_H */
