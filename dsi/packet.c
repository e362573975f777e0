/* SPDX-License-Identifier: MIT */
/*
 * packet.c - the public face of the data plane: checks what the caller
 * hands in, and passes on to producer.c or consumer.c.
 *
 * Each get and commit first tries the usual way (usual_producer.h,
 * usual_consumer.h), which is compiled in here and ends without a call; what is
 * not usual is left to a function that is not inlined.  A get that finds nothing
 * sleeps once the usual way (usual_wait.h) before it looks at everything.
 *
 * Contracts: include/dsi/packet.h.
 */
#include <dsi/packet.h>

#include "dsi/data_plane.h"
#include "dsi/shm_check.h"
#include "dsi/trace_hooks.h"
#include "dsi/usual_consumer.h"
#include "dsi/usual_producer.h"
#include "dsi/usual_wait.h"

/* May packets go this usual way now?  Not while the control plane has something
 * to say. */
DSI_USUAL int usual(uint32_t flags, uint32_t way)
{
	return flags == (DSI_PLANE_FLOWS | way);
}

/* Which way could they go with a provider of traces that wants nothing now? */
static uint32_t usual_quiet(const struct dsi_data_plane *plane)
{
	return dsi__plane_flags(plane) == DSI_PLANE_FLOWS &&
			       dsi__trace_quiet(plane)
		       ? plane->usual_quiet
		       : 0;
}

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
static int32_t take(struct dsi_data_plane *plane, struct dsi_packet **out_pkts,
		    uint32_t n)
{
	return plane->role == DSI_ROLE_PRODUCER
		       ? dsi__producer_get(plane, out_pkts, n)
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
	dsi__plane_note_usual(plane);
	tell_events(plane);
	return got;
}

