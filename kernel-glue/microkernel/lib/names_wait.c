/* SPDX-License-Identifier: MIT */
/*
 * names_wait.c - wait for a name.  The server owes no answer meanwhile: it
 * keeps an event of ours and signals it, which cannot block; we wait for the
 * event and ask again.  When we delete the event, the server's capability to it
 * is gone as well, whatever became of our wait.
 */
#include <mklib/clock.h>
#include <mklib/names.h>
#include <mklib/object_stubs.h>

/* Ask for the signal and wait for it. */
static int sleep_until_there(uint64_t server, const char *name, uint64_t event,
			     uint64_t timeouts)
{
	struct mk_message m = {0};
	int error = mk_names_watch(server, MK_FOREVER, name,
				   mk_cap_page(event, MK_CAP_SEND));

	if (error)
		return error == -MK_EEXIST ? 0 : error;
	return mk_ipc(event, MK_RECV, timeouts, &m)
		       ? 0
		       : mk_stream_error(mk_error());
}

int mk_names_wait(uint64_t server, const char *name, uint32_t timeout_us,
		  uint64_t event_slot, uint64_t slot)
{
	uint64_t until = mk_clock_ns() + timeout_us * 1000ul;
	uint32_t word = timeout_us == MK_NEVER ? MK_NEVER : MK_ABSOLUTE;
	int error = mk_names_query(server, MK_FOREVER, name, slot);

	if (error != -MK_ENOENT)
		return error;
	error = mk_create_event(MK_CAP_FACTORY, event_slot, MK_EVENT_BITS);
	if (error)
		return error;
	do {
		mk_utcb()->until_ns[MK_IPC_RECEIVE] = until;
		error = sleep_until_there(server, name, event_slot,
					  mk_timeouts(0, word));
		if (!error)
			error = mk_names_query(server, MK_FOREVER, name, slot);
	} while (error == -MK_ENOENT);
	(void)mk_delete(MK_CAP_TASK, event_slot);
	return error;
}
