/* SPDX-License-Identifier: MIT */
/* kgate.h - a gate: where a thread can be reached, and as what the message
 * comes in: its label, which the sender cannot choose. */
#ifndef MK_KGATE_H
#define MK_KGATE_H

#include <kobject.h>

#define GATE_UNBOUND 0
#define GATE_BOUND 1
#define GATE_ORPHAN 2

struct gate {
	struct object object;
	uint64_t label;
	struct thread *thread;
	uint8_t state;
	struct list of_thread;
	struct list senders; /* who came before the first bind */
};

struct gate *gate_create(struct factory *f, uint64_t label, struct thread *t);
void gate_bind(struct gate *g, struct thread *t, uint64_t label);
void gate_destroy(struct gate *g);
void gate_orphan(struct gate *g);

static inline struct gate *gate_of(struct object *o)
{
	return container_of(o, struct gate, object);
}

#endif
