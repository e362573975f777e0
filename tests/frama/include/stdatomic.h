/* SPDX-License-Identifier: MIT */
/*
 * stdatomic.h - for Frama-C: every atomic word may change at any time.
 *
 * A volatile word has any value of its type at each read, which is a peer that
 * writes what it likes between any two reads of ours - and more than that, for
 * words that only we write.  Orders do not matter then.
 */
#ifndef FRAMA_STDATOMIC_H
#define FRAMA_STDATOMIC_H

#include <stdint.h>

#define _Atomic volatile
#define ATOMIC_INT_LOCK_FREE 2
#define ATOMIC_LLONG_LOCK_FREE 2

enum {
	memory_order_relaxed,
	memory_order_acquire,
	memory_order_release,
	memory_order_acq_rel,
	memory_order_seq_cst
};

#define atomic_init(word, value) ((void)(*(word) = (value)))
#define atomic_load_explicit(word, order) (*(word))
#define atomic_store_explicit(word, value, order) ((void)(*(word) = (value)))
#define atomic_thread_fence(order) ((void)0)
/* All that an update answers is any value. */
#define atomic_fetch_add_explicit(word, value, order) (*(word) += (value))
#define atomic_fetch_sub_explicit(word, value, order) (*(word) -= (value))
#define atomic_fetch_or_explicit(word, value, order) (*(word) |= (value))
#define atomic_fetch_and_explicit(word, value, order) (*(word) &= (value))
#define atomic_compare_exchange_strong_explicit(word, expected, value, order, \
						failed)                       \
	(*(expected) = *(word), *(word) = (value), *(word)&1u)

#endif /* FRAMA_STDATOMIC_H */
