/* SPDX-License-Identifier: MIT */
/* sender.h - what `dsi send` does once its arguments are understood. */
#ifndef DSI_CLI_SENDER_H
#define DSI_CLI_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/types.h>

#include "units.h"

/**
 * struct sender_options - the arguments of `dsi send`.
 * @name:             of the stream
 * @file:             input; NULL or "-" = standard input
 * @framing_kind:     FRAMING_*
 * @slot_bytes:       size of a chunk or frame
 * @packets:          0 = chosen by size
 * @wait_consumers:   consumers to wait for before reading
 * @access_mode:      0 = default
 * @group_given:      @gid may connect as group
 * @gid:              that group
 * @placement:        DSI_PLACEMENT_*
 * @placement_of:     node or process
 * @lifetime_ns:      0 = packets do not expire
 * @drain_ns:         how long to wait for consumers at the end; DSI_FOREVER
 * @rate:             packets per second; numerator 0 = as fast as possible
 * @format:           format text, NULL = what the input says
 * @progress:         PROGRESS_*
 */
struct sender_options {
	const char *name;
	const char *file;
	uint32_t framing_kind;
	uint32_t slot_bytes;
	uint32_t packets;
	uint32_t wait_consumers;
	uint32_t access_mode;
	bool group_given;
	uint32_t gid;
	uint32_t placement;
	uint32_t placement_of;
	uint64_t lifetime_ns;
	uint64_t drain_ns;
	struct units_rate rate;
	const char *format;
	int progress;
};

/* Return: the exit code. */
int sender_run(const struct sender_options *options);

#endif /* DSI_CLI_SENDER_H */
