/* SPDX-License-Identifier: MIT */
/*
 * numbers_test.c - the calculator at the ends of its range: what is too large to be
 * counted or to be looked at is refused with its reason, and what is next to that
 * is answered.
 */
#include <cmocka.h>

#include <string.h>

#include <dsi/dsi.h>
#include <dsi/jcs.h>
#include <dsi/sizing.h>

#define MOST DSI_TICKS_MAX
/* Whole portions of 1024 and one packet less than another: the last packet that is
 * read is due less than 2^127 parts of 10^-9 ticks after the first, the last one of
 * all more. */
#define MANY ((UINT64_C(1) << 36) + 1023u)
#define NEARLY UINT64_C(2475880078606789346)

struct question {
	const char *name;
	struct dsi_sizing_writer writer;
	struct dsi_sizing_reader reader;
	int want;
	const char *word; /* in the reason */
	uint64_t slots;	  /* if it is answered */
};

#define STREAM(...)                               \
	.size = sizeof(struct dsi_sizing_writer), \
	.stream = {.size = sizeof(struct dsi_jcs), __VA_ARGS__}
#define READER .size = sizeof(struct dsi_sizing_reader)

static const struct question questions[] = {
	{"a start so early that 2^20 packets must be there",
	 {STREAM(.period = 1, .jitter = UINT64_C(1) << 40)},
	 {READER, .pace = DSI_PACE_ANCHORED, .flags = DSI_READER_START_GIVEN},
	 .want = -DSI_EOVERFLOW,
	 .word = "prefill"},
	{"more packets at the beginning than there are",
	 {STREAM(.period = 10), .packets = 3},
	 {READER, .pace = DSI_PACE_ANCHORED, .prefill = 4},
	 .want = -DSI_EINVAL,
	 .word = "prefill"},
	{"a period that the units do not divide",
	 {STREAM(.period = 10), .units = 3},
	 {READER, .units = 5},
	 .want = -DSI_EINVAL,
	 .word = "units"},
	{"reordering beside drift",
	 {STREAM(.period = 1000, .drift_ppb = 5), .packets = 9},
	 {READER, .early = 1},
	 .want = -DSI_ENOTSUP,
	 .word = "drift"},
	{"batches that meet too rarely",
	 {STREAM(.period = 1024), .batch = 1u << 20, .units = 1024,
	  .packets = 1u << 30},
	 {READER, .batch = (1u << 20) - 1u, .units = 1023},
	 .want = -DSI_EOVERFLOW,
	 .word = "too rarely"},
	{"a distance that a fast clock does not keep",
	 {STREAM(.period = 1000, .jitter = 10, .distance = 1000,
		 .drift_ppb = 5),
	  .packets = 9},
	 {READER},
	 .slots = 1},
	{"more ticks than can be counted, on a grid",
	 {STREAM(.period = MOST, .drift_ppb = 5), .packets = UINT64_MAX},
	 {READER},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"likewise, later",
	 {STREAM(.period = MOST / 4, .jitter = MOST, .drift_ppb = 5),
	  .packets = 1u << 30, .batch = 1u << 15},
	 {READER, .hold = MOST},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"likewise, from the first packet on",
	 {STREAM(.period = MOST, .drift_ppb = 5), .packets = UINT64_MAX},
	 {READER, .pace = DSI_PACE_ANCHORED},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"a jitter that is too much behind so many periods",
	 {STREAM(.period = UINT64_C(1) << 40, .jitter = MOST, .drift_ppb = 5),
	  .packets = UINT64_C(154742504136960014)},
	 {READER},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"what is read can be counted, the rest that is not read cannot",
	 {STREAM(.period = NEARLY), .packets = MANY},
	 {READER, .units = 1024, .drift_ppb = 1,
	  .flags = DSI_READER_START_GIVEN},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"a start that can be counted, but not what comes after it",
	 {STREAM(.period = UINT64_C(154742504910813271)), .batch = 1u << 20,
	  .packets = UINT64_C(1) << 40},
	 {READER, .batch = 1u << 20, .units = 1u << 20, .jitter = MOST,
	  .hold = MOST, .drift_ppb = 1},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"as many packets as no number counts",
	 {STREAM(.period = 1), .hold = MOST},
	 {READER, .start = MOST, .jitter = MOST, .hold = MOST,
	  .flags = DSI_READER_START_GIVEN},
	 .want = -DSI_EOVERFLOW,
	 .word = "exact range"},
	{"a burst that is told of at every third commit, of any length",
	 {STREAM(.period = 10, .jitter = 5, .flags = DSI_JCS_UPPER_ONLY)},
	 {READER, .pace = DSI_PACE_SERVICE, .service = 5, .coalesce = 3,
	  .coalesce_wait = 100},
	 .slots = 4},
	{"likewise of two packets",
	 {STREAM(.period = 10), .packets = 2},
	 {READER, .pace = DSI_PACE_SERVICE, .service = 5, .coalesce = 3,
	  .coalesce_wait = 100},
	 .slots = 2},
};

