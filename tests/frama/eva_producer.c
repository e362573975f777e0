/* SPDX-License-Identifier: MIT */
/*
 * eva_producer.c - what producer.c does with the words of a consumer that writes
 * anything, at any time: its return ring, its counters; and what it writes into
 * the rings.  See hostile_world.h.
 *
 * Left out are packets that lend their slot to others (EVA does not follow the
 * recursion) and how consumers are let go of: neither reads a word of theirs.
 */
#include "dsi/producer.c"

#include "hostile_world.h"

static _Atomic uint32_t returns[PACKETS];
static struct ring_memory own_ring;
static struct dsi_shm_consumer page;
static struct dsi_shm_signal signal_page;
static struct dsi_packet *out[PACKETS];

/* An assertion of our own logic: the process ends. */
/*@ ensures \false;
    assigns \nothing; */
void dsi_port_assert_failed(const char *what, const char *file, int line);

void dsi__plane_pay(struct dsi_data_plane *p)
{
	p->owed = NULL;
}

void dsi__plane_wake(struct dsi_data_plane *p)
{
	(void)p;
}

void dsi__transfer_forget(const struct dsi_data_plane *p,
			  const struct dsi_producer_peer *peer)
{
	(void)p, (void)peer;
}

void dsi__transfer_lend(struct dsi_data_plane *p, const struct dsi_packet *pkt,
			uint32_t mask)
{
	(void)p, (void)pkt, (void)mask;
}

void dsi__transfer_recall(struct dsi_data_plane *p,
			  const struct dsi_packet *pkt)
{
	(void)p, (void)pkt;
}

/* Anything that the application can do to a packet. */
static void make_packets(void)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		packets[i].owners = any_u32;
		packets[i].given =
			any_int ? 0 : DSI_GIVEN_NUMBER | DSI_GIVEN_DATA;
		packets[i].sg_count = (uint32_t)Frama_C_interval(0, MAX_SG);
		packets[i].keeps = any_u32;
		packets[i].shares = any_u32;
		packets[i].position = any_u64;
		packets[i].entry.size = any_u32;
		packets[i].entry.flags = (uint16_t)any_u32;
		out[i] = &packets[Frama_C_interval(0, PACKETS - 1)];
	}
}

static void make_peer(struct dsi_producer_peer *peer)
{
	peer->policy = any_u32;
	peer->quota = any_u32;
	peer->return_mask = PACKETS - 1u;
	dsi__ring_attach(&peer->ring, &own_ring, SLOTS, MAX_SG);
	peer->signal_page = &signal_page;
	peer->page = &page;
	peer->returns = returns;
	peer->waker.signal = &signal_page.signal;
	peer->waker.sleep = &page.sleep;
	peer->waker.cpu = &signal_page.cpu;
	peer->waiter.signal = &page.signal;
	peer->waiter.sleep = &signal_page.sleep;
	peer->waiter.cpu = &page.cpu;
	peer->first = any_u64;
	peer->position = any_u64;
	peer->taken = any_u64;
	peer->returned = any_u64;
}

static void notice(struct dsi_data_plane *p, int work)
{
	(void)p, (void)work;
}

static void make_producer(struct dsi_producer *p)
{
	make_plane(DSI_ROLE_PRODUCER);
	plane.notice = notice;
	dsi__ring_attach(&p->ring, &ring_memory, SLOTS, MAX_SG);
	p->position = any_u64;
	p->limit = any_u64;
	p->least = any_u64;
	p->room = any_u32;
	p->cool = any_u32;
	p->block_mask = any_u32 & 1u;
	p->drop_mask = any_u32 & 1u;
	make_peer(&p->peers[0]);
}

static void publish_some(struct dsi_producer *p)
{
	struct dsi_ring_entry entry = {any_u64, any_u64, any_u32,
				       (uint16_t)any_u32, (uint16_t)any_u32};

	if (any_int)
		publish(&plane, &p->ring, any_u64, out[0], &entry);
	else if (any_int)
		publish(&plane, &p->peers[0].ring, any_u64, out[0], &entry);
	else if (any_int)
		dsi__producer_recant(&plane, out, 0, PACKETS);
	else if (any_int)
		revoke(p, out[0]);
}

int main(void)
{
	struct dsi_producer *p = &plane.as.producer;

	make_producer(p);
	while (any_int) {
		make_packets();
		switch (any_int) {
		case 0:
			(void)collect_from(&plane, &p->peers[0]);
			break;
		case 1:
			(void)refresh_taken(&p->peers[0], any_u64);
			break;
		case 2:
			(void)in_flight(p);
			break;
		case 3:
			p->sole = &p->peers[0]; /* until it is exposed */
			(void)dsi__producer_refill(&plane, any_u32);
			break;
		default:
			p->position = any_u64;
			publish_some(p);
			break;
		}
	}
	return 0;
}
