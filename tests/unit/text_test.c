/* SPDX-License-Identifier: MIT */
/* text_test.c - sentences in fixed buffers: whole, cut off, foreign. */
#include <cmocka.h>

#include <string.h>

#include <dsi/errno.h>

#include "dsi/text.h"

static void adds_in_order(void **user)
{
	char buffer[64];
	struct dsi_text text = dsi__text(buffer, sizeof(buffer));

	(void)user;
	assert_string_equal(buffer, "");
	dsi__text_add(&text, "one ");
	dsi__text_number(&text, 0);
	dsi__text_add(&text, "");
	dsi__text_add(&text, " ");
	dsi__text_number(&text, UINT64_MAX);
	assert_string_equal(buffer, "one 0 18446744073709551615");
}

static void field_names_itself(void **user)
{
	char buffer[64];
	struct dsi_text text = dsi__text(buffer, sizeof(buffer));

	(void)user;
	dsi__text_field(&text, "packets", 70000, "is too many");
	assert_string_equal(buffer, "packets: 70000 is too many");
}

/* Every size of buffer gets as much as fits, terminated, and no more. */
static void stops_at_the_end(void **user)
{
	static const char whole[] = "number 1234567890, and an end";
	char buffer[64];

	(void)user;
	for (uint32_t size = 1; size <= sizeof(whole) + 2; size++) {
		struct dsi_text text;
		size_t expected = sizeof(whole) - 1;

		memset(buffer, 'x', sizeof(buffer));
		text = dsi__text(buffer, size);
		dsi__text_add(&text, "number ");
		dsi__text_number(&text, 1234567890);
		dsi__text_add(&text, ", and an end");
		if (expected > size - 1)
			expected = size - 1;
		assert_int_equal(strlen(buffer), expected);
		assert_memory_equal(buffer, whole, expected);
		for (size_t i = size; i < sizeof(buffer); i++)
			assert_int_equal(buffer[i], 'x');
	}
}

static void discards_without_buffer(void **user)
{
	char guard = 'x';
	struct dsi_text text = dsi__text(NULL, 100);

	(void)user;
	dsi__text_add(&text, "lost");
	dsi__text_number(&text, 5);
	text = dsi__text(&guard, 0);
	dsi__text_add(&text, "lost");
	assert_int_equal(guard, 'x');
}

static void foreign_text_is_printable(void **user)
{
	char buffer[64];
	struct dsi_text text = dsi__text(buffer, sizeof(buffer));

	(void)user;
	dsi__text_foreign(&text, "a\n\x1b[31m\x7f\xc3\xa4~ z", 64);
	assert_string_equal(buffer, "a??[31m???~ z");
}

/* A peer's text need not be terminated. */
static void foreign_text_is_bounded(void **user)
{
	static const char raw[4] = {'a', 'b', 'c', 'd'};
	char buffer[64];
	struct dsi_text text = dsi__text(buffer, sizeof(buffer));

	(void)user;
	dsi__text_foreign(&text, raw, sizeof(raw));
	assert_string_equal(buffer, "abcd");
	dsi__text_foreign(&text, raw, 0);
	assert_string_equal(buffer, "abcd");
}

static void lengths(void **user)
{
	static const char raw[4] = {'a', 'b', 'c', 'd'};

	(void)user;
	assert_int_equal(dsi__string_length("", 10), 0);
	assert_int_equal(dsi__string_length("abc", 10), 3);
	assert_int_equal(dsi__string_length("abc", 3), 3);
	assert_int_equal(dsi__string_length(raw, sizeof(raw)), 4);
	assert_int_equal(dsi__string_length(raw, 0), 0);
}

static void equality(void **user)
{
	(void)user;
	assert_true(dsi__string_equal("", "", 8));
	assert_true(dsi__string_equal("abc", "abc", 8));
	assert_false(dsi__string_equal("abc", "abd", 8));
	assert_false(dsi__string_equal("abc", "abcd", 8));
	assert_true(dsi__string_equal("abcX", "abcY", 3));
}

static void copies_whole_or_not(void **user)
{
	char to[4] = "old";

	(void)user;
	assert_int_equal(dsi__string_copy(to, "abcd", 4), -DSI_ENAMETOOLONG);
	assert_string_equal(to, "old");
	assert_int_equal(dsi__string_copy(to, "abc", 4), 0);
	assert_string_equal(to, "abc");
	assert_int_equal(dsi__string_copy(to, "x", 4), 0);
	assert_memory_equal(to, "x\0\0\0", 4);
	assert_int_equal(dsi__string_copy(to, NULL, 4), 0);
	assert_memory_equal(to, "\0\0\0\0", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_in_order),
		cmocka_unit_test(field_names_itself),
		cmocka_unit_test(stops_at_the_end),
		cmocka_unit_test(discards_without_buffer),
		cmocka_unit_test(foreign_text_is_printable),
		cmocka_unit_test(foreign_text_is_bounded),
		cmocka_unit_test(lengths),
		cmocka_unit_test(equality),
		cmocka_unit_test(copies_whole_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
