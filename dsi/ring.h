/* SPDX-License-Identifier: MIT */
/*
 * ring.h - the descriptor ring: single producer, many readers, no copies.
 *
 * Place in the data flow: stream -> socket -> producer|consumer -> RING +
 * notify -> port.
 *
 * Order is kept here; ownership of the data is not (see producer.h).  A
 * descriptor carries its own commit word, so a reader polls the very line
 * that brings it the packet.
 *
 * Words: those of struct dsi_shm_desc and its extension row, stored by the
 * producer only.  Unit of positions: packets since the stream began.
 *
 * Ordering edges (each tagged at both ends; tests/lint/check_edges.py):
 *   R1  publish: commit store-release -> look: commit load-acquire
 *       carries the descriptor's fields, the extension row and the payload.
 *   R2  publish: field store-release -> copy: field load-acquire
 *       carries the BUSY mark stored before it: a reader that met a field of
 *       a newer packet will find the mark, or newer, when it looks at the
 *       commit word again.  This is what makes overwriting safe (RECLAIM).
 *   R3  revoke: fence(release) after the BUSY mark -> still_valid:
 *       fence(acquire) before the commit word is read again
 *       carries the mark ahead of the first byte of new payload.  A fence,
 *       because payload is written and read by plain accesses of the
 *       application; used for RECLAIM only.
 *
 * Trust: a reader believes nothing.  It copies the fields, asks again whether
 * they were whole, and only then checks the copy (shm_check.h).
 */
#ifndef DSI_RING_H
#define DSI_RING_H

#include "dsi/shm_layout.h"

/* One side's private handle; geometry copied at attach. */
struct dsi_ring {
	struct dsi_shm_desc *desc;
	_Atomic uint64_t *ext; /* rows of ext_words, behind the descriptors */
	uint64_t mask;	       /* ring_slots - 1 */
	uint32_t ext_words;
	uint32_t slots;
};

/* What publish() writes and copy() reads, in private memory. */
struct dsi_ring_entry {
	uint64_t time_ns;
	uint64_t offset;
	uint32_t size;
	uint16_t flags;
	uint16_t token;
};

enum dsi_ring_look {
	DSI_RING_READY, /* the packet of this position is there */
	DSI_RING_NOT_YET,
	DSI_RING_LOST /* it was there and is overwritten or revoked */
};

static inline void dsi__ring_attach(struct dsi_ring *ring, void *memory,
				    uint32_t slots, uint32_t max_sg)
{
	ring->desc = memory;
	ring->ext = (_Atomic uint64_t *)(void *)(ring->desc + slots);
	ring->mask = slots - 1u;
	ring->slots = slots;
	ring->ext_words = DSI_EXT_WORDS(max_sg);
}

static inline struct dsi_shm_desc *dsi__ring_desc(const struct dsi_ring *ring,
						  uint64_t position)
{
	return &ring->desc[position & ring->mask];
}

static inline _Atomic uint64_t *dsi__ring_row(const struct dsi_ring *ring,
					      uint64_t position)
{
	return &ring->ext[(position & ring->mask) * ring->ext_words];
}

/* Begin to write the packet of @position: from here on the packet that had
 * this slot is gone for every reader. */
static inline void dsi__ring_begin(const struct dsi_ring *ring,
				   uint64_t position)
{
	/* relaxed: R2 carries it to whoever sees one of the fields. */
	atomic_store_explicit(&dsi__ring_desc(ring, position)->commit,
			      DSI_COMMIT_BUSY | position, memory_order_relaxed);
}

/* Write one word of the extension row, between begin and publish. */
static inline void dsi__ring_put_ext(const struct dsi_ring *ring,
				     uint64_t position, uint32_t word,
				     uint64_t value)
{
	/* R2: release pairs with dsi__ring_get_ext(). */
	atomic_store_explicit(&dsi__ring_row(ring, position)[word], value,
			      memory_order_release);
}

/* What the words of a descriptor say beside time and offset. */
static inline uint64_t dsi__entry_place(const struct dsi_ring_entry *entry)
{
	return entry->size | (uint64_t)entry->flags << 32 |
	       (uint64_t)entry->token << 48;
}

static inline void dsi__entry_set_place(struct dsi_ring_entry *entry,
					uint64_t place)
{
	entry->size = (uint32_t)place;
	entry->flags = (uint16_t)(place >> 32);
	entry->token = (uint16_t)(place >> 48);
}

