/* SPDX-License-Identifier: MIT */
/* hand_wired.c - a stream without a handshake; see hand_wired.h. */
#include "tests/stress/hand_wired.h"

#include "dsi/desc.h"
#include "tests/unit/must.h"

static void no_notice(struct dsi_data_plane *plane, int work)
{
	(void)plane;
	(void)work;
}

static char *memory(uint64_t bytes)
{
	char *at = dsi_port_alloc((size_t)bytes);

	MUST(at);
	return at;
}

static void set_up_plane(struct dsi_data_plane *plane, uint32_t role,
			 const struct hand_stream *stream, uint32_t packets)
{
	const struct dsi_stream_desc *desc = &stream->desc;

	*plane = (struct dsi_data_plane){
		.role = role,
		.notice = no_notice,
		.stream_flags = desc->flags,
		.packets = desc->packets,
		.packet_bytes =
			role == DSI_ROLE_PRODUCER ? desc->packet_bytes : 0,
		.slot_stride = dsi__desc_stride(desc),
		.lifetime_ns = desc->lifetime_ns,
		.data = (uint8_t *)stream->data,
		.data_bytes = desc->data_bytes,
	};
	plane->bell_kick.handle = -1;
	plane->stats =
		(struct dsi_shm_stats *)(void *)memory(sizeof(*plane->stats));
	MUST_BE(dsi__packet_table_init(&plane->table, plane, packets,
				       desc->max_sg),
		0);
}

void hand_stream_init(struct hand_stream *stream,
		      const struct dsi_stream_desc *desc, uint64_t position)
{
	struct dsi_producer *producer = &stream->plane.as.producer;

	stream->desc = *desc;
	dsi__desc_resolve(&stream->desc);
	desc = &stream->desc;
	stream->data = memory(desc->data_bytes);
	stream->control =
		memory(dsi__control_bytes(desc->ring_slots, desc->max_sg));
	set_up_plane(&stream->plane, DSI_ROLE_PRODUCER, stream, desc->packets);
	dsi__ring_attach(&producer->ring, stream->control + DSI_SHM_PAGE_HEAD,
			 desc->ring_slots, desc->max_sg);
	producer->position = position;
	producer->least = position;
	producer->limit = DSI_POSITION_MAX;
	dsi__plane_tell(&stream->plane, DSI_PLANE_CONNECTED | DSI_PLANE_RUNNING,
			0);
}

void hand_stream_fini(struct hand_stream *stream)
{
	dsi__packet_table_fini(&stream->plane.table);
	dsi_port_free(stream->plane.stats);
	dsi_port_free(stream->control);
	dsi_port_free(stream->data);
}

static void set_up_consumer(const struct hand_stream *stream,
			    struct hand_consumer *consumer, uint32_t own_slots)
{
	const struct dsi_stream_desc *desc = &stream->desc;
	struct dsi_consumer *end = &consumer->plane.as.consumer;
	char *ring = own_slots ? (char *)consumer->signal : stream->control;
	uint32_t slots = own_slots ? own_slots : desc->ring_slots;

	set_up_plane(&consumer->plane, DSI_ROLE_CONSUMER, stream,
		     desc->packets);
	dsi__ring_attach(&end->ring, ring + DSI_SHM_PAGE_HEAD, slots,
			 desc->max_sg);
	end->return_mask = dsi__pow2(desc->packets) - 1u;
	end->lossy = consumer->policy == DSI_POLICY_RECLAIM;
	end->page = consumer->page;
	end->returns = (_Atomic uint32_t *)(void *)((char *)consumer->page +
						    DSI_SHM_PAGE_HEAD);
	end->signal_page = consumer->signal;
	end->waker = (struct dsi_waker){
		.signal = &consumer->page->signal,
		.sleep = &consumer->signal->sleep,
		.bell = -1,
		.cpu = &consumer->page->cpu,
	};
	end->waiter = (struct dsi_waiter){
		.signal = &consumer->signal->signal,
		.sleep = &consumer->page->sleep,
		.cpu = &consumer->signal->cpu,
	};
	end->early =
		(uint64_t *)(void *)memory(((uint64_t)slots + 63) / 64 * 8);
	dsi__plane_tell(&consumer->plane,
			DSI_PLANE_CONNECTED | DSI_PLANE_RUNNING, 0);
}

