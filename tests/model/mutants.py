#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutants.py - would the explorer notice?

A check that never fails proves nothing.  Here the sources are copied and each
copy is made worse in one place: an order weakened, a fence deleted, two steps
exchanged - at least once for every ordering edge that the headers declare.
The explorer must find fault with each copy.  A few it cannot, because the
edge is not needed for what we ask, or because something else stands in for
it; each of those is listed with the reason, and a listed one that is caught
after all is an error too: then the list is out of date.

usage: mutants.py --source DIR --include DIR --work DIR [--cc CC] [NAME...]
"""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

WATCHED = ["rig", "scenarios", "scene_packets", "scene_words", "scene_death",
           "scene_lies"]
CORE = ["producer", "consumer", "transfer", "data_plane", "packet_table", "packet",
        "select", "select_words", "event", "trace_hooks"]
FLAGS = ["-std=c11", "-O1", "-g", "-fsanitize=thread", "-w"]

# Scenarios, from cheap to dear.
BLOCK = ["block-ring2", "block-ring1", "block-packet1"]
BOTH = BLOCK + ["block-holding", "bell"]
MORE = ["block-two", "two-visit", "drop-new"]
RECLAIM = ["reclaim", "reclaim-ring", "reclaim-ordinary"]
JOIN = ["visit", "two-visit", "join-late"]
USUAL = ["many-usual", "many-usual-ring1", "many-usual-wraps", "many-usual-cool"]
KILL = ["killed-one", "killed-ring2"]
DIES = ["dies-packet1", "dies-ring1", "dies-owed"]

MUTANTS = []


def mutant(name, file, changes, scenarios, survives=None):
    MUTANTS.append((name, file, changes, scenarios, survives))


def order(file, function, old, new, name, scenarios, survives=None, nth=0):
    """In @function, memory order @old becomes @new; @nth -1: all of them."""
    mutant(name, file, [("order", function, old, new, nth)], scenarios,
           survives)


def text(file, old, new, name, scenarios, survives=None):
    mutant(name, file, [("text", old, new)], scenarios, survives)


# ---- R: the ring ------------------------------------------------------------
order("ring.h", "dsi__desc_publish", "release", "relaxed",
      "R1 commit store relaxed", BLOCK, nth=3)
order("ring.h", "dsi__desc_ready", "acquire", "relaxed",
      "R1 commit load relaxed", BLOCK)
order("ring.h", "dsi__ring_look", "acquire", "relaxed",
      "R1 commit load relaxed, what is not ordinary", RECLAIM)
mutant("R2 field stores relaxed", "ring.h",
       [("order", "dsi__desc_publish", "release", "relaxed", n)
        for n in (0, 0, 0)] +
       [("order", "dsi__ring_put_ext", "release", "relaxed", 0)], RECLAIM)
order("ring.h", "dsi__desc_publish", "release", "relaxed",
      "R2 time store relaxed", ["fields"], nth=0)
order("ring.h", "dsi__desc_publish", "release", "relaxed",
      "R2 place store relaxed", ["fields"], nth=2)
order("ring.h", "dsi__desc_copy", "acquire", "relaxed",
      "R2 place load relaxed", ["fields"], nth=2)
mutant("R2 field loads relaxed", "ring.h",
       [("order", "dsi__desc_copy", "acquire", "relaxed", -1),
        ("order", "dsi__ring_get_ext", "acquire", "relaxed", 0)], RECLAIM)
text("producer.c", "	dsi__ring_begin(ring, position);\n", "",
     "R2 no BUSY mark", RECLAIM)
text("consumer.c", "	if (!dsi__ring_whole(ring, position))\n",
     "	if (0)\n", "R2 copy not checked", RECLAIM)
text("usual_consumer.h", "	if ((lossy && !", "	if ((0 && !",
     "R2 copy of ordinary packets not checked", RECLAIM)
text("ring.h", "	atomic_thread_fence(memory_order_release);\n", "",
     "R3 no fence after revoke", RECLAIM)
text("ring.h", "	atomic_thread_fence(memory_order_acquire);\n", "",
     "R3 no fence before validity", RECLAIM)
text("producer.c", "{\n	revoke(&plane->as.producer, pkt);\n", "{\n",
     "R3 no revoke", RECLAIM)

# ---- N: flag and wait -------------------------------------------------------
order("notify.h", "dsi__waker_signal", "release", "relaxed",
      "N1 signal store relaxed", BOTH)
order("notify.h", "dsi__waiter_word", "acquire", "relaxed",
      "N1 signal load relaxed", BOTH)
text("packet.c", "	if (plane->owed)\n		dsi__plane_pay(plane);\n",
     "	plane->owed = NULL;\n", "N  a wake-up put off is forgotten",
     ["commit-get-two"])
text("data_plane.c", "	return dsi_port_wake_wait(waker->signal, words, n, deadline_ns);\n",
     "	return dsi_port_wait(words, n, deadline_ns);\n",
     "N  a wake-up put off is forgotten before sleeping", ["commit-get-timed"])
text("usual_wait.h",
     "	return dsi_port_wake_wait(waker->signal, words, 2, deadline_ns);\n",
     "	return dsi_port_wait(words, 2, deadline_ns);\n",
     "N  a wake-up put off is forgotten before the usual sleep", ["commit-get"])
order("consumer.c", "skip_lost", "acquire", "relaxed",
      "N1 signal load in skip_lost() relaxed", RECLAIM,
      "only a distance; the ring is asked again with R1")
order("notify.h", "dsi__notify_fence", "seq_cst", "acq_rel",
      "N2 fence acq_rel", BOTH)
text("notify.h", "	atomic_thread_fence(memory_order_seq_cst);\n", "",
     "N2 no fence", BOTH)
text("usual_producer.h", "	dsi__waker_signal(&peer->waker, signal);\n"
     "	dsi__notify_fence();\n",
     "	dsi__waker_signal(&peer->waker, signal);\n",
     "N2 no fence in the producer's commit", BOTH)
text("producer.c", "	signal_consumers(plane);\n	dsi__notify_fence();\n",
     "	signal_consumers(plane);\n",
     "N2 no fence before more than one is woken", MORE)
text("usual_consumer.h", "	dsi__notify_fence();\n", "",
     "N2 no fence when the consumer tells", BOTH)
text("packet.c", "	dsi__notify_fence();\n", "",
     "N2 no fence before waiting for a bell", ["bell"])
text("data_plane.c", "	dsi__notify_fence();\n", "",
     "N2 no fence before sleeping", BLOCK,
     "the port's wait is a full fence (port.h); the bell has none")
text("notify.h", " ||\n	    (int32_t)(signal - (uint32_t)sleep) <= 0)", ")",
     "N  wake although the sleeper had seen the signal", BOTH)
text("notify.h", " || sleep == waker->woken", "",
     "N  wake the same sleep again", BLOCK,
     "costs a needless system call, loses nothing")
text("usual_producer.h",
     "	pkt->position = position;\n	dsi__desc_publish(",
     "	dsi__waker_signal(&plane->as.producer.sole->waker, (uint32_t)(position"
     " + 1u - plane->as.producer.sole->first));\n"
     "	pkt->position = position;\n	dsi__desc_publish(",
     "N  signal before commit", ["commit-get"])
text("usual_consumer.h",
     "	dsi__waker_signal(&consumer->waker, signal);\n"
     "	dsi__notify_fence();\n"
     "	if (owe)\n"
     "		dsi__plane_owe(plane, &consumer->waker, signal);\n"
     "	else if (dsi__waker_asleep(&consumer->waker))\n"
     "		return dsi__plane_wake_peer(plane, &consumer->waker, signal);\n",
     "	if (dsi__waker_asleep(&consumer->waker))\n"
     "		(void)dsi__plane_wake_peer(plane, &consumer->waker, signal + 1);\n"
     "	dsi__waker_signal(&consumer->waker, signal);\n"
     "	dsi__notify_fence();\n",
     "N  wake before signal", BOTH)
text("usual_consumer.h",
     "	dsi__consumer_store_returned(consumer);\n"
     "	return dsi__consumer_tell(plane, owe);\n",
     "	(void)dsi__consumer_tell(plane, owe);\n"
     "	dsi__consumer_store_returned(consumer);\n	return 0;\n",
     "N  signal before return", BOTH)
text("usual_wait.h",
     "	dsi__waiter_announce(waiter, words[0].expected, 0);\n"
     "	timeout = dsi__usual_rest(plane, words, deadline_ns);\n",
     "	dsi__waiter_announce(waiter, words[0].expected, 0);\n"
     "	const struct dsi_port_word now[2] = {dsi__waiter_word(waiter), "
     "words[1]};\n"
     "	timeout = dsi__usual_rest(plane, now, deadline_ns);\n",
     "N  snapshot after the announcement of the usual sleep", BLOCK)
text("usual_wait.h",
     "	const struct dsi_port_word words[2] = {dsi__waiter_word(waiter),\n"
     "					       dsi__plane_word(plane)};\n"
     "	int timeout;\n\n"
     "	if (deadline_ns == 0 || plane->spin_ns ||\n"
     "	    dsi__plane_flags(plane) != flags || !none(plane))\n"
     "		return DSI_SLEPT_NOT;\n",
     "	int timeout;\n\n"
     "	if (deadline_ns == 0 || plane->spin_ns ||\n"
     "	    dsi__plane_flags(plane) != flags || !none(plane))\n"
     "		return DSI_SLEPT_NOT;\n"
     "	const struct dsi_port_word words[2] = {dsi__waiter_word(waiter),\n"
     "					       dsi__plane_word(plane)};\n",
     "N  the usual look before the snapshots", BLOCK + ["killed-one"])
text("data_plane.c", "		timeout = sleep_on(plane, words, n, deadline_ns);\n",
     "		for (uint32_t i = 0; i < n; i++)\n"
     "			words[i].expected = atomic_load_explicit("
     "words[i].word, memory_order_acquire);\n"
     "		timeout = sleep_on(plane, words, n, deadline_ns);\n",
     "N  snapshot after the second look", BOTH)
text("data_plane.c",
     "	dsi__notify_fence();\n	err = look(plane, arg);\n",
     "	dsi__notify_fence();\n	err = -DSI_EAGAIN;\n",
     "N  no second look", BOTH)
text("usual_wait.h", "!= flags || !none(plane))", "!= flags)",
     "N  no look before the usual sleep", BLOCK)
text("usual_wait.h", "	       returned != producer->position - peer->first &&\n"
     "	       dsi__usual_returned(peer) == returned;\n", "	       1;\n",
     "N  no second look before the usual sleep of a producer", ["commit-get"])
text("usual_wait.h", "	return !consumer->unsaid &&\n", "	return\n",
     "N  taken is not told before the usual sleep", ["block-holding"])
text("consumer.c",
     "	return plane->as.consumer.unsaid\n",
     "	return 0\n",
     "N  taken is not told when nothing is there", ["block-holding"])
text("consumer.c", "	if (got < n && (got > 0 || err == -DSI_EAGAIN))\n",
     "	if (got == 0 && err == -DSI_EAGAIN)\n",
     "N  taken is not told when less is there than asked for", ["many-short"])
text("consumer.c", "		consumer->tells = !consumer->lossy;\n", "",
     "N  taken is not told by who takes early", ["block-early"])
text("consumer.c", "!consumer->lossy && consumer->ring.slots < plane->packets;",
     "0;", "N  taken is never told", ["block-holding"])

# ---- J, T, S: peers, their counters, their start ----------------------------
order("producer.c", "dsi__producer_join", "release", "relaxed",
      "J1 join relaxed", JOIN)
order("producer.c", "dsi__producer_change", "acq_rel", "relaxed",
      "J1 admission relaxed", JOIN)
order("producer.c", "retire", "release", "relaxed", "J1 retired relaxed",
      JOIN)
order("producer.c", "expose", "acq_rel", "acquire",
      "J1 exposed without release", ["lie-leave"])
order("producer.c", "expose", "release", "relaxed",
      "J1 exposed after it left, relaxed", ["lie-leave"])
order("producer.c", "dsi__producer_left", "acquire", "relaxed",
      "J1 left load relaxed", JOIN)
text("producer.c", "	let_go(plane, peer);\n"
     "	/* J1: release pairs with dsi__producer_left(). */\n"
     "	atomic_store_explicit(&peer->state, DSI_PEER_RETIRED,\n"
     "			      memory_order_release);\n",
     "	atomic_store_explicit(&peer->state, DSI_PEER_RETIRED,\n"
     "			      memory_order_release);\n"
     "	refresh_limit(plane);\n	let_go(plane, peer);\n",
     "J1 retired too early", JOIN)
order("producer.c", "dsi__producer_vacate", "release", "relaxed",
      "J1 vacated relaxed", JOIN,
      "vacate and place are steps of one thread, the control plane")
order("producer.c", "changed", "release", "relaxed", "J2 changes relaxed",
      JOIN)
order("producer.c", "dsi__producer_change", "acquire", "relaxed",
      "J2 changes load relaxed", JOIN)
order("usual_consumer.h", "dsi__consumer_store_taken", "release", "relaxed",
      "T1 taken relaxed", ["block-ring2", "block-ring1", "block-holding"],
      "needs a load that is satisfied after a later store of its thread, "
      "which the model does not have (load buffering)")
order("producer.c", "refresh_taken", "acquire", "relaxed",
      "T1 taken load relaxed", ["block-ring2", "block-ring1",
                                "block-holding"],
      "as for the store")
order("usual_wait.h", "dsi__usual_retake", "acquire", "relaxed",
      "T1 taken load relaxed, after the usual sleep", ["block-ring1"],
      "as for the store")
text("usual_consumer.h",
     "	pkt = *dsi__packet_table_block(table, 1);\n",
     "	pkt = *dsi__packet_table_block(table, 1);\n"
     "	consumer->position = position + 1u;\n"
     "	dsi__consumer_store_taken(consumer);\n"
     "	consumer->position = position;\n",
     "T1 taken before ordinary packets are copied", BLOCK)
order("usual_consumer.h", "dsi__consumer_store_returned", "release", "relaxed",
      "T2 returned relaxed", BLOCK)
order("producer.c", "collect_fresh", "acquire", "relaxed",
      "T2 returned load relaxed", BLOCK + MORE)
text("usual_consumer.h",
     "	uint32_t i = dsi__usual_put_back(plane, pkts, n,\n",
     "	atomic_store_explicit(&plane->as.consumer.page->returned,\n"
     "			      plane->as.consumer.returned + n,\n"
     "			      memory_order_release);\n"
     "	uint32_t i = dsi__usual_put_back(plane, pkts, n,\n",
     "T2 returned before a batch's tokens are written", USUAL)
text("usual_consumer.h",
     "	block = dsi__packet_table_block(table, n);\n",
     "	atomic_store_explicit(&consumer->page->taken, position + n,\n"
     "			      memory_order_release);\n"
     "	block = dsi__packet_table_block(table, n);\n",
     "T1 taken before a batch is copied", USUAL)
text("usual_producer.h", "	return back >= least && back <=",
     "	return back <=", "T2 a batch is taken before it is back",
     USUAL)
order("usual_producer.h", "dsi__usual_back", "acquire", "relaxed",
      "T2 returned load relaxed, of what is taken at once", USUAL)
order("producer.c", "admit", "release", "relaxed", "S1 start relaxed",
      ["join-late"], "the word itself is all that it carries; the ring is "
      "read with R1")
order("consumer.c", "find_start", "acquire", "relaxed",
      "S1 start load relaxed", ["join-late"], "as for the store")

TAKE_OVER = "	if (take_over(plane, pkts, n))\n		return -DSI_EINVAL;\n"
ADOPT = ("	if (plane->role == DSI_ROLE_PRODUCER)\n"
         "		dsi__producer_adopt(plane);\n")
text("packet.c", ADOPT + TAKE_OVER, TAKE_OVER + ADOPT,
     "J2 changes are seen when packets are taken over", ["lender"])
text("data_plane.c",
     "err == -DSI_EAGAIN && peers == dsi__plane_peers(plane)",
     "err == -DSI_EAGAIN",
     "J1 sleeps on words of a peer let go of", ["two-leave"])
text("select.c", "if (!ready && peers == peers_of(sel))", "if (!ready)",
     "J1 select sleeps on words of a peer let go of", ["select-leave"])
text("select_words.c", "	if (at == sleep->n_woken)\n",
     "	(void)dsi__select_changed(sleep->words);\n"
     "	if (at == sleep->n_woken)\n",
     "J1 select compares words behind a look", ["select-leave"])

# ---- D: consumers that die ----------------------------------------------------
text("producer.c", "				 memory_order_release);\n"
     "	dsi__plane_wake(plane);\n}\n",
     "				 memory_order_release);\n}\n",
     "D  nobody is woken by a death", DIES)
mutant("D  what the dead had is not given back", "producer.c",
       [("text", "		if (pkt->owners & dsi__owners(bit)) {\n"
         "			if (dsi__traced(plane))\n"
         "				dsi__trace_left(",
         "		if (0) {\n			if (dsi__traced(plane))\n"
         "				dsi__trace_left("),
        ("text", "	DSI_ASSERT(has == 0);\n	dsi__transfer_forget(",
         "	dsi__transfer_forget(")], DIES)
text("producer.c",
     "			released += clear_owners(plane, pkt, dsi__owners(bit));\n",
     "			released += clear_owners(plane, pkt, UINT32_MAX);\n",
     "D  and so is what others have", ["dies-two"])
text("producer.c",
     "			released += clear_owners(plane, pkt, dsi__owners(bit));\n",
     "			if (!(pkt->owners &= ~dsi__owners(bit)))\n"
     "				released += clear_owners(plane, pkt, 0) +\n"
     "					clear_owners(plane, pkt, 0) - 1u;\n",
     "D  it is free twice", DIES)
text("producer.c", "	producer->reclaim_mask &= ~bit;\n	note_active(plane);\n",
     "	producer->reclaim_mask &= ~bit;\n",
     "D  the dead is still who packets go to", DIES)
text("producer.c", "	return dsi__producer_left(peer);\n", "	return 1;\n",
     "D  its pages are gone before it is let go of", DIES)
text("producer.c", "	if (plane->owed == &peer->waker)\n"
     "		dsi__plane_pay(plane);\n", "",
     "D  a wake-up is owed to the dead", ["dies-owed"],
     "no step of a consumer lies between saying that it sleeps and sleeping, "
     "the usual way; unit.passing has it owed")
text("producer.c",
     "		return peer->taken == peer->first && taken == 0 ? 0\n"
     "								: -DSI_EPROTO;\n",
     "		return -DSI_EPROTO;\n",
     "D  who died before it began is a liar", ["dies-joining"])
text("data_plane.c", "	if (bells)\n		dsi_port_loop_kick(bells, "
     "&plane->bell_kick);\n}\n\nvoid dsi__plane_tell", "}\n\nvoid dsi__plane_tell",
     "D  an event loop does not hear of a death", ["dies-bell"])

# ---- F: packets that are taken without a look ----------------------------------
text("producer.c", "		ordinary(plane, fresh, least_of(most, producer->room));\n",
     "		ordinary(plane, fresh, most);\n",
     "F  more are ready than the ring has places", ["dies-ring1", "many-usual"])
text("producer.c", "		ordinary(plane, fresh, least_of(most, producer->room));\n",
     "		ordinary(plane, most, least_of(most, producer->room));\n",
     "F  what is ready was not made ordinary", USUAL + ["dies-packet1"])
text("producer.c",
     "	dsi__usual_unready(&plane->as.producer);\n	space =",
     "	space =", "F  ready outlives what was taken another way",
     USUAL)
text("usual_producer.h", "	producer->ready -= n;\n", "",
     "F  what is taken stays ready", USUAL + ["dies-ring2"])

# ---- P: the control plane's words -------------------------------------------
order("data_plane.c", "dsi__plane_tell", "release", "relaxed",
      "P1 flags relaxed", ["cancel", "killed-one"], nth=-1)
order("data_plane.c", "dsi__plane_tell", "release", "relaxed",
      "P1 flags set relaxed, cleared release", ["cancel"],
      "an update passes on what the one before it released", nth=1)
order("data_plane.h", "dsi__plane_flags", "acquire", "relaxed",
      "P1 flags load relaxed", ["cancel", "killed-one"])
order("data_plane.c", "dsi__plane_wake", "release", "relaxed",
      "P2 word relaxed", ["cancel", "killed-one"])
order("data_plane.h", "dsi__plane_word", "acquire", "relaxed",
      "P2 word load relaxed", ["killed-one"])
mutant("P2 no private word in the wait", "data_plane.c",
       [("text", "	words[n++] = dsi__plane_word(plane);\n", "")],
       ["killed-one"])
text("usual_wait.h", "					       dsi__plane_word(plane)};\n",
     "					       dsi__waiter_word(waiter)};\n",
     "P2 no private word in the usual wait", ["killed-one"])
text("usual_wait.h", "dsi__plane_flags(plane) != flags || !none(plane)",
     "!none(plane)", "P1 flags are not looked at before the usual sleep",
     ["cancel", "killed-one"])
text("packet.c", "	return or_gone(got, flags);\n",
     "	return or_gone(got, dsi__plane_flags(plane));\n",
     "P1 gone is read after the ring", KILL)
text("packet.c", "	got = or_gone(got, flags);\n",
     "	got = or_gone(got, dsi__plane_flags(plane));\n",
     "P1 gone is read after the ring, in the first look", KILL)
order("data_plane.c", "dsi__plane_raise", "seq_cst", "relaxed",
      "P3 events relaxed", ["event"], nth=0)
order("data_plane.c", "dsi__plane_raise", "seq_cst", "relaxed",
      "P3 watchers load relaxed", ["event"],
      "the update of events before it acquires what select() released",
      nth=1)
order("event.c", "dsi__socket_events", "seq_cst", "relaxed",
      "P3 events taken relaxed", ["event"],
      "the fence N2 of select() stands before it, and releases")
mutant("P3 all acq_rel", "data_plane.c",
       [("order", "dsi__plane_raise", "seq_cst", "acq_rel", 0),
        ("order", "dsi__plane_raise", "seq_cst", "acquire", 0)], ["event"],
       "both sides update the same word, and that alone orders them")
text("data_plane.c", "	if (atomic_load_explicit(&plane->watchers, "
     "memory_order_seq_cst))\n		dsi__plane_wake(plane);\n", "",
     "P3 no wake", ["event"])


# ---- making them --------------------------------------------------------------

def body_of(source, function):
    """(first, last) of a function's body."""
    for match in re.finditer(r"^[A-Za-z_][^;{}#=]*?\b%s\s*\([^;{}]*\)\s*\{"
                             % function, source, re.M):
        end = source.find("\n}\n", match.end())
        return match.end(), end
    raise ValueError(f"no function {function}")


