/* SPDX-License-Identifier: MIT */
/*
 * socket.h - the endpoint: a component's end of a stream.
 *
 * A producer socket owns the stream: control area, data area, one signal
 * page per consumer.  A consumer socket maps what the producer shares with
 * it.  Sockets are joined in one of two ways: by name (the producer listens,
 * consumers connect), or by a control application (stream.h, component.h).
 *
 * Life of a socket: CREATED -> CONNECTED -> RUNNING -> STOPPING -> CLOSED,
 * or FAILED.  The table of all transitions is dsi/state.h; the picture and
 * the error answers in docs/design/40-states.md are made from it.
 *
 * Unless stated otherwise the functions here allocate, lock and call the
 * system: they belong to the control plane, not to the real-time loop.
 */
#ifndef DSI_SOCKET_H
#define DSI_SOCKET_H

#include <dsi/histogram.h>
#include <dsi/packet.h>
#include <dsi/sizing.h>
#include <dsi/types.h>

/* A peer's identity as the kernel vouches for it. */
struct dsi_peer {
	uint32_t pid;
	uint32_t uid;
	uint32_t gid;
};

/**
 * struct dsi_access - who may connect to a name.
 * @size:   sizeof(struct dsi_access)
 * @mode:   0 = the default rule 0600.  As for a file: 0600 owner, 0060
 *          group, 0006 everybody; read and write bit together.
 * @uid:    owner, used if @owner_given is not 0; default: our effective uid
 * @gid:    group, used if @owner_given is not 0; default: our effective gid
 * @owner_given: 1 if @uid and @gid are given
 * @permit: if set, asked instead of uid, gid and mode; return non-zero to
 *          admit.  Called on the monitor's thread; must not block.
 * @user:   first argument of @permit
 */
struct dsi_access {
	uint32_t size;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t owner_given;
	uint32_t reserved; /* must be 0 */
	int (*permit)(void *user, const struct dsi_peer *peer);
	void *user;
};

