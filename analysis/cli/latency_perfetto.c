// SPDX-License-Identifier: MIT
/*
 * latency_perfetto.c - the packets of a trace for ui.perfetto.dev: Chrome's
 * JSON of trace events.
 *
 * Waiting and holding of different packets overlap, so they are asynchronous
 * spans with the id stream:packet; a flow leads from the commit to the get;
 * the number of live packets is a counter.  Times are microseconds after the
 * first event, because the viewer's numbers lose nanoseconds otherwise.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "latency_report.h"
#include "message.h"

#define NOTE_BYTES 256000000 /* what viewers can still read */
#define NO_PID_BASE 1000000u /* for ends whose process is not known */

struct latency_perfetto {
	struct latency_report *report;
	FILE *file;
	bool any;
};

/* A process and a thread of the viewer. */
struct track {
	unsigned int pid;
	unsigned int tid;
};

static void write_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < 0x20 ||
			 (unsigned char)*text >= 0x7f)
			fprintf(file, "\\u%04x",
				(unsigned int)(unsigned char)*text);
		else
			fputc(*text, file);
	}
}

static struct track track_of(const struct latency_perfetto *p,
			     const struct trace_stream *s,
			     const struct trace_reader *r)
{
	const struct trace_waiter *w = r ? &r->waiter : &s->producer;
	size_t at = 0;

	if (w->endpoint)
		return (struct track){latency_pid(w),
				      (unsigned int)w->endpoint & 0x7fffffffu};
	while (p->report->model.streams[at] != s)
		at++;
	return (struct track){NO_PID_BASE + (unsigned int)at,
			      r ? (unsigned int)r->id + 1 : 0};
}

static void begin(struct latency_perfetto *p, const char *phase,
		  struct track track, const char *name)
{
	fprintf(p->file, "%s\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,\"name\":\"",
		p->any ? "," : "", phase, track.pid, track.tid);
	write_text(p->file, name);
	fputc('"', p->file);
	p->any = true;
}

static void put_ts(struct latency_perfetto *p, uint64_t at_ns)
{
	uint64_t ns = at_ns - p->report->model.start_ns;

	fprintf(p->file, ",\"ts\":%" PRIu64 ".%03u", ns / 1000,
		(unsigned int)(ns % 1000));
}

/* From @from_ns to @to_ns, on its own: others may overlap. */
static void put_span(struct latency_perfetto *p, struct track track,
		     const char *name, const char *id, uint64_t from_ns,
		     uint64_t to_ns)
{
	begin(p, "b", track, name);
	put_ts(p, from_ns);
	fprintf(p->file, ",\"cat\":\"packet\",\"id\":\"%s\"}", id);
	begin(p, "e", track, name);
	put_ts(p, to_ns);
	fprintf(p->file, ",\"cat\":\"packet\",\"id\":\"%s\"}", id);
}

static void put_mark(struct latency_perfetto *p, struct track track,
		     const char *name, uint64_t seq, uint64_t at_ns)
{
	begin(p, "X", track, name);
	put_ts(p, at_ns);
	fprintf(p->file, ",\"dur\":0.001,\"args\":{\"packet\":%" PRIu64 "}}",
		seq);
}

static void put_flow(struct latency_perfetto *p, const char *phase,
		     struct track track, const char *id, uint64_t at_ns)
{
	begin(p, phase, track, "packet");
	put_ts(p, at_ns);
	fprintf(p->file, ",\"cat\":\"flow\",\"id\":\"%s\"%s}", id,
		phase[0] == 'f' ? ",\"bp\":\"e\"" : "");
}

