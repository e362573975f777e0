/* SPDX-License-Identifier: MIT */
/*
 * consumers.pml - several consumers of one producer, and the death of any of them
 * in any state, for Spin.
 *
 * Who has which packet is kept by the producer alone, in private memory; the
 * monitor's thread hears of the end of a connection whenever it comes to it, and
 * only the work thread lets go of who left.  Here is all of that, and the sleep of
 * both ends, in single steps: each access to a word that somebody else may write
 * is one, in the order of the code, and any process may be killed before each.
 *
 * In the sources:
 *   get()      dsi__producer_get(): dsi__producer_adopt(), look_for_space(),
 *              collect_fresh(), refresh_limit(), take_newest()
 *   rest()     data_plane.c sleep_once() with dsi__producer_announce() and
 *              dsi__producer_withdraw()
 *   doze()     usual_wait.h dsi__usual_sleep(), where there is one consumer
 *   commit()   packet.c commit(), producer.c commit_all(), tell_all()
 *   change()   dsi__producer_change(): admit(), retire(), let_go()
 *   drain()    dsi__producer_drained(), as dsi_socket_drain() waits for it
 *   close_all()  dsi_socket_close(): leave_monitor(), dsi__producer_forget(),
 *              dsi__producer_close_links()
 *   monitor()  handshake_producer.c accept() with set_up_peer() and
 *              dsi__producer_join(), parted(), dsi__producer_reap() with
 *              dsi__producer_leave() and free_link()
 *   consumer() consumer.c find_start(), take_next(), give_back(),
 *              usual_consumer.h dsi__usual_taken(), dsi__consumer_tell(),
 *              data_plane.c sleep_once()
 *   news()     handshake_consumer.c link_ready(): dsi__plane_tell() with GONE
 *
 * CONSUMERS with policy BLOCK; ITEMS packets, PACKETS slots of
 * data, RING descriptors, at most HOLD packets in a consumer's hands.  The producer
 * closes when it has sent all, at once or after it has waited until all came back.
 * Consumer 0 may die at any step.  With RING < PACKETS the producer waits for
 * descriptors, too.
 *
 * Memory is in order here, a sleep index has no count, and who asks whether the
 * peer sleeps has no memory of whom it woke: that is notify.pml.  The messages of
 * joining are handshake.pml.
 *
 * Flags that add behaviour, with which the model must still be right:
 *   -DJOINS     the consumers come whenever they like; else they are admitted
 *   -DDOZE      where there is one consumer, the usual sleep as well
 *   -DDIES_P    so may the producer, with its monitor
 *   -DOWED      commit and get are one call, and a wake-up may be put off until
 *               the get sleeps (dsi_packet_commit_get())
 * Properties:
 *   - a survivor gets each packet that was committed since it was admitted, once and
 *     in order, and what it has in its hands is not written
 *   - a packet is free once: it is not given back twice, nor by who has not got it,
 *     and when all is drained every packet is free
 *   - nobody waits for ever: no invalid end state
 *   - the pages of a consumer are not touched after they were unmapped, and not
 *     unmapped while somebody sleeps on a word in them
 *   - a place is empty before it is given
 * Mutants, which must fail (with -DCONSUMERS=1, where none of another is needed):
 *   -DNOPOKE      the monitor notes that there is a change, and wakes nobody
 *   -DSNAPLATE    the private word is looked at after the ring, before the sleep
 *   -DDOZE -DNOFLAGS  the usual sleep does not look at the flags
 *   -DNOGENERATION  sleeps on words of who was let go of by the look before
 *   -DSTALE       the consumers that get a packet are noted before the change
 *   -DTAKEALL     what the dead had is free, whoever else has it
 *   -DTAKENONE    what the dead had stays in its hands
 *   -DKEEPMASK    the dead is still announced to, and asked how far it has read
 *   -DUNNOTED     the dead is still told of packets
 *   -DJOINS -DSOLE  only who was there at first is told of packets
 *   -DUNMAPFIRST  the monitor unmaps before the work thread let go
 *   -DJOINS -DNOCOMPARE  the monitor retires who was just admitted
 *   -DJOINS -DFIRSTLATE  a consumer begins where the stream was when it connected
 *   -DOWED -DNOPAY       let go of without the wake-up that it is owed
 *   -DOWED -DRETIREFIRST said to be let go of before that is done
 *   -DPACKETS=2 -DTOKENLATE  counts what it gives back before it names it
 *   -DDIES_P -DGONELATE  "gone" is looked at after the ring
 */
