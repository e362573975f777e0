/* SPDX-License-Identifier: MIT */
/*
 * fault_scenes.h - what is done while calls of the system fail.
 *
 * A scene has a subject, whose calls fail, and peers, other processes, which
 * must survive it.  An attempt does the whole of what the scene is about and
 * takes it back.
 */
#ifndef DSI_TEST_FAULT_SCENES_H
#define DSI_TEST_FAULT_SCENES_H

#include <stdint.h>

/* Names: of the subject's stream, of the peer's, and of components. */
#define SUBJECT "subject"
#define PEER "peer"
#define SUBJECT_PART "subject-part"
#define PEER_SOURCE "peer-source"
#define PEER_SINK "peer-sink"

struct fault_scene {
	const char *name;
	/* Before the calls fail; may be NULL. */
	void (*prepare)(void);
	/* Everything.  @patience_ns bounds each wait in it.  0, or the first
	 * code that says that it was not done. */
	int (*attempt)(uint64_t patience_ns);
	/* A peer process, or NULL; returns when *@stop is set. */
	void (*peer)(const _Atomic uint32_t *stop);
	uint32_t names; /* that the peer has, all the time */
};

extern const struct fault_scene fault_scenes[];
extern const uint32_t fault_n_scenes;

/* Hand on what a function returned.  A code that its header does not name is
 * noted. */
int said(const char *function, int err);
/* What was noted; NULL = nothing. */
const char *said_wrong(void);

/* fault_peers.c */
void peer_producer(const _Atomic uint32_t *stop);
void peer_consumer(const _Atomic uint32_t *stop);
void peer_components(const _Atomic uint32_t *stop);
void peer_control(const _Atomic uint32_t *stop);
struct dsi_component *make_component(const char *name, int *out_err);
/* Streams that a component has begun and ended, in this process. */
uint32_t component_starts(void);

#endif /* DSI_TEST_FAULT_SCENES_H */
