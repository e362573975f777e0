/* SPDX-License-Identifier: MIT */
/*
 * report.c - what happened, in words; schedules in files.
 *
 * A schedule file holds what the explorer had learnt about the words (it
 * decides where threads can be interrupted) and the moves, one number each.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inside.h"

enum { MAX_NAMES = 256, NAME_BYTES = 48 };

static struct {
	const volatile void *address;
	char text[NAME_BYTES];
} names[MAX_NAMES];
static uint32_t n_names;

void mc__names_clear(void)
{
	n_names = 0;
}

void mc_name(const volatile void *address, const char *format, ...)
{
	va_list args;

	if (n_names == MAX_NAMES)
		return;
	va_start(args, format);
	vsnprintf(names[n_names].text, NAME_BYTES, format, args);
	va_end(args);
	names[n_names++].address = address;
}

/* The name, or the nearest one below and the distance. */
const char *mc__address_name(const volatile void *address)
{
	static char text[NAME_BYTES + 24];
	uintptr_t best = UINTPTR_MAX;
	uint32_t which = 0;

	for (uint32_t i = 0; i < n_names; i++) {
		uintptr_t distance =
			(uintptr_t)address - (uintptr_t)names[i].address;

		if (distance < best) {
			best = distance;
			which = i;
		}
	}
	if (best > MC_ARENA)
		snprintf(text, sizeof(text), "arena+%zu",
			 (size_t)((uintptr_t)address - (uintptr_t)mc__arena));
	else if (best)
		snprintf(text, sizeof(text), "%s+%zu", names[which].text,
			 (size_t)best);
	else
		return names[which].text;
	return text;
}

const char *mc__order_name(int order)
{
	static const char *const texts[] = {"relaxed", "consume", "acquire",
					    "release", "acq_rel", "seq_cst"};

	return order >= 0 && order < 6 ? texts[order] : "?";
}

void mc__trace(const char *format, ...)
{
	va_list args;

	if (!mc__run.tracing)
		return;
	printf("    %-10s", mc__run.me < 0 ? "" : mc__thread_names[mc__run.me]);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

int mc__schedule_save(const char *path, const uint8_t *moves, uint32_t n)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -1;
	for (uint32_t i = 0; i < mc__arena_used / MC_GRAIN; i++) {
		const struct mc_class *class = &mc__class[i];

		if (class->readers | class->writers | class->unmapped)
			fprintf(file, "w %u %u %u %u %u %u\n", i,
				class->readers, class->writers, class->unmapped,
				class->atomic, class->bytes);
	}
	for (uint32_t i = 0; i < n; i++)
		fprintf(file, "m %u\n", moves[i]);
	return fclose(file);
}

int mc__schedule_load(const char *path, uint8_t *moves, uint32_t max,
		      uint32_t *out_n)
{
	FILE *file = fopen(path, "r");
	uint32_t v[6];
	char line[100];

	*out_n = 0;
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "m %u", &v[0]) == 1 && *out_n < max)
			moves[(*out_n)++] = (uint8_t)v[0];
		if (sscanf(line, "w %u %u %u %u %u %u", &v[0], &v[1], &v[2],
			   &v[3], &v[4], &v[5]) == 6 &&
		    v[0] < MC_GRAINS)
			mc__class[v[0]] =
				(struct mc_class){.readers = (uint8_t)v[1],
						  .writers = (uint8_t)v[2],
						  .unmapped = (uint8_t)v[3],
						  .atomic = (uint8_t)v[4],
						  .bytes = (uint8_t)v[5]};
	}
	fclose(file);
	return *out_n ? 0 : -1;
}
