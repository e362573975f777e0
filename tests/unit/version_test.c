/* SPDX-License-Identifier: MIT */
/* version_test.c - header, library and build agree on the version. */
#include <cmocka.h>

#include <stdio.h>

#include <dsi/version.h>

static void all_say_the_same(void **user)
{
	char text[32];

	(void)user;
	(void)snprintf(text, sizeof(text), "%d.%d.%d", DSI_VERSION_MAJOR,
		       DSI_VERSION_MINOR, DSI_VERSION_PATCH);
	assert_string_equal(text, DSI_VERSION_TEXT);
	assert_string_equal(dsi_version(), DSI_VERSION_TEXT);
	assert_string_equal(dsi_version(), EXPECTED_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
