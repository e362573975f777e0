/* SPDX-License-Identifier: MIT */
/*
 * shm_layout.h - what lies in shared memory, byte for byte.
 *
 * Every region has exactly one writer (docs/design/20-shm-layout.md):
 *
 *   control area    written by the producer, read by all consumers
 *   data area       written by the producer (and by consumers of a stream
 *                   that is declared writable)
 *   signal page     written by the producer, read by one consumer
 *   consumer page   written by one consumer, read by the producer
 *
 * Who reads a word that another process writes reads it once, into a local,
 * and checks the local.  The geometry below is copied at attach and never
 * read again.  All counters are free-running; positions have 63 bits and do
 * not wrap in the life of a machine, signal words have 32 and do.
 */
#ifndef DSI_SHM_LAYOUT_H
#define DSI_SHM_LAYOUT_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define DSI_SHM_MAGIC 0x31495344u /* "DSI1" on a little-endian machine */
#define DSI_SHM_ABI_MAJOR 1u	  /* other major: cannot talk */
#define DSI_SHM_ABI_MINOR 0u	  /* other minor: can */
#define DSI_SHM_ENDIAN 0x01020304u
#define DSI_CACHELINE 64u

/* Shared words must be lock free in every address space. */
static_assert(ATOMIC_INT_LOCK_FREE == 2, "32-bit words must be lock free");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit words must be lock free");
static_assert(sizeof(_Atomic uint32_t) == 4 && sizeof(_Atomic uint64_t) == 8,
	      "atomic words have no lock inside");

/* Head of the control area.  Written before the region is shared, never
 * changed.  Consumers compare it with what the handshake told them. */
struct dsi_shm_header {
	uint32_t magic;
	uint32_t abi_major;
	uint32_t abi_minor;
	uint32_t header_bytes;
	uint32_t endian;
	uint32_t cacheline_bytes;
	uint32_t ring_slots;
	uint32_t max_sg;
	uint64_t ring_offset; /* bytes from the head to the first descriptor */
	uint64_t data_bytes;
	uint64_t stream_id; /* in traces; random, not 0, or 0 = has none */
	uint64_t reserved;  /* for growth; zero */
};

/*
 * A descriptor.  Packed, not padded to a line: two per line measured faster
 * than one (docs/design/20-shm-layout.md).
 *   commit   (position + 1), or BUSY | (position + 1) when it is gone, or
 *            BUSY | position while the packet of `position` is being written
 *   place    size of element 0 in bits 0..31, flags 32..47, token 48..63
 */
struct dsi_shm_desc {
	_Atomic uint64_t commit;
	_Atomic uint64_t time_ns;
	_Atomic uint64_t offset;
	_Atomic uint64_t place;
};
#define DSI_COMMIT_BUSY (UINT64_C(1) << 63)
#define DSI_POSITION_MAX (UINT64_C(1) << 62)

/* Flags of a descriptor beyond the public DSI_PACKET_* ones. */
#define DSI_DESC_STAMPED 0x4000u /* time_ns is the time of the commit */
#define DSI_DESC_EXT 0x8000u	 /* the extension row of this slot counts */

/*
 * An extension row: what is rarer than one element and default numbers.
 * Words of 64 bits: number, expiry, element count, then offset and size of
 * the elements 1, 2, ...  Its stride is a whole number of lines.
 */
#define DSI_EXT_NUMBER 0u
#define DSI_EXT_EXPIRES 1u
#define DSI_EXT_COUNT 2u
#define DSI_EXT_SG 3u
#define DSI_EXT_WORDS(max_sg) ((DSI_EXT_SG + 2u * ((max_sg)-1u) + 7u) & ~7u)

/* Signal page: the producer's words for one consumer.  A private ring
 * (DROP_NEW) follows at DSI_SHM_PAGE_HEAD. */
struct dsi_shm_signal {
	/* Low 32 bits of the number of packets committed for this consumer
	 * since it was admitted.  The consumer sleeps on it. */
	alignas(DSI_CACHELINE) _Atomic uint32_t signal;
	uint32_t reserved0;
	/* 1 + the position of this consumer's first packet; 0 before the
	 * producer has admitted it.  Written once. */
	_Atomic uint64_t start;
	/* Packets not delivered to this consumer (DROP_NEW). */
	_Atomic uint64_t dropped;
	/* The producer's sleep index towards this consumer, see notify.h. */
	alignas(DSI_CACHELINE) _Atomic uint64_t sleep;
	/* 1 + the CPU it was on when it last woke this consumer or was about to
	 * spin; 0: not said. */
	_Atomic uint32_t cpu;
	uint32_t reserved1;
};

/* Consumer page: one consumer's words.  The return ring, one 32-bit token
 * for each packet given back, follows at DSI_SHM_PAGE_HEAD. */
