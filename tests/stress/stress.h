/* SPDX-License-Identifier: MIT */
/*
 * stress.h - one body of stress, many ways to run it.
 *
 * stress_body.c streams and checks; stress_hand.c and stress_real.c bring the
 * sockets: wired by hand over one mapping, or by the library's own handshake.
 */
#ifndef DSI_TEST_STRESS_H
#define DSI_TEST_STRESS_H

#include <dsi/dsi.h>

#define STRESS_POLL 0u
#define STRESS_SLEEP 1u
#define STRESS_SPIN 2u

/* Policy of consumer i is i % 3. */
#define STRESS_MIXED 3u

#define STRESS_SPIN_NS 20000u
#define STRESS_PACKET_BYTES 96u
/* Nobody waits longer for anything, however slow the machine. */
#define STRESS_PATIENCE_NS UINT64_C(120000000000)

struct stress_config {
	uint32_t consumers;
	uint32_t policy;
	uint32_t waiting;
	uint32_t ring_slots;
	uint32_t packets; /* that exist */
	uint32_t batch;	  /* 1: one by one */
	uint32_t shuffle; /* commit in random order, discard some */
	uint32_t joiner;  /* a consumer comes and goes all the time */
	uint32_t wrap;	  /* begin just before the counters wrap */
	uint64_t total;	  /* packets to stream */
	uint64_t seed;
};

/* What a variant brings. */
struct stress {
	struct stress_config config;
	struct dsi_socket *producer;
	struct dsi_socket *consumers[DSI_MAX_CONSUMERS];
	uint64_t first; /* number of the first packet */
	/* One more consumer with policy BLOCK, and its end; on a thread of
	 * its own.  While idle() is called all the time. */
	struct dsi_socket *(*join)(struct stress *stress);
	void (*leave)(struct stress *stress, struct dsi_socket *sock);
	/* Producer's thread, when there is nothing more to send. */
	void (*idle)(struct stress *stress);
};

/* Options of the command line: NAME=VALUE...  Exits on a wrong one. */
struct stress_config stress_options(int argc, char **argv);
struct dsi_stream_desc stress_desc(const struct stress_config *config);
uint32_t stress_policy(const struct stress_config *config, uint32_t consumer);
/* DROP_NEW: how many packets it may have. */
uint32_t stress_quota(const struct stress_config *config);
/* Stream, check, print what happened; ends the process on a failure. */
void stress_run(struct stress *stress);

#endif /* DSI_TEST_STRESS_H */
