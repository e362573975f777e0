/* SPDX-License-Identifier: MIT */
/*
 * packet.h - the data plane: take a packet, fill or read it, hand it on.
 *
 * The producer gets a free packet, writes its data in place and commits it:
 * it is now with the consumers.  A consumer gets the oldest committed packet,
 * uses the data in place and commits it back, in any order: it is free again.
 * Nothing is copied, unless a consumer asks for it with DSI_CONSUMER_COPY.
 *
 * Which calls may run at the same time on one socket:
 *                              [1] [2] [3]   X = caller must serialise
 * [1] get*, commit*, discard,   X   X   -    - = may run concurrently
 *     and all accessors
 * [2] dsi_socket_close/destroy  X   X   X    (so: stop, join, then close)
 * [3] get_abort, socket_stop    -   X   -
 *
 * All functions here are RT-safe once the socket runs: they do not allocate,
 * lock or log, and enter the kernel only to sleep and to wake a sleeper
 * (and, after dsi_socket_fd() was called, to ring and silence the bell; and to
 * map and unmap the data of a stream with DSI_STREAM_MAP).
 */
#ifndef DSI_PACKET_H
#define DSI_PACKET_H

#include <dsi/types.h>

struct dsi_socket;
struct dsi_packet;

/**
 * dsi_packet_get - take the next packet of a socket.
 * @sock:        socket in state RUNNING
 * @deadline_ns: absolute, dsi_now(); 0 = do not wait, DSI_FOREVER = no limit
 * @out_pkt:     on 0: packet owned by the caller until commit or discard
 *
 * Producer: a free packet.  If the stream has data slots, element 0 is the
 * whole slot; its content is undefined.  Consumer: the oldest committed
 * packet, in commit order; packets that expired are skipped and counted
 * unless the consumer asked to keep them.
 *
 * Return: 0, or
 *   -DSI_EAGAIN     nothing available and @deadline_ns is 0
 *   -DSI_ETIMEDOUT  deadline passed
 *   -DSI_EPIPE      peer closed or died (consumer: after the last packet)
 *   -DSI_ECANCELED  dsi_socket_stop() or dsi_packet_get_abort() was called
 *   -DSI_EPROTO     peer wrote something impossible; the socket is FAILED
 *   -DSI_ENOBUFS    the application holds all packets it may hold, or
 *                   (DSI_STREAM_MAP) there is no room to map one more now
 *   -DSI_ENOTCONN   socket is not connected or not started
 *   -DSI_EINVAL     @sock or @out_pkt is NULL
 * Context: work thread of @sock only; RT-safe; sleeps only if @deadline_ns
 *          is not 0 and nothing is available.  With 0, a producer whose one
 *          consumer has all its packets may look twice, about a microsecond
 *          apart.
 * Lifetime: the packet is invalid after commit, discard, or close.
 * Source:  original DSI dsi_packet_get(); docs/design/30-notify.md
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_get(struct dsi_socket *sock,
					  uint64_t deadline_ns,
					  struct dsi_packet **out_pkt);

/**
 * dsi_packet_get_many - take up to @n packets with one wait.
 * @sock:        as dsi_packet_get()
 * @deadline_ns: as dsi_packet_get(): how long to wait for the first one
 * @out_pkts:    array of at least @n
 * @n:           1..DSI_MAX_PACKETS
 *
 * Return: number of packets taken, 1..@n, or an error of dsi_packet_get().
 * Context: work thread of @sock only; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int32_t dsi_packet_get_many(struct dsi_socket *sock,
						   uint64_t deadline_ns,
						   struct dsi_packet **out_pkts,
						   uint32_t n);

/**
 * dsi_packet_get_nr - take the packet with a certain number (consumer only).
 * @sock:        consumer socket in state RUNNING
 * @number:      packet number; numbers of a stream must ascend for this call
 * @deadline_ns: how long to wait for it to be committed
 * @out_pkt:     as dsi_packet_get()
 *
 * Packets before it stay in the ring and can still be taken in order.
 *
 * Return: 0, errors of dsi_packet_get(), or
 *   -DSI_ESTALE  the number was passed: taken, skipped or overwritten
 *   -DSI_EAGAIN, -DSI_ETIMEDOUT  not committed yet
 *   -DSI_ENOBUFS the ring is full of packets with smaller numbers: it cannot
 *                come before some of them were taken
 * Context: work thread of @sock only; RT-safe; O(ring slots).
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_get_nr(struct dsi_socket *sock,
					     uint64_t number,
					     uint64_t deadline_ns,
					     struct dsi_packet **out_pkt);

/**
 * dsi_packet_get_abort - make one blocked get return -DSI_ECANCELED.
 * @sock: socket
 *
 * Ends the get() that is blocked now, or else the next one that would block.
 *
 * Return: 0, or -DSI_EINVAL.
 * Context: any thread, also a signal handler; RT-safe.
 * Source:  original DSI dsi_packet_get_abort()
 * Since:   0.1
 */
