/* SPDX-License-Identifier: MIT */
/* string.c - what the compiler calls by itself. */
#include <kbase.h>

void *memset(void *to, int byte, size_t bytes)
{
	void *start = to;

	__asm__ volatile("rep stosb"
			 : "+D"(to), "+c"(bytes)
			 : "a"(byte)
			 : "memory");
	return start;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	void *start = to;

	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(bytes)
			 :
			 : "memory");
	return start;
}
