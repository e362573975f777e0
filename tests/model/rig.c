/* SPDX-License-Identifier: MIT */
/* rig.c - a stream put together by hand; see rig.h. */
#include "rig.h"

struct rig rig;
int rig_setting_up;
static char loops[8];

uint32_t rig_bell_of(const struct dsi_port_loop *loop)
{
	return (uint32_t)((const char *)(const void *)loop - loops);
}

struct dsi_port_loop *rig_loop_of(uint32_t bell)
{
	return (struct dsi_port_loop *)(void *)&loops[bell];
}

static void notice(struct dsi_data_plane *plane, int work)
{
	(void)plane;
	(void)work;
}

static struct dsi_socket *make_socket(uint32_t role)
{
	struct dsi_socket *sock = mc_alloc(sizeof(*sock));
	struct dsi_data_plane *plane = &sock->plane;
	const char *who = role == DSI_ROLE_PRODUCER ? "producer" : "consumer";

	plane->role = role;
	plane->notice = notice;
	atomic_init(&plane->flags, DSI_PLANE_RUNNING | DSI_PLANE_CONNECTED);
	plane->stream_flags = DSI_STREAM_NO_STAMP;
	/* Nothing is stamped, so no latency is counted. */
	plane->stats = mc_alloc(offsetof(struct dsi_shm_stats, latency));
	plane->packets = rig.options.packets;
	plane->slot_stride = RIG_PAYLOAD * sizeof(uint64_t);
	plane->data = (uint8_t *)rig.data;
	plane->data_bytes = rig.options.packets * plane->slot_stride;
	mc_name(&plane->flags, "%s's flags", who);
	mc_name(&plane->word, "%s's private word", who);
	mc_name(&plane->events, "%s's events", who);
	mc_name(&plane->watchers, "%s's watchers", who);
	return sock;
}

static void name_ring(void *memory, uint32_t slots, const char *whose)
{
	struct dsi_shm_desc *desc = memory;
	_Atomic uint64_t *ext = (_Atomic uint64_t *)(void *)(desc + slots);

	for (uint32_t i = 0; i < slots; i++) {
		mc_name(&desc[i].commit, "%sslot %u commit", whose, i);
		mc_name(&desc[i].time_ns, "%sslot %u time", whose, i);
		mc_name(&desc[i].offset, "%sslot %u offset", whose, i);
		mc_name(&desc[i].place, "%sslot %u place", whose, i);
		mc_name(&ext[i * DSI_EXT_WORDS(rig.options.max_sg)],
			"%sslot %u number", whose, i);
	}
}

static void make_producer(void)
{
	const struct rig_options *options = &rig.options;
	struct dsi_producer *producer;

	rig.control = mc_alloc(
		dsi__control_bytes(options->ring_slots, options->max_sg));
	name_ring(rig.control + DSI_SHM_PAGE_HEAD, options->ring_slots, "");
	rig.data = mc_alloc(options->packets * RIG_PAYLOAD * sizeof(uint64_t));
	for (uint32_t i = 0; i < options->packets; i++)
		mc_name(&rig.data[i * RIG_PAYLOAD], "payload %u", i);
	rig.socket = make_socket(DSI_ROLE_PRODUCER);
	rig.plane = &rig.socket->plane;
	rig.plane->packet_bytes = RIG_PAYLOAD * sizeof(uint64_t);
	producer = &rig.plane->as.producer;
	dsi__ring_attach(&producer->ring, rig.control + DSI_SHM_PAGE_HEAD,
			 options->ring_slots, options->max_sg);
	producer->limit = DSI_POSITION_MAX;
	producer->wait_consumers = options->wait_for;
	producer->cool = options->cool;
	mc_check(!dsi__packet_table_init(&rig.plane->table, rig.plane,
					 options->packets, options->max_sg),
		 "memory");
}

static uint32_t own_slots(void)
{
	return rig.options.policy == DSI_POLICY_DROP_NEW
		       ? dsi__pow2(rig.options.quota + 1u)
		       : 0;
}

