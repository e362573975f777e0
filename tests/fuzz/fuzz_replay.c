// SPDX-License-Identifier: MIT
/*
 * fuzz_replay.c - runs a harness over files, with any compiler.
 *
 *   fuzz_replay FILE|FOLDER...   each file once; folders without what is in
 *                                folders below
 *
 * No file at all is a failure: a corpus that was not found tests nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

#define MOST_BYTES (1u << 20)

static unsigned long files;

static void die(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(2);
}

static void replay_file(const char *path)
{
	static uint8_t data[MOST_BYTES];
	FILE *in = fopen(path, "rb");
	uint8_t *copy;
	size_t n;

	if (!in)
		die(path);
	n = fread(data, 1, sizeof(data), in);
	if (ferror(in))
		die(path);
	fclose(in);
	/* Of just this size, so that a sanitizer sees who reads on. */
	copy = malloc(n ? n : 1);
	if (!copy)
		die(path);
	memcpy(copy, data, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	files++;
}

static void replay(const char *path, int below)
{
	char name[4096];
	struct dirent *entry;
	struct stat stat_of;
	DIR *dir;

	if (stat(path, &stat_of))
		die(path);
	if (!S_ISDIR(stat_of.st_mode)) {
		replay_file(path);
		return;
	}
	dir = opendir(path);
	if (!dir)
		die(path);
	while (below && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			replay(name, 0);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i], 1);
	printf("%lu files\n", files);
	return files ? 0 : 1;
}
