/* SPDX-License-Identifier: MIT */
/* segment.h - a segment that says something by its limit. */
#ifndef MK_SEGMENT_H
#define MK_SEGMENT_H

#include <stdint.h>

/* The number of the CPU that asks (lsl). */
#define MK_SEGMENT_CPU UINT32_C(0x1b)

#endif
