/* SPDX-License-Identifier: MIT */
/*
 * packet.c - the public face of the data plane: checks what the caller
 * hands in, and passes on to producer.c or consumer.c.
 *
 * Contracts: include/dsi/packet.h.
 */
#include <dsi/packet.h>

#include "dsi/data_plane.h"
#include "dsi/shm_check.h"

/* ---- get ----------------------------------------------------------------- */

struct get_request {
	struct dsi_packet **out_pkts;
	uint32_t n;
	uint32_t by_number;
	uint64_t number;
};

/* @flags were read before the ring: then all is seen that was committed before
 * the producer was gone. */
static int32_t or_gone(int32_t got, uint32_t flags)
{
	return got == -DSI_EAGAIN && (flags & DSI_PLANE_GONE) ? -DSI_EPIPE
							      : got;
}

/* One look for packets.  How many, or an error. */
DSI_USUAL int32_t take(struct dsi_data_plane *plane,
		       struct dsi_packet **out_pkts, uint32_t n)
{
	if (plane->role == DSI_ROLE_PRODUCER)
		return n == 1 ? dsi__producer_get_one(plane, out_pkts)
			      : dsi__producer_get(plane, out_pkts, n);
	return n == 1 ? dsi__consumer_get_one(plane, out_pkts)
		      : dsi__consumer_get(plane, out_pkts, n);
}

static int32_t try_get(struct dsi_data_plane *plane,
		       const struct get_request *request)
{
	uint32_t flags = dsi__plane_flags(plane);
	int32_t got = request->by_number
			      ? dsi__consumer_get_nr(plane, request->number,
						     request->out_pkts)
			      : take(plane, request->out_pkts, request->n);

	return or_gone(got, flags);
}

/* Called while waiting: a stop or an abort ends it. */
static int look_get(struct dsi_data_plane *plane, void *arg)
{
	int err = dsi__plane_check(plane, 1);

	return err ? err : try_get(plane, arg);
}

/* Silencing the bell has silenced the news of an event, too: each is told
 * once more after a get() that found nothing. */
static void tell_events(struct dsi_data_plane *plane)
{
	/* relaxed: an event that comes later rings by itself. */
	uint32_t events =
		atomic_load_explicit(&plane->events, memory_order_relaxed);

	if (events & ~plane->events_told)
		dsi__plane_wake(plane);
	plane->events_told = events;
}

/* The application waits in an event loop: ring the bell for us.  Announced
 * once for each -DSI_EAGAIN, and looked again as for a sleep. */
static int32_t arm(struct dsi_data_plane *plane,
		   const struct get_request *request)
{
	struct dsi_port_word words[DSI_PEER_SLOTS];
	int32_t got;

	(void)dsi__plane_announce(plane, words, DSI_SLEEP_BELL);
	dsi__notify_fence();
	got = try_get(plane, request);
	if (got == -DSI_EAGAIN)
		plane->armed = 1;
	else
		dsi__plane_withdraw(plane);
	tell_events(plane);
	return got;
}

/* The first look found nothing, or nothing of use. */
DSI_RARE static int32_t get_later(struct dsi_data_plane *plane,
				  uint64_t deadline_ns,
				  struct get_request *request)
{
	int32_t got;

	if (deadline_ns != 0)
		return dsi__plane_wait(plane, deadline_ns, look_get, request);
	/* relaxed: set by this thread. */
	if (!atomic_load_explicit(&plane->bells, memory_order_relaxed))
		return -DSI_EAGAIN;
	got = arm(plane, request);
	if (got != -DSI_EBUSY)
		return got;
	dsi__plane_wake(plane); /* more to skip: be readable at once */
	return -DSI_EAGAIN;
}

DSI_RARE static int32_t get_next_later(struct dsi_data_plane *plane,
				       uint64_t deadline_ns,
				       struct dsi_packet **out_pkts, uint32_t n)
{
	struct get_request request = {.out_pkts = out_pkts, .n = n};

	return get_later(plane, deadline_ns, &request);
}

