/* SPDX-License-Identifier: MIT */
/*
 * text.h - sentences for error messages, without a C library.
 *
 * Appends to a fixed buffer and stops silently where it ends; the result is
 * always terminated.  Control plane only.
 */
#ifndef DSI_TEXT_H
#define DSI_TEXT_H

#include <stdint.h>

struct dsi_text {
	char *at;
	uint32_t left; /* including the terminating NUL */
};

/* An empty text in @buffer; NULL or 0 bytes: everything is discarded. */
struct dsi_text dsi__text(char *buffer, uint32_t bytes);
void dsi__text_add(struct dsi_text *text, const char *string);
void dsi__text_number(struct dsi_text *text, uint64_t number);
/* What a peer sent: at most @max bytes, unprintable ones become '?'. */
void dsi__text_foreign(struct dsi_text *text, const char *string, uint32_t max);

/* "field: VALUE SENTENCE" */
void dsi__text_field(struct dsi_text *text, const char *field, uint64_t value,
		     const char *sentence);

uint32_t dsi__string_length(const char *string, uint32_t max);
int dsi__string_equal(const char *a, const char *b, uint32_t max);
/* Copy with termination; 0, or -DSI_ENAMETOOLONG with nothing copied. */
int dsi__string_copy(char *to, const char *from, uint32_t bytes);

#endif /* DSI_TEXT_H */