/* The first look found nothing, or nothing of use. */
static int32_t get_later(struct dsi_data_plane *plane, uint64_t deadline_ns,
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

/* Before a get looks: take back what the last one left for an event loop. */
static void begin_get(struct dsi_data_plane *plane)
{
	if (!plane->armed && !plane->unarmed)
		return;
	if (plane->armed)
		dsi__plane_disarm(plane);
	plane->unarmed = 0;
	dsi__plane_note_usual(plane);
}

/* Look what is free by now, and take of that. */
DSI_USUAL int reserve_more(struct dsi_data_plane *plane,
			   struct dsi_packet **out_pkts, uint32_t n)
{
	return dsi__producer_refill(plane, n) &&
	       dsi__usual_reserve(plane, out_pkts, n);
}

/* The usual way with a provider of traces.  How many, or 0. */
DSI_RARE static int32_t get_quietly(struct dsi_data_plane *plane,
				    struct dsi_packet **out_pkts, uint32_t n)
{
	uint32_t way = usual_quiet(plane);
	int32_t got = 0;

	if ((way & (DSI_USUAL_SEND | DSI_USUAL_SEND_STAMPED)) &&
	    (dsi__usual_reserve(plane, out_pkts, n) ||
	     reserve_more(plane, out_pkts, n)))
		return (int32_t)n;
	if (way & (DSI_USUAL_TAKE | DSI_USUAL_TAKE_STAMPED))
		got = dsi__consumer_get(plane, out_pkts, n);
	return got > 0 ? got : 0;
}

/* Any get, whatever comes. */
DSI_RARE static int32_t get(struct dsi_data_plane *plane, uint64_t deadline_ns,
			    struct dsi_packet **out_pkts, uint32_t n)
{
	struct get_request request = {.out_pkts = out_pkts, .n = n};
	uint32_t flags;
	int32_t got;

	if (dsi__traced(plane)) {
		got = get_quietly(plane, out_pkts, n);
		if (got)
			return got;
	}
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
	return get_later(plane, deadline_ns, &request);
}

DSI_RARE static int get_one(struct dsi_data_plane *plane, uint64_t deadline_ns,
			    struct dsi_packet **out_pkt)
{
	int32_t got = get(plane, deadline_ns, out_pkt, 1);

	return got < 0 ? got : 0;
}

/* Any get, after a sleep that ended as @slept says: whatever came. */
DSI_RARE static int32_t get_waiting(struct dsi_data_plane *plane, int slept,
				    uint64_t deadline_ns,
				    struct dsi_packet **out_pkts, uint32_t n)
{
	struct get_request request = {.out_pkts = out_pkts, .n = n};
	int32_t got = look_get(plane, &request);

	if (got != -DSI_EAGAIN && got != -DSI_EBUSY)
		return got;
	return slept < 0 ? slept
			 : dsi__plane_wait(plane, deadline_ns, look_get,
					   &request);
}

DSI_RARE static int get_one_waiting(struct dsi_data_plane *plane, int slept,
				    uint64_t deadline_ns,
				    struct dsi_packet **out_pkt)
{
	int32_t got = get_waiting(plane, slept, deadline_ns, out_pkt, 1);

	return got < 0 ? got : 0;
}

/* Usual but for a look at the clock. */
DSI_RARE static int32_t take_stamped(struct dsi_data_plane *plane,
				     uint64_t deadline_ns,
				     struct dsi_packet **out_pkts, uint32_t n)
{
	int32_t got = dsi__consumer_get(plane, out_pkts, n);

	return got > 0 ? got : get(plane, deadline_ns, out_pkts, n);
}

DSI_RARE static int take_one_stamped(struct dsi_data_plane *plane,
				     uint64_t deadline_ns,
				     struct dsi_packet **out_pkt)
{
	int32_t got = dsi__consumer_get(plane, out_pkt, 1);

	return got > 0 ? 0 : get_one(plane, deadline_ns, out_pkt);
}

/* The usual sleep of a consumer. */
DSI_USUAL int sleep_for_packet(struct dsi_data_plane *plane,
			       uint64_t deadline_ns)
{
	return dsi__usual_sleep(plane, &plane->as.consumer.waiter,
				DSI_PLANE_FLOWS | DSI_USUAL_TAKE, deadline_ns,
				dsi__usual_none_came);
}

/* Nothing is there, or nothing usual. */
DSI_RARE static int take_one_later(struct dsi_data_plane *plane,
				   uint64_t deadline_ns,
				   struct dsi_packet **out_pkt)
{
	int slept = sleep_for_packet(plane, deadline_ns);
	int64_t size = -1;

	if (slept == DSI_SLEPT_NOT)
		return get_one(plane, deadline_ns, out_pkt);
	if (slept == DSI_SLEPT)
		size = dsi__usual_take_one(plane, out_pkt);
	return size >= 0 ? dsi__usual_got(plane, 1, (uint64_t)size, 0)
			 : get_one_waiting(plane, slept, deadline_ns, out_pkt);
}

/* A function for each role, here and below, so that each has the registers for
 * itself and saves only those that it takes. */
DSI_RARE static int take_one(struct dsi_data_plane *plane, uint64_t deadline_ns,
			     struct dsi_packet **out_pkt)
{
	int64_t size = dsi__usual_take_one(plane, out_pkt);

	return size >= 0 ? dsi__usual_got(plane, 1, (uint64_t)size, 0)
			 : take_one_later(plane, deadline_ns, out_pkt);
}

/* Between two looks of a producer that polls: if the consumer has packets, and is not
 * waiting for us to wake it. */
DSI_USUAL void relax(const struct dsi_data_plane *plane)
{
	if (plane->table.count < DSI_RELAX_PACKETS || plane->owed ||
	    !dsi__usual_none_back(plane))
		return;
	for (uint32_t i = 0; i < DSI_RELAX_TIMES; i++)
		dsi_port_relax();
}

/* The usual sleep of a producer. */
DSI_USUAL int sleep_for_space(struct dsi_data_plane *plane,
			      uint64_t deadline_ns)
{
	if (deadline_ns == 0)
		relax(plane);
	return dsi__usual_sleep(plane, &plane->as.producer.sole->waiter,
				DSI_PLANE_FLOWS | plane->usual_quiet,
				deadline_ns, dsi__usual_none_back);
}

/* No packet is free. */
DSI_RARE static int32_t reserve_later(struct dsi_data_plane *plane,
				      uint64_t deadline_ns,
				      struct dsi_packet **out_pkts, uint32_t n)
{
	int slept = sleep_for_space(plane, deadline_ns);

	if (slept == DSI_SLEPT_NOT)
		return get(plane, deadline_ns, out_pkts, n);
	return slept == DSI_SLEPT && (dsi__usual_retake(plane, out_pkts, n) ||
				      reserve_more(plane, out_pkts, n))
		       ? (int32_t)n
		       : get_waiting(plane, slept, deadline_ns, out_pkts, n);
}

DSI_RARE static int reserve_one_later(struct dsi_data_plane *plane,
				      uint64_t deadline_ns,
				      struct dsi_packet **out_pkt)
{
	int slept = sleep_for_space(plane, deadline_ns);

	if (slept == DSI_SLEPT_NOT)
		return get_one(plane, deadline_ns, out_pkt);
	return slept == DSI_SLEPT && (dsi__usual_retake(plane, out_pkt, 1) ||
				      reserve_more(plane, out_pkt, 1))
		       ? 0
		       : get_one_waiting(plane, slept, deadline_ns, out_pkt);
}

/* None is ready. */
DSI_RARE static int32_t reserve_on(struct dsi_data_plane *plane,
				   uint64_t deadline_ns,
				   struct dsi_packet **out_pkts, uint32_t n)
{
	if (dsi__usual_all_out(plane))
		return reserve_later(plane, deadline_ns, out_pkts, n);
	return reserve_more(plane, out_pkts, n)
		       ? (int32_t)n
		       : get(plane, deadline_ns, out_pkts, n);
}

DSI_RARE static int reserve_one_on(struct dsi_data_plane *plane,
				   uint64_t deadline_ns,
				   struct dsi_packet **out_pkt)
{
	int32_t got;

	/* If nothing is free, one that came back is taken at once, without
	 * making it free first, unless half of a few did. */
	if (dsi__packet_table_free(&plane->table) == 0 &&
	    !dsi__usual_half_back(plane) && dsi__usual_reuse(plane, out_pkt, 1))
		return 0;
	got = reserve_on(plane, deadline_ns, out_pkt, 1);
	return got < 0 ? got : 0;
}

/* The usual way is not enough. */
DSI_USUAL int reserve_one_else(struct dsi_data_plane *plane,
			       uint64_t deadline_ns,
			       struct dsi_packet **out_pkt)
{
	return dsi__usual_all_out(plane)
		       ? reserve_one_later(plane, deadline_ns, out_pkt)
		       : reserve_one_on(plane, deadline_ns, out_pkt);
}

DSI_RARE static int reserve_one(struct dsi_data_plane *plane,
				uint64_t deadline_ns,
				struct dsi_packet **out_pkt)
{
	return dsi__usual_reserve_one(plane, out_pkt)
		       ? 0
		       : reserve_one_else(plane, deadline_ns, out_pkt);
}

/* Neither of the two commonest ways. */
DSI_RARE static int get_one_stamped(struct dsi_data_plane *plane,
				    uint64_t deadline_ns,
				    struct dsi_packet **out_pkt)
{
	uint32_t flags = dsi__plane_flags(plane);

	if (usual(flags, DSI_USUAL_TAKE_STAMPED))
		return take_one_stamped(plane, deadline_ns, out_pkt);
	if (usual(flags, DSI_USUAL_SEND_STAMPED))
		return reserve_one(plane, deadline_ns, out_pkt);
	return get_one(plane, deadline_ns, out_pkt);
}

DSI_USUAL int get_packet(struct dsi_data_plane *plane, uint64_t deadline_ns,
			 struct dsi_packet **out_pkt)
{
	uint32_t flags = dsi__plane_flags(plane);

	if (usual(flags, DSI_USUAL_TAKE))
		return take_one(plane, deadline_ns, out_pkt);
	if (usual(flags, DSI_USUAL_SEND))
		return reserve_one(plane, deadline_ns, out_pkt);
	return get_one_stamped(plane, deadline_ns, out_pkt);
}

int dsi_packet_get(struct dsi_socket *sock, uint64_t deadline_ns,
		   struct dsi_packet **out_pkt)
{
	if (!sock || !out_pkt)
		return -DSI_EINVAL;
	return get_packet(dsi__plane(sock), deadline_ns, out_pkt);
}

/* Nothing is there, or nothing usual. */
DSI_RARE static int32_t take_later(struct dsi_data_plane *plane,
				   uint64_t deadline_ns,
				   struct dsi_packet **out_pkts, uint32_t n)
{
	int slept = sleep_for_packet(plane, deadline_ns);
	uint64_t bytes = 0;
	uint32_t got = 0;

	if (slept == DSI_SLEPT_NOT)
		return get(plane, deadline_ns, out_pkts, n);
	if (slept == DSI_SLEPT)
		got = dsi__usual_take(plane, out_pkts, n, 0, &bytes);
	if (got == n)
		return dsi__usual_got(plane, n, bytes, (int32_t)n);
	return got > 0 ? dsi__consumer_get_rest(plane, out_pkts, n, got, bytes)
		       : get_waiting(plane, slept, deadline_ns, out_pkts, n);
}

DSI_RARE static int32_t take_many(struct dsi_data_plane *plane,
				  uint64_t deadline_ns,
				  struct dsi_packet **out_pkts, uint32_t n)
{
	uint64_t bytes = 0;
	uint32_t got = dsi__usual_take(plane, out_pkts, n, 0, &bytes);

	if (got == n)
		return dsi__usual_got(plane, n, bytes, (int32_t)n);
	return got > 0 ? dsi__consumer_get_rest(plane, out_pkts, n, got, bytes)
		       : take_later(plane, deadline_ns, out_pkts, n);
}

DSI_RARE static int32_t reserve_many(struct dsi_data_plane *plane,
				     uint64_t deadline_ns,
				     struct dsi_packet **out_pkts, uint32_t n)
{
	return dsi__usual_reuse(plane, out_pkts, n) ||
			       dsi__usual_reserve(plane, out_pkts, n)
		       ? (int32_t)n
		       : reserve_on(plane, deadline_ns, out_pkts, n);
}

int32_t dsi_packet_get_many(struct dsi_socket *sock, uint64_t deadline_ns,
			    struct dsi_packet **out_pkts, uint32_t n)
{
	struct dsi_data_plane *plane = dsi__plane(sock);
	uint32_t flags;

	if (!sock || !out_pkts || n == 0 || n > DSI_MAX_PACKETS)
		return -DSI_EINVAL;
	flags = dsi__plane_flags(plane);
	if (usual(flags, DSI_USUAL_TAKE))
		return take_many(plane, deadline_ns, out_pkts, n);
	if (usual(flags, DSI_USUAL_SEND) ||
	    usual(flags, DSI_USUAL_SEND_STAMPED))
		return reserve_many(plane, deadline_ns, out_pkts, n);
	if (usual(flags, DSI_USUAL_TAKE_STAMPED))
		return take_stamped(plane, deadline_ns, out_pkts, n);
	return get(plane, deadline_ns, out_pkts, n);
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
	return dsi__packet_table_has(table, pkt) && pkt->owners == DSI_OWNER_US;
}

/* A batch must not name a packet twice, so each is marked when it was checked.
 * All of them leave the application's hands, or none. */
static int take_over(const struct dsi_data_plane *plane,
		     struct dsi_packet *const *pkts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!is_held(&plane->table, pkts[i])) {
			while (i-- > 0)
				pkts[i]->owners = DSI_OWNER_US;
			return -DSI_EINVAL;
		}
		pkts[i]->owners = 0;
	}
	return 0;
}

