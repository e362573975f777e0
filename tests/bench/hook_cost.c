/* SPDX-License-Identifier: MIT */
/*
 * hook_cost.c - what a trace hook costs in time, against an empty loop.
 *
 *	hook_cost [PROVIDER.so]
 *
 * Without a provider, with one that wants no event, and with that of the
 * argument, e.g. libdsi-lttng.so while no session runs.  A program to look at:
 * times depend on the machine and on what else it does.  Each number is the
 * least of many rounds, all kinds taking turns.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "dsi/trace_hooks.h"
#include "tests/unit/must.h"

#define LOOPS 1000000u
#define ROUNDS 40u
#define KINDS 4u

static struct dsi_data_plane planes[KINDS];
static struct dsi_packet packet;
static struct dsi_packet *const packets[] = {&packet};

/* The compiler shall believe that memory changed. */
#define FORGET() __asm__ __volatile__("" ::: "memory")

__attribute__((noinline)) static uint64_t empty(void)
{
	uint64_t begin = dsi_port_now();

	for (uint32_t i = 0; i < LOOPS; i++)
		FORGET();
	return dsi_port_now() - begin;
}

__attribute__((noinline)) static uint64_t hooked(struct dsi_data_plane *plane)
{
	uint64_t begin = dsi_port_now();

	for (uint32_t i = 0; i < LOOPS; i++) {
		if (dsi__traced(plane))
			dsi__trace_commit(plane, packets, 1);
		FORGET();
	}
	return dsi_port_now() - begin;
}

static const struct dsi_trace_provider *load(const char *path)
{
	const struct dsi_trace_provider *(*find)(void);
	void *object = dlopen(path, RTLD_NOW);
	void *symbol = object ? dlsym(object, "dsi_trace_provider") : NULL;

	if (!symbol)
		fprintf(stderr, "hook_cost: %s: %s\n", path, dlerror());
	MUST(symbol);
	memcpy(&find, &symbol, sizeof(find));
	return find();
}

int main(int argc, char **argv)
{
	static const int never;
	static struct dsi_trace_provider idle;
	static const char *const names[KINDS] = {
		"empty loop", "no provider", "idle provider", "given provider"};
	uint64_t least[KINDS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
				 UINT64_MAX};
	uint32_t kinds = argc > 1 ? KINDS : KINDS - 1u;

	for (uint32_t i = 0; i < DSI_TRACE_EVENTS; i++)
		idle.wanted[i] = &never;
	planes[2].trace.provider = &idle;
	if (argc > 1)
		planes[3].trace.provider = load(argv[1]);
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (uint32_t kind = 0; kind < kinds; kind++) {
			uint64_t ns = kind ? hooked(&planes[kind]) : empty();

			if (ns < least[kind])
				least[kind] = ns;
		}
	for (uint32_t kind = 0; kind < kinds; kind++)
		printf("%-15s %6.2f ns, %+6.2f ns net\n", names[kind],
		       (double)least[kind] / LOOPS,
		       ((double)least[kind] - (double)least[0]) / LOOPS);
	return 0;
}
