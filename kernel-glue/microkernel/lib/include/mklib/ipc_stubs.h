/* SPDX-License-Identifier: MIT */
/*
 * ipc_stubs.h - the system call in C.
 *
 * A message is a tag, a label and four words in registers; words from the
 * fifth on are in the UTCB (mk_utcb()->mr[4] and up).
 */
#ifndef MKLIB_IPC_STUBS_H
#define MKLIB_IPC_STUBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mk/call.h>
#include <mk/flexpage.h>
#include <mk/tag.h>
#include <mk/utcb.h>

struct mk_message {
	uint64_t tag;
	uint64_t label; /* out: of the gate; or bits of the event */
	uint64_t word[MK_WORDS_IN_REGISTERS];
};

static inline struct mk_utcb *mk_utcb(void)
{
	struct mk_utcb *u;

	__asm__("mov %%gs:0,%0" : "=r"(u));
	return u;
}

/* One system call.  True unless it failed; then mk_error() has the reason. */
static inline bool mk_ipc(uint64_t cap, unsigned op, uint64_t timeouts,
			  struct mk_message *m)
{
	uint64_t rdi = cap << 8 | op;
	register uint64_t r8 __asm__("r8") = m->word[0];
	register uint64_t r9 __asm__("r9") = m->word[1];
	register uint64_t r10 __asm__("r10") = m->word[2];
	register uint64_t r12 __asm__("r12") = m->word[3];

	__asm__ volatile("syscall"
			 : "+a"(m->tag), "+S"(m->label), "+d"(timeouts),
			   "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12), "+D"(rdi)
			 :
			 : "rcx", "r11", "memory");
	m->word[0] = r8;
	m->word[1] = r9;
	m->word[2] = r10;
	m->word[3] = r12;
	return !(mk_tag_flags(m->tag) & MK_TAG_ERROR);
}

/* Why the last operation failed: MK_IPC_* | phase. */
static inline uint64_t mk_error(void)
{
	return mk_utcb()->error;
}

#define MK_FOREVER mk_timeouts(MK_NEVER, MK_NEVER)

static inline bool mk_send(uint64_t gate, uint64_t timeouts,
			   struct mk_message *m)
{
	return mk_ipc(gate, MK_SEND, timeouts, m);
}

static inline bool mk_call(uint64_t gate, uint64_t timeouts,
			   struct mk_message *m)
{
	return mk_ipc(gate, MK_CALL, timeouts, m);
}

static inline bool mk_wait(uint64_t timeouts, struct mk_message *m)
{
	return mk_ipc(0, MK_WAIT, timeouts, m);
}

static inline bool mk_receive(uint64_t thread, uint64_t timeouts,
			      struct mk_message *m)
{
	return mk_ipc(thread, MK_RECV, timeouts, m);
}

static inline bool mk_reply_wait(uint64_t timeouts, struct mk_message *m)
{
	return mk_ipc(0, MK_REPLY_WAIT, timeouts, m);
}

static inline bool mk_reply(struct mk_message *m)
{
	return mk_ipc(0, MK_SEND | MK_REPLY, 0, m);
}

static inline void mk_sleep_us(uint32_t us)
{
	struct mk_message m = {0};

	(void)mk_ipc(0, MK_RECV, mk_timeouts(0, us), &m);
}

/* Likewise with events only: @bits go, bits come, and no words.  Returns the
 * tag. */
static inline uint64_t mk_ipc_bits(uint64_t cap, unsigned op, uint64_t timeouts,
				   uint64_t own, uint64_t *bits)
{
	uint64_t tag;
	register uint64_t r8 __asm__("r8") = own;

	__asm__ volatile("syscall"
			 : "=a"(tag), "+S"(*bits)
			 : "D"(cap << 8 | op), "d"(timeouts), "r"(r8)
			 : "rcx", "r11", "memory");
	return tag;
}

static inline bool mk_signal(uint64_t event, uint64_t bits)
{
	return !(mk_tag_flags(mk_ipc_bits(event, MK_SIGNAL, 0, 0, &bits)) &
		 MK_TAG_ERROR);
}

/* The bits; 0 if it failed. */
static inline uint64_t mk_event_wait(uint64_t event, uint32_t timeout_us)
{
	uint64_t bits = 0;
	uint64_t tag = mk_ipc_bits(event, MK_RECV, mk_timeouts(0, timeout_us),
				   0, &bits);

	return mk_tag_flags(tag) & MK_TAG_ERROR ? 0 : bits;
}

/* Signal the peer's event and wait for our own, in one entry. */
static inline uint64_t mk_signal_wait(uint64_t peer, uint64_t bits,
				      uint64_t own, uint32_t timeout_us)
{
	uint64_t tag = mk_ipc_bits(peer, MK_SIGNAL | MK_RECV,
				   mk_timeouts(0, timeout_us), own, &bits);

	return mk_tag_flags(tag) & MK_TAG_ERROR ? 0 : bits;
}

/* Wait for @thread (0: for anybody) if *@flag is @awake: the kernel makes it
 * @asleep with the beginning of the wait, and @awake again with its end unless
 * somebody else has changed it.  MK_IPC_CHANGED: it was not @awake.  With both
 * the same it is only compared, and need only be readable. */
static inline bool mk_receive_flagged(uint64_t thread, uint32_t *flag,
				      uint32_t awake, uint32_t asleep,
				      uint64_t timeouts, struct mk_message *m)
{
	unsigned op = MK_RECV | MK_FLAGGED | (thread ? 0 : MK_OPEN);

	m->word[1] = (uint64_t)(uintptr_t)flag;
	m->word[2] = (uint64_t)awake << 32 | asleep;
	return mk_ipc(thread, op, timeouts, m);
}

/* Wait for @event if *@word is @seen: compare and wait, as one step.  The bits;
 * 0 if it failed, e.g. with MK_IPC_CHANGED. */
static inline uint64_t mk_event_wait_if(uint64_t event, const uint32_t *word,
					uint32_t seen, uint32_t timeout_us)
{
	struct mk_message m = {
		.word = {0, (uint64_t)(uintptr_t)word,
			 (uint64_t)seen << 32 | seen},
	};

	return mk_ipc(event, MK_RECV | MK_FLAGGED, mk_timeouts(0, timeout_us),
		      &m)
		       ? m.label
		       : 0;
}

#endif
