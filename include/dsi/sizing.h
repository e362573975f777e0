/* SPDX-License-Identifier: MIT */
/*
 * sizing.h - how many packets, how many bytes, how late to start, how late at
 * worst.
 *
 * Packet i lives from the moment the producer gets its slot, g_i, over its
 * commit, p_i, and the consumer's get, c_i, to the consumer's release, r_i.
 * A producer that finds no slot at g_i has lost a packet (or must wait); a
 * consumer that finds no packet at c_i has an underrun.  The functions here
 * answer, from descriptions of both ends, the *least* number of slots for
 * which the first, and the least start offset for which the second can never
 * happen, whatever the two do within their descriptions.
 *
 * Times are ticks, as in jcs.h; all functions are pure, exact and free of the
 * system, and usable in a freestanding program.  Symbols and proofs:
 * docs/design/80-sizing.md.
 */
#ifndef DSI_SIZING_H
#define DSI_SIZING_H

#include <dsi/jcs.h>
#include <dsi/types.h>

#define DSI_SIZING_MAX_BATCH (UINT32_C(1) << 20) /* batch, units, reordering */
#define DSI_SIZING_WHY_BYTES 256u		 /* enough for every reason */

/* An exact time: whole + num / den ticks, 0 <= num < den. */
struct dsi_ticks {
	int64_t whole;
	uint32_t num;
	uint32_t den;
};

/* How a consumer decides when to get the next packet. */
#define DSI_PACE_GRID \
	0u /* at O + i T on a common time base, if it is
			      * there or not: too late is an underrun */
#define DSI_PACE_ANCHORED \
	1u		     /* on a grid that begins when it saw the k-th
			      * packet */
#define DSI_PACE_STALL 2u    /* at O + i T, and later if there is none yet */
#define DSI_PACE_SERVICE 3u  /* as they come, one after the other, C each */
#define DSI_PACE_RESPONSE 4u /* as they come; back within R after commit */

/* Two events at the same time. */
#define DSI_TIES_STRICT 0u /* in the worst order (the default) */
#define DSI_TIES_CLOSED 1u /* release before get, commit before get */

/**
 * struct dsi_sizing_writer - the producer's side of the question.
 * @size:    sizeof(struct dsi_sizing_writer)
 * @ties:    DSI_TIES_*
 * @stream:  when packets are committed.  ANCHORED and SERVICE readers make
 *           use of its distance, GRID ones do not need it.
 * @hold:    Hp, ticks: how long before the commit it may get the slot
 * @packets: n: length of the stream, 0 = without end.  Of the packets from
 *           one synchronisation of drifting clocks to the next more must be
 *           given, because packets of both sides of it live together: as
 *           many as live at once, without batches (ask again with n + slots
 *           until slots stays).
 * @batch:   kp: it gets this many slots when the first of them is due, and
 *           commits them when the last is due; 0 = 1
 * @units:   a: units (e.g. audio frames) in one packet, for a reader that
 *           reads in other portions; must divide the period; 0 = 1
 */
struct dsi_sizing_writer {
	uint32_t size;
	uint32_t ties;
	struct dsi_jcs stream;
	uint64_t hold;
	uint64_t packets;
	uint32_t batch;
	uint32_t units;
};

/* The start offset (GRID, STALL) or the delay (ANCHORED) is given. */
#define DSI_READER_START_GIVEN 0x0001u

/**
 * struct dsi_sizing_reader - one consumer's side of the question.
 * @size:      sizeof(struct dsi_sizing_reader)
 * @flags:     DSI_READER_*
 * @pace:      DSI_PACE_*
 * @policy:    DSI_POLICY_*; only readers that BLOCK make a ring larger
 * @jitter:    tau_c, ticks: how late it may be on its grid (GRID, ANCHORED,
 *             STALL)
 * @hold:      Hc, ticks: how long it may hold a packet (GRID, ANCHORED,
 *             STALL)
 * @wake:      W, ticks: how late it may wake up (ANCHORED, STALL, SERVICE)
 * @service:   C, ticks: longest time for one packet with its release
 *             (SERVICE)
 * @response:  R, ticks: longest time from commit to release (RESPONSE)
 * @start:     O, ticks: its first get after the first packet is due (GRID,
 *             STALL), or d: its first get after it saw packet k - 1
 *             (ANCHORED).  Used with START_GIVEN, otherwise the least is
 *             taken (STALL: 0).
 * @prefill:   ANCHORED: k, the grid begins when so many packets were
 *             committed; 0 = 1, or, with a given start and without drift, the
 *             least k that goes with it
 * @batch:     kc: it gets this many when the first of them is due, and
 *             releases them when the last is due (GRID); 0 = 1
 * @units:     b: units in one portion that it reads (GRID); 0 = as a packet
 * @early:     e: a packet is read up to so many places before its own (GRID)
 * @late:      l: and up to so many places after it (GRID)
 * @coalesce:  SERVICE: woken at every k-th commit only; 0 = 1
 * @coalesce_wait: SERVICE: and at latest so long after a commit, ticks;
 *             0 = no such limit
 * @drift_ppb: rho_c: its clock may run so much too fast or slow (GRID,
 *             ANCHORED)
 * @queue:     DROP_NEW: packets its queue takes, 0 = not known; a note for
 *             who calls dsi_size_loss(), nothing here depends on it
 */