static void set_up_peer(const struct hand_stream *stream,
			struct hand_consumer *consumer, uint32_t own_slots,
			uint32_t quota)
{
	struct dsi_producer_peer *peer = consumer->peer;

	peer->policy = consumer->policy;
	peer->quota = quota;
	peer->return_mask = dsi__pow2(stream->desc.packets) - 1u;
	if (own_slots)
		dsi__ring_attach(&peer->ring,
				 (char *)consumer->signal + DSI_SHM_PAGE_HEAD,
				 own_slots, stream->desc.max_sg);
	peer->signal_page = consumer->signal;
	peer->page = consumer->page;
	peer->returns = consumer->plane.as.consumer.returns;
	peer->waker = (struct dsi_waker){
		.signal = &consumer->signal->signal,
		.sleep = &consumer->page->sleep,
		.bell = -1,
		.cpu = &consumer->signal->cpu,
	};
	peer->waiter = (struct dsi_waiter){
		.signal = &consumer->page->signal,
		.sleep = &consumer->signal->sleep,
		.cpu = &consumer->page->cpu,
	};
}

void hand_join(struct hand_stream *stream, struct hand_consumer *consumer,
	       uint32_t policy, uint32_t quota)
{
	const struct dsi_stream_desc *desc = &stream->desc;
	uint32_t own =
		policy == DSI_POLICY_DROP_NEW ? dsi__pow2(quota + 1u) : 0;

	consumer->policy = policy;
	consumer->signal = (struct dsi_shm_signal *)(void *)memory(
		dsi__signal_bytes(own, desc->max_sg));
	consumer->page = (struct dsi_shm_consumer *)(void *)memory(
		dsi__page_bytes(desc->packets));
	consumer->peer = dsi__producer_place(&stream->plane);
	MUST(consumer->peer);
	set_up_consumer(stream, consumer, own);
	set_up_peer(stream, consumer, own, quota);
	dsi__producer_join(&stream->plane, consumer->peer);
}

void hand_leave(struct hand_stream *stream, struct hand_consumer *consumer)
{
	(void)dsi__producer_leave(&stream->plane, consumer->peer);
}

void hand_consumer_fini(struct hand_consumer *consumer)
{
	MUST(dsi__producer_left(consumer->peer));
	dsi__packet_table_fini(&consumer->plane.table);
	dsi_port_free(consumer->plane.stats);
	dsi_port_free(consumer->plane.as.consumer.early);
	dsi_port_free(consumer->signal);
	dsi_port_free(consumer->page);
	dsi__producer_vacate(consumer->peer);
}

/* ---- just before the wrap ------------------------------------------------ */

static void wind_up_table(struct dsi_packet_table *table, uint32_t before)
{
	uint32_t places = table->free_mask + 1u;
	uint32_t steps = before / places * places;

	table->free_head -= steps;
	table->free_tail -= steps;
}

void hand_wind_up(struct hand_stream *stream, struct hand_consumer *consumer,
		  uint32_t before)
{
	struct dsi_producer_peer *peer = consumer->peer;
	struct dsi_consumer *end = &consumer->plane.as.consumer;
	uint64_t far = (UINT64_C(1) << 32) - before;
	uint32_t near = (uint32_t)far;

	MUST(atomic_load(&peer->state) == DSI_PEER_ACTIVE);
	MUST_BE(dsi__consumer_look(&consumer->plane), -DSI_EAGAIN);
	if (consumer->policy == DSI_POLICY_DROP_NEW) {
		peer->position = far;
		peer->taken = far;
		end->position = far;
		end->usual_from = far;
		end->first = 0;
		atomic_store(&consumer->page->taken, far);
	} else {
		/* It has been with us for that long. */
		peer->first -= far;
		end->first -= far;
	}
	peer->returned = far;
	end->returned = far;
	atomic_store(&consumer->page->returned, far);
	atomic_store(&consumer->signal->signal, near);
	end->signal = near;
	atomic_store(&consumer->page->signal, near);
	/* Sleeps are counted in the bits 34 to 63. */
	end->waiter.count = UINT64_MAX - (UINT64_C(20) << 34) + 1u;
	peer->waiter.count = end->waiter.count;
	wind_up_table(&stream->plane.table, before);
	wind_up_table(&consumer->plane.table, before);
}
