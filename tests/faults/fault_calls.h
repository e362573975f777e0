/* SPDX-License-Identifier: MIT */
/*
 * fault_calls.h - calls of the system that fail when they are told to.
 *
 * fault_calls.c puts itself between the library and libc, by the linker
 * (--wrap).  Not by LD_PRELOAD: what the linker wraps are the library's own
 * calls and no others, each known by the address it returns to, and it works
 * under a sanitizer, which takes malloc() for itself.  What libc calls within
 * itself, like the open() of a fopen(), fails as the call that the library
 * made.  check_calls.py sees to it that no call is forgotten.
 *
 * A place is one call in the code, made by the main thread or by another.  It
 * is counted how often each is passed, and the n-th time can be made to fail,
 * once, or with every later call of the same function.
 */
#ifndef DSI_TEST_FAULT_CALLS_H
#define DSI_TEST_FAULT_CALLS_H

#include <stdint.h>

#define FAULT_PLACES_MAX 512u
#define FAULT_ERRORS_MAX 8u

/* What is no error of the system, but as bad. */
#define FAULT_SHORT 10001 /* half of what was asked for */
#define FAULT_TABLE 10002 /* the descriptors of a message had no room */

/* One call in the code. */
struct fault_place {
	uint32_t function;  /* index into the table of functions */
	uint32_t elsewhere; /* 1: not on the main thread */
	uintptr_t address;
	uint32_t passed; /* in this run */
	uint32_t most;	 /* in any run */
};

/* What is shared by the processes of the test. */
struct fault_state {
	uint32_t n_places;
	struct fault_place places[FAULT_PLACES_MAX];
	/* What is to fail. */
	uint32_t place; /* index; FAULT_PLACES_MAX = none */
	uint32_t nth;	/* from 1 */
	int32_t error;
	uint32_t lasting;
	/* What came of it. */
	uint32_t injected;
};

extern struct fault_state *faults;

const char *fault_function(uint32_t function);
uint32_t fault_functions(void);
/* Its errors, ended by 0. */
const int *fault_errors(uint32_t function);
/* "EMFILE", "short", ... */
const char *fault_error_name(int error);

/* From here to disarm() calls are counted, and fail. */
void fault_arm(void);
void fault_disarm(void);

/* Memory that was allocated by wrapped calls, and is not freed.  *@out_place:
 * where a piece of it was allocated. */
uint32_t fault_live(uintptr_t *out_place);

#endif /* DSI_TEST_FAULT_CALLS_H */