#ifndef CONSUMERS
#define CONSUMERS 2
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef PACKETS
#define PACKETS 1
#endif
#ifndef RING
#define RING PACKETS
#endif
#ifndef HOLD
#define HOLD 1
#endif
#define NOBODY CONSUMERS
#define US 128 /* as an owner: the application */
#define BIT(c) (1 << (c))

/* Control and data area: the producer's. */
byte desc[RING];   /* 1 + the position of the packet that is there */
byte token[RING];
byte data[PACKETS]; /* 1 + the number that was written */

/* The page of each consumer. */
byte taken[CONSUMERS], returned[CONSUMERS];
byte returns[CONSUMERS * PACKETS];
byte given[CONSUMERS];	  /* its signal */
byte asleep_c[CONSUMERS]; /* its sleep index: 0, or 1 + the signal seen */
/* The producer's page for each. */
byte start[CONSUMERS];
byte signal[CONSUMERS];
byte asleep_p[CONSUMERS];

/* The producer's monitor and its work thread. */
#define EMPTY 0
#define JOINING 1
#define ACTIVE 2
#define LEAVING 3
#define RETIRED 4
byte peer[CONSUMERS];
bool mapped[CONSUMERS]; /* both pages */
bool changed = false;	/* DSI_PLANE_CHANGED */
bool poked = false;	/* the private word, since it was looked at */
bool busy = false, monitored = true;
bool dead_p = false, closed = false;

/* Connections. */
#define NONE 0
#define JOINED 1
#define ENDED 2
byte link[CONSUMERS];
bool asks[CONSUMERS], ready[CONSUMERS];
bool open_c[CONSUMERS];
bool dead_c[CONSUMERS];
bool gone = false; /* DSI_PLANE_GONE, and the private word of each consumer */

/* The port: who sleeps, and on whose words. */
bool rests = false;
byte on = 0;
bool rests_c[CONSUMERS];

/* Only for what must be true. */
byte committed = 0;
#ifdef FIRSTLATE
byte joined_at[CONSUMERS];
#endif
#ifdef DIES_P
#define WHILE_ALIVE {
#define UNLESS_DEAD } unless { dead_p }
#else
#define WHILE_ALIVE
#define UNLESS_DEAD
#endif
#define TOUCH(c) assert(mapped[c] || dead_p)

/* ---- the producer's work thread ------------------------------------------------ */

#define OF(c) (mask & BIT(c))
#define GIVEN(c) (position - first[c]) /* dsi__producer_given() */
#define HAS(c) (GIVEN(c) - back[c])
#define EACH(set, what)                                     \
	i = 0;                                              \
	do                                                  \
	:: i < CONSUMERS && ((set) & BIT(i)) -> what; i++   \
	:: i < CONSUMERS && !((set) & BIT(i)) -> i++        \
	:: else -> break                                    \
	od;                                                 \
	i = 0

inline clear_owner(p, who)
{
	assert(owners[p] & (who));
	owners[p] = owners[p] & ~(who);
	if
	:: owners[p] == 0 ->
		assert(!free[p]);
		free[p] = true
	:: else
	fi
}

/* Wakes only who has not seen the present signal. */
inline wake_consumer(c)
{
	atomic { TOUCH(c); rests_c[c] = false }
}

inline pay()
{
	if
	:: owed != NOBODY -> wake_consumer(owed); owed = NOBODY
	:: else
	fi
}

inline refresh_limit()
{
	most = 0;
	k = 0;
	do
	:: k < CONSUMERS && OF(k) ->
		atomic {
			TOUCH(k);
			assert(taken[k] <= position &&
			       (taken[k] >= read[k] ||
				(taken[k] == 0 && read[k] == first[k])));
			if
			:: taken[k] >= read[k] -> read[k] = taken[k]
			:: else
			fi;
			if
			:: position - read[k] > most -> most = position - read[k]
			:: else
			fi;
			k++
		}
	:: k < CONSUMERS && !OF(k) -> k++
	:: else -> break
	od;
	atomic {
		limit = (mask -> position - most + RING : 255);
		most = 0;
		k = 0
	}
}

