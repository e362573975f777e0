/* SPDX-License-Identifier: MIT */
/* receiver.h - what `dsi recv` does once its arguments are understood. */
#ifndef DSI_CLI_RECEIVER_H
#define DSI_CLI_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/types.h>

/**
 * struct receiver_options - the arguments of `dsi recv`.
 * @name:       of the stream
 * @file:       output; NULL or "-" = standard output
 * @consumer:   what the library is told
 * @timeout_ns: how long to wait for the stream; DSI_FOREVER
 * @count:      packets to receive; 0 = until the end
 * @y4m:        write YUV4MPEG2
 * @info:       a line per packet on stderr
 * @strict:     lost data is an error
 * @progress:   PROGRESS_*
 */
struct receiver_options {
	const char *name;
	const char *file;
	struct dsi_consumer_options consumer;
	uint64_t timeout_ns;
	uint64_t count;
	bool y4m;
	bool info;
	bool strict;
	int progress;
};

/* Return: the exit code. */
int receiver_run(const struct receiver_options *options);

#endif /* DSI_CLI_RECEIVER_H */
