/* SPDX-License-Identifier: MIT */
/* pipeline_linux.c - sound, clock and output of the pipeline on Linux. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pipeline_system.h"
#include "sound_block.h"

int sound_open(const char *name, const uint8_t **out_file, uint64_t *out_bytes,
	       const char **out_why)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	void *file = MAP_FAILED;
	struct stat info = {0};

	if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0)
		file = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE,
			    fd, 0);
	*out_why =
		fd >= 0 && info.st_size == 0 ? "it is empty" : strerror(errno);
	if (fd >= 0)
		close(fd);
	if (file == MAP_FAILED)
		return -1;
	*out_file = file;
	*out_bytes = (uint64_t)info.st_size;
	return 0;
}

/* ---- the clock ----------------------------------------------------------- */

static struct timespec tick;
static uint64_t tick_period_ns;

int sample_clock_begin(uint64_t period_ns, const char **out_why)
{
	tick_period_ns = period_ns;
	*out_why = strerror(EINVAL);
	return period_ns ? clock_gettime(CLOCK_MONOTONIC, &tick) : -1;
}

int sample_clock_wait(void)
{
	uint64_t ns = (uint64_t)tick.tv_nsec + tick_period_ns;
	int err;

	tick.tv_sec += (time_t)(ns / SECOND_NS);
	tick.tv_nsec = (long)(ns % SECOND_NS);
	do
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &tick,
				      NULL);
	while (err == EINTR);
	return err ? -1 : 0;
}

void sample_clock_end(void)
{
}

/* ---- the output ---------------------------------------------------------- */

static FILE *output;

int sound_output_begin(const char *name, const char **out_why)
{
	output = fopen(name, "wbe");
	*out_why = strerror(errno);
	return output ? 0 : -1;
}

int sound_output_put(const uint8_t *bytes, uint32_t n)
{
	return output && fwrite(bytes, 1, n, output) == n ? 0 : -1;
}

int sound_output_end(void)
{
	return output && fclose(output) == 0 ? 0 : -1;
}
