/* SPDX-License-Identifier: MIT */
/* string.c - what the compiler calls by itself; programs have the same. */
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);

void *memset(void *to, int byte, size_t bytes)
{
	void *start = to;
	size_t words = bytes / 8, rest = bytes % 8;
	uint64_t all = 0x0101010101010101ul * (unsigned char)byte;

	/* By words, then the rest by bytes: an emulator takes one step for each. */
	__asm__ volatile("rep stosq\n\t"
			 "mov %[rest],%%rcx\n\t"
			 "rep stosb"
			 : "+&D"(to), "+&c"(words)
			 : "a"(all), [rest] "r"(rest)
			 : "memory");
	return start;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	void *start = to;
	size_t words = bytes / 8, rest = bytes % 8;

	__asm__ volatile("rep movsq\n\t"
			 "mov %[rest],%%rcx\n\t"
			 "rep movsb"
			 : "+&D"(to), "+&S"(from), "+&c"(words)
			 : [rest] "r"(rest)
			 : "memory");
	return start;
}
