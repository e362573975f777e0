/* SPDX-License-Identifier: MIT */
/*
 * types.h - what both ends of a stream agree on: its description, the packet
 * flags, the overload policies, the events and the statistics.
 *
 * Option structs begin with `size`: set it to sizeof the struct and zero the
 * rest; zero always means "the default".  A newer caller may pass a longer
 * struct if the part this library does not know is zero.
 */
#ifndef DSI_TYPES_H
#define DSI_TYPES_H

#include <stdint.h>

#include <dsi/export.h>

/* A deadline that never passes.  Deadlines are absolute, on dsi_now(). */
#define DSI_FOREVER UINT64_MAX

#define DSI_MAX_CONSUMERS 16u	  /* consumers of one stream */
#define DSI_MAX_PACKETS 65535u	  /* packets of one stream */
#define DSI_MAX_RING_SLOTS 65536u /* descriptors of one ring, power of two */
#define DSI_MAX_SG 64u		  /* scatter/gather elements of one packet */
#define DSI_NAME_BYTES 64u	  /* a name, with its terminating NUL */
#define DSI_LABEL_BYTES 32u	  /* a consumer's label, with NUL */
#define DSI_FORMAT_BYTES 128u	  /* a format text, with NUL */

/* The role of a socket. */
#define DSI_ROLE_PRODUCER 1u
#define DSI_ROLE_CONSUMER 2u

/* Overload policy of one consumer: what happens when it is too slow. */
#define DSI_POLICY_BLOCK 0u    /* the producer waits for it */
#define DSI_POLICY_DROP_NEW 1u /* it does not get new packets; counted */
#define DSI_POLICY_RECLAIM 2u  /* the producer overwrites; check validity */

/* Flags of a packet.  Bits 8..11 are the application's own. */
#define DSI_PACKET_GAP 0x0001u	/* a hole in the stream: there is no data */
#define DSI_PACKET_EOS 0x0002u	/* last packet of the stream */
#define DSI_PACKET_PHYS 0x0004u /* offsets are physical addresses */
#define DSI_PACKET_DROPPED_BEFORE \
	0x0008u /* packets before this one were dropped or reclaimed */
#define DSI_PACKET_USER 0x0f00u /* mask of the application's four bits */

/* Flags of a stream. */
#define DSI_STREAM_WRITABLE 0x0001u /* consumers may map the data to write */
#define DSI_STREAM_NO_STAMP 0x0002u /* do not stamp packets at commit */

/* Packets may carry DSI_PACKET_PHYS: their elements are then physical addresses,
 * for a device to use.  The data area is the memory of a device, brought with
 * DSI_PRODUCER_DATA_FD, whose address the system vouches for; elements outside
 * of it are refused at both ends, and get() of such a packet is -DSI_EPROTO.
 * @packet_bytes is 0.  For systems that tell where memory lies: the microkernel.
 * Linux does not: -DSI_ENOTSUP. */
#define DSI_STREAM_PHYS 0x0004u

/* Consumers have no lasting mapping of the data area: the pages of a packet are
 * mapped to a consumer, to read, by the get() that takes it, and unmapped by
 * its commit.  Before the producer gets the slot again they are taken from
 * whoever still has them, whatever that consumer did.  So nobody sees what was
 * not committed to it.  The other way round a consumer must trust the producer:
 * it could take away what is held, and an access then faults; consumers say
 * that they do with DSI_CONSUMER_MAP.
 *
 * Each slot has pages of its own, so @packet_bytes is needed, @align_bytes is a
 * page or more, and @max_sg 1.  Not with DSI_STREAM_WRITABLE or _PHYS, and not
 * for consumers with policy RECLAIM or DSI_CONSUMER_COPY.  For systems that can
 * take pages from a process: the microkernel.  Linux cannot: -DSI_ENOTSUP. */
#define DSI_STREAM_MAP 0x0008u

/* Placement of an end: on which memory nodes lies what it makes?  On a machine
 * with one node there is nothing to choose.  See placement.h. */
#define DSI_PLACEMENT_AUTO 0u /* by the CPUs of the ends, as placement.h says */
#define DSI_PLACEMENT_NONE 1u /* wherever the system puts it */
#define DSI_PLACEMENT_NODE 2u /* on this node */
#define DSI_PLACEMENT_LIKE 3u /* on the node where this process runs */

