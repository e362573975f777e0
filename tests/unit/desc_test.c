/* SPDX-License-Identifier: MIT */
/*
 * desc_test.c - descriptions: every field's bad values give a sentence that
 * names the field, defaults mean what types.h says, mismatches are named.
 */
#include <cmocka.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>

#include "dsi/desc.h"

#define LONG_BYTES 200u
#define NAME_63 \
	"123456789-123456789-123456789-123456789-123456789-123456789-123"

static struct dsi_stream_desc good_desc(void)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.packets = 8,
		.packet_bytes = 100,
	};
}

static struct dsi_stream_desc full_desc(void)
{
	struct dsi_stream_desc desc = good_desc();

	dsi__desc_resolve(&desc);
	return desc;
}

/* ---- one bad field ------------------------------------------------------- */

struct bad_field {
	const char *field;
	size_t offset;
	uint32_t bytes;
	uint64_t value;
};

#define FIELD32(name, value)                                            \
	{                                                               \
#name, offsetof(struct dsi_stream_desc, name), 4, value \
	}
#define FIELD64(name, value)                                            \
	{                                                               \
#name, offsetof(struct dsi_stream_desc, name), 8, value \
	}

static const struct bad_field bad_fields[] = {
	FIELD32(size, 0),
	FIELD32(size, 3),
	FIELD32(size, 4097),
	FIELD32(size, UINT32_MAX),
	FIELD32(flags, 16),
	FIELD32(flags, UINT32_MAX),
	FIELD32(flags, UINT32_C(1) << 31),
	FIELD32(packets, 0),
	FIELD32(packets, DSI_MAX_PACKETS + 1),
	FIELD32(packets, UINT32_MAX),
	FIELD32(ring_slots, 3),
	FIELD32(ring_slots, 2 * DSI_MAX_RING_SLOTS),
	FIELD32(ring_slots, UINT32_MAX),
	FIELD32(ring_slots, UINT32_C(1) << 31),
	FIELD32(max_sg, DSI_MAX_SG + 1),
	FIELD32(max_sg, UINT32_MAX),
	FIELD32(align_bytes, 3),
	FIELD32(align_bytes, 65),
	FIELD32(align_bytes, UINT32_C(1) << 22),
	FIELD32(align_bytes, UINT32_C(1) << 31),
	FIELD32(align_bytes, UINT32_MAX),
	FIELD32(reserved, 1),
	FIELD32(reserved, UINT32_MAX),
	FIELD64(data_bytes, 1),
	FIELD64(data_bytes, 8 * 128 - 1),
	FIELD64(data_bytes, (UINT64_C(1) << 46) + 1),
	FIELD64(data_bytes, UINT64_MAX),
};
#define N_BAD (sizeof(bad_fields) / sizeof(bad_fields[0]))

static void spoil(struct dsi_stream_desc *desc, const struct bad_field *bad)
{
	uint32_t narrow = (uint32_t)bad->value;
	char *at = (char *)desc + bad->offset;

	if (bad->bytes == 4)
		memcpy(at, &narrow, sizeof(narrow));
	else
		memcpy(at, &bad->value, sizeof(bad->value));
}

/* A struct that claims to be long must be long. */
union roomy {
	struct dsi_stream_desc desc;
	char raw[8192];
};

static void bad_fields_are_named(void **user)
{
	(void)user;
	for (size_t i = 0; i < N_BAD; i++) {
		union roomy roomy = {.desc = good_desc()};
		char why[LONG_BYTES];
		char begin[40];

		spoil(&roomy.desc, &bad_fields[i]);
		(void)snprintf(begin, sizeof(begin),
			       "%s: ", bad_fields[i].field);
		assert_int_equal(
			dsi_stream_desc_check(&roomy.desc, why, sizeof(why)),
			-DSI_EINVAL);
		if (strncmp(why, begin, strlen(begin)) != 0)
			fail_msg("%s = %ju: '%s'", bad_fields[i].field,
				 (uintmax_t)bad_fields[i].value, why);
		/* A sentence, not only a name. */
		assert_true(strlen(why) > strlen(begin) + 8);
		assert_int_equal(dsi_stream_desc_check(&roomy.desc, NULL, 0),
				 -DSI_EINVAL);
	}
}

static void value_is_in_the_sentence(void **user)
{
	struct dsi_stream_desc desc = good_desc();
	char why[LONG_BYTES];

	(void)user;
	desc.packets = 70000;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_string_equal(why, "packets: 70000 is not in 1..65535");
}

