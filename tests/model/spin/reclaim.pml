/* SPDX-License-Identifier: MIT */
/*
 * reclaim.pml - policy RECLAIM: a producer that waits for nobody, and a consumer
 * that finds out what was overwritten under its hands, for Spin.
 *
 * The ring is a sequence lock for each descriptor.  The producer marks the commit
 * word BUSY before it writes the data of the packet again, and before it writes
 * the descriptor; the consumer copies, and looks at the commit word once more.
 *
 * In the sources, one step for each access of shared memory, in their order:
 *   producer()   dsi__producer_get(): take_oldest(), revoke(); the application
 *                writes; producer.c commit_all() with publish(); tell_all()
 *   revoke()     ring.h dsi__ring_revoke()
 *   publish()    ring.h dsi__ring_begin(), producer.c put_row(),
 *                dsi__desc_publish()
 *   consumer()   consumer.c get_more() with take_next() and take_ready(); then
 *                the application reads, and asks dsi_packet_valid()
 *   look()       dsi__ring_look()
 *   copy()       consumer.c copy(): dsi__ring_copy(), copy_row(),
 *                dsi__ring_whole(); as usual_consumer.h dsi__usual_copy() does it
 *   skip_lost()  consumer.c skip_lost()
 *   valid()      dsi__consumer_valid(): dsi__ring_still_valid()
 *
 * Memory.  A store buffer would show what x86 does; here stores and loads come out
 * of order as far as C11 lets them, but that no load sees a store of the future
 * (which no machine does to these).  There is one writer, so the log of its stores
 * in program order is all of memory.  A store carries: with release itself and all
 * before it, without what was before the last fence.  The consumer knows all up to
 * a place in the log, and that place only: a load may find the newest store to its
 * word that is known, or any later one.  With acquire it then knows what the store
 * carries; without, after the next fence.  No word goes back for who has read it.
 * So the buffers of TSO and PSO, and stale lines, are among the runs.
 *
 * A packet's number is 1 + its position; each word of its descriptor and of its
 * data has it as contents.  Every other one has an extension row.  ITEMS packets,
 * PACKETS slots of data with two words each, RING descriptors, BATCH packets in
 * each get and commit.  The consumer may stop for ever before any get.
 *
 * Commit words are of 64 bits: a position comes back after 2^62 packets, 146 years
 * at 1000 million a second.  So they do not wrap here, and -DSHORT=4 is a mutant.
 * The signal has 32 bits and wraps: here it does after SIGNALS packets.
 *
 * Flags that add behaviour, with which the model must still be right:
 *   -DANYSLOT   packets come free in any order: there are other consumers, who
 *               give back
 *   -DCOPY      the library copies the data (take_copy()), and delivers the copy
 *   -DNUMBERS   the consumer may take the packet behind the next one first, by its
 *               number (dsi__consumer_get_nr(): find_number(), take_at())
 *   -DLIE       the signal is anything at any time
 * Properties:
 *   - a descriptor that is delivered is of one packet, and of the one of its place
 *   - data that is said to be valid is the packet's, each word
 *   - numbers only rise; what was passed is delivered or counted, exactly; the
 *     first one behind a gap says so, and no other
 *   - the producer comes to its end whatever the consumer does, and the consumer
 *     that does not stop to the end of the packets: each turn of a get moves on,
 *     so all runs end, and no end state is an invalid one
 *   - nothing is passed that was not committed; a get that begins when the producer
 *     pauses finds a packet, or that there is none (if it is not behind by more
 *     than half of what a signal can count: 2^31 packets)
 *   - who was woken by a signal finds what it says
 * Mutants, which must fail:
 *   -DPACKETS=3 -DNOBEGIN  no BUSY mark before the descriptor is written (if the
 *                ring is as long as the packets are many, it was revoked)
 *   -DPACKETS=3 -DLATEBEGIN  after its first word
 *   -DNOREVOKE   none before the data is written; -DLATEREVOKE: after its first word
 *   -DNORFENCE   no fence behind that
 *   -DPACKETS=3 -DNOTFENCE  nor in tell_all(): where the ring is shorter than the
 *                packets are many, it is that one that keeps new data behind the
 *                descriptor that took the place of the old one
 *   -DSHORTREVOKE  revokes one descriptor less than the ring has
 *   -DPACKETS=3 -DPLAINFIELDS  fields are stored without release
 *   -DPLAINCOMMIT  the commit word is
 *   -DCOMMITFIRST  it is stored before the fields
 *   -DPLAINLOOK  the commit word is loaded without acquire
 *   -DPLAINCOPY  the fields are
 *   -DNOWHOLE    the copy is not asked for; -DWHOLEFIRST: before it was made
 *   -DJUDGEFIRST what a torn copy says is taken for a lie of the producer
 *   -DNOVALID    data is valid if its descriptor was
 *   -DNOVFENCE   no fence before that is asked; -DCOPY -DNOVFENCE
 *   -DVALIDFIRST asks before it reads
 *   -DBACK       skips to where the signal says, wherever that is
 *   -DBATCH=2 -DNOLIMIT  a signal that is behind is taken for one far ahead
 *   -DCOUNTONE   counts one packet for each skip; -DCOUNTMORE: one too many
 *   -DNOMISSED   does not say that there is a gap
 *   -DNUMBERS -DEARLYLOST  what was taken early is lost, too
 *   -DTOTHEEND   skips all that there is, and one more
 *   -DSTAYS      a skip may move by nothing
 *   -DASKS       the producer waits until it has been read
 *   -DSIGNALFIRST  the signal is stored before the packets are committed
 *   -DSHORT=4    the commit word has two bits, and comes back
 */
