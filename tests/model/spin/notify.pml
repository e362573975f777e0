/* SPDX-License-Identifier: MIT */
/*
 * notify.pml - the wake-up protocol of dsi/notify.h, for Spin.
 *
 * The explorer (tests/model/explorer) runs the C code itself, but only for a
 * few packets.  This model has the protocol alone, and so more of everything:
 * several consumers, an early return and a deadline at any time, the death of
 * the producer at any step.
 *
 * Memory: each process has a store buffer, a FIFO of (word, value) that
 * drains by itself at any time (the memory of x86, TSO; weaker machines are
 * the explorer's matter).  A fence waits until its own buffer is empty.
 *
 * One producer sends ITEMS packets to CONSUMERS consumers.  Words of each
 * consumer: commit (how many packets its ring holds), signal, and its sleep
 * index: 0 = awake, else 1 + the signal it has seen, in the lower bits, and
 * a count of sleeps above, so that no two sleeps look alike.
 *
 * A lost wake-up is a consumer that sleeps for ever: an invalid end state.
 * The assertions say that nothing is lost when the producer dies, and that
 * one sleep costs one wake at most.
 *
 * Flags that add behaviour, with which the model must still be right:
 *   -DDEADLINE     a sleep may time out, any number of times (safety only)
 *   -DDEATH        the producer may be killed at any step
 *   -DNOFC         no fence in the consumer: the port's wait is one (port.h)
 *   -DUSUAL        the look comes before the announcement (usual_wait.h), and no
 *                  fence but the port's
 * Mutants, which must fail:
 *   -DNOFP         no fence in the producer
 *   -DNOFC -DNOKF  no fence in the consumer, nor in the port's wait
 *   -DBELL -DNOFC  waits for a bell: there the port does not stand in
 *   -DSNAPLATE     snapshot of the signal after the second look
 *   -DNOLOOK       no second look
 *   -DUSUAL -DNOLOOK    the snapshot is taken after the look
 *   -DUSUAL -DNOKF      no fence in the port's wait
 *   -DSIGFIRST     signal before commit
 *   -DWAKEFIRST    wake before commit
 *   -DTICKET       a wake is used up by a signal the sleeper had seen
 *   -DNOCOMPARE    the port does not compare
 *   -DNOWAKE       no wake at all
 *   -DDEATH -DEARLY    "gone" is obeyed before the ring is empty
 *   -DDEATH -DGONELATE "gone" is read after the ring
 *   -DDEATH -DNOPRIV   the sleeper does not wait on its private word
 */
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef CONSUMERS
#define CONSUMERS 2
#endif
#define BUFFER 2
#define COUNT 16 /* one sleep, above the signal seen */

byte commit[CONSUMERS];
byte signal[CONSUMERS];
byte sleeping[CONSUMERS]; /* the sleep index */
bool gone[CONSUMERS];	  /* the private word */
bool dead = false;	  /* as the system knows it */
bool done = false;	  /* the producer has ended */

/* The port: who is in the queue of the word, who was rung. */
bool queued[CONSUMERS];
bool rung[CONSUMERS];
byte wakes = 0;

#define COMMIT 0
#define SIGNAL 1
chan buffer_p = [BUFFER * CONSUMERS] of { byte, byte, byte };
chan buffer_c[CONSUMERS] = [BUFFER] of { byte };

#define FENCE_P empty(buffer_p)
#define FENCE_C empty(buffer_c[me])

/* Buffers drain by themselves, also those of the dead. */
active proctype drain_p()
{
	byte word, who, value;
end:
	do
	:: atomic {
		buffer_p ? word, who, value ->
		if
		:: word == COMMIT -> commit[who] = value
		:: else -> signal[who] = value
		fi;
		word = 0; who = 0; value = 0
	}
	od
}

proctype drain_c(byte me)
{
	byte value;
end:
	do
	:: atomic { buffer_c[me] ? value -> sleeping[me] = value; value = 0 }
	od
}

#ifdef BELL
#define WAKE(who) atomic { rung[who] = true; wakes++ }
#else
#define WAKE(who) atomic { queued[who] = false; wakes++ }
#endif

/* N3: wake if it sleeps, has not seen signal n, and was not woken for this
 * sleep. */
