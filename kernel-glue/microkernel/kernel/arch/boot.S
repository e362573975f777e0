/* SPDX-License-Identifier: MIT */
/*
 * boot.S - from the loader's 32-bit world to C in 64 bits.
 *
 * Two ways in: PVH (QEMU's -kernel finds the entry in an ELF note; ebx points
 * to the start information) and Multiboot2 (GRUB; eax has a magic number).
 * The address and the magic number go to kernel_main(), which tells them apart.
 *
 * The tables made here map the first GiB twice: at 0, where we are, and at
 * -2 GiB, where the kernel is linked.  paging_init() makes better ones; these
 * stay for the other CPUs, which use them on their way (trampoline.S).
 */
#define __ASSEMBLER__ 1
#include <kregs.h>

#define PHYSICAL(symbol) (symbol - 0xffffffff80000000)

	.section .note.pvh, "a", @note
	.align 4
	.long 4, 8, 18
	.asciz "Xen"
	.quad PHYSICAL(start32)

	.section .multiboot2, "a"
	.align 8
multiboot2:
	.long 0xe85250d6, 0, multiboot2_end - multiboot2
	.long 0x100000000 - (0xe85250d6 + multiboot2_end - multiboot2)
	.short 3, 0		/* entry address, physical */
	.long 12, PHYSICAL(start32), 0
	.short 0, 0
	.long 8
multiboot2_end:

	.section .bss
	.align 4096
	.globl boot_pml4
boot_pml4:
	.skip 4096
boot_low:
	.skip 4096
boot_high:
	.skip 4096
boot_pages:
	.skip 4096
	.align 16
	.skip 4096
boot_stack:

	.section .text
	.code32
	.globl start32
start32:
	cli
	cld
	mov $PHYSICAL(boot_stack), %esp
	mov %eax, %ebp		/* keep eax and ebx for C */

	movl $PHYSICAL(boot_low) + 3, PHYSICAL(boot_pml4)
	movl $PHYSICAL(boot_high) + 3, PHYSICAL(boot_pml4) + 511 * 8
	movl $PHYSICAL(boot_pages) + 3, PHYSICAL(boot_low)
	movl $PHYSICAL(boot_pages) + 3, PHYSICAL(boot_high) + 510 * 8
	mov $PHYSICAL(boot_pages), %edi
	mov $0x83, %eax		/* present, writable, 2 MiB */
	mov $512, %ecx
1:	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 1b

	call to_long_mode
	ljmp $8, $PHYSICAL(start64)

	/* Paging on, in the mode that uses the 64-bit tables. */
	.globl to_long_mode
to_long_mode:
	mov %cr4, %eax
	or $0x6a0, %eax		/* PAE, PGE, OSFXSR, OSXMMEXCPT */
	mov %eax, %cr4
	mov $PHYSICAL(boot_pml4), %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx	/* EFER: SCE, LME, NXE */
	rdmsr
	or $0x901, %eax
	wrmsr
	mov %cr0, %eax
	and $~0x60000004, %eax	/* caches on, no FPU emulation */
	or $0x80010022, %eax	/* PG, WP, NE, MP */
	mov %eax, %cr0
	lgdt PHYSICAL(boot_gdt_pointer)
	ret

	.code64
start64:
	mov $boot_stack, %rsp
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	mov %ebx, %edi
	mov %ebp, %esi
	mov $kernel_main, %rax
	call *%rax
1:	hlt
	jmp 1b

	.section .rodata
	.align 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
boot_gdt_pointer:
	.short 23
	.long PHYSICAL(boot_gdt)

	.section .note.GNU-stack, "", @progbits
