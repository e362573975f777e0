/* SPDX-License-Identifier: MIT */
/*
 * stats_page.h - what one socket counts, in a page that others may read.
 *
 * Place in the data flow: producer|consumer -> STATISTICS PAGE -> a watcher in
 * any process (watch.c), which maps it read-only.
 *
 * Words: all are stored by the socket's owner only, nearly all of them by its
 * work thread; the region cannot be mapped to write by anybody else, so what
 * the owner reads back is what it wrote.  Nothing here steers anything.
 *
 * Edges: none.  Every access is relaxed: a count carries nothing, and a set of
 * them is no instant.
 *
 * Trust: who watches believes nothing: the head is compared at attach, and the
 * numbers are shown, not used.
 */
#ifndef DSI_STATS_PAGE_H
#define DSI_STATS_PAGE_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <dsi/histogram.h>
#include <dsi/types.h>

#include "dsi/bucket.h"
#include "dsi/shm_layout.h"

#define DSI_STATS_MAGIC 0x53495344u /* "DSIS" on a little-endian machine */
#define DSI_STATS_PEERS 31u	    /* places of consumers, see producer.h */

/* Counters, X(name): the names are those of struct dsi_socket_stats.  What
 * changes with each packet comes first, on one line. */
#define DSI_STATS_HOT_MAP(X) \
	X(committed)         \
	X(bytes)             \
	X(released)          \
	X(latency_sum_ns)    \
	X(latency_max_ns)    \
	X(backlog_max)       \
	X(held_max)
#define DSI_STATS_COLD_MAP(X) \
	X(waits)              \
	X(wakes)              \
	X(dropped)            \
	X(expired)            \
	X(reclaimed)          \
	X(unclaimed)          \
	X(hold_max_ns)
#define DSI_STATS_MAP(X)     \
	DSI_STATS_HOT_MAP(X) \
	DSI_STATS_COLD_MAP(X)

/* What a producer knows of the consumer in one place. */
struct dsi_shm_stats_peer {
	/* 1 + the position of the next commit when it was admitted; 0: nobody
	 * is in this place. */
	_Atomic uint64_t admitted;
	_Atomic uint64_t dropped; /* packets not delivered to it (DROP_NEW) */
};

#define DSI_STATS_FIELD(name) _Atomic uint64_t name;
struct dsi_shm_stats {
	/* The head, written before the page is shared. */
	alignas(DSI_CACHELINE) uint32_t magic;
	uint32_t abi_major;
	uint32_t abi_minor;
	uint32_t endian;
	uint32_t page_bytes; /* of this struct */
	uint32_t role;
	uint32_t bucket_bits;
	uint32_t buckets;
	uint32_t reserved0[8]; /* for growth; zero */
	DSI_STATS_HOT_MAP(DSI_STATS_FIELD)
	_Atomic uint32_t held;
	_Atomic uint32_t state; /* stored by the control plane */
	DSI_STATS_COLD_MAP(DSI_STATS_FIELD)
	uint64_t reserved1; /* for growth; zero */
	/* Producer: its consumers, by place. */
	struct dsi_shm_stats_peer peers[DSI_STATS_PEERS];
	uint64_t reserved2[2]; /* for growth; zero */
	/* Consumer: from commit to get, see histogram.h. */
	_Atomic uint64_t latency[DSI_HISTOGRAM_BUCKETS];
};

DSI_SHM_AT(dsi_shm_stats, magic, 0);
DSI_SHM_AT(dsi_shm_stats, abi_major, 4);
DSI_SHM_AT(dsi_shm_stats, abi_minor, 8);
DSI_SHM_AT(dsi_shm_stats, endian, 12);
DSI_SHM_AT(dsi_shm_stats, page_bytes, 16);
DSI_SHM_AT(dsi_shm_stats, role, 20);
DSI_SHM_AT(dsi_shm_stats, bucket_bits, 24);
DSI_SHM_AT(dsi_shm_stats, buckets, 28);
DSI_SHM_AT(dsi_shm_stats, committed, 64);
DSI_SHM_AT(dsi_shm_stats, bytes, 72);
DSI_SHM_AT(dsi_shm_stats, released, 80);
DSI_SHM_AT(dsi_shm_stats, latency_sum_ns, 88);
DSI_SHM_AT(dsi_shm_stats, latency_max_ns, 96);
DSI_SHM_AT(dsi_shm_stats, backlog_max, 104);
DSI_SHM_AT(dsi_shm_stats, held_max, 112);
DSI_SHM_AT(dsi_shm_stats, held, 120);
DSI_SHM_AT(dsi_shm_stats, state, 124);
DSI_SHM_AT(dsi_shm_stats, waits, 128);
DSI_SHM_AT(dsi_shm_stats, wakes, 136);
DSI_SHM_AT(dsi_shm_stats, dropped, 144);
DSI_SHM_AT(dsi_shm_stats, expired, 152);
DSI_SHM_AT(dsi_shm_stats, reclaimed, 160);
DSI_SHM_AT(dsi_shm_stats, unclaimed, 168);
DSI_SHM_AT(dsi_shm_stats, hold_max_ns, 176);
DSI_SHM_AT(dsi_shm_stats, peers, 192);
DSI_SHM_AT(dsi_shm_stats, latency, 704);
static_assert(sizeof(struct dsi_shm_stats_peer) == 16, "this is ABI");
static_assert(sizeof(struct dsi_shm_stats) == 10432, "this is ABI");

/* relaxed throughout: one writer, and readers want a recent value only. */
static inline void dsi__stat_add(_Atomic uint64_t *stat, uint64_t n)
{
	/* relaxed: see above. */
	uint64_t value = atomic_load_explicit(stat, memory_order_relaxed);

	/* relaxed: see above. */
	atomic_store_explicit(stat, value + n, memory_order_relaxed);
}

static inline void dsi__stat_max(_Atomic uint64_t *stat, uint64_t value)
{
	/* relaxed: see above. */
	if (value > atomic_load_explicit(stat, memory_order_relaxed))
		/* relaxed: see above. */
		atomic_store_explicit(stat, value, memory_order_relaxed);
}

/* Write the head of a zeroed page. */
void dsi__stats_init(struct dsi_shm_stats *page, uint32_t role);
/* Is it a page that we can read, of that role?  0 or -DSI_EPROTO. */
int dsi__stats_check(const struct dsi_shm_stats *page, uint32_t role);
/* Copy the counters; size and consumers are left alone. */
void dsi__stats_read(const struct dsi_shm_stats *page,
		     struct dsi_socket_stats *out_stats);
/* Copy the latencies. */
void dsi__stats_latency(const struct dsi_shm_stats *page,
			struct dsi_histogram *out_histogram);

#endif /* DSI_STATS_PAGE_H */
