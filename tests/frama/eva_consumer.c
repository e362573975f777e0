/* SPDX-License-Identifier: MIT */
/*
 * eva_consumer.c - consumer.c against a producer that writes anything, at any
 * time.  See hostile_world.h.
 */
#include "dsi/consumer.c"

#include "hostile_world.h"

static _Atomic uint32_t returns[PACKETS];
static uint64_t early[1];
static struct dsi_shm_consumer page;
static struct dsi_shm_signal signal_page;
static struct dsi_packet *out[PACKETS];

int dsi__transfer_copy(struct dsi_data_plane *p, struct dsi_packet *pkt)
{
	(void)p, (void)pkt;
	return any_int;
}

int dsi__transfer_borrow(struct dsi_data_plane *p, const struct dsi_packet *pkt)
{
	(void)p, (void)pkt;
	return any_int;
}

void dsi__transfer_give_back(const struct dsi_data_plane *p,
			     const struct dsi_packet *pkt)
{
	(void)p, (void)pkt;
}

static void make_consumer(void)
{
	struct dsi_consumer *c = &plane.as.consumer;

	make_plane(DSI_ROLE_CONSUMER);
	dsi__ring_attach(&c->ring, &ring_memory, SLOTS, MAX_SG);
	c->early = early;
	c->lossy = any_u32;
	c->keep_expired = any_u32;
	c->apart = any_u32;
	c->return_mask = PACKETS - 1u;
	c->page = &page;
	c->signal_page = &signal_page;
	c->returns = returns;
	c->waker.signal = &page.signal;
	c->waker.sleep = &signal_page.sleep;
	c->waker.cpu = &page.cpu;
	c->waiter.signal = &signal_page.signal;
	c->waiter.sleep = &page.sleep;
	c->waiter.cpu = &signal_page.cpu;
}

/* What the application may commit: packets of this socket. */
static void choose(void)
{
	for (uint32_t i = 0; i < PACKETS; i++)
		out[i] = &packets[Frama_C_interval(0, PACKETS - 1)];
}

int main(void)
{
	struct dsi_port_word words[1];

	make_consumer();
	while (any_int) {
		choose();
		/* eva_usual.c has the other way. */
		plane.as.consumer.usual = 0;
		switch (any_int) {
		case 0:
			(void)dsi__consumer_get(&plane, out, 1);
			break;
		case 1:
			(void)dsi__consumer_get(&plane, out, PACKETS);
			break;
		case 2:
			(void)dsi__consumer_get_nr(&plane, any_u64, out);
			break;
		case 3:
			(void)dsi__consumer_commit(&plane, out, 1);
			break;
		case 4:
			(void)dsi__consumer_commit(&plane, out, PACKETS);
			break;
		case 5:
			(void)dsi__consumer_look(&plane);
			break;
		case 6:
			(void)dsi__consumer_valid(&plane, out[0]);
			break;
		case 7:
			(void)dsi__consumer_announce(&plane, words, any_u64);
			break;
		case 8:
			(void)dsi__consumer_apart(&plane, any_u32);
			break;
		default:
			dsi__consumer_withdraw(&plane);
			break;
		}
	}
	return 0;
}