DSI_API int dsi_packet_get_abort(struct dsi_socket *sock);

/**
 * dsi_packet_commit - hand a packet on.
 * @sock: socket the packet came from
 * @pkt:  packet from get(), not yet committed or discarded
 *
 * Producer: the packet is filled and goes to all consumers.  For a consumer
 * with policy DROP_NEW whose queue is full it is dropped: counted, raised as
 * DSI_EVENT_DROPPED, and its next packet carries DSI_PACKET_DROPPED_BEFORE.
 * Consumer: the packet is given back, in any order.
 *
 * Return: 0, or
 *   -DSI_EINVAL  not a packet of @sock, or not held (committed twice, used
 *                after commit); nothing changed
 *   -DSI_EPROTO  the socket failed meanwhile; the packet is gone
 * Context: work thread of @sock only; RT-safe; never blocks.
 * Since:   0.1
 */
DSI_API int dsi_packet_commit(struct dsi_socket *sock, struct dsi_packet *pkt);

/**
 * dsi_packet_commit_get - hand a packet on and take the next one.
 * @sock:        socket the packet came from
 * @pkt:         packet from get(), not yet committed or discarded
 * @deadline_ns: as dsi_packet_get(): how long to wait for the next one
 * @out_next:    on 0: the next packet, as from dsi_packet_get()
 *
 * As dsi_packet_commit() and then dsi_packet_get(), for an end that goes on with
 * one packet after the other: where the peer sleeps and there is no next packet
 * yet, waking it and falling asleep are one step, on systems that have such a
 * step.  The peer is woken before this end sleeps and before the call returns.
 *
 * Return: 0, or
 *   -DSI_EINVAL  @sock or @out_next is NULL, @pkt is not a packet of @sock or is
 *                not held: nothing changed, @pkt is held as before
 *   -DSI_EPROTO  the socket failed meanwhile; @pkt is gone
 *   any other error of dsi_packet_get(): @pkt was committed, also if no next one
 *   came in time; dsi_packet_get() may try again
 * Context: work thread of @sock only; RT-safe; sleeps only if @deadline_ns is
 *          not 0 and nothing is available.
 * Lifetime: @pkt is invalid afterwards, as after dsi_packet_commit(); *@out_next
 *          is not set on errors.
 * Source:  reply and wait as one step in L4: Liedtke, "Improving IPC by kernel
 *          design", SOSP 1993
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_commit_get(struct dsi_socket *sock,
						 struct dsi_packet *pkt,
						 uint64_t deadline_ns,
						 struct dsi_packet **out_next);

/**
 * dsi_packet_commit_many - hand on a batch, with at most one wake per peer.
 * @sock: socket the packets came from
 * @pkts: packets, committed in this order
 * @n:    how many
 *
 * Return: 0, or an error of dsi_packet_commit(); on -DSI_EINVAL none of the
 *         batch was committed.
 * Context: work thread of @sock only; RT-safe; never blocks.
 * Since:   0.1
 */
