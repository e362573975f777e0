/* SPDX-License-Identifier: MIT */
/*
 * refused_test.c - what the calculator refuses: each field once out of its range,
 * with the error, and the sentence that names the field.
 */
#include <cmocka.h>

#include <stddef.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/sizing.h>
#include <dsi/types.h>

#define LATE (DSI_TICKS_MAX + 1u)
#define MANY (DSI_SIZING_MAX_BATCH + 1u)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One field of a question gets a value. */
struct wrong {
	size_t offset;
	size_t bytes;
	uint64_t value;
	int err;
	const char *begin; /* of the sentence; NULL: none is given */
};

#define FIELD(type, field, value, err, begin)                                  \
	{                                                                      \
		offsetof(type, field), sizeof(((type *)0)->field), value, err, \
			begin                                                  \
	}

static void set(void *question, const struct wrong *wrong)
{
	uint8_t *at = (uint8_t *)question + wrong->offset;
	uint32_t narrow = (uint32_t)wrong->value;

	if (wrong->bytes == sizeof(narrow))
		memcpy(at, &narrow, sizeof(narrow));
	else
		memcpy(at, &wrong->value, sizeof(wrong->value));
}

static void expect(const struct wrong *wrong, int err, const char *why)
{
	const char *begin = wrong->begin ? wrong->begin : "";

	if (err != wrong->err)
		fail_msg("'%s': %d instead of %d", begin, err, wrong->err);
	if (strncmp(why, begin, strlen(begin)) != 0)
		fail_msg("'%s' does not begin with '%s'", why, begin);
}

/* 10 ticks apart, 5 late at most; a reader on the same grid. */
static const struct dsi_sizing_writer good_writer = {
	.size = sizeof(good_writer),
	.stream = {.size = sizeof(good_writer.stream),
		   .period = 10,
		   .jitter = 5},
};
static const struct dsi_sizing_reader good_reader = {
	.size = sizeof(good_reader),
	.hold = 10,
};

/* ---- a stream -------------------------------------------------------------- */

static void stream_out_of_range(void **state)
{
#define JCS(field, value, begin) \
	FIELD(struct dsi_jcs, field, value, -DSI_EINVAL, begin)
	static const struct wrong wrongs[] = {
		JCS(size, 3, "size"),
		JCS(flags, 2, "flags"),
		JCS(reserved, 1, "reserved"),
		JCS(period, 0, "period"),
		JCS(period, LATE, "period"),
		JCS(jitter, LATE, "jitter"),
		JCS(distance, 11, "distance"),
		JCS(offset, LATE, "offset"),
		JCS(offset, 0 - LATE, "offset"),
		JCS(min_bytes, 9, "min_bytes"),
		JCS(drift_ppb, DSI_PPB, "drift_ppb"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct dsi_jcs jcs = good_writer.stream;
		char why[DSI_SIZING_WHY_BYTES] = "";

		jcs.max_bytes = 8;
		assert_int_equal(dsi_jcs_check(&jcs, why, sizeof(why)), 0);
		set(&jcs, &wrongs[i]);
		expect(&wrongs[i], dsi_jcs_check(&jcs, why, sizeof(why)), why);
	}
	assert_int_equal(dsi_jcs_check(NULL, NULL, 0), -DSI_EINVAL);
}

/* ---- one reader ------------------------------------------------------------- */

static void ask(const struct wrong *wrong, struct dsi_sizing_writer *writer,
		struct dsi_sizing_reader *reader, void *changed)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};
	char why[DSI_SIZING_WHY_BYTES] = "";

	set(changed, wrong);
	expect(wrong, dsi_size_reader(writer, reader, &need, why, sizeof(why)),
	       why);
}

