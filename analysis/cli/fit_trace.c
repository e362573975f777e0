// SPDX-License-Identifier: MIT
/*
 * fit_trace.c - `dsi fit DIR`: the commits of a stream in a trace.
 *
 * The trace is read twice: names may come after the first commits, and only
 * one stream's times are kept.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "fit_trace.h"
#include "message.h"
#include "trace/trace_read.h"

#define NAME_BYTES 128u
#define NS_DIGITS 9u

struct source {
	uint64_t id;
	char name[NAME_BYTES];
	uint64_t commits;
};

struct finding {
	struct source *at;
	size_t n;
	bool no_memory;
};

struct collecting {
	struct fit_points *points;
	uint64_t stream;
	enum fit_status status;
	char why[FIT_WHY_BYTES];
};

bool fit_trace_is(const char *name)
{
	struct stat status;

	return stat(name, &status) == 0 && S_ISDIR(status.st_mode);
}

static struct source *source_of(struct finding *f, uint64_t id)
{
	struct source *grown;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->at[i].id == id)
			return &f->at[i];
	}
	grown = realloc(f->at, (f->n + 1) * sizeof(*grown));
	if (!grown) {
		f->no_memory = true;
		return NULL;
	}
	f->at = grown;
	f->at[f->n] = (struct source){.id = id};
	return &f->at[f->n++];
}

static bool find(void *data, const struct trace_event *e)
{
	struct finding *f = data;
	struct source *s;

	if (e->what != TRACE_COMMIT && e->what != TRACE_STREAM_OPEN)
		return true;
	s = source_of(f, e->stream);
	if (!s)
		return false;
	if (e->what == TRACE_COMMIT)
		s->commits++;
	else if (!s->name[0])
		snprintf(s->name, sizeof(s->name), "%s", e->name);
	return true;
}

static bool collect(void *data, const struct trace_event *e)
{
	struct collecting *c = data;
	struct fit_number time = {(dsi_wide)e->time_ns, NS_DIGITS, -1};

	if (e->what != TRACE_COMMIT || e->stream != c->stream)
		return true;
	/* Numbers are the application's choice; commits are in order. */
	c->status =
		fit_points_add(c->points, (int64_t)c->points->n, &time, c->why);
	return c->status == FIT_OK;
}

static bool matches(const struct source *s, const char *wanted)
{
	char *end;
	uint64_t id;

	if (!s->commits)
		return false;
	if (!wanted || strcmp(s->name, wanted) == 0)
		return true;
	id = strtoull(wanted, &end, 0);
	return *wanted && !*end && id == s->id;
}

static const struct source *choose(const struct finding *f,
				   const struct fit_options *o)
{
	const struct source *found = NULL;
	size_t n = 0;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (!matches(&f->at[i], o->stream))
			continue;
		found = &f->at[i];
		n++;
	}
	if (n == 1)
		return found;
	message_error(o->source.name,
		      "%zu streams with commits in it are%s%s; choose one "
		      "with --stream:",
		      n, o->stream ? " called " : " asked for",
		      o->stream ? o->stream : "");
	for (i = 0; i < f->n; i++) {
		if (f->at[i].commits)
			message_error(NULL,
				      "  %s (0x%" PRIx64 "), %" PRIu64
				      " commits",
				      f->at[i].name[0] ? f->at[i].name
						       : "without a name",
				      f->at[i].id, f->at[i].commits);
	}
	return NULL;
}

/* Return: an exit code. */
static int read_trace(const struct fit_options *o,
		      bool (*take)(void *data, const struct trace_event *e),
		      void *data, struct trace_losses *out_lost)
{
	struct trace_reading reading = {
		.folder = o->source.name, .take = take, .data = data};
	char why[TRACE_WHY_BYTES] = "";
	enum trace_status status = trace_read(&reading, why);

	*out_lost = reading.lost;
	if (status == TRACE_OK)
		return CLI_OK;
	message_error(o->source.name, "%s", why);
	return status == TRACE_BAD ? CLI_USAGE : CLI_FAILURE;
}

static int collect_all(const struct fit_options *o, uint64_t stream,
		       struct fit_points *out)
{
	struct collecting c = {.points = out, .stream = stream};
	struct trace_losses lost;
	int code = read_trace(o, collect, &c, &lost);

	if (code == CLI_OK && c.status != FIT_OK) {
		message_error(o->source.name, "%s", c.why);
		code = c.status == FIT_BAD ? CLI_USAGE : CLI_FAILURE;
	}
	if (code == CLI_OK && (lost.events || lost.packets || lost.unknown))
		message_note(o->source.name,
			     "events were lost: packets may be missing");
	if (code != CLI_OK)
		fit_points_free(out);
	return code;
}

int fit_trace_read(const struct fit_options *o, struct fit_points *out)
{
	struct finding f = {0};
	const struct source *source = NULL;
	struct trace_losses lost;
	int code = read_trace(o, find, &f, &lost);

	*out = (struct fit_points){.unit = exact_int(1)};
	if (code == CLI_OK && f.no_memory) {
		message_error(o->source.name, "out of memory");
		code = CLI_FAILURE;
	}
	if (code == CLI_OK) {
		source = choose(&f, o);
		code = source ? collect_all(o, source->id, out) : CLI_USAGE;
	}
	free(f.at);
	return code;
}
