/* SPDX-License-Identifier: MIT */
/*
 * kregs.h - the user's registers as the entry code stores them.
 *
 * They lie at the start of a thread's control block, and the CPU itself pushes
 * the last five: the stack pointer for interrupts from user mode points to the
 * end of this structure in the running thread.
 */
#ifndef MK_KREGS_H
#define MK_KREGS_H

#define REGS_BYTES 176
#define REGS_VECTOR 120
#define REGS_CS 144
#define VECTOR_SYSCALL 256
#define SYSCALL_BYTES 2

#define CPU_SELF 0
#define CPU_CURRENT 8
#define CPU_STACK 16
#define CPU_SCRATCH 24

#define SEL_KCODE 0x08
#define SEL_KDATA 0x10
#define SEL_UDATA 0x23
#define SEL_UCODE 0x2b
#define SEL_TSS 0x30

#ifndef __ASSEMBLER__
#include <stdint.h>

struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct regs) == REGS_BYTES, "entry.S");
#endif

#endif
