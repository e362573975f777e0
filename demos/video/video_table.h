/* SPDX-License-Identifier: MIT */
/*
 * video_table.h - what the control application prints.
 */
#ifndef DEMO_VIDEO_TABLE_H
#define DEMO_VIDEO_TABLE_H

#include <dsi/dsi.h>

#include "worker.h"

/**
 * struct video_hop - one row: a stream between two workers.
 * @name:      e.g. "source -> filter"
 * @sent:      report of the producing worker
 * @received:  report of the consuming worker
 * @packets:   packets of the stream
 * @waiting_max: most packets that waited in the ring
 */
struct video_hop {
	const char *name;
	const struct worker_report *sent;
	const struct worker_report *received;
	uint32_t packets;
	uint64_t waiting_max;
};

/* Frames of the hop that were sent and did not arrive. */
uint64_t video_hop_lost(const struct video_hop *hop);

void video_table_print(const struct video_hop *hops, uint32_t n);

#endif /* DEMO_VIDEO_TABLE_H */
