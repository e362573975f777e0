// SPDX-License-Identifier: MIT
/*
 * top_table.c - the watched streams as a table of 80 columns, or more.
 *
 * A stream has a line for its producer and one for each consumer below it.
 * What a wider terminal has more goes to the names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "top.h"

#define NAME_WIDTH 13 /* at 80 columns */
#define CELL 24u

/* ---- numbers in a few characters ----------------------------------------- */

/* At most @digits digits, else with a letter: 12345, 123k, 9.9M. */
static void short_number(char *out, uint64_t value, uint64_t plain)
{
	static const char letters[] = "kMGTPE";
	uint32_t step = 0;
	uint64_t tenths;

	if (value <= plain) {
		snprintf(out, CELL, "%" PRIu64, value);
		return;
	}
	tenths = value / 100;
	while (tenths >= 9995 && step < 5) {
		tenths /= 1000;
		step++;
	}
	if (tenths < 100)
		snprintf(out, CELL, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10,
			 tenths % 10, letters[step]);
	else
		snprintf(out, CELL, "%" PRIu64 "%c", tenths / 10,
			 letters[step]);
}

/* At most five characters: 999ns, 9.9us, 123ms, 12s, 59m, 99h. */
static void short_time(char *out, uint64_t ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	uint64_t unit_ns = 1;
	uint32_t step = 0;

	while (step < 3 && ns / unit_ns >= 1000) {
		unit_ns *= 1000;
		step++;
	}
	if (step > 0 && ns / unit_ns < 10)
		snprintf(out, CELL, "%" PRIu64 ".%" PRIu64 "%s", ns / unit_ns,
			 ns % unit_ns * 10 / unit_ns, units[step]);
	else if (ns / unit_ns < 1000)
		snprintf(out, CELL, "%" PRIu64 "%s", ns / unit_ns, units[step]);
	else if (ns / unit_ns < UINT64_C(600) * 60)
		snprintf(out, CELL, "%" PRIu64 "m", ns / unit_ns / 60);
	else
		snprintf(out, CELL, ">10h");
}

/* ---- lines --------------------------------------------------------------- */

static char *new_line(struct top_lines *lines)
{
	if (lines->n == lines->room) {
		size_t room = lines->room ? 2 * lines->room : 64;
		void *grown =
			realloc(lines->lines, room * sizeof(lines->lines[0]));

		if (!grown)
			return NULL;
		lines->lines = grown;
		lines->room = room;
	}
	return lines->lines[lines->n++];
}

void top_lines_free(struct top_lines *lines)
{
	free(lines->lines);
	*lines = (struct top_lines){0};
}

/* A name in its field; what does not fit ends with '~'. */
static void put_name(char *line, int width, const char *indent,
		     const char *name)
{
	char text[TOP_LINE_BYTES];
	int length = snprintf(text, sizeof(text), "%s%s", indent, name);

	if (length > width) {
		text[width - 1] = '~';
		text[width] = '\0';
	}
	snprintf(line, TOP_LINE_BYTES, "%-*s", width, text);
}

static const char *kind_of(const struct dsi_watch_info *info)
{
	static const char *const states[] = {"new",  "conn",  "run",
					     "stop", "close", "fail"};
	static const char *const policies[] = {"block", "drop", "recl"};

	if (info->role == DSI_ROLE_CONSUMER)
		return info->policy < 3 ? policies[info->policy] : "?";
	return info->stats.state < 6 ? states[info->stats.state] : "?";
}

/* The cells behind the name. */
struct cells {
	char rate[CELL], bytes[CELL], backlog[CELL], high[CELL];
	char p50[CELL], p99[CELL], max[CELL], drops[CELL], waits[CELL];
};

static void fill_cells(struct cells *cells, const struct top_socket *socket)
{
	const struct dsi_watch_info *info = &socket->info;
	const struct dsi_socket_stats *stats = &info->stats;
	bool consumer = info->role == DSI_ROLE_CONSUMER;

	short_number(cells->rate, socket->packets_per_s, 99999);
	short_number(cells->bytes, socket->bytes_per_s, 99999);
	short_number(cells->backlog, info->backlog, 9999);
	short_number(cells->high,
		     consumer ? stats->held_max : stats->backlog_max, 9999);
	short_number(cells->drops,
		     consumer ? info->undelivered + stats->reclaimed +
					stats->expired
			      : stats->dropped,
		     99999);
	short_number(cells->waits, stats->waits, 99999);
	strcpy(cells->p50, "-");
	strcpy(cells->p99, "-");
	strcpy(cells->max, "-");
	if (!socket->stamped)
		return;
	short_time(cells->p50, socket->p50_ns);
	short_time(cells->p99, socket->p99_ns);
	short_time(cells->max, stats->latency_max_ns);
}

static void put_cells(char *line, uint32_t pid, const char *kind,
		      const struct cells *cells)
{
	size_t used = strlen(line);

	snprintf(line + used, TOP_LINE_BYTES - used,
		 " %7" PRIu32 " %-5s %5s %5s %4s %4s %5s %5s %5s %5s %5s", pid,
		 kind, cells->rate, cells->bytes, cells->backlog, cells->high,
		 cells->p50, cells->p99, cells->max, cells->drops,
		 cells->waits);
}

static int add_socket(struct top_lines *lines, const char *name, int width,
		      const struct top_socket *socket)
{
	const struct dsi_watch_info *info = &socket->info;
	bool consumer = info->role == DSI_ROLE_CONSUMER;
	struct cells cells;
	char *line = new_line(lines);
	size_t used;

	if (!line)
		return -1;
	if (consumer)
		put_name(line, width, "  ", info->label[0] ? info->label : "-");
	else
		put_name(line, width, "", name);
	if (info->readable) {
		fill_cells(&cells, socket);
		put_cells(line, info->who.pid, kind_of(info), &cells);
		return 0;
	}
	used = strlen(line);
	snprintf(line + used, TOP_LINE_BYTES - used,
		 " %7" PRIu32 " %-5s (shows no figures)", info->who.pid,
		 kind_of(info));
	return 0;
}

static int add_stream(struct top_lines *lines, const struct top_stream *stream,
		      int width)
{
	char name[sizeof(stream->name)];
	char *line;
	size_t used;

	listing_copy_printable(name, stream->name, sizeof(name));
	for (uint32_t i = 0; stream->watch && i < stream->n_sockets; i++)
		if (add_socket(lines, name, width, &stream->sockets[i]))
			return -1;
	if (stream->watch)
		return 0;
	line = new_line(lines);
	if (!line)
		return -1;
	put_name(line, width, "", name);
	used = strlen(line);
	snprintf(line + used, TOP_LINE_BYTES - used, " %.60s",
		 listing_error(stream->error));
	return 0;
}

int top_table(const struct top *top, int columns, struct top_lines *lines)
{
	int width = NAME_WIDTH;

	if (columns > TOP_COLUMNS)
		width += columns - TOP_COLUMNS;
	if (width > (int)DSI_NAME_BYTES + 8)
		width = (int)DSI_NAME_BYTES + 8;
	lines->n = 0;
	snprintf(lines->title, sizeof(lines->title),
		 "%-*s %7s %-5s %5s %5s %4s %4s %5s %5s %5s %5s %5s", width,
		 "NAME", "PID", "KIND", "PKT/S", "BYT/S", "BACK", "HIGH", "P50",
		 "P99", "MAX", "DROPS", "WAITS");
	for (size_t i = 0; i < top->n; i++)
		if (top_is_shown(top->streams[i]) &&
		    add_stream(lines, top->streams[i], width))
			return -1;
	return 0;
}
