// SPDX-License-Identifier: MIT
/*
 * bench_blocks.c - the built-in lists of cases of `dsi bench`: one for each
 * question.
 */
#include "bench_blocks.h"

#define LIST(...)                                                          \
	{                                                                  \
		.values = {__VA_ARGS__},                                   \
		.n = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
	}

static const struct bench_channel *const plain[] = {&bench_dsi, NULL};
static const struct bench_channel *const many[] = {&bench_dsi, &bench_dsi_epoll,
						   NULL};
static const struct bench_channel *const copies[] = {
	&bench_slots, &bench_inline,	 &bench_copied,	  &bench_inline_copied,
	&bench_dsi,   &bench_dsi_copied, &bench_dsi_word, NULL};

#define KIB 1024u
#define MIB (1024u * 1024u)

#define BASIC(m, w, on, touch, size, slots, several, to, with_quick)       \
	{                                                                  \
		.measures = m, .waits = w, .places = on, .touches = touch, \
		.payloads = size, .rings = slots, .batches = several,      \
		.consumers = to, .quick = with_quick,                      \
	}

const struct bench_block bench_blocks[] = {
	/* What one packet of a sensor takes, in each way to wait. */
	BASIC(ROUND_TRIP, POLL | SPIN | SLEEP, TWO, TOUCHED, LIST(64), LIST(64),
	      LIST(1), LIST(1), true),
	BASIC(ROUND_TRIP, SLEEP, SAME, TOUCHED, LIST(64), LIST(64), LIST(1),
	      LIST(1), true),
	/* And the larger ones. */
	BASIC(ROUND_TRIP, POLL, TWO, TOUCHED,
	      LIST(0, 4 * KIB, 64 * KIB, MIB, 4 * MIB), LIST(16), LIST(1),
	      LIST(1), false),
	BASIC(ONE_WAY, POLL | SPIN | SLEEP, TWO, TOUCHED, LIST(64), LIST(64),
	      LIST(1), LIST(1), false),
	BASIC(ONE_WAY, SLEEP, SAME, TOUCHED, LIST(64), LIST(64), LIST(1),
	      LIST(1), false),
	BASIC(ONE_WAY, SLEEP, TWO, TOUCHED, LIST(64), LIST(64), LIST(1),
	      LIST(2, 4, 8), false),
	/* How many, one by one and together, in small and large rings. */
	BASIC(RATE, POLL, TWO, TOUCHED, LIST(64), LIST(256), LIST(1, 8, 32, 64),
	      LIST(1), true),
	BASIC(RATE, POLL, TWO, TOUCHED, LIST(64), LIST(1, 16, 4096), LIST(1),
	      LIST(1), false),
	BASIC(RATE, SLEEP | SPIN, TWO, TOUCHED, LIST(64), LIST(256),
	      LIST(1, 32), LIST(1), true),
	BASIC(RATE, SLEEP, SAME, TOUCHED, LIST(64), LIST(256), LIST(1, 32),
	      LIST(1), false),
	BASIC(RATE, SLEEP, TWO, TOUCHED, LIST(64), LIST(256), LIST(1),
	      LIST(2, 4, 8), false),
	/* Handing over does not look at the bytes; who writes and reads does. */
	BASIC(RATE, POLL, TWO, UNTOUCHED, LIST(4 * KIB, 64 * KIB, MIB),
	      LIST(64), LIST(1), LIST(1), true),
	BASIC(RATE, POLL, TWO, TOUCHED, LIST(4 * KIB, 64 * KIB, MIB), LIST(64),
	      LIST(1), LIST(1), false),
	/* One process that waits for many streams. */
	{.study = BENCH_STUDY_SCALE,
	 .measures = SELECT,
	 .waits = SLEEP,
	 .places = TWO | SAME,
	 .touches = TOUCHED,
	 .payloads = LIST(64),
	 .rings = LIST(16),
	 .batches = LIST(1),
	 .consumers = LIST(1),
	 .streams = LIST(1, 4, 16, 63, 64, 250, 1000),
	 .actives = ONE | ALL,
	 .channels = many,
	 .quick = false},
	{.study = BENCH_STUDY_SCALE,
	 .measures = SELECT,
	 .waits = SLEEP,
	 .places = TWO,
	 .touches = TOUCHED,
	 .payloads = LIST(64),
	 .rings = LIST(16),
	 .batches = LIST(1),
	 .consumers = LIST(1),
	 .streams = LIST(1, 8, 80),
	 .actives = ONE,
	 .channels = many,
	 .quick = true},
	/* One stream with many consumers, and with some that come and go. */
	{.study = BENCH_STUDY_SCALE,
	 .measures = ONE_WAY | RATE,
	 .waits = SLEEP,
	 .places = TWO | SAME,
	 .touches = TOUCHED,
	 .payloads = LIST(64),
	 .rings = LIST(256),
	 .batches = LIST(1),
	 .consumers = LIST(1, 2, 4, 8, 16),
	 .channels = plain,
	 .quick = true},
	{.study = BENCH_STUDY_SCALE,
	 .measures = JOIN,
	 .waits = SLEEP,
	 .places = TWO,
	 .touches = TOUCHED,
	 .payloads = LIST(64),
	 .rings = LIST(256),
	 .batches = LIST(1),
	 .consumers = LIST(2, 4, 8),
	 .channels = plain,
	 .quick = true},
	/* Beats, with and without others who work. */
	{.study = BENCH_STUDY_REAL_TIME,
	 .measures = TIMED,
	 .waits = SLEEP,
	 .places = TWO | SAME,
	 .touches = TOUCHED,
	 .payloads = LIST(64),
	 .rings = LIST(64),
	 .batches = LIST(1),
	 .consumers = LIST(1),
	 .priorities = FIFO | NORMAL,
	 .stresses = CALM | OWN,
	 .channels = plain,
	 .quick = true},
	/* Through the ring, or beside it? */
	{.study = BENCH_STUDY_COPY,
	 .measures = RATE | ROUND_TRIP,
	 .waits = POLL,
	 .places = TWO,
	 .touches = TOUCHED,
	 .payloads = LIST(0, 8, 16, 32, 48, 64, 128, 256, 512, KIB, 2 * KIB,
			  4 * KIB, 16 * KIB, 64 * KIB),
	 .rings = LIST(64),
	 .batches = LIST(1),
	 .consumers = LIST(1),
	 .channels = copies,
	 .quick = false},
	{.study = BENCH_STUDY_COPY,
	 .measures = ROUND_TRIP,
	 .waits = POLL,
	 .places = TWO,
	 .touches = TOUCHED,
	 .payloads = LIST(0, 32, 256, 4 * KIB),
	 .rings = LIST(64),
	 .batches = LIST(1),
	 .consumers = LIST(1),
	 .channels = copies,
	 .quick = true},
};

const size_t bench_blocks_count =
	sizeof(bench_blocks) / sizeof(bench_blocks[0]);

const struct bench_block bench_block_defaults = {
	.measures = ROUND_TRIP | ONE_WAY | RATE,
	.waits = POLL | SLEEP | SPIN,
	.places = TWO | SAME,
	.touches = TOUCHED,
	.payloads = LIST(64),
	.rings = LIST(256),
	.batches = LIST(1),
	.consumers = LIST(1),
	.streams = LIST(1, 10, 100, 1000),
	.actives = ONE,
	.priorities = NORMAL,
	.stresses = CALM,
};