inline admit(c)
{
	d_step {
#ifdef FIRSTLATE
		first[c] = joined_at[c];
#else
		first[c] = position;
#endif
		read[c] = first[c];
		back[c] = 0;
		mask = mask | BIT(c);
#ifdef SOLE
		told = (told -> told : mask);
#else
		told = mask;
#endif
		moved = true
	};
	atomic { TOUCH(c); start[c] = first[c] + 1 };
	refresh_limit()
}

inline let_go(c)
{
#ifndef NOPAY
	if
	:: owed == c -> pay()
	:: else
	fi;
#endif
	d_step {
		has = HAS(c);
#ifndef KEEPMASK
		mask = mask & ~BIT(c);
#endif
#ifndef UNNOTED
		told = told & ~BIT(c);
#endif
		limit = 0;
		p = 0;
		do
		:: p < PACKETS && has && (owners[p] & BIT(c)) ->
			has--;
#ifdef TAKEALL
			owners[p] = BIT(c);
#endif
#ifndef TAKENONE
			clear_owner(p, BIT(c));
#endif
			p++
		:: p < PACKETS && !(has && (owners[p] & BIT(c))) -> p++
		:: else -> break
		od;
		p = 0;
		assert(has == 0);
		first[c] = 0;
		read[c] = 0;
		back[c] = 0;
		seen[c] = 0;
		moved = true
	}
}

inline retire(c)
{
#ifdef RETIREFIRST
	peer[c] = RETIRED;
	let_go(c);
#else
	let_go(c);
	peer[c] = RETIRED;
#endif
	refresh_limit()
}

