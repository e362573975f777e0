/* SPDX-License-Identifier: MIT */
/*
 * kill_parts.h - two components, "from" and "to", that a control application
 * joins: each counts what is done to it.
 */
#ifndef DSI_TEST_KILL_PARTS_H
#define DSI_TEST_KILL_PARTS_H

#include "tests/kill/kill_common.h"

struct kill_parts {
	_Atomic uint64_t opened;
	_Atomic uint64_t closed;
	_Atomic uint64_t started; /* and */
	_Atomic uint64_t stopped;
	_Atomic uint64_t passed; /* packets, each counted by both */
};

extern struct kill_parts kill_parts;

/* Both, or one of them. */
void kill_parts_begin(void);
void kill_parts_end(void);
struct dsi_component *kill_parts_make(const char *name, uint32_t flags);
/* What was opened is closed; nothing more is opened for the dead. */
void kill_parts_await_closed(void);

/* In a control application: a stream from "from" to "to". */
int kill_parts_join(struct dsi_stream **out_stream);

#endif /* DSI_TEST_KILL_PARTS_H */
