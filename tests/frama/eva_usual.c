/* SPDX-License-Identifier: MIT */
/*
 * eva_usual.c - usual_consumer.h and usual_producer.h against a peer that
 * writes anything, at any time.  See hostile_world.h.
 *
 * These functions take whole blocks of the table of free packets, so how many of
 * them there are must be known while one is analysed: each is called in every
 * state that the table can have, with every number of packets.
 */
#include "dsi/usual_consumer.h"
#include "dsi/usual_producer.h"
#include "dsi/usual_wait.h"

#include "hostile_world.h"

/* Without rows, so that behind the last descriptor there is nothing. */
static struct dsi_shm_desc descriptors[SLOTS];
static _Atomic uint32_t returns[PACKETS];
static struct dsi_shm_consumer page;
static struct dsi_shm_signal signal_page;
static struct dsi_packet *out[PACKETS];

int dsi__producer_tell(struct dsi_data_plane *p)
{
	(void)p;
	return 0;
}

int32_t dsi__consumer_tell_taken(struct dsi_data_plane *p, int32_t answer)
{
	(void)p;
	return answer;
}

void dsi__producer_recant(struct dsi_data_plane *p,
			  struct dsi_packet *const *pkts, uint32_t from,
			  uint32_t n)
{
	(void)p, (void)pkts, (void)from, (void)n;
}

static void choose(void)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		packets[i].mark = any_int ? 0 : any_u64;
		packets[i].entry.size = any_u32;
	}
	for (uint32_t i = 0; i < PACKETS; i++)
		out[i] = &packets[Frama_C_interval(0, PACKETS - 1)];
}

static void make_consumer(uint64_t position)
{
	struct dsi_consumer *c = &plane.as.consumer;

	make_plane(DSI_ROLE_CONSUMER);
	dsi__ring_attach(&c->ring, descriptors, SLOTS, MAX_SG);
	c->position = position;
	c->returned = any_u64;
	c->usual_size = any_u32;
	c->usual_offset = any_u64;
	c->usual_mask = any_u64;
	c->usual_flags = any_u64;
	c->usual_end = any_u64;
	c->tells = any_u32;
	c->return_mask = PACKETS - 1u;
	c->page = &page;
	c->signal_page = &signal_page;
	c->returns = returns;
	c->waker.signal = &page.signal;
	c->waker.sleep = &signal_page.sleep;
	c->waker.cpu = &page.cpu;
}

static void consume(uint32_t n)
{
	struct dsi_packet *pkt;
	uint64_t bytes = 0;

	choose();
	if (any_int)
		(void)dsi__usual_take(&plane, out, n, 0, &bytes);
	else if (any_int)
		(void)dsi__usual_take(&plane, out, n, 1, &bytes);
	else if (any_int)
		(void)dsi__usual_take_one(&plane, &pkt);
	else if (any_int)
		(void)dsi__usual_none_came(&plane);
	else if (dsi__usual_give(&plane, out, n))
		(void)dsi__usual_gave(&plane, n, any_int);
}

static void make_producer(uint64_t position)
{
	struct dsi_producer *p = &plane.as.producer;
	struct dsi_producer_peer *peer = &p->peers[0];

	make_plane(DSI_ROLE_PRODUCER);
	dsi__ring_attach(&p->ring, descriptors, SLOTS, MAX_SG);
	p->position = position;
	p->limit = any_u64;
	p->least = any_u64;
	p->ready = any_u32;
	p->calm = any_u64;
	p->cool = any_u32;
	p->half = any_u32;
	p->block_mask = 1;
	p->sole = peer;
	peer->returned = any_u64;
	peer->first = any_u64;
	peer->taken = any_u64;
	peer->return_mask = PACKETS - 1u;
	peer->page = &page;
	peer->returns = returns;
	peer->signal_page = &signal_page;
	peer->waker.signal = &signal_page.signal;
	peer->waker.sleep = &page.sleep;
	peer->waker.cpu = &signal_page.cpu;
}

static void produce(uint32_t n)
{
	uint64_t bytes = 0;

	choose();
	if (any_int)
		(void)dsi__usual_reserve(&plane, out, n);
	else if (any_int)
		(void)dsi__usual_reserve_one(&plane, out);
	else if (any_int)
		(void)dsi__usual_reuse(&plane, out, n);
	else if (any_int)
		(void)dsi__usual_half_back(&plane);
	else if (any_int)
		(void)dsi__usual_retake(&plane, out, n);
	else if (any_int)
		(void)(dsi__usual_all_out(&plane) &&
		       dsi__usual_none_back(&plane));
	else if (dsi__usual_send(&plane, out, n, any_u64, &bytes))
		(void)dsi__usual_sent(&plane, n, bytes, any_int);
}

/* In every state of the table; @lap: where in the ring it is. */
static void with_table(void (*call)(uint32_t n), void (*make)(uint64_t at),
		       uint32_t lap)
{
	/*@ loop unroll 4; */
	for (uint32_t head = 0; head < PACKETS; head++)
		/*@ loop unroll 5; */
		for (uint32_t count = 0; count <= PACKETS; count++)
			/*@ loop unroll 4; */
			for (uint32_t n = 1; n <= PACKETS; n++) {
				make((any_u64 >> 2) * SLOTS + lap);
				plane.table.free_head = head;
				plane.table.free_tail = head + count;
				call(n);
			}
}

int main(void)
{
	/*@ loop unroll 4; */
	for (uint32_t lap = 0; lap < SLOTS; lap++) {
		with_table(consume, make_consumer, lap);
		with_table(produce, make_producer, lap);
	}
	return 0;
}
