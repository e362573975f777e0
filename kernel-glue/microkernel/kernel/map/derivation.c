/* SPDX-License-Identifier: MIT */
/* derivation.c - see derivation.h. */
#include <derivation.h>

uint64_t nodes_made;

void node_attach(struct node *parent, struct node *n)
{
	n->parent = parent;
	n->child = NULL;
	n->next = NULL;
	n->link = NULL;
	n->depth = 0;
	nodes_made++;
	if (!parent)
		return;
	check(parent->depth < NODE_DEPTH_MAX);
	n->depth = (uint8_t)(parent->depth + 1);
	n->next = parent->child;
	n->link = &parent->child;
	if (n->next)
		n->next->link = &n->next;
	parent->child = n;
}

void node_detach(struct node *n)
{
	check(!n->child);
	if (n->link)
		*n->link = n->next;
	if (n->next)
		n->next->link = n->link;
	n->parent = NULL;
	n->next = NULL;
	n->link = NULL;
}

void node_move(struct node *to, struct node *from)
{
	to->what = from->what;
	to->parent = from->parent;
	to->child = from->child;
	to->next = from->next;
	to->link = from->link;
	to->depth = from->depth;
	if (to->link)
		*to->link = to;
	if (to->next)
		to->next->link = &to->next;
	if (to->child)
		to->child->link = &to->child;
	for (struct node *n = to->child; n; n = n->next)
		n->parent = to;
	from->what = 0;
	from->parent = NULL;
	from->child = NULL;
	from->next = NULL;
	from->link = NULL;
}

struct node *node_leaf(struct node *n)
{
	while (n->child)
		n = n->child;
	return n;
}

struct node *node_walk(struct node *n, const struct node *top)
{
	if (n->child)
		return n->child;
	while (n != top && !n->next)
		n = n->parent;
	return n == top ? NULL : n->next;
}