static void format_must_end(void **user)
{
	struct dsi_stream_desc desc = good_desc();
	char why[LONG_BYTES];

	(void)user;
	memset(desc.format, 'f', sizeof(desc.format));
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "format: ", 8);
	desc.format[DSI_FORMAT_BYTES - 1] = '\0';
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), 0);
	assert_string_equal(why, "");
}

static void no_data_at_all(void **user)
{
	struct dsi_stream_desc desc = good_desc();
	char why[LONG_BYTES];

	(void)user;
	desc.packet_bytes = 0;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "data_bytes: ", 12);
	desc.data_bytes = 4096;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), 0);
}

/* The largest of everything must not overflow into something small. */
static void extremes(void **user)
{
	struct dsi_stream_desc desc = good_desc();
	char why[LONG_BYTES];

	(void)user;
	desc.packets = DSI_MAX_PACKETS;
	desc.packet_bytes = UINT32_MAX;
	desc.align_bytes = UINT32_C(1) << 21;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "data_bytes: ", 12);
	desc.packet_bytes = 1u << 29;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), 0);
	dsi__desc_resolve(&desc);
	assert_true(desc.data_bytes == UINT64_C(65535) << 29);
	assert_int_equal(desc.ring_slots, 65536);
}

static void nothing_to_check(void **user)
{
	char why[LONG_BYTES];

	(void)user;
	assert_int_equal(dsi_stream_desc_check(NULL, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "size: ", 6);
}

/* A short buffer gets the beginning of the sentence. */
static void short_buffers(void **user)
{
	struct dsi_stream_desc desc = good_desc();
	char why[LONG_BYTES];

	(void)user;
	desc.packets = 0;
	for (uint32_t size = 1; size < sizeof(why); size++) {
		memset(why, 'x', sizeof(why));
		assert_int_equal(dsi_stream_desc_check(&desc, why, size),
				 -DSI_EINVAL);
		assert_true(strlen(why) < size);
		assert_int_equal(why[size], 'x');
	}
}

/* ---- sizes of option structs --------------------------------------------- */

static void older_and_newer_callers(void **user)
{
	union roomy roomy = {.desc = good_desc()};

	(void)user;
	/* Older: knows the fields up to packet_bytes. */
	roomy.desc.size = offsetof(struct dsi_stream_desc, reserved);
	roomy.desc.format[0] = 'x';
	assert_int_equal(dsi_stream_desc_check(&roomy.desc, NULL, 0), 0);
	/* Newer: more fields, all zero. */
	roomy.desc.size = sizeof(roomy.desc) + 64;
	assert_int_equal(dsi_stream_desc_check(&roomy.desc, NULL, 0), 0);
	/* Newer, and it means something by it. */
	roomy.raw[sizeof(roomy.desc) + 63] = 1;
	assert_int_equal(dsi_stream_desc_check(&roomy.desc, NULL, 0),
			 -DSI_EINVAL);
	roomy.desc.size = sizeof(roomy.desc) + 63;
	assert_int_equal(dsi_stream_desc_check(&roomy.desc, NULL, 0), 0);
}

static void options_are_copied(void **user)
{
	const struct dsi_producer_options from = {
		.size = 12,
		.data_fd = 5,
		.wait_consumers = 9,
	};
	struct dsi_producer_options to;

	(void)user;
	memset(&to, 0xff, sizeof(to));
	assert_int_equal(dsi__options_copy(&to, &from, sizeof(to)), 0);
	assert_int_equal(to.size, sizeof(to));
	assert_int_equal(to.data_fd, 5);
	assert_int_equal(to.wait_consumers, 0); /* beyond the size */
	memset(&to, 0xff, sizeof(to));
	assert_int_equal(dsi__options_copy(&to, NULL, sizeof(to)), 0);
	assert_int_equal(to.size, sizeof(to));
	assert_int_equal(to.data_fd, 0);
}

/* ---- defaults ------------------------------------------------------------ */

static void defaults_mean_this(void **user)
{
	struct dsi_stream_desc desc = full_desc();

	(void)user;
	assert_int_equal(desc.ring_slots, 8);
	assert_int_equal(desc.max_sg, 1);
	assert_int_equal(desc.align_bytes, 64);
	assert_int_equal(desc.data_bytes, 8 * 128);
	assert_int_equal(dsi__desc_stride(&desc), 128);
	desc = good_desc();
	desc.packets = 9;
	desc.align_bytes = 1;
	dsi__desc_resolve(&desc);
	assert_int_equal(desc.ring_slots, 16);
	assert_int_equal(desc.data_bytes, 900);
	desc.packets = 1;
	desc.ring_slots = 0;
	dsi__desc_resolve(&desc);
	assert_int_equal(desc.ring_slots, 1);
}

static void complete_means_resolved(void **user)
{
	struct dsi_stream_desc desc = good_desc();

	(void)user;
	assert_false(dsi__desc_complete(&desc));
	desc = full_desc();
	assert_true(dsi__desc_complete(&desc));
	for (size_t i = 0; i < N_BAD; i++) {
		desc = full_desc();
		spoil(&desc, &bad_fields[i]);
		assert_false(dsi__desc_complete(&desc));
	}
	desc = full_desc();
	desc.ring_slots = 0;
	assert_false(dsi__desc_complete(&desc));
	desc = full_desc();
	desc.max_sg = 0;
	assert_false(dsi__desc_complete(&desc));
	desc = full_desc();
	desc.align_bytes = 0;
	assert_false(dsi__desc_complete(&desc));
}

/* With a declared traffic the number of packets may be left open, but only
 * until the stream is made. */
static void traffic_is_checked(void **user)
{
	struct dsi_stream_desc desc = good_desc();
	char why[LONG_BYTES];

	(void)user;
	desc.traffic =
		(struct dsi_traffic){.tick_hz = 25, .period = 1, .batch = 8};
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), 0);
	dsi__desc_resolve(&desc);
	assert_true(dsi__desc_complete(&desc));
	desc.traffic.batch = 9;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "traffic.batch: 9 ", 17);
	assert_false(dsi__desc_complete(&desc));
	desc.packets = 0;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)), 0);
	assert_false(dsi__desc_complete(&desc));
	desc.packet_bytes = 0;
	desc.data_bytes = 0;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "data_bytes: ", 12);
	desc = good_desc();
	desc.traffic.period = 1;
	assert_int_equal(dsi_stream_desc_check(&desc, why, sizeof(why)),
			 -DSI_EINVAL);
	assert_memory_equal(why, "traffic.tick_hz: 0 ", 19);
}

