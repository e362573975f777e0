/* SPDX-License-Identifier: MIT */
/* text.c - sentences for error messages; see text.h. */
#include "dsi/text.h"

#include <string.h>

#include <dsi/errno.h>

struct dsi_text dsi__text(char *buffer, uint32_t bytes)
{
	if (buffer && bytes)
		buffer[0] = '\0';
	return (struct dsi_text){buffer, buffer ? bytes : 0u};
}

static void add_char(struct dsi_text *text, char c)
{
	if (text->left < 2)
		return;
	*text->at++ = c;
	*text->at = '\0';
	text->left--;
}

void dsi__text_add(struct dsi_text *text, const char *string)
{
	while (*string)
		add_char(text, *string++);
}

void dsi__text_number(struct dsi_text *text, uint64_t number)
{
	char digits[20];
	uint32_t n = 0;

	do {
		digits[n++] = (char)('0' + number % 10u);
		number /= 10u;
	} while (number);
	while (n)
		add_char(text, digits[--n]);
}

void dsi__text_foreign(struct dsi_text *text, const char *string, uint32_t max)
{
	for (uint32_t i = 0; i < max && string[i]; i++)
		add_char(text, string[i] >= ' ' && string[i] <= '~' ? string[i]
								    : '?');
}

void dsi__text_field(struct dsi_text *text, const char *field, uint64_t value,
		     const char *sentence)
{
	dsi__text_add(text, field);
	dsi__text_add(text, ": ");
	dsi__text_number(text, value);
	dsi__text_add(text, " ");
	dsi__text_add(text, sentence);
}

uint32_t dsi__string_length(const char *string, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && string[n])
		n++;
	return n;
}

int dsi__string_equal(const char *a, const char *b, uint32_t max)
{
	uint32_t n = dsi__string_length(a, max);

	return n == dsi__string_length(b, max) && memcmp(a, b, n) == 0;
}

int dsi__string_copy(char *to, const char *from, uint32_t bytes)
{
	uint32_t n = from ? dsi__string_length(from, bytes) : 0;

	if (n == bytes)
		return -DSI_ENAMETOOLONG;
	memset(to, 0, bytes);
	if (n)
		memcpy(to, from, n);
	return 0;
}