DSI_API int dsi_packet_commit_many(struct dsi_socket *sock,
				   struct dsi_packet *const *pkts, uint32_t n);

/**
 * dsi_packet_discard - put a packet back unsent (producer only).
 * @sock: producer socket the packet came from
 * @pkt:  packet from get(), not yet committed
 *
 * Return: 0, or -DSI_EINVAL as for dsi_packet_commit().
 * Context: work thread of @sock only; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_packet_discard(struct dsi_socket *sock, struct dsi_packet *pkt);

/**
 * dsi_packet_data - where an element of a packet lies.
 * @pkt:      held packet
 * @index:    element, 0..dsi_packet_count()-1
 * @out_addr: address in this process; for a consumer, do not write there
 *            unless it mapped the area writable
 * @out_size: bytes; for a producer's slot that was not sized yet: capacity
 *
 * Of a packet with DSI_PACKET_PHYS, too: where these bytes lie here.
 *
 * Return: 0, or -DSI_EINVAL: packet not held, or no such element.
 * Context: work thread of the packet's socket; RT-safe.
 * Lifetime: *out_addr is valid until commit, discard, or close.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_data(const struct dsi_packet *pkt,
					   uint32_t index, void **out_addr,
					   uint32_t *out_size);

/**
 * dsi_packet_element - offset and size of an element.
 * @pkt:        held packet
 * @index:      element, 0..dsi_packet_count()-1
 * @out_offset: bytes into what dsi_socket_area() tells, or a physical address
 * @out_size:   bytes
 *
 * Return: 0, or -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_element(const struct dsi_packet *pkt,
					      uint32_t index,
					      uint64_t *out_offset,
					      uint32_t *out_size);

/**
 * dsi_packet_count - number of scatter/gather elements.
 * @pkt: held packet
 *
 * Return: 0..max_sg, or -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API int32_t dsi_packet_count(const struct dsi_packet *pkt);

/**
 * dsi_packet_set_size - say how much of the packet's own slot is filled.
 * @pkt:        held packet of a producer whose stream has data slots
 * @size_bytes: 0..packet_bytes
 *
 * A slot that was never sized counts as filled completely.
 *
 * Return: 0, -DSI_ENOSPC if larger than the slot, -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_set_size(struct dsi_packet *pkt,
					       uint32_t size_bytes);

/**
 * dsi_packet_add_data - append a scatter/gather element (producer only).
 * @pkt:          held packet
 * @offset_bytes: offset into the data area (of a packet whose flag PHYS
 *                was set before: a physical address)
 * @size_bytes:   length
 *
 * For streams without data slots, and for further elements.  The
 * application must leave the bytes alone until the packet came back.  So
 * that it learns so soon, the first get after the commit looks for packets
 * that came back, and prefers those.
 *
 * Return: 0, or
 *   -DSI_ENOSPC  range not inside the data area (PHYS: as the system says
 *                where it lies), or all max_sg elements used
 *   -DSI_EINVAL  packet not held by a producer
 * Context: work thread of the packet's socket; RT-safe.
 * Source:  original DSI dsi_packet_add_data()
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_add_data(struct dsi_packet *pkt,
					       uint64_t offset_bytes,
					       uint32_t size_bytes);

/**
 * dsi_packet_add_shared - append data that another packet owns.
 * @pkt:   held packet, gets the element
 * @owner: packet of the same producer that is held, or was committed while
 *         dsi_packet_keep() protects it
 * @offset_bytes: offset relative to @owner's slot
 * @size_bytes:   length
 *
 * The owner's slot is not recycled before @pkt has come back as well.
 *
 * Return: as dsi_packet_add_data(); -DSI_EINVAL also if the stream has no
 *         data slots or @owner is not protected.
 * Context: work thread of the packets' socket; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_add_shared(struct dsi_packet *pkt,
						 struct dsi_packet *owner,
						 uint64_t offset_bytes,
						 uint32_t size_bytes);

/**
 * dsi_packet_keep - keep a packet's data after commit (producer only).
 * @pkt: held packet
 *
 * The slot is not recycled until dsi_packet_unkeep() was called as often as
 * keep, and all consumers gave it back.
 *
 * Return: 0, or -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_keep(struct dsi_packet *pkt);

/**
 * dsi_packet_unkeep - undo one dsi_packet_keep().
 * @pkt: kept packet, held or committed
 *
 * Return: 0, or -DSI_EINVAL if it was not kept.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_packet_unkeep(struct dsi_packet *pkt);

/**
 * dsi_packet_set_number - give a packet an own number (producer only).
 * @pkt:    held packet
 * @number: any; without this call packets are numbered 0, 1, 2, ...
 *
 * Return: 0, or -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_packet_set_number(struct dsi_packet *pkt, uint64_t number);

/**
 * dsi_packet_set_time - give a packet a time stamp (producer only).
 * @pkt:     held packet
 * @time_ns: in the time base of dsi_now(); without this call a packet is
 *           stamped at commit, unless the stream has DSI_STREAM_NO_STAMP
 *
 * Return: 0, or -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_packet_set_time(struct dsi_packet *pkt, uint64_t time_ns);

/**
 * dsi_packet_set_expiry - say until when a packet is valid (producer only).
 * @pkt:        held packet
 * @expires_ns: absolute; DSI_FOREVER = never.  Without this call it is the
 *              time stamp plus the stream's lifetime_ns.
 *
 * Return: 0, or -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Source:  original DSI, packet field `expires`
 * Since:   0.1
 */