/* ---- do both ends match? ------------------------------------------------- */

struct mismatch {
	const char *begin;
	struct dsi_wish wish;
};

static void mismatches_are_named(void **user)
{
	static const struct mismatch cases[] = {
		{"format: ", {.format = "video/x-raw"}},
		{"format: ", {.format = "audi"}},
		{"align_bytes: ", {.align_bytes = 128}},
		{"packet_bytes: ", {.min_packet_bytes = 101}},
		{"packet_bytes: ", {.max_packet_bytes = 99}},
		{"packets: ", {.hold_packets = 9}},
		{"packets: ", {.usage = {.tick_hz = 1, .batch = 9}}},
		{"writable: ", {.flags = DSI_CONSUMER_WRITABLE}},
	};
	struct dsi_stream_desc desc = full_desc();

	(void)user;
	memcpy(desc.format, "audio", 6);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[LONG_BYTES];
		struct dsi_text text = dsi__text(why, sizeof(why));

		assert_int_equal(dsi__desc_match(&desc, &cases[i].wish, &text),
				 -DSI_ENOMATCH);
		if (strncmp(why, cases[i].begin, strlen(cases[i].begin)) != 0)
			fail_msg("case %zu: '%s'", i, why);
	}
}

static void too_many_elements(void **user)
{
	struct dsi_stream_desc desc = full_desc();
	struct dsi_wish wish = {.max_sg = 3};
	char why[LONG_BYTES];
	struct dsi_text text = dsi__text(why, sizeof(why));

	(void)user;
	desc.max_sg = 4;
	assert_int_equal(dsi__desc_match(&desc, &wish, &text), -DSI_ENOMATCH);
	assert_string_equal(why, "max_sg: the stream has 4, the consumer needs "
				 "at most 3");
	wish.max_sg = 4;
	assert_int_equal(dsi__desc_match(&desc, &wish, &text), 0);
}

static void matching_ends(void **user)
{
	struct dsi_stream_desc desc = full_desc();
	struct dsi_text none = dsi__text(NULL, 0);
	struct dsi_wish wish = {
		.flags = DSI_CONSUMER_WRITABLE,
		.hold_packets = 8,
		.align_bytes = 64,
		.min_packet_bytes = 100,
		.max_packet_bytes = 100,
		.max_sg = 1,
		.format = "audio",
		.usage = {.tick_hz = 1, .batch = 8},
	};

	(void)user;
	memcpy(desc.format, "audio", 6);
	desc.flags = DSI_STREAM_WRITABLE;
	assert_int_equal(dsi__desc_match(&desc, &wish, &none), 0);
	wish = (struct dsi_wish){0};
	assert_int_equal(dsi__desc_match(&desc, &wish, &none), 0);
}

