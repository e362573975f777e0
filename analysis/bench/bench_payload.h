/* SPDX-License-Identifier: MIT */
/*
 * bench_payload.h - what is in a message, so that each of its bytes was really
 * written by one end and read by the other.
 */
#ifndef DSI_BENCH_PAYLOAD_H
#define DSI_BENCH_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

/* Write message @number: all its bytes depend on the number. */
void bench_payload_write(void *at, uint32_t bytes, uint64_t number);

/* Read all bytes.  Is it message @number, whole? */
bool bench_payload_read(const void *at, uint32_t bytes, uint64_t number);

/* The number of a message of 8 bytes or more that nobody knows yet; of a smaller
 * one 0. */
uint64_t bench_payload_number(const void *at, uint32_t bytes);

#endif /* DSI_BENCH_PAYLOAD_H */