inline change()
{
	changed = false;
	i = 0;
	do
	:: i < CONSUMERS ->
		if
		:: atomic { peer[i] == JOINING -> peer[i] = ACTIVE };
			admit(i)
		:: peer[i] == LEAVING -> retire(i)
		:: peer[i] != JOINING && peer[i] != LEAVING
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

inline adopt()
{
	if
	:: changed -> change()
	:: else
	fi
}

/* The count, and then the tokens below it. */
inline collect()
{
	i = 0;
	do
	:: i < CONSUMERS && OF(i) && HAS(i) ->
		d_step {
			TOUCH(i);
			assert(returned[i] >= back[i] &&
			       returned[i] <= GIVEN(i));
			do
			:: back[i] < returned[i] ->
				p = returns[i * PACKETS + back[i] % PACKETS];
				clear_owner(p, BIT(i));
				back[i]++
			:: else -> break
			od;
			p = 0;
			i++
		}
	:: i < CONSUMERS && !(OF(i) && HAS(i)) -> i++
	:: else -> break
	od;
	i = 0
}

/* A packet that is free, or PACKETS: none. */
inline find_free()
{
	d_step {
		p = 0;
		do
		:: p < PACKETS && !free[p] -> p++
		:: else -> break
		od;
		skip
	}
}

/* May one packet be taken? */
inline look_for_space()
{
	find_free();
	if
	:: p == PACKETS -> collect(); find_free()
	:: else
	fi;
	if
	:: p < PACKETS && position >= limit -> refresh_limit()
	:: else
	fi;
	space = (p < PACKETS && position < limit);
	p = 0
}

/* What the wait is for: a packet, or all of them back. */
inline look()
{
	adopt();
	if
	:: drains -> collect();
		d_step {
			space = true;
			do
			:: i < CONSUMERS ->
				space = space && !(OF(i) && HAS(i));
				i++
			:: else -> break
			od;
			i = 0
		}
	:: else -> look_for_space()
	fi
}

/* @c sleeps on our words: announce to it, or take that back. */
inline snapshot(c)
{
	atomic { TOUCH(c); seen[c] = given[c] }
}

inline say_asleep(c)
{
	atomic { TOUCH(c); asleep_p[c] = 1 + seen[c] }
}

inline announce(c)
{
	snapshot(c);
	say_asleep(c)
}

inline withdraw(c)
{
	atomic { TOUCH(c); asleep_p[c] = 0; seen[c] = 0 }
}

#define SAME(c) (!(words & BIT(c)) || given[c] == seen[c])
#define ALL_SAME (SAME(0) && SAME(CONSUMERS - 1))

/* The port compares and sleeps in one step. */
inline port_wait()
{
	pay();
	atomic {
		if
		:: !poked && ALL_SAME ->
			assert(!(words & 1) || mapped[0]);
			assert(!(words & 2) || mapped[CONSUMERS - 1]);
			on = words;
			rests = true
		:: else
		fi
	};
	atomic { !rests -> on = 0 }
}

inline rest()
{
	moved = false;
	words = mask;
	EACH(mask, announce(i));
#ifndef SNAPLATE
	poked = false;
#endif
	look();
#ifdef SNAPLATE
	poked = false;
#endif
	if
#ifdef NOGENERATION
	:: !space -> port_wait()
#else
	:: !space && !moved -> port_wait()
#endif
	:: else
	fi;
	moved = false;
	words = 0;
	EACH(mask, withdraw(i));
	if
	:: !space -> look()
	:: else
	fi
}

#define SOLE_ONE (mask == 1 -> 0 : 1)
#define NONE_BACK(c) (returned[c] == back[c] && back[c] != GIVEN(c))

/* The look comes before it says that it sleeps, and after the snapshots.  No change
 * in between can take its words away: only we let go. */
inline doze()
{
	words = mask;
	snapshot(SOLE_ONE);
	poked = false;
	if
#ifdef NOFLAGS
	:: atomic { NONE_BACK(SOLE_ONE) -> TOUCH(SOLE_ONE) };
		say_asleep(SOLE_ONE);
		port_wait()
	:: atomic { !NONE_BACK(SOLE_ONE) -> TOUCH(SOLE_ONE) }
#else
	:: changed
	:: !changed ->
		if
		:: atomic { NONE_BACK(SOLE_ONE) -> TOUCH(SOLE_ONE) };
			say_asleep(SOLE_ONE);
			port_wait()
		:: atomic { !NONE_BACK(SOLE_ONE) -> TOUCH(SOLE_ONE) }
		fi
#endif
	fi;
	words = 0;
	withdraw(SOLE_ONE);
	look()
}

inline get()
{
	look();
	do
	:: !space -> rest()
#ifdef DOZE
	:: !space && !drains && (mask == 1 || mask == 2) &&
	   NONE_BACK(SOLE_ONE) -> doze()
#endif
	:: else -> break
	od;
	space = false;
	pay()
}

inline take()
{
	find_free();
	d_step {
		free[p] = false;
		owners[p] = US;
		mine = p;
		p = 0
	};
	data[mine] = position + 1
}

inline tell(c)
{
	atomic { TOUCH(c); signal[c] = GIVEN(c) }
}

/* Asleep, and has not seen it. */
inline wake(c)
{
	if
	:: atomic { asleep_c[c] && GIVEN(c) > asleep_c[c] - 1 -> TOUCH(c) };
#ifdef OWED
		if
		:: owed == NOBODY -> owed = c
		:: else -> wake_consumer(c)
		fi
#else
		wake_consumer(c)
#endif
	:: atomic { !(asleep_c[c] && GIVEN(c) > asleep_c[c] - 1) -> TOUCH(c) }
	fi
}

inline commit()
{
#ifdef STALE
	to = mask;
	adopt();
#else
	adopt();
	to = mask;
#endif
	atomic {
		owners[mine] = owners[mine] | to;
		to = 0;
		token[position % RING] = mine;
		desc[position % RING] = position + 1;
		position++;
		committed = position;
		clear_owner(mine, US);
		mine = 0
	};
	EACH(told, tell(i));
	EACH(told, wake(i))
}

inline close_all()
{
	atomic { !busy -> monitored = false };
	mask = 0;
	i = 0;
	do
	:: i < CONSUMERS ->
		atomic {
			mapped[i] = false;
			peer[i] = EMPTY;
			link[i] = NONE;
			i++
		}
	:: else -> break
	od;
	i = 0;
	closed = true
}

inline judge_drained()
{
	d_step {
		do
		:: p < PACKETS -> assert(free[p]); p++
		:: else -> break
		od;
		p = 0
	}
}

proctype producer()
{
	byte position = 0;
#ifdef JOINS
	byte limit = 255, mask = 0, told = 0;
#else
	byte limit = RING, mask = (1 << CONSUMERS) - 1;
	byte told = mask;
#endif
	byte first[CONSUMERS], read[CONSUMERS], back[CONSUMERS];
	byte owners[PACKETS];
	bool free[PACKETS];
	byte seen[CONSUMERS];
	byte owed = NOBODY, mine = 0, words = 0, has = 0, to = 0, most = 0;
	byte i = 0, k = 0, p = 0;
	bool moved = false, space = false, drains = false;
	d_step {
		do
		:: p < PACKETS -> free[p] = true; p++
		:: else -> break
		od;
		p = 0
	};
	WHILE_ALIVE
		do
		:: position < ITEMS -> get(); take(); commit()
		:: else -> break
		od;
		if
		:: drains = true; get(); judge_drained()
		:: pay()
		fi;
		close_all()
	UNLESS_DEAD;
	atomic {
		rests = false;
		on = 0;
		position = 0;
		limit = 0;
		told = 0
	}
}

/* ---- its monitor's thread ------------------------------------------------------- */

/* dsi__plane_wake() */
inline poke()
{
	atomic { poked = true; rests = false }
}

inline note_change()
{
	changed = true;
#ifndef NOPOKE
	poke()
#endif
}

inline join(c)
{
	atomic {
		assert(peer[c] == EMPTY && !mapped[c]);
		mapped[c] = true;
		link[c] = JOINED;
		taken[c] = 0; returned[c] = 0; given[c] = 0; asleep_c[c] = 0;
		start[c] = 0; signal[c] = 0; asleep_p[c] = 0
	};
#ifdef FIRSTLATE
	joined_at[c] = committed;
#endif
	peer[c] = JOINING;
	note_change();
	ready[c] = true
}

inline unmap(c)
{
	atomic {
		assert(!(on & BIT(c)));
		mapped[c] = false;
		ready[c] = false;
		peer[c] = EMPTY;
		link[c] = NONE
	}
}

inline leave(c)
{
	link[c] = ENDED;
	if
#ifdef NOCOMPARE
	:: peer[c] == JOINING -> peer[c] = RETIRED
#else
	:: atomic { peer[c] == JOINING -> peer[c] = RETIRED }
#endif
	:: atomic { peer[c] == ACTIVE -> peer[c] = LEAVING };
		note_change()
	fi;
#ifdef UNMAPFIRST
	unmap(c)
#endif
}

/* One callback at a time. */
#define CALL(why) atomic { monitored && !dead_p && (why) -> busy = true }

#define CALLS(c)                                            \
	:: CALL(link[c] == NONE && asks[c]);                \
		asks[c] = false;                            \
		join(c);                                    \
		busy = false                                \
	:: CALL(link[c] == JOINED && !open_c[c]);           \
		leave(c);                                   \
		busy = false                                \
	:: CALL(link[c] == ENDED && peer[c] == RETIRED);    \
		unmap(c);                                   \
		busy = false

active proctype monitor()
{
	WHILE_ALIVE
end:
	do
	CALLS(0)
#if CONSUMERS > 1
	CALLS(1)
#endif
	od
	UNLESS_DEAD
}

/* ---- consumers -------------------------------------------------------------------- */

/* dsi__consumer_tell() */
inline tell_producer()
{
	unsaid = false;
	given[me]++;
	if
	:: atomic { asleep_p[me] && given[me] > asleep_p[me] - 1 ->
		    rests = (on & BIT(me) -> false : rests) }
	:: else
	fi
}

#define THERE (started && desc[pos % RING] == pos + 1)

inline find_start()
{
	if
	:: atomic { !started && start[me] -> pos = start[me] - 1;
		    started = true };
		taken[me] = pos
	:: else
	fi
}

inline take_one()
{
	atomic {
		hand[holds] = token[pos % RING];
		number[holds] = pos + 1;
		/* It is the next one, and whole. */
		assert(data[hand[holds]] == pos + 1);
		holds++;
		pos++
#if RING < PACKETS
		;
		unsaid = true
	};
	taken[me] = pos;
#else
		;
		taken[me] = pos
	};
#endif
#if RING < PACKETS
	if
	:: holds > 1 || asleep_p[me] -> tell_producer()
	:: else
	fi
#endif
}