#ifndef RING
#define RING 2
#endif
#ifndef PACKETS
#define PACKETS 2
#endif
#ifndef ITEMS
#define ITEMS 4
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef START /* positions that were passed long ago */
#define START 0
#endif
#ifndef SIGNALS
#define SIGNALS 128
#endif
#define END (START + ITEMS)
#define WORDS 2
#define NONE 255

/* Where words lie. */
#define COMMIT(slot) (slot)
#define FIELD(slot) (RING + (slot))
#define PLACE(slot) (2 * RING + (slot))
#define ROW(slot) (3 * RING + (slot))
#define DATA(packet) (4 * RING + WORDS * (packet))
#define SIGNAL (4 * RING + WORDS * PACKETS)
#define ALL (SIGNAL + 1)
#define HAS_ROW(number) ((number) % 2 == 0)
#define OFFSET 64 /* a slot, above the number, in the word of the offset */

#ifdef SHORT
#define WORD(number) ((number) % SHORT)
#define IS_LATER(word, position)                                 \
	(((word) + SHORT - WORD(position)) % SHORT != 0 &&       \
	 ((word) + SHORT - WORD(position)) % SHORT <= SHORT / 2)
#else
#define WORD(number) (number)
#define IS_LATER(word, position) ((word) > (position))
#endif
#define BUSY 128

/* The log: stores from 1 on. */
#define LOG (10 * ITEMS + 1)
byte word[LOG], value[LOG], carries[LOG];
byte stores = 0;
bool done = false;

/* Only for what must be true, and for -DASKS. */
byte committed = START;
byte signalled = 0;    /* the last store to the signal */
byte promised = START; /* and what it says */
byte at = START;

#define PLAIN false
#define RELEASE true

/* ---- the producer ------------------------------------------------------------ */

inline store(to, what, release)
{
	d_step {
		stores++;
		word[stores] = to;
		value[stores] = what;
		carries[stores] = (release -> stores : fenced)
	}
}

inline fence_release()
{
	fenced = stores
}

/* The data will be written again: its descriptor goes first, if it is still in
 * the ring. */
#ifdef SHORTREVOKE
#define IN_RING(old) (position - (old) < RING)
#else
#define IN_RING(old) (position - (old) <= RING)
#endif
inline revoke(p)
{
	if
	:: pos[p] != NONE && pos[p] < position && IN_RING(pos[p]) ->
		store(COMMIT(pos[p] % RING), BUSY + WORD(pos[p] + 1), PLAIN);
#ifndef NORFENCE
		fence_release()
#endif
	:: else
	fi
}

