/* SPDX-License-Identifier: MIT */
/*
 * notify_flagged.c - the back-end "flagged": a waiter sleeps in a flagged
 * receive, and who wakes it sends it a message with timeout 0.
 *
 * Place in the data flow: the end of notification.  RT-safe.
 *
 *   waiter: one entry: the kernel compares *word and begins to receive, both
 *           under its lock
 *   waker:  *word = new; send with timeout 0: an entry under the same lock
 *
 * No wake-up is lost.  If the waker's entry comes after the waiter's, the waiter
 * is in its receive and gets the message.  If it comes before, so did the store,
 * which stands before it in the program: the kernel sees the new word and the
 * receive does not begin.  There is no third order, whoever is preempted where.
 *
 * The flag is the waker's word itself, which a waiter may only read, so the
 * kernel compares and stores nothing; that somebody sleeps the waker knows from
 * what is above the port (dsi/notify.h) and from the exchange.
 *
 * What a peer can do: change its word all the time, and the wait ends at once,
 * each time, at the waiter's own cost; send messages, each of which ends one
 * wait.  A waiter that never receives costs the waker one send that fails.
 */
#include "port_notify.h"

static int meet(struct mk_port_known *known)
{
	known->gate = mk_port_message_gate();
	return known->gate < 0 ? known->gate : 0;
}

static int sleep_flagged(const struct mk_port_known *known,
			 const struct dsi_port_word *word, uint64_t deadline_ns)
{
	uint64_t same = (uint64_t)word->expected << 32 | word->expected;
	struct mk_message m = {
		.word = {0, (uint64_t)(uintptr_t)word->word, same},
	};

	(void)known;
	return mk_port_message_sleep(0, MK_RECV | MK_OPEN | MK_FLAGGED, &m, 0,
				     deadline_ns);
}

const struct mk_port_notify mk_port_notify_flagged = {
	.name = "flagged",
	.meet = meet,
	.sleep = sleep_flagged,
};
