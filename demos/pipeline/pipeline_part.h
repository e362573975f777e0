/* SPDX-License-Identifier: MIT */
/*
 * pipeline_part.h - what source, filter and sink have in common: a program
 * that serves one component, and a work thread that moves its packets.
 *
 *   main thread   dsi_component_serve(): open, start, stop, close, as the
 *                 control application asks
 *   work thread   runs while all sockets of the part are started
 */
#ifndef DEMO_PIPELINE_PART_H
#define DEMO_PIPELINE_PART_H

#include <pthread.h>
#include <stdint.h>

#include <dsi/dsi.h>

/**
 * struct part - one program of the pipeline.
 * @name:     of its component
 * @title:    its name in what it says
 * @sockets:  how many it has: from them and to whom
 * @describe: producers: complete the description that was asked for; 0 or a
 *            negative code
 * @prepare:  consumers: look at the argument; 0 or a negative code; may be
 *            NULL
 * @run:      move the packets until the end, in the work thread
 * @in:       socket to get packets from, or NULL
 * @out:      socket to send packets to, or NULL
 * @argument: what the control application said with it
 * @failed:   it could not do its work
 */
struct part {
	const char *name;
	const char *title;
	uint32_t sockets;
	int (*describe)(struct part *part, struct dsi_stream_desc *desc);
	int (*prepare)(struct part *part);
	void (*run)(struct part *part);

	struct dsi_socket *in, *out;
	char argument[DSI_ARGUMENT_BYTES];
	int failed;

	struct dsi_component *component;
	uint32_t started;
	int thread_runs;
	pthread_t thread;
};

/* Serve until the control application has closed all sockets.  Returns the
 * status of the program. */
int part_main(struct part *part);

/* Say what went wrong. */
void part_fail(struct part *part, const char *what, const char *why);

/* The next packet of a socket; a failure is said, and ends the work. */
int part_get(struct part *part, struct dsi_socket *sock,
	     struct dsi_packet **out_pkt);

/* A whole number of at most nine digits at @text; -1: there is none. */
int64_t part_number(const char *text);

#endif /* DEMO_PIPELINE_PART_H */