def apply(source, change):
    if change[0] == "text":
        _, old, new = change
        if source.count(old) != 1:
            raise ValueError(f"{source.count(old)} times: {old!r}")
        return source.replace(old, new)
    _, function, old, new, nth = change
    start, end = body_of(source, function)
    body = source[start:end]
    word = f"memory_order_{old}"
    places = [m.start() for m in re.finditer(word + r"\b", body)]
    if not places or nth >= len(places):
        raise ValueError(f"no {word} number {nth} in {function}")
    for at in reversed(places if nth < 0 else [places[nth]]):
        body = body[:at] + f"memory_order_{new}" + body[at + len(word):]
    return source[:start] + body + source[end:]


class Builder:
    def __init__(self, args):
        self.args = args
        self.model = os.path.join(args.source, "tests/model")
        self.includes = ["-I", os.path.join(args.source, "include"),
                         "-I", args.include]

    def compile(self, flags, source, out):
        subprocess.run([self.args.cc, *flags, "-c", source, "-o", out],
                       check=True)

    def common(self):
        """What no mutant changes: explorer, rig, scenarios."""
        flags = ["-std=gnu11", "-g", "-w", "-I", self.model,
                 "-I", self.args.source, *self.includes]
        self.objects = []
        for path in (glob.glob(os.path.join(self.model, "explorer/*.c")) +
                     [os.path.join(self.model, n + ".c")
                      for n in ("model_port", *WATCHED)]):
            name = os.path.basename(path)[:-2]
            extra = (["-O1", "-fsanitize=thread"]
                     if name in WATCHED else ["-O2"])
            out = os.path.join(self.args.work, name + ".o")
            self.compile(flags + extra, path, out)
            self.objects.append(out)

    def program(self, number, file, changes):
        folder = os.path.join(self.args.work, f"mutant-{number}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(os.path.join(self.args.source, "dsi"),
                        os.path.join(folder, "dsi"))
        if file:
            path = os.path.join(folder, "dsi", file)
            with open(path, encoding="utf-8") as handle:
                source = handle.read()
            for change in changes:
                source = apply(source, change)
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(source)
        objects = []
        for name in CORE:
            out = os.path.join(folder, name + ".o")
            self.compile(FLAGS + ["-I", folder, *self.includes],
                         os.path.join(folder, "dsi", name + ".c"), out)
            objects.append(out)
        program = os.path.join(folder, "scenarios")
        subprocess.run([self.args.cc, "-Wl,--wrap=memcpy,--wrap=memset",
                        *self.objects, *objects, "-o", program], check=True)
        return program


