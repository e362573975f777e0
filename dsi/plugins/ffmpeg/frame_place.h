/* SPDX-License-Identifier: MIT */
/* frame_place.h - where the planes of a frame lie in a slot. */
#ifndef DSI_FRAME_PLACE_H
#define DSI_FRAME_PLACE_H

#include <stdint.h>

#include <libavcodec/avcodec.h>

#include "frame_note.h"

struct frame_place {
	uint32_t planes;
	uint32_t offset[NOTE_PLANES]; /* from the slot's begin */
	int32_t stride[NOTE_PLANES];
	uint64_t bytes; /* of the slot */
};

/* As @decoder wants it for @frame, of which only format and size are used; NULL:
 * for a copy of it.  0, or -DSI_EINVAL: it cannot lie in a slot. */
int frame_place(struct frame_place *place, AVCodecContext *decoder,
		const AVFrame *frame);

#endif /* DSI_FRAME_PLACE_H */
