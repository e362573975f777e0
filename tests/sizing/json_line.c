/* SPDX-License-Identifier: MIT */
/* json_line.c - see json_line.h */
#include <stdlib.h>
#include <string.h>

#include "json_line.h"

static void put_ns(FILE *out, const char *name, uint64_t ns)
{
	if (ns)
		fprintf(out, ",\"%s\":\"%lluns\"", name,
			(unsigned long long)ns);
}

static void put_count(FILE *out, const char *name, uint64_t count)
{
	if (count)
		fprintf(out, ",\"%s\":%llu", name, (unsigned long long)count);
}

static void put_drift(FILE *out, const char *name, uint32_t ppb)
{
	if (ppb)
		fprintf(out, ",\"%s\":\"%uppb\"", name, ppb);
}

/* a units of u ns: a@10^9/u */
static void put_period(FILE *out, const struct question *q)
{
	uint64_t period = q->writer.stream.period;
	uint32_t units = q->writer.units;

	if (!units) {
		fprintf(out, ",\"period\":\"%lluns\"",
			(unsigned long long)period);
		return;
	}
	fprintf(out, ",\"in\":\"%u@1000000000/%llu\"", units,
		(unsigned long long)(period / units));
	if (q->reader.units)
		fprintf(out, ",\"out\":\"%u@1000000000/%llu\"", q->reader.units,
			(unsigned long long)(period / units));
}

static void put_reader(FILE *out, const struct dsi_sizing_reader *r)
{
	static const char *const paces[] = {"grid", "anchored", "stall",
					    "blocking", "response"};
	bool anchored = r->pace == DSI_PACE_ANCHORED;

	fprintf(out, ",\"consumer\":\"%s\"", paces[r->pace]);
	put_ns(out, "jitter-out", r->jitter);
	put_ns(out, "hold-out", r->hold);
	put_ns(out, "wake", r->wake);
	if (r->pace == DSI_PACE_SERVICE)
		fprintf(out, ",\"work\":\"%lluns\"",
			(unsigned long long)r->service);
	if (r->pace == DSI_PACE_RESPONSE)
		fprintf(out, ",\"response\":\"%lluns\"",
			(unsigned long long)r->response);
	if (r->flags & DSI_READER_START_GIVEN)
		fprintf(out, ",\"%s\":\"%lluns\"", anchored ? "delay" : "start",
			(unsigned long long)r->start);
	put_count(out, "prefill", r->prefill);
	put_count(out, "batch-out", r->batch);
	put_drift(out, "drift-out", r->drift_ppb);
}

void json_question(FILE *out, const struct question *question)
{
	const struct dsi_sizing_writer *w = &question->writer;

	fprintf(out, "{\"ties\":\"%s\"",
		w->ties == DSI_TIES_CLOSED ? "closed" : "strict");
	put_period(out, question);
	put_ns(out, "jitter-in", w->stream.jitter);
	put_ns(out, "distance", w->stream.distance);
	put_ns(out, "hold-in", w->hold);
	put_drift(out, "drift-in", w->stream.drift_ppb);
	put_count(out, "packets", w->packets);
	put_count(out, "batch-in", w->batch);
	put_reader(out, &question->reader);
}

static const char *member(const char *line, const char *name)
{
	char key[64];
	const char *at = NULL;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(line, key);
	return at ? at + strlen(key) : NULL;
}

uint64_t json_count(const char *line, const char *name)
{
	const char *at = member(line, name);

	if (!at || *at < '0' || *at > '9')
		return UINT64_MAX;
	return strtoull(at, NULL, 10);
}

bool json_true(const char *line, const char *name)
{
	const char *at = member(line, name);

	return at && !strncmp(at, "true", 4);
}

/* A whole number, or "num/den". */
static bool time_of(const char *line, const char *name, struct dsi_ticks *ticks)
{
	const char *at = member(line, name);
	long long num = 0;
	long long den = 1;
	char *end = NULL;

	*ticks = (struct dsi_ticks){.den = 1};
	if (!at || !strncmp(at, "null", 4))
		return false;
	num = strtoll(at + (*at == '"'), &end, 10);
	if (*end == '/')
		den = strtoll(end + 1, NULL, 10);
	ticks->whole = num / den - (num % den < 0);
	ticks->num = (uint32_t)(num - ticks->whole * den);
	ticks->den = (uint32_t)den;
	return true;
}

static uint32_t exact_of(const char *line)
{
	static const char *const names[] = {"slots", "start", "latency",
					    "backlog"};
	const char *exact = member(line, "exact");
	uint32_t flags = 0;

	for (int i = 0; exact && i < 4; i++)
		if (json_true(exact, names[i]))
			flags |= 1u << i;
	return flags;
}

bool json_need(const char *line, struct dsi_sizing_need *need)
{
	*need = (struct dsi_sizing_need){.size = sizeof(*need)};
	if (!member(line, "result") || !member(line, "underrun"))
		return false;
	need->slots = json_count(line, "slots");
	need->slots_closed = json_count(line, "slots_closed");
	need->backlog = json_count(line, "backlog");
	need->units = json_count(line, "units");
	if (need->units == UINT64_MAX)
		need->units = 0;
	need->underrun = json_true(line, "underrun");
	need->exact = exact_of(line);
	time_of(line, "start_offset_ns", &need->start);
	return time_of(line, "get_min_ns", &need->get_min) &&
	       time_of(line, "get_max_ns", &need->get_max) &&
	       time_of(line, "release_max_ns", &need->release_max);
}
