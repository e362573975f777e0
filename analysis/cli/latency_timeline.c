// SPDX-License-Identifier: MIT
/*
 * latency_timeline.c - what happened around the worst packets.
 */
#include <stdlib.h>

#include "cli.h"
#include "latency_timeline.h"
#include "message.h"

#define PERIODS_AROUND 4

struct search {
	const struct latency_options *options;
	struct timelines *timelines;
	struct trace_model model;
	uint64_t until_ns;
};

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Some periods before and after; without a period, once its length. */
static void choose_window(struct timeline *t, const struct latency_worst *w)
{
	double period = trace_jitter_period(&w->stream->jitter);
	uint64_t around = w->one->value_ns;

	if (period > 0 && period < 1e15)
		around = (uint64_t)(PERIODS_AROUND * period);
	t->stream = w->stream->id;
	t->worst = w;
	t->from_ns = minus(w->one->begin_ns, around);
	t->to_ns = w->one->end_ns + around;
}

static bool is_covered(const struct timelines *all,
		       const struct latency_worst *w)
{
	unsigned int i;

	for (i = 0; i < all->n; i++) {
		if (all->at[i].stream == w->stream->id &&
		    w->one->end_ns >= all->at[i].from_ns &&
		    w->one->begin_ns <= all->at[i].to_ns)
			return true;
	}
	return false;
}

static bool is_worst(const struct timeline *t, const struct trace_reader *r,
		     const struct trace_packet *p)
{
	return p->seq == t->worst->one->seq &&
	       (!t->worst->reader || t->worst->reader->id == r->id);
}

/* One row is kept free for the worst one itself. */
static void add_row(struct timeline *t, const struct trace_reader *r,
		    const struct trace_packet *p, uint64_t release_ns)
{
	bool worst = is_worst(t, r, p);

	if (t->n >= TIMELINE_ROWS - (worst || t->has_worst ? 0 : 1))
		return;
	t->rows[t->n++] = (struct timeline_row){
		.seq = p->seq,
		.reader = r->id,
		.reserve_ns = p->reserved ? p->reserve_ns : 0,
		.commit_ns = p->commit_ns,
		.get_ns = trace_packet_get_ns(p, r->place),
		.release_ns = release_ns,
		.worst = worst,
	};
	t->has_worst = t->has_worst || worst;
}

static void released(void *data, const struct trace_stream *s,
		     const struct trace_reader *r, const struct trace_packet *p,
		     uint64_t release_ns)
{
	struct search *search = data;
	unsigned int i;

	for (i = 0; p->committed && i < search->timelines->n; i++) {
		struct timeline *t = &search->timelines->at[i];

		if (t->stream == s->id && p->commit_ns <= t->to_ns &&
		    release_ns >= t->from_ns &&
		    latency_wants_reader(search->options, r))
			add_row(t, r, p, release_ns);
	}
}

/* What is held at the end of a window is given back a little later. */
static bool take(void *data, const struct trace_event *e)
{
	struct search *search = data;

	return e->time_ns <= search->until_ns &&
	       trace_model_take(&search->model, e);
}

static int compare(const void *a, const void *b)
{
	const struct timeline_row *one = a;
	const struct timeline_row *other = b;

	if (one->seq != other->seq)
		return one->seq < other->seq ? -1 : 1;
	return one->reader < other->reader ? -1 : 1;
}

static int read_again(struct search *search)
{
	struct trace_reading reading = {.folder = search->options->folder,
					.take = take,
					.data = search};
	char why[TRACE_WHY_BYTES] = "";
	enum trace_status status;
	bool no_memory;

	search->model.watch =
		(struct trace_watch){.data = search, .released = released};
	trace_model_init(&search->model);
	status = trace_read(&reading, why);
	no_memory = search->model.no_memory;
	trace_model_fini(&search->model);
	if (status == TRACE_OK && !no_memory)
		return CLI_OK;
	message_error(search->options->folder, "%s",
		      no_memory ? "out of memory" : why);
	return CLI_FAILURE;
}

int latency_timelines(struct latency_report *report,
		      const struct latency_worst *worst, size_t n,
		      struct timelines *out)
{
	struct search search = {.options = report->options, .timelines = out};
	unsigned int i;
	size_t k;
	int code;

	for (k = 0; k < n && out->n < TIMELINES; k++) {
		struct timeline *t = &out->at[out->n];

		if (is_covered(out, &worst[k]))
			continue;
		choose_window(t, &worst[k]);
		if (2 * t->to_ns - t->from_ns > search.until_ns)
			search.until_ns = 2 * t->to_ns - t->from_ns;
		out->n++;
	}
	if (!out->n)
		return CLI_OK;
	code = read_again(&search);
	for (i = 0; i < out->n; i++)
		qsort(out->at[i].rows, out->at[i].n, sizeof(out->at[i].rows[0]),
		      compare);
	return code;
}
