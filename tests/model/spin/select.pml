/* SPDX-License-Identifier: MIT */
/*
 * select.pml - one thread that waits for several streams, for Spin.
 *
 * The wait of notify.h over SOURCES sources at once: announce to each, fence, look
 * at each again, sleep on all, withdraw, look at those of whom a word has changed.
 * What sleeps, and on what, differs; the protocol is one.  Each source is a stream
 * with a producer of its own, which sends ITEMS packets; the application takes one
 * of each that is ready.
 *
 * In the sources:
 *   app()        dsi_select() and then a dsi_packet_get() that does not wait
 *   wait_for()   select.c wait_for(), with look(), withdraw(), look_at_woken()
 *   announce()   dsi__select_announce(): dsi__select_words() of each source, that is
 *                dsi__waiter_announce() and dsi__plane_word()
 *   watch()      select.c watch(); raiser() is dsi__plane_raise() on any thread
 *   sleep(), note_woken()  dsi__select_sleep(), which is
 *                  else      select_words.c, dsi_port_wait(): futex_waitv() compares
 *                            one word after the other, and is in its queue then
 *                  -DBELLS   select_words.c sleep_on_bells(): more sources than a wait
 *                            has words
 *                  -DTHREADS select_threads.c: thread() is thread_waits()
 *                  -DEVENT   select_words.c on the microkernel: port_wait.c
 *                            announce_all(), port_sleep.c mk_port_wait_announced(),
 *                            mk_port_sleep(): one event for all words, which keeps
 *                            what is signalled
 *   -DLOOP       no select, but the event loop of the application, over the
 *                descriptors of dsi_socket_fd(): packet.c get(): begin_get() with
 *                dsi__plane_disarm(), and arm()
 *   producer()   dsi__producer_tell_sole(): commit, signal, fence, dsi__waker_due(),
 *                dsi__waker_ring()
 *   monitor()    the end of a connection: dsi__plane_tell() with dsi__plane_wake()
 *
 * Memory: each process has a store buffer as in notify.pml, where other orders are
 * (TSO); steps inside of a port and of the kernel are in order.
 *
 * Flags that add behaviour, with which the model must still be right:
 *   -DDEATH      the producer of source 0 may be killed at any step
 *   -DEARLY      a sleep may end for no reason, and select() by its deadline, once
 *   -DRAISE      source 1 is one of events alone: ITEMS times one is raised
 *   -DLOOP -DMIX the application may call select() with a deadline between
 *   -DLIVE -DEVIL   source 0 signals for ever, and commits nothing
 *   -DLIVE -DGREEDY source 0 has always one more packet
 *   -DLIVE -DDUE    nothing comes, but the deadline does
 *   -DLIVE -DDUE -DEVIL  both: the port compares before it looks at the time, and
 *                the word is another one each time
 * Properties:
 *   - no lost wake-up on any source: no invalid end state
 *   - what was committed before a death is taken, and the death is heard of
 *   - a sleep costs each peer one wake at most, and one that is withdrawn none
 *     (each one too many is an assertion)
 *   - -DLIVE, in all runs that serve every process: whatever source 0 does, all of
 *     source 1 comes; a wait ends at its deadline
 * Mutants, which must fail:
 *   -DNOLOOK        no second look; -DFIRSTLOOK: only at the first source
 *   -DLOOKFIRST     looks before it announces
 *   -DNOTLAST       does not announce to the last source
 *   -DSNAPLATE      snapshot of the signals behind the second look
 *   -DNOFP          no fence in the producer; -DBELLS -DNOFC: in the waiter (else the
 *                   port has one); -DLOOP -DNOFC
 *   -DONEWORD       sleeps on the words of the first source only
 *   -DSLEEPFIRST    the port queues for a word, then compares none
 *   -DNOWITHDRAW    stays announced
 *   -DITEMS=2 -DOTHER=0 -DNOMEMORY  the waker does not remember whom it woke
 *   -DDEATH -DNOPRIV   does not sleep on the private word
 *   -DLOOP -DDEATH -DOTHER=0 -DGONELATE  looks whether the peer is gone behind the ring
 *   -DRAISE -DNOWATCH  is not there to be seen when an event is raised;
 *   -DRAISE -DWATCHLATE  or only after the look
 *   -DRAISE -DASKFIRST   asks who watches, then raises
 *   -DBELLS -DNODISPATCH the bells are not silenced, and end sleeps for ever
 *   -DTHREADS -DSNAPOWN  a thread takes the values it sleeps on by itself
 *   -DTHREADS -DTOLDLATE what was told is looked at when they run
 *   -DTHREADS -DNOSTOP   they do not sleep on the word that stops them
 *   -DTHREADS -DNOJOIN   withdraws while they still sleep
 *   -DEVENT -DMEETLATE   tells the exchange after it compared
 *   -DEVENT -DEMPTY      takes what is in the event before it sleeps
 *   -DLOOP -DARMLATE     announces after it looked
 *   -DLOOP -DLATESILENCE silences the bell after it looked
 *   -DLOOP -DMIX -DNOREARM   a select that disarmed does not make the descriptor
 *                   readable again
 *   -DLIVE -DGREEDY -DSTOPLOOK  looks until a source is ready, and no further
 *   -DLIVE -DDUE -DPATIENT  sleeps without the deadline; -DLIVE -DDUE -DEVIL
 *                   -DNOCLOCK: does not ask the clock after a sleep
 */
