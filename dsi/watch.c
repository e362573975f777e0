/* SPDX-License-Identifier: MIT */
/*
 * watch.c - the watcher's side: ask for the pages, map them, read them.
 *
 * Contracts: include/dsi/watch.h.  Messages: wire.h.
 *
 * Trust: the producer says who its consumers are and hands out their pages;
 * each of them may lie about itself, and the producer about all.  Places and
 * counts are checked, pages are mapped only if their size can never change,
 * and what stands in them is copied and shown.
 */
#include <dsi/watch.h>

#include <string.h>

#include "dsi/desc.h"
#include "dsi/port.h"
#include "dsi/stats_page.h"
#include "dsi/text.h"
#include "dsi/wire.h"

#define ANSWER_NS UINT64_C(5000000000)
#define MESSAGES_PER_UPDATE 256u
/* More than it takes to tell of all places: each has one of them at least. */
#define MESSAGES_AT_FIRST DSI_STATS_PEERS

struct watched {
	struct dsi_port_region region; /* no address: not readable */
	struct dsi_wire_peer said;
	char label[DSI_LABEL_BYTES];
	uint64_t id; /* 0: nobody is in this place */
};

struct dsi_watch {
	int32_t conn;
	int over;	   /* the code that ended it */
	uint32_t complete; /* all that were there at first are known */
	uint64_t next_id;
	struct dsi_peer owner;
	struct dsi_stream_desc desc;
	struct watched producer;
	struct watched peers[DSI_STATS_PEERS]; /* by place */
};

/* ---- names --------------------------------------------------------------- */

struct name_visit {
	void (*visit)(void *user, const char *name);
	void *user;
	int32_t visited;
};

static void visit_name(void *user, const char *name)
{
	struct name_visit *visit = user;

	if (dsi__name_check(name))
		return;
	visit->visited++;
	visit->visit(visit->user, name);
}

int32_t dsi_watch_names(void (*visit)(void *user, const char *name), void *user)
{
	struct name_visit state = {.visit = visit, .user = user};
	int32_t err;

	if (!visit)
		return -DSI_EINVAL;
	err = dsi_port_names_look(DSI_PORT_STREAM, visit_name, &state);
	return err < 0 ? err : state.visited;
}

/* ---- pages --------------------------------------------------------------- */

static const struct dsi_shm_stats *page_of(const struct watched *watched)
{
	return watched->region.addr;
}

static void forget(struct watched *watched)
{
	dsi_port_region_fini(&watched->region);
	memset(watched, 0, sizeof(*watched));
	watched->region.handle = -1;
}

/* Takes @handle over. */
static int map_page(struct watched *watched, int32_t handle, uint32_t role)
{
	uint64_t page = dsi_port_page_bytes();
	uint64_t bytes =
		(sizeof(struct dsi_shm_stats) + page - 1u) & ~(page - 1u);
	int err = dsi_port_region_attach(&watched->region, handle, bytes,
					 DSI_PORT_READ);

	if (err) {
		watched->region = (struct dsi_port_region){.handle = -1};
		return err;
	}
	err = dsi__stats_check(page_of(watched), role);
	if (err)
		dsi_port_region_fini(&watched->region);
	return err;
}

/* ---- what the producer says ---------------------------------------------- */

static int take_peer(struct dsi_watch *watch, const struct dsi_wire_peer *said,
		     struct dsi_wire_in *in)
{
	struct watched *watched;
	struct dsi_text label;

	if (said->place >= DSI_STATS_PEERS ||
	    said->policy > DSI_POLICY_RECLAIM ||
	    said->queue_packets > DSI_MAX_PACKETS)
		return -DSI_EPROTO;
	watched = &watch->peers[said->place];
	forget(watched);
	watched->said = *said;
	watched->id = ++watch->next_id;
	label = dsi__text(watched->label, sizeof(watched->label));
	dsi__text_foreign(&label, said->label, sizeof(said->label));
	/* A consumer whose page is none is there all the same. */
	if (said->page)
		(void)map_page(watched, dsi__wire_take(in, said->page - 1u),
			       DSI_ROLE_CONSUMER);
	return 0;
}

static int take_peers(struct dsi_watch *watch, struct dsi_wire_in *in)
{
	const struct dsi_wire_peers *peers = &in->msg.peers;
	int err = peers->n > DSI_PEERS_MAX ? -DSI_EPROTO : 0;

	for (uint32_t i = 0; i < peers->n && !err; i++)
		err = take_peer(watch, &peers->peers[i], in);
	if (!peers->more)
		watch->complete = 1;
	return err;
}

