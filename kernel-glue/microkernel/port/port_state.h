/* SPDX-License-Identifier: MIT */
/*
 * port_state.h - what the files that talk to the exchange share, beside
 * mk_port.h.
 */
#ifndef MK_PORT_STATE_H
#define MK_PORT_STATE_H

#include "mk_port.h"

#define MK_PORT_EXCHANGE mk_port_exchange(), MK_FOREVER

/* An error of a stub as one of dsi/port.h. */
int mk_port_error(int error);
void mk_port_who(struct dsi_peer *out, uint64_t client, uint64_t program);

/* A mailbox of the memory that we share with the exchange, ours until it is
 * given back. */
uint32_t mk_port_mailbox_take(void);
void mk_port_mailbox_give(uint32_t mailbox);
void *mk_port_mailbox(uint32_t mailbox);

#endif
