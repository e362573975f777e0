/* SPDX-License-Identifier: MIT */
/* stream_private.h - what select needs of a control application's stream. */
#ifndef DSI_STREAM_PRIVATE_H
#define DSI_STREAM_PRIVATE_H

#include <dsi/stream.h>

#include "dsi/port.h"

/* The private word that changes with every event of a member. */
struct dsi_port_word dsi__stream_word(struct dsi_stream *stream);
/* Events of the first member that has some of @mask, consumed. */
uint32_t dsi__stream_events(struct dsi_stream *stream, uint32_t mask,
			    uint32_t *out_member);

#endif /* DSI_STREAM_PRIVATE_H */