/* Oldest first, or any that is not ours already. */
inline take()
{
	d_step {
		p = 0;
		do
		:: p < BATCH -> mine[p] = NONE; p++
		:: else -> break
		od;
		n = 0
	};
	do
	:: n < BATCH ->
#ifdef ANYSLOT
		if
		:: p = 0
#if PACKETS > 1
		:: p = 1
#endif
#if PACKETS > 2
		:: p = 2
#endif
		fi;
		if
		:: BATCH > 1 && n > 0 && mine[0] == p -> p = (p + 1) % PACKETS
		:: else
		fi;
#else
		p = oldest;
		oldest = (oldest + 1) % PACKETS;
#endif
#if !defined(NOREVOKE) && !defined(LATEREVOKE)
		revoke(p);
#endif
		mine[n] = p;
		n++
	:: else -> break
	od;
	n = 0
}

/* The application: first word, second word. */
inline write(p)
{
	store(DATA(p), position + n + 1, PLAIN);
#ifdef LATEREVOKE
	revoke(p);
#endif
	store(DATA(p) + 1, position + n + 1, PLAIN);
	pos[p] = NONE
}

#ifdef PLAINFIELDS
#define FIELDS PLAIN
#else
#define FIELDS RELEASE
#endif
#ifdef PLAINCOMMIT
#define COMMITS PLAIN
#else
#define COMMITS RELEASE
#endif
#define SLOT (position % RING)
#define BEGIN store(COMMIT(SLOT), BUSY + WORD(position), PLAIN)
#define PUBLISH                                                   \
	atomic {                                                  \
		store(COMMIT(SLOT), WORD(position + 1), COMMITS); \
		committed = position + 1                          \
	}

inline publish()
{
#if !defined(NOBEGIN) && !defined(LATEBEGIN)
	BEGIN;
#endif
#ifdef COMMITFIRST
	PUBLISH;
#endif
	if
	:: HAS_ROW(position + 1) -> store(ROW(SLOT), position + 1, FIELDS)
	:: else
	fi;
	store(FIELD(SLOT), mine[n] * OFFSET + position + 1, FIELDS);
#ifdef LATEBEGIN
	BEGIN;
#endif
	store(PLACE(SLOT), position + 1, FIELDS);
#ifndef COMMITFIRST
	PUBLISH
#endif
}

inline commit()
{
	do
	:: n < BATCH ->
		publish();
		pos[mine[n]] = position;
		position++;
		n++
	:: else -> break
	od;
	n = 0
}

/* tell_all(): the signal, and the fence of notify.h. */
inline tell(all)
{
	atomic {
		store(SIGNAL, (all - START) % SIGNALS, RELEASE);
		signalled = stores;
		promised = all
	}
}

active proctype producer()
{
	byte position = START, fenced = 0, n = 0, p = 0;
#ifndef ANYSLOT
	byte oldest = 0;
#endif
	byte pos[PACKETS], mine[BATCH];
	d_step {
		do
		:: p < PACKETS -> pos[p] = NONE; p++
		:: else -> break
		od;
		p = 0
	};
	do
	:: position + BATCH <= END ->
#ifdef ASKS
		(position - at < RING);
#endif
		take();
		do
		:: n < BATCH -> write(mine[n]); n++
		:: else -> break
		od;
		n = 0;
#ifdef SIGNALFIRST
		tell(position + BATCH);
#endif
		commit();
#ifndef SIGNALFIRST
		tell(position);
#endif
#ifndef NOTFENCE
		fence_release()
#endif
	:: else -> break
	od;
	done = true
}

/* ---- the consumer ------------------------------------------------------------ */

/* The newest store that is known, or one behind it. */
inline load(from, acquire, to)
{
	atomic {
		/* The newest that must have been seen. */
		d_step {
			s = (knows > seen[from] -> knows : seen[from]);
			do
			:: s > 0 && word[s] != from -> s--
			:: else -> break
			od;
			l = s
		};
		/* Or one of those behind it. */
		do
		:: l < stores ->
			l++;
			if
			:: word[l] == from -> s = l
			:: word[l] == from
			:: word[l] != from
			fi
		:: else -> break
		od;
		d_step {
			seen[from] = s;
			to = (s -> value[s] : 0);
			if
			:: s && acquire && carries[s] > knows ->
				knows = carries[s]
			:: else
			fi;
			if
			:: s && carries[s] > heard -> heard = carries[s]
			:: else
			fi;
			if
			:: heard < knows -> heard = knows
			:: else
			fi;
			s = 0;
			l = 0
		}
	}
}

