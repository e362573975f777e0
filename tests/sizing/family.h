/* SPDX-License-Identifier: MIT */
/*
 * family.h - the questions that calculator and oracle are asked.
 *
 * A family draws small whole numbers for the parameters it is about, always
 * the same ones for the same seed.
 */
#ifndef SIZING_FAMILY_H
#define SIZING_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/sizing.h>

#include "oracle.h"

struct question {
	struct dsi_sizing_writer writer;
	struct dsi_sizing_reader reader;
};

struct family {
	const char *name;
	uint32_t count; /* questions in a bounded run */
	void (*draw)(uint64_t *seed, struct question *question);
	bool (*oracle)(const struct dsi_sizing_writer *writer,
		       const struct dsi_sizing_reader *reader,
		       struct oracle_need *need);
};

extern const struct family families[];
extern const uint32_t n_families;

/* 0..most, all equally often. */
uint64_t draw(uint64_t *seed, uint64_t most);

/* All parameters of a question, in one line. */
#define QUESTION_TEXT 640
const char *question_text(const struct question *question,
			  char text[QUESTION_TEXT]);

#endif /* SIZING_FAMILY_H */