/* The usual way; @now: 0 or the stamp.  1 if it is done. */
DSI_USUAL int send(struct dsi_data_plane *plane, struct dsi_packet *const *pkts,
		   uint32_t n, uint64_t now)
{
	uint64_t bytes = 0;

	if (!dsi__usual_send(plane, pkts, n, now, &bytes))
		return 0;
	(void)dsi__usual_sent(plane, n, bytes, 0);
	return 1;
}

DSI_USUAL int give(struct dsi_data_plane *plane, struct dsi_packet *const *pkts,
		   uint32_t n)
{
	if (!dsi__usual_give(plane, pkts, n))
		return 0;
	(void)dsi__usual_gave(plane, n, 0);
	return 1;
}

/* Likewise with a provider of traces. */
DSI_RARE static int commit_quietly(struct dsi_data_plane *plane,
				   struct dsi_packet *const *pkts, uint32_t n)
{
	uint32_t way = usual_quiet(plane);

	if (way & (DSI_USUAL_SEND | DSI_USUAL_SEND_STAMPED))
		return send(plane, pkts, n,
			    way & DSI_USUAL_SEND ? 0 : dsi_port_now());
	return (way & (DSI_USUAL_TAKE | DSI_USUAL_TAKE_STAMPED)) &&
	       give(plane, pkts, n);
}

