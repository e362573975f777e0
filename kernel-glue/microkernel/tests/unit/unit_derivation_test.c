/* SPDX-License-Identifier: MIT */
/* unit_derivation_test.c - the derivation tree against an array of parents. */
#include "unit_common.h"

#include <derivation.h>

#define NODES 150u
#define STEPS 100000u
#define NONE NODES

static struct node nodes[NODES];
static unsigned parent[NODES];
static bool in[NODES];

static unsigned number(const struct node *n)
{
	return n ? (unsigned)(n - nodes) : NONE;
}

static bool is_below(unsigned n, unsigned top)
{
	for (; n != NONE; n = parent[n])
		if (n == top)
			return true;
	return false;
}

static void compare(unsigned top)
{
	bool seen[NODES] = {false};
	struct node *n = &nodes[top];

	for (; n; n = node_walk(n, &nodes[top])) {
		unsigned i = number(n);

		EXPECT(in[i] && !seen[i] && is_below(i, top));
		EXPECT(number(n->parent) == parent[i]);
		/* Parents come first. */
		EXPECT(i == top || seen[parent[i]]);
		EXPECT(!n->link || *n->link == n);
		seen[i] = true;
	}
	for (unsigned i = 0; i < NODES; i++)
		EXPECT(seen[i] == (in[i] && is_below(i, top)));
}

static void add(unsigned i)
{
	unsigned p = below(NODES);

	parent[i] = in[p] && p != i ? p : NONE;
	node_attach(parent[i] == NONE ? NULL : &nodes[parent[i]], &nodes[i]);
	nodes[i].what = 1;
	in[i] = true;
}

static void revoke(unsigned top)
{
	struct node *n;

	do {
		n = node_leaf(&nodes[top]);
		EXPECT(is_below(number(n), top) && !n->child);
		node_detach(n);
		in[number(n)] = false;
	} while (n != &nodes[top]);
}

static void move(unsigned from)
{
	unsigned to = below(NODES);

	if (in[to])
		return;
	node_move(&nodes[to], &nodes[from]);
	EXPECT(nodes[from].what == 0 && !nodes[from].child);
	in[to] = true;
	in[from] = false;
	parent[to] = parent[from];
	for (unsigned i = 0; i < NODES; i++)
		if (in[i] && parent[i] == from)
			parent[i] = to;
}

int main(void)
{
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = below(NODES);

		if (!in[i])
			add(i);
		else if (below(4) == 0)
			revoke(i);
		else if (below(2))
			move(i);
		if (in[i])
			compare(i);
	}
	return 0;
}
