// SPDX-License-Identifier: MIT
/*
 * fuzz_recording.c - recordings, as `dsi fit` reads them.  The first byte: the
 * format in its bits 0 and 1, 4: with sequence numbers, 8: which wrap, 16: by
 * name of a column.
 */
#include "fit/fit.h"
#include "fuzz.h"

static struct fit_source source_of(uint8_t how)
{
	struct fit_source source = {.name = "input", .format = how % 3u};

	if (how & 4u)
		source.seq = how & 16u ? "seq" : "2";
	if (how & 8u)
		source.seq_bits = 8;
	if (how & 16u)
		source.column = "time";
	if (how & 32u)
		source.unit = (struct exact){1, 1000};
	return source;
}

/* Numbers ascend, times do not descend. */
static void check(const struct fit_points *p)
{
	for (size_t i = 1; i < p->n; i++) {
		FUZZ_MUST(p->at[i].number > p->at[i - 1].number);
		FUZZ_MUST(p->at[i].time >= p->at[i - 1].time);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char why[FIT_WHY_BYTES] = "";
	struct fit_points points = {0};
	struct fit_source source;
	enum fit_status status;
	struct fit fit;

	if (bytes < 1 || bytes > 4096)
		return 0;
	source = source_of(data[0]);
	status =
		fit_read(&source, fuzz_file(data + 1, bytes - 1), &points, why);
	if (status == FIT_OK) {
		check(&points);
		status = fit_tightest(&points, &fit, why);
	}
	if (status != FIT_OK)
		FUZZ_MUST(why[0] && memchr(why, '\0', sizeof(why)));
	else
		fuzz_sink(&fit.jitter, sizeof(fit.jitter));
	fit_points_free(&points);
	return 0;
}