static void answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct question *q = &questions[i];
		struct dsi_sizing_need need = {.size = sizeof(need)};
		char why[DSI_SIZING_WHY_BYTES] = "";
		int err = dsi_size_reader(&q->writer, &q->reader, &need, why,
					  sizeof(why));

		if (err != q->want || (err && !strstr(why, q->word)) ||
		    (!err && need.slots != q->slots))
			fail_msg("%s: %d %s, %llu slots", q->name, err, why,
				 (unsigned long long)need.slots);
	}
}

/* One reader of several is wrong. */
static void fan_out(void **state)
{
	const struct dsi_sizing_writer writer = {STREAM(.period = 10)};
	struct dsi_sizing_reader readers[2] = {{READER}, {READER, .pace = 99}};
	struct dsi_sizing_need needs[2] = {{.size = sizeof(needs[0])},
					   {.size = sizeof(needs[1])}};
	char why[DSI_SIZING_WHY_BYTES] = "";
	uint64_t slots;

	(void)state;
	assert_int_equal(dsi_size_fan_out(&writer, readers, 2, needs, &slots,
					  why, sizeof(why)),
			 -DSI_EINVAL);
	assert_non_null(strstr(why, "pace"));
}

struct merge {
	const char *name;
	struct dsi_jcs streams[3];
	uint32_t n;
	uint64_t wake, service;
	int want;
	const char *word;
};

#define JCS(...)                                            \
	{                                                   \
		.size = sizeof(struct dsi_jcs), __VA_ARGS__ \
	}

static const struct merge merges[] = {
	{"one of another size",
	 {JCS(.period = 10),
	  {.size = sizeof(struct dsi_jcs) - 8, .period = 10}},
	 2,
	 0,
	 1,
	 -DSI_EINVAL,
	 "differs"},
	{"periods that have no common multiple that can be counted",
	 {JCS(.period = MOST), JCS(.period = MOST - 1),
	  JCS(.period = MOST - 3)},
	 3,
	 0,
	 1,
	 -DSI_EOVERFLOW,
	 "too many"},
	{"a wait that is too long to be told",
	 {JCS(.period = MOST)},
	 1,
	 MOST,
	 MOST,
	 -DSI_EOVERFLOW,
	 "exact range"},
};

static void several_writers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(merges) / sizeof(merges[0]); i++) {
		const struct merge *m = &merges[i];
		struct dsi_sizing_need need = {.size = sizeof(need)};
		char why[DSI_SIZING_WHY_BYTES] = "";
		int err = dsi_size_merge(m->streams, m->n, DSI_TIES_STRICT,
					 m->wake, m->service, &need, why,
					 sizeof(why));

		if (err != m->want || !strstr(why, m->word))
			fail_msg("%s: %d %s", m->name, err, why);
	}
}

/* There are slots enough for any value, but from some on the latest release is too
 * late to be told. */
static void too_late_to_be_told(void **state)
{
	const struct dsi_sizing_writer writer = {STREAM(.period = 1)};
	struct dsi_sizing_reader reader = {READER, .start = MOST,
					   .hold = MOST - 10,
					   .flags = DSI_READER_START_GIVEN};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	char why[DSI_SIZING_WHY_BYTES] = "";
	uint64_t value = 0;

	(void)state;
	assert_int_equal(dsi_size_limit(&writer, &reader, UINT64_MAX,
					DSI_LIMIT_READER_JITTER, &value, why,
					sizeof(why)),
			 -DSI_EOVERFLOW);
	assert_non_null(strstr(why, "exact range"));
	assert_true(value == 9);
	reader.jitter = value;
	assert_int_equal(dsi_size_reader(&writer, &reader, &need, NULL, 0), 0);
	assert_true(need.release_max.whole == INT64_MAX);
	reader.jitter = value + 1;
	assert_int_equal(dsi_size_reader(&writer, &reader, &need, NULL, 0),
			 -DSI_EOVERFLOW);
}

/* Buckets whose fractions have products that are too large. */
static void buckets(void **state)
{
	const uint64_t huge = UINT64_MAX;
	const struct dsi_lbap level = {{huge, huge}, {huge, huge}};
	const struct dsi_token_bucket deep = {{huge, 1}, {huge, huge}, huge};
	struct dsi_jcs jcs = {.size = sizeof(jcs)};

	(void)state;
	assert_int_equal(dsi_jcs_from_lbap(&level, &jcs), -DSI_EOVERFLOW);
	assert_int_equal(dsi_jcs_from_token_bucket(&deep, &jcs),
			 -DSI_EOVERFLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(fan_out),
		cmocka_unit_test(several_writers),
		cmocka_unit_test(too_late_to_be_told),
		cmocka_unit_test(buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
