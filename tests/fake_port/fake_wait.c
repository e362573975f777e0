/* SPDX-License-Identifier: MIT */
/*
 * fake_wait.c - sleep on words, wake a sleeper.
 *
 * A changed word alone wakes nobody: who forgets the wake sees the run end
 * in "all fibers sleep for ever".  A shared word is known by its region and
 * offset, a private one by process and address, so the wrong kind of wake
 * misses, as it does on Linux.
 */
#include "fake_world.h"

struct key {
	const void *space;
	uintptr_t at;
};

static struct key key_of(const _Atomic uint32_t *word, uint32_t shared,
			 const struct fake_process *process)
{
	struct key key = {process, (uintptr_t)word};
	const struct fake_mapping *mapping;

	if (!shared)
		return key;
	mapping = fake__mapping_find((uintptr_t)word, process);
	if (!mapping) {
		fake_report("fiber %d: a shared word lies in no region",
			    fake__world.current->id);
		return key;
	}
	key.space = mapping->region;
	key.at = (uintptr_t)word - (uintptr_t)mapping->addr;
	return key;
}

static bool waits_for(const struct fake_fiber *fiber, struct key key)
{
	if (fiber->state != FAKE_BLOCKED || fiber->woken)
		return false;
	for (uint32_t i = 0; fiber->words && i < fiber->n_words; i++) {
		struct key other =
			key_of(fiber->words[i].word, fiber->words[i].shared,
			       fiber->process);

		if (other.space == key.space && other.at == key.at)
			return true;
	}
	return false;
}

uint32_t dsi_port_wait_max(void)
{
	return 32; /* the least that is promised */
}

static bool woken(void *object)
{
	const struct fake_fiber *fiber = object;

	return fiber->woken;
}

static bool changed(const struct dsi_port_word *words, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (atomic_load_explicit(words[i].word, memory_order_seq_cst) !=
		    words[i].expected)
			return true;
	return false;
}

int dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
		  uint64_t deadline_ns)
{
	struct fake_world *w = &fake__world;
	struct fake_fiber *self;
	struct fake_sleep sleep = {.what = "wait on words",
				   .ready = woken,
				   .deadline_ns = deadline_ns};
	int err;

	fake__point();
	self = w->current;
	fake__count(wait_calls);
	if (n > dsi_port_wait_max())
		fake_report("fiber %d waits for %u words", self->id, n);
	for (uint32_t i = 0; i < n; i++)
		(void)key_of(words[i].word, words[i].shared, self->process);
	if (fake__random(1024) < w->spurious || changed(words, n))
		return 0;
	fake__count(waits);
	sleep.object = self;
	self->woken = false;
	self->words = words;
	self->n_words = n;
	/* No other fiber runs between the comparison and this. */
	err = fake__block(&sleep);
	self->words = NULL;
	return err;
}

void dsi_port_wake(const _Atomic uint32_t *word, uint32_t shared)
{
	struct fake_world *w = &fake__world;
	struct key key;
	int first;

	fake__point();
	fake__count(wakes);
	key = key_of(word, shared, fake__process());
	first = (int)fake__random((uint32_t)w->n_fibers);
	for (int i = 0; i < w->n_fibers; i++) {
		struct fake_fiber *f = w->fibers[(first + i) % w->n_fibers];

		if (!waits_for(f, key))
			continue;
		f->woken = true;
		fake__count(wakes_hit);
		if (shared)
			return; /* of a private word all wake */
	}
}

int dsi_port_wake_wait(const _Atomic uint32_t *wake,
		       const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	dsi_port_wake(wake, 1);
	return dsi_port_wait(words, n, deadline_ns);
}