#define SOURCES 2
#ifndef ITEMS
#define ITEMS 1
#endif
#ifndef OTHER /* of source 1 */
#define OTHER ITEMS
#endif
#define NUMBER(who) ((who) == 0 -> ITEMS : OTHER)
#define COUNT 16  /* one sleep, above the signal seen */
#define BELL 4096 /* ring, instead of waking the word */
#define EACH(...)                               \
	i = 0;                                  \
	do                                      \
	:: i < SOURCES -> __VA_ARGS__; i++      \
	:: else -> break                        \
	od;                                     \
	i = 0

byte commit[SOURCES], signal[SOURCES];
short asleep[SOURCES]; /* 0, or what announce_one() stores */
bool gone[SOURCES], dead[SOURCES], ended[SOURCES];
byte word[SOURCES];   /* private words */
byte snap[SOURCES], private[SOURCES]; /* what was seen of both */
byte events = 0, watchers = 0;
bool due = false;     /* the deadline has passed */
bool returned = false;

/* The port. */
bool queued[SOURCES];  /* for the words of a source */
bool rings[SOURCES];   /* a bell, or a kick of the loop: readable */
bool event = false, met = false;
#ifdef THREADS
bool kicked[SOURCES];
byte told = 0, stop = 0, halt = 0, running = 0;
bool rests = false;
#endif

/* Only for what must be true. */
byte sleeps[SOURCES], wakes[SOURCES], rung = 0;
byte got[SOURCES];
bool open[SOURCES];
bool withdrawn = true;

#define COMMIT 0
#define SIGNAL 1
chan buffer[SOURCES] = [2] of { byte, byte };
chan buffer_c = [2 * SOURCES] of { byte, short };

active [SOURCES] proctype drain()
{
	byte what, n;
end:
	do
	:: atomic {
		buffer[_pid] ? what, n ->
		if
		:: what == COMMIT -> commit[_pid] = n
		:: else -> signal[_pid] = n
		fi;
		what = 0;
		n = 0
	}
	od
}

active proctype drain_c()
{
	byte who;
	short n;
end:
	do
	:: atomic { buffer_c ? who, n -> asleep[who] = n; who = 0; n = 0 }
	od
}

/* ---- who wakes --------------------------------------------------------------- */

