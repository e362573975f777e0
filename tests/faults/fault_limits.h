/* SPDX-License-Identifier: MIT */
/*
 * fault_limits.h - limits of the system itself that are reached: descriptors,
 * and room in the folder of names.
 */
#ifndef DSI_TEST_FAULT_LIMITS_H
#define DSI_TEST_FAULT_LIMITS_H

#include "tests/faults/fault_scenes.h"

/* A scene with room for no descriptor more, for one more, and so on until it
 * succeeds.  Returns how many runs failed to be as they should. */
uint32_t fault_few_descriptors(const struct fault_scene *scene, uint32_t kept,
			       uint32_t *injected, uint32_t *absorbed,
			       uint32_t *reported);

/* No thread may be made, no memory be locked. */
uint32_t fault_other_limits(uint32_t *injected);

/* Names in a file system with room for no file more, for one more, ...; that
 * takes the right to mount. */
uint32_t fault_full_folder(const char *folder, uint32_t *injected);

#endif /* DSI_TEST_FAULT_LIMITS_H */
