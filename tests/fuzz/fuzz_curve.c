// SPDX-License-Identifier: MIT
/*
 * fuzz_curve.c - curves: a text such as "tb:3,5" behind the byte 's', else a
 * file in JSON.
 */
#include "curve/curve_file.h"
#include "fuzz.h"

static enum curve_status read_curve(struct curve_work *w, const uint8_t *data,
				    size_t bytes, struct curve *out)
{
	char text[512];

	if (data[0] != 's') {
		(void)fuzz_file(data, bytes);
		return curve_file(w, fuzz_file_path(), out);
	}
	if (bytes >= sizeof(text))
		bytes = sizeof(text) - 1;
	memcpy(text, data + 1, bytes - 1);
	text[bytes - 1] = '\0';
	if (strncmp(text, "file:", 5) == 0) /* any file there is */
		return CURVE_OK;
	return curve_spec(w, text, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct curve_work work = {.max_segments = 1000};
	struct curve curve = {0};
	enum curve_status status;

	if (bytes < 1 || bytes > 4096)
		return 0;
	status = read_curve(&work, data, bytes, &curve);
	if (status == CURVE_OK && curve.n) {
		struct exact at = curve.from, value;

		curve_eval(&curve, at, NULL, &value, NULL);
		fuzz_sink(&value, sizeof(value));
	}
	if (status != CURVE_OK)
		FUZZ_MUST(work.why[0] &&
			  memchr(work.why, '\0', sizeof(work.why)));
	curve_free(&curve);
	return 0;
}
