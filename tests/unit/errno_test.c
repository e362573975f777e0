/* SPDX-License-Identifier: MIT */
/*
 * errno_test.c - the error table: numbers are those of the system, and each
 * has a text.
 */
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <dsi/errno.h>

/* The library's own, from 4001 on. */
#define ENOMATCH 4001

static const struct {
	const char *name;
	int ours;
	int systems;
	int number;
	const char *text;
} errors[] = {
#define ENTRY(name, number, text) {#name, DSI_##name, name, number, text},
	DSI_ERRNO_MAP(ENTRY)
#undef ENTRY
};
#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

static void numbers_are_the_systems(void **user)
{
	(void)user;
	for (size_t i = 0; i < N_ERRORS; i++) {
		assert_int_equal(errors[i].ours, errors[i].number);
		assert_int_equal(errors[i].ours, errors[i].systems);
	}
}

static void numbers_ascend(void **user)
{
	(void)user;
	for (size_t i = 1; i < N_ERRORS; i++)
		assert_true(errors[i].ours > errors[i - 1].ours);
}

static void each_has_a_text(void **user)
{
	(void)user;
	for (size_t i = 0; i < N_ERRORS; i++) {
		assert_true(strlen(errors[i].text) > 3);
		assert_string_equal(dsi_strerror(-errors[i].ours),
				    errors[i].text);
		assert_string_equal(dsi_strerror(errors[i].ours),
				    errors[i].text);
	}
}

static void unknown_codes(void **user)
{
	static const int codes[] = {-3,	   3,	    -4000,   4000,
				    -4002, INT_MAX, -INT_MAX};

	(void)user;
	assert_string_equal(dsi_strerror(0), "success");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_string_equal(dsi_strerror(codes[i]), "unknown error");
}

/* The one number that cannot be negated. */
static void least_number(void **user)
{
	(void)user;
	assert_string_equal(dsi_strerror(INT_MIN), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_systems),
		cmocka_unit_test(numbers_ascend),
		cmocka_unit_test(each_has_a_text),
		cmocka_unit_test(unknown_codes),
		cmocka_unit_test(least_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
