/* SPDX-License-Identifier: MIT */
/*
 * media_outlet.h - the producing end of dsisink: a store of frames and the
 * stream whose data area it is.
 *
 * A packet keeps the buffer that it carries until all readers gave it back.
 * Upstream's threads take frames while the streaming thread sends, so everything
 * here may be called by any thread.  Nobody waits with the lock held.
 */
#ifndef DSI_MEDIA_OUTLET_H
#define DSI_MEDIA_OUTLET_H

#include <dsi/types.h>

#include "media_header.h"
#include "media_place.h"
#include "media_store.h"

struct media_outlet;

struct media_outlet_options {
	const char *stream; /* its name */
	guint frames;
	gsize frame_bytes;
	guint access; /* mode, as of a file */
	gboolean wait_for_consumer;
	guint expected; /* readers that come back after a move */
	gint flush;	/* of the board */
	const struct dsi_traffic *traffic;
	struct media_place place;
};

/* What became of a buffer. */
struct media_sent {
	gboolean copied;
};

struct media_outlet *media_outlet_new(
	const struct media_outlet_options *options, GError **error);
struct media_outlet *media_outlet_ref(struct media_outlet *outlet);
void media_outlet_unref(struct media_outlet *outlet);
/* Withdraw the name, let the readers drain.  Frames given out stay valid. */
void media_outlet_close(struct media_outlet *outlet);

MediaStore *media_outlet_store(const struct media_outlet *outlet);
struct media_board *media_outlet_board(const struct media_outlet *outlet);

/* A frame; if @may_wait, waits until one is free.  GST_FLOW_FLUSHING: @stop said
 * so, or it would have to be waited for in a flush.  GST_FLOW_NOT_LINKED: the
 * outlet is closed.  GST_FLOW_EOS: none is free, without a wait. */
GstFlowReturn media_outlet_take(struct media_outlet *outlet, gboolean may_wait,
				gboolean (*stop)(void *user), void *user,
				GstMemory **out_frame);

/* Send @buffer (NULL: only the header), copied into a frame if its memory is
 * not ours and @may_copy.  GST_FLOW_FLUSHING: @stop said so.
 * GST_FLOW_NOT_SUPPORTED: it would have to be copied. */
GstFlowReturn media_outlet_send(struct media_outlet *outlet,
				const struct media_header *header,
				const char *caps, const char *metas,
				GstBuffer *buffer, gboolean may_copy,
				gboolean (*stop)(void *user), void *user,
				struct media_sent *out_sent);

/* Whoever waits looks at its @stop again. */
void media_outlet_wake(struct media_outlet *outlet);

/* Upstream flushes (odd), or is done (even): for the board, and for who waits for
 * a frame.  Its readers need not give one back meanwhile. */
void media_outlet_set_flush(struct media_outlet *outlet, gint flush);

guint media_outlet_consumers(const struct media_outlet *outlet);

#endif /* DSI_MEDIA_OUTLET_H */
