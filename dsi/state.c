/* SPDX-License-Identifier: MIT */
/* state.c - the state table of state.h, as a function. */
#include "dsi/state.h"

#include <dsi/socket.h>

struct dsi_transition {
	uint32_t next;
	int err;
};

static struct dsi_transition lookup(uint32_t state,
				    enum dsi_operation operation)
{
#define DSI_TRANSITION_ENTRY(from, op, to, error) \
	[DSI_STATE_##from][DSI_DO_##op] = {DSI_STATE_##to, -(error)},
	static const struct dsi_transition
		table[DSI_N_STATES][DSI_N_OPERATIONS] = {
			DSI_TRANSITIONS(DSI_TRANSITION_ENTRY)};

	return table[state][operation];
}

uint32_t dsi__state_now(const struct dsi_state *state)
{
	/* relaxed: a number; what belongs to it is guarded by the lock. */
	return atomic_load_explicit(&state->now, memory_order_relaxed);
}

int dsi__state_ask(const struct dsi_state *state, enum dsi_operation operation)
{
	return lookup(dsi__state_now(state), operation).err;
}

int dsi__state_do(struct dsi_state *state, enum dsi_operation operation)
{
	uint32_t now = dsi__state_now(state);
	struct dsi_transition step;

	/* Without a lock, because stopping must be possible from a real-time
	 * thread. */
	do
		step = lookup(now, operation);
	while (!atomic_compare_exchange_weak_explicit(
		/* relaxed: as in dsi__state_now(). */
		&state->now, &now, step.next, memory_order_relaxed,
		memory_order_relaxed));
	return step.err;
}

const char *dsi_state_name(uint32_t state)
{
#define DSI_STATE_WORD(name, word) word,
	static const char *const words[] = {DSI_STATES(DSI_STATE_WORD)};

	return state < DSI_N_STATES ? words[state] : "?";
}
