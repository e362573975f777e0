/* SPDX-License-Identifier: MIT */
/*
 * scene.h - a scenario for the explorer as data, and the threads that several have.
 *
 * Way of the files: scenarios.c runs what scene_packets.c, scene_words.c,
 * scene_death.c and scene_lies.c put together with rig.h.
 */
#ifndef MODEL_SCENE_H
#define MODEL_SCENE_H

#include "rig.h"

#define ALL (-1)

/**
 * struct scene - a scenario: a stream, and the threads at it.
 * @bound:      most preemptions, or ALL orders
 * @is_long:    is in the long set
 * @prepare:    what is done to the stream before there are threads, or NULL
 * @send:       the producer, or NULL
 * @take:       each consumer, given its struct rig_reader, or NULL
 * @other:      one more thread, or none
 * @end:        after each execution; NULL: scene_check_honest()
 * @victim, @kill, @spurious, @timeouts: see struct mc_scenario
 */
struct scene {
	const char *name;
	int bound;
	int is_long;
	struct rig_options stream;
	void (*prepare)(void);
	void (*send)(void *);
	void (*take)(void *);
	struct {
		const char *name;
		void (*run)(void *);
	} other;
	void (*end)(void);
	uint32_t victim;
	uint32_t kill;
	uint32_t spurious;
	uint32_t timeouts;
};

#define SCENE(label, most, put, get) \
	.name = label, .bound = most, .send = put, .take = get
/* Of a ring of @slots, with so many packets, of which @all are sent to @readers that
 * are there from the beginning, or come by themselves. */
#define STREAM(slots, count, all, many)                      \
	.stream.ring_slots = slots, .stream.packets = count, \
	.stream.total = all, .stream.readers = many, .stream.wait_for = many
#define LATE_STREAM(slots, count, all, many)                 \
	.stream.ring_slots = slots, .stream.packets = count, \
	.stream.total = all, .stream.readers = many, .stream.join_late = 1

/* Each ends with one without a name. */
extern const struct scene scene_packets[];
extern const struct scene scene_words[];
extern const struct scene scene_death[];
extern const struct scene scene_lies[];

/* A get without limit, which must succeed. */
struct dsi_packet *scene_get(struct dsi_socket *sock);
uint64_t *scene_payload(const struct dsi_packet *pkt);
/* What packet @number carries. */
uint64_t scene_content(uint64_t number);
void scene_check_packet(const struct dsi_packet *pkt, uint64_t number);

/* Threads. */
void scene_producer(void *arg);
void scene_many_producer(void *arg);	  /* in batches */
void scene_joined_producer(void *arg);	  /* commit and get in one call */
void scene_attentive_producer(void *arg); /* until scene_finish() */
void scene_consumer(void *arg);
void scene_many_consumer(void *arg);
void scene_holding_consumer(void *arg);
void scene_dropping_consumer(void *arg);

/* The control plane: @reader has left; nobody else comes or goes. */
void scene_leave(uint32_t reader);
void scene_finish(void);

/* After every execution: nobody was taken for a liar. */
void scene_check_honest(void);

#endif /* MODEL_SCENE_H */
