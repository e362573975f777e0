/* SPDX-License-Identifier: MIT */
/*
 * bench_payload.c - write and read messages as fast as memory is.
 *
 * A message is an arithmetic progression of words, so its sum is known without
 * a second look at it: the reader adds up what it reads and compares once.
 */
#include <string.h>

#include "bench/bench_payload.h"

#define WORD sizeof(uint64_t)

/* 2^64 divided by the golden ratio: numbers in a row differ in all bytes. */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

/* SPREAD * BACK = 1 modulo 2^64 */
#define BACK UINT64_C(0xf1de83e19937733d)

/* A payload may lie anywhere. */
typedef uint64_t loose __attribute__((aligned(1), may_alias));

static uint64_t first_word(uint64_t number)
{
	return (number + 1u) * SPREAD;
}

void bench_payload_write(void *at, uint32_t bytes, uint64_t number)
{
	loose *words = at;
	uint32_t n = bytes / WORD;
	uint64_t first = first_word(number);

	for (uint32_t i = 0; i < n; i++)
		words[i] = first + i;
	first += n;
	memcpy((char *)at + n * WORD, &first, bytes % WORD);
}

bool bench_payload_read(const void *at, uint32_t bytes, uint64_t number)
{
	const loose *words = at;
	uint64_t n = bytes / WORD;
	uint64_t first = first_word(number);
	uint64_t last = first + n;
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum += words[i];
	/* n or n - 1 is even. */
	if (sum != n * first + (n % 2 ? (n - 1) / 2 * n : n / 2 * (n - 1)))
		return false;
	if (n && words[0] != first)
		return false;
	return memcmp((const char *)at + n * WORD, &last, bytes % WORD) == 0;
}

uint64_t bench_payload_number(const void *at, uint32_t bytes)
{
	return bytes < WORD ? 0 : *(const loose *)at * BACK - 1u;
}
