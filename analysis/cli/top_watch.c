// SPDX-License-Identifier: MIT
/*
 * top_watch.c - which streams there are, their figures, and what changed.
 *
 * A refresh reads the directory of names and the pages that are mapped; a
 * message is exchanged only for a name that is new.
 */
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>

#include "top.h"

#define ANSWER_NS UINT64_C(500000000) /* for each new stream */
#define OPEN_NS UINT64_C(1000000000)  /* for all of them in one refresh */
#define PAUSE 10u /* refreshes; who refuses shall not be asked all the time */
#define NS_PER_S 1e9
#define TOO_MANY 0x1p64

/* ---- the set of streams -------------------------------------------------- */

/* The place of a name, or where it belongs. */
static size_t place_of(const struct top *top, const char *name, bool *found)
{
	size_t low = 0;
	size_t high = top->n;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, top->streams[middle]->name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int add_stream(struct top *top, size_t place, const char *name)
{
	struct top_stream *stream;

	if (top->n == top->room) {
		size_t room = top->room ? 2 * top->room : 16;
		void *grown = realloc(top->streams,
				      room * sizeof(struct top_stream *));

		if (!grown)
			return -DSI_ENOMEM;
		top->streams = grown;
		top->room = room;
	}
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return -DSI_ENOMEM;
	strncpy(stream->name, name, sizeof(stream->name) - 1);
	memmove(&top->streams[place + 1], &top->streams[place],
		(top->n - place) * sizeof(struct top_stream *));
	top->streams[place] = stream;
	top->n++;
	return 0;
}

static void remove_stream(struct top *top, size_t place)
{
	dsi_watch_close(top->streams[place]->watch);
	free(top->streams[place]);
	top->n--;
	memmove(&top->streams[place], &top->streams[place + 1],
		(top->n - place) * sizeof(struct top_stream *));
}

void top_close(struct top *top)
{
	while (top->n)
		remove_stream(top, top->n - 1);
	free(top->streams);
	top->streams = NULL;
	top->room = 0;
}

bool top_is_shown(const struct top_stream *stream)
{
	/* A name whose owner is dead, or is just going. */
	return stream->watch ||
	       (stream->error != 0 && stream->error != -DSI_ENOENT &&
		stream->error != -DSI_EPIPE);
}

/* ---- names --------------------------------------------------------------- */

struct look {
	struct top *top;
	int err;
};

static void visit(void *user, const char *name)
{
	struct look *look = user;
	bool found;
	size_t place;

	if (look->top->only && strcmp(look->top->only, name) != 0)
		return;
	place = place_of(look->top, name, &found);
	if (!found && look->top->n == TOP_STREAMS)
		return; /* whoever may make names shall not fill our memory */
	if (!found && !look->err)
		look->err = add_stream(look->top, place, name);
	if (found || !look->err)
		look->top->streams[place]->named = true;
}

static int look_for_names(struct top *top)
{
	struct look look = {.top = top};
	int32_t n;

	for (size_t i = 0; i < top->n; i++)
		top->streams[i]->named = false;
	n = dsi_watch_names(visit, &look);
	/* No place of names at all: no streams. */
	return n < 0 && n != -DSI_ENOENT ? n : look.err;
}

/* ---- figures ------------------------------------------------------------- */

static uint64_t rate(uint64_t now, uint64_t before, uint64_t elapsed_ns)
{
	double grown = now > before ? (double)(now - before) : 0;
	double result;

	if (!elapsed_ns)
		return 0;
	/* The figures may be anything. */
	result = grown * NS_PER_S / (double)elapsed_ns + 0.5;
	return result < TOO_MANY ? (uint64_t)result : UINT64_MAX;
}

static const struct top_socket *find(const struct top_socket *sockets,
				     uint32_t n, uint64_t id)
{
	for (uint32_t i = 0; i < n; i++)
		if (sockets[i].info.id == id)
			return &sockets[i];
	return NULL;
}

static void read_latency(const struct top_stream *stream, uint32_t index,
			 struct top_socket *socket)
{
	static struct dsi_histogram latency;

	latency.size = sizeof(latency);
	if (dsi_watch_latency(stream->watch, index, &latency))
		return;
	socket->stamped = latency.count;
	socket->p50_ns = dsi_histogram_percentile(&latency, 500000);
	socket->p99_ns = dsi_histogram_percentile(&latency, 990000);
}

static void read_socket(const struct top_stream *stream, uint32_t index,
			const struct top_socket *before, uint32_t n_before,
			struct top_socket *socket)
{
	const struct top_socket *last;

	*socket = (struct top_socket){.info.size = sizeof(socket->info)};
	if (dsi_watch_read(stream->watch, index, &socket->info))
		return;
	socket->read_ns = dsi_now();
	last = find(before, n_before, socket->info.id);
	if (last) {
		uint64_t elapsed_ns = socket->read_ns - last->read_ns;

		socket->packets_per_s =
			rate(socket->info.stats.committed,
			     last->info.stats.committed, elapsed_ns);
		socket->bytes_per_s = rate(socket->info.stats.bytes,
					   last->info.stats.bytes, elapsed_ns);
	}
	/* What has not moved needs not be added up again. */
	if (last &&
	    last->info.stats.committed == socket->info.stats.committed &&
	    last->stamped) {
		socket->stamped = last->stamped;
		socket->p50_ns = last->p50_ns;
		socket->p99_ns = last->p99_ns;
	} else if (socket->info.role == DSI_ROLE_CONSUMER) {
		read_latency(stream, index, socket);
	}
}

static void read_stream(struct top_stream *stream)
{
	static struct top_socket before[TOP_SOCKETS];
	uint32_t n_before = stream->n_sockets;
	int32_t n = dsi_watch_count(stream->watch);

	memcpy(before, stream->sockets, n_before * sizeof(before[0]));
	stream->n_sockets = n < 0 ? 0 : (uint32_t)n;
	if (stream->n_sockets > TOP_SOCKETS)
		stream->n_sockets = TOP_SOCKETS;
	for (uint32_t i = 0; i < stream->n_sockets; i++)
		read_socket(stream, i, before, n_before, &stream->sockets[i]);
}

/* ---- one stream ---------------------------------------------------------- */

static void open_stream(struct top_stream *stream)
{
	stream->n_sockets = 0;
	stream->desc.size = sizeof(stream->desc);
	stream->error = dsi_watch_open(stream->name, dsi_now() + ANSWER_NS,
				       &stream->watch);
	if (!stream->error)
		stream->error = dsi_watch_desc(stream->watch, &stream->desc);
	else
		stream->watch = NULL;
	/* The owner of a name that is dead is not bothered by a knock. */
	stream->pause = top_is_shown(stream) && !stream->watch ? PAUSE : 0;
}

static void update_stream(struct top_stream *stream)
{
	if (!stream->watch)
		return;
	stream->error = dsi_watch_update(stream->watch);
	if (!stream->error)
		return;
	dsi_watch_close(stream->watch);
	stream->watch = NULL;
	stream->pause = 0; /* the name may have a successor */
}

static void update_streams(struct top *top)
{
	for (size_t i = 0; i < top->n;) {
		struct top_stream *stream = top->streams[i];

		update_stream(stream);
		if (stream->watch || stream->named)
			i++;
		else
			remove_stream(top, i);
	}
}

/* All that are named and not watched, for a time.  Those who had no turn are
 * the first ones next time: who does not answer uses up no time but its own. */
static void open_streams(struct top *top)
{
	uint64_t until_ns = dsi_now() + OPEN_NS;
	size_t first = top->n ? top->turn % top->n : 0;
	bool out_of_time = false;

	for (size_t i = 0; i < top->n; i++) {
		size_t place = (first + i) % top->n;
		struct top_stream *stream = top->streams[place];

		if (stream->watch || !stream->named)
			continue;
		if (stream->pause) {
			stream->pause--;
		} else if (dsi_now() < until_ns) {
			open_stream(stream);
		} else if (!out_of_time) {
			out_of_time = true;
			top->turn = place;
		}
	}
}

int top_refresh(struct top *top)
{
	int err = look_for_names(top);

	if (err)
		return err;
	update_streams(top);
	open_streams(top);
	for (size_t i = 0; i < top->n; i++)
		if (top->streams[i]->watch)
			read_stream(top->streams[i]);
	return 0;
}
