/* SPDX-License-Identifier: MIT */
/*
 * more_rings.c - rings with several readers, with several writers, and with a
 * writer and a reader that both block.
 */
#include <stdio.h>

#include <dsi/errno.h>
#include <dsi/types.h>

#include "family.h"
#include "oracle_more.h"

#define READERS 3

/* A slot is free when the last reader that the producer waits for has
 * released it; each of them alone decides how many there must be. */
enum verdict ask_fan_out(uint64_t *seed, char text[MORE_TEXT])
{
	struct dsi_sizing_need needs[READERS];
	struct dsi_sizing_reader readers[READERS];
	struct question q;
	struct question other;
	uint64_t slots = 0;
	uint64_t least = 1;
	uint32_t n = 1 + (uint32_t)draw(seed, READERS - 1);
	bool least_known = true;
	int err = 0;

	families[0].draw(seed, &q);
	for (uint32_t i = 0; i < n; i++) {
		struct oracle_need need;

		do {
			families[draw(seed, n_families - 1)].draw(seed, &other);
		} while (other.writer.units > 1 || other.writer.batch > 1 ||
			 other.reader.early || other.reader.late ||
			 other.reader.drift_ppb || other.reader.coalesce > 1);
		readers[i] = other.reader;
		readers[i].units = 0;
		readers[i].prefill = 1;
		readers[i].policy = (uint32_t)draw(seed, 2);
		needs[i] = (struct dsi_sizing_need){.size = sizeof(needs[i])};
		if (!oracle_need(&q.writer, &readers[i], &need))
			return OUTSIDE;
		if (readers[i].policy == DSI_POLICY_BLOCK && need.slots > least)
			least = need.slots;
	}
	err = dsi_size_fan_out(&q.writer, readers, n, needs, &slots, NULL, 0);
	for (uint32_t i = 0; i < n; i++)
		least_known &= (needs[i].exact & DSI_EXACT_SLOTS) != 0;
	if (!err && slots >= least && (slots == least || !least_known))
		return least_known ? LEAST : RIGHT;
	snprintf(text, MORE_TEXT,
		 "T=%llu, %u readers: error %d, %llu, "
		 "least %llu",
		 (unsigned long long)q.writer.stream.period, n, err,
		 (unsigned long long)slots, (unsigned long long)least);
	return WRONG;
}

static bool merge_wrong(const struct dsi_sizing_need *need,
			const struct oracle_need *o)
{
	uint32_t e = need->exact;
	uint64_t longest = (uint64_t)need->release_max.whole;

	return need->release_max.num || need->slots < o->slots ||
	       longest < (uint64_t)o->release_max ||
	       need->backlog < o->backlog || need->get_max.whole < o->get_max ||
	       (e & DSI_EXACT_SLOTS && need->slots > o->slots) ||
	       (e & DSI_EXACT_LATENCY && longest > (uint64_t)o->release_max) ||
	       (e & DSI_EXACT_BACKLOG && need->backlog > o->backlog);
}

enum verdict ask_merge(uint64_t *seed, char text[MORE_TEXT])
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_jcs jcs[2] = {{0}};
	struct oracle_need o;
	uint32_t ties = (uint32_t)draw(seed, 1);
	uint64_t wake = draw(seed, 2);
	uint64_t service = 1 + draw(seed, 1);
	int err = 0;

	for (int i = 0; i < 2; i++) {
		jcs[i].size = sizeof(jcs[i]);
		jcs[i].period = 2 + draw(seed, 3);
		jcs[i].jitter = draw(seed, 3);
		jcs[i].distance = draw(seed, jcs[i].period);
	}
	err = dsi_size_merge(jcs, 2, ties, wake, service, &need, NULL, 0);
	if (err == -DSI_EDOM)
		return service * (jcs[0].period + jcs[1].period) >
				       jcs[0].period * jcs[1].period
			       ? RIGHT
			       : WRONG;
	if (!oracle_merge(jcs, 2, ties, wake, service, &o))
		return OUTSIDE;
	if (!err && !merge_wrong(&need, &o))
		return need.exact & DSI_EXACT_SLOTS ? LEAST : RIGHT;
	snprintf(text, MORE_TEXT,
		 "T=%llu,%llu tau=%llu,%llu D=%llu,%llu W=%llu C=%llu ties=%u"
		 "\n    error %d slots %llu/%llu release %lld/%lld get "
		 "%lld/%lld backlog %llu/%llu exact %x",
		 (unsigned long long)jcs[0].period,
		 (unsigned long long)jcs[1].period,
		 (unsigned long long)jcs[0].jitter,
		 (unsigned long long)jcs[1].jitter,
		 (unsigned long long)jcs[0].distance,
		 (unsigned long long)jcs[1].distance, (unsigned long long)wake,
		 (unsigned long long)service, ties, err,
		 (unsigned long long)need.slots, (unsigned long long)o.slots,
		 (long long)need.release_max.whole, (long long)o.release_max,
		 (long long)need.get_max.whole, (long long)o.get_max,
		 (unsigned long long)need.backlog,
		 (unsigned long long)o.backlog, need.exact);
	return WRONG;
}

enum verdict ask_self_timed(uint64_t *seed, char text[MORE_TEXT])
{
	uint64_t period = 1 + draw(seed, 11);
	uint64_t write = draw(seed, period);
	uint64_t read = draw(seed, period);
	bool wakes = draw(seed, 1);
	uint64_t write_wake = wakes ? draw(seed, 4) : 0;
	uint64_t read_wake = wakes ? draw(seed, 4) : 0;
	uint64_t slots = 0;
	int err = dsi_size_self_timed(period, write, write_wake, read,
				      read_wake, &slots);

	wakes = write_wake || read_wake;
	if (!err && slots &&
	    oracle_self_timed(period, write, write_wake, read, read_wake,
			      slots) &&
	    (wakes || slots == 1 ||
	     !oracle_self_timed(period, write, write_wake, read, read_wake,
				slots - 1)))
		return wakes ? RIGHT : LEAST;
	snprintf(text, MORE_TEXT,
		 "T=%llu Cp=%llu Wp=%llu Cc=%llu Wc=%llu: error %d, slots "
		 "%llu",
		 (unsigned long long)period, (unsigned long long)write,
		 (unsigned long long)write_wake, (unsigned long long)read,
		 (unsigned long long)read_wake, err, (unsigned long long)slots);
	return WRONG;
}
