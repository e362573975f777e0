/* SPDX-License-Identifier: MIT */
/*
 * derivation.h - who got what from whom.
 *
 * Every capability, page and range of ports that a task has is a node.  The
 * one it was made from is its parent; taking something back takes it from all
 * descendants.  One tree for the three kinds.
 */
#ifndef MK_DERIVATION_H
#define MK_DERIVATION_H

#include <kbase.h>

struct task;

struct node {
	uint64_t what; /* object, frame, or first port; 0: empty slot */
	struct node *parent, *child, *next;
	struct node **link; /* what points to us among our siblings */
	struct task *task;
	uint64_t where; /* slot, address, or first port */
	uint8_t kind;	/* MK_MEMORY, MK_IO, MK_CAPS */
	uint8_t order;	/* of the memory or the ports */
	uint8_t rights;
	uint8_t depth; /* below the root of its tree */
	uint8_t spare[4];
};

_Static_assert(sizeof(struct node) == 64, "64 slots in a page");

/* A bound for every walk along parents and for finding a leaf. */
#define NODE_DEPTH_MAX 255u

/* How many nodes were ever attached. */
extern uint64_t nodes_made;

/* @parent may be NULL: a root.  Not below NODE_DEPTH_MAX. */
void node_attach(struct node *parent, struct node *n);
/* Take a node without children out of its tree. */
void node_detach(struct node *n);
/* @to takes the place of @from: its parent, its children, its object. */
void node_move(struct node *to, struct node *from);
/* A descendant of @n without children, or @n itself. */
struct node *node_leaf(struct node *n);
/* The next in the subtree of @top, parents first; NULL at the end. */
struct node *node_walk(struct node *n, const struct node *top);

#endif
