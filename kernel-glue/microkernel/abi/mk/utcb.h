/* SPDX-License-Identifier: MIT */
/*
 * utcb.h - the user-level thread control block: what thread and kernel tell
 * each other beyond the registers.
 *
 * It lies in memory that the kernel keeps mapped (kernel-user memory), so the
 * kernel reads it without a page fault.  A thread finds its own at %gs:0.
 * Everything in it can change under the kernel's eyes: the kernel reads each
 * word once and checks what it read.
 */
#ifndef MK_UTCB_H
#define MK_UTCB_H

#include <stdint.h>

#define MK_UTCB_BYTES 1024ul
#define MK_WINDOWS 57u

struct mk_utcb {
	/* Thread control registers. */
	uint64_t self;	  /* address of this block */
	uint64_t error;	  /* of the last failed operation: MK_IPC_* and phase */
	uint64_t user[3]; /* the user's own */
	/* Absolute timeouts in ns since boot, where the timeout word says so. */
	uint64_t until_ns[2];
	/* Buffer registers: windows (flexpages) in which items may land. */
	uint64_t windows;
	uint64_t window[MK_WINDOWS];
	/* Message registers.  The first four travel in CPU registers. */
	uint64_t mr[63];
};

_Static_assert(sizeof(struct mk_utcb) == MK_UTCB_BYTES, "UTCB layout");

/* Errors of an operation: code * 2 + phase. */
#define MK_IPC_SEND 0u
#define MK_IPC_RECEIVE 1u
#define MK_IPC_TIMEOUT 2u    /* nobody came in time; at once for timeout 0 */
#define MK_IPC_NO_PARTNER 4u /* no such capability, or its thread is gone */
#define MK_IPC_CANCELLED 6u  /* somebody called thread_registers(CANCEL) */
#define MK_IPC_ABORTED 8u    /* the server took another call without a reply */
#define MK_IPC_TOO_LONG 10u  /* more words and items than registers */
#define MK_IPC_DENIED 12u    /* the capability lacks the right */
#define MK_IPC_BAD 14u	     /* no such operation on this kind of object */
#define MK_IPC_NO_MEMORY 16u /* the word is not mapped writable, or readable */
#define MK_IPC_CHANGED 18u   /* the flag is not what was expected */

/* Timeouts: microseconds for send in the low, for receive in the high half. */
#define MK_POLL 0u
#define MK_NEVER 0xffffffffu
/* The time is in until_ns[0] (send) or [1] (receive). */
#define MK_ABSOLUTE 0x80000000u

static inline uint64_t mk_timeouts(uint32_t send_us, uint32_t receive_us)
{
	return (uint64_t)receive_us << 32 | send_us;
}

#endif