/**
 * struct dsi_traffic - how a producer sends, declared beforehand.
 * @tick_hz:   ticks in a second, 1..DSI_TICKS_MAX; all times below are ticks.
 *             1000000000 for nanoseconds, 30000 for a period of 1001 (29.97
 *             a second), 48000 for audio.  0 = nothing is declared; then all
 *             else must be 0 too.
 * @period:    packet i is due @period times i after the first;
 *             1..DSI_TICKS_MAX
 * @jitter:    and committed 0..@jitter after that; 0..DSI_TICKS_MAX
 * @distance:  two commits in a row are at least so far apart; 0..@period
 * @hold:      a packet is got at most so long before its commit;
 *             0..DSI_TICKS_MAX
 * @span:      packets from one synchronisation of both ends' clocks to the
 *             next, for ends that declare a drift; 0 = never synchronised
 * @drift_ppb: its clock may run so much too fast or too slow, parts in 10^9;
 *             0..999999999
 * @batch:     packets got at once when the first of them is due, and
 *             committed at once when the last is; 0..DSI_MAX_PACKETS and at
 *             most the stream's packets, 0 = 1
 * @ties:      DSI_TIES_*: a packet given back and one got, or one committed
 *             and one got, at the same instant
 * @reserved:  must be 0
 *
 * What the fields mean exactly, and what follows from them: sizing.h, struct
 * dsi_sizing_writer.
 */
struct dsi_traffic {
	uint64_t tick_hz;
	uint64_t period;
	uint64_t jitter;
	uint64_t distance;
	uint64_t hold;
	uint64_t span;
	uint32_t drift_ppb;
	uint32_t batch;
	uint32_t ties;
	uint32_t reserved;
};

/**
 * struct dsi_usage - how a consumer works, declared beforehand.
 * @tick_hz:   ticks in a second, 1..DSI_TICKS_MAX; all times below are ticks,
 *             each 0..DSI_TICKS_MAX.  It need not be the producer's.  0 =
 *             nothing is declared; then all else must be 0 too.
 * @period:    the period of the stream that it expects, compared exactly;
 *             0 = any
 * @jitter:    how late its get may be on its own grid (GRID, ANCHORED, STALL)
 * @hold:      how long it may hold a packet (GRID, ANCHORED, STALL)
 * @wake:      how late it may wake up (ANCHORED, STALL, SERVICE)
 * @service:   longest time for one packet with its release (SERVICE)
 * @response:  longest time from commit to release (RESPONSE)
 * @start:     its first get after the first packet is due (GRID, STALL) or
 *             after the @prefill-th packet was seen (ANCHORED); counts with
 *             DSI_READER_START_GIVEN, else it is for dsi_socket_need() to say
 * @pace:      DSI_PACE_*: how it decides when to get the next packet
 * @flags:     DSI_READER_*
 * @prefill:   ANCHORED: its grid begins when so many packets were seen;
 *             0..DSI_MAX_PACKETS, 0 = 1
 * @batch:     packets got at once and given back at once (GRID);
 *             0..DSI_MAX_PACKETS and at most the stream's packets, 0 = 1
 * @drift_ppb: its clock may run so much too fast or too slow, parts in 10^9
 *             (GRID, ANCHORED); 0..999999999
 * @reserved:  must be 0
 *
 * What the fields mean exactly, and what follows from them: sizing.h, struct
 * dsi_sizing_reader.
 */
struct dsi_usage {
	uint64_t tick_hz;
	uint64_t period;
	uint64_t jitter;
	uint64_t hold;
	uint64_t wake;
	uint64_t service;
	uint64_t response;
	uint64_t start;
	uint32_t pace;
	uint32_t flags;
	uint32_t prefill;
	uint32_t batch;
	uint32_t drift_ppb;
	uint32_t reserved;
};