#ifdef EVENT
#define WAKE(who) if :: met -> event = true :: else fi
#else
#define WAKE(who) queued[who] = false
#endif
/* dsi__plane_wake(): the word, and the loop of the bells if there is one. */
#if defined(BELLS) || defined(LOOP)
#define WAKE_PRIVATE(who) word[who]++; WAKE(who); rings[who] = true; rung++
#else
#define WAKE_PRIVATE(who) word[who]++; WAKE(who)
#endif

inline wake(who)
{
	atomic {
		seen = asleep[who];
		/* Who has withdrawn is not there. */
		assert(seen == 0 || !withdrawn || nempty(buffer_c))
	};
	if
#ifdef NOMEMORY
	:: seen != 0 && n > seen % COUNT - 1 ->
#else
	:: seen != 0 && seen != woken && n > seen % COUNT - 1 ->
#endif
		atomic {
			woken = seen;
#ifndef LIVE
			wakes[who]++;
			assert(wakes[who] <= sleeps[who]);
#endif
			if
			:: seen >= BELL -> rings[who] = true; rung++
			:: else -> WAKE(who)
			fi
		}
	:: else
	fi;
	seen = 0
}

proctype producer(byte me)
{
	byte n = 0;
	short seen = 0, woken = 0;
	{
		do
		:: n < NUMBER(me) ->
			atomic {
				n++;
				buffer[me] ! COMMIT, n;
				buffer[me] ! SIGNAL, n
			};
#ifndef NOFP
			empty(buffer[me]);
#endif
			wake(me)
		:: else -> break
		od
	} unless { dead[me] };
	ended[me] = true
}

#ifdef EVIL
active proctype evil()
{
	do
	:: atomic { signal[0] = 1 - signal[0]; WAKE(0) }
	od
}
#endif
#ifdef RAISE
/* dsi__plane_raise(): both are seq_cst. */
active proctype raiser()
{
	byte n = 0;
	bool asked;
	do
	:: n < OTHER ->
		n++;
#ifdef ASKFIRST
		asked = watchers > 0;
#endif
		events++;
#ifndef ASKFIRST
		asked = watchers > 0;
#endif
		if
		:: asked -> atomic { WAKE_PRIVATE(1) }
		:: else
		fi
	:: else -> break
	od
}
#endif

#ifdef DEATH
proctype killer(byte who)
{
	if
	:: dead[who] = true
	:: ended[who]
	fi
}

proctype monitor(byte who)
{
end:
	ended[who] && empty(buffer[who]);
	gone[who] = true;
	atomic { WAKE_PRIVATE(who) }
}
#endif

#ifdef DUE
active proctype clock()
{
	due = true
}
#endif

/* ---- looking ------------------------------------------------------------------ */

#if defined(RAISE)
#define IS_EVENTS(who) ((who) == 1)
#else
#define IS_EVENTS(who) false
#endif
#define BIT(who) (1 << (who))
#ifdef GREEDY
#define NEWER(who) ((who) == 0 || now > got[who])
#else
#define NEWER(who) (now > got[who])
#endif

/* look_socket(): flags, then the ring; an event is taken. */
inline look_one()
{
	if
	:: atomic { !open[i] -> i++ }
	:: open[i] && IS_EVENTS(i) ->
		atomic {
			if
			:: events > 0 -> got[1] = got[1] + events; events = 0;
				ready = ready | BIT(1)
			:: else
			fi;
			i++
		}
	:: open[i] && !IS_EVENTS(i) ->
#ifndef GONELATE
		left = gone[i];
#endif
		now = commit[i];
#ifdef GONELATE
		left = gone[i];
#endif
		atomic {
			if
			:: NEWER(i) || left -> ready = ready | BIT(i)
			:: else
			fi;
			now = 0;
			left = false;
			i++
		}
	fi
}

inline look()
{
	i = 0;
	do
#ifdef STOPLOOK
	:: i < SOURCES && !ready -> look_one()
#else
	:: i < SOURCES -> look_one()
#endif
	:: else -> break
	od;
	i = 0
}

