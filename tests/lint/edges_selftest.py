#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""edges_selftest.py - check_edges.py finds what it is there to find.

Each mutant is a small change of a good pair of files that must be reported.
"""
import check_edges
import tree

RING = """/* SPDX-License-Identifier: MIT */
/*
 * ring.h - a ring.
 *
 * Ordering edges:
 *   R1  publish: store-release -> look: load-acquire
 *       carries the packet.
 *   R3  revoke: fence(release) -> still_valid: fence(acquire)
 */
static inline void dsi__ring_put(_Atomic unsigned *word, unsigned value)
{
	/* R1: release pairs with dsi__ring_look(). */
	atomic_store_explicit(word,
			      value,
			      memory_order_release);
}

static inline unsigned dsi__ring_look(_Atomic unsigned *word)
{
	/* R1: acquire pairs with dsi__ring_put(). */
	unsigned value = atomic_load_explicit(
		word, memory_order_acquire);

	/* relaxed: our own word. */
	return value + atomic_load_explicit(word, memory_order_relaxed);
}

static inline void dsi__ring_revoke(void)
{
	/* R3: release pairs with dsi__ring_still_valid(). */
	atomic_thread_fence(memory_order_release);
}

static inline void dsi__ring_still_valid(void)
{
	/* R3: acquire pairs with dsi__ring_revoke(). */
	atomic_thread_fence(memory_order_acquire);
}
"""
NOTIFY = """/* SPDX-License-Identifier: MIT */
/*
 * notify.h - wake.
 *
 * Ordering edges:
 *   N2  the store-load fence.
 */
static inline void dsi__notify_fence(void)
{
	/* N2: seq_cst pairs with itself. */
	atomic_thread_fence(memory_order_seq_cst);
}
"""
USER = """/* SPDX-License-Identifier: MIT */
/* user.c - uses the ring. */
#include "dsi/ring.h"

unsigned dsi__user(_Atomic unsigned *word)
{
	/* R1: acquire pairs with dsi__ring_put(). */
	return atomic_load_explicit(word, memory_order_acquire);
}
"""
GOOD = {"ring.h": RING, "notify.h": NOTIFY, "user.c": USER}

# (file, old, new, part of the report)
MUTANTS = [
    ("ring.h", "R1: release pairs with dsi__ring_look().", "the packet.", "names no declared edge"),
    ("ring.h", "/* R1: release pairs with dsi__ring_look(). */\n", "", "names no declared edge"),
    ("ring.h", "      memory_order_release", "      memory_order_relaxed", "relaxed without"),
    ("ring.h", "word, memory_order_acquire", "word, memory_order_relaxed", "relaxed without"),
    ("ring.h", "word, memory_order_acquire", "word, memory_order_seq_cst", "with seq_cst"),
    ("ring.h", "/* relaxed: our own word. */", "", "relaxed without"),
    ("ring.h", "relaxed: our own word.", "relaxed:", "relaxed without"),
    ("ring.h", "atomic_store_explicit(word,", "atomic_store(word, value); (void)(0,", "without explicit"),
    ("ring.h", "R1: acquire pairs with dsi__ring_put().", "R7: acquire.", "declared nowhere"),
    ("ring.h", "pairs with dsi__ring_put()", "pairs with dsi__ring_gone()", "which is not there"),
    ("ring.h", "\tatomic_thread_fence(memory_order_acquire);", "", "edge R3 has no acquire end"),
    ("ring.h", "\tatomic_thread_fence(memory_order_acquire);", "", "should hold: acquire fence"),
    ("ring.h", "_fence(memory_order_acquire)", "_fence(memory_order_seq_cst)", "no seq_cst fence is allowed"),
    ("ring.h", "our own word. */", "our own word. */\n\tatomic_thread_fence(memory_order_acq_rel);",
     "no acq_rel fence is allowed"),
    ("ring.h", "unsigned value =", "volatile unsigned value =", "volatile is not for"),
    ("notify.h", "N2  the", "R1  the", "is another one in"),
    ("notify.h", "\tatomic_thread_fence(memory_order_seq_cst);", "\t__sync_synchronize();", "__sync_synchronize"),
    ("user.c", '#include "dsi/ring.h"', '#include "dsi/notify.h"', "which is not included"),
    ("user.c", "\treturn", "\t(void)atomic_load_explicit(word, memory_order_acquire);\n\treturn",
     "names no declared edge"),
]


def report(files):
    return check_edges.check([check_edges.Source(n, t) for n, t in files.items()])


def main():
    problems = [f"good files reported: {p}" for p in report(GOOD)]
    for file, old, new, expected in MUTANTS:
        text = GOOD[file]
        if old not in text:
            problems.append(f"mutant does not apply: {old!r}")
            continue
        found = report({**GOOD, file: text.replace(old, new, 1)})
        if not any(expected in f for f in found):
            problems.append(f"not found: {old!r} -> {new!r}: {found}")
    tree.finish(f"edges selftest, {len(MUTANTS)} mutants", problems)


if __name__ == "__main__":
    main()