/**
 * struct dsi_stream_desc - the description of a stream, made by its producer.
 * @size:         sizeof(struct dsi_stream_desc)
 * @flags:        DSI_STREAM_*
 * @packets:      packets that exist, and data slots; 1..DSI_MAX_PACKETS, or
 *                0 with a declared @traffic: as many as its readers need, see
 *                dsi_stream_create() and dsi_producer_create()
 * @ring_slots:   descriptors in the ring, power of two,
 *                1..DSI_MAX_RING_SLOTS; 0 = @packets rounded up
 * @max_sg:       scatter/gather elements per packet, 1..DSI_MAX_SG; 0 = 1
 * @align_bytes:  alignment of each data slot in the area, power of two,
 *                1..2^21; 0 = 64.  MAP: 0 = the power of two that a slot fits
 *                into, so that a full packet is mapped in one step
 * @packet_bytes: capacity of a data slot, bytes; 0 = no slots: the
 *                application places data in the area itself
 * @data_bytes:   size of the data area; 0 = just enough for all slots.
 *                Rounded up to whole pages.
 * @lifetime_ns:  a packet expires this long after its time stamp; 0 = never.
 *                A packet without time stamp (time 0) does not expire.
 * @traffic:      how the producer sends; all zero = not declared
 * @format:       what the data is, as text, e.g. a media type; "" = any.
 *                A consumer that asks for a format must ask for this one.
 */
struct dsi_stream_desc {
	uint32_t size;
	uint32_t flags;
	uint32_t packets;
	uint32_t ring_slots;
	uint32_t max_sg;
	uint32_t align_bytes;
	uint32_t packet_bytes;
	uint32_t reserved; /* must be 0 */
	uint64_t data_bytes;
	uint64_t lifetime_ns;
	struct dsi_traffic traffic;
	char format[DSI_FORMAT_BYTES];
};

/* Flags of a consumer. */
#define DSI_CONSUMER_WRITABLE 0x0001u	  /* map the data area to write */
#define DSI_CONSUMER_KEEP_EXPIRED 0x0002u /* do not skip expired packets */
/* Accept a data area that its owner could still shrink.  Only for an owner
 * that is trusted: access beyond a shrunken area raises SIGBUS. */
#define DSI_CONSUMER_ACCEPT_UNSEALED 0x0004u

/* Measure how long packets are held, which takes one more look at the clock
 * for each get and each commit: dsi_socket_stats.hold_max_ns. */
#define DSI_CONSUMER_TIME_HOLD 0x0008u

/* Get a copy of each packet's data, made by get() into memory of the consumer
 * itself: the producer has the packet back at once, and nobody can change what
 * is read.  It costs one pass over the data.  Needs @max_packet_bytes: so
 * large a buffer is made for each of @hold_packets when the consumer connects.
 * A packet with more data than that comes without data, as DSI_PACKET_GAP, and
 * raises DSI_EVENT_DROPPED.  Not with DSI_CONSUMER_WRITABLE, and not for
 * streams with DSI_STREAM_PHYS.  With policy RECLAIM a packet that was got is
 * intact and stays so. */
#define DSI_CONSUMER_COPY 0x0010u

/* Accept a stream with DSI_STREAM_MAP; its producer is trusted. */
#define DSI_CONSUMER_MAP 0x0020u

/**
 * struct dsi_consumer_options - what a consumer needs of a stream.
 * @size:             sizeof(struct dsi_consumer_options)
 * @flags:            DSI_CONSUMER_*
 * @policy:           DSI_POLICY_*; default BLOCK
 * @queue_packets:    DROP_NEW: packets it may have waiting or held;
 *                    0 = as many as it needs, if both ends declared how they
 *                    work, else a quarter of the stream's packets, at least 1
 * @hold_packets:     packets it wants to hold at once; 0 = as many as exist.
 *                    COPY: copies, which may be more than there are packets;
 *                    0 = 1
 * @align_bytes:      least alignment of data slots it can use; 0 = any
 * @min_packet_bytes: smallest slot capacity it can use; 0 = any
 * @max_packet_bytes: largest slot capacity it can use; 0 = any.  COPY: most
 *                    data of one packet, all elements together; not 0
 * @max_sg:           most scatter/gather elements it can use; 0 = any
 * @spin_ns:          how long a blocking get polls before it sleeps; not at
 *                    all while the producer is on the same CPU
 * @format:           the format it needs; "" = any
 * @label:            its name in lists and events; "" = none
 * @usage:            how it works; all zero = not declared.  A stream that
 *                    declares its traffic does not admit a consumer that
 *                    could not keep up with it by what both declare.
 * @placement:        DSI_PLACEMENT_*: where its consumer page lies, which it
 *                    writes
 * @placement_of:     _NODE: number of the node; _LIKE: number of the process
 * @on_reclaim:       RECLAIM: called in get() and in dsi_packet_valid(), on
 *                    the caller's thread, when packets were overwritten
 *                    before they were used; must be RT-safe itself
 * @user:             first argument of @on_reclaim
 */
