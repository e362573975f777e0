/* SPDX-License-Identifier: MIT */
/*
 * topology.h - the machine, the streams on it, and the forms to show them.
 *
 *   topology_look.c (regions, plan) + topology_pages.c (where pages are, and
 *   moving them) -> topology_text.c, topology_json.c, topology_picture.c
 */
#ifndef DSI_CLI_TOPOLOGY_H
#define DSI_CLI_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dsi/placement.h>
#include <dsi/regions.h>

#define TOPOLOGY_REGIONS (2u + 2u * DSI_MAX_CONSUMERS)
#define TOPOLOGY_WHY_BYTES 256u

/* Where the pages of a region are, and where they should be. */
struct topology_region {
	struct dsi_region_info info;
	struct dsi_nodes plan; /* empty: left to the system */
	uint32_t n_plan;
	int error;	    /* of asking, a DSI code */
	uint64_t pages;	    /* in all */
	uint64_t absent;    /* not in memory, or not the system's pages */
	uint64_t misplaced; /* on a node that is not in @plan */
	uint64_t on[DSI_NODES_MAX];
};

struct topology_stream {
	char name[DSI_NAME_BYTES + 8]; /* as it is opened */
	int error;		       /* why there are no regions */
	const char *reason;	       /* why its data area belongs there */
	uint32_t n_regions;
	struct topology_region regions[TOPOLOGY_REGIONS];
};

/* Streams are sorted by name. */
struct topology_view {
	const char *only; /* NULL: all names */
	struct dsi_topology *machine;
	struct topology_stream **streams;
	size_t n;
	size_t room;
	uint64_t misplaced;
	bool no_memory;
};

/* ---- topology_look.c ----------------------------------------------------- */

/* Look who is there and where all of it is.  0, or a negative DSI code. */
int topology_look(struct topology_view *view);
void topology_forget(struct topology_view *view);
/* "control", "data", "signal" or "page". */
const char *topology_kind(uint32_t kind);
/* Whose region: the consumer, or the producer. */
const struct dsi_peer *topology_owner(const struct topology_region *region);

/* ---- topology_sets.c: sets of numbers ------------------------------------ */

bool topology_has_node(const struct dsi_nodes *nodes, uint32_t node);
void topology_add_node(struct dsi_nodes *nodes, uint32_t node);
/* The node of a set that the page of this index belongs on, in turn. */
int32_t topology_turn(const struct dsi_nodes *nodes, uint64_t index);
/* "0-3,8" */
void topology_print_nodes(const struct dsi_nodes *nodes, char *text,
			  size_t bytes);
void topology_print_cpus(const struct dsi_topology *machine, int32_t node,
			 char *text, size_t bytes);
/* Where a process may run: the CPUs of those of its threads that are pinned
 * the most.  0, or -DSI_ENOENT, -DSI_EACCES. */
int topology_process_cpus(uint32_t pid, struct dsi_cpus *out_cpus);
/* The one node that all these CPUs are at home on, or DSI_NODE_ANY. */
int32_t topology_home(const struct dsi_topology *machine,
		      const struct dsi_cpus *cpus);

/* ---- topology_pages.c ---------------------------------------------------- */

/* Ask the system where the pages of a region are: fills @on, @absent, @error
 * and, by its @plan, @misplaced. */
void topology_find(struct topology_region *region);
/* Move the misplaced pages.  0, or with a sentence: -DSI_EPERM, -DSI_EACCES (the
 * cpuset), -DSI_ENOMEM, -DSI_EBUSY, -DSI_EPIPE (its process ended). */
int topology_move(const struct topology_region *region,
		  char why[TOPOLOGY_WHY_BYTES]);

/* ---- forms --------------------------------------------------------------- */

void topology_print_table(const struct topology_view *view);
/* 0, or -1: no memory. */
int topology_print_json(const struct topology_view *view);
/* A picture in hwloc's style, *.svg, or *.xml for lstopo.  False with a
 * sentence. */
bool topology_picture(const struct topology_view *view, const char *path,
		      char why[TOPOLOGY_WHY_BYTES]);

#endif /* DSI_CLI_TOPOLOGY_H */
