/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - what a thread can wait for.
 *
 * mc_wait() is what port.h promises of dsi_port_wait() and no more: a full
 * fence, then compare and fall asleep in one step; a wake that comes after a
 * change of the word is not lost.  For the waker a wake orders nothing.
 */
#include <string.h>

#include "inside.h"

/* ---- sleeping on words --------------------------------------------------------- */

static uint32_t word_value(const struct mc_word *word)
{
	uint32_t value;

	memcpy(&value, (const void *)(uintptr_t)word->word, sizeof(value));
	return value;
}

/* How many of the values that the word may have differ from the expected
 * one; *out_equal: may it have that one? */
static uint32_t differing(const struct mc_view *view,
			  const struct mc_word *word, int *out_equal)
{
	uint32_t loc = mc__loc_of(word->word);
	uint32_t n = 0;
	uint32_t from;

	*out_equal = 0;
	if (loc == MC_NONE) {
		*out_equal = word_value(word) == word->expected;
		return !*out_equal;
	}
	from = view->seen[loc];
	if (from < mc__world.locs[loc].waked)
		from = mc__world.locs[loc].waked;
	for (uint32_t age = 0;; age++) {
		const struct mc_message *message = mc__nth_newest(loc, age);

		if (message->number < from)
			break;
		if ((uint32_t)message->value == word->expected)
			*out_equal = 1;
		else
			n++;
		if (message->number == from)
			break;
	}
	return n;
}

/* Pick 0..: the differing values of the first word, of the second, ...; then
 * to sleep, if all may be equal. */
static uint32_t compare_choices(const struct mc_view *view,
				const struct mc_op *op, int *out_sleep)
{
	const struct mc_word *words = op->words;
	uint32_t choices = 0;

	*out_sleep = 1;
	for (uint32_t i = 0; i < op->n; i++) {
		int equal;

		choices += differing(view, &words[i], &equal);
		*out_sleep &= equal;
	}
	return choices;
}

/* Read the value that pick stands for. */
static void read_differing(const struct mc_op *op, uint32_t pick)
{
	const struct mc_word *words = op->words;

	for (uint32_t i = 0; i < op->n; i++) {
		uint32_t loc = mc__loc_of(words[i].word);
		int equal;
		uint32_t n = differing(&mc__me()->now, &words[i], &equal);

		if (pick >= n) {
			pick -= n;
			continue;
		}
		if (loc == MC_NONE)
			return;
		for (uint32_t age = 0;; age++)
			if ((uint32_t)mc__nth_newest(loc, age)->value !=
				    words[i].expected &&
			    pick-- == 0) {
				mc__trace("does not sleep: %s has changed",
					  mc__loc_name(loc));
				(void)mc__read_choice(loc, age, 0);
				return;
			}
	}
}

static int fall_asleep(const struct mc_op *op, int may_time_out)
{
	const struct mc_word *words = op->words;
	struct mc_actor *actor = mc__me();

	actor->sleep_n = (uint8_t)op->n;
	for (uint32_t i = 0; i < op->n; i++)
		actor->sleep_on[i] = (uint16_t)mc__loc_of(words[i].word);
	actor->may_time_out = (uint8_t)may_time_out;
	actor->woken = 0;
	mc__trace("sleeps");
	mc__announce(&(struct mc_op){.kind = OP_ASLEEP, .loc = MC_NONE});
	actor->sleep_n = 0;
	if (actor->woken) {
		actor->woken = 0;
		mc__trace("is awake");
		return 0;
	}
	if (may_time_out && mc__run.pick == 0 && mc__world.timeouts) {
		mc__world.timeouts--;
		mc__trace("is awake: time is over");
		return 1;
	}
	mc__world.spurious--;
	mc__trace("is awake for no reason");
	return 0;
}

int mc_wait(const struct mc_word *words, uint32_t n, int may_time_out)
{
	struct mc_op op = {.kind = OP_WAIT,
			   .loc = MC_NONE,
			   .n = (uint16_t)n,
			   .words = words};
	uint32_t choices;
	int can_sleep;

	if (n > MC_WORDS) {
		mc__cannot("too many words in one wait");
		return 0;
	}
	/* As a look at each: so that we know who shares them. */
	for (uint32_t i = 0; i < n; i++)
		mc__touch_word(words[i].word);
	mc__announce(&op);
	for (uint32_t i = 0; i < n; i++)
		mc__touch_word(words[i].word); /* still mapped? */
	mc__fence_now(mc__me());
	choices = compare_choices(&mc__me()->now, &op, &can_sleep);
	if ((uint32_t)mc__run.pick < choices) {
		read_differing(&op, (uint32_t)mc__run.pick);
		return 0;
	}
	return fall_asleep(&op, may_time_out);
}

