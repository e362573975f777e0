/* SPDX-License-Identifier: MIT */
/*
 * oracle_coalesced.c - a reader that is woken at every k-th commit only.
 *
 * All traces of a few packets, and for each of them all wake-ups and services
 * as one goes: a sleeping reader is woken W or less after commit number k, 2k,
 * ... or after the time limit of the oldest packet that waits; then it works
 * until nothing is left.
 */
#include "oracle.h"

#define MAX_PACKETS 8

struct coalesced {
	const struct dsi_sizing_writer *writer;
	const struct dsi_sizing_reader *reader;
	struct oracle_need *need;
	int64_t commit[MAX_PACKETS];
	int64_t got[MAX_PACKETS];
	int64_t released[MAX_PACKETS];
	int caller[MAX_PACKETS]; /* packet whose commit woke it for this one */
	int packets;
};

static uint64_t alive(const struct coalesced *c, const int64_t *end,
		      int64_t hold)
{
	bool closed = c->writer->ties == DSI_TIES_CLOSED;
	uint64_t most = 1;

	for (int i = 0; i < c->packets; i++) {
		int64_t now = c->commit[i] - hold;
		uint64_t count = 1;

		/* What a commit caused comes after that packet's get. */
		for (int k = 0; k < i; k++)
			count += c->caller[k] >= i ||
				 (closed ? end[k] > now : end[k] >= now);
		most = count > most ? count : most;
	}
	return most;
}

static void account(struct coalesced *c)
{
	uint64_t slots = alive(c, c->released, (int64_t)c->writer->hold);
	uint64_t backlog = alive(c, c->got, 0);

	if (slots > c->need->slots)
		c->need->slots = slots;
	if (backlog > c->need->backlog)
		c->need->backlog = backlog;
	for (int i = 0; i < c->packets; i++) {
		int64_t got = c->got[i] - c->commit[i];
		int64_t released = c->released[i] - c->commit[i];

		if (got > c->need->get_max)
			c->need->get_max = got;
		if (released > c->need->release_max)
			c->need->release_max = released;
	}
}

static void serve(struct coalesced *c, int i);

static void serve_from(struct coalesced *c, int i, int64_t got)
{
	c->got[i] = got;
	for (int64_t t = 0; t <= (int64_t)c->reader->service; t++) {
		c->released[i] = got + t;
		serve(c, i + 1);
	}
}

/* When a reader that sleeps at the commit of packet i is called, and by which
 * commit. */
static int64_t called(struct coalesced *c, int i)
{
	int k = (int)c->reader->coalesce;
	int last = i / k * k + k - 1;
	int64_t limit = c->commit[i] + (int64_t)c->reader->coalesce_wait;

	c->caller[i] = last;
	if (!c->reader->coalesce_wait || limit >= c->commit[last])
		return c->commit[last];
	c->caller[i] = i;
	return limit;
}

static void serve(struct coalesced *c, int i)
{
	if (i == c->packets) {
		account(c);
		return;
	}
	if (i && c->released[i - 1] >= c->commit[i]) {
		c->caller[i] = c->caller[i - 1];
		serve_from(c, i, c->released[i - 1]);
	}
	if (i && c->released[i - 1] > c->commit[i])
		return;
	for (int64_t w = 0; w <= (int64_t)c->reader->wake; w++) {
		int64_t at = called(c, i);

		serve_from(c, i, at + w);
	}
}

static void commit(struct coalesced *c, int i)
{
	const struct dsi_jcs *jcs = &c->writer->stream;

	if (i == c->packets) {
		serve(c, 0);
		return;
	}
	for (int64_t j = 0; j <= (int64_t)jcs->jitter; j++) {
		c->commit[i] = i * (int64_t)jcs->period + j;
		if (!i ||
		    c->commit[i] - c->commit[i - 1] >= (int64_t)jcs->distance)
			commit(c, i + 1);
	}
}

bool oracle_coalesced(const struct dsi_sizing_writer *writer,
		      const struct dsi_sizing_reader *reader,
		      struct oracle_need *need)
{
	struct coalesced c = {.writer = writer, .reader = reader, .need = need};

	*need = (struct oracle_need){.den = 1};
	c.packets = 6;
	if (c.packets > MAX_PACKETS || writer->packets ||
	    writer->stream.jitter > 3 || reader->service > 3 ||
	    reader->wake > 2 || reader->coalesce > 3)
		return false;
	commit(&c, 0);
	return need->slots < (uint64_t)c.packets;
}
