/* SPDX-License-Identifier: MIT */
/* crt0.S - where a program begins: the loader has set the stack. */
	.text
	.globl _start
_start:
	xor %ebp, %ebp
	and $-16, %rsp
	call mk_main
1:	ud2
	jmp 1b

	.section .note.GNU-stack, "", @progbits