/* What the peer calls its format is shown, but cannot reach a terminal. */
static void foreign_format_is_printable(void **user)
{
	struct dsi_stream_desc desc = full_desc();
	struct dsi_wish wish = {.format = "\x1b[2Jx"};
	char why[LONG_BYTES];
	struct dsi_text text = dsi__text(why, sizeof(why));

	(void)user;
	assert_int_equal(dsi__desc_match(&desc, &wish, &text), -DSI_ENOMATCH);
	assert_string_equal(why, "format: the stream has '', the consumer "
				 "needs '?[2Jx'");
}

static void bad_wishes(void **user)
{
	static const struct dsi_wish bad[] = {
		{.flags = 16},
		{.flags = UINT32_MAX},
		{.policy = 3},
		{.policy = UINT32_MAX},
		{.queue_packets = DSI_MAX_PACKETS + 1},
		{.hold_packets = DSI_MAX_PACKETS + 1},
		{.align_bytes = 3},
		{.align_bytes = UINT32_MAX},
	};
	struct dsi_text none = dsi__text(NULL, 0);
	struct dsi_wish wish = {0};

	(void)user;
	assert_int_equal(dsi__wish_check(&wish, &none), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dsi__wish_check(&bad[i], &none), -DSI_EINVAL);
	memset(wish.format, 'x', sizeof(wish.format));
	assert_int_equal(dsi__wish_check(&wish, &none), -DSI_EINVAL);
	wish = (struct dsi_wish){0};
	memset(wish.label, 'x', sizeof(wish.label));
	assert_int_equal(dsi__wish_check(&wish, &none), -DSI_EINVAL);
}

static void wishes_travel(void **user)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.flags = 1,
		.policy = 2,
		.queue_packets = 3,
		.hold_packets = 4,
		.align_bytes = 8,
		.min_packet_bytes = 6,
		.max_packet_bytes = 7,
		.max_sg = 9,
		.format = "f",
		.label = "l",
		.usage = {.tick_hz = 10, .hold = 11},
	};
	struct dsi_consumer_options back;
	struct dsi_wish wish;

	(void)user;
	dsi__wish_from_options(&wish, &options);
	dsi__wish_to_options(&back, &wish);
	assert_memory_equal(&back, &options, sizeof(back));
}

/* ---- names --------------------------------------------------------------- */

static void names(void **user)
{
	static const char *const good[] = {
		"a", "A9._-", "sys:cam", "x.", "-", NAME_63,
	};
	static const char *const bad[] = {
		"",    "sys:", ".",    ".x",	"sys:.x",    "..",
		"a/b", "a b",  "a\n",  "a:b",	"a@b",	     "\xc3\xa4",
		"*",   "~",    "../x", "sys:/", "sys:sys:x",
	};

	(void)user;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(dsi__name_check(good[i]), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dsi__name_check(bad[i]), -DSI_EINVAL);
	assert_int_equal(dsi__name_check(NULL), -DSI_EINVAL);
	assert_int_equal(dsi__name_check(NAME_63 "4"), -DSI_ENAMETOOLONG);
	assert_int_equal(dsi__name_check("sys:" NAME_63), 0);
	assert_int_equal(dsi__name_check("sys:" NAME_63 "4"),
			 -DSI_ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_fields_are_named),
		cmocka_unit_test(value_is_in_the_sentence),
		cmocka_unit_test(format_must_end),
		cmocka_unit_test(no_data_at_all),
		cmocka_unit_test(extremes),
		cmocka_unit_test(nothing_to_check),
		cmocka_unit_test(short_buffers),
		cmocka_unit_test(older_and_newer_callers),
		cmocka_unit_test(options_are_copied),
		cmocka_unit_test(defaults_mean_this),
		cmocka_unit_test(complete_means_resolved),
		cmocka_unit_test(traffic_is_checked),
		cmocka_unit_test(mismatches_are_named),
		cmocka_unit_test(too_many_elements),
		cmocka_unit_test(matching_ends),
		cmocka_unit_test(foreign_format_is_printable),
		cmocka_unit_test(bad_wishes),
		cmocka_unit_test(wishes_travel),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
