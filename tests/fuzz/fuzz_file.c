// SPDX-License-Identifier: MIT
/* fuzz_file.c - input for readers of files; see fuzz.h. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

static int file = -1;
static char path[64];

int fuzz_file(const void *data, size_t bytes)
{
	if (file < 0) {
		file = memfd_create("fuzz", MFD_CLOEXEC);
		FUZZ_MUST(file >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	}
	FUZZ_MUST(ftruncate(file, 0) == 0);
	FUZZ_MUST(pwrite(file, data, bytes, 0) == (ssize_t)bytes);
	FUZZ_MUST(lseek(file, 0, SEEK_SET) == 0);
	return file;
}

const char *fuzz_file_path(void)
{
	return path;
}