struct dsi_shm_consumer {
	/* Position up to which it needs no descriptor any more. */
	alignas(DSI_CACHELINE) _Atomic uint64_t taken;
	/* Number of tokens it has put into its return ring. */
	_Atomic uint64_t returned;
	/* Changes with either of the above.  The producer sleeps on it. */
	_Atomic uint32_t signal;
	uint32_t reserved0;
	/* Its sleep index, see notify.h.  A line of its own: the producer
	 * reads it at every commit. */
	alignas(DSI_CACHELINE) _Atomic uint64_t sleep;
	_Atomic uint32_t cpu; /* likewise, when it last woke the producer */
	uint32_t reserved1;
};
#define DSI_SHM_PAGE_HEAD 256u

#define DSI_SHM_AT(type, field, offset)                         \
	static_assert(offsetof(struct type, field) == (offset), \
		      #type "." #field " moved: this is ABI")
DSI_SHM_AT(dsi_shm_header, magic, 0);
DSI_SHM_AT(dsi_shm_header, abi_major, 4);
DSI_SHM_AT(dsi_shm_header, abi_minor, 8);
DSI_SHM_AT(dsi_shm_header, header_bytes, 12);
DSI_SHM_AT(dsi_shm_header, endian, 16);
DSI_SHM_AT(dsi_shm_header, cacheline_bytes, 20);
DSI_SHM_AT(dsi_shm_header, ring_slots, 24);
DSI_SHM_AT(dsi_shm_header, max_sg, 28);
DSI_SHM_AT(dsi_shm_header, ring_offset, 32);
DSI_SHM_AT(dsi_shm_header, data_bytes, 40);
DSI_SHM_AT(dsi_shm_header, stream_id, 48);
static_assert(sizeof(struct dsi_shm_header) == 64, "this is ABI");
DSI_SHM_AT(dsi_shm_desc, commit, 0);
DSI_SHM_AT(dsi_shm_desc, time_ns, 8);
DSI_SHM_AT(dsi_shm_desc, offset, 16);
DSI_SHM_AT(dsi_shm_desc, place, 24);
static_assert(sizeof(struct dsi_shm_desc) == 32, "this is ABI");
DSI_SHM_AT(dsi_shm_signal, signal, 0);
DSI_SHM_AT(dsi_shm_signal, start, 8);
DSI_SHM_AT(dsi_shm_signal, dropped, 16);
DSI_SHM_AT(dsi_shm_signal, sleep, 64);
DSI_SHM_AT(dsi_shm_signal, cpu, 72);
static_assert(sizeof(struct dsi_shm_signal) <= DSI_SHM_PAGE_HEAD, "ABI");
DSI_SHM_AT(dsi_shm_consumer, taken, 0);
DSI_SHM_AT(dsi_shm_consumer, returned, 8);
DSI_SHM_AT(dsi_shm_consumer, signal, 16);
DSI_SHM_AT(dsi_shm_consumer, sleep, 64);
DSI_SHM_AT(dsi_shm_consumer, cpu, 72);
static_assert(sizeof(struct dsi_shm_consumer) <= DSI_SHM_PAGE_HEAD, "ABI");

/* Sizes of regions, before rounding to pages. */
static inline uint64_t dsi__ring_bytes(uint32_t ring_slots, uint32_t max_sg)
{
	return (uint64_t)ring_slots *
	       (sizeof(struct dsi_shm_desc) + 8u * DSI_EXT_WORDS(max_sg));
}

static inline uint64_t dsi__control_bytes(uint32_t ring_slots, uint32_t max_sg)
{
	return DSI_SHM_PAGE_HEAD + dsi__ring_bytes(ring_slots, max_sg);
}

static inline uint64_t dsi__signal_bytes(uint32_t own_slots, uint32_t max_sg)
{
	return DSI_SHM_PAGE_HEAD +
	       (own_slots ? dsi__ring_bytes(own_slots, max_sg) : 0u);
}

/* A stream that lends (DSI_STREAM_MAP): behind all else in the signal page there
 * is a word for each packet of the stream, written by the producer for who does
 * the lending: how many pages of its slot this consumer may map now.  Return
 * where, or, with packets, where that ends. */
static inline uint64_t dsi__lent_offset(uint32_t own_slots, uint32_t max_sg,
					uint32_t packets)
{
	return dsi__signal_bytes(own_slots, max_sg) + 4u * (uint64_t)packets;
}

/* Least power of two that is not less than n, for 1 <= n <= 2^31. */
static inline uint32_t dsi__pow2(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static inline uint64_t dsi__page_bytes(uint32_t packets)
{
	return DSI_SHM_PAGE_HEAD + 4u * (uint64_t)dsi__pow2(packets);
}

#endif /* DSI_SHM_LAYOUT_H */
