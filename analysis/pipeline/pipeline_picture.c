// SPDX-License-Identifier: MIT
/*
 * pipeline_picture.c - nodes with their response times and rings, edges with
 * what each reader needs.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <graphviz/gvc.h>

#include "describe/quantity.h"
#include "pipeline/pipeline_picture.h"
#include "pipeline/pipeline_private.h"

#define LABEL_BYTES 512u

/* Graphviz takes texts that it does not change as not constant. */
static char *fixed(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void set(void *object, const char *name, const char *value)
{
	agsafeset(object, fixed(name), fixed(value), fixed(""));
}

/* A name as it stands: graphviz gives a meaning to backslashes. */
static void add_name(char *label, const char *name)
{
	size_t used = strlen(label);
	size_t i;

	for (i = 0; name[i] && used + 3 < LABEL_BYTES / 2; i++) {
		if (name[i] == '\\')
			label[used++] = '\\';
		label[used++] = name[i];
	}
	label[used] = '\0';
}

static void add_text(char *label, const char *text)
{
	size_t used = strlen(label);

	snprintf(label + used, LABEL_BYTES - used, "%s", text);
}

/* Decimal, without the exact fraction that may follow. */
static void add_time(const struct pipeline *p, char *label, dsi_wide time)
{
	char text[PIPELINE_TIME_BYTES];
	char *fraction;

	pipeline_time_text(p, time, text);
	fraction = strstr(text, " (");
	if (fraction)
		*fraction = '\0';
	add_text(label, text);
}

static void add_bytes(char *label, uint64_t bytes)
{
	static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	char text[48];
	uint64_t value = bytes * 10;
	uint32_t unit = 0;

	if (bytes > UINT64_MAX / 10) {
		snprintf(text, sizeof(text), ", %llu B",
			 (unsigned long long)bytes);
		add_text(label, text);
		return;
	}
	while (value >= 10240 && unit < 6) {
		value = (value + 1023) / 1024;
		unit++;
	}
	snprintf(text, sizeof(text),
		 value % 10 ? ", %llu.%llu %s" : ", %llu%.0llu %s",
		 (unsigned long long)(value / 10),
		 (unsigned long long)(value % 10), units[unit]);
	add_text(label, text);
}

static void node_label(const struct pipeline *p,
		       const struct pipeline_node *node, char *label)
{
	label[0] = '\0';
	add_name(label, node->name);
	add_text(label, "\\n");
	if (node->kind == PIPELINE_SOURCE) {
		add_text(label, "every ");
		add_time(p, label, (dsi_wide)node->period);
		return;
	}
	if (node->grid) {
		add_text(label, "from ");
		add_time(p, label, node->grid_start);
		add_text(label, "\\n");
	}
	add_time(p, label, (dsi_wide)node->best);
	add_text(label, " .. ");
	add_time(p, label, node->response);
	if (node->n_out == 0) {
		add_text(label, "\\nlatency ");
		add_text(label, node->latency_exact ? "" : "<= ");
		add_time(p, label, pipeline_latency_worst(node));
	}
}

static void edge_label(const struct pipeline *p, const struct pipeline_edge *e,
		       char *label)
{
	static const char *const policies[] = {"", "\\nmay drop new ones",
					       "\\nmay be overwritten"};
	const struct pipeline_node *from = &p->nodes[e->from];
	char slots[48];
	dsi_wide jitter = 0;
	uint32_t i;

	for (i = 0; i < from->out.n_parts; i++)
		jitter = wide_max(jitter, from->out.arrivals[i].jitter);
	snprintf(slots, sizeof(slots), "%s%llu slot%s",
		 e->exact ? "" : "<= ", (unsigned long long)e->slots,
		 e->slots == 1 ? "" : "s");
	label[0] = '\0';
	add_text(label, slots);
	add_text(label, "\\njitter ");
	add_time(p, label, jitter);
	if (e->tokens) {
		snprintf(slots, sizeof(slots), "\\n%u at the start", e->tokens);
		add_text(label, slots);
	}
	add_text(label, policies[e->policy]);
}

static void add_ring(const struct pipeline_node *node, char *label)
{
	char text[48];

	if (node->n_out == 0)
		return;
	snprintf(text, sizeof(text), "\\nring: %llu slot%s",
		 (unsigned long long)node->slots, node->slots == 1 ? "" : "s");
	add_text(label, text);
	if (node->bytes.size)
		add_bytes(label, node->bytes.total);
}

static void set_defaults(Agraph_t *graph)
{
	static const struct {
		int kind;
		const char *name, *value;
	} defaults[] = {
		{AGRAPH, "rankdir", "LR"},
		{AGRAPH, "nodesep", "0.5"},
		{AGNODE, "fontname", "Helvetica"},
		{AGNODE, "fontsize", "11"},
		{AGNODE, "margin", "0.18,0.1"},
		{AGEDGE, "fontname", "Helvetica"},
		{AGEDGE, "fontsize", "9"},
	};
	size_t i;

	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		agattr(graph, defaults[i].kind, fixed(defaults[i].name),
		       fixed(defaults[i].value));
}

static Agraph_t *make_graph(const struct pipeline *p)
{
	static const char *const shapes[] = {"box", "box", "ellipse"};
	Agraph_t *graph = agopen(fixed("pipeline"), Agdirected, NULL);
	char label[LABEL_BYTES], id[24];
	uint32_t i;

	if (!graph)
		return NULL;
	set_defaults(graph);
	for (i = 0; i < p->n_nodes; i++) {
		Agnode_t *node;

		snprintf(id, sizeof(id), "n%u", i);
		node = agnode(graph, id, 1);
		node_label(p, &p->nodes[i], label);
		add_ring(&p->nodes[i], label);
		set(node, "label", label);
		set(node, "shape", shapes[p->nodes[i].kind]);
		if (p->nodes[i].kind == PIPELINE_SOURCE)
			set(node, "style", "rounded");
	}
	for (i = 0; i < p->n_edges; i++) {
		Agedge_t *edge;

		snprintf(id, sizeof(id), "n%u", p->edges[i].from);
		Agnode_t *from = agnode(graph, id, 0);

		snprintf(id, sizeof(id), "n%u", p->edges[i].to);
		edge = agedge(graph, from, agnode(graph, id, 0), NULL, 1);
		edge_label(p, &p->edges[i], label);
		set(edge, "label", label);
		if (p->edges[i].policy != DSI_POLICY_BLOCK)
			set(edge, "style", "dashed");
		if (p->edges[i].tokens)
			set(edge, "constraint", "false");
	}
	return graph;
}

static bool render(Agraph_t *graph, const char *format, FILE *file)
{
	GVC_t *context;
	bool good;

	if (strcmp(format, "dot") == 0)
		return agwrite(graph, file) == 0;
	context = gvContext();
	if (!context)
		return false;
	good = gvLayout(context, graph, "dot") == 0;
	if (good) {
		good = gvRender(context, graph, format, file) == 0;
		gvFreeLayout(context, graph);
	}
	gvFreeContext(context);
	return good;
}

bool pipeline_draw(const struct pipeline *p, const char *format,
		   const char *path, char why[PIPELINE_WHY_BYTES])
{
	Agraph_t *graph = make_graph(p);
	FILE *file = graph ? fopen(path, "w") : NULL;
	bool good = false;

	if (file) {
		good = render(graph, format, file);
		good = fclose(file) == 0 && good;
	}
	if (!good)
		snprintf(why, PIPELINE_WHY_BYTES, "%s: cannot draw: %s", path,
			 !graph	 ? "no memory"
			 : !file ? strerror(errno)
				 : "graphviz failed");
	if (graph)
		agclose(graph);
	return good;
}
