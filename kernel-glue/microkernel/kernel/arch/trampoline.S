/* SPDX-License-Identifier: MIT */
/*
 * trampoline.S - where another CPU starts: in real mode, at a page below 1 MiB
 * to which smp.c copies what is between the two labels.  smp_stack, smp_cr3 and
 * smp_cpu are set before.
 */
#define PHYSICAL(symbol) (symbol - 0xffffffff80000000)

	.section .text
	.globl trampoline, trampoline_end
	.code16
trampoline:
	cli
	xor %ax, %ax
	mov %ax, %ds
	lgdtl 0x8000 + trampoline_gdt - trampoline
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $8, $0x8000 + trampoline32 - trampoline
	.code32
trampoline32:
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov $0x9000, %esp
	mov $PHYSICAL(to_long_mode), %eax
	call *%eax
	ljmp $8, $PHYSICAL(other64)
	.align 8
trampoline_gdt32:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
trampoline_gdt:
	.short 23
	.long 0x8000 + trampoline_gdt32 - trampoline
trampoline_end:

	.code64
other64:
	mov $other_high, %rax
	jmp *%rax
other_high:
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov smp_stack, %rsp
	mov smp_cr3, %rax
	mov %rax, %cr3
	mov smp_cpu, %rdi
	call smp_other_main
1:	hlt
	jmp 1b

	.section .note.GNU-stack, "", @progbits