DSI_API int dsi_packet_set_expiry(struct dsi_packet *pkt, uint64_t expires_ns);

/**
 * dsi_packet_set_flags - set the flags of a packet (producer only).
 * @pkt:   held packet
 * @flags: DSI_PACKET_GAP, _EOS, _PHYS and bits of DSI_PACKET_USER
 *
 * PHYS says what the elements are, so it can be changed only while the packet
 * has none.  (A stream with DSI_STREAM_PHYS has no data slots.)
 *
 * Return: 0, or -DSI_EINVAL for other flags, or PHYS where it is not possible
 *         or the stream is not declared DSI_STREAM_PHYS.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_packet_set_flags(struct dsi_packet *pkt, uint32_t flags);

/**
 * dsi_packet_number / _time / _expiry / _flags - what the producer said.
 * @pkt: held packet
 *
 * Return: the value; 0 for a packet that is not held.  _expiry returns
 *         DSI_FOREVER for a packet that does not expire.  A producer's
 *         packet has a default number and time only after commit.
 * Context: work thread of the packet's socket; RT-safe.
 * Since:   0.1
 */
DSI_API uint64_t dsi_packet_number(const struct dsi_packet *pkt);
DSI_API uint64_t dsi_packet_time(const struct dsi_packet *pkt);
DSI_API uint64_t dsi_packet_expiry(const struct dsi_packet *pkt);
DSI_API uint32_t dsi_packet_flags(const struct dsi_packet *pkt);

/**
 * dsi_packet_valid - was the data intact until now? (policy RECLAIM)
 * @pkt: held packet of a consumer
 *
 * Use the data first, then ask, then believe the result of the use.  For
 * the other policies held data is always intact.
 *
 * Return: 1 intact, 0 overwritten or about to be, -DSI_EINVAL.
 * Context: work thread of the packet's socket; RT-safe.
 * Source:  the check of a sequence lock; Boehm, "Can seqlocks get along with
 *          programming language memory models?", MSPC 2012
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_packet_valid(const struct dsi_packet *pkt);

#endif /* DSI_PACKET_H */
