/* SPDX-License-Identifier: MIT */
/*
 * names.h - the name server; the calls are in interfaces/names.idl:
 *
 *   mk_names_add(MK_CAP_NAMES, MK_FOREVER, "/cam/left",
 *                mk_cap_page(gate, MK_CAP_SEND | MK_CAP_PASS));
 *   mk_names_query(MK_CAP_NAMES, MK_FOREVER, "/cam/left", slot);
 */
#ifndef MKLIB_NAMES_H
#define MKLIB_NAMES_H

#include <mklib/names_calls.h>

/* Query, and if the name is not there wait for it, at most @timeout_us
 * (MK_NEVER: for ever).  Both slots are empty; @event_slot is so afterwards,
 * and @slot has the gate if the result is 0. */
int mk_names_wait(uint64_t server, const char *name, uint32_t timeout_us,
		  uint64_t event_slot, uint64_t slot);

#endif