/* Before a get looks: take back what the last one left for an event loop. */
DSI_USUAL void begin_get(struct dsi_data_plane *plane)
{
	if (plane->armed)
		dsi__plane_disarm(plane);
	plane->unarmed = 0;
}

DSI_USUAL int32_t get(struct dsi_data_plane *plane, uint64_t deadline_ns,
		      struct dsi_packet **out_pkts, uint32_t n)
{
	uint32_t flags;
	int32_t got;

	begin_get(plane);
	flags = dsi__plane_flags(plane);
	got = dsi__plane_verdict(flags);
	if (got == 0)
		got = take(plane, out_pkts, n);
	if (got > 0)
		return got;
	got = or_gone(got, flags);
	if (got != -DSI_EAGAIN && got != -DSI_EBUSY)
		return got;
	return get_next_later(plane, deadline_ns, out_pkts, n);
}

int dsi_packet_get(struct dsi_socket *sock, uint64_t deadline_ns,
		   struct dsi_packet **out_pkt)
{
	int32_t got;

	if (!sock || !out_pkt)
		return -DSI_EINVAL;
	got = get(dsi__plane(sock), deadline_ns, out_pkt, 1);
	return got < 0 ? got : 0;
}

int32_t dsi_packet_get_many(struct dsi_socket *sock, uint64_t deadline_ns,
			    struct dsi_packet **out_pkts, uint32_t n)
{
	if (!sock || !out_pkts || n == 0 || n > DSI_MAX_PACKETS)
		return -DSI_EINVAL;
	return get(dsi__plane(sock), deadline_ns, out_pkts, n);
}

int dsi_packet_get_nr(struct dsi_socket *sock, uint64_t number,
		      uint64_t deadline_ns, struct dsi_packet **out_pkt)
{
	struct get_request request = {out_pkt, 1, 1, number};
	struct dsi_data_plane *plane;
	int32_t got;

	if (!sock || !out_pkt || dsi__plane(sock)->role != DSI_ROLE_CONSUMER)
		return -DSI_EINVAL;
	plane = dsi__plane(sock);
	begin_get(plane);
	got = dsi__plane_check(plane, 0);
	if (got == 0)
		got = try_get(plane, &request);
	if (got == -DSI_EAGAIN || got == -DSI_EBUSY)
		got = get_later(plane, deadline_ns, &request);
	return got < 0 ? got : 0;
}

int dsi_packet_get_abort(struct dsi_socket *sock)
{
	if (!sock)
		return -DSI_EINVAL;
	dsi__plane_tell(dsi__plane(sock), DSI_PLANE_ABORT, 0);
	return 0;
}

/* ---- commit -------------------------------------------------------------- */

static int is_held(const struct dsi_packet_table *table,
		   const struct dsi_packet *pkt)
{
	return dsi__packet_table_has(table, pkt) && pkt->state == DSI_PKT_HELD;
}

/* A batch must not name a packet twice, so each is marked when it was checked.
 * All of them leave the application's hands, or none. */
DSI_USUAL int take_over(const struct dsi_data_plane *plane,
			struct dsi_packet *const *pkts, uint32_t n)
{
	const struct dsi_packet_table table = plane->table;

	for (uint32_t i = 0; i < n; i++) {
		if (!is_held(&table, pkts[i])) {
			while (i-- > 0)
				pkts[i]->state = DSI_PKT_HELD;
			return -DSI_EINVAL;
		}
		pkts[i]->state = DSI_PKT_FLIGHT;
	}
	return 0;
}

int dsi_packet_commit_many(struct dsi_socket *sock,
			   struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_data_plane *plane;

	if (!sock || !pkts || n == 0 || n > DSI_MAX_PACKETS)
		return -DSI_EINVAL;
	plane = dsi__plane(sock);
	if (plane->role == DSI_ROLE_PRODUCER)
		dsi__producer_adopt(plane);
	if (take_over(plane, pkts, n))
		return -DSI_EINVAL;
	return plane->role == DSI_ROLE_PRODUCER
		       ? dsi__producer_commit(plane, pkts, n)
		       : dsi__consumer_commit(plane, pkts, n);
}