static void released(void *data, const struct trace_stream *s,
		     const struct trace_reader *r,
		     const struct trace_packet *packet, uint64_t release_ns)
{
	struct latency_perfetto *p = data;
	const struct latency_options *o = p->report->options;
	struct track from = track_of(p, s, NULL);
	struct track to = track_of(p, s, r);
	uint64_t get_ns = trace_packet_get_ns(packet, r->place);
	bool first = packet->back == 0;
	char id[64];

	if (!packet->committed || !latency_wants_stream(o, s) ||
	    !latency_wants_reader(o, r))
		return;
	snprintf(id, sizeof(id), "%" PRIx64 ":%" PRIu64, s->id, packet->seq);
	if (first) {
		if (packet->reserved)
			put_span(p, from, "fill", id, packet->reserve_ns,
				 packet->commit_ns);
		put_mark(p, from, "commit", packet->seq, packet->commit_ns);
	}
	/* Several readers have the same packet: each one an id of its own. */
	if (!first)
		snprintf(id, sizeof(id), "%" PRIx64 ":%" PRIu64 "/%" PRIu64,
			 s->id, packet->seq, r->id);
	put_flow(p, "s", from, id, packet->commit_ns);
	put_span(p, to, "wait", id, packet->commit_ns, get_ns);
	put_mark(p, to, "get", packet->seq, get_ns);
	put_flow(p, "f", to, id, get_ns);
	put_span(p, to, "hold", id, get_ns, release_ns);
}

static void level(void *data, const struct trace_stream *s, uint64_t at_ns,
		  uint64_t packets)
{
	struct latency_perfetto *p = data;
	char name[TRACE_NAME_BYTES + 32];

	if (!latency_wants_stream(p->report->options, s))
		return;
	snprintf(name, sizeof(name), "live packets of %s",
		 s->name[0] ? s->name : "a stream");
	begin(p, "C", track_of(p, s, NULL), name);
	put_ts(p, at_ns);
	fprintf(p->file,
		",\"id\":\"%" PRIx64 "\",\"args\":{\"packets\":%" PRIu64 "}}",
		s->id, packets);
}

struct latency_perfetto *latency_perfetto_open(struct latency_report *report)
{
	struct latency_perfetto *p = calloc(1, sizeof(*p));

	if (p)
		p->file = fopen(report->options->perfetto, "we");
	if (!p || !p->file) {
		message_error(report->options->perfetto, "cannot write: %s",
			      strerror(errno));
		free(p);
		return NULL;
	}
	p->report = report;
	report->model.watch = (struct trace_watch){
		.data = p, .released = released, .level = level};
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", p->file);
	return p;
}

static void put_name(struct latency_perfetto *p, struct track track,
		     const char *what, const char *text)
{
	begin(p, "M", track, what);
	fputs(",\"args\":{\"name\":\"", p->file);
	write_text(p->file, text);
	fputs("\"}}", p->file);
}

/* Names come last: they are known only then. */
static void put_names(struct latency_perfetto *p, const struct trace_stream *s)
{
	char label[LATENCY_LABEL_BYTES];
	char text[LATENCY_LABEL_BYTES + 48];
	struct track track = track_of(p, s, NULL);
	size_t k;

	latency_label(p->report, s, label);
	snprintf(text, sizeof(text), "%s producer", label);
	put_name(p, track, "process_name", text);
	put_name(p, track, "thread_name", text);
	for (k = 0; k < s->n_readers; k++) {
		track = track_of(p, s, s->readers[k]);
		snprintf(text, sizeof(text), "%s reader %" PRIu64, label,
			 s->readers[k]->id);
		put_name(p, track, "process_name", text);
		put_name(p, track, "thread_name", text);
	}
}

int latency_perfetto_close(struct latency_perfetto *p)
{
	const struct latency_options *o = p->report->options;
	long bytes;
	bool good;
	size_t i;

	for (i = 0; i < p->report->model.n_streams; i++) {
		if (latency_wants_stream(o, p->report->model.streams[i]))
			put_names(p, p->report->model.streams[i]);
	}
	fputs("\n]}\n", p->file);
	bytes = ftell(p->file);
	good = !ferror(p->file);
	if (fclose(p->file) != 0)
		good = false;
	if (!good)
		message_error(o->perfetto, "cannot write: %s", strerror(errno));
	else if (bytes > NOTE_BYTES)
		message_note(o->perfetto,
			     "has %ld MB, which viewers may refuse; choose a "
			     "window with --begin and --end",
			     bytes / 1000000);
	free(p);
	return good ? CLI_OK : CLI_FAILURE;
}