struct dsi_sizing_reader {
	uint32_t size;
	uint32_t flags;
	uint32_t pace;
	uint32_t policy;
	uint64_t jitter;
	uint64_t hold;
	uint64_t wake;
	uint64_t service;
	uint64_t response;
	uint64_t start;
	uint32_t prefill;
	uint32_t batch;
	uint32_t units;
	uint32_t early;
	uint32_t late;
	uint32_t coalesce;
	uint64_t coalesce_wait;
	uint32_t drift_ppb;
	uint32_t queue;
};

/* Results that are not only safe but the least possible. */
#define DSI_EXACT_SLOTS 0x0001u
#define DSI_EXACT_START 0x0002u
#define DSI_EXACT_LATENCY 0x0004u
#define DSI_EXACT_BACKLOG 0x0008u
#define DSI_EXACT_ALL 0x000fu

/**
 * struct dsi_sizing_need - what one reader needs.
 * @size:         sizeof(struct dsi_sizing_need)
 * @exact:        DSI_EXACT_*: these are the least possible values, the others
 *                are safe
 * @slots:        N: packets that must exist
 * @slots_closed: N if ties were closed
 * @units:        endless streams whose units differ: units that must exist
 *                if space is freed unit by unit; else 0
 * @start:        O or d used.  If it was not given, closed ties need exactly
 *                this and strict ties more than this, by however little; for
 *                the slots that go with a whole tick more, ask again with
 *                that start given.
 * @prefill:      ANCHORED: k used, else 0
 * @underrun:     1: the start given is too small.  @slots then holds for a
 *                reader that leaves out what is late; one that takes it when
 *                it comes may need more.
 * @lifetime:     X: longest time from g_i to r_i, in the sense of the
 *                formula used; what @slots periods must cover
 * @get_min:      shortest time from commit to get; negative: an underrun is
 *                possible (a start offset was given that is too small)
 * @get_max:      longest time from commit to get
 * @release_max:  longest time from commit to release
 * @backlog:      most packets that are committed and not yet got
 * @first:        witness: packet that is still alive
 * @last:         when the slot for this one is needed; @last - @first + 1
 *                packets live at once, so @slots - 1 are too few
 *
 * Times that do not exist for a pace (get_* of RESPONSE) are those of
 * release.
 */
struct dsi_sizing_need {
	uint32_t size;
	uint32_t exact;
	uint64_t slots;
	uint64_t slots_closed;
	uint64_t units;
	struct dsi_ticks start;
	struct dsi_ticks lifetime;
	struct dsi_ticks get_min;
	struct dsi_ticks get_max;
	struct dsi_ticks release_max;
	uint64_t backlog;
	uint64_t first;
	uint64_t last;
	uint32_t prefill;
	uint32_t underrun;
};