static void make_consumer(uint32_t index)
{
	const struct rig_options *options = &rig.options;
	struct rig_reader *reader = &rig.readers[index];
	struct dsi_consumer *consumer;
	uint32_t own = own_slots();
	uint8_t *pages;

	reader->signal_bytes = dsi__signal_bytes(own, options->max_sg);
	reader->signal_page = mc_alloc(reader->signal_bytes);
	reader->page_bytes = dsi__page_bytes(options->packets);
	reader->page = mc_alloc(reader->page_bytes);
	reader->socket = make_socket(DSI_ROLE_CONSUMER);
	reader->plane = &reader->socket->plane;
	consumer = &reader->plane->as.consumer;
	pages = own ? (uint8_t *)reader->signal_page : rig.control;
	dsi__ring_attach(&consumer->ring, pages + DSI_SHM_PAGE_HEAD,
			 own ? own : options->ring_slots, options->max_sg);
	if (own)
		name_ring(pages + DSI_SHM_PAGE_HEAD, own, "own ");
	consumer->return_mask = dsi__pow2(options->packets) - 1u;
	consumer->lossy = options->policy == DSI_POLICY_RECLAIM;
	consumer->page = reader->page;
	consumer->returns = (_Atomic uint32_t *)(void *)((char *)reader->page +
							 DSI_SHM_PAGE_HEAD);
	consumer->signal_page = reader->signal_page;
	consumer->waker = (struct dsi_waker){
		.signal = &reader->page->signal,
		.sleep = &reader->signal_page->sleep,
		.bell = 0,
		.cpu = &reader->page->cpu,
	};
	consumer->waiter = (struct dsi_waiter){
		.signal = &reader->signal_page->signal,
		.sleep = &reader->page->sleep,
		.cpu = &reader->signal_page->cpu,
	};
	consumer->early = mc_alloc(8);
	mc_check(!dsi__packet_table_init(&reader->plane->table, reader->plane,
					 options->packets, options->max_sg),
		 "memory");
	mc_name(&reader->signal_page->signal, "signal to consumer");
	mc_name(&reader->signal_page->start, "start");
	mc_name(&reader->signal_page->dropped, "dropped");
	mc_name(&reader->signal_page->sleep, "producer's sleep index");
	mc_name(&reader->page->taken, "taken");
	mc_name(&reader->page->returned, "returned");
	mc_name(&reader->page->signal, "signal to producer");
	mc_name(&reader->page->sleep, "consumer's sleep index");
	for (uint32_t i = 0; i <= consumer->return_mask; i++)
		mc_name(&consumer->returns[i], "return %u", i);
}

void rig_set_up_peer(uint32_t index)
{
	struct rig_reader *reader = &rig.readers[index];
	struct dsi_producer_peer *peer = dsi__producer_place(rig.plane);

	mc_check(peer == reader->peer, "not the first free place");
	peer->policy = rig.options.policy;
	peer->quota = rig.options.quota;
	peer->return_mask = dsi__pow2(rig.options.packets) - 1u;
	if (own_slots())
		dsi__ring_attach(&peer->ring,
				 (char *)reader->signal_page +
					 DSI_SHM_PAGE_HEAD,
				 own_slots(), rig.options.max_sg);
	peer->signal_page = reader->signal_page;
	peer->page = reader->page;
	peer->returns =
		(const _Atomic uint32_t *)(const void *)((const char *)
								 reader->page +
							 DSI_SHM_PAGE_HEAD);
	peer->waker = (struct dsi_waker){
		.signal = &peer->signal_page->signal,
		.sleep = &peer->page->sleep,
		.bell = 1,
		.cpu = &peer->signal_page->cpu,
	};
	peer->waiter = (struct dsi_waiter){
		.signal = &peer->page->signal,
		.sleep = &peer->signal_page->sleep,
		.cpu = &peer->page->cpu,
	};
}

void rig_build(const struct rig_options *options)
{
	rig_setting_up = 1;
	rig = (struct rig){.options = *options};
	if (!rig.options.max_sg)
		rig.options.max_sg = 1;
	options = &rig.options;
	rig.plain = mc_alloc(64);
	rig.over = mc_alloc(64);
	mc_name(rig.plain, "the reason");
	mc_name(rig.over, "over");
	make_producer();
	for (uint32_t i = 0; i < options->readers; i++) {
		make_consumer(i);
		rig.readers[i].peer = &rig.plane->as.producer.peers[i];
		mc_name(rig.readers[i].peer, "state of peer %u", i);
		if (!options->join_late) {
			rig_set_up_peer(i);
			dsi__producer_join(rig.plane, rig.readers[i].peer);
		}
	}
	rig_setting_up = 0;
}
