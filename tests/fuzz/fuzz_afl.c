// SPDX-License-Identifier: MIT
/*
 * fuzz_afl.c - runs a harness under afl-fuzz, many inputs for each process:
 *
 *   CC=afl-clang-fast cmake -B build-afl -DDSI_SANITIZE=address,undefined
 *   afl-fuzz -i tests/fuzz/corpus/NAME -o out -- build-afl/tests/bin/fuzz_afl_NAME
 *
 * Compiled by afl-clang-fast only, which knows the macros.
 */
#include <unistd.h>

#include "fuzz.h"

__AFL_FUZZ_INIT()

int main(void)
{
	const uint8_t *shared;

	__AFL_INIT();
	shared = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(10000)) {
		size_t bytes = (size_t)__AFL_FUZZ_TESTCASE_LEN;
		/* Of just this size, so that a sanitizer sees who reads on. */
		uint8_t *copy = malloc(bytes ? bytes : 1);

		FUZZ_MUST(copy);
		memcpy(copy, shared, bytes);
		(void)LLVMFuzzerTestOneInput(copy, bytes);
		free(copy);
	}
	return 0;
}
