/* SPDX-License-Identifier: MIT */
/* media_thread.c - see media_thread.h. */
#include "media_thread.h"

#include <sched.h>
#include <sys/prctl.h>

/* How far the kernel may round a sleep. */
#define PRECISE_NS 1000ul

gboolean media_thread_leave_processor(void)
{
	int here = sched_getcpu();
	cpu_set_t may, others;

	if (here < 0 || here >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof(may), &may) != 0)
		return FALSE;
	others = may;
	CPU_CLR((size_t)here, &others);
	if (CPU_COUNT(&others) == 0 ||
	    sched_setaffinity(0, sizeof(others), &others) != 0)
		return FALSE;
	return sched_setaffinity(0, sizeof(may), &may) == 0;
}

gulong media_thread_precise(void)
{
	int before = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);

	(void)prctl(PR_SET_TIMERSLACK, PRECISE_NS, 0, 0, 0);
	return before > 0 ? (gulong)before : 0; /* 0: as it was at first */
}

void media_thread_imprecise(gulong before)
{
	(void)prctl(PR_SET_TIMERSLACK, before, 0, 0, 0);
}