struct dsi_consumer_options {
	uint32_t size;
	uint32_t flags;
	uint32_t policy;
	uint32_t queue_packets;
	uint32_t hold_packets;
	uint32_t align_bytes;
	uint32_t min_packet_bytes;
	uint32_t max_packet_bytes;
	uint32_t max_sg;
	uint32_t spin_ns;
	char format[DSI_FORMAT_BYTES];
	char label[DSI_LABEL_BYTES];
	struct dsi_usage usage;
	void (*on_reclaim)(void *user, uint64_t packets);
	void *user;
	uint32_t placement;
	uint32_t placement_of;
};

/* Flags of a producer. */
#define DSI_PRODUCER_DATA_FD 0x0001u /* @data_fd brings the data area */

/**
 * struct dsi_producer_options - how a producer works.
 * @size:           sizeof(struct dsi_producer_options)
 * @flags:          DSI_PRODUCER_*
 * @data_fd:        with DSI_PRODUCER_DATA_FD: descriptor of the data area
 *                  (memfd, hugetlbfs, dma-buf, anything that can be mapped
 *                  shared).  The library takes its own duplicate.  A memfd
 *                  that permits it is sealed against shrinking and, unless
 *                  the stream is WRITABLE, against being written by others.
 * @wait_consumers: get() hands out no packet before so many consumers were
 *                  admitted, also if some have left since; one that left
 *                  before a get() could admit it does not count
 * @spin_ns:        how long a blocking get polls before it sleeps; not at all
 *                  while a consumer that has packets is on the same CPU
 * @n_readers:      their number, 0..DSI_MAX_CONSUMERS
 * @readers:        the consumers expected, array; only for a description with
 *                  0 packets, which dsi_producer_create() then sizes as
 *                  dsi_stream_desc_size() does
 * @placement:      DSI_PLACEMENT_*: AUTO: control area and signal pages lie
 *                  where the thread that creates the socket runs, the data area
 *                  where placement.h's plan wants it: it moves there while
 *                  consumers join, before the first packet is committed.
 *                  NODE and LIKE: all of it lies there.
 * @placement_of:   _NODE: number of the node; _LIKE: number of the process
 */
struct dsi_producer_options {
	uint32_t size;
	uint32_t flags;
	int32_t data_fd;
	uint32_t wait_consumers;
	uint32_t spin_ns;
	uint32_t n_readers;
	const struct dsi_usage *readers;
	uint32_t placement;
	uint32_t placement_of;
};

/* Events of a socket.  DATA and SPACE are levels: they stay as long as get()
 * would give a packet or a final error such as -DSI_EPIPE.  All others are
 * remembered until dsi_select() reports them, and counted. */
#define DSI_EVENT_DATA 0x0001u	      /* consumer: get() would not wait */
#define DSI_EVENT_SPACE 0x0002u	      /* producer: get() would not wait */
#define DSI_EVENT_EOS 0x0004u	      /* end of stream committed or reached */
#define DSI_EVENT_DROPPED 0x0008u     /* packets dropped for a consumer */
#define DSI_EVENT_RECLAIMED 0x0010u   /* packets overwritten before use */
#define DSI_EVENT_EXPIRED 0x0020u     /* packets skipped: expired */
#define DSI_EVENT_ERROR 0x0040u	      /* a peer broke the protocol */
#define DSI_EVENT_PEER_JOINED 0x0080u /* a consumer joined, or we did */
#define DSI_EVENT_PEER_LEFT 0x0100u   /* a peer closed in order */
#define DSI_EVENT_PEER_GONE 0x0200u   /* a peer died or broke off */
#define DSI_EVENT_STATE 0x0400u	      /* the socket's state changed */
#define DSI_EVENT_USER 0xff0000u      /* eight events of the application */
#define DSI_EVENTS 24u		      /* number of bits in use */

