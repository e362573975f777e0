/* SPDX-License-Identifier: MIT */
/*
 * sync_thread.pml - the wait of the back-end "sync-thread", for Spin.
 *
 * The story.  A message is not kept for who is not there to receive it.  So a
 * waiter that looks, finds nothing, and then receives can miss what is sent in
 * between.  The original DSI solved this with a thread at its peer and one
 * property of the kernel: a call is whole.  With the delivery of its message the
 * caller receives; nobody runs in between.
 *
 *   waiter  one entry into the kernel: send the thread "I wait while *word is as
 *           expected", and begin to receive
 *   thread  *word is another: wake who waits for it; else nothing
 *   waker   *word = new; send to the waiter, which must be there at once
 *
 * If the waker's message comes after the thread took the waiter's, the waiter is
 * in its receive.  If it comes before, the word has changed before, and the
 * thread sees that.
 *
 * In the sources (kernel-glue/microkernel/port/):
 *   consumer()  dsi_packet_get(), dsi/usual_wait.h dsi__usual_sleep(), and
 *               sleep_called() of notify_sync_thread.c with
 *               mk_port_message_sleep() of notify_message.c: SENDS, RECEIVES
 *   producer()  dsi__producer_tell_sole(), dsi_port_wake(),
 *               mk_port_message_send()
 *   thread()    serve(), compare()
 *   monitor()   the end of the connection: dsi__plane_tell(), and the signal of
 *               the event that mk_port_message_gate() has bound to the thread
 * With -DCLASSIC thread() and producer() are those of the original: the waker
 * tells its own thread, which answers the waiter or notes PENDING.
 *
 * One producer, WAITERS consumers with a word each, ITEMS packets to each.  The
 * word is what was committed and what was signalled, in one.  Callers of the
 * thread wait in the order in which they came.  Memory is in order here: entries
 * into the kernel are fences, and notify.pml has the rest.  Not modelled:
 * priorities, and the share of the processor that the thread keeps to.
 *
 * Flags that add behaviour, with which the model must still be right:
 *   -DDEATH   the producer and its thread may die at any step
 *   -DTIRED   a message to the thread may time out although it lives (SEND_NS),
 *             and a receive may end early
 *   -DFLOOD   a hostile task calls the thread for ever, with any word and value
 *   -DDEAF    the thread is hostile and never receives; the producer sends
 *   -DEVIL    waiters say that they wait, and never receive
 *   -DLIVE    all come in the end, if every process is served: needed where
 *             somebody can always go on, since nothing then is an end state
 * Properties: no invalid end state (a lost wake-up, a producer that waits for a
 * consumer), what was committed before a death is taken, and all_come.
 * Mutants, which must fail:
 *   -DNOTWHOLE    sends, and then receives
 *   -DNOCOMPARE   the thread does not look at the word
 *   -DSENDFIRST   the waker sends, then changes the word
 *   -DNOLOOK      no second look, and the value expected is read for the call
 *   -DNOKEEP -DDEATH  the news of a death is a message, and so not kept
 *   -DNOLIMIT -DDEATH the message to the thread has no time limit
 *   -DPATIENT -DEVIL  the waker's message has none
 *   -DUNFAIR -DFLOOD -DLIVE  the thread takes the flood first
 *   -DCLASSIC -DNOPENDING, -DCLASSIC -DNOTWHOLE  likewise for the original
 */
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef WAITERS
#define WAITERS 1
#endif
#define FLOODER WAITERS
#define WAKER (WAITERS + 1)

byte word[WAITERS];   /* committed and signalled */
bool asleep[WAITERS]; /* as the consumer says: its sleep index */
bool gone[WAITERS];   /* private word of the consumer */
bool event[WAITERS];  /* a signal, which is kept */
bool dead = false;    /* the producer's task */
bool done = false;    /* it has ended, in whatever way */
byte finished = 0;

/* What the kernel knows of each waiter. */
#define RUNS 0
#define SENDS 1
#define RECEIVES 2
byte state[WAITERS];
/* Who calls the thread, about whose word, with which value expected. */
chan calls = [WAITERS + 2] of { byte, byte, byte };

#ifdef LIVE
ltl all_come { <> (finished == WAITERS) }
#endif

/* A message with timeout 0: for who is there. */
#define SEND(w)                                          \
	atomic {                                         \
		if                                       \
		:: state[w] == RECEIVES -> state[w] = RUNS \
		:: else                                  \
		fi                                       \
	}

/* ---- the waker ---------------------------------------------------------- */

#ifdef CLASSIC
bool told = false; /* its own thread has answered it */
#endif

inline tell(w)
{
#ifdef CLASSIC
	/* Its own thread must take it; it is honest. */
	calls ! WAKER, w, 0;
	atomic { told -> told = false }
#else
	if
	:: asleep[w] ->
#ifdef PATIENT
		atomic { state[w] == RECEIVES -> state[w] = RUNS }
#else
		SEND(w)
#endif
	:: else
	fi
#endif
}

proctype producer()
{
	byte n = 0, w = 0;
	{
		do
		:: n < ITEMS ->
			n++;
			w = 0;
			do
			:: w < WAITERS ->
#ifdef SENDFIRST
				tell(w);
				word[w] = n;
#else
				word[w] = n;
				tell(w);
#endif
				w++
			:: else -> break
			od
		:: else -> break
		od
	} unless { dead };
	done = true
}

