// SPDX-License-Identifier: MIT
/*
 * describe_keys.c - the table of all keys.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "describe/nearest.h"
#include "describe/describe_keys.h"

const struct describe_key describe_keys[] = {
	[KEY_PERIOD] = {"period", "TIME", "time from one packet to the next",
			false},
	[KEY_RATE] = {"rate", "RATE", "packets in a time: 25/s, 30000/1001/s",
		      false},
	[KEY_BANDWIDTH] = {"bandwidth", "BYTES/s",
			   "gives the period of packets of --packet", false},
	[KEY_IN] = {"in", "FRAMES@RATE",
		    "frames of a packet, and their rate; gives the period",
		    false},
	[KEY_PROFILE] = {"profile", "NAME",
			 "values of a common medium; 'help' lists them", false},
	[KEY_JITTER] = {"jitter", "TIME", "the same as --jitter-in", false},
	[KEY_JITTER_IN] = {"jitter-in", "TIME",
			   "a packet is committed up to so long after it is "
			   "due",
			   false},
	[KEY_EARLY_LATE] = {"early-late", "TIME",
			    "it is committed so long before or after; the "
			    "start is counted from the earliest",
			    false},
	[KEY_DISTANCE] = {"distance", "TIME",
			  "commits are at least so far apart", false},
	[KEY_HOLD_IN] = {"hold-in", "TIME",
			 "the producer gets a slot so long before its commit",
			 false},
	[KEY_DRIFT] = {"drift", "RATIO", "both clocks may be so wrong: 50ppm",
		       false},
	[KEY_DRIFT_IN] = {"drift-in", "RATIO", "the producer's clock", false},
	[KEY_FOR] = {"for", "TIME",
		     "length of the stream, or until clocks are "
		     "synchronised again",
		     false},
	[KEY_PACKETS] = {"packets", "N", "likewise, in packets", false},
	[KEY_BATCH_IN] = {"batch-in", "N", "packets committed at a time",
			  false},
	[KEY_TIES] = {"ties", "RULE",
		      "events at the same time: strict (in the worst order) "
		      "or closed",
		      false},
	[KEY_PACKET] = {"packet", "BYTES", "(largest) size of a packet", false},
	[KEY_PACKET_MIN] = {"packet-min", "BYTES", "smallest size of a packet",
			    false},
	[KEY_PATTERN] = {"pattern", "BYTES,...", "sizes that repeat", false},
	[KEY_MEAN] = {"mean", "BYTES",
		      "k packets in a row have at most k times this and "
		      "--burst",
		      false},
	[KEY_BURST] = {"burst", "BYTES", "see --mean", false},
	[KEY_ALIGN] = {"align", "BYTES", "packets begin at multiples of it",
		       false},
	[KEY_PAGE] = {"page", "BYTES", "the area is a multiple of it", false},
	[KEY_CONTROL] = {"control", "BYTES", "for each slot beside the data",
			 false},
	[KEY_LAYOUT] = {"layout", "HOW",
			"slots, ring (in one piece) or mirror (mapped twice)",
			false},
	[KEY_SLOTS] = {"slots", "N", "packets of a ring that is there", false},
	[KEY_NAME] = {"name", "NAME", "name of a reader", true},
	[KEY_CONSUMER] = {"consumer", "PACE",
			  "grid, anchored, stall, blocking or response", true},
	[KEY_POLICY] = {"policy", "POLICY", "block, drop-new or reclaim", true},
	[KEY_START] = {"start", "TIME",
		       "first get, after the first packet is due", true},
	[KEY_DELAY] = {"delay", "TIME",
		       "first get of an anchored consumer, after it saw the "
		       "packet",
		       true},
	[KEY_PREFILL] = {"prefill", "N",
			 "an anchored consumer waits for so many packets",
			 true},
	[KEY_JITTER_OUT] = {"jitter-out", "TIME",
			    "the consumer is up to so late on its grid", true},
	[KEY_HOLD_OUT] = {"hold-out", "TIME",
			  "the consumer holds a packet up to so long", true},
	[KEY_WAKE] = {"wake", "TIME", "a waiting consumer wakes up so late",
		      true},
	[KEY_WORK] = {"work", "TIME",
		      "longest time for a packet of a blocking consumer", true},
	[KEY_RESPONSE] = {"response", "TIME",
			  "longest time from commit to release", true},
	[KEY_DRIFT_OUT] = {"drift-out", "RATIO", "the consumer's clock", true},
	[KEY_BATCH_OUT] = {"batch-out", "N", "packets got at a time", true},
	[KEY_OUT] = {"out", "FRAMES@RATE", "frames that are read at a time",
		     true},
	[KEY_EARLY] = {"early", "N",
		       "packets are read up to so many places early", true},
	[KEY_LATE] = {"late", "N", "packets are read up to so many places late",
		      true},
	[KEY_COALESCE] = {"coalesce", "N",
			  "the consumer is woken at every N-th packet", true},
	[KEY_COALESCE_WAIT] = {"coalesce-wait", "TIME",
			       "and so long after a packet at the latest",
			       true},
	[KEY_QUEUE] = {"queue", "N", "packets a drop-new queue takes", true},
	[KEY_READER] = {"reader", "KEY=VALUE,...",
			"a further reader; may be given again", false},
};

const size_t describe_n_keys = KEYS;

_Static_assert(sizeof(describe_keys) / sizeof(describe_keys[0]) == KEYS,
	       "every key has its line");

bool describe_refuse(char why[DESCRIBE_WHY_BYTES], const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(why, DESCRIBE_WHY_BYTES, text, args);
	va_end(args);
	return false;
}

enum key describe_find(const char *name, size_t bytes)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++) {
		const char *known = describe_keys[i].name;

		if (known[0] == name[0] && strncmp(known, name, bytes) == 0 &&
		    known[bytes] == '\0')
			break;
	}
	return (enum key)i;
}

bool describe_unknown(const char *name, char why[DESCRIBE_WHY_BYTES])
{
	const char *names[KEYS];
	const char *nearest;
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		names[i] = describe_keys[i].name;
	nearest = nearest_word(name, names, KEYS);
	if (!nearest)
		return describe_refuse(why, "'%.60s' is no key of a stream",
				       name);
	return describe_refuse(why,
			       "'%.60s' is no key of a stream; did you mean "
			       "'%s'?",
			       name, nearest);
}