/**
 * dsi_producer_create - make a producer socket with its regions.
 * @desc:     description of the stream; copied.  With 0 packets and a
 *            declared traffic it gets as many packets as @opts->readers need.
 * @opts:     options, NULL = defaults; copied
 * @out_sock: the socket, state CREATED
 *
 * Return: 0, or
 *   -DSI_EINVAL  a description or option out of range; for the reason see
 *                dsi_stream_desc_check()
 *   -DSI_ENOMATCH, -DSI_ERANGE, -DSI_EDOM, -DSI_ENOTSUP, -DSI_EOVERFLOW
 *                it cannot be sized; for the reason see
 *                dsi_stream_desc_size(); -DSI_ENOTSUP also: what it asks
 *                for is not for this system, as DSI_STREAM_MAP and
 *                DSI_STREAM_PHYS may not be; or with DSI_STREAM_PHYS: the
 *                physical address of the data area is not known
 *   -DSI_ENOSPC  the data area brought by the caller is too small
 *   -DSI_ENOMEM, -DSI_EMFILE, -DSI_EACCES  as the system says
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_producer_create(
	const struct dsi_stream_desc *desc,
	const struct dsi_producer_options *opts, struct dsi_socket **out_sock);

/**
 * dsi_consumer_create - make a consumer socket.
 * @opts:     what it needs, NULL = defaults; copied
 * @out_sock: the socket, state CREATED
 *
 * Return: 0, -DSI_EINVAL, or
 *   -DSI_ENOMEM, -DSI_EMFILE, -DSI_EACCES  as the system says
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_consumer_create(
	const struct dsi_consumer_options *opts, struct dsi_socket **out_sock);

/**
 * dsi_socket_listen - offer a producer's stream under a name.
 * @sock:   producer socket, state CREATED
 * @name:   1..63 of [A-Za-z0-9._-], not beginning with a dot; "sys:NAME"
 *          lies in the system-wide place, see dsi(7)
 * @access: who may connect; NULL = only this uid (and root)
 *
 * Makes it CONNECTED; consumers may join from now on, at any time.
 *
 * Return: 0, or
 *   -DSI_EINVAL, -DSI_ENAMETOOLONG  bad name
 *   -DSI_EEXIST  a live producer has this name (a dead one's is reclaimed)
 *   -DSI_EACCES  no permission for the place of names
 *   -DSI_EBUSY   somebody keeps the place of names locked; try again
 *   -DSI_ENOSPC  the place of names is full
 *   -DSI_EISCONN wrong state
 *   -DSI_ENOMEM, -DSI_EMFILE  the system has no memory, threads or descriptors
 *                left for us; nothing has changed, try again
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_listen(struct dsi_socket *sock,
					     const char *name,
					     const struct dsi_access *access);

/**
 * dsi_socket_connect - connect a consumer to the stream of a name.
 * @sock:        consumer socket, state CREATED
 * @name:        as for dsi_socket_listen()
 * @deadline_ns: how long to wait for the name to appear and for the answer;
 *               0 = the name must exist (the answer is awaited 5 s)
 *
 * Return: 0, or
 *   -DSI_ENOENT     no such stream
 *   -DSI_ETIMEDOUT  it did not appear, or its producer does not answer
 *   -DSI_EACCES     its access rule does not admit us
 *   -DSI_ENOMATCH   descriptions do not match: also if, by what both ends
 *                   declare, the consumer expects another period, or needs
 *                   more packets than there are
 *   -DSI_EINVAL     a bad name, or what both ends declare is a contradiction
 *   -DSI_EDOM       by what both ends declare no number of packets suffices
 *   -DSI_ENOTSUP    what both declare is a combination without known bound
 *   -DSI_EOVERFLOW  what both declare has no common tick, or numbers that
 *                   are too large for exact arithmetic
 *   -DSI_EPROTONOSUPPORT  other version or byte order
 *   -DSI_EUSERS     it has DSI_MAX_CONSUMERS consumers
 *   -DSI_ENOSPC     no packets left for another DROP_NEW queue
 *   -DSI_EPROTO     the producer's answer or its regions are not acceptable
 *   -DSI_EPIPE      the producer went away during the handshake
 *   -DSI_EAGAIN     it is too busy with other handshakes
 *   and as dsi_socket_listen().  dsi_socket_error() has a sentence that
 *   names the mismatch.
 * Context: any thread; blocks.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_connect(struct dsi_socket *sock,
					      const char *name,
					      uint64_t deadline_ns);

/**
 * dsi_socket_start - let packets flow: CONNECTED or STOPPING -> RUNNING.
 * @sock: socket
 *
 * Return: 0, -DSI_ENOTCONN (not connected), -DSI_EPIPE (closed),
 *         -DSI_EPROTO (failed), -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_start(struct dsi_socket *sock);

/**
 * dsi_socket_stop - make all get() return -DSI_ECANCELED until start.
 * @sock: socket, state RUNNING
 *
 * Held packets can still be committed.
 *
 * Return: as dsi_socket_start().
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_socket_stop(struct dsi_socket *sock);

/**
 * dsi_socket_drain - wait until all committed packets came back.
 * @sock:        producer socket
 * @deadline_ns: absolute
 *
 * Waits for consumers with policy BLOCK and DROP_NEW.
 *
 * Return: 0, -DSI_EAGAIN or -DSI_ETIMEDOUT, -DSI_ECANCELED, -DSI_EINVAL.
 * Context: work thread of @sock; blocks.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_drain(struct dsi_socket *sock,
					    uint64_t deadline_ns);

/**
 * dsi_socket_close - leave the stream; no packet of it is usable any more.
 * @sock: socket; its work thread must have left the library
 *
 * Consumers of a closed producer drain what is committed, then get
 * -DSI_EPIPE.  What a closed consumer held is free again.
 *
 * Return: 0 (also if closed already), -DSI_EINVAL.
 * Context: any thread, but no other call may be running on @sock: stop it,
 *          join its threads, then close.
 * Since:   0.1
 */
DSI_API int dsi_socket_close(struct dsi_socket *sock);

/**
 * dsi_socket_destroy - close, and free everything.
 * @sock: socket or NULL
 *
 * Context: any thread, but no other call may use @sock.
 * Since:   0.1
 */
DSI_API void dsi_socket_destroy(struct dsi_socket *sock);

/**
 * dsi_socket_error - the reason of the last failed control call.
 * @sock: socket
 *
 * Return: an English sentence, "" if nothing failed.  What a peer said in it
 *         is made printable.
 * Context: thread that made the failed call.
 * Lifetime: until the next control call on @sock.
 * Since:   0.1
 */
DSI_API const char *dsi_socket_error(const struct dsi_socket *sock);

/**
 * dsi_socket_state - the state of a socket.
 * @sock: socket
 *
 * Return: DSI_STATE_*, or -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int dsi_socket_state(const struct dsi_socket *sock);

/**
 * dsi_state_name - the name of a state in words.
 * @state: DSI_STATE_*
 *
 * Return: "created", ..., or "?".
 * Context: any thread; RT-safe.
 * Lifetime: static.
 * Since:   0.1
 */
DSI_API const char *dsi_state_name(uint32_t state);

