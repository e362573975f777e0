// SPDX-License-Identifier: MIT
/*
 * fuzz_pipeline.c - files of `dsi pipeline`.
 *
 * "@include" is left out: it reads any file.  libconfig loses the buffer of a
 * text without an end; that leak is its own.
 */
#include "fuzz.h"
#include "pipeline/pipeline_file.h"

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yy";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char why[PIPELINE_WHY_BYTES] = "";
	enum pipeline_status status;
	struct pipeline *p = NULL;

	if (bytes > 4096 || memchr(data, '@', bytes))
		return 0;
	(void)fuzz_file(data, bytes);
	status = pipeline_read(fuzz_file_path(), &p, why);
	if (status == PIPELINE_OK) {
		FUZZ_MUST(p);
		pipeline_destroy(p);
		return 0;
	}
	FUZZ_MUST(status == PIPELINE_BAD || status == PIPELINE_RANGE ||
		  status == PIPELINE_NO_MEMORY);
	FUZZ_MUST(why[0] && memchr(why, '\0', sizeof(why)));
	return 0;
}
