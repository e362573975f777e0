/* SPDX-License-Identifier: MIT */
/* stats_page.c - write the head of a statistics page, and read pages. */
#include "dsi/stats_page.h"

#include <string.h>

#include <dsi/errno.h>

void dsi__stats_init(struct dsi_shm_stats *page, uint32_t role)
{
	page->magic = DSI_STATS_MAGIC;
	page->abi_major = DSI_SHM_ABI_MAJOR;
	page->abi_minor = DSI_SHM_ABI_MINOR;
	page->endian = DSI_SHM_ENDIAN;
	page->page_bytes = sizeof(*page);
	page->role = role;
	page->bucket_bits = DSI_HISTOGRAM_BITS;
	page->buckets = DSI_HISTOGRAM_BUCKETS;
}

int dsi__stats_check(const struct dsi_shm_stats *page, uint32_t role)
{
	return page->magic == DSI_STATS_MAGIC &&
			       page->abi_major == DSI_SHM_ABI_MAJOR &&
			       page->endian == DSI_SHM_ENDIAN &&
			       page->page_bytes == sizeof(*page) &&
			       page->role == role &&
			       page->bucket_bits == DSI_HISTOGRAM_BITS &&
			       page->buckets == DSI_HISTOGRAM_BUCKETS
		       ? 0
		       : -DSI_EPROTO;
}

void dsi__stats_read(const struct dsi_shm_stats *page,
		     struct dsi_socket_stats *out_stats)
{
	/* relaxed: for statistics. */
	out_stats->state =
		atomic_load_explicit(&page->state, memory_order_relaxed);
	/* relaxed: for statistics. */
	out_stats->held =
		atomic_load_explicit(&page->held, memory_order_relaxed);
#define DSI_STATS_LOAD(name)           \
	/* relaxed: for statistics. */ \
	out_stats->name =              \
		atomic_load_explicit(&page->name, memory_order_relaxed);
	DSI_STATS_MAP(DSI_STATS_LOAD)
}

void dsi__stats_latency(const struct dsi_shm_stats *page,
			struct dsi_histogram *out_histogram)
{
	memset(out_histogram, 0, sizeof(*out_histogram));
	out_histogram->size = sizeof(*out_histogram);
	for (uint32_t i = 0; i < DSI_HISTOGRAM_BUCKETS; i++) {
		/* relaxed: for statistics. */
		uint64_t n = atomic_load_explicit(&page->latency[i],
						  memory_order_relaxed);

		out_histogram->counts[i] = n;
		out_histogram->count += n;
	}
	/* relaxed: for statistics. */
	out_histogram->largest = atomic_load_explicit(&page->latency_max_ns,
						      memory_order_relaxed);
}