inline wake(who)
{
	seen = sleeping[who];
	if
#ifdef NOWAKE
	:: false
#else
#ifdef TICKET
	:: seen != 0 && seen != woken[who] ->
		woken[who] = seen;
		if
		:: n > seen % COUNT - 1 -> WAKE(who)
		:: else
		fi
#else
	:: seen != 0 && seen != woken[who] && n > seen % COUNT - 1 ->
		woken[who] = seen;
		WAKE(who)
#endif
#endif
	:: else
	fi;
	seen = 0
}

inline to_all(word)
{
	i = 0;
	do
	:: i < CONSUMERS -> buffer_p ! word, i, n; i++
	:: else -> break
	od;
	i = 0
}

inline wake_all()
{
	i = 0;
	do
	:: i < CONSUMERS -> wake(i); i++
	:: else -> break
	od;
	i = 0
}

proctype producer()
{
	byte n = 0, i = 0, seen = 0;
	byte woken[CONSUMERS];
	{
		do
		:: n < ITEMS ->
			n++;
#ifdef WAKEFIRST
			wake_all();
#endif
#ifdef SIGFIRST
			to_all(SIGNAL);
			to_all(COMMIT);
#else
			to_all(COMMIT);
			to_all(SIGNAL);
#endif
#ifndef NOFP
			FENCE_P;
#endif
#ifndef WAKEFIRST
			wake_all();
#endif
		:: else -> break
		od
	} unless { dead };
	done = true
}

#ifdef DEATH
active proctype killer()
{
	if
	:: dead = true
	:: done
	fi
}

/* The system says so when the process and its stores are through; a process
 * that has ended counts as well. */
proctype monitor(byte who)
{
end:
	(done && empty(buffer_p));
	atomic { gone[who] = true; queued[who] = false; rung[who] = true }
}
#endif

#ifdef NOPRIV
#define IS_GONE false
#else
#define IS_GONE gone[me]
#endif

proctype consumer(byte me)
{
	byte got = 0, snap = 0, now = 0, sleeps = 0;
	bool early = false, left = false;
	do
	:: got < ITEMS ->
		/* One look: gone before the ring. */
#ifndef GONELATE
		left = gone[me];
#endif
#ifdef EARLY
		if
		:: left -> break
		:: else
		fi;
#endif
		now = commit[me];
#ifdef GONELATE
		left = gone[me];
#endif
		if
		:: now > got -> got++
		:: now == got && left -> break
		:: else ->
			/* Announce. */
			snap = signal[me];
			sleeps++;
#ifndef USUAL
			buffer_c[me] ! (sleeps * COUNT + snap + 1);
#ifndef NOFC
			FENCE_C;
#endif
#endif
			/* Look again. */
#ifndef NOLOOK
			now = commit[me];
#endif
			if
			:: now > got || gone[me] -> skip
			:: else ->
#ifdef SNAPLATE
				snap = signal[me];
#endif
#ifdef USUAL
				buffer_c[me] ! (sleeps * COUNT + snap + 1);
#endif
				/* The port. */
#ifdef BELL
				rung[me];
				rung[me] = false;
#else
#ifndef NOKF
				FENCE_C;
#endif
#ifdef NOCOMPARE
				queued[me] = true;
#else
				atomic {
					if
					:: signal[me] == snap && !IS_GONE ->
						queued[me] = true
					:: else
					fi
				};
#endif
				if
				:: !queued[me]
				:: atomic { !early -> early = true;
					    queued[me] = false }
#ifdef DEADLINE
				:: atomic { sleeps < 6 -> queued[me] = false }
#endif
				fi
#endif
			fi;
			buffer_c[me] ! 0; /* withdraw */
			snap = 0
		fi;
		now = 0
	:: else -> break
	od;
	/* Nothing that was committed is left behind. */
	assert(got == commit[me])
}

init {
	byte i = 0;
	atomic {
		do
		:: i < CONSUMERS ->
			run drain_c(i);
			run consumer(i);
#ifdef DEATH
			run monitor(i);
#endif
			i++
		:: else -> break
		od;
		i = 0;
		run producer()
	};
	(done);
	/* One wake for each packet and consumer at most. */
	assert(wakes <= ITEMS * CONSUMERS)
}
