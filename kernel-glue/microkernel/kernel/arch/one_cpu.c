/* SPDX-License-Identifier: MIT */
/* one_cpu.c - in place of smp.c in the kernel for one CPU. */
#include <karch.h>

/* Others that the machine may have stay as the firmware left them: they wait
 * for a start that does not come. */
void smp_start(void)
{
}