/**
 * dsi_size_writer_of - the producer's side of the question, from a stream's own
 * words.
 * @traffic:    what the stream declares; its tick becomes that of the question
 * @out_writer: filled in whole, without length, with packets of one unit
 *
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API void dsi_size_writer_of(const struct dsi_traffic *traffic,
				struct dsi_sizing_writer *out_writer);

/**
 * dsi_size_reader - what one reader needs of a writer's ring.
 * @writer:    the producer
 * @reader:    the consumer
 * @out_need:  the answer; set its size before
 * @why:       buffer for the reason of a failure, may be NULL
 * @why_bytes: its size
 *
 * Return: 0, or
 *   -DSI_EINVAL     a value out of range or a contradiction
 *   -DSI_ENOTSUP    a combination no exact or safe bound is known for here
 *   -DSI_EDOM       no finite bound exists: drift without a length, a
 *                   service longer than the period, UPPER_ONLY for a grid
 *   -DSI_EOVERFLOW  exact arithmetic does not suffice
 *   each with a sentence in @why that names the value and a way out.
 * Context: any thread; RT-safe without batches and units, which take up to
 *          2^20 steps.
 * Source:  docs/design/80-sizing.md, one section for each pace
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_reader(
	const struct dsi_sizing_writer *writer,
	const struct dsi_sizing_reader *reader,
	struct dsi_sizing_need *out_need, char *why, uint32_t why_bytes);

/**
 * dsi_size_fan_out - slots of a ring with several readers.
 * @writer:    the producer
 * @readers:   consumers, array; each of this library's size
 * @n_readers: their number, at least 1
 * @out_needs: the need of each, array; set the size of each before
 * @out_slots: the largest of those that BLOCK; at least 1
 * @why:       as above
 * @why_bytes: as above
 *
 * Return: as dsi_size_reader().
 * Context: as dsi_size_reader().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_fan_out(
	const struct dsi_sizing_writer *writer,
	const struct dsi_sizing_reader *readers, uint32_t n_readers,
	struct dsi_sizing_need *out_needs, uint64_t *out_slots, char *why,
	uint32_t why_bytes);

/**
 * dsi_size_merge - one ring that several producers write.
 * @streams:   their streams, array
 * @n_streams: their number, at least 1
 * @ties:      DSI_TIES_*
 * @wake:      W of the one consumer, ticks
 * @service:   C, ticks for each packet with its release, at least 1
 * @out_need:  slots, slots_closed, release_max, get_max and backlog are set
 * @why:       as above
 * @why_bytes: as above
 *
 * Return: as dsi_size_reader(); -DSI_EDOM if the packets take longer to serve
 *         than they take to come.  -DSI_EOVERFLOW also if the busy period has
 *         more than 2^24 arrivals.
 * Context: any thread; takes time in proportion to @n_streams and to the
 *          packets of the longest burst.
 * Source:  docs/design/80-sizing.md, merge
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_merge(const struct dsi_jcs *streams,
					  uint32_t n_streams, uint32_t ties,
					  uint64_t wake, uint64_t service,
					  struct dsi_sizing_need *out_need,
					  char *why, uint32_t why_bytes);

/**
 * dsi_size_self_timed - slots for a rate if both sides work and block.
 * @period:      T wished, ticks
 * @write:       Cp: longest time to fill a packet
 * @write_wake:  Wp: longest wake-up of a blocked producer
 * @read:        Cc: longest time to use a packet
 * @read_wake:   Wc: longest wake-up of a blocked consumer
 * @out_slots:   least N that sustains one packet every @period; exact
 *               without wake-ups, else safe
 *
 * Return: 0, -DSI_EINVAL, -DSI_EDOM if a side is slower than the period,
 *         -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Source:  docs/design/80-sizing.md, self-timed
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_self_timed(uint64_t period, uint64_t write,
					       uint64_t write_wake,
					       uint64_t read,
					       uint64_t read_wake,
					       uint64_t *out_slots);

/* Parameters one can ask the limit of. */
#define DSI_LIMIT_WRITER_JITTER 0u
#define DSI_LIMIT_WRITER_HOLD 1u
#define DSI_LIMIT_READER_JITTER 2u
#define DSI_LIMIT_READER_HOLD 3u
#define DSI_LIMIT_WAKE 4u
#define DSI_LIMIT_SERVICE 5u
#define DSI_LIMIT_RESPONSE 6u
#define DSI_LIMIT_START 7u
#define DSI_LIMIT_PERIOD 8u /* the smallest; all others are the largest */

/**
 * dsi_size_limit - the inverse question: how far may one value go?
 * @writer:    the producer
 * @reader:    the consumer
 * @slots:     packets there are
 * @parameter: DSI_LIMIT_*; its own value in @writer or @reader is ignored.
 *             For the START of an ANCHORED reader a prefill of 0 is 1.
 * @out_value: the largest (PERIOD: the smallest) value, whole ticks, for
 *             which @slots are enough and, but for START and PERIOD, a start
 *             offset that was given does not become too small.  UINT64_MAX:
 *             any value.
 * @why:       as above
 * @why_bytes: as above
 *
 * Return: as dsi_size_reader(); -DSI_ERANGE if no value will do;
 *         -DSI_ENOTSUP for a parameter that the pace does not have, and for
 *         the period of an ANCHORED reader.
 * Context: any thread; at most 128 times the work of dsi_size_reader().
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_limit(
	const struct dsi_sizing_writer *writer,
	const struct dsi_sizing_reader *reader, uint64_t slots,
	uint32_t parameter, uint64_t *out_value, char *why, uint32_t why_bytes);

/**
 * struct dsi_sizing_loss - what happens if there are too few slots.
 * @size:      sizeof(struct dsi_sizing_loss)
 * @exact:     1: a schedule does this for ever; 0: it cannot be worse
 * @lost:      of any @of packets in a row at most so many are lost
 * @of:        see @lost
 * @wait:      BLOCK: longest time the producer waits for a slot, and so is
 *             late by.  Known, with @exact 1, for an endless GRID without
 *             batches and units if both holds fit in @slots periods;
 *             otherwise 0 with @exact 0: with longer holds the producer falls
 *             behind without end
 */