inline fence_acquire()
{
	knows = heard
}

#define READY 0
#define NOT_YET 1
#define LOST 2

#ifdef PLAINLOOK
#define LOOKS false
#else
#define LOOKS true
#endif
#ifdef PLAINCOPY
#define COPIES false
#else
#define COPIES true
#endif

inline look(position)
{
	load(COMMIT((position) % RING), LOOKS, x);
	d_step {
		if
		:: x == WORD((position) + 1) -> answer = READY
		:: x != WORD((position) + 1) && IS_LATER(x % BUSY, position) ->
			answer = LOST
		:: else -> answer = NOT_YET
		fi;
		x = 0
	}
}

/* Is the commit word still what it was? */
inline whole(position)
{
	load(COMMIT((position) % RING), false, x);
	d_step {
		answer = (x == WORD((position) + 1) -> READY : LOST);
		x = 0
	}
}

#define ONE_PACKET \
	(field % OFFSET == place && (!HAS_ROW(place) || row == place))

inline copy(position)
{
#ifdef WHOLEFIRST
	whole(position);
#endif
	load(FIELD((position) % RING), COPIES, field);
	load(PLACE((position) % RING), COPIES, place);
	if
	:: HAS_ROW(place) -> load(ROW((position) % RING), COPIES, row)
	:: else
	fi;
#ifdef JUDGEFIRST
	assert(ONE_PACKET);
#endif
#if !defined(NOWHOLE) && !defined(WHOLEFIRST)
	whole(position)
#endif
}

/* The application has a packet of this position. */
inline deliver(position)
{
	d_step {
		assert(ONE_PACKET);
		assert(place == (position) + 1);
		assert(!had[place - START - 1]);
		had[place - START - 1] = true;
		delivered++
	}
}

/* In order: the flag says whether there is a gap before it. */
inline deliver_next()
{
	deliver(position);
	d_step {
		assert(place > last);
#ifndef NUMBERS
		assert(missed == (place > last + 1));
#endif
		last = place;
		missed = false
	}
}

/* The data, word by word. */
inline read()
{
	load(DATA(field / OFFSET), false, first);
	load(DATA(field / OFFSET) + 1, false, second)
}

/* Is what was read so far the packet's? */
inline valid(position)
{
#ifndef NOVFENCE
	fence_acquire();
#endif
#ifdef NOVALID
	answer = READY
#else
	whole(position)
#endif
}

#define ALL_COUNTED \
	(delivered + lost == position - START + (early != NONE -> 1 : 0))

inline advance()
{
	d_step {
		position++;
		if
		:: early == position -> early = NONE; position++
		:: else
		fi;
		assert(ALL_COUNTED);
		at = position
	}
}

#define HALF ((RING < PACKETS -> RING : PACKETS) / 2 + 1)
#define BEHIND ((x + SIGNALS - (position - START) % SIGNALS) % SIGNALS)

inline skip_lost()
{
#ifdef LIE
	if
	:: x = 0
	:: x = 1
	:: x = SIGNALS / 2
	:: x = SIGNALS - 1
	fi;
#else
	load(SIGNAL, true, x);
#endif
	d_step {
		s = position;
		if
#ifdef TOTHEEND
		:: BEHIND <= SIGNALS / 2 -> more = BEHIND + 1
#endif
#ifdef STAYS
		:: BEHIND <= HALF -> more = 0
#endif
#ifdef BACK
		:: x <= HALF -> position = START; more = 0
		:: x > HALF -> position = START + x - HALF; more = 0
#endif
#ifdef NOLIMIT
		:: BEHIND > HALF -> more = BEHIND - HALF
#else
		:: BEHIND > HALF && BEHIND <= SIGNALS / 2 -> more = BEHIND - HALF
#endif
		:: else -> more = 1
		fi;
		position = position + more;
		assert(position > s);
#ifndef LIE
		assert(position <= committed);
#endif
		s = 0;
		/* forget_early() */
		if
		:: early != NONE && early < position -> early = NONE;
#ifndef EARLYLOST
			more--
#endif
		:: early == position -> early = NONE; position++
		:: else
		fi;
#ifdef COUNTONE
		more = (more -> 1 : 0);
#endif
#ifdef COUNTMORE
		more++;
#endif
		lost = lost + more;
		assert(ALL_COUNTED);
#ifndef NOMISSED
		missed = missed || more > 0;
#endif
		at = position;
		more = 0;
		x = 0;
		field = 0;
		place = 0;
		row = 0
	}
}

