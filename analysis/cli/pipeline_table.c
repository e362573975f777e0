// SPDX-License-Identifier: MIT
/*
 * pipeline_table.c - the result of `dsi pipeline` for people, 80 columns.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "describe/quantity.h"
#include "pipeline_report.h"

#define PATH_WIDTH 68

/* At most @width letters of a name. */
static const char *cut(const char *name, size_t width, char *out)
{
	size_t length = strlen(name);

	if (length <= width)
		return name;
	memcpy(out, name, width - 2);
	memcpy(out + width - 2, "..", 3);
	return out;
}

static void print_head(const struct pipeline *p)
{
	char text[REPORT_TIME_BYTES];
	uint32_t i, n = 0;

	printf("pipeline  %s, ties %s\n", p->name,
	       p->ties == DSI_TIES_STRICT ? "strict" : "closed");
	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		if (node->kind != PIPELINE_SOURCE)
			continue;
		if (++n > 8)
			continue;
		printf("source    %s, period %s\n", node->name,
		       report_time(p, (dsi_wide)node->period, text));
	}
	if (n > 8)
		printf("source    and %u more\n", n - 8);
	fputs("\n= exact: one less is too little in some run   <= safe bound   "
	      "~ rounded up\n\n",
	      stdout);
}

static const char *mark(bool exact)
{
	return exact ? "=" : "<=";
}

static dsi_wide jitter(const struct pipeline_flow *flow)
{
	dsi_wide most = 0;
	uint32_t i;

	for (i = 0; i < flow->n_parts; i++)
		most = wide_max(most, flow->arrivals[i].jitter);
	return most;
}

static void print_time(const struct pipeline *p, bool exact, dsi_wide time)
{
	char text[REPORT_TIME_BYTES];
	char both[REPORT_TIME_BYTES + 4];

	snprintf(both, sizeof(both), "%s %s", mark(exact),
		 report_time(p, time, text));
	printf(" %12s", both);
}

static void print_hop(const struct pipeline *p, const struct pipeline_edge *e)
{
	const struct pipeline_node *from = &p->nodes[e->from];
	const struct pipeline_node *to = &p->nodes[e->to];
	char left[16], right[16], hop[40], slots[32], start[REPORT_TIME_BYTES];
	bool loses = e->policy != DSI_POLICY_BLOCK;

	snprintf(hop, sizeof(hop), "%s -> %s%s", cut(from->name, 12, left),
		 cut(to->name, 12, right), loses ? " *" : "");
	snprintf(slots, sizeof(slots), "%s %" PRIu64, mark(e->exact), e->slots);
	printf("%-30s %9s", hop, slots);
	print_time(p, report_jitter_exact(from), jitter(&from->out));
	if (to->kind == PIPELINE_SINK && to->grid)
		print_time(p, true, jitter(&to->in));
	else
		print_time(p, report_jitter_exact(to), jitter(&to->out));
	printf(" %12s\n",
	       to->grid ? report_time(p, to->grid_start, start) : "-");
}

static void print_hops(const struct pipeline *p)
{
	bool loses = false;
	uint32_t i;

	printf("%-30s %9s %12s %12s %12s\n", "HOP", "SLOTS", "JITTER IN",
	       "JITTER OUT", "START");
	for (i = 0; i < p->n_edges; i++) {
		print_hop(p, &p->edges[i]);
		loses |= p->edges[i].policy != DSI_POLICY_BLOCK;
	}
	if (loses)
		puts("* may lose packets: the ring is not made larger for it");
	if (p->ties == DSI_TIES_STRICT)
		for (i = 0; i < p->n_nodes; i++) {
			if (!p->nodes[i].grid || p->nodes[i].start_given)
				continue;
			puts("START: the first read is later than this after "
			     "time 0, by any amount");
			break;
		}
}

static void print_rings(const struct pipeline *p)
{
	char name[48], slots[32];
	uint32_t i;

	printf("\n%-30s %9s %14s %11s %11s\n", "RING OF", "SLOTS", "BYTES",
	       "PADDING", "CONTROL");
	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		if (!node->n_out)
			continue;
		snprintf(slots, sizeof(slots), "%s %" PRIu64,
			 mark(node->slots_exact), node->slots);
		printf("%-30s %9s", cut(node->name, 30, name), slots);
		if (node->bytes.size)
			printf(" %14" PRIu64 " %11" PRIu64 " %11" PRIu64 "\n",
			       node->bytes.total, node->bytes.padding,
			       node->bytes.control);
		else
			printf(" %14s %11s %11s\n", "-", "-", "-");
	}
	if (p->total_bytes)
		printf("%-30s %9s %14" PRIu64 "\n", "all", "", p->total_bytes);
}

/* The last nodes of the way, as far as there is room. */
static void print_path(const struct pipeline *p, uint32_t end)
{
	uint32_t first = end, origin = report_origin(p, end);
	size_t width =
		strlen(p->nodes[end].name) + strlen(p->nodes[origin].name) + 12;
	uint32_t stack[PATH_WIDTH];
	uint32_t n = 0;

	while (first != origin && n < PATH_WIDTH) {
		stack[n++] = first;
		first = p->edges[p->nodes[first].critical].from;
		width += strlen(p->nodes[first].name) + 4;
		if (width > PATH_WIDTH && first != origin)
			break;
	}
	printf("  by %s%s", p->nodes[origin].name,
	       first != origin ? " -> (more)" : "");
	while (n > 0)
		printf(" -> %s", p->nodes[stack[--n]].name);
	putchar('\n');
}

