/* SPDX-License-Identifier: MIT */
/*
 * handshake.pml - the messages by which consumers join and leave, for Spin.
 *
 *   consumer                     producer
 *      HELLO                 ->
 *                            <-  OFFER     or REFUSE
 *      ACCEPT                ->
 *                            <-  READY     or REFUSE
 *      ... packets ...
 *      BYE                  <->  BYE       or the connection ends
 *
 * A connection is two queues.  Who closes its end, or dies, is seen by the other
 * after what is in the queue.  Messages are not lost on the way, but a queue can
 * be full, and a message that comes too late is as good as lost: each side's
 * timer may go off at any moment of its handshake.
 *
 * In the sources:
 *   callback()   handshake_producer.c link_ready(), message(), hello(), accept(),
 *                refuse(), parted(): on the monitor's thread, one at a time
 *   reaper()     dsi__producer_reap(): hang up, let go, and free in the end
 *   worker()     the application's thread: dsi__producer_change() admits and lets
 *                go; dsi_socket_close() with dsi__producer_close_links()
 *   consumer()   handshake_consumer.c dsi__consumer_attach(), link_ready() after
 *                that, dsi__consumer_close_link()
 *   peer[]       the states of producer.h, EMPTY to RETIRED
 *   signal[], page[]  the regions of a link that the producer has mapped
 *
 * Always: any consumer may close when it is connected, the producer at any
 * moment, also while somebody connects.  Flags that add behaviour:
 *   -DDIES_C   a consumer may die at any step
 *   -DDIES_P   the producer may
 *   -DFULL     any message may find the queue full
 *   -DEVIL_C   consumer 0 sends up to EVILS messages of any kind, also of another
 *              version, repeated, in any order, and then closes or is silent
 *   -DEVIL_P   there is only a producer that does so
 *   -DFOREIGNERS  a consumer may speak another version
 * Properties, by assertion, most of them when nothing can go on any more:
 *   - nobody waits for ever in a handshake; who is connected hears of the end
 *   - READY comes to who has joined; both ends know the same in the end
 *   - a place is given once, and what is mapped is unmapped once, not while the
 *     work thread may use it, and all of it in the end
 *   - who was said to have joined is said to be gone, once
 *   - no callback for what was freed
 * Mutants, which must fail:
 *   -DREADYFIRST  READY before the consumer is in
 *   -DANYTIME -DEVIL_C  a message is taken in any state
 *   -DNOTIMER -DEVIL_C  the producer has no timer
 *   -DNOLIMIT -DEVIL_P  the consumer has none
 *   -DFREEFIRST   pages are freed before the work thread let go
 *   -DNOLEAVE     who is hung up on is not let go of
 *   -DADMITTED    only who was admitted can leave
 *   -DSILENT -DEVIL_C -DEVILS=3  a refusal after the handshake is not said to be a departure
 *   -DWATCHED     closing does not wait for callbacks
 *   -DNOEND       the consumer does not look at the connection any more
 */
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef EVILS
#define EVILS 2
#endif

mtype = { HELLO, FOREIGN, OFFER, ACCEPT, READY, REFUSE, BYE, NOTHING, LATE }

chan up[CONSUMERS] = [2] of { mtype };
chan down[CONSUMERS] = [2] of { mtype };
bool open_c[CONSUMERS]; /* that end of the connection */
bool open_p[CONSUMERS];

/* The producer's link, and its place in the data plane. */
#define NONE 0
#define GREETING 1
#define OFFERED 2
#define JOINED 3
#define ENDED 4
#define FREED 5
byte link[CONSUMERS];
#define EMPTY 0
#define JOINING 1
#define ACTIVE 2
#define LEAVING 3
#define RETIRED 4
byte peer[CONSUMERS];
bool has_peer[CONSUMERS];
bool signal[CONSUMERS], page[CONSUMERS];
bool watched[CONSUMERS]; /* the monitor calls back */
byte said_joined[CONSUMERS], said_gone[CONSUMERS];

bool busy = false;    /* the monitor is in a callback */
bool notice = false;  /* work for the reaper */
bool changed = false; /* DSI_PLANE_CHANGED */
bool door = true, monitored = true;
bool want_close = false, closed = false, dead_p = false;

bool connected[CONSUMERS], told[CONSUMERS], ended_c[CONSUMERS];
bool dead_c[CONSUMERS];

/* ok: the message is on its way. */
#ifdef FULL
#define SOME_FULL :: ok = false
#else
#define SOME_FULL
#endif
inline send(queue, peer_open, what)
{
	atomic {
		if
		:: peer_open && nfull(queue) -> queue ! what; ok = true
		:: !peer_open || full(queue) -> ok = false
		SOME_FULL
		fi
	}
}

/* ---- the producer's monitor --------------------------------------------------- */

inline parted(orderly)
{
	if
	:: link[i] == JOINED -> said_gone[i]++
	:: else
	fi;
	link[i] = ENDED;
	notice = true
}

inline refuse()
{
	send(down[i], open_c[i], REFUSE);
#ifdef SILENT
	link[i] = ENDED;
	notice = true
#else
	parted(false)
#endif
}