/* ---- its synchronisation thread ----------------------------------------- */

bool pending[WAITERS];
bool waits[WAITERS];

/* The call of @who is taken: if it is a waiter, it receives from now on. */
inline delivered(who)
{
	if
	:: who < WAITERS && state[who] == SENDS ->
#ifdef NOTWHOLE
		state[who] = RUNS
#else
		state[who] = RECEIVES
#endif
	:: else
	fi
}

proctype thread()
{
	byte who, w, expected;
	{
end:
	do
	:: atomic {
#ifdef UNFAIR
		if
		:: calls ?? [FLOODER, _, _] -> calls ?? FLOODER, w, expected;
			who = FLOODER
		:: else -> calls ? who, w, expected
		fi;
#else
		calls ? who, w, expected;
#endif
		delivered(who)
	   };
#ifdef CLASSIC
		if
		:: who == WAKER && waits[w] -> waits[w] = false; SEND(w)
		:: who == WAKER && !waits[w] ->
#ifndef NOPENDING
			pending[w] = true
#endif
		:: who != WAKER && pending[w] -> pending[w] = false; SEND(w)
		:: who != WAKER && !pending[w] -> waits[w] = true
		fi;
		if
		:: who == WAKER -> told = true
		:: else
		fi;
#else
#ifndef NOCOMPARE
		if
		:: word[w] != expected -> SEND(w)
		:: else
		fi;
#endif
#endif
		atomic { who = 0; w = 0; expected = 0 }
	od
	} unless { dead }
}

#ifdef FLOOD
/* One call at a time, as the kernel has it; forged numbers. */
active proctype flooder()
{
	byte w;
end:
	do
	:: !(calls ?? [FLOODER, _, _]) ->
		atomic {
			if
			:: w = 0
			:: w = WAITERS - 1
			fi;
			if
			:: calls ! FLOODER, w, 0
			:: calls ! FLOODER, w, 200
			fi;
			w = 0
		}
	od
}
#endif

/* ---- death ---------------------------------------------------------------- */

#ifdef DEATH
active proctype killer()
{
	if
	:: dead = true
	:: done
	fi
}
#endif

/* The connection ends; the signal is kept until it is taken. */
proctype monitor(byte w)
{
end:
	done;
#ifdef NOKEEP
	gone[w] = true;
	SEND(w)
#else
	atomic { gone[w] = true; event[w] = true }
#endif
}

/* ---- the waiter ----------------------------------------------------------- */

#ifdef EVIL
proctype consumer(byte me)
{
	/* Says that it waits, or not, and goes away saying so. */
	do
	:: asleep[me] = true
	:: asleep[me] = false
	:: break
	od;
	finished++
}
#else

/* Send and receive.  The thread has taken the message, or nobody will. */
inline call(expected)
{
	atomic { calls ! me, me, expected; state[me] = SENDS };
	if
	:: state[me] != SENDS
#ifndef NOLIMIT
#ifdef DEAF
	:: atomic { state[me] == SENDS -> state[me] = RUNS;
		    calls ?? eval(me), _, _; slice = true }
#else
	:: atomic { state[me] == SENDS && dead -> state[me] = RUNS;
		    calls ?? eval(me), _, _; slice = true }
#endif
#ifdef TIRED
	:: atomic { state[me] == SENDS && !tired -> tired = true;
		    state[me] = RUNS; calls ?? eval(me), _, _; slice = true }
#endif
#endif
	fi;
	if
	:: slice ->
		/* Signals alone, for SLICE_NS; and then it looks. */
		slice = false;
		if
		:: atomic { event[me] -> event[me] = false }
		:: skip
		fi
	:: else ->
#ifdef NOTWHOLE
		state[me] = RECEIVES;
#endif
		if
		:: state[me] == RUNS
		:: atomic { event[me] -> event[me] = false; state[me] = RUNS }
#ifdef TIRED
		:: atomic { state[me] == RECEIVES && !early -> early = true;
			    state[me] = RUNS }
#endif
		fi
	fi
}

proctype consumer(byte me)
{
	byte got = 0, seen = 0;
	bool left, slice = false;
	bool tired = false, early = false;
	do
	:: got < ITEMS ->
		/* Gone before the ring. */
		left = gone[me];
		if
		:: word[me] > got -> got++
		:: word[me] == got && left -> break
		:: word[me] == got && !left ->
			/* Snapshot, look again, announce. */
			seen = word[me];
#ifdef NOLOOK
			asleep[me] = true;
			seen = word[me];
			call(seen);
			asleep[me] = false;
#else
			if
			:: word[me] == got && !gone[me] ->
				asleep[me] = true;
				call(seen);
				asleep[me] = false
			:: else
			fi;
#endif
			seen = 0
		fi
	:: else -> break
	od;
	/* Nothing that was committed is left behind. */
	assert(got == word[me]);
	finished++
}
#endif

init {
	byte i = 0;
	atomic {
		do
		:: i < WAITERS ->
			run consumer(i);
#ifdef DEATH
			run monitor(i);
#endif
			i++
		:: else -> break
		od;
		i = 0;
#ifndef DEAF
		run thread();
#endif
		run producer()
	}
}
