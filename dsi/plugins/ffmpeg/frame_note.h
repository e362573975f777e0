/* SPDX-License-Identifier: MIT */
/*
 * frame_note.h - what belongs to a frame beside its samples, as it crosses at the
 * begin of the packet's slot.
 *
 * Formats cross by name, as their numbers differ between versions of FFmpeg; so
 * do no other numbers than those that a standard fixes (colours: ISO/IEC
 * 23091-4).  Written by the producer's process; a consumer copies it once, checks
 * the copy, and uses nothing else.
 */
#ifndef DSI_FRAME_NOTE_H
#define DSI_FRAME_NOTE_H

#include <stdint.h>

#include <libavutil/frame.h>

#define NOTE_MAGIC 0x314d4646u /* "FFM1" */
#define NOTE_PLANES 8u
#define NOTE_NAME_BYTES 32u
/* Room for it in a slot; the first plane begins behind. */
#define NOTE_ROOM 512u
/* Vector code reads so far past the end of a plane. */
#define NOTE_OVERREAD 64u
/* And wants rows and planes to begin at a multiple of this. */
#define NOTE_ALIGN 64u

#define NOTE_PICTURE 1u
#define NOTE_SOUND 2u

#define NOTE_KEY 0x01u
#define NOTE_INTERLACED 0x02u
#define NOTE_TOP_FIRST 0x04u
#define NOTE_CORRUPT 0x08u

struct frame_note {
	uint32_t magic;
	uint32_t kind;
	uint32_t flags;
	uint32_t planes;
	char format[NOTE_NAME_BYTES]; /* of pixels or samples */
	int64_t pts, dts, best_effort, duration;
	int32_t base_num, base_den; /* of these times; 0/1: not known */
	/* Pictures. */
	uint32_t width, height;
	int32_t aspect_num, aspect_den;
	int32_t picture_type, repeat;
	int32_t range, primaries, transfer, matrix, chroma_location;
	/* Sound. */
	uint32_t rate, channels, samples;
	uint64_t channel_mask; /* 0: the order is not known */
	int32_t stride[NOTE_PLANES];
};

/* From a frame.  0, or -DSI_EINVAL: it cannot cross. */
int frame_note_write(struct frame_note *note, const AVFrame *frame);

/* Copy and check it: formats, sizes and strides are such that plane i has
 * frame_note_plane_bytes().  0, or -DSI_EPROTO. */
int frame_note_read(struct frame_note *note, const void *slot, uint32_t bytes);

/* Bytes from the begin of a plane to the end of its last row. */
uint64_t frame_note_plane_bytes(const struct frame_note *note, uint32_t plane);

/* All but the data onto a blank frame.  0, or -DSI_ENOMEM. */
int frame_note_apply(const struct frame_note *note, AVFrame *frame);

#endif /* DSI_FRAME_NOTE_H */
