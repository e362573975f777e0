/* SPDX-License-Identifier: MIT */
/*
 * pipeline_share.h - a pipeline within a number of bytes.
 *
 * Writers that name several `batches` wake their readers up less often with a
 * larger one, and need more memory for it: in their own ring and in those
 * behind it, because a batch makes what follows more jittery.  Chosen is what
 * costs the fewest wake-ups and fits.  The bytes of a choice are found by
 * analysing the pipeline with it; that several choices together take what
 * they take alone is checked at the end, by analysing the result.
 */
#ifndef DSI_PIPELINE_SHARE_H
#define DSI_PIPELINE_SHARE_H

#include "pipeline/pipeline.h"

/**
 * struct pipeline_share - the answer.
 * @budget:  bytes there are
 * @floor:   bytes with the smallest choice everywhere: with less it cannot be
 * @bytes:   bytes of all rings with the choice taken, which is now in the
 *           nodes
 * @wakeups: commits of all writers in a second, exact
 * @fits:    @bytes <= @budget
 * @choices: writers that had a choice
 * @least:   no choice within the budget costs less
 */
struct pipeline_share {
	uint64_t budget;
	uint64_t floor;
	uint64_t bytes;
	struct exact wakeups;
	bool fits;
	bool least;
	uint32_t choices;
};

/* @p was analysed.  Sets batch of nodes with batches and analyses again. */
enum pipeline_status pipeline_share_out(struct pipeline *p, uint64_t budget,
					struct pipeline_share *out);

#endif /* DSI_PIPELINE_SHARE_H */
