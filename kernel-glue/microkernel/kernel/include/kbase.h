/* SPDX-License-Identifier: MIT */
/* kbase.h - what every file of the kernel uses: types, lists, panic. */
#ifndef MK_KBASE_H
#define MK_KBASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define inline_always inline __attribute__((always_inline))

/* Freestanding compilers call these by themselves. */
void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);

/* A circular list; an empty head and an unlinked element point to themselves,
 * so unlinking twice does no harm. */
struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_add_before(struct list *at, struct list *l)
{
	l->next = at;
	l->prev = at->prev;
	at->prev->next = l;
	at->prev = l;
}

static inline void list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/* Into a list that has nobody. */
static inline void list_add_only(struct list *head, struct list *l)
{
	head->next = l;
	head->prev = l;
	l->next = head;
	l->prev = head;
}

/* The first of a list that has somebody. */
static inline void list_remove_first(struct list *head)
{
	struct list *l = head->next, *next = l->next;

	head->next = next;
	next->prev = head;
	list_init(l);
}

/* For logic errors of the kernel only, never for what a user did. */
_Noreturn void panic(const char *why, uint64_t value);

#define check(condition)                             \
	do {                                         \
		if (unlikely(!(condition)))          \
			panic(#condition, __LINE__); \
	} while (0)

#endif
