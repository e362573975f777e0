/* SPDX-License-Identifier: MIT */
/* unistd.h - the part of it that there is here. */
#ifndef MK_LIBC_UNISTD_H
#define MK_LIBC_UNISTD_H

/* The program ends; lines that have not ended are lost. */
_Noreturn void _exit(int status);

#endif
