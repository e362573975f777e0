/* SPDX-License-Identifier: MIT */
/* kbootinfo.h - what the loader told about the machine. */
#ifndef MK_KBOOTINFO_H
#define MK_KBOOTINFO_H

#include <kbase.h>
#include <mk/bootinfo.h>

#define MACHINE_RANGES 32u

struct range {
	uint64_t first, end;
};

struct machine {
	uint64_t rsdp; /* 0: unknown */
	uint64_t archive, archive_bytes;
	uint32_t ranges; /* of memory that can be used */
	struct range range[MACHINE_RANGES];
	char command[MK_BOOT_COMMAND];
};

/* PVH or Multiboot2, told apart by what lies at @info. */
void machine_read(struct machine *m, uint64_t info, uint32_t magic);
uint64_t machine_kernel_end(void);
bool machine_is_memory(const struct machine *m, uint64_t first, uint64_t bytes);
/* Take [first, end) out of what can be used. */
void machine_reserve(struct machine *m, uint64_t first, uint64_t end);
/* The number (or letter) after @name on the command line. */
uint64_t machine_option(const struct machine *m, const char *name,
			uint64_t otherwise);

#endif