static void writer_out_of_range(void **state)
{
#define WRITER(field, value, begin) \
	FIELD(struct dsi_sizing_writer, field, value, -DSI_EINVAL, begin)
	static const struct wrong wrongs[] = {
		WRITER(size, 3, "size"),
		WRITER(ties, 2, "ties"),
		WRITER(hold, LATE, "hold"),
		WRITER(batch, MANY, "batch"),
		WRITER(units, MANY, "units"),
		WRITER(stream.period, 0, "period"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct dsi_sizing_writer writer = good_writer;
		struct dsi_sizing_reader reader = good_reader;

		ask(&wrongs[i], &writer, &reader, &writer);
	}
}

static void reader_out_of_range(void **state)
{
#define READER(field, value, begin) \
	FIELD(struct dsi_sizing_reader, field, value, -DSI_EINVAL, begin)
	static const struct wrong wrongs[] = {
		READER(size, 3, "size"),
		READER(flags, 2, "flags"),
		READER(pace, 5, "pace"),
		READER(policy, 3, "policy"),
		READER(jitter, LATE, "jitter"),
		READER(hold, LATE, "hold"),
		READER(wake, LATE, "wake"),
		READER(service, LATE, "service"),
		READER(response, LATE, "response"),
		READER(start, LATE, "start"),
		READER(coalesce_wait, LATE, "coalesce_wait"),
		READER(prefill, MANY, "prefill"),
		READER(batch, MANY, "batch"),
		READER(units, MANY, "units"),
		READER(early, MANY, "early"),
		READER(late, MANY, "late"),
		READER(coalesce, MANY, "coalesce"),
		READER(drift_ppb, DSI_PPB, "drift_ppb"),
		FIELD(struct dsi_sizing_reader, drift_ppb, 1, -DSI_EDOM,
		      "drift: without a length"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct dsi_sizing_writer writer = good_writer;
		struct dsi_sizing_reader reader = good_reader;

		ask(&wrongs[i], &writer, &reader, &reader);
	}
}

/* What only a reader on a common grid can do, asked of another one. */
static void not_of_this_pace(void **state)
{
#define OTHER(field, value, begin) \
	FIELD(struct dsi_sizing_reader, field, value, -DSI_ENOTSUP, begin)
	static const struct wrong wrongs[] = {
		OTHER(batch, 2, "batch"),     OTHER(units, 3, "units"),
		OTHER(early, 1, "early"),     OTHER(late, 1, "early"),
		OTHER(drift_ppb, 1, "drift"),
	};
	static const struct wrong upper = FIELD(
		struct dsi_sizing_writer, stream.flags, DSI_JCS_UPPER_ONLY,
		-DSI_EDOM, "a stream of which only the most is known");

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct dsi_sizing_writer writer = good_writer;
		struct dsi_sizing_reader reader = good_reader;

		reader.pace = DSI_PACE_SERVICE;
		ask(&wrongs[i], &writer, &reader, &reader);
	}
	for (uint32_t pace = DSI_PACE_GRID; pace <= DSI_PACE_STALL; pace++) {
		struct dsi_sizing_writer writer = good_writer;
		struct dsi_sizing_reader reader = good_reader;

		reader.pace = pace;
		ask(&upper, &writer, &reader, &writer);
	}
}

/* Questions whose fields are possible, but not together. */
static void not_together(void **state)
{
	static const struct wrong slow =
		FIELD(struct dsi_sizing_reader, service, 11, -DSI_EDOM,
		      "service: is longer than the period");
	static const struct wrong never =
		FIELD(struct dsi_sizing_reader, coalesce, 2, -DSI_EDOM,
		      "coalesce: a stream of which only the most");
	static const struct wrong unread =
		FIELD(struct dsi_sizing_reader, coalesce, 2, -DSI_EDOM,
		      "coalesce: the last packets of a finite stream");
	static const struct wrong portions =
		FIELD(struct dsi_sizing_reader, early, 1, -DSI_ENOTSUP, NULL);
	struct dsi_sizing_writer writer = good_writer;
	struct dsi_sizing_reader reader = good_reader;

	(void)state;
	reader.pace = DSI_PACE_SERVICE;
	ask(&slow, &writer, &reader, &reader);
	reader.service = 1;
	writer.stream.flags = DSI_JCS_UPPER_ONLY;
	ask(&never, &writer, &reader, &reader);
	writer.stream.flags = 0;
	writer.packets = 100;
	ask(&unread, &writer, &reader, &reader);
	/* Reordering of batches. */
	reader = good_reader;
	writer.batch = 2;
	ask(&portions, &writer, &reader, &reader);
}

static void no_place_for_the_answer(void **state)
{
	struct dsi_sizing_need need = {.size = sizeof(need) - 1};
	struct dsi_sizing_reader reader = good_reader;
	uint64_t slots = 0;

	(void)state;
	assert_int_equal(dsi_size_reader(&good_writer, &reader, &need, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_reader(&good_writer, &reader, NULL, NULL, 0),
			 -DSI_EINVAL);
	need.size = sizeof(need);
	assert_int_equal(dsi_size_reader(NULL, &reader, &need, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_reader(&good_writer, NULL, &need, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_fan_out(&good_writer, &reader, 0, &need,
					  &slots, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(
		dsi_size_fan_out(&good_writer, NULL, 1, &need, &slots, NULL, 0),
		-DSI_EINVAL);
	assert_int_equal(dsi_size_fan_out(&good_writer, &reader, 1, NULL,
					  &slots, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_fan_out(&good_writer, &reader, 1, &need, NULL,
					  NULL, 0),
			 -DSI_EINVAL);
	reader.size--;
	assert_int_equal(dsi_size_fan_out(&good_writer, &reader, 1, &need,
					  &slots, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(slots, 0);
}

/* ---- the limit of a parameter, and what is lost ----------------------------- */

static int limit(uint32_t pace, uint32_t parameter, uint64_t *out_value)
{
	struct dsi_sizing_reader reader = good_reader;

	reader.pace = pace;
	return dsi_size_limit(&good_writer, &reader, 4, parameter, out_value,
			      NULL, 0);
}

static void limits_that_are_none(void **state)
{
	/* By parameter: the paces that have it, as bits. */
	static const uint32_t has[] = {
		[DSI_LIMIT_WRITER_JITTER] = 0x1f,
		[DSI_LIMIT_WRITER_HOLD] = 0x1f,
		[DSI_LIMIT_READER_JITTER] = 0x07,
		[DSI_LIMIT_READER_HOLD] = 0x07,
		[DSI_LIMIT_WAKE] = 0x0e,
		[DSI_LIMIT_SERVICE] = 0x08,
		[DSI_LIMIT_RESPONSE] = 0x10,
		[DSI_LIMIT_START] = 0x07,
	};
	uint64_t value;

	(void)state;
	for (uint32_t parameter = 0; parameter < COUNT(has); parameter++)
		for (uint32_t pace = 0; pace <= DSI_PACE_RESPONSE; pace++)
			if (!(has[parameter] >> pace & 1u))
				assert_int_equal(limit(pace, parameter, &value),
						 -DSI_ENOTSUP);
	assert_int_equal(limit(DSI_PACE_GRID, DSI_LIMIT_PERIOD + 1, &value),
			 -DSI_ENOTSUP);
	assert_int_equal(limit(DSI_PACE_GRID, DSI_LIMIT_WAKE, NULL),
			 -DSI_EINVAL);
	assert_int_equal(
		dsi_size_limit(NULL, &good_reader, 4, 0, &value, NULL, 0),
		-DSI_EINVAL);
	assert_int_equal(
		dsi_size_limit(&good_writer, NULL, 4, 0, &value, NULL, 0),
		-DSI_EINVAL);
	assert_int_equal(dsi_size_limit(&good_writer, &good_reader, 0, 0,
					&value, NULL, 0),
			 -DSI_EINVAL);
}

static void losses_that_are_none(void **state)
{
	struct dsi_sizing_loss loss = {.size = sizeof(loss)};
	struct dsi_sizing_reader reader = good_reader;

	(void)state;
	assert_int_equal(
		dsi_size_loss(&good_writer, &reader, 0, &loss, NULL, 0),
		-DSI_EINVAL);
	assert_int_equal(dsi_size_loss(&good_writer, &reader, 4, NULL, NULL, 0),
			 -DSI_EINVAL);
	reader.pace = DSI_PACE_RESPONSE + 1;
	assert_int_equal(
		dsi_size_loss(&good_writer, &reader, 4, &loss, NULL, 0),
		-DSI_EINVAL);
	loss.size++;
	assert_int_equal(
		dsi_size_loss(&good_writer, &good_reader, 4, &loss, NULL, 0),
		-DSI_EINVAL);
}

/* ---- several writers ---------------------------------------------------------- */

static int merge(const struct dsi_jcs *streams, uint32_t n, uint32_t ties,
		 uint64_t wake, uint64_t service)
{
	struct dsi_sizing_need need = {.size = sizeof(need)};

	return dsi_size_merge(streams, n, ties, wake, service, &need, NULL, 0);
}

static void merges_that_are_none(void **state)
{
	struct dsi_sizing_need need = {.size = sizeof(need) + 1};
	struct dsi_jcs two[2] = {good_writer.stream, good_writer.stream};

	(void)state;
	assert_int_equal(merge(two, 2, 0, 0, 5), 0);
	assert_int_equal(merge(two, 2, 0, 0, 6), -DSI_EDOM);
	assert_int_equal(merge(NULL, 2, 0, 0, 5), -DSI_EINVAL);
	assert_int_equal(merge(two, 0, 0, 0, 5), -DSI_EINVAL);
	assert_int_equal(merge(two, 2, 2, 0, 5), -DSI_EINVAL);
	assert_int_equal(merge(two, 2, 0, LATE, 5), -DSI_EINVAL);
	assert_int_equal(merge(two, 2, 0, 0, 0), -DSI_EINVAL);
	assert_int_equal(merge(two, 2, 0, 0, LATE), -DSI_EINVAL);
	assert_int_equal(dsi_size_merge(two, 2, 0, 0, 5, NULL, NULL, 0),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_merge(two, 2, 0, 0, 5, &need, NULL, 0),
			 -DSI_EINVAL);
	two[1].drift_ppb = 1;
	assert_int_equal(merge(two, 2, 0, 0, 5), -DSI_ENOTSUP);
	two[1].period = 0;
	assert_int_equal(merge(two, 2, 0, 0, 5), -DSI_EINVAL);
	/* A period of 2^62 beside one that has no divisor with it: the pattern
	 * of three repeats beyond all numbers. */
	two[0] = (struct dsi_jcs){.size = sizeof(two[0]),
				  .period = DSI_TICKS_MAX,
				  .jitter = DSI_TICKS_MAX};
	two[1] = two[0];
	two[1].period--;
	assert_int_equal(merge(two, 2, 0, 0, DSI_TICKS_MAX), -DSI_EDOM);
}

/* ---- bytes, and streams that time themselves ---------------------------------- */

static void areas_that_are_none(void **state)
{
#define AREA(field, value, begin) \
	FIELD(struct dsi_sizing_area, field, value, -DSI_EINVAL, begin)
	static const struct wrong wrongs[] = {
		AREA(size, 3, "size"),
		AREA(layout, 3, "layout"),
		AREA(slots, 0, "slots"),
		AREA(n_pattern, 1, "n_pattern"),
		AREA(align_bytes, LATE, "align_bytes"),
		AREA(page_bytes, LATE, "align_bytes"),
		AREA(max_bytes, 0, "max_bytes"),
		AREA(min_bytes, 101, "min_bytes"),
		AREA(burst_bytes, 1, "burst_bytes"),
		AREA(mean_bytes, 99, "max_bytes"),
		FIELD(struct dsi_sizing_area, slots, UINT64_MAX, -DSI_EOVERFLOW,
		      "the exact range"),
		FIELD(struct dsi_sizing_area, control_bytes, UINT64_MAX,
		      -DSI_EOVERFLOW, "the exact range"),
	};
	static const struct dsi_sizing_area good = {
		.size = sizeof(good), .slots = 4, .max_bytes = 100};
	struct dsi_sizing_bytes bytes = {.size = sizeof(bytes)};

	(void)state;
	assert_int_equal(dsi_size_area(&good, &bytes, NULL, 0), 0);
	assert_int_equal(bytes.total, 400);
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct dsi_sizing_area area = good;
		char why[DSI_SIZING_WHY_BYTES] = "";

		set(&area, &wrongs[i]);
		expect(&wrongs[i],
		       dsi_size_area(&area, &bytes, why, sizeof(why)), why);
	}
	assert_int_equal(dsi_size_area(NULL, &bytes, NULL, 0), -DSI_EINVAL);
	assert_int_equal(dsi_size_area(&good, NULL, NULL, 0), -DSI_EINVAL);
	bytes.size--;
	assert_int_equal(dsi_size_area(&good, &bytes, NULL, 0), -DSI_EINVAL);
}

static void self_timed_that_are_none(void **state)
{
	uint64_t out = 7;

	(void)state;
	assert_int_equal(dsi_size_self_timed(10, 10, 1, 10, 0, &out), 0);
	assert_int_equal(out, 3);
	assert_int_equal(dsi_size_self_timed(10, 10, 1, 10, 0, NULL),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(0, 0, 1, 0, 0, &out), -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(LATE, 1, 1, 1, 0, &out),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(10, LATE, 1, 1, 0, &out),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(10, 1, LATE, 1, 0, &out),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(10, 1, 1, LATE, 0, &out),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(10, 1, 1, 1, LATE, &out),
			 -DSI_EINVAL);
	assert_int_equal(dsi_size_self_timed(10, 11, 0, 1, 0, &out), -DSI_EDOM);
	assert_int_equal(dsi_size_self_timed(10, 1, 0, 11, 0, &out), -DSI_EDOM);
	assert_int_equal(out, 3);
	/* ceil(1000 / 100) + 1 packets a second, one second late. */
	assert_int_equal(dsi_size_original(1000, 1000000, 100, &out), 0);
	assert_int_equal(out, 13);
	assert_int_equal(dsi_size_original(1000, 1, 100, NULL), -DSI_EINVAL);
	assert_int_equal(dsi_size_original(1000, 1, 0, &out), -DSI_EINVAL);
	assert_int_equal(dsi_size_original(UINT64_MAX, UINT64_MAX, 1, &out),
			 -DSI_EOVERFLOW);
	assert_int_equal(out, 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stream_out_of_range),
		cmocka_unit_test(writer_out_of_range),
		cmocka_unit_test(reader_out_of_range),
		cmocka_unit_test(not_of_this_pace),
		cmocka_unit_test(not_together),
		cmocka_unit_test(no_place_for_the_answer),
		cmocka_unit_test(limits_that_are_none),
		cmocka_unit_test(losses_that_are_none),
		cmocka_unit_test(merges_that_are_none),
		cmocka_unit_test(areas_that_are_none),
		cmocka_unit_test(self_timed_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
