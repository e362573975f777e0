/* SPDX-License-Identifier: MIT */
/*
 * notify_event.c - the back-end "event": a waiter sleeps on its thread's event,
 * and who wakes it signals that.
 *
 * Place in the data flow: the end of notification.  RT-safe.
 *
 *   waiter: tell the exchange; fence; if (*word is as expected) sleep
 *   waker:  *word = new; fence; signal
 *
 * No wake-up is lost, because the event keeps what is signalled between the
 * comparison and the sleep.  So the comparison is done here, before sleep() is
 * called, and may be one of many words: the other back-ends end here as well
 * whenever they wait for more than one.
 */
#include "port_notify.h"

static int sleep_on_event(const struct mk_port_known *known,
			  const struct dsi_port_word *word,
			  uint64_t deadline_ns)
{
	(void)known;
	(void)word;
	return mk_port_sleep(deadline_ns);
}

const struct mk_port_notify mk_port_notify_event = {
	.name = "event",
	.sleep = sleep_on_event,
};
