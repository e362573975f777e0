/* SPDX-License-Identifier: MIT */
/*
 * self_check.c - before anything runs that is not ours: is everything as
 * protected as the rest of the kernel believes?
 *
 * The tables are read as the CPU reads them, from CR3 down, without asking who
 * made them.  All tasks share the kernel's half, so what holds here holds in
 * all of them:
 *
 *   no page can be written and executed
 *   only the program's text can be executed
 *   the memory that holds the text can be written through no mapping
 *   no user reaches any of it
 */
#include <karch.h>
#include <paging.h>

#define TABLE_ENTRIES 512u
#define CR0_WP (1ul << 16)
#define CR4_FSGSBASE (1ul << 16)
#define CR4_SMEP (1ul << 20)
#define CR4_SMAP (1ul << 21)
#define MSR_EFER 0xc0000080u
#define EFER_NXE (1ul << 11)

extern char kernel_start[], kernel_rodata[];

/* What all levels above allow. */
struct rights {
	bool write, execute, user;
};

static void check_leaf(uint64_t first, uint64_t bytes, struct rights r)
{
	uint64_t text = (uint64_t)kernel_start - IMAGE_BASE;
	uint64_t text_end = (uint64_t)kernel_rodata - IMAGE_BASE;

	if (r.user)
		panic("a user can reach the kernel's memory", first);
	if (r.write && r.execute)
		panic("memory is writable and executable", first);
	if (r.execute && (first < text || first + bytes > text_end))
		panic("memory is executable and no text", first);
	if (r.write && first < text_end && first + bytes > text)
		panic("the kernel's text is writable", first);
}

/* Four levels deep at most. */
static void check_table(uint64_t table, unsigned level, struct rights above)
{
	const uint64_t *t = direct(table);

	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		struct rights r = {
			above.write && (t[i] & PTE_WRITE),
			above.execute && !(t[i] & PTE_NX),
			above.user && (t[i] & PTE_USER),
		};

		if (!(t[i] & PTE_PRESENT))
			continue;
		if (level == 1 || (t[i] & PTE_LARGE))
			check_leaf(t[i] & PTE_FRAME,
				   1ul << (12 + 9 * (level - 1)), r);
		else
			check_table(t[i] & PTE_FRAME, level - 1, r);
	}
}

void self_check_tables(void)
{
	const struct rights all = {true, true, true};
	uint64_t cr3;

	__asm__ volatile("mov %%cr3,%0" : "=r"(cr3));
	check_table(cr3 & PTE_FRAME, 4, all);
}

void self_check_cpu(void)
{
	uint64_t cr0, cr4;

	__asm__ volatile("mov %%cr0,%0\n\t"
			 "mov %%cr4,%1"
			 : "=r"(cr0), "=r"(cr4));
	if (!(cr0 & CR0_WP))
		panic("the kernel can write what is read-only", cr0);
	if ((cr4 & (CR4_SMEP | CR4_SMAP)) != (CR4_SMEP | CR4_SMAP))
		panic("SMEP or SMAP is off", cr4);
	/* entry.S relies on the user not setting his own GS base. */
	if (cr4 & CR4_FSGSBASE)
		panic("users can set segment bases", cr4);
	if (!(read_msr(MSR_EFER) & EFER_NXE))
		panic("data can be executed", 0);
	if (read_flags() & RFLAGS_AC)
		panic("the kernel runs with SMAP lifted", 0);
}
