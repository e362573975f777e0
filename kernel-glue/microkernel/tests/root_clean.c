/* SPDX-License-Identifier: MIT */
/*
 * root_clean.c - a program for the tests of the root task: is the memory that
 * it gets clean, on a machine whose memory was not (run-qemu.sh -l)?
 */
#include <mk/flexpage.h>
#include <mklib/print.h>
#include <mklib/start.h>

#define HEAP_BYTES (2 * MK_SUPERPAGE_BYTES)
#define STACK_BYTES 0x8000ul

static uint64_t zeroed[1ul << 16];

static void look(const char *what, const volatile uint64_t *word,
		 uint64_t bytes)
{
	uint64_t dirty = 0;

	for (uint64_t i = 0; i < bytes / sizeof(*word); i++)
		dirty += word[i] != 0;
	mk_print("cleared: %s: %lu words of %lu bytes are not zero\n", what,
		 dirty, bytes);
}

/* What was written stays, though all of it was touched twice. */
static void write_and_look(volatile uint64_t *word, uint64_t bytes)
{
	uint64_t lost = 0;

	for (uint64_t i = 0; i < bytes / sizeof(*word); i++)
		word[i] = i + 1;
	for (uint64_t i = 0; i < bytes / sizeof(*word); i++)
		lost += word[i] != i + 1;
	mk_print("cleared: %lu words were lost\n", lost);
}

void mk_main(void)
{
	uint64_t pool_bytes = mk_boot_info()->pool_pages * MK_PAGE_BYTES;

	look("data", zeroed, sizeof(zeroed));
	look("stack", (uint64_t *)(MK_ROOT_STACK - 2 * STACK_BYTES),
	     STACK_BYTES);
	look("pool", (uint64_t *)MK_POOL, pool_bytes);
	look("heap", (uint64_t *)MK_HEAP, HEAP_BYTES);
	write_and_look((uint64_t *)MK_POOL, pool_bytes);
	mk_end(MK_STATUS_GOOD);
}
