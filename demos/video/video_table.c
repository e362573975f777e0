/* SPDX-License-Identifier: MIT */
/*
 * video_table.c - what the control application prints.
 */
#include <inttypes.h>
#include <stdio.h>

#include "video_table.h"

/* A gap that a consumer saw is a loss even if the sums agree. */
uint64_t video_hop_lost(const struct video_hop *hop)
{
	uint64_t sent = hop->sent->frames, received = hop->received->frames;
	uint64_t missing = sent > received ? sent - received : 0;

	return missing > hop->received->skipped ? missing
						: hop->received->skipped;
}

static void print_latency(uint64_t ns)
{
	printf("%9.3f", (double)ns / 1e6);
}

static void print_hop(const struct video_hop *hop)
{
	uint64_t copied = hop->sent->copied;
	uint32_t i;

	printf("%-17s%8" PRIu64 "%6" PRIu64 "%10" PRIu64 "%8" PRIu64, hop->name,
	       hop->received->frames, video_hop_lost(hop),
	       hop->sent->frames - copied, copied);
	for (i = 0; i < 4; i++)
		print_latency(hop->received->latency_ns[i]);
	printf("%7" PRIu64 " of %u\n", hop->waiting_max, hop->packets);
}

void video_table_print(const struct video_hop *hops, uint32_t n)
{
	uint32_t i;

	printf("%-17s%8s%6s%10s%8s%36s%12s\n", "", "", "", "", "",
	       "latency in ms, commit to get", "most");
	printf("%-17s%8s%6s%10s%8s%9s%9s%9s%9s%12s\n", "hop", "frames", "lost",
	       "in place", "copied", "p50", "p90", "p99", "max", "waiting");
	for (i = 0; i < n; i++)
		print_hop(&hops[i]);
}
