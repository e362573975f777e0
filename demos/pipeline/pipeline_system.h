/* SPDX-License-Identifier: MIT */
/*
 * pipeline_system.h - all of the pipeline that is not the same on both systems.
 *
 *                 Linux: pipeline_linux.c   microkernel: pipeline_*.c
 *   sound_open    a file                    a file of the boot archive
 *   clock_*       a timer                   the interrupt of the real-time clock
 *   output_*      a file                    the second serial port
 *
 * Each function returns 0, or -1 with a reason in *@out_why.
 */
#ifndef DEMO_PIPELINE_SYSTEM_H
#define DEMO_PIPELINE_SYSTEM_H

#include <stdint.h>

/* A file, in memory until the program ends. */
int sound_open(const char *name, const uint8_t **out_file, uint64_t *out_bytes,
	       const char **out_why);

/* The sampling clock: ticks at equal distances from its begin on. */
int sample_clock_begin(uint64_t period_ns, const char **out_why);
/* Wait for the next tick.  0, or -1. */
int sample_clock_wait(void);
void sample_clock_end(void);

/* Where the samples go that have arrived. */
int sound_output_begin(const char *name, const char **out_why);
/* 0, or -1: it is full, or broken. */
int sound_output_put(const uint8_t *bytes, uint32_t n);
int sound_output_end(void);

#endif /* DEMO_PIPELINE_SYSTEM_H */