def check_unchanged(builder, chosen):
    """A mutant that fails proves nothing if the original fails as well."""
    names = sorted({s for entry in chosen for s in entry[3]})
    program = builder.program("none", None, [])
    done = subprocess.run([program, "--brief", *names],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stdout)
        sys.exit("PROBLEM: the sources fail without any change")
    print(f"unchanged sources: {len(names)} scenarios hold", flush=True)


def judge(builder, number, entry):
    """(name, caught by, executions, why, problem)"""
    name, file, changes, scenarios, survives = entry
    try:
        program = builder.program(number, file, changes)
    except (ValueError, subprocess.CalledProcessError) as error:
        return name, "-", "-", "", f"cannot be made: {error}"
    caught = None
    for scenario in scenarios:
        done = subprocess.run([program, "--brief", "--seconds", "600",
                               scenario], stdout=subprocess.PIPE, text=True)
        found = re.search(r"; (\d+) executions.* s: (.*)", done.stdout)
        if done.returncode == 1:
            caught = (scenario, found.group(1), found.group(2))
            break
        if done.returncode != 0:
            return name, "-", "-", "", f"{scenario}: {done.stdout.strip()}"
    shutil.rmtree(os.path.dirname(program))
    if caught and survives:
        return name, *caught, "is on the list of those that survive"
    if caught:
        return name, *caught, None
    return (name, "-", "-", f"survives: {survives}" if survives else "",
            None if survives else "SURVIVES")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--include", required=True,
                        help="generated headers of the build")
    parser.add_argument("--work", required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*", help="only those that begin so")
    args = parser.parse_args()

    os.makedirs(args.work, exist_ok=True)
    start = time.monotonic()
    builder = Builder(args)
    builder.common()
    chosen = [m for m in MUTANTS
              if not args.names or m[0].startswith(tuple(args.names))]
    problems = 0
    check_unchanged(builder, chosen)
    print(f"{'mutant':49} {'caught by':14} {'after':>8}  how")
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name, by, after, why, problem in pool.map(
                lambda pair: judge(builder, *pair), enumerate(chosen)):
            print(f"{name:49} {by:14} {after:>8}  {why[:70]}", flush=True)
            if problem:
                problems += 1
                print(f"  PROBLEM: {problem}", flush=True)
    print(f"{len(chosen)} mutants, {problems} problem(s), "
          f"{time.monotonic() - start:.0f} s")
    sys.exit(1 if problems or not chosen else 0)


if __name__ == "__main__":
    main()