/* try_get(), of the ring that was ready. */
inline get_one()
{
	if
	:: IS_EVENTS(i) || !open[i]
	:: else ->
#ifndef GONELATE
		left = gone[i];
#endif
		now = commit[i];
#ifdef GONELATE
		left = gone[i];
#endif
		atomic {
			if
#ifdef GREEDY
			:: i == 0
#endif
			:: now > got[i] -> got[i]++; again = true
			:: now == got[i] && left -> open[i] = false;
				/* Nothing is left behind. */
				assert(got[i] == commit[i])
			:: else
			fi;
			now = 0;
			left = false
		}
	fi
}

/* ---- announcing ---------------------------------------------------------------- */

#define ANNOUNCED(who) (open[who] && !IS_EVENTS(who))
inline announce_one(who)
{
	atomic {
		snap[who] = signal[who];
		withdrawn = false;
#ifdef LIVE
		sleeps[who] = 1;
#else
		sleeps[who]++;
#endif
		buffer_c ! who, (bell + sleeps[who] * COUNT + snap[who] + 1)
	}
}

inline announce()
{
#ifdef THREADS
	halt = stop;
#endif
	i = 0;
	do
	:: i < SOURCES ->
		if
#ifdef NOTLAST
		:: i == SOURCES - 1 -> snap[i] = signal[i]
		:: i < SOURCES - 1 && ANNOUNCED(i) -> announce_one(i)
#else
		:: ANNOUNCED(i) -> announce_one(i)
#endif
		:: else
		fi;
		atomic { private[i] = word[i]; i++ }
	:: else -> break
	od;
	i = 0
}

inline withdraw()
{
#ifndef NOWITHDRAW
	atomic { EACH(if :: ANNOUNCED(i) -> buffer_c ! i, 0 :: else fi) };
#endif
	withdrawn = true
}

/* ---- sleeping ------------------------------------------------------------------- */

#ifdef NOPRIV
#define SAME(who) (signal[who] == snap[who])
#else
#define SAME(who) (word[who] == private[who] && \
		   (IS_EVENTS(who) || signal[who] == snap[who]))
#endif
#if defined(MIX)
#define TIME_IS_UP true
#elif defined(DUE)
#ifdef PATIENT
#define TIME_IS_UP false
#else
#define TIME_IS_UP due
#endif
#else
#define TIME_IS_UP false
#endif

#if defined(BELLS)
/* dsi_port_loop_wait_any(); dsi_port_loop_dispatch() of each. */
inline sleep()
{
	if
	:: rings[0] || rings[1] ->
#ifndef LIVE
		/* Each ring ends one sleep. */
		naps++;
		assert(naps <= rung)
#else
		skip
#endif
	:: TIME_IS_UP && !rings[0] && !rings[1] -> timed = true
#ifdef EARLY
	:: !early -> early = true
#endif
	fi;
#ifndef NODISPATCH
	EACH(rings[i] = false)
#endif
}
#elif defined(THREADS)
inline sleep()
{
#ifndef TOLDLATE
	before = told;
#endif
	running = SOURCES;
	EACH(kicked[i] = true);
#ifdef TOLDLATE
	before = told;
#endif
	atomic {
		if
		:: told == before -> rests = true
		:: else
		fi
	};
	if
	:: !rests
	:: atomic { TIME_IS_UP && rests -> rests = false; timed = true }
#ifdef EARLY
	:: atomic { !early && rests -> early = true; rests = false }
#endif
	fi;
	/* stop_threads() */
	stop++;
#ifndef NOSTOP
	EACH(queued[i] = false);
#endif
#ifndef NOJOIN
	running == 0
#endif
}