inline hello()
{
	assert(!signal[i]);
	signal[i] = true;
	send(down[i], open_c[i], OFFER);
	if
	:: ok -> link[i] = OFFERED
	:: else -> refuse()
	fi
}

inline join()
{
	atomic {
		assert(peer[i] == EMPTY && !has_peer[i]);
		has_peer[i] = true;
		link[i] = JOINED;
		peer[i] = JOINING;
		changed = true;
		said_joined[i]++
	}
}

inline accept()
{
	assert(!page[i]);
	page[i] = true;
#ifdef READYFIRST
	send(down[i], open_c[i], READY);
	join();
#else
	join();
	send(down[i], open_c[i], READY);
#endif
	if
	:: ok
	:: else -> parted(false)
	fi
}

#ifdef ANYTIME
#define IN(s) true
#else
#define IN(s) link[i] == s
#endif
#define CALL(why) \
	atomic { !dead_p && watched[i] && !busy && (why) -> busy = true }

proctype callback(byte i)
{
	mtype m = NOTHING;
	bool ok;
	{
end:
	do
	:: CALL(nempty(up[i]) || !open_c[i]);
		assert(link[i] != FREED);
		if
		:: link[i] == ENDED -> watched[i] = false
		:: else ->
			atomic {
				if
				:: nempty(up[i]) -> up[i] ? m
				:: empty(up[i]) -> m = NOTHING
				fi
			};
			if
			:: m == HELLO && IN(GREETING) -> hello()
			:: m == ACCEPT && IN(OFFERED) -> accept()
			:: m == BYE -> parted(true)
			:: m == NOTHING -> parted(false)
			:: else -> refuse()
			fi;
			m = NOTHING
		fi;
		assert(link[i] != FREED);
		busy = false
#ifndef NOTIMER
	:: CALL(link[i] == GREETING || link[i] == OFFERED);
		if
		:: link[i] < JOINED -> refuse()
		:: else
		fi;
		busy = false
#endif
	od
	} unless { dead_p }
}

inline free_link()
{
	atomic {
		assert(link[i] != FREED);
		signal[i] = false;
		page[i] = false;
		if
		:: has_peer[i] -> peer[i] = EMPTY; has_peer[i] = false
		:: else
		fi;
		link[i] = FREED
	}
}

inline leave()
{
	atomic {
		if
#ifndef ADMITTED
		:: peer[i] == JOINING -> peer[i] = RETIRED
#endif
		:: peer[i] == ACTIVE -> peer[i] = LEAVING; changed = true
		:: else
		fi
	}
}

proctype reaper()
{
	byte i;
	{
end:
	do
	:: atomic { !dead_p && monitored && notice && !busy ->
		    busy = true; notice = false };
		i = 0;
		do
		:: i < CONSUMERS ->
			if
			:: link[i] == ENDED && open_p[i] ->
				watched[i] = false;
				open_p[i] = false;
#ifndef NOLEAVE
				if
				:: has_peer[i] -> leave()
				:: else
				fi
#endif
			:: else
			fi;
			if
#ifdef FREEFIRST
			:: link[i] == ENDED && !open_p[i] -> free_link()
#else
			:: link[i] == ENDED && !open_p[i] &&
			   (!has_peer[i] || peer[i] == RETIRED) -> free_link()
#endif
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0;
		busy = false
	od
	} unless { dead_p }
}

/* ---- the producer's work thread ------------------------------------------------- */

