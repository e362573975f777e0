/* SPDX-License-Identifier: MIT */
/* media_thread.c - see media_thread.h. */
#include "media_thread.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* How far the kernel may round a sleep. */
#define PRECISE_NS 1000ul

/* Where it may run, as it was before.  Of all processors only those are in @may
 * that are online and in the cpuset now: who may run on all of them, may on those
 * that come as well. */
static gboolean may_run_again(const cpu_set_t *may)
{
	glong online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t all;

	if ((online <= 0 || CPU_COUNT(may) < online) &&
	    sched_setaffinity(0, sizeof(*may), may) == 0)
		return TRUE;
	/* Or none of @may is left.  The kernel takes those that there are. */
	memset(&all, 0xff, sizeof(all));
	return sched_setaffinity(0, sizeof(all), &all) == 0;
}

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
	return may_run_again(&may);
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