/* State of a socket or a stream; docs/design/40-states.md has the picture. */
#define DSI_STATE_CREATED 0u
#define DSI_STATE_CONNECTED 1u
#define DSI_STATE_RUNNING 2u
#define DSI_STATE_STOPPING 3u
#define DSI_STATE_CLOSED 4u
#define DSI_STATE_FAILED 5u

/**
 * struct dsi_socket_stats - snapshot of a socket's counters.
 *
 * Each counter is read once; the set is not one instant.  On the control
 * application's side the same struct comes from the component.
 */
struct dsi_socket_stats {
	uint32_t size;		 /* in: sizeof; out: bytes filled */
	uint32_t state;		 /* DSI_STATE_* */
	uint32_t consumers;	 /* producer: present; consumer: 0 */
	uint32_t held;		 /* packets the application holds now */
	uint64_t committed;	 /* packets: producer committed, consumer got */
	uint64_t bytes;		 /* payload bytes of those */
	uint64_t released;	 /* packets: seen to come back / given back */
	uint64_t dropped;	 /* producer: deliveries not made (DROP_NEW);
				 * consumer: packets it missed that way */
	uint64_t expired;	 /* consumer: skipped because expired */
	uint64_t reclaimed;	 /* consumer: overwritten before use */
	uint64_t unclaimed;	 /* producer: committed with no consumer */
	uint64_t waits;		 /* times this side went to sleep */
	uint64_t wakes;		 /* wake calls made for the other side */
	uint64_t backlog_max;	 /* most packets that waited in the ring: exact
				 * if more than 32, or than half of the ring if
				 * that is less; else the most that was seen */
	uint64_t latency_max_ns; /* consumer: commit to get, worst */
	uint64_t latency_sum_ns; /* consumer: sum, for the mean */
	uint64_t held_max;	 /* most packets held at once */
	uint64_t hold_max_ns;	 /* consumer with DSI_CONSUMER_TIME_HOLD: get
				 * to commit, worst */
};

/**
 * dsi_now - the time base of all deadlines and time stamps.
 *
 * Return: nanoseconds; on Linux CLOCK_MONOTONIC, equal in all processes.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API uint64_t dsi_now(void);

/**
 * dsi_stream_desc_check - is a description valid, and if not, why not?
 * @desc: description to check
 * @why:  text buffer for the reason, may be NULL
 * @why_bytes: its size
 *
 * Return: 0, or -DSI_EINVAL with @why naming field, value and range;
 *         -DSI_ENOTSUP: valid, but not on this system, as DSI_STREAM_MAP and
 *         DSI_STREAM_PHYS may not be.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_desc_check(
	const struct dsi_stream_desc *desc, char *why, uint32_t why_bytes);

/**
 * dsi_stream_desc_size - as many packets as the readers need.
 * @desc:      description with declared traffic; @desc->packets is set, and
 *             left alone on failure
 * @readers:   how each consumer works, array; all of them with policy BLOCK
 * @n_readers: 1..DSI_MAX_CONSUMERS
 * @why:       text buffer for the reason, may be NULL
 * @why_bytes: its size
 *
 * The least number with which none of them ever makes the producer wait,
 * and none ever lacks a packet, if both keep to what they declared; the
 * largest of dsi_size_reader().
 *
 * Return: 0, or
 *   -DSI_EINVAL     a value out of range or missing
 *   -DSI_ENOMATCH   a reader expects another period, or starts too early
 *   -DSI_ERANGE     more than DSI_MAX_PACKETS would be needed
 *   -DSI_EDOM       no finite number suffices
 *   -DSI_ENOTSUP    a combination without known bound, or a span of fewer
 *                   packets than may be in use at once
 *   -DSI_EOVERFLOW  no common tick, or exact arithmetic does not suffice
 *   each with a sentence in @why.
 * Context: as dsi_size_reader().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_stream_desc_size(struct dsi_stream_desc *desc,
						const struct dsi_usage *readers,
						uint32_t n_readers, char *why,
						uint32_t why_bytes);

#endif /* DSI_TYPES_H */
