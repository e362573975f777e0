/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - the reference monitor; the calls are in interfaces/monitor.idl:
 *
 *   service:  mk_monitor_offer(MK_CAP_MONITOR, MK_FOREVER, "stream",
 *                              mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL));
 *   client:   mk_monitor_open(MK_CAP_MONITOR, MK_FOREVER, "stream",
 *                             &session, slot);
 *
 * The gate that the client gets was made by the monitor, and nobody else can
 * change its label, the session.  Labels of gates that a service makes itself
 * should be below 1 << 48, so that they are nobody's session.
 */
#ifndef MKLIB_MONITOR_H
#define MKLIB_MONITOR_H

#include <mklib/monitor_calls.h>

/* What an audit record is about. */
#define MK_AUDIT_OFFER 1u
#define MK_AUDIT_WITHDRAW 2u
#define MK_AUDIT_OPEN 3u
#define MK_AUDIT_CLOSE 4u
#define MK_AUDIT_REVOKE 5u
#define MK_AUDIT_READ 6u

/* The program (its place in run=, from 1) that has the session. */
static inline unsigned mk_session_program(uint64_t session)
{
	return (unsigned)(session >> 48);
}

#endif
