/* SPDX-License-Identifier: MIT */
/*
 * outcomes.h - what became of each hostile case, as a table at the end.
 */
#ifndef DSI_TEST_OUTCOMES_H
#define DSI_TEST_OUTCOMES_H

#include <stdint.h>

/* Begin a case; the last one is named if the process ends unexpectedly. */
__attribute__((format(printf, 1, 2))) void outcome_case(const char *format,
							...);
/* What happened, and whether that is what should. */
__attribute__((format(printf, 2, 3))) void outcome(int as_expected,
						   const char *format, ...);
/* Print the table; how many cases went wrong. */
uint32_t outcome_print(void);

#endif /* DSI_TEST_OUTCOMES_H */
