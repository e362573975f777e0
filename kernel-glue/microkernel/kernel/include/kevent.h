/* SPDX-License-Identifier: MIT */
/*
 * kevent.h - an event: a word of bits, or a counter, that can be signalled at
 * any time and waited for.  A signal is never lost and never blocks.  An
 * interrupt is an event that the hardware signals.
 */
#ifndef MK_KEVENT_H
#define MK_KEVENT_H

#include <kobject.h>

struct thread;

struct event {
	struct object object;
	uint64_t pending; /* bits, or how many */
	bool counts;
	int32_t line;	       /* interrupt line, -1: none */
	struct thread *thread; /* bound to, or NULL */
	uint64_t label;
	struct list of_thread;
	struct list waiters;
};

/* A signal is never nothing: no bits are bit 0, and none is one. */
static inline uint64_t event_bits(uint64_t bits)
{
	return bits ? bits : 1;
}

struct event *event_create(struct factory *f, bool counts);
void event_destroy(struct event *e);
/* Keep event_bits(@bits) until somebody takes them. */
void event_latch(struct event *e, uint64_t bits);
/* Latch @bits and wake who waits for them. */
void event_signal(struct event *e, uint64_t bits);
/* What is pending, taken; 0: nothing. */
uint64_t event_take(struct event *e);
void event_unbind(struct event *e);
/* The first event bound to @t that has something, or NULL. */
struct event *event_pending_of(struct thread *t);

static inline struct event *event_of(struct object *o)
{
	return container_of(o, struct event, object);
}

#endif
