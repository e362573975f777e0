/* SPDX-License-Identifier: MIT */
/*
 * port_begin.c - the session of this task with the exchange, who we are, and
 * the short lock for tables.  See mk_port.h.
 */
#include "mk_port.h"
#include "port_state.h"

#include <mklib/monitor.h>
#include <mklib/object_stubs.h>
#include <mklib/start.h>

/* Programs have no users above them: all are one user's, and each is a group
 * of its own. */
#define UID 1u

#define SPINS 64u

static uint64_t exchange;
static uint64_t own_client, own_program;

int mk_port_session_open(uint64_t slot, uint64_t *out_session)
{
	return mk_monitor_open(MK_CAP_MONITOR, MK_FOREVER, MK_EXCHANGE_SERVICE,
			       out_session, slot);
}

int mk_port_begin(uint64_t gate, uint64_t thread)
{
	int error = mk_exchange_hello(gate, MK_FOREVER,
				      mk_cap_page(thread, MK_CAP_CONTROL),
				      &own_client, &own_program);

	if (error)
		return error;
	error = mk_exchange_mail_memory(
		gate, MK_FOREVER,
		mk_flexpage(MK_MEMORY, MK_PORT_MAILBOXES,
			    MK_EXCHANGE_MAILBOX_ORDER, MK_R | MK_W));
	if (error)
		return mk_port_error(error);
	exchange = gate;
	return 0;
}

uint64_t mk_port_exchange(void)
{
	return exchange;
}

/* Numbers of errors are those of dsi/errno.h, but what did not arrive for lack
 * of our own kernel memory. */
int mk_port_error(int error)
{
	return error == -MK_ENXIO ? -DSI_ENOMEM : error;
}

void mk_port_who(struct dsi_peer *out, uint64_t client, uint64_t program)
{
	*out = (struct dsi_peer){
		.pid = (uint32_t)client, .uid = UID, .gid = (uint32_t)program};
}

void dsi_port_self(struct dsi_peer *out_self)
{
	mk_port_who(out_self, own_client, own_program);
}

/* ---- the lock ------------------------------------------------------------ */

/* Who holds it may be a thread of lower priority on this CPU: it must get to
 * run. */
void mk_port_guard_take(struct mk_port_guard *guard)
{
	for (uint32_t spins = 0;; spins++) {
		if (!atomic_exchange_explicit(&guard->taken, 1,
					      memory_order_acquire))
			return;
		if (spins >= SPINS)
			mk_sleep_us(1);
		else
			dsi_port_relax();
	}
}

void mk_port_guard_give(struct mk_port_guard *guard)
{
	atomic_store_explicit(&guard->taken, 0, memory_order_release);
}
