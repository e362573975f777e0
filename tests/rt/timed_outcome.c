/* SPDX-License-Identifier: MIT */
/*
 * timed_outcome.c - what follows from a run of two timed peers, and what does
 * not because the machine disturbed it; see timed_peer.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/rt/timed_peer.h"

#define NEAR 8u /* a packet is alive for less than so many periods */
#define PRINTED 5u

void timed_print(const struct timed_peer *peer)
{
	const struct timed_outcome *outcome = &peer->outcome;
	int producer = peer->role == DSI_ROLE_PRODUCER;
	const struct timed_log *lost = &outcome->lost;
	const struct timed_log *broken = &outcome->broken;

	printf("%s   %" PRIu64 " packets, %" PRIu32 " %s",
	       producer ? "producer" : "consumer", outcome->packets,
	       lost->count, producer ? "lost" : "underruns");
	if (lost->count)
		printf(", the first at packet %" PRIu64, lost->at[0]);
	if (outcome->missing)
		printf(", %" PRIu64 " missing", outcome->missing);
	printf("; wake-ups late by at most %.3f ms of %.0f%s\n",
	       (double)outcome->late / 1e6,
	       (double)peer->delays.allowance / 1e6,
	       outcome->fifo ? " (SCHED_FIFO)" : " (no real-time priority)");
	for (uint32_t i = 0; i < broken->count && i < PRINTED; i++)
		printf("           declaration broken by the machine at packet "
		       "%" PRIu64 "\n",
		       broken->at[i]);
	if (broken->count)
		printf("           %" PRIu32 " times in all, by up to %.3f "
		       "ms\n",
		       broken->count, (double)outcome->broken_by / 1e6);
}

/* Was a declaration broken near enough to matter to packet @i? */
static int disturbed(const struct timed_peer *peers, uint64_t i)
{
	for (uint32_t k = 0; k < 2; k++) {
		const struct timed_log *log = &peers[k].outcome.broken;

		if (log->count > TIMED_LOG)
			return 1;
		for (uint32_t n = 0; n < log->count; n++)
			if (i <= log->at[n] + NEAR && log->at[n] <= i + NEAR)
				return 1;
	}
	return 0;
}

uint64_t timed_undisturbed(const struct timed_peer *peers)
{
	uint64_t packets = peers[0].packets;
	uint64_t n = 0;

	for (uint64_t i = 0; i < packets; i++)
		n += !disturbed(peers, i);
	return n;
}

uint32_t timed_losses(const struct timed_peer *peers)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < 2; k++) {
		const struct timed_log *log = &peers[k].outcome.lost;

		for (uint32_t i = 0; i < log->count && i < TIMED_LOG; i++)
			n += !disturbed(peers, log->at[i]);
	}
	return n;
}
