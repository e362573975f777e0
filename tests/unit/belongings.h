/* SPDX-License-Identifier: MIT */
/*
 * belongings.h - what a process has, by its own files in /proc: a leak is a
 * difference.
 */
#ifndef DSI_TEST_BELONGINGS_H
#define DSI_TEST_BELONGINGS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/must.h"

/* Numbers beyond are not in use. */
#define OWN_DESCRIPTORS_MAX 512

/* Not by /proc/self/fd: what is looked up there makes the end of a process
 * slow. */
static inline uint32_t own_descriptors(void)
{
	uint32_t n = 0;

	for (int fd = 0; fd < OWN_DESCRIPTORS_MAX; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Memory that has these words in its name. */
static inline uint32_t own_regions(const char *words)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	uint32_t n = 0;

	MUST(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, words) != NULL;
	(void)fclose(file);
	return n;
}

/* The number behind @key: "Threads:". */
static inline uint32_t own_figure(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	size_t bytes = strlen(key);
	char line[512];
	uint32_t n = 0;

	MUST(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, bytes) == 0)
			n = (uint32_t)strtoul(line + bytes, NULL, 10);
	(void)fclose(file);
	return n;
}

#endif /* DSI_TEST_BELONGINGS_H */