/* Any commit, whatever it is. */
DSI_RARE static int commit(struct dsi_data_plane *plane,
			   struct dsi_packet *const *pkts, uint32_t n)
{
	if (dsi__traced(plane) && commit_quietly(plane, pkts, n))
		return 0;
	if (plane->role == DSI_ROLE_PRODUCER)
		dsi__producer_adopt(plane);
	if (take_over(plane, pkts, n))
		return -DSI_EINVAL;
	return plane->role == DSI_ROLE_PRODUCER
		       ? dsi__producer_commit(plane, pkts, n)
		       : dsi__consumer_commit(plane, pkts, n);
}

DSI_RARE static int commit_one(struct dsi_data_plane *plane,
			       struct dsi_packet *pkt)
{
	return commit(plane, &pkt, 1);
}

/* Usual but for a look at the clock. */
DSI_RARE static int send_stamped(struct dsi_data_plane *plane,
				 struct dsi_packet *const *pkts, uint32_t n)
{
	return send(plane, pkts, n, dsi_port_now()) ? 0
						    : commit(plane, pkts, n);
}

DSI_RARE static int send_one_stamped(struct dsi_data_plane *plane,
				     struct dsi_packet *pkt)
{
	int64_t size = dsi__usual_send_one(plane, pkt, dsi_port_now());

