/* SPDX-License-Identifier: MIT */
/* oracle_more.h - questions that are not about the need of a single reader. */
#ifndef SIZING_ORACLE_MORE_H
#define SIZING_ORACLE_MORE_H

#include <stdint.h>

#define MORE_TEXT 1200

enum verdict {
	RIGHT,
	LEAST,	 /* right, and claimed to be the least */
	OUTSIDE, /* not compared */
	WRONG
};

struct more {
	const char *name;
	uint32_t count; /* questions in a bounded run */
	/* Draw a question, ask both; @text: what is wrong. */
	enum verdict (*ask)(uint64_t *seed, char text[MORE_TEXT]);
};

enum verdict ask_limit(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_loss(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_fan_out(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_merge(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_self_timed(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_area(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_spans(uint64_t *seed, char text[MORE_TEXT]);
enum verdict ask_forms(uint64_t *seed, char text[MORE_TEXT]);

/* All of them, or those whose name contains @only.  Return: how many answers
 * were wrong. */
uint64_t oracle_more(const char *only, uint64_t seed, uint64_t times,
		     uint64_t *compared);

#endif /* SIZING_ORACLE_MORE_H */
