/* SPDX-License-Identifier: MIT */
/*
 * evil_scene.h - who must not notice: a producer and its honest consumers, each
 * a task, which check every packet.
 *
 * The test's own process begins a scene, lets something evil happen, looks how
 * far the honest ones come meanwhile, and ends it; then all packets must have
 * arrived.
 */
#ifndef EVIL_SCENE_H
#define EVIL_SCENE_H

#include "tests/port/conf.h"

#define SCENE_NAME "evil.scene"
#define SCENE_PACKETS 16u
#define SCENE_SLOTS 8u
#define SCENE_QUEUE 4u /* of DROP_NEW consumers */

/* What the processes tell each other in conf_shared->values. */
enum scene_value {
	SCENE_STOP,	 /* the producer is to end */
	SCENE_PAUSE,	 /* ... to commit nothing */
	SCENE_PAUSED,	 /* it does not */
	SCENE_SENT,	 /* packets that it has committed */
	SCENE_CONSUMERS, /* that it has */
	SCENE_ERRORS,	 /* events that it has seen: peers that lied */
	SCENE_GONE,	 /* ... that died */
	SCENE_WAKES,	 /* that it has done */
	SCENE_GOT,	 /* packets that the first honest consumer has got */
	SCENE_GOT_DROP,	 /* ... the one that may lose some */
	SCENE_TURNS,	 /* commits that it is to do, one at a time */
	SCENE_TURN,	 /* the one that is next */
	SCENE_LIES,	 /* turns for which the liar is ready */
	SCENE_COST,	 /* instructions of all turns */
	SCENE_COST_MOST, /* of one */
	SCENE_SYNC_NS,	 /* that its synchronisation thread has run */
	SCENE_UNIT_CALL, /* instructions of one call to the exchange */
	SCENE_UNIT_WAKE, /* of one signal */
};

/* Who is there beside the evil one. */
#define SCENE_BOTH 0u /* BLOCK and DROP_NEW */
#define SCENE_RECLAIM \
	1u /* RECLAIM: the producer waits for the evil one alone */
#define SCENE_TURNWISE 2u /* BLOCK; the producer commits turn by turn */

uint64_t scene_value(enum scene_value v);
void scene_set(enum scene_value v, uint64_t value);
/* Until a value is at least that; 1 after some seconds. */
int scene_await(enum scene_value v, uint64_t at_least);

int scene_begin(uint32_t kind);
/* The honest ones get so many packets more. */
int scene_goes_on(uint64_t packets);
/* The evil one is not a consumer any more. */
int scene_alone(void);
/* The producer closes; everything has arrived. */
int scene_end(void);

#endif /* EVIL_SCENE_H */
