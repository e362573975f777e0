/* SPDX-License-Identifier: MIT */
/*
 * media_inlet.h - the consuming end of dsisrc: a connection to a stream, and the
 * packets of it that are buffers somewhere downstream.
 *
 * A buffer's memory is the producer's, mapped to read; the packet goes back when
 * the last of its memories is gone, on whatever thread that happens.  Until then
 * the inlet lives, connected or not, so that nothing is unmapped under a reader.
 * With policy RECLAIM nobody would wait for that: there the buffer is a copy,
 * and it is looked if the data was still the packet's when the copy was done.
 * With BLOCK it is one when downstream keeps all frames but one and gives none
 * back: without a frame the producer would wait for ever, and downstream, which
 * perhaps waits for more, as well.
 */
#ifndef DSI_MEDIA_INLET_H
#define DSI_MEDIA_INLET_H

#include <gst/gst.h>

#include <dsi/dsi.h>

#include "media_board.h"
#include "media_header.h"
#include "media_place.h"

struct media_inlet;

struct media_inlet_options {
	uint32_t policy, queue;
	const struct media_place *place;
	guint64 spin_ns; /* as media_pace.h has it */
};

/* One that has no stream yet; NULL with a negative code in @out_error. */
struct media_inlet *media_inlet_new(const struct media_inlet_options *options,
				    int *out_error);
/* Connect to @stream, if it is there.  -DSI_ENOENT: ask again; after another
 * negative code @inlet is of no more use, and media_inlet_why() has a sentence. */
int media_inlet_join(struct media_inlet *inlet, const char *stream);
const char *media_inlet_why(const struct media_inlet *inlet);
/* No more packets; those that are out stay valid. */
void media_inlet_close(struct media_inlet *inlet);

/* The next packet: its header, its text (room for MEDIA_TEXT_BYTES), and its
 * data as a buffer without times.  0, -DSI_EAGAIN, -DSI_EBUSY (downstream keeps
 * too much: media_inlet_wait_room()), -DSI_ESTALE (RECLAIM: it was overwritten
 * while it was copied; take the next), or the end: -DSI_EPIPE, -DSI_EPROTO. */
int media_inlet_get(struct media_inlet *inlet, struct media_header *out_header,
		    char *out_text, GstBuffer **out_buffer,
		    gboolean *out_dropped_before);

/* Wait until there is more than when the last one was asked for, until woken by
 * media_board_wake(), or for @wait_ns.  TRUE: the next one is due soon, and there
 * is time to get ready for it; then ask, and wait again. */
gboolean media_inlet_wait(struct media_inlet *inlet, guint64 wait_ns);

/* To get ready: a buffer as media_inlet_get() makes them, of nothing. */
GstBuffer *media_inlet_rehearse(void);

/* Wait a little until downstream gives something back.  TRUE: it did not for so
 * long that what comes while it keeps so much is copied from now on. */
gboolean media_inlet_wait_room(struct media_inlet *inlet);

/* Buffers that were copied because of that. */
guint64 media_inlet_copied(const struct media_inlet *inlet);

/* Did the producer close, rather than die? */
gboolean media_inlet_closed_in_order(struct media_inlet *inlet);

/* What the producer says to all; valid as long as the inlet. */
const struct media_board *media_inlet_board(const struct media_inlet *inlet);

/* What the producer declared, all zero if nothing. */
const struct dsi_stream_desc *media_inlet_desc(const struct media_inlet *inlet);

/* Keeps the board valid for another thread. */
struct media_inlet *media_inlet_ref(struct media_inlet *inlet);
void media_inlet_unref(struct media_inlet *inlet);

#endif /* DSI_MEDIA_INLET_H */
