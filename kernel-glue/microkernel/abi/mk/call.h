/* SPDX-License-Identifier: MIT */
/*
 * call.h - numbers of the one system call and of the kernel's objects.
 *
 *   rdi  capability << 8 | operation      rsi  label out, bits in
 *   rax  tag in and out                   rdx  timeouts
 *   r8 r9 r10 r12  message registers 0..3 rcx r11  overwritten
 *
 * An object of the kernel is used with MK_CALL, its protocol in the tag, its
 * method in message register 0 and the arguments in those after it.  The
 * protocol of the answer is 0 or a negative MK_E number.
 */
#ifndef MK_CALL_H
#define MK_CALL_H

#define MK_SEND 1u
#define MK_RECV 2u
/* receive from anybody, not from the one that the capability names */
#define MK_OPEN 4u
/* send to the thread whose call was received last */
#define MK_REPLY 8u
/* If the 32-bit word at r9 is the high half of r10, make it the low half and
 * go to sleep, in one step; else do not sleep (MK_IPC_CHANGED).  When the wait
 * ends and the word still is the low half, it becomes the high half again.
 * For waits for messages and for events. */
#define MK_FLAGGED 16u
/* signal rsi to an event; with MK_RECV wait for the event in r8 afterwards */
#define MK_SIGNAL 32u

#define MK_CALL (MK_SEND | MK_RECV)
#define MK_WAIT (MK_RECV | MK_OPEN)
#define MK_REPLY_WAIT (MK_SEND | MK_RECV | MK_OPEN | MK_REPLY)

#define MK_EPERM 1
#define MK_ENOENT 2
#define MK_ENOMEM 12
#define MK_EBUSY 16
#define MK_EEXIST 17
#define MK_EINVAL 22
#define MK_ENOSYS 38

#define MK_PROTO_FAULT (-64)
#define MK_PROTO_EXCEPTION (-65)
#define MK_PROTO_TASK (-66)
#define MK_PROTO_THREAD (-67)
#define MK_PROTO_GATE (-68)
#define MK_PROTO_EVENT (-69)
#define MK_PROTO_FACTORY (-70)
#define MK_PROTO_ICU (-71)
#define MK_PROTO_SCHED (-72)
#define MK_PROTO_LOG (-73)

/* MK_PROTO_FACTORY; kinds of objects have the numbers of their protocols. */
#define MK_FACTORY_CREATE 0 /* kind, slot, a, b */
#define MK_FACTORY_INFO 1   /* -> limit, used (bytes) */
/*   task: -                thread: -
 *   gate: a = label, b = thread capability, or 0 for not bound
 *   event: a = MK_EVENT_*  factory: a = limit in bytes */

/* MK_PROTO_TASK */
#define MK_TASK_MAP 0	/* from the caller: hot spot | MK_ITEM_GRANT, page */
#define MK_TASK_UNMAP 1 /* page with the rights to take, MK_UNMAP_* */
#define MK_TASK_CAP_VALID 2 /* slot -> rights, 0 if empty */
#define MK_TASK_CAP_EQUAL 3 /* slot, slot -> 1 or 0 */
#define MK_TASK_KU_MEMORY 4 /* page: kernel-user memory at that address */
#define MK_UNMAP_OTHERS 0u
#define MK_UNMAP_SELF 1u
#define MK_UNMAP_DELETE 2u /* destroy the objects, whoever else has them */

/* MK_PROTO_THREAD */
#define MK_THREAD_CONTROL 0   /* task, UTCB, pager, exception handler */
#define MK_THREAD_REGISTERS 1 /* ip, sp, MK_REGISTERS_*, first argument */
#define MK_THREAD_SUSPEND 2
#define MK_THREAD_RESUME 3
#define MK_THREAD_INFO 4 /* -> state, cpu, priority, running time (ns) */
#define MK_THREAD_FS 5	 /* thread pointer */
#define MK_REGISTERS_IP 1u
#define MK_REGISTERS_SP 2u
#define MK_REGISTERS_ARGUMENT 4u
#define MK_REGISTERS_CANCEL 8u
#define MK_REGISTERS_START 16u
#define MK_REGISTERS_ALL 31u

/* The state in MK_THREAD_INFO. */
#define MK_STATE_READY 0
#define MK_STATE_SENDING 1
#define MK_STATE_RECEIVING 2
#define MK_STATE_CALLING 3
#define MK_STATE_WAITING_EVENT 4
#define MK_STATE_STOPPED 5

/* MK_PROTO_GATE */
#define MK_GATE_BIND 0 /* thread, label */
#define MK_GATE_INFO 1 /* -> label, 0 never bound, 1 bound, 2 thread gone */

/* MK_PROTO_EVENT */
#define MK_EVENT_BIND 0 /* thread, label */
#define MK_EVENT_UNBIND 1
#define MK_EVENT_UNMASK 2 /* of an interrupt: let the next one come */
#define MK_EVENT_MASK 3
#define MK_EVENT_BITS 0	 /* the bits of several signals are ORed */
#define MK_EVENT_COUNT 1 /* a signal of n (0: 1) wakes n times */

/* MK_PROTO_ICU */
#define MK_ICU_BIND 0	/* line, event, 1 = level triggered */
#define MK_ICU_UNBIND 1 /* line */
#define MK_ICU_INFO 2	/* -> lines */

/* MK_PROTO_SCHED */
#define MK_SCHED_RUN 0	 /* thread, priority, cpu, slice in us (0 = as is) */
#define MK_SCHED_INFO 1	 /* -> CPUs, TSC kHz, ns since boot */
#define MK_SCHED_IDLE 2	 /* cpu -> ns idle */
#define MK_SCHED_LIMIT 3 /* thread, highest priority it may give */

/* MK_PROTO_LOG */
#define MK_LOG_WRITE 0	 /* bytes, then the text, 8 bytes a word */
#define MK_LOG_EXIT 1	 /* leave QEMU with this status */
#define MK_LOG_COUNTER 2 /* number -> value */
#define MK_LOG_WORDS 61u /* of text in one message */

#define MK_COUNTERS(X)                                                      \
	X(FAST_HIT, "calls and replies on the fast path")                   \
	X(FAST_MISS, "calls and replies on the slow path")                  \
	X(SIGNAL_FAST, "signals, with a wait or without, on the fast path") \
	X(SWITCHES, "changes from thread to thread")                        \
	X(IPIS, "interrupts sent to other CPUs")                            \
	X(SHOOTDOWNS, "times that other CPUs forgot translations")          \
	X(LOCK_SPINS, "turns spent waiting for the kernel lock")

#define MK_COUNTER_NUMBER(name, text) MK_COUNTER_##name,
enum { MK_COUNTERS(MK_COUNTER_NUMBER) MK_COUNTERS_END };
#undef MK_COUNTER_NUMBER

#endif