static int sleeps_on(const struct mc_actor *actor, uint32_t loc)
{
	if (actor->status != MC_LIVE || actor->op.kind != OP_ASLEEP ||
	    actor->woken)
		return 0;
	for (uint32_t i = 0; i < actor->sleep_n; i++)
		if (actor->sleep_on[i] == loc)
			return 1;
	return 0;
}

static uint32_t sleepers(uint32_t loc)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		n += (uint32_t)sleeps_on(&mc__world.actors[i], loc);
	return n;
}

void mc_wake(const volatile void *word)
{
	uint32_t pick;
	uint32_t loc;

	mc__touch_word(word);
	loc = mc__loc_of(word);
	if (loc == MC_NONE)
		return;
	mc__announce(&(struct mc_op){.kind = OP_WAKE, .loc = (uint16_t)loc});
	pick = (uint32_t)mc__run.pick;
	mc__run.ordered = 1;
	if (mc__world.locs[loc].waked < mc__me()->now.seen[loc])
		mc__world.locs[loc].waked = mc__me()->now.seen[loc];
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		if (sleeps_on(&mc__world.actors[i], loc) && pick-- == 0) {
			mc__trace("wakes %s", mc__thread_names[i]);
			mc__world.actors[i].woken = 1;
			return;
		}
	mc__trace("wakes nobody");
}

/* ---- bells, polling, death -------------------------------------------------------- */

static void bell(uint32_t index, uint8_t value)
{
	mc__announce(&(struct mc_op){.kind = OP_RING, .loc = MC_NONE});
	mc__world.bells[index] = value;
	mc__trace("%s bell %u", value ? "rings" : "silences", index);
}

void mc_bell_ring(uint32_t index)
{
	bell(index, 1);
}

void mc_bell_silence(uint32_t index)
{
	bell(index, 0);
}

void mc_bell_wait(uint32_t index)
{
	mc__announce(&(struct mc_op){
		.kind = OP_BELL, .loc = MC_NONE, .n = (uint16_t)index});
	mc__trace("hears bell %u", index);
}

static int has_news(const struct mc_actor *actor, uint32_t loc)
{
	return (actor->polled >> loc & 1) &&
	       mc__nth_newest(loc, 0)->number > actor->now.seen[loc];
}

static uint32_t news(const struct mc_actor *actor)
{
	uint32_t n = 0;

	for (uint32_t loc = 0; loc < mc__run.n_locs; loc++)
		n += (uint32_t)has_news(actor, loc);
	return n;
}

void mc_poll(void)
{
	struct mc_actor *actor = mc__me();
	uint32_t pick;

	mc__announce(&(struct mc_op){.kind = OP_POLL, .loc = MC_NONE});
	pick = (uint32_t)mc__run.pick;
	for (uint32_t loc = 0; loc < mc__run.n_locs; loc++)
		if (has_news(actor, loc) && pick-- == 0) {
			actor->now.seen[loc] = mc__nth_newest(loc, 0)->number;
			break;
		}
	actor->polled = 0;
}

/* The end of a process is seen with all that it did: the system's own event
 * says so, after its last store. */
void mc_await_death(void)
{
	mc__announce(&(struct mc_op){.kind = OP_DEATH, .loc = MC_NONE});
	mc__join(&mc__me()->now,
		 &mc__world.actors[mc__run.scenario->victim].now);
	mc__trace("learns of the end of %s",
		  mc__thread_names[mc__run.scenario->victim]);
}

/* ---- for the search ------------------------------------------------------------------ */

/* The number of ways in which its next operation can go, 0 = not now. */
uint32_t mc__choices(uint32_t thread)
{
	const struct mc_actor *actor = &mc__world.actors[thread];
	const struct mc_op *op = &actor->op;
	struct mc_view view;
	uint32_t n;
	int can_sleep;

	if (actor->status != MC_LIVE)
		return 0;
	switch ((enum mc_kind)op->kind) {
	case OP_LOAD:
		return mc__load_choices(actor, op);
	case OP_RMW:
		return mc__rmw_choices(actor, op);
	case OP_WAIT:
		view = actor->now;
		mc__join(&view, &actor->later);
		mc__join(&view, &mc__world.order);
		n = compare_choices(&view, op, &can_sleep);
		return n + (uint32_t)can_sleep;
	case OP_ASLEEP:
		if (actor->woken)
			return 1;
		n = actor->may_time_out && mc__world.timeouts;
		return n + (mc__world.spurious != 0);
	case OP_WAKE:
		n = sleepers(op->loc);
		return n ? n : 1;
	case OP_BELL:
		return mc__world.bells[op->n];
	case OP_POLL:
		return news(actor);
	case OP_DEATH:
		return mc__world.actors[mc__run.scenario->victim].status !=
		       MC_LIVE;
	case OP_START:
	case OP_STORE:
	case OP_FENCE:
	case OP_RING:
		return 1;
	}
	return 0;
}
