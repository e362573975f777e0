/* SPDX-License-Identifier: MIT */
/* chain.c - see chain.h */
#include "chain.h"

static void walk_from(struct chain *chain, int steps, int64_t from)
{
	int64_t earliest = INT64_MAX;
	int64_t latest = INT64_MIN;

	for (int64_t to = 0; to <= chain->jitter; to++) {
		int64_t gap = chain->period + to - from;
		int64_t least = gap + chain->earliest[steps - 1][to];
		int64_t most = gap + chain->latest[steps - 1][to];

		if (gap < chain->distance)
			continue;
		earliest = least < earliest ? least : earliest;
		latest = most > latest ? most : latest;
	}
	chain->earliest[steps][from] = earliest;
	chain->latest[steps][from] = latest;
}

bool chain_make(const struct dsi_jcs *jcs, struct chain *chain)
{
	if (jcs->jitter > CHAIN_JITTER || jcs->period > 1000)
		return false;
	chain->period = (int64_t)jcs->period;
	chain->jitter = (int64_t)jcs->jitter;
	chain->distance = (int64_t)jcs->distance;
	for (int64_t j = 0; j <= chain->jitter; j++)
		chain->earliest[0][j] = chain->latest[0][j] = 0;
	for (int steps = 1; steps <= CHAIN_STEPS; steps++)
		for (int64_t j = 0; j <= chain->jitter; j++)
			walk_from(chain, steps, j);
	return true;
}
