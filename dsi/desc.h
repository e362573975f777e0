/* SPDX-License-Identifier: MIT */
/*
 * desc.h - descriptions: are they valid, what do their defaults mean, and
 * do the two ends match?  Pure functions, control plane.
 */
#ifndef DSI_DESC_H
#define DSI_DESC_H

#include <dsi/types.h>

#include "dsi/text.h"

/* Copy an option struct of the application into ours of @bytes: a shorter
 * one (older caller) is filled up with zeros, a longer one must be zero
 * beyond.  The first member of each is its size.  0 or -DSI_EINVAL. */
int dsi__options_copy(void *to, const void *from, uint32_t bytes);

/* Fill in what zero stands for.  @desc is valid, and has packets. */
void dsi__desc_resolve(struct dsi_stream_desc *desc);
/* Is it valid and resolved?  For what a peer sent. */
int dsi__desc_complete(const struct dsi_stream_desc *desc);

/* Is it one that can be sized: large enough, valid, its traffic declared?
 * 0, or -DSI_EINVAL with a sentence. */
int dsi__desc_sizable(const struct dsi_stream_desc *desc, struct dsi_text *why);

/* Bytes from one data slot to the next; 0 without slots. */
uint64_t dsi__desc_stride(const struct dsi_stream_desc *desc);

/* What a consumer asks for, in the form that travels. */
struct dsi_wish {
	uint32_t flags;
	uint32_t policy;
	uint32_t queue_packets;
	uint32_t hold_packets;
	uint32_t align_bytes;
	uint32_t min_packet_bytes;
	uint32_t max_packet_bytes;
	uint32_t max_sg;
	char format[DSI_FORMAT_BYTES];
	char label[DSI_LABEL_BYTES];
	struct dsi_usage usage;
	uint32_t placement;
	uint32_t placement_of;
};
void dsi__wish_from_options(struct dsi_wish *wish,
			    const struct dsi_consumer_options *options);
void dsi__wish_to_options(struct dsi_consumer_options *options,
			  const struct dsi_wish *wish);
/* 0, or -DSI_EINVAL with a sentence; for options of the application and of a
 * peer. */
int dsi__wish_check(const struct dsi_wish *wish, struct dsi_text *why);

/* Do both ends match?  0, or -DSI_ENOMATCH with the mismatch named. */
int dsi__desc_match(const struct dsi_stream_desc *desc,
		    const struct dsi_wish *wish, struct dsi_text *why);

/* Is @name one that may be used?  Skips "sys:".  0, -DSI_EINVAL,
 * -DSI_ENAMETOOLONG. */
int dsi__name_check(const char *name);

#endif /* DSI_DESC_H */
