/* SPDX-License-Identifier: MIT */
/*
 * entry.S - the ways from user mode into the kernel and back.
 *
 * Every way stores all registers at the start of the running thread's control
 * block, moves to the stack of the CPU and calls C.  C never returns to where
 * it was called from in any other sense than this: when it returns, the
 * thread to run is in CPU_CURRENT, and its registers are loaded from there.
 * Nothing of a thread is left on the kernel's stack; each stay begins with an
 * empty one.
 */
#define __ASSEMBLER__ 1
#include <kregs.h>

	.macro push_registers
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	.macro pop_registers
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	.endm

	.text
	.globl syscall_entry
	.align 16
syscall_entry:
	swapgs
	mov %rsp, %gs:CPU_SCRATCH
	mov %gs:CPU_CURRENT, %rsp
	mov %rdi, REGS_RDI(%rsp)
	mov %rsp, %rdi
	mov %gs:CPU_STACK, %rsp
	/* rcx and r11 hold what the instruction put there, and the segments
	 * are what they were: a user has no others to load. */
	mov %rcx, REGS_RIP(%rdi)
	mov %gs:CPU_SCRATCH, %rcx
	mov %rcx, REGS_RSP(%rdi)
	mov %r11, REGS_RFLAGS(%rdi)
	movl $VECTOR_SYSCALL, REGS_VECTOR(%rdi)
	mov %rsi, REGS_RSI(%rdi)
	mov %rdx, REGS_RDX(%rdi)
	mov %rax, REGS_RAX(%rdi)
	mov %r8, REGS_R8(%rdi)
	mov %r9, REGS_R9(%rdi)
	mov %r10, REGS_R10(%rdi)
	mov %rbx, REGS_RBX(%rdi)
	mov %rbp, REGS_RBP(%rdi)
	mov %r12, REGS_R12(%rdi)
	mov %r13, REGS_R13(%rdi)
	mov %r14, REGS_R14(%rdi)
	mov %r15, REGS_R15(%rdi)
	/* Its arguments are the thread, and rsi, rdx and r8 as they are. */
	call syscall_main

	.globl return_to_user
return_to_user:
	mov %gs:CPU_CURRENT, %rsp
	cmpl $VECTOR_SYSCALL, REGS_VECTOR(%rsp)
	jne 1f
	/* rcx and r11 are lost in a system call anyway.  The address in rcx is
	 * canonical: it came from user mode, or was checked when it was set. */
	mov REGS_RIP(%rsp), %rcx
	mov REGS_RFLAGS(%rsp), %r11
	mov REGS_R15(%rsp), %r15
	mov REGS_R14(%rsp), %r14
	mov REGS_R13(%rsp), %r13
	mov REGS_R12(%rsp), %r12
	mov REGS_RBP(%rsp), %rbp
	mov REGS_RBX(%rsp), %rbx
	mov REGS_R10(%rsp), %r10
	mov REGS_R9(%rsp), %r9
	mov REGS_R8(%rsp), %r8
	mov REGS_RAX(%rsp), %rax
	mov REGS_RDX(%rsp), %rdx
	mov REGS_RSI(%rsp), %rsi
	mov REGS_RDI(%rsp), %rdi
	mov REGS_RSP(%rsp), %rsp
	swapgs
	sysretq
1:	pop_registers
	add $16, %rsp
	swapgs
	iretq

	/* Exceptions and interrupts.  The stack is the end of the thread's
	 * registers, or, from kernel mode, the CPU's own. */
	.align 16
trap_common:
	testb $3, 24(%rsp)
	jz 1f
	/* A gate leaves these as the user had them: C wants strings to go up,
	 * and with AC set there would be no SMAP. */
	cld
	clac
	push_registers
	swapgs
	mov %rsp, %rdi
	mov %gs:CPU_STACK, %rsp
	call trap_main
	jmp return_to_user
	/* Interrupts are on only where nothing is worth coming back to. */
1:	mov (%rsp), %rdi
	cmp $VECTOR_IRQ, %rdi
	jb 2f
	mov %gs:CPU_STACK, %rsp
	call trap_in_idle
	jmp return_to_user
2:	lea -REGS_VECTOR(%rsp), %rdi
	call trap_in_kernel

	/* Non-maskable interrupt, double fault, machine check: on a stack of
	 * their own, whatever the others hold. */
	.globl trap_fatal_entry
trap_fatal_entry:
	cld
	mov %rsp, %rdi
	and $-16, %rsp
	call trap_fatal

	/* One stub of 16 bytes for each vector. */
	.globl trap_stubs
	.align 16
trap_stubs:
	vector = 0
	.rept 256
	.align 16
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
		vector == 21 || vector == 29 || vector == 30
	.else
	push $0
	.endif
	push $vector
	jmp trap_common
	vector = vector + 1
	.endr

	.section .note.GNU-stack, "", @progbits
