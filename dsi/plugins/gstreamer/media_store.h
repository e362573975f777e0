/* SPDX-License-Identifier: MIT */
/*
 * media_store.h - the memory of a dsisink: one data area, its frames given out
 * as GstMemory, so that upstream writes where the readers read.
 *
 *   area = [ header slots, one for each packet | frames | board ]
 *
 * The area is a sealed memfd of our own, not the socket's: it stays mapped as
 * long as any GstMemory of it lives, also after the stream was closed.  Frames
 * belong to memories, not to buffers of a pool: elements such as videorate share
 * a memory between buffers, and a pool would throw such a buffer away.  The
 * frame given back last is given out first, because it is still in the cache.
 */
#ifndef DSI_MEDIA_STORE_H
#define DSI_MEDIA_STORE_H

#include <gst/gst.h>

#include "media_board.h"

#define MEDIA_STORE_TYPE (media_store_get_type())
G_DECLARE_FINAL_TYPE(MediaStore, media_store, DSI, MEDIA_STORE, GstAllocator)

/* @frames of @frame_bytes each behind @packets header slots.  NULL with a
 * reason in @error. */
MediaStore *media_store_new(guint packets, guint frames, gsize frame_bytes,
			    GError **error);

gsize media_store_frame_bytes(const MediaStore *store);
/* Descriptor and size of the whole area; the descriptor stays the store's. */
int media_store_fd(const MediaStore *store);
guint64 media_store_bytes(const MediaStore *store);
struct media_board *media_store_board(const MediaStore *store);

/* A frame; NULL: all are in use.  Any thread. */
GstMemory *media_store_take(MediaStore *store);

/* Does @memory lie in a frame of this store?  Where, then. */
gboolean media_store_place(const MediaStore *store, GstMemory *memory,
			   guint64 *out_offset, guint32 *out_bytes);

/* Called from any thread, without a lock, whenever a frame comes back. */
void media_store_on_free(MediaStore *store, void (*freed)(void *user),
			 void *user);

#endif /* DSI_MEDIA_STORE_H */