int dsi_packet_commit(struct dsi_socket *sock, struct dsi_packet *pkt)
{
	struct dsi_data_plane *plane;

	if (!sock)
		return -DSI_EINVAL;
	plane = dsi__plane(sock);
	if (plane->role == DSI_ROLE_CONSUMER)
		return take_over(plane, &pkt, 1)
			       ? -DSI_EINVAL
			       : dsi__consumer_commit_one(plane, pkt);
	dsi__producer_adopt(plane);
	if (take_over(plane, &pkt, 1))
		return -DSI_EINVAL;
	return dsi__producer_commit_one(plane, pkt);
}

int dsi_packet_discard(struct dsi_socket *sock, struct dsi_packet *pkt)
{
	struct dsi_data_plane *plane;

	if (!sock)
		return -DSI_EINVAL;
	plane = dsi__plane(sock);
	if (plane->role != DSI_ROLE_PRODUCER || !is_held(&plane->table, pkt))
		return -DSI_EINVAL;
	dsi__producer_discard(plane, pkt);
	return 0;
}

/* ---- what is in a packet ------------------------------------------------- */

static int readable(const struct dsi_packet *pkt)
{
	return pkt && pkt->state == DSI_PKT_HELD;
}

static int writable(const struct dsi_packet *pkt)
{
	return readable(pkt) && pkt->plane->role == DSI_ROLE_PRODUCER;
}

int dsi_packet_element(const struct dsi_packet *pkt, uint32_t index,
		       uint64_t *out_offset, uint32_t *out_size)
{
	if (!readable(pkt) || index >= pkt->sg_count || !out_offset ||
	    !out_size)
		return -DSI_EINVAL;
	*out_offset = pkt->sg[index].offset;
	*out_size = pkt->sg[index].size;
	return 0;
}

int dsi_packet_data(const struct dsi_packet *pkt, uint32_t index,
		    void **out_addr, uint32_t *out_size)
{
	uint64_t offset;

	if (!out_addr || dsi_packet_element(pkt, index, &offset, out_size))
		return -DSI_EINVAL;
	if (pkt->flags & DSI_PACKET_PHYS)
		offset -= pkt->plane->physical;
	*out_addr = pkt->plane->data + offset;
	return 0;
}

int32_t dsi_packet_count(const struct dsi_packet *pkt)
{
	return readable(pkt) ? (int32_t)pkt->sg_count : -DSI_EINVAL;
}

int dsi_packet_set_size(struct dsi_packet *pkt, uint32_t size_bytes)
{
	if (!writable(pkt) || !pkt->plane->packet_bytes)
		return -DSI_EINVAL;
	if (size_bytes > pkt->plane->packet_bytes)
		return -DSI_ENOSPC;
	pkt->sg[0].size = size_bytes;
	pkt->given |= DSI_GIVEN_DATA;
	return 0;
}

static int add_element(struct dsi_packet *pkt, uint64_t offset, uint32_t size,
		       uint32_t owner)
{
	if (pkt->sg_count == pkt->plane->table.max_sg)
		return -DSI_ENOSPC;
	if (!dsi__element_inside(pkt->flags, offset, size, pkt->plane->physical,
				 pkt->plane->data_bytes))
		return -DSI_ENOSPC;
	pkt->sg[pkt->sg_count++] = (struct dsi_sg_element){offset, size, owner};
	pkt->given |= DSI_GIVEN_DATA;
	return 0;
}

int dsi_packet_add_data(struct dsi_packet *pkt, uint64_t offset_bytes,
			uint32_t size_bytes)
{
	if (!writable(pkt))
		return -DSI_EINVAL;
	return add_element(pkt, offset_bytes, size_bytes, DSI_NO_OWNER);
}

/* Sharing is one level deep: neither may a borrower lend, nor a lender
 * borrow, so that freeing one packet can free only its direct owners. */
