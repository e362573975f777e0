/* SPDX-License-Identifier: MIT */
/* access_load.h - the rules of a server from its file in the boot archive. */
#ifndef MK_ACCESS_LOAD_H
#define MK_ACCESS_LOAD_H

#include "access_rules.h"

/* Says on the log what is wrong, in the name of @server. */
void access_load(struct access_rules *rules, const char *server,
		 const char *file, const struct access_verb *verbs,
		 unsigned verb_count, unsigned limit);
/* The program that a label of a gate of the root task stands for; 0: none. */
unsigned access_client(uint64_t label);

#endif
