/* SPDX-License-Identifier: MIT */
/*
 * peer_staging.h - private memory for messages that are copied on their way: the
 * producer's until they are sent, the consumer's until they are released.
 */
#ifndef DSI_BENCH_PEER_STAGING_H
#define DSI_BENCH_PEER_STAGING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A message of no bytes is one byte, for who cannot carry none. */
static inline size_t peer_unit(uint32_t payload)
{
	return payload ? payload : 1u;
}

/* Room for @n messages, one behind the other; touched, so that no page is new
 * later. */
static inline char *peer_staging(size_t unit, uint32_t n)
{
	size_t bytes = (unit * n + 63u) & ~(size_t)63u;
	char *at = (char *)aligned_alloc(64, bytes);

	if (at)
		memset(at, 0, bytes);
	return at;
}

#endif /* DSI_BENCH_PEER_STAGING_H */
