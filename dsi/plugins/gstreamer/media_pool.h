/* SPDX-License-Identifier: MIT */
/*
 * media_pool.h - the pool that dsisink proposes: buffers whose memory is a frame
 * of the outlet's store.
 *
 * It keeps no buffers.  The frame is what is dear, and it goes back to the store
 * with its memory; GstBufferPool would hand out buffers first in, first out, and
 * so walk through the whole area, past the cache.
 */
#ifndef DSI_MEDIA_POOL_H
#define DSI_MEDIA_POOL_H

#include <gst/gst.h>

#include "media_outlet.h"

#define MEDIA_POOL_TYPE (media_pool_get_type())
G_DECLARE_FINAL_TYPE(MediaPool, media_pool, DSI, MEDIA_POOL, GstBufferPool)

/* Takes a reference of its own. */
GstBufferPool *media_pool_new(struct media_outlet *outlet);

#endif /* DSI_MEDIA_POOL_H */