/* thread_waits(): the words of one source, and the one that stops. */
proctype thread(byte me)
{
end:
	do
	:: kicked[me] ->
		kicked[me] = false;
#ifdef SNAPOWN
		snap[me] = signal[me];
		private[me] = word[me];
#endif
		atomic {
			if
#ifdef NOSTOP
			:: !open[me] || SAME(me) -> queued[me] = true
#else
			:: (!open[me] || SAME(me)) && stop == halt ->
				queued[me] = true
#endif
			:: else
			fi
		};
		atomic { !queued[me] -> assert(!withdrawn) };
		atomic { told++; rests = false };
		running--
	od
}
#else
/* Compare and queue, word by word; a wake in between is kept by the queue, or by the
 * event. */
inline sleep()
{
#ifdef EVENT
#ifndef MEETLATE
	met = true;
#endif
#endif
	(empty(buffer_c)); /* the port's own fence */
	same = true;
	i = 0;
	do
#ifdef ONEWORD
	:: i < 1 ->
#else
	:: i < SOURCES && same ->
#endif
		atomic {
			if
			:: !open[i]
#ifdef SLEEPFIRST
			:: open[i] -> queued[i] = true
#else
			:: open[i] && SAME(i) -> queued[i] = true
			:: open[i] && !SAME(i) -> same = false
#endif
			fi;
			i++
		}
	:: else -> break
	od;
	i = 0;
#ifdef EVENT
#ifdef MEETLATE
	met = true;
#endif
#ifdef EMPTY
	event = false;
#endif
	if
	:: !same
	:: atomic { same && event -> event = false }
	:: same && !event && TIME_IS_UP -> timed = true
#ifdef EARLY
	:: same && !early -> early = true
#endif
	fi;
#else
	if
	:: !same
	:: same && ((open[0] && !queued[0]) ||
#ifdef ONEWORD
		    false)
#else
		    (open[1] && !queued[1]))
#endif
	:: atomic { same && (!open[0] || queued[0]) &&
		    (!open[1] || queued[1]) && TIME_IS_UP -> timed = true }
#ifdef EARLY
	:: same && !early -> early = true
#endif
	fi;
#endif
	d_step { queued[0] = false; queued[1] = false; same = false }
}
#endif

/* note_woken(): who listens to bells looks at all. */
#if defined(BELLS)
#define IS_WOKEN(who) true
#else
#define IS_WOKEN(who) (!SAME(who))
#endif

inline note_woken()
{
	i = 0;
	do
	:: i < SOURCES ->
		atomic {
			if
			:: IS_WOKEN(i) -> woken = woken | BIT(i)
			:: else
			fi;
			i++
		}
	:: else -> break
	od;
	i = 0
}

inline look_at_woken()
{
	i = 0;
	do
	:: i < SOURCES && (woken & BIT(i)) -> look_one()
	:: atomic { i < SOURCES && !(woken & BIT(i)) -> i++ }
	:: else -> break
	od;
	i = 0
}

#define FENCE_C empty(buffer_c)

inline wait_for()
{
	do
	:: !ready && !timed ->
#ifdef LOOKFIRST
		look();
#endif
		announce();
#ifndef NOFC
		FENCE_C;
#endif
#ifdef FIRSTLOOK
		look_one();
		i = 0;
#else
#if !defined(NOLOOK) && !defined(LOOKFIRST)
		look();
#endif
#endif
#ifdef SNAPLATE
		EACH(snap[i] = signal[i]);
#endif
#ifdef WATCHLATE
		watchers++;
#endif
		if
		:: !ready -> sleep(); note_woken()
		:: else
		fi;
		withdraw();
		d_step { EACH(snap[i] = 0; private[i] = 0) };
		if
		:: !ready -> look_at_woken();
#ifndef NOCLOCK
			if
			:: !ready && TIME_IS_UP -> timed = true
			:: else
			fi
#endif
		:: else
		fi;
		woken = 0
	:: else -> break
	od
}

inline dsi_select()
{
	look();
	if
	:: !ready ->
#if !defined(NOWATCH) && !defined(WATCHLATE)
		watchers++;
#endif
		wait_for();
#ifndef NOWATCH
		watchers = 0
#endif
	:: else
	fi;
	timed = false
}

