/* SPDX-License-Identifier: MIT */
/* json_line.h - questions and answers of `dsi size --batch`. */
#ifndef SIZING_JSON_LINE_H
#define SIZING_JSON_LINE_H

#include <stdio.h>

#include "family.h"

/* Write a question as a JSON object without its closing brace. */
void json_question(FILE *out, const struct question *question);

/* Read an answer.  False: it has no result. */
bool json_need(const char *line, struct dsi_sizing_need *need);

/* The first member of that name; UINT64_MAX: none, or no number. */
uint64_t json_count(const char *line, const char *name);

/* Is the first member of that name true? */
bool json_true(const char *line, const char *name);

#endif /* SIZING_JSON_LINE_H */
