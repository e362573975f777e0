/* SPDX-License-Identifier: MIT */
/*
 * tag.h - the message tag: one word that says what a message is.
 *
 *   bits  0..5   words   message registers that carry plain words
 *   bits  6..11  items   capabilities or pages after the words, 2 words each
 *   bits 12..15  flags   see below
 *   bits 16..63  proto   signed; what the words mean
 *
 * The layout is that of L4Re, so that texts about it can be read beside this
 * code.  Protocols below zero are the kernel's: users cannot send them to each
 * other, so a message with such a protocol was made by the kernel.  Only a
 * reply may have one: an error, as objects of the kernel answer.
 */
#ifndef MK_TAG_H
#define MK_TAG_H

#include <stdint.h>

/* out: the operation failed; mk_utcb.error says how and in which phase */
#define MK_TAG_ERROR 1u
/* in: the one who is woken does not take over the CPU at once */
#define MK_TAG_SCHEDULE 2u
/* out: no message but an event: the label register holds its bits */
#define MK_TAG_EVENT 4u
/* out: an item was not taken: no window for it, no right, no memory */
#define MK_TAG_DROPPED 8u

#define MK_WORDS_MAX 63u
#define MK_WORDS_IN_REGISTERS 4u
#define MK_ITEM_WORDS 2u

static inline uint64_t mk_tag(int64_t proto, unsigned words, unsigned items,
			      unsigned flags)
{
	return (uint64_t)proto << 16 | (uint64_t)(flags & 15) << 12 |
	       (uint64_t)(items & 63) << 6 | (words & 63);
}

static inline unsigned mk_tag_words(uint64_t tag)
{
	return (unsigned)(tag & 63);
}

static inline unsigned mk_tag_items(uint64_t tag)
{
	return (unsigned)(tag >> 6 & 63);
}

static inline unsigned mk_tag_flags(uint64_t tag)
{
	return (unsigned)(tag >> 12 & 15);
}

static inline int64_t mk_tag_proto(uint64_t tag)
{
	return (int64_t)tag >> 16;
}

#endif
