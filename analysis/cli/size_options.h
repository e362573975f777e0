/* SPDX-License-Identifier: MIT */
/* size_options.h - the keys of a description as options of a command. */
#ifndef DSI_SIZE_OPTIONS_H
#define DSI_SIZE_OPTIONS_H

#include <argp.h>

#include "size_command.h"

#define SIZE_KEY_OF_STREAM 1000 /* + place in describe_keys */

/**
 * size_options - the options that describe a stream, and a command's own.
 * @out:   room for SIZE_MAX_KEYS + 1 + @n_own options
 * @own:   the command's options with their end, groups from 2 on
 * @n_own: their number, the end counted
 *
 * They are made from describe_keys, so that they and the members of a JSON
 * line cannot differ.
 */
void size_options(struct argp_option *out, const struct argp_option *own,
		  size_t n_own);

/* Is @key an option that describes the stream?  *@place: in describe_keys. */
bool size_option_place(int key, size_t *place);

#endif /* DSI_SIZE_OPTIONS_H */
