/* SPDX-License-Identifier: MIT */
/*
 * scene.h - a scenario for the explorer, and the threads that several have.
 *
 * Way of the files: scenarios.c runs what scene_packets.c, scene_death.c and
 * scene_lies.c put together with rig.h.
 */
#ifndef MODEL_SCENE_H
#define MODEL_SCENE_H

#include "rig.h"

#define ALL (-1)

struct scene {
	struct mc_scenario scenario;
	int is_long;
	int bound; /* most preemptions, or ALL orders */
};

/* Each ends with one without a name. */
extern const struct scene scene_packets[];
extern const struct scene scene_death[];
extern const struct scene scene_lies[];

/* A get without limit, which must succeed. */
struct dsi_packet *scene_get(struct dsi_socket *sock);
uint64_t *scene_payload(const struct dsi_packet *pkt);
/* What packet @number carries. */
uint64_t scene_content(uint64_t number);
void scene_check_packet(const struct dsi_packet *pkt, uint64_t number);

/* Threads.  Those of consumers are given their struct rig_reader. */
void scene_producer(void *arg);
void scene_many_producer(void *arg);   /* in batches */
void scene_joined_producer(void *arg); /* commit and get in one call */
void scene_consumer(void *arg);
void scene_many_consumer(void *arg);
void scene_holding_consumer(void *arg);
void scene_dropping_consumer(void *arg);
void scene_add_consumers(void (*run)(void *));

/* The control plane: @reader has left; nobody else comes or goes. */
void scene_leave(uint32_t reader);
void scene_finish(void);

/* After every execution: nobody was taken for a liar. */
void scene_check_honest(void);

#endif /* MODEL_SCENE_H */