static int take_news(struct dsi_watch *watch, int type, struct dsi_wire_in *in)
{
	if (type == DSI_WIRE_PEERS)
		return take_peers(watch, in);
	if (type == DSI_WIRE_PARTED && in->msg.parted.place < DSI_STATS_PEERS) {
		forget(&watch->peers[in->msg.parted.place]);
		return 0;
	}
	if (type < 0)
		return type;
	return type == DSI_WIRE_BYE ? -DSI_EPIPE : -DSI_EPROTO;
}

/* The first answer. */
static int take_answer(struct dsi_watch *watch, int type,
		       struct dsi_wire_in *in)
{
	if (type == DSI_WIRE_REFUSE)
		return dsi__wire_error(in->msg.refuse.err);
	if (type == DSI_WIRE_OFFER) /* it took us for a consumer */
		return -DSI_EPROTONOSUPPORT;
	if (type != DSI_WIRE_WATCH)
		return type < 0 ? type : -DSI_EPROTO;
	if (!dsi__desc_complete(&in->msg.watch.desc))
		return -DSI_EPROTO;
	watch->desc = in->msg.watch.desc;
	watch->producer.id = ++watch->next_id;
	return map_page(&watch->producer, dsi__wire_take(in, 0),
			DSI_ROLE_PRODUCER);
}

/* ---- open ---------------------------------------------------------------- */

/* Those who are there.  A producer that always has more to say would keep us
 * beyond the deadline, for it is looked at only while nothing comes. */
static int hear_peers(struct dsi_watch *watch, uint64_t deadline_ns)
{
	struct dsi_wire_in in;
	int err = 0;

	for (uint32_t i = 0; !err && !watch->complete; i++) {
		int type;

		if (i == MESSAGES_AT_FIRST)
			return -DSI_EPROTO;
		type = dsi__wire_wait(watch->conn, &in, deadline_ns);
		err = type == -DSI_ETIMEDOUT ? type
					     : take_news(watch, type, &in);
		if (type > 0)
			dsi__wire_drop(&in);
	}
	return err;
}

static int greet(struct dsi_watch *watch, uint64_t deadline_ns)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_WATCH}};
	struct dsi_wire_in in;
	int type;
	int err = dsi__wire_send(watch->conn, &msg, DSI_WIRE_HELLO,
				 sizeof(msg.hello), NULL, 0);

	/* Who refused at the door has closed already; its reason is there. */
	if (err && err != -DSI_EPIPE)
		return err;
	type = dsi__wire_wait(watch->conn, &in, deadline_ns);
	err = take_answer(watch, type, &in);
	if (type > 0)
		dsi__wire_drop(&in);
	return err ? err : hear_peers(watch, deadline_ns);
}

int dsi_watch_open(const char *name, uint64_t deadline_ns,
		   struct dsi_watch **out_watch)
{
	struct dsi_watch *watch;
	int err;

	if (!name || !out_watch)
		return -DSI_EINVAL;
	err = dsi__name_check(name);
	if (err)
		return err;
	watch = dsi_port_alloc(sizeof(*watch));
	if (!watch)
		return -DSI_ENOMEM;
	watch->producer.region.handle = -1;
	for (uint32_t i = 0; i < DSI_STATS_PEERS; i++)
		watch->peers[i].region.handle = -1;
	err = dsi_port_connect(name, DSI_PORT_STREAM, &watch->conn);
	if (err) {
		dsi_port_free(watch);
		return err;
	}
	(void)dsi_port_peer(watch->conn, &watch->owner);
	err = greet(watch,
		    deadline_ns ? deadline_ns : dsi_port_now() + ANSWER_NS);
	if (err)
		dsi_watch_close(watch);
	else
		*out_watch = watch;
	return err;
}

void dsi_watch_close(struct dsi_watch *watch)
{
	if (!watch)
		return;
	dsi_port_handle_close(watch->conn);
	forget(&watch->producer);
	for (uint32_t i = 0; i < DSI_STATS_PEERS; i++)
		forget(&watch->peers[i]);
	dsi_port_free(watch);
}

int dsi_watch_update(struct dsi_watch *watch)
{
	struct dsi_wire_in in;

	if (!watch)
		return -DSI_EINVAL;
	/* A producer that goes on talking shall not hold us here. */
	for (uint32_t i = 0; !watch->over && i < MESSAGES_PER_UPDATE; i++) {
		int type = dsi__wire_recv(watch->conn, &in);

		if (type == -DSI_EAGAIN)
			break;
		watch->over = take_news(watch, type, &in);
		if (type > 0)
			dsi__wire_drop(&in);
	}
	return watch->over;
}

/* ---- read ---------------------------------------------------------------- */

int dsi_watch_desc(const struct dsi_watch *watch,
		   struct dsi_stream_desc *out_desc)
{
	uint32_t size;

	if (!watch || !out_desc || out_desc->size < sizeof(size) ||
	    out_desc->size > sizeof(*out_desc))
		return -DSI_EINVAL;
	size = out_desc->size;
	memcpy(out_desc, &watch->desc, size);
	out_desc->size = size;
	return 0;
}