#ifdef VALIDFIRST
#define USE(position) valid(position); read()
#else
#define USE(position) read(); valid(position)
#endif
#define JUDGE                                                   \
	assert(answer == LOST || (first == place && second == place)); \
	first = 0;                                              \
	second = 0

/* One call.  A turn passes a packet, or more. */
inline get()
{
	turns = 0;
	answer = LOST;
	do
	:: answer == LOST && turns <= RING ->
		turns++;
		look(position);
		if
		:: answer == READY -> copy(position)
		:: else
		fi;
#ifdef COPY
		if
		:: answer == READY -> USE(position);
			d_step { JUDGE }
		:: else
		fi;
#endif
		if
		:: answer == READY -> q = position; deliver_next(); advance()
		:: answer == LOST -> skip_lost()
		:: answer == NOT_YET -> assert(position >= told)
		fi
	:: else -> break
	od;
	turns = 0;
#ifndef LIE
	assert(!(calm && answer == LOST))
#endif
}

#ifdef NUMBERS
/* The one behind the next.  Who was overtaken begins anew, but not for ever. */
inline get_nr()
{
	turns = 2 * RING;
	wanted = position + 2;
	q = position;
	answer = LOST;
	do
	:: answer == LOST && turns > 0 && q < wanted ->
		turns--;
		look(q);
		if
		:: answer == READY && q + 1 < wanted ->
			/* number_of() */
			load(PLACE(q % RING), COPIES, place);
			if
			:: HAS_ROW(place) -> load(ROW(q % RING), COPIES, row)
			:: else
			fi;
			whole(q);
			assert(answer == LOST || (!HAS_ROW(place) && q % 2 == 0)
			       || row == q + 1);
			place = 0;
			row = 0
		:: else
		fi;
		if
		:: answer == READY && q + 1 < wanted -> answer = LOST; q++
		:: answer == LOST && q == position -> skip_lost(); q = position
		:: answer == LOST && q != position -> q++
		:: else -> break
		fi
	:: else -> break
	od;
	turns = 0;
	if
	:: answer == READY && q + 1 == wanted -> copy(q)
	:: else
	fi;
	if
	:: answer == READY -> deliver(q);
		if
		:: q == position -> last = wanted; advance()
		:: else -> early = q
		fi
	:: else
	fi;
	wanted = 0
}
#endif

/* Asleep until something was signalled that is not known: notify.pml. */
inline sleep()
{
	atomic {
#ifdef LIE
		(signalled > knows || done) ->
#else
		(signalled > knows) ->
#endif
		knows = (signalled > knows -> signalled : knows);
		heard = (heard > knows -> heard : knows);
		told = promised
	}
}

active proctype consumer()
{
	byte position = START, last = START, early = NONE, told = START;
	byte knows = 0, heard = 0, seen[ALL];
	bool had[ITEMS];
	byte delivered = 0, lost = 0, more = 0, turns = 0, answer = LOST;
	byte field = 0, place = 0, row = 0, first = 0, second = 0;
	byte s = 0, l = 0, x = 0, q = 0;
#ifdef NUMBERS
	byte wanted = 0;
#endif
	bool missed = false, calm = false;
	do
	:: position < END ->
		/* All news comes in the end. */
		d_step {
			calm = done && committed - position <= SIGNALS / 2;
			if
			:: done -> knows = stores; heard = stores
			:: else
			fi
		};
		if
		:: get()
#ifdef NUMBERS
		:: early == NONE && position + 1 < END -> get_nr()
#endif
		fi;
		if
		:: answer == READY ->
#ifndef COPY
			USE(q);
			d_step { JUDGE };
#endif
			field = 0;
			place = 0;
			row = 0
#ifdef LIE
		:: answer == NOT_YET && done -> break /* misled */
#endif
		:: answer == NOT_YET -> sleep()
		:: answer == LOST
		fi;
		q = 0
	:: position < END -> break /* never again */
	:: else -> break
	od
}