static void print_ends(const struct pipeline *p)
{
	char name[48];
	uint32_t i;

	printf("\n%-43s %12s %12s\n", "END TO END, from the source's commit",
	       "BEST", "WORST");
	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		if (!report_is_end(node))
			continue;
		printf("%-43s", cut(node->name, 43, name));
		print_time(p, node->latency_exact, pipeline_latency_best(node));
		print_time(p, node->latency_exact,
			   pipeline_latency_worst(node));
		putchar('\n');
		print_path(p, i);
	}
}

static unsigned percent(dsi_wide part, dsi_wide whole)
{
	return whole > 0 ? (unsigned)(part * 100 / whole) : 0;
}

static void print_dominant(const struct pipeline *p)
{
	uint32_t end = report_worst_end(p);
	uint32_t largest = report_largest(p);
	char a[REPORT_TIME_BYTES], b[REPORT_TIME_BYTES];
	dsi_wide share, whole;
	uint32_t slowest;

	putchar('\n');
	if (end != PIPELINE_NONE) {
		slowest = report_slowest(p, end);
		share = pipeline_latency_share(p, slowest);
		whole = pipeline_latency_worst(&p->nodes[end]);
		printf("most latency  %s: %s of %s (%u %%)\n",
		       p->nodes[slowest].name, report_time(p, share, a),
		       report_time(p, whole, b), percent(share, whole));
	}
	if (largest != PIPELINE_NONE)
		printf("most memory   ring of %s: %" PRIu64 " of %" PRIu64
		       " B (%u %%)\n",
		       p->nodes[largest].name, p->nodes[largest].bytes.total,
		       p->total_bytes,
		       percent((dsi_wide)p->nodes[largest].bytes.total,
			       (dsi_wide)p->total_bytes));
}

static void print_responses(const struct pipeline *p)
{
	char best[REPORT_TIME_BYTES], worst[REPORT_TIME_BYTES], name[48];
	bool head = false;
	uint32_t i;

	for (i = 0; i < p->n_nodes; i++) {
		const struct pipeline_node *node = &p->nodes[i];

		if (node->kind == PIPELINE_SOURCE ||
		    node->service == PIPELINE_GIVEN)
			continue;
		if (!head)
			printf("\n%-30s %9s %12s  %s\n", "RESPONSE TIME OF",
			       "BEST", "WORST", "FROM");
		head = true;
		printf("%-30s %9s", cut(node->name, 30, name),
		       report_time(p, (dsi_wide)node->best, best));
		printf(" %12s  %s%s\n", report_time(p, node->response, worst),
		       pipeline_service_name(node->service),
		       node->fresh ? ", budget fresh" : "");
	}
}

/* The nodes for which a time was taken as 0. */
static void print_assumed_key(const struct pipeline *p, uint32_t key)
{
	uint32_t n = 0;
	uint32_t i;

	for (i = 0; i < p->n_nodes; i++) {
		if (!pipeline_is_assumed(&p->nodes[i], key))
			continue;
		if (n == 0)
			printf("assumed       %s 0 (not given): %s",
			       pipeline_keys[key].name, p->nodes[i].name);
		else if (n < 3)
			printf(", %s", p->nodes[i].name);
		n++;
	}
	if (n > 3)
		printf(" and %u more", n - 3);
	if (n)
		putchar('\n');
}

static void print_assumptions(const struct pipeline *p)
{
	bool reserved = false;
	uint32_t i;

	for (i = 0; i < pipeline_n_keys; i++)
		print_assumed_key(p, i);
	for (i = 0; i < p->n_nodes; i++)
		reserved |= p->nodes[i].service == PIPELINE_RESERVATION;
	if (reserved)
		puts("assumed       reservations: admission test for each "
		     "processor (cpuset), deadline\n              = period, "
		     "runtime not taken by interrupts, nothing reclaimed");
	puts("assumed       clocks run at the same rate but for the drift "
	     "given; stages keep\n              the order of packets");
	puts("status        proved from the description; not measured");
}

static void print_share(const struct pipeline *p,
			const struct pipeline_share *share)
{
	char rate[QUANTITY_TEXT_BYTES];
	uint32_t i;

	printf("\nbudget        %" PRIu64 " B: %s; all rings take %" PRIu64
	       " B, at least %" PRIu64 " B\n",
	       share->budget, share->fits ? "fits" : "DOES NOT FIT",
	       share->bytes, share->floor);
	for (i = 0; i < p->n_nodes; i++) {
		if (p->nodes[i].n_batches)
			printf("batch         %s: %u\n", p->nodes[i].name,
			       p->nodes[i].batch);
	}
	printf("commits       %s%s\n", quantity_show_rate(share->wakeups, rate),
	       share->least ? ", the fewest that fit" : "");
}

int pipeline_print_table(const struct pipeline *p,
			 const struct pipeline_share *share)
{
	print_head(p);
	print_hops(p);
	print_rings(p);
	print_responses(p);
	print_ends(p);
	if (share)
		print_share(p, share);
	print_dominant(p);
	print_assumptions(p);
	return 0;
}
