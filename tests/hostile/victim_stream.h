/* SPDX-License-Identifier: MIT */
/*
 * victim_stream.h - a producer and an honest consumer that must not notice
 * what others do to the stream.
 *
 * Both run in threads of this process over the real library.  The honest
 * consumer checks that no packet is missing.
 */
#ifndef DSI_TEST_VICTIM_STREAM_H
#define DSI_TEST_VICTIM_STREAM_H

#include <dsi/dsi.h>

#define VICTIM_NAME "victim"
#define VICTIM_PACKETS 16u
#define VICTIM_SLOTS 8u
#define VICTIM_PERIOD 40u /* ms, declared; nobody keeps to it */
#define VICTIM_BYTES 16384u

/* However slow the machine. */
#define PATIENCE_NS UINT64_C(60000000000)

/* Make a folder for names, start both threads. */
void victim_begin(void);
/* Stop them; all names are gone. */
void victim_end(void);

struct dsi_socket *victim_producer(void);
/* Packets the honest consumer has got so far. */
uint64_t victim_received(void);
/* Times the producer has tried to get a packet. */
uint64_t victim_rounds(void);
/* Wait until @n more rounds were made, or packets received. */
void victim_await_rounds(uint64_t n);
void victim_await_received(uint64_t n);
/* Wait until an event has happened at least @n times.  1, or 0 if not. */
int victim_await_event(uint32_t event, uint64_t n);
/* Wait until so many consumers are there, the honest one included. */
void victim_await_consumers(uint32_t n);

/* Give other threads a moment. */
void moment(void);

#endif /* DSI_TEST_VICTIM_STREAM_H */
