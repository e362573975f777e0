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
#define REGS_R15 0
#define REGS_R14 8
#define REGS_R13 16
#define REGS_R12 24
#define REGS_RBP 32
#define REGS_RBX 40
#define REGS_R10 56
#define REGS_R9 64
#define REGS_R8 72
#define REGS_RAX 80
#define REGS_RDX 96
#define REGS_RSI 104
#define REGS_RDI 112
#define REGS_VECTOR 120
#define REGS_RIP 136
#define REGS_RFLAGS 152
#define REGS_RSP 160
#define VECTOR_IRQ 32
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
#include <stddef.h>
#include <stdint.h>

struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct regs) == REGS_BYTES, "entry.S");
_Static_assert(offsetof(struct regs, rbx) == REGS_RBX, "entry.S");
_Static_assert(offsetof(struct regs, r10) == REGS_R10, "entry.S");
_Static_assert(offsetof(struct regs, rax) == REGS_RAX, "entry.S");
_Static_assert(offsetof(struct regs, rdx) == REGS_RDX, "entry.S");
_Static_assert(offsetof(struct regs, vector) == REGS_VECTOR, "entry.S");
_Static_assert(offsetof(struct regs, rip) == REGS_RIP, "entry.S");
_Static_assert(offsetof(struct regs, rsp) == REGS_RSP, "entry.S");
#endif

#endif