inline give_one()
{
	atomic {
		/* Nobody has written to it meanwhile. */
		holds--;
		assert(data[hand[holds]] == number[holds] || dead_p);
		number[holds] = 0;
#ifdef TOKENLATE
		out = hand[holds];
		hand[holds] = 0
	};
	returned[me]++;
	returns[me * PACKETS + (returned[me] - 1) % PACKETS] = out;
	out = 0;
#else
		returns[me * PACKETS + returned[me] % PACKETS] = hand[holds];
		hand[holds] = 0
	};
	returned[me]++;
#endif
	tell_producer()
}

inline nothing()
{
	if
	:: unsaid -> tell_producer()
	:: else
	fi
}

inline rest_c()
{
	snap = signal[me];
	asleep_c[me] = 1 + snap;
	find_start();
	if
	:: THERE || gone
	:: else ->
		nothing();
		atomic {
			if
			:: signal[me] == snap && !gone -> rests_c[me] = true
			:: else
			fi
		};
		!rests_c[me]
	fi;
	asleep_c[me] = 0;
	snap = 0
}

inline live()
{
#ifdef JOINS
	atomic { asks[me] = true; open_c[me] = true };
	if
	:: ready[me]
	:: closed || dead_p -> goto out_c
	fi;
#endif
	do
	:: true ->
#ifndef GONELATE
		left = gone;
#endif
		find_start();
		assert(!started || desc[pos % RING] <= pos + 1);
		if
		:: THERE -> take_one();
			do
			:: holds < HOLD && THERE -> take_one()
			:: holds -> give_one()
			:: holds == 0 -> break
			od
		:: else ->
#ifdef GONELATE
			left = gone;
#endif
			nothing();
			if
			:: left -> break
			:: else -> rest_c()
			fi
		fi;
		left = false
	od;
	/* Nothing that was committed is left behind. */
	assert(!started || pos == committed);
	atomic { pos = 0; left = false; started = false };
out_c:	skip
}

