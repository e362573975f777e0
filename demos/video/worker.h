/* SPDX-License-Identifier: MIT */
/*
 * worker.h - what source, filter and sink have in common: a process that
 * serves one component, and a work thread that moves its packets.
 *
 *   main thread: dsi_component_serve() -> callbacks open, start, stop, close
 *   work thread: runs while all sockets of the worker are started
 */
#ifndef DEMO_WORKER_H
#define DEMO_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include <dsi/dsi.h>

#include "hop_latency.h"

#define WORKER_SOCKETS 2u
#define DIGEST_BYTES 16u

/**
 * struct worker_report - what a worker tells the control application at its
 * end, through a pipe.  Not the data path, and both run the same program, so
 * a plain struct will do.
 * @frames:    frames handed on (source, filter) or received (sink)
 * @copied:    source: frames that had to be copied into their packet
 * @damaged:   source: pieces of the file that could not be decoded
 * @skipped:   packets marked DSI_PACKET_DROPPED_BEFORE
 * @latency_ns: p50, p90, p99, max of the hop that ends at this worker
 * @digest:    sink: checksum over all pixels
 * @why:       "" if it worked, else a sentence
 */
struct worker_report {
	uint64_t frames;
	uint64_t copied;
	uint64_t damaged;
	uint64_t skipped;
	uint64_t latency_ns[4];
	uint8_t digest[DIGEST_BYTES];
	char why[256];
};

struct worker;

/**
 * struct worker_role - what differs between the workers.
 * @n_sockets: how many sockets it has
 * @open:      component callback, see dsi/component.h; @slot says which of
 *             the worker's sockets this will be
 * @run:       moves packets until the end; in the work thread
 */
struct worker_role {
	uint32_t n_sockets;
	int (*open)(struct worker *worker,
		    const struct dsi_open_request *request,
		    struct dsi_socket **out_sock, uint32_t *out_slot);
	void (*run)(struct worker *worker);
};

struct worker {
	const struct worker_role *role;
	void *state; /* the role's own */
	struct dsi_component *component;
	struct dsi_socket *sock[WORKER_SOCKETS];
	uint32_t started; /* sockets started */
	int thread_runs;
	pthread_t thread;
	atomic_int quit; /* asks the work thread to return */
	int report_fd;
	struct worker_report report;
	struct hop_latency latency;
};

/* Serve the component @name until its sockets are closed.  Returns the exit
 * code of the process. */
int worker_main(struct worker *worker, const char *name);

/* Note that getting or handing on a packet failed, unless the worker shall quit,
 * which stops its sockets.  @what may be NULL. */
void worker_lost(struct worker *worker, const char *what, int err);

/* A consumer got @pkt: take its latency and flags into the report. */
void worker_observe(struct worker *worker, const struct dsi_packet *pkt);

/* Note the first failure, for the report.  @what may be NULL. */
void worker_fail(struct worker *worker, const char *what, const char *why);

#endif /* DEMO_WORKER_H */