inline change()
{
	changed = false;
	i = 0;
	do
	:: i < CONSUMERS ->
		if
		:: atomic { peer[i] == JOINING -> peer[i] = ACTIVE };
			assert(signal[i] && page[i])
		:: peer[i] == LEAVING ->
			assert(signal[i] && page[i]);
			peer[i] = RETIRED;
			notice = true
		:: peer[i] != JOINING && peer[i] != LEAVING
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

/* A packet goes to all that are active, and uses their pages. */
inline commit()
{
	i = 0;
	do
	:: i < CONSUMERS ->
		assert(peer[i] != ACTIVE || (signal[i] && page[i]));
		i++
	:: else -> break
	od;
	i = 0
}

inline close_all()
{
	door = false;
	atomic { !busy -> monitored = false };
	i = 0;
	do
	:: i < CONSUMERS ->
		if
		:: link[i] != NONE && link[i] != FREED ->
#ifndef WATCHED
			atomic { !busy -> watched[i] = false };
#endif
			if
			:: open_p[i] ->
				send(down[i], open_c[i], BYE);
				open_p[i] = false
			:: else
			fi;
			free_link();
			watched[i] = false
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	closed = true
}

proctype worker()
{
	byte i, packets = 0;
	bool ok;
	{
end:
	do
	:: changed -> change()
	:: packets < 2 -> packets++; commit()
	:: want_close -> close_all(); break
	od
	} unless { dead_p }
}

active proctype fate()
{
	if
	:: want_close = true
	:: skip
	fi;
#ifdef DIES_P
	if
	:: atomic {
		dead_p = true;
		open_p[0] = false;
#if CONSUMERS > 1
		open_p[1] = false;
#endif
		door = false
	   }
	:: skip
	fi
#endif
}

/* ---- consumers -------------------------------------------------------------------- */

inline connect()
{
	if
	:: atomic { door && !busy ->
#ifdef EVIL_P
		open_p[me] = true;
#else
		link[me] = GREETING;
		watched[me] = true;
		open_p[me] = true;
#endif
		open_c[me] = true; ok = true }
	:: !door -> ok = false
	fi
}

/* Until the deadline, or the end. */
inline await()
{
	if
	:: down[me] ? m
	:: atomic { empty(down[me]) && !open_p[me] -> m = NOTHING }
#ifndef NOLIMIT
	:: m = LATE
#endif
	fi
}

proctype consumer(byte me)
{
	mtype m = NOTHING;
	bool ok;
	{
		connect();
		if
		:: !ok -> goto out
		:: else
		fi;
		if
#ifdef FOREIGNERS
		:: send(up[me], open_p[me], FOREIGN)
#endif
		:: send(up[me], open_p[me], HELLO)
		fi;
		if
		:: !ok && open_p[me] -> goto out /* full */
		:: else /* why it is closed is still to be read */
		fi;
		await();
		if
		:: m != OFFER -> goto out
		:: m == OFFER
		:: m == OFFER -> goto out /* does not suit us */
		fi;
		send(up[me], open_p[me], ACCEPT);
		if
		:: !ok -> goto out
		:: else
		fi;
		await();
		if
		:: m != READY -> goto out
		:: m == READY
		fi;
#ifndef EVIL_P
		/* First in, then told so. */
		assert(said_joined[me] == 1 || closed || dead_p);
		assert(peer[me] != EMPTY || link[me] == FREED);
#endif
		connected[me] = true;
		m = NOTHING;
#ifdef NOEND
end:		false;
#else
		if
		:: skip /* closes by itself */
		:: (nempty(down[me]) || !open_p[me]) -> told[me] = true
		fi;
#endif
		send(up[me], open_p[me], BYE);
out:		skip
	} unless { dead_c[me] };
	atomic { open_c[me] = false; ended_c[me] = true }
}

#ifdef DIES_C
proctype killer(byte who)
{
	if
	:: dead_c[who] = true
	:: skip
	fi
}
#endif

proctype evil_consumer(byte me)
{
	byte n = 0;
	bool ok;
	connect();
	do
	:: ok && n < EVILS ->
		n++;
		if
		:: send(up[me], open_p[me], HELLO)
		:: send(up[me], open_p[me], ACCEPT)
		:: send(up[me], open_p[me], FOREIGN)
		:: send(up[me], open_p[me], READY)
		:: send(up[me], open_p[me], BYE)
		fi
	:: break
	od;
	if
	:: atomic { open_c[me] = false; ended_c[me] = true }
	:: skip /* silent for ever */
	fi
}

#ifdef EVIL_P
proctype evil_producer()
{
	byte n = 0;
	bool ok;
	open_p[0];
	do
	:: n < EVILS ->
		n++;
		if
		:: send(down[0], open_c[0], OFFER)
		:: send(down[0], open_c[0], READY)
		:: send(down[0], open_c[0], REFUSE)
		:: send(down[0], open_c[0], BYE)
		:: send(down[0], open_c[0], FOREIGN)
		fi
	:: break
	od;
	if
	:: atomic { open_p[0] = false; closed = true }
	:: skip
	fi
}
#endif

/* ---- when nothing can go on ---------------------------------------------------------- */

inline judge(i)
{
#ifndef EVIL_P
	/* All is given back: of who is gone, and by who closed. */
	assert(dead_p || !(closed || ended_c[i]) || link[i] == NONE ||
	       (link[i] == FREED && peer[i] == EMPTY && !signal[i] && !page[i]));
	/* No handshake for ever. */
	assert(dead_p || closed || (link[i] != GREETING && link[i] != OFFERED));
	/* Nobody is said to be there who is not, or gone who was not there. */
	assert(dead_p || closed || link[i] != FREED ||
	       said_joined[i] == said_gone[i]);
	/* Who is connected is one of ours. */
	assert(dead_p || closed || ended_c[i] || !connected[i] ||
	       link[i] == JOINED);
	/* Or has heard of our end. */
	assert(!(closed || dead_p) || !connected[i] || ended_c[i]);
#endif
	/* And a consumer that is not connected is not on the way to it. */
	assert(evil[i] || connected[i] || ended_c[i])
}

bool evil[CONSUMERS];

active proctype judges()
{
end:
	timeout;
	atomic {
		judge(0);
#if CONSUMERS > 1
		judge(1)
#endif
	}
}

init {
	atomic {
#ifdef EVIL_C
		evil[0] = true;
		run evil_consumer(0);
#else
		run consumer(0);
#endif
#if CONSUMERS > 1
		run consumer(1);
		run callback(1);
#endif
#ifdef DIES_C
		run killer(CONSUMERS - 1);
#endif
#ifdef EVIL_P
		run evil_producer()
#else
		run callback(0);
		run reaper();
		run worker()
#endif
	}
}
