/* SPDX-License-Identifier: MIT */
/* evil_list.c - what an evil consumer does: the groups. */
#include <stddef.h>

#include "tests/evil/evil_scene.h"

extern const struct conf_test evil_deed_tests[];
extern const struct conf_test evil_death_tests[];
extern const struct conf_test evil_cost_tests[];

const struct conf_suite conf_suites[] = {
	{"acts", evil_deed_tests},
	{"acts", evil_death_tests},
	{"cost", evil_cost_tests},
	{NULL, NULL},
};