/**
 * dsi_socket_desc - the description of the stream a socket belongs to.
 * @sock:     socket; a consumer must have been connected
 * @out_desc: filled; defaults are resolved to their values.
 *            Set @out_desc->size before.
 *
 * Return: 0, -DSI_ENOTCONN, -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_desc(const struct dsi_socket *sock,
					   struct dsi_stream_desc *out_desc);

/**
 * dsi_socket_need - what a consumer's connection needs, and what it may rely
 * on.
 * @sock:        consumer socket, connected
 * @out_need:    packets, start offset or delay, life time, latency and backlog
 *               that follow from the stream's traffic and the consumer's own
 *               usage.  Set @out_need->size before.
 * @out_tick_hz: ticks in a second of the times in @out_need: the least common
 *               multiple of both ends' ticks
 *
 * Holds as long as both ends keep to what they declared.
 *
 * Return: 0, -DSI_ENOTCONN, -DSI_EINVAL (also for a producer), -DSI_EDOM: one
 *         of both ends declared nothing, so that nothing follows.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_need(const struct dsi_socket *sock,
					   struct dsi_sizing_need *out_need,
					   uint64_t *out_tick_hz);

/**
 * dsi_socket_area - the whole data area.
 * @sock:      connected socket (a producer's is there from the beginning)
 * @out_addr:  its address in this process
 * @out_bytes: its size
 *
 * For a consumer with DSI_CONSUMER_COPY: the buffers of its copies.  For one of
 * a stream with DSI_STREAM_MAP: where packets appear while they are held; an
 * access to anything else there faults.
 *
 * Return: 0, -DSI_ENOTCONN, -DSI_EINVAL.
 * Context: any thread.
 * Lifetime: until dsi_socket_close().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_area(const struct dsi_socket *sock,
					   void **out_addr,
					   uint64_t *out_bytes);

/**
 * dsi_socket_physical - where the data area lies for devices.
 * @sock:      connected socket (a producer's is there from the beginning)
 * @out_first: physical address of its first byte; the rest follows it
 * @out_bytes: its size
 *
 * The system says so, not the peer.  A consumer that passes physical addresses
 * on to a device compares this with the memory that the device may use, once:
 * get() then lets no packet pass that names anything outside.
 *
 * Return: 0, -DSI_ENOTSUP (nobody knows: not the memory of a device, or not a
 *         system that tells), -DSI_ENOTCONN, -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_physical(const struct dsi_socket *sock,
					       uint64_t *out_first,
					       uint64_t *out_bytes);

/**
 * dsi_socket_stats - snapshot of the counters.
 * @sock:      socket
 * @out_stats: set @out_stats->size before
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_stats(const struct dsi_socket *sock,
					    struct dsi_socket_stats *out_stats);

/**
 * dsi_socket_latency - how long packets took from their commit to this get.
 * @sock:          consumer socket
 * @out_histogram: in nanoseconds, of all packets that carried the time of
 *                 their commit: not those of a stream with
 *                 DSI_STREAM_NO_STAMP, or whose producer set another time.
 *                 Set @out_histogram->size before.
 *
 * Return: 0, -DSI_EINVAL (also for a producer).
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_latency(
	const struct dsi_socket *sock, struct dsi_histogram *out_histogram);

/**
 * dsi_socket_fd - a descriptor to wait on in an event loop.
 * @sock: socket, state CONNECTED or later
 *
 * Readable when get() may succeed or an event is pending.  From the first
 * call on, the rule of use is: call get() with deadline 0 until it answers
 * -DSI_EAGAIN, then wait for the descriptor.  Do not read from it and do not
 * close it.
 *
 * Return: a descriptor for poll, select and epoll; -DSI_ENOTCONN,
 *         -DSI_EMFILE, -DSI_ENOTSUP (port has no descriptors), -DSI_EINVAL.
 * Context: work thread of @sock.
 * Lifetime: until dsi_socket_close().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_socket_fd(struct dsi_socket *sock);

/**
 * struct dsi_name_info - what is known of a named stream.
 * @size:      sizeof(struct dsi_name_info), set by the library
 * @state:     DSI_STATE_*
 * @consumers: present now
 * @answered:  1 if the producer answered; else see @error
 * @error:     negative code of the failed question, 0 if it was answered
 * @owner:     the producer, as the kernel vouches for it
 * @committed: packets so far
 * @desc:      its description
 */
struct dsi_name_info {
	uint32_t size;
	uint32_t state;
	uint32_t consumers;
	uint32_t answered;
	int32_t error;
	struct dsi_peer owner;
	uint64_t committed;
	struct dsi_stream_desc desc;
};

/**
 * dsi_names - list the named streams that may be opened.
 * @visit: called for each with its name, and what its producer says of it
 * @user:  first argument of @visit
 * @deadline_ns: how long all producers together may take to answer
 *
 * Names whose owner is dead are removed on the way.
 *
 * Return: number of names visited, or a negative code.
 * Context: any thread; blocks.
 * Since:   0.1
 */
DSI_API int32_t dsi_names(void (*visit)(void *user, const char *name,
					const struct dsi_name_info *info),
			  void *user, uint64_t deadline_ns);

#endif /* DSI_SOCKET_H */
