/* SPDX-License-Identifier: MIT */
/*
 * calls.c - what the compiler calls, when told -fsanitize=thread.
 *
 * The names and forms are those of the sanitizer's interface, which gcc and
 * clang share (compiler-rt, tsan_interface_atomic.h).  Orders are numbered
 * as in <stdatomic.h>.
 */
#include <string.h>

#include "inside.h"

static uint64_t put(uint64_t old, uint64_t operand)
{
	(void)old;
	return operand;
}

static uint64_t add(uint64_t old, uint64_t operand)
{
	return old + operand;
}

static uint64_t subtract(uint64_t old, uint64_t operand)
{
	return old - operand;
}

static uint64_t both(uint64_t old, uint64_t operand)
{
	return old & operand;
}

static uint64_t either(uint64_t old, uint64_t operand)
{
	return old | operand;
}

static uint64_t differ(uint64_t old, uint64_t operand)
{
	return old ^ operand;
}

#define RMW(bits, name, change)                                                \
	uint##bits##_t __tsan_atomic##bits##_##name(                           \
		volatile uint##bits##_t *at, uint##bits##_t value, int order); \
	uint##bits##_t __tsan_atomic##bits##_##name(                           \
		volatile uint##bits##_t *at, uint##bits##_t value, int order)  \
	{                                                                      \
		return (uint##bits##_t)mc__rmw(at, bits / 8, change, value,    \
					       order, order, NULL);            \
	}

#define CAS(bits, name)                                                        \
	int __tsan_atomic##bits##_compare_exchange_##name(                     \
		volatile uint##bits##_t *at, uint##bits##_t *expected,         \
		uint##bits##_t value, int order, int fail_order);              \
	int __tsan_atomic##bits##_compare_exchange_##name(                     \
		volatile uint##bits##_t *at, uint##bits##_t *expected,         \
		uint##bits##_t value, int order, int fail_order)               \
	{                                                                      \
		uint64_t wanted = *expected;                                   \
                                                                               \
		*expected = (uint##bits##_t)mc__rmw(                           \
			at, bits / 8, put, value, order, fail_order, &wanted); \
		return *expected == wanted;                                    \
	}

/* clang's form of the same: gives back what was found. */
#define CAS_VALUE(bits)                                                     \
	uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(          \
		volatile uint##bits##_t *at, uint##bits##_t expected,       \
		uint##bits##_t value, int order, int fail_order);           \
	uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(          \
		volatile uint##bits##_t *at, uint##bits##_t expected,       \
		uint##bits##_t value, int order, int fail_order)            \
	{                                                                   \
		uint64_t wanted = expected;                                 \
                                                                            \
		return (uint##bits##_t)mc__rmw(at, bits / 8, put, value,    \
					       order, fail_order, &wanted); \
	}

#define WORD(bits)                                                         \
	uint##bits##_t __tsan_atomic##bits##_load(                         \
		const volatile uint##bits##_t *at, int order);             \
	uint##bits##_t __tsan_atomic##bits##_load(                         \
		const volatile uint##bits##_t *at, int order)              \
	{                                                                  \
		return (uint##bits##_t)mc__load(at, bits / 8, order);      \
	}                                                                  \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *at,      \
					 uint##bits##_t value, int order); \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *at,      \
					 uint##bits##_t value, int order)  \
	{                                                                  \
		mc__store(at, bits / 8, value, order);                     \
	}                                                                  \
	RMW(bits, exchange, put)                                           \
	RMW(bits, fetch_add, add)                                          \
	RMW(bits, fetch_sub, subtract)                                     \
	RMW(bits, fetch_and, both)                                         \
	RMW(bits, fetch_or, either)                                        \
	RMW(bits, fetch_xor, differ)                                       \
	CAS(bits, strong)                                                  \
	CAS(bits, weak) CAS_VALUE(bits)

WORD(32)
WORD(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	mc__fence(order);
}

#define PLAIN(bytes)                                       \
	void __tsan_read##bytes(const void *at);           \
	void __tsan_read##bytes(const void *at)            \
	{                                                  \
		mc__touch_plain(at, bytes, 0);             \
	}                                                  \
	void __tsan_write##bytes(void *at);                \
	void __tsan_write##bytes(void *at)                 \
	{                                                  \
		mc__touch_plain(at, bytes, 1);             \
	}                                                  \
	void __tsan_unaligned_read##bytes(const void *at); \
	void __tsan_unaligned_read##bytes(const void *at)  \
	{                                                  \
		mc__touch_plain(at, bytes, 0);             \
	}                                                  \
	void __tsan_unaligned_write##bytes(void *at);      \
	void __tsan_unaligned_write##bytes(void *at)       \
	{                                                  \
		mc__touch_plain(at, bytes, 1);             \
	}

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_read_range(const void *at, unsigned long bytes);
void __tsan_read_range(const void *at, unsigned long bytes)
{
	mc__touch_plain(at, bytes, 0);
}

void __tsan_write_range(void *at, unsigned long bytes);
void __tsan_write_range(void *at, unsigned long bytes)
{
	mc__touch_plain(at, bytes, 1);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
	(void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* Copying structs may become a call; linked with --wrap.  The explorer's own
 * copies come here too, so only what concerns the arena is looked at. */
static void touch(const void *at, size_t bytes, int write)
{
	uintptr_t offset = (uintptr_t)at - (uintptr_t)mc__arena;

	if (offset < MC_ARENA)
		mc__touch_plain(at, bytes, write);
}

void *__real_memcpy(void *to, const void *from, size_t bytes);
void *__wrap_memcpy(void *to, const void *from, size_t bytes);
void *__wrap_memcpy(void *to, const void *from, size_t bytes)
{
	touch(from, bytes, 0);
	touch(to, bytes, 1);
	return __real_memcpy(to, from, bytes);
}

void *__real_memset(void *to, int value, size_t bytes);
void *__wrap_memset(void *to, int value, size_t bytes);
void *__wrap_memset(void *to, int value, size_t bytes)
{
	touch(to, bytes, 1);
	return __real_memset(to, value, bytes);
}
