/* SPDX-License-Identifier: MIT */
/*
 * soak.h - what the processes of a soak share.
 *
 * The supervisor (soak.c) starts and ends the others and knows nothing of the
 * library.  Producers and the one who looks on (soak_ends.c) live long and must
 * not grow; consumers come and go, some by SIGKILL.
 */
#ifndef DSI_TEST_SOAK_H
#define DSI_TEST_SOAK_H

#include <stdatomic.h>
#include <stdint.h>

#define SOAK_STREAMS 4u
#define SOAK_CONSUMERS 24u
#define SOAK_LOOKER SOAK_STREAMS /* who looks on, behind the producers */
#define SOAK_LONG (SOAK_STREAMS + 1u)

/* Deliberate mistakes, for a soak that must fail. */
#define SOAK_LEAK_DESCRIPTOR 1u
#define SOAK_LEAK_MEMORY 2u
#define SOAK_TORN 3u

/* One of the processes that live long. */
struct soak_long {
	_Atomic uint32_t stop;
	_Atomic uint32_t rest;	   /* who looks on: do nothing for now */
	_Atomic uint32_t rests;	   /* it does */
	_Atomic uint32_t ask;	   /* a sample is wanted: its number */
	_Atomic uint32_t answered; /* the last one that was taken */
	_Atomic uint32_t consumers;
	_Atomic uint64_t packets;
	uint32_t descriptors;
	uint32_t regions;
	uint32_t threads;
	uint32_t kilobytes; /* of its own memory */
};

struct soak_consumer {
	_Atomic uint32_t stop;
	_Atomic uint64_t packets;
};

struct soak_shared {
	struct soak_long longs[SOAK_LONG];
	struct soak_consumer consumers[SOAK_CONSUMERS];
	uint32_t leak;
	_Atomic uint32_t failed;
	char failure[256];
};

extern struct soak_shared *soak;

/* Note what is wrong, and end this process. */
_Noreturn void soak_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Each is all that its process does. */
void soak_produce(uint32_t index);
void soak_look(uint64_t seed);
void soak_consume(uint32_t index, uint32_t stream, uint32_t policy,
		  uint32_t select);

#endif /* DSI_TEST_SOAK_H */