static int may_lend(const struct dsi_packet *pkt,
		    const struct dsi_packet *owner)
{
	if (!dsi__packet_table_has(&pkt->plane->table, owner) || owner == pkt ||
	    (pkt->given & DSI_GIVEN_SLOT) || !pkt->plane->packet_bytes)
		return 0;
	if (owner->state != DSI_PKT_HELD && !owner->keeps)
		return 0;
	for (uint32_t i = 0; i < owner->sg_count; i++)
		if (owner->sg[i].owner != DSI_NO_OWNER)
			return 0;
	return 1;
}

int dsi_packet_add_shared(struct dsi_packet *pkt, struct dsi_packet *owner,
			  uint64_t offset_bytes, uint32_t size_bytes)
{
	int err;

	if (!writable(pkt) || !may_lend(pkt, owner))
		return -DSI_EINVAL;
	if (!dsi__range_inside(offset_bytes, size_bytes,
			       pkt->plane->packet_bytes))
		return -DSI_ENOSPC;
	err = add_element(pkt,
			  owner->token * pkt->plane->slot_stride + offset_bytes,
			  size_bytes, owner->token);
	if (err)
		return err;
	pkt->given |= DSI_GIVEN_LOAN;
	owner->given |= DSI_GIVEN_SLOT;
	owner->shares++;
	return 0;
}

int dsi_packet_keep(struct dsi_packet *pkt)
{
	if (!writable(pkt))
		return -DSI_EINVAL;
	pkt->keeps++;
	return 0;
}

int dsi_packet_unkeep(struct dsi_packet *pkt)
{
	if (!pkt || pkt->state == DSI_PKT_FREE || !pkt->keeps)
		return -DSI_EINVAL;
	dsi__producer_unkeep(pkt->plane, pkt);
	return 0;
}

int dsi_packet_set_number(struct dsi_packet *pkt, uint64_t number)
{
	if (!writable(pkt))
		return -DSI_EINVAL;
	pkt->number = number;
	pkt->given |= DSI_GIVEN_NUMBER;
	return 0;
}

int dsi_packet_set_time(struct dsi_packet *pkt, uint64_t time_ns)
{
	if (!writable(pkt))
		return -DSI_EINVAL;
	pkt->time_ns = time_ns;
	pkt->given |= DSI_GIVEN_TIME;
	return 0;
}

int dsi_packet_set_expiry(struct dsi_packet *pkt, uint64_t expires_ns)
{
	if (!writable(pkt))
		return -DSI_EINVAL;
	pkt->expires_ns = expires_ns;
	pkt->given |= DSI_GIVEN_EXPIRY;
	return 0;
}

int dsi_packet_set_flags(struct dsi_packet *pkt, uint32_t flags)
{
	uint32_t known = DSI_PACKET_GAP | DSI_PACKET_EOS | DSI_PACKET_USER;

	if (!writable(pkt))
		return -DSI_EINVAL;
	if (pkt->plane->stream_flags & DSI_STREAM_PHYS)
		known |= DSI_PACKET_PHYS;
	if (flags & ~known)
		return -DSI_EINVAL;
	/* What its elements are cannot change once there are some.  (A stream
	 * with PHYS has no slots, so a new packet has none.) */
	if (((flags ^ pkt->flags) & DSI_PACKET_PHYS) && pkt->sg_count)
		return -DSI_EINVAL;
	pkt->flags = flags;
	pkt->given |= DSI_GIVEN_FLAGS;
	return 0;
}

uint64_t dsi_packet_number(const struct dsi_packet *pkt)
{
	return readable(pkt) ? pkt->number : 0;
}

uint64_t dsi_packet_time(const struct dsi_packet *pkt)
{
	return readable(pkt) ? pkt->time_ns : 0;
}

uint64_t dsi_packet_expiry(const struct dsi_packet *pkt)
{
	return readable(pkt) ? pkt->expires_ns : 0;
}

uint32_t dsi_packet_flags(const struct dsi_packet *pkt)
{
	return readable(pkt) ? pkt->flags & (uint32_t)~DSI_DESC_STAMPED : 0;
}

int dsi_packet_valid(const struct dsi_packet *pkt)
{
	if (!readable(pkt) || pkt->plane->role != DSI_ROLE_CONSUMER)
		return -DSI_EINVAL;
	return dsi__consumer_valid(pkt->plane, pkt);
}