/* Write a descriptor and commit it. */
static inline void dsi__desc_publish(struct dsi_shm_desc *desc,
				     uint64_t position, uint64_t time_ns,
				     uint64_t offset, uint64_t place)
{
	/* R2: release pairs with dsi__desc_copy(). */
	atomic_store_explicit(&desc->time_ns, time_ns, memory_order_release);
	/* R2: release pairs with dsi__desc_copy(). */
	atomic_store_explicit(&desc->offset, offset, memory_order_release);
	/* R2: release pairs with dsi__desc_copy(). */
	atomic_store_explicit(&desc->place, place, memory_order_release);
	/* R1: release pairs with dsi__ring_look() and dsi__desc_ready(). */
	atomic_store_explicit(&desc->commit, position + 1u,
			      memory_order_release);
}

static inline void dsi__ring_publish(const struct dsi_ring *ring,
				     uint64_t position,
				     const struct dsi_ring_entry *entry)
{
	dsi__desc_publish(dsi__ring_desc(ring, position), position,
			  entry->time_ns, entry->offset,
			  dsi__entry_place(entry));
}

/* Take back a descriptor of which no reader can know yet, because an earlier
 * one is not committed: then nobody has looked at it, and nobody will take it
 * for the packet of @position. */
static inline void dsi__desc_unpublish(struct dsi_shm_desc *desc,
				       uint64_t position)
{
	/* R1: release pairs with dsi__ring_look(); it carries nothing. */
	atomic_store_explicit(&desc->commit, DSI_COMMIT_BUSY | position,
			      memory_order_release);
}

/* Declare the packet of @position gone, because its data will be written
 * again.  The caller must know that the slot still holds this position. */
static inline void dsi__ring_revoke(const struct dsi_ring *ring,
				    uint64_t position)
{
	/* relaxed: the fence below carries it. */
	atomic_store_explicit(&dsi__ring_desc(ring, position)->commit,
			      DSI_COMMIT_BUSY | (position + 1u),
			      memory_order_relaxed);
	/* R3: release pairs with dsi__ring_still_valid(). */
	atomic_thread_fence(memory_order_release);
}

static inline enum dsi_ring_look dsi__ring_look(const struct dsi_ring *ring,
						uint64_t position)
{
	/* R1: acquire pairs with dsi__desc_publish(). */
	uint64_t commit = atomic_load_explicit(
		&dsi__ring_desc(ring, position)->commit, memory_order_acquire);

	if (commit == position + 1u)
		return DSI_RING_READY;
	return (commit & ~DSI_COMMIT_BUSY) > position ? DSI_RING_LOST
						      : DSI_RING_NOT_YET;
}

/* Read one word of the extension row; whole only if dsi__ring_whole() says
 * so afterwards. */
static inline uint64_t dsi__ring_get_ext(const struct dsi_ring *ring,
					 uint64_t position, uint32_t word)
{
	/* R2: acquire pairs with dsi__ring_put_ext(). */
	return atomic_load_explicit(&dsi__ring_row(ring, position)[word],
				    memory_order_acquire);
}

/* Is the packet of @position there?  The first half of dsi__ring_look(). */
static inline int dsi__desc_ready(const struct dsi_shm_desc *desc,
				  uint64_t position)
{
	/* R1: acquire pairs with dsi__desc_publish(). */
	return atomic_load_explicit(&desc->commit, memory_order_acquire) ==
	       position + 1u;
}

/* Copy the descriptor; likewise.  Return the word of size, flags and token. */
static inline uint64_t dsi__desc_copy(const struct dsi_shm_desc *desc,
				      struct dsi_ring_entry *out)
{
	uint64_t place;

	/* R2: acquire pairs with dsi__desc_publish(). */
	out->time_ns =
		atomic_load_explicit(&desc->time_ns, memory_order_acquire);
	/* R2: acquire pairs with dsi__desc_publish(). */
	out->offset = atomic_load_explicit(&desc->offset, memory_order_acquire);
	/* R2: acquire pairs with dsi__desc_publish(). */
	place = atomic_load_explicit(&desc->place, memory_order_acquire);
	dsi__entry_set_place(out, place);
	return place;
}

static inline void dsi__ring_copy(const struct dsi_ring *ring,
				  uint64_t position, struct dsi_ring_entry *out)
{
	(void)dsi__desc_copy(dsi__ring_desc(ring, position), out);
}

/* Was what copy and get_ext read since look() the packet of @position? */
static inline int dsi__ring_whole(const struct dsi_ring *ring,
				  uint64_t position)
{
	/* relaxed: the acquire loads of the fields (R2) keep it behind them. */
	return atomic_load_explicit(&dsi__ring_desc(ring, position)->commit,
				    memory_order_relaxed) == position + 1u;
}

/* Was the payload that was read so far the packet's? */
static inline int dsi__ring_still_valid(const struct dsi_ring *ring,
					uint64_t position)
{
	/* R3: acquire pairs with dsi__ring_revoke(). */
	atomic_thread_fence(memory_order_acquire);
	return dsi__ring_whole(ring, position);
}

#endif /* DSI_RING_H */