	return size >= 0 ? dsi__usual_sent(plane, 1, (uint64_t)size, 0)
			 : commit_one(plane, pkt);
}

DSI_RARE static int send_many(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n)
{
	return send(plane, pkts, n, 0) ? 0 : commit(plane, pkts, n);
}

DSI_RARE static int give_many(struct dsi_data_plane *plane,
			      struct dsi_packet *const *pkts, uint32_t n)
{
	return give(plane, pkts, n) ? 0 : commit(plane, pkts, n);
}

int dsi_packet_commit_many(struct dsi_socket *sock,
			   struct dsi_packet *const *pkts, uint32_t n)
{
	struct dsi_data_plane *plane = dsi__plane(sock);
	uint32_t flags;

	if (!sock || !pkts || n == 0 || n > DSI_MAX_PACKETS)
		return -DSI_EINVAL;
	flags = dsi__plane_flags(plane);
	if (usual(flags, DSI_USUAL_SEND))
		return send_many(plane, pkts, n);
	if (usual(flags, DSI_USUAL_TAKE) ||
	    usual(flags, DSI_USUAL_TAKE_STAMPED))
		return give_many(plane, pkts, n);
	if (usual(flags, DSI_USUAL_SEND_STAMPED))
		return send_stamped(plane, pkts, n);
	return commit(plane, pkts, n);
}

DSI_RARE static int send_one(struct dsi_data_plane *plane,
			     struct dsi_packet *pkt)
{
	int64_t size = dsi__usual_send_one(plane, pkt, 0);

	return size >= 0 ? dsi__usual_sent(plane, 1, (uint64_t)size, 0)
			 : commit_one(plane, pkt);
}

DSI_RARE static int give_one(struct dsi_data_plane *plane,
			     struct dsi_packet *pkt)
{
	return dsi__usual_give(plane, &pkt, 1) ? dsi__usual_gave(plane, 1, 0)
					       : commit_one(plane, pkt);
}

/* Neither of the two commonest ways. */
DSI_RARE static int commit_one_stamped(struct dsi_data_plane *plane,
				       struct dsi_packet *pkt)
{
	uint32_t flags = dsi__plane_flags(plane);

	if (usual(flags, DSI_USUAL_TAKE_STAMPED))
		return give_one(plane, pkt);
	if (usual(flags, DSI_USUAL_SEND_STAMPED))
		return send_one_stamped(plane, pkt);
	return commit_one(plane, pkt);
}

DSI_USUAL int commit_packet(struct dsi_data_plane *plane,
			    struct dsi_packet *pkt)
{
	uint32_t flags = dsi__plane_flags(plane);