int32_t dsi_watch_count(const struct dsi_watch *watch)
{
	int32_t n = 1;

	if (!watch)
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < DSI_STATS_PEERS; i++)
		n += watch->peers[i].id != 0;
	return n;
}

static const struct watched *find(const struct dsi_watch *watch, uint32_t index)
{
	if (index == 0)
		return &watch->producer;
	for (uint32_t i = 0; i < DSI_STATS_PEERS; i++)
		if (watch->peers[i].id && --index == 0)
			return &watch->peers[i];
	return NULL;
}

/* What the producer has committed since this consumer is there, less what the
 * consumer did not get or has got already.  Its own figures are read first, so
 * that the difference is not too small; and it is bounded by what can wait. */
static uint64_t backlog_of(const struct dsi_watch *watch,
			   const struct watched *watched,
			   const struct dsi_socket_stats *stats)
{
	const struct dsi_shm_stats *page = page_of(&watch->producer);
	const struct dsi_shm_stats_peer *peer =
		&page->peers[watched->said.place];
	uint64_t done = stats->committed + stats->expired + stats->reclaimed;
	uint64_t most = watched->said.policy == DSI_POLICY_DROP_NEW
				? watched->said.queue_packets + 1u
				: watch->desc.ring_slots;
	/* relaxed: for statistics. */
	uint64_t admitted =
		atomic_load_explicit(&peer->admitted, memory_order_relaxed);
	/* relaxed: for statistics. */
	uint64_t dropped =
		atomic_load_explicit(&peer->dropped, memory_order_relaxed);
	/* relaxed: for statistics. */
	uint64_t committed =
		atomic_load_explicit(&page->committed, memory_order_relaxed);
	uint64_t waiting = committed - (admitted - 1u) - dropped - done;

	if (!admitted || !watched->region.addr ||
	    waiting > UINT64_MAX / 2u) /* it is ahead of what we saw */
		return 0;
	return waiting < most ? waiting : most;
}

static void read_consumer(const struct dsi_watch *watch,
			  const struct watched *watched,
			  struct dsi_watch_info *info)
{
	const struct dsi_shm_stats_peer *peer =
		&page_of(&watch->producer)->peers[watched->said.place];

	info->role = DSI_ROLE_CONSUMER;
	info->id = watched->id;
	info->who = watched->said.who;
	info->policy = watched->said.policy;
	if (info->policy == DSI_POLICY_DROP_NEW)
		info->queue_packets = watched->said.queue_packets;
	memcpy(info->label, watched->label, sizeof(info->label));
	info->readable = watched->region.addr != NULL;
	if (info->readable)
		dsi__stats_read(page_of(watched), &info->stats);
	/* relaxed: for statistics. */
	info->undelivered =
		atomic_load_explicit(&peer->dropped, memory_order_relaxed);
	info->backlog = backlog_of(watch, watched, &info->stats);
}

static void read_producer(const struct dsi_watch *watch,
			  struct dsi_watch_info *info)
{
	info->role = DSI_ROLE_PRODUCER;
	info->id = watch->producer.id;
	info->who = watch->owner;
	info->readable = 1;
	for (uint32_t i = 0; i < DSI_STATS_PEERS; i++) {
		struct dsi_watch_info consumer = {0};

		if (!watch->peers[i].id)
			continue;
		read_consumer(watch, &watch->peers[i], &consumer);
		info->stats.consumers++;
		if (consumer.backlog > info->backlog)
			info->backlog = consumer.backlog;
	}
	dsi__stats_read(page_of(&watch->producer), &info->stats);
}

int dsi_watch_read(const struct dsi_watch *watch, uint32_t index,
		   struct dsi_watch_info *out_info)
{
	const struct watched *watched;
	struct dsi_watch_info info = {0};

	if (!watch || !out_info || out_info->size < sizeof(uint32_t) ||
	    out_info->size > sizeof(info))
		return -DSI_EINVAL;
	watched = find(watch, index);
	if (!watched)
		return -DSI_ENOENT;
	info.size = out_info->size;
	info.stats.size = sizeof(info.stats);
	if (index == 0)
		read_producer(watch, &info);
	else
		read_consumer(watch, watched, &info);
	memcpy(out_info, &info, info.size);
	return 0;
}

int dsi_watch_latency(const struct dsi_watch *watch, uint32_t index,
		      struct dsi_histogram *out_histogram)
{
	const struct watched *watched;

	if (!watch || !out_histogram ||
	    out_histogram->size != sizeof(*out_histogram))
		return -DSI_EINVAL;
	watched = find(watch, index);
	if (!watched || !watched->region.addr)
		return -DSI_ENOENT;
	dsi__stats_latency(page_of(watched), out_histogram);
	return 0;
}
