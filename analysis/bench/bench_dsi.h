/* SPDX-License-Identifier: MIT */
/*
 * bench_dsi.h - an end of a stream of libdsi as bench_dsi.c has it, for those who
 * wait for many of them.
 */
#ifndef DSI_BENCH_DSI_H
#define DSI_BENCH_DSI_H

#include <dsi/types.h>

#include "bench/bench_channel.h"

struct dsi_link {
	struct bench_setup setup;
	uint32_t flags;
	char name[DSI_NAME_BYTES];
};

struct dsi_side {
	const struct dsi_link *link;
	struct dsi_socket *sock;
	uint64_t deadline_ns;
	struct dsi_packet *pkts[BENCH_BATCH];
	uint64_t words[BENCH_BATCH]; /* bench_dsi_word */
};

int32_t bench_dsi_receive(void *side, const void **payloads, uint32_t n);

/* See struct bench_channel. */
int bench_dsi_gather(void **sides, uint32_t n, void **out_set);
int bench_dsi_any(void *set, const void **payload, uint32_t *out_which);
int bench_dsi_gather_epoll(void **sides, uint32_t n, void **out_set);
int bench_dsi_any_epoll(void *set, const void **payload, uint32_t *out_which);
void bench_dsi_scatter(void *set);

#endif /* DSI_BENCH_DSI_H */
