/* SPDX-License-Identifier: MIT */
/*
 * lecture.pml - three ways to notify with the means of a microkernel, for Spin.
 *
 * The producer commits a packet and notifies; the consumer takes what there is and
 * waits.  A wake reaches only who waits at that moment: nothing is stored.
 *
 *   -DTRY=1  the producer waits until the consumer takes the notification:
 *            good with an honest consumer, and an evil one stops it
 *   -DTRY=2  the producer never waits, a notification that nobody waits for is
 *            gone: good with an evil consumer, and an honest one loses one between
 *            its look and its wait
 *   -DTRY=3  a flag first, then a look, then a wait that asks for the flag in one
 *            step: good with both (dsi/notify.h, kernel: mk_signal_wait())
 * Flags:
 *   -DEVIL   the consumer never waits, and says that it does
 * Mutants of TRY=3, which must fail:
 *   -DASKFIRST   flag asked for, and only then waited
 *   -DLOOKFIRST  looks first, then sets its flag
 *   -DLATECLEAR  the producer clears the flag after it has woken
 *   -DNOTIFYFIRST the producer notifies, then commits
 *
 * A lost wake-up, and a producer that is stuck, is an invalid end state.
 */
#ifndef ITEMS
#define ITEMS 3
#endif

byte committed = 0;
bool flag = false;
bool waits = false; /* as the kernel knows it */

/* A wake that is not stored: only who waits is reached. */
#define WAKE waits = false

inline notify()
{
#if TRY == 1
	/* It must be there to take it. */
	atomic { waits -> WAKE }
#elif TRY == 2
	WAKE
#else
	if
	:: flag ->
#ifdef LATECLEAR
		WAKE;
		flag = false
#else
		atomic { flag = false; WAKE }
#endif
	:: !flag
	fi
#endif
}

active proctype producer()
{
	byte n = 0;
	do
	:: n < ITEMS ->
		n++;
#ifdef NOTIFYFIRST
		notify();
		committed = n
#else
		committed = n;
		notify()
#endif
	:: n == ITEMS -> break
	od
}

#ifdef EVIL
active proctype consumer()
{
	/* Says that it waits, or not, and goes away saying so. */
	do
	:: flag = true
	:: flag = false
	:: break
	od
}
#else
/* Until it is woken. */
inline wait()
{
	waits = true;
	!waits
}

active proctype consumer()
{
	byte got = 0;
	do
	:: got < ITEMS ->
#if TRY == 3
#ifndef LOOKFIRST
		flag = true;
#endif
#endif
		if
		:: committed > got -> got++
		:: committed == got ->
#if TRY == 3
#ifdef LOOKFIRST
			flag = true;
#endif
#ifdef ASKFIRST
			if
			:: flag -> wait()
			:: !flag
			fi
#else
			atomic {
				if
				:: flag -> waits = true
				:: !flag
				fi
			};
			!waits
#endif
#else
			wait()
#endif
		fi;
		flag = false
	:: got == ITEMS -> break
	od;
	/* With TRY=1 somebody must take what is still sent. */
end:
	do
	:: waits == false -> waits = true
	od
}
#endif