	if (usual(flags, DSI_USUAL_TAKE))
		return give_one(plane, pkt);
	if (usual(flags, DSI_USUAL_SEND))
		return send_one(plane, pkt);
	return commit_one_stamped(plane, pkt);
}

int dsi_packet_commit(struct dsi_socket *sock, struct dsi_packet *pkt)
{
	return sock ? commit_packet(dsi__plane(sock), pkt) : -DSI_EINVAL;
}

/* The get is over: a wake-up that was put off and not folded into a sleep is
 * due. */
DSI_USUAL int end_commit_get(struct dsi_data_plane *plane, int err)
{
	if (plane->owed)
		dsi__plane_pay(plane);
	return err;
}

DSI_RARE static int commit_get(struct dsi_data_plane *plane,
			       struct dsi_packet *pkt, uint64_t deadline_ns,
			       struct dsi_packet **out_next)
{
	int err;

	plane->defers = 1;
	err = commit_packet(plane, pkt);
	if (!err)
		err = get_packet(plane, deadline_ns, out_next);
	plane->defers = 0;
	return end_commit_get(plane, err);
}

/* Both the usual way, by role as above. */
DSI_RARE static int give_and_take(struct dsi_data_plane *plane,
				  struct dsi_packet *pkt, uint64_t deadline_ns,
				  struct dsi_packet **out_next)
{
	int64_t size;
	int err;

	if (!dsi__usual_give(plane, &pkt, 1))
		return commit_get(plane, pkt, deadline_ns, out_next);
	(void)dsi__usual_gave(plane, 1, 1);
	if (!usual(dsi__plane_flags(plane), DSI_USUAL_TAKE)) {
		err = get_one(plane, deadline_ns, out_next);
		return end_commit_get(plane, err);
	}
	size = dsi__usual_take_one(plane, out_next);
	err = size >= 0 ? dsi__usual_got(plane, 1, (uint64_t)size, 0)
			: take_one_later(plane, deadline_ns, out_next);
	return end_commit_get(plane, err);
}

DSI_RARE static int send_and_reserve(struct dsi_data_plane *plane,
				     struct dsi_packet *pkt,
				     uint64_t deadline_ns,
				     struct dsi_packet **out_next)
{
	int64_t size = dsi__usual_send_one(plane, pkt, 0);
	int err = 0;

	if (size < 0)
		return commit_get(plane, pkt, deadline_ns, out_next);
	(void)dsi__usual_sent(plane, 1, (uint64_t)size, 1);
	if (!usual(dsi__plane_flags(plane), DSI_USUAL_SEND))
		err = get_one(plane, deadline_ns, out_next);
	else if (!dsi__usual_reserve_one(plane, out_next))
		err = reserve_one_else(plane, deadline_ns, out_next);
	return end_commit_get(plane, err);
}

/* The peer's wake-up may wait for our own sleep, but for nothing else. */
int dsi_packet_commit_get(struct dsi_socket *sock, struct dsi_packet *pkt,
			  uint64_t deadline_ns, struct dsi_packet **out_next)
{
	struct dsi_data_plane *plane = dsi__plane(sock);
	uint32_t flags;

	if (!sock || !out_next)
		return -DSI_EINVAL;
	flags = dsi__plane_flags(plane);
	if (usual(flags, DSI_USUAL_TAKE))
		return give_and_take(plane, pkt, deadline_ns, out_next);
	if (usual(flags, DSI_USUAL_SEND))
		return send_and_reserve(plane, pkt, deadline_ns, out_next);
	return commit_get(plane, pkt, deadline_ns, out_next);
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
	return pkt && pkt->owners == DSI_OWNER_US;
}

static int writable(const struct dsi_packet *pkt)
{
	return readable(pkt) && pkt->plane->role == DSI_ROLE_PRODUCER;
}

/* Inlined, for those who ask for each packet: an exported function is called through
 * the library's table, from here as well. */
DSI_USUAL int element(const struct dsi_packet *pkt, uint32_t index,
		      uint64_t *out_offset, uint32_t *out_size)
{
	if (!readable(pkt) || index >= dsi__packet_elements(pkt) ||
	    !out_offset || !out_size)
		return -DSI_EINVAL;
	*out_offset = index ? pkt->sg[index].offset : pkt->entry.offset;
	*out_size = index ? pkt->sg[index].size : pkt->entry.size;
	return 0;
}

