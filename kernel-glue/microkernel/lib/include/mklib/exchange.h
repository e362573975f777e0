/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - the exchange: what its interface (interfaces/exchange.idl) has
 * of numbers.  Used by the server and by the port.
 */
#ifndef MKLIB_EXCHANGE_H
#define MKLIB_EXCHANGE_H

#include <mklib/exchange_calls.h>

/* What the exchange offers itself as, to the reference monitor. */
#define MK_EXCHANGE_SERVICE "dsi.exchange"

#define MK_EXCHANGE_MAILBOXES 16u
#define MK_EXCHANGE_MAILBOX_BYTES 1024u
#define MK_EXCHANGE_MAILBOX_ORDER 14u /* all of them */

#define MK_EXCHANGE_NAME_BYTES 64u
#define MK_EXCHANGE_MSG_BYTES 1024u
#define MK_EXCHANGE_MSG_HANDLES 8u

/* Flags of region_create(). */
#define MK_EXCHANGE_SHARE_WRITE 1u /* others may map it to write */
#define MK_EXCHANGE_UNSEALED 2u	   /* its maker can withdraw it */
#define MK_EXCHANGE_UNSEALABLE 4u  /* and that for ever */

/* Access of region_open(). */
#define MK_EXCHANGE_MAP_WRITE 1u
#define MK_EXCHANGE_MAP_UNSEALED 2u /* even if its maker can withdraw it */
#define MK_EXCHANGE_MAP_MAKER 4u    /* whatever is shared; for its maker */

/* Kinds of handles. */
#define MK_EXCHANGE_REGION 1u
#define MK_EXCHANGE_BELL 2u
#define MK_EXCHANGE_CONN 3u
#define MK_EXCHANGE_LISTENER 4u
#define MK_EXCHANGE_LOAN 5u

/* What a client may have at once. */
#define MK_EXCHANGE_CLIENTS 32u
#define MK_EXCHANGE_HANDLES 512u
#define MK_EXCHANGE_MAPPINGS 512u
/* Events and gates of threads, and the gate of the synchronisation thread. */
#define MK_EXCHANGE_EVENTS 49u
#define MK_EXCHANGE_WATCHES 512u
#define MK_EXCHANGE_WORDS 512u
#define MK_EXCHANGE_WORD_WAITERS 4u /* for one word */

#endif
