// SPDX-License-Identifier: MIT
/*
 * latency_log.c - `dsi latency --log`: each packet as its reader gave it back.
 */
#include <inttypes.h>

#include "latency_report.h"

static void log_text(const struct latency_report *report,
		     const struct trace_stream *s, const struct trace_reader *r,
		     const struct trace_packet *p, uint64_t release_ns)
{
	char label[LATENCY_LABEL_BYTES];
	char latency[LATENCY_TIME_BYTES];
	char hold[LATENCY_TIME_BYTES];
	char fill[LATENCY_TIME_BYTES];
	uint64_t get_ns = trace_packet_get_ns(p, r->place);

	printf("%14.9f %-16s %3" PRIu64 " %10" PRIu64 " %8s %8s %8s %10" PRIu64
	       "\n",
	       latency_after_s(report, release_ns),
	       latency_label(report, s, label), r->id, p->seq,
	       p->reserved
		       ? latency_time((double)(p->commit_ns - p->reserve_ns),
				      fill)
		       : "-",
	       latency_time((double)(get_ns - p->commit_ns), latency),
	       latency_time((double)(release_ns - get_ns), hold), p->bytes);
}

static void log_csv(const struct trace_stream *s, const struct trace_reader *r,
		    const struct trace_packet *p, uint64_t release_ns)
{
	printf("0x%" PRIx64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", s->id,
	       r->id, p->seq, p->bytes);
	if (p->reserved)
		printf("%" PRIu64, p->reserve_ns);
	printf(",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", p->commit_ns,
	       p->get_ns[r->place], release_ns);
}

static void released(void *data, const struct trace_stream *s,
		     const struct trace_reader *r, const struct trace_packet *p,
		     uint64_t release_ns)
{
	const struct latency_report *report = data;
	const struct latency_options *o = report->options;

	if (!latency_wants_stream(o, s) || !latency_wants_reader(o, r) ||
	    !p->committed)
		return;
	if (o->form == LATENCY_CSV)
		log_csv(s, r, p, release_ns);
	else
		log_text(report, s, r, p, release_ns);
}

void latency_log_begin(struct latency_report *report)
{
	report->model.watch =
		(struct trace_watch){.data = report, .released = released};
	if (report->options->form == LATENCY_CSV)
		printf("stream,reader,packet,bytes,reserve_ns,commit_ns,get_ns,"
		       "release_ns\n");
	else
		printf("%14s %-16s %3s %10s %8s %8s %8s %10s\n", "released / s",
		       "stream", "rd", "packet", "fill", "latency", "hold",
		       "bytes");
}