/* ---- the application ------------------------------------------------------------- */

/* All of it came: it is not asked for any more.  Whose end must be heard of is. */
#ifdef DEATH
#define IS_MORTAL(who) ((who) == 0)
#else
#define IS_MORTAL(who) false
#endif
#define CLOSE(who)                                                      \
	if                                                              \
	:: got[who] == NUMBER(who) && !IS_MORTAL(who) -> open[who] = false    \
	:: else                                                         \
	fi

#ifdef LOOP
inline disarm()
{
	armed[i] = false;
	buffer_c ! i, 0;
	withdrawn = !armed[0] && !armed[1];
#ifndef LATESILENCE
	rings[i] = false
#endif
}

/* Until there is nothing: dsi_packet_get() with deadline 0. */
inline drain_one()
{
	do
	:: open[i] ->
		/* begin_get() */
		if
		:: armed[i] -> disarm()
		:: else
		fi;
		unarmed[i] = false;
		again = false;
		get_one();
		if
		:: again || !open[i] -> CLOSE(i)
		:: else ->
			/* arm() */
#ifndef ARMLATE
			announce_one(i);
#ifndef NOFC
			FENCE_C;
#endif
			get_one();
#endif
			if
			:: again || !open[i] ->
				buffer_c ! i, 0;
				withdrawn = !armed[0] && !armed[1];
				CLOSE(i)
			:: else ->
#ifdef ARMLATE
				announce_one(i);
#endif
				armed[i] = true;
#ifdef LATESILENCE
				rings[i] = false;
#endif
				break
			fi
		fi
	:: else -> break
	od
}

#ifdef MIX
/* select() with a deadline: it sleeps on words. */
inline mixed()
{
	bell = 0;
	EACH(if :: armed[i] -> disarm(); unarmed[i] = true :: else fi);
	dsi_select();
	ready = 0;
	bell = BELL;
#ifndef NOREARM
	EACH(if :: unarmed[i] -> unarmed[i] = false;
		atomic { WAKE_PRIVATE(i) } :: else fi)
#endif
}
#endif
#endif

active proctype app()
{
	byte i = 0, ready = 0, now = 0, naps = 0, woken = 0;
#if defined(BELLS) || defined(LOOP)
	short bell = BELL;
#else
	short bell = 0;
#endif
#ifdef THREADS
	byte before = 0;
#endif
#ifdef LOOP
	bool armed[SOURCES], unarmed[SOURCES];
#endif
#ifdef MIX
	bool mixes = true;
#endif
	bool left = false, timed = false, early = false, same = false;
	bool again = false;
	atomic {
#ifdef THREADS
		run thread(0);
		run thread(1);
#endif
#if !defined(DUE) || defined(DEATH)
#ifndef EVIL
		run producer(0);
#endif
#ifndef RAISE
		run producer(1);
#endif
#endif
#ifdef DEATH
		run killer(0);
		run monitor(0);
#endif
#ifdef LOOP
		rings[0] = true;
		rings[1] = true;
		rung = 2;
#endif
		open[0] = true;
		open[1] = OTHER > 0
	};
	do
	:: open[0] || open[1] ->
#ifdef LOOP
#ifdef MIX
		if
		:: mixes -> mixes = false; early = false; mixed()
		:: skip
		fi;
#endif
		/* The application's poll(). */
		(rings[0] && open[0]) || (rings[1] && open[1]);
		EACH(if :: rings[i] && open[i] -> drain_one() :: else fi)
#else
		dsi_select();
		EACH(if :: ready & BIT(i) -> get_one(); CLOSE(i) :: else fi);
		ready = 0;
		again = false
#ifdef DUE
		;
		break
#endif
#endif
	:: else -> break
	od;
	returned = true
}

#ifdef LIVE
#ifdef DUE
ltl in_the_end { <> returned }
#else
ltl in_the_end { <> (got[1] == OTHER) }
#endif
#endif
