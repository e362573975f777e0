/* SPDX-License-Identifier: MIT */
/*
 * assert.h - for Frama-C: layouts are asserted by the compilers, see
 * stdalign.h.
 */
#ifndef FRAMA_ASSERT_H
#define FRAMA_ASSERT_H

#define static_assert(condition, text) _Static_assert(1, text)

#endif /* FRAMA_ASSERT_H */