struct dsi_sizing_loss {
	uint32_t size;
	uint32_t exact;
	uint64_t lost;
	uint64_t of;
	struct dsi_ticks wait;
};

/**
 * dsi_size_loss - the overload policy's consequence of too few slots.
 * @writer:    the producer
 * @reader:    the consumer, with its policy
 * @slots:     packets there are for it: of the ring, or of its DROP_NEW
 *             queue; at least 1
 * @out_loss:  the answer, all 0 if @slots are enough; set its size before
 * @why:       as above
 * @why_bytes: as above
 *
 * BLOCK loses nothing, but the producer waits.  DROP_NEW: at most N - slots
 * of any N packets.  RECLAIM: a reader that is late for ever loses them all.
 *
 * Return: as dsi_size_reader().
 * Context: as dsi_size_reader().
 * Source:  docs/design/80-sizing.md, too few slots
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_loss(const struct dsi_sizing_writer *writer,
					 const struct dsi_sizing_reader *reader,
					 uint64_t slots,
					 struct dsi_sizing_loss *out_loss,
					 char *why, uint32_t why_bytes);

/* How packets lie in the data area. */
#define DSI_AREA_SLOTS 0u  /* one slot of the largest size for each packet */
#define DSI_AREA_RING 1u   /* one after the other, each in one piece */
#define DSI_AREA_MIRROR 2u /* likewise, the area mapped twice in a row */

/**
 * struct dsi_sizing_area - the bytes of packets.
 * @size:        sizeof(struct dsi_sizing_area)
 * @layout:      DSI_AREA_*
 * @slots:       packets alive at once, at least 1
 * @min_bytes:   smallest packet
 * @max_bytes:   largest packet, at least 1
 * @align_bytes: each packet begins at a multiple of this; a power of two is
 *               not required; 0 = 1
 * @page_bytes:  the area is a multiple of this; 0 = 1
 * @control_bytes: for each slot beside the data: descriptor, state
 * @mean_bytes:  if not 0: any k packets in a row have at most
 *               k @mean_bytes + @burst_bytes
 * @burst_bytes: see there
 * @pattern:     sizes that repeat for ever, array, or NULL
 * @n_pattern:   its length; min_bytes and max_bytes are then ignored
 */
struct dsi_sizing_area {
	uint32_t size;
	uint32_t layout;
	uint64_t slots;
	uint64_t min_bytes;
	uint64_t max_bytes;
	uint64_t align_bytes;
	uint64_t page_bytes;
	uint64_t control_bytes;
	uint64_t mean_bytes;
	uint64_t burst_bytes;
	const uint64_t *pattern;
	uint64_t n_pattern;
};

/**
 * struct dsi_sizing_bytes - the answer.
 * @size:    sizeof(struct dsi_sizing_bytes)
 * @exact:   1: no smaller area will do, 0: safe
 * @payload: most bytes of data alive at once
 * @live:    the same with each packet rounded up to the alignment
 * @area:    bytes of the data area
 * @padding: @area - @payload
 * @control: slots x control_bytes
 * @total:   @area + @control
 */
struct dsi_sizing_bytes {
	uint32_t size;
	uint32_t exact;
	uint64_t payload;
	uint64_t live;
	uint64_t area;
	uint64_t padding;
	uint64_t control;
	uint64_t total;
};

/**
 * dsi_size_area - bytes of the data area for packets of varying size.
 * @area:      the question
 * @out_bytes: the answer; set its size before
 * @why:       as above
 * @why_bytes: as above
 *
 * Return: 0, -DSI_EINVAL, -DSI_EOVERFLOW.
 * Context: any thread; takes time in proportion to @n_pattern.
 * Source:  docs/design/80-sizing.md, bytes
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_area(const struct dsi_sizing_area *area,
					 struct dsi_sizing_bytes *out_bytes,
					 char *why, uint32_t why_bytes);

/**
 * dsi_size_original - the number of packets of the original DSI.
 * @bandwidth:    bytes a second
 * @jitter_us:    tau, microseconds
 * @packet_bytes: bytes of a packet, at least 1
 * @out_packets:  floor(tau (ceil(bandwidth / packet) + 1)) + 2, in exact
 *                arithmetic and without the wrap-around of 32 bits
 *
 * For comparison only: it does not count holds, nor the other side's jitter.
 *
 * Return: 0, -DSI_EINVAL, -DSI_EOVERFLOW.
 * Context: any thread; RT-safe.
 * Source:  L4Env, package dsi, lib/src/jcp.c
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_size_original(uint64_t bandwidth,
					     uint64_t jitter_us,
					     uint64_t packet_bytes,
					     uint64_t *out_packets);

#endif /* DSI_SIZING_H */