int dsi_packet_element(const struct dsi_packet *pkt, uint32_t index,
		       uint64_t *out_offset, uint32_t *out_size)
{
	return element(pkt, index, out_offset, out_size);
}

int dsi_packet_data(const struct dsi_packet *pkt, uint32_t index,
		    void **out_addr, uint32_t *out_size)
{
	uint64_t offset;

	if (!out_addr || element(pkt, index, &offset, out_size))
		return -DSI_EINVAL;
	if (pkt->entry.flags & DSI_PACKET_PHYS)
		offset -= pkt->plane->physical;
	*out_addr = pkt->plane->data + offset;
	return 0;
}

int32_t dsi_packet_count(const struct dsi_packet *pkt)
{
	return readable(pkt) ? (int32_t)dsi__packet_elements(pkt) : -DSI_EINVAL;
}

int dsi_packet_set_size(struct dsi_packet *pkt, uint32_t size_bytes)
{
	if (!writable(pkt) || !pkt->plane->packet_bytes)
		return -DSI_EINVAL;
	if (size_bytes > pkt->plane->packet_bytes)
		return -DSI_ENOSPC;
	pkt->entry.size = size_bytes;
	/* Every get sets it again, so only an empty element is special. */
	if (size_bytes == 0)
		pkt->given |= DSI_GIVEN_DATA;
	return 0;
}

static int add_element(struct dsi_packet *pkt, uint64_t offset, uint32_t size,
		       uint32_t owner)
{
	if (pkt->sg_count == pkt->plane->table.max_sg)
		return -DSI_ENOSPC;
	if (!dsi__element_inside(pkt->entry.flags, offset, size,
				 pkt->plane->physical, pkt->plane->data_bytes))
		return -DSI_ENOSPC;
	if (pkt->sg_count == 0) {
		pkt->entry.offset = offset;
		pkt->entry.size = size;
	} else {
		pkt->sg[pkt->sg_count] =
			(struct dsi_sg_element){offset, size, owner};
	}
	pkt->sg_count++;
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
	if (owner->owners != DSI_OWNER_US && !owner->keeps)
		return 0;
	return !(owner->given & DSI_GIVEN_LOAN);
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
			  owner->entry.token * pkt->plane->slot_stride +
				  offset_bytes,
			  size_bytes, owner->entry.token);
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
	pkt->given |= DSI_GIVEN_KEEP;
	return 0;
}

int dsi_packet_unkeep(struct dsi_packet *pkt)
{
	if (!pkt || !pkt->keeps)
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
	pkt->entry.time_ns = time_ns;
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
	if (((flags ^ pkt->entry.flags) & DSI_PACKET_PHYS) && pkt->sg_count)
		return -DSI_EINVAL;
	pkt->entry.flags = (uint16_t)flags;
	pkt->given |= DSI_GIVEN_FLAGS;
	return 0;
}

uint64_t dsi_packet_number(const struct dsi_packet *pkt)
{
	if (!readable(pkt) || (pkt->plane->role == DSI_ROLE_PRODUCER &&
			       !(pkt->given & DSI_GIVEN_NUMBER)))
		return 0;
	return dsi__packet_number(pkt);
}

uint64_t dsi_packet_time(const struct dsi_packet *pkt)
{
	return readable(pkt) ? pkt->entry.time_ns : 0;
}

uint64_t dsi_packet_expiry(const struct dsi_packet *pkt)
{
	return readable(pkt) ? dsi__packet_expiry(pkt) : 0;
}

uint32_t dsi_packet_flags(const struct dsi_packet *pkt)
{
	return readable(pkt)
		       ? pkt->entry.flags & ~(DSI_DESC_STAMPED | DSI_DESC_EXT)
		       : 0;
}

int dsi_packet_valid(const struct dsi_packet *pkt)
{
	if (!readable(pkt) || pkt->plane->role != DSI_ROLE_CONSUMER)
		return -DSI_EINVAL;
	return dsi__consumer_valid(pkt->plane, pkt);
}
