/* SPDX-License-Identifier: MIT */
/* kroot.h - the first task: made by the kernel, everything else by it. */
#ifndef MK_KROOT_H
#define MK_KROOT_H

#include <kbootinfo.h>

void root_start(struct machine *m);

#endif
