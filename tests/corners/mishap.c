/* SPDX-License-Identifier: MIT */
/* mishap.c - memory that is not to be had, and what happens meanwhile; see
 * mishap.h. */
#define _GNU_SOURCE
#include "tests/corners/mishap.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/must.h"

/* In front of what was allocated, on a page of its own. */
struct piece {
	size_t bytes;
};

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t in_pages(size_t bytes)
{
	return (bytes + page_bytes() - 1) & ~(page_bytes() - 1);
}

void *mishap_pages(size_t bytes)
{
	void *memory = mmap(NULL, in_pages(bytes), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(memory != MAP_FAILED);
	return memory;
}

/* ---- memory -------------------------------------------------------------- */

static _Atomic uint32_t countdown;

void mishap_no_memory(uint32_t nth)
{
	atomic_store(&countdown, nth);
}

void *__wrap_dsi_port_alloc(size_t bytes);
void *__wrap_dsi_port_alloc(size_t bytes)
{
	struct piece *piece;
	uint32_t left = atomic_load(&countdown);

	if (left && atomic_fetch_sub(&countdown, 1) == 1)
		return NULL;
	bytes = in_pages(bytes + !bytes) + page_bytes();
	piece = mishap_pages(bytes);
	piece->bytes = bytes;
	return (char *)piece + page_bytes();
}

void __wrap_dsi_port_free(void *memory);
void __wrap_dsi_port_free(void *memory)
{
	struct piece *piece;

	if (!memory)
		return;
	piece = (struct piece *)(void *)((char *)memory - page_bytes());
	MUST_BE(munmap(piece, piece->bytes), 0);
}

/* ---- in between ---------------------------------------------------------- */

static char *page;
static void (*to_happen)(void *user);
static void *of_user;
static _Atomic uint32_t happened;

static void touched(int number, siginfo_t *info, void *context)
{
	const char *at = info->si_addr;
	char *given_back = page;

	(void)context;
	if (!given_back || at < given_back || at >= given_back + page_bytes()) {
		/* Not ours: die of it. */
		(void)signal(number, SIG_DFL);
		return;
	}
	page = NULL;
	MUST_BE(mprotect(given_back, page_bytes(), PROT_READ | PROT_WRITE), 0);
	atomic_fetch_add(&happened, 1);
	to_happen(of_user);
}

void mishap_at(void *memory, void (*happen)(void *user), void *user)
{
	struct sigaction action = {.sa_sigaction = touched,
				   .sa_flags = SA_SIGINFO | SA_NODEFER};

	MUST_BE(sigaction(SIGSEGV, &action, NULL), 0);
	page = (char *)((uintptr_t)memory & ~(uintptr_t)(page_bytes() - 1));
	to_happen = happen;
	of_user = user;
	MUST_BE(mprotect(page, page_bytes(), PROT_NONE), 0);
}

uint32_t mishaps(void)
{
	return atomic_load(&happened);
}