#ifdef TOKENLATE
#define OUT byte out = 0;
#else
#define OUT
#endif
#define ITS_OWN                                              \
	byte pos = 0, holds = 0, snap = 0;                   \
	byte hand[HOLD], number[HOLD];                       \
	bool started = false, left = false, unsaid = false;  \
	OUT

proctype consumer(byte me)
{
	ITS_OWN
	live();
	open_c[me] = false
}

proctype mortal(byte me)
{
	ITS_OWN
	{ live() } unless { dead_c[me] };
	atomic {
		rests_c[me] = false;
		open_c[me] = false;
		pos = 0; holds = 0; snap = 0; hand[0] = 0; number[0] = 0;
		started = false; left = false; unsaid = false
	}
}

active proctype news()
{
end:
	closed || dead_p;
	atomic {
		gone = true;
		rests_c[0] = false;
		rests_c[CONSUMERS - 1] = false
	}
}

proctype killer(byte who)
{
	if
	:: dead_c[who] = true
	:: skip
	fi
}

#ifdef DIES_P
active proctype fate()
{
	if
	:: dead_p = true
	:: skip
	fi
}
#endif

/* Without -DJOINS all have joined, and are admitted. */
init {
	atomic {
#ifndef JOINS
		mapped[0] = true;
		mapped[CONSUMERS - 1] = true;
		link[0] = JOINED;
		link[CONSUMERS - 1] = JOINED;
		open_c[0] = true;
		open_c[CONSUMERS - 1] = true;
		peer[0] = ACTIVE;
		peer[CONSUMERS - 1] = ACTIVE;
		start[0] = 1;
		start[CONSUMERS - 1] = 1;
#endif
		run producer();
		run mortal(0);
		run killer(0);
#if CONSUMERS > 1
		run consumer(1)
#endif
	}
}
