/* SPDX-License-Identifier: MIT */
/* kill_common.c - processes, a page, random moments; see kill_common.h. */
#define _GNU_SOURCE
#include "tests/kill/kill_common.h"

#include "tests/unit/belongings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/dsi-kill-XXXXXX";
static int page_fd = -1;
static uint32_t shm_before;

uint32_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	uint32_t n = 0;
	struct dirent *entry;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

__attribute__((weak)) void kill_say_where(void)
{
}

/* Names of ours in /dev/shm: others come and go there, also while we look. */
static uint32_t count_shm(void)
{
	DIR *dir = opendir("/dev/shm");
	uint32_t n = 0;
	struct dirent *entry;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, "dsi", 3) == 0 &&
		     strncmp(entry->d_name, "dsi-test-", 9) != 0;
	(void)closedir(dir);
	return n;
}

uint32_t count_descriptors(void)
{
	return count_entries("/proc/self/fd");
}

uint32_t count_names(void)
{
	return count_entries(folder);
}

uint32_t count_regions(void)
{
	return own_regions("/memfd:dsi");
}

static struct kill_page *map_page(void)
{
	void *page = mmap(NULL, sizeof(struct kill_page),
			  PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);

	MUST(page != MAP_FAILED);
	return page;
}

void kill_draw(uint64_t *out_random, uint32_t *out_rounds)
{
	const char *rounds = getenv("DSI_KILL_ROUNDS");
	const char *seed = getenv("DSI_KILL_SEED");

	*out_rounds = rounds ? (uint32_t)strtoul(rounds, NULL, 0) : 200u;
	*out_random = seed ? strtoull(seed, NULL, 0) : dsi_now() | 1u;
	printf("DSI_KILL_SEED=%ju DSI_KILL_ROUNDS=%u\n", (uintmax_t)*out_random,
	       *out_rounds);
	(void)fflush(stdout);
}

struct kill_page *kill_begin(void)
{
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	shm_before = count_shm();
	/* Children inherit it. */
	page_fd = memfd_create("kill-page", 0);
	MUST(page_fd >= 0);
	MUST_BE(ftruncate(page_fd, sizeof(struct kill_page)), 0);
	return map_page();
}

void kill_end(void)
{
	MUST_BE(count_names(), 0);
	MUST_BE(rmdir(folder), 0);
	MUST(count_shm() <= shm_before);
}

struct kill_page *kill_attach(char **argv)
{
	page_fd = (int)strtol(argv[3], NULL, 0);
	return map_page();
}

pid_t kill_spawn(const char *role, uint32_t number)
{
	char digits[2][16];
	char *const argv[] = {(char *)(uintptr_t) "/proc/self/exe",
			      (char *)(uintptr_t)role, digits[0], digits[1],
			      NULL};
	pid_t pid;

	(void)snprintf(digits[0], sizeof(digits[0]), "%u", number);
	(void)snprintf(digits[1], sizeof(digits[1]), "%d", page_fd);
	pid = vfork();
	MUST(pid >= 0);
	if (pid == 0) {
		(void)execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

void kill_now(pid_t pid)
{
	MUST_BE(kill(pid, SIGKILL), 0);
}

int kill_await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		MUST(errno == EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void sleep_us(uint64_t us)
{
	const struct timespec span = {
		.tv_sec = (time_t)(us / 1000000u),
		.tv_nsec = (long)(us % 1000000u * 1000u),
	};

	(void)nanosleep(&span, NULL);
}

void sleep_randomly(uint64_t *random, uint64_t us)
{
	uint64_t scale = us >> must_random(random) % 6u;

	if (scale > 0)
		sleep_us(must_random(random) % scale);
}

uint64_t kill_patience_ns(void)
{
	const char *seconds = getenv("DSI_KILL_PATIENCE_S");

	return seconds ? strtoull(seconds, NULL, 0) * UINT64_C(1000000000)
		       : KILL_PATIENCE_NS;
}

uint64_t kill_deadline(void)
{
	return dsi_now() + kill_patience_ns();
}

static uint64_t *words_of(const struct dsi_packet *pkt)
{
	uint32_t size;
	void *data;

	MUST_BE(dsi_packet_data(pkt, 0, &data, &size), 0);
	MUST(size == KILL_BYTES);
	return data;
}

void kill_fill(struct dsi_packet *pkt, uint64_t number)
{
	uint64_t *words = words_of(pkt);

	words[0] = number;
	words[KILL_BYTES / 8u - 1u] = ~number;
}

int kill_filled(const struct dsi_packet *pkt, uint64_t number)
{
	const uint64_t *words = words_of(pkt);

	return words[0] == number && words[KILL_BYTES / 8u - 1u] == ~number;
}

static void count_visit(void *user, const char *name,
			const struct dsi_name_info *info)
{
	(void)name;
	(void)info;
	(*(uint32_t *)user)++;
}

void kill_no_names(void)
{
	uint32_t visits = 0;

	MUST_BE(dsi_names(count_visit, &visits, kill_deadline()), 0);
	MUST_BE(visits, 0);
	MUST_BE(count_names(), 0);
}

void await_no_growth(uint32_t fds, uint32_t regions)
{
	uint64_t deadline = kill_deadline();

	while (count_descriptors() > fds || count_regions() > regions) {
		MUST(dsi_now() < deadline);
		sleep_us(100);
	}
}

void await_count(_Atomic uint64_t *count, uint64_t goal)
{
	uint64_t deadline = kill_deadline();

	while (atomic_load(count) < goal) {
		MUST(dsi_now() < deadline);
		sleep_us(20);
	}
}
